/** What a classroom's own screen shows while the studio is lost. */
import { type Decoded, record, tagged, text, whole } from "../decode";

/** The prepared clip, or a page of one of the lesson's decks, from 1. */
export const standIn = tagged("kind", { clip: { clip: text }, page: { deck: text, page: whole } });
export type StandIn = Decoded<typeof standIn>;

export const standInView = record({ show: standIn, since_ms: whole });
export type StandInView = Decoded<typeof standInView>;
