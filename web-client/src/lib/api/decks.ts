/** Slides and the clip for the time without a studio: what a lesson has, and how files get there, in pieces. */
import { type Decoded, list, nullable, oneOf, record, text, whole } from "$lib/protocol/decode";
import { call, id } from "./client";

const deck = record({ id: text, title: text, pages: whole, bytes: whole });
export type Deck = Decoded<typeof deck>;
const clip = record({ id: text, duration_ms: whole });

const material = record({ decks: list(deck), fallback: nullable(clip) });
export type Material = Decoded<typeof material>;

export const getDecks = (lesson: string) => call(`/api/lessons/${id(lesson)}/decks`, material);
export const deleteDeck = (lesson: string, which: string) =>
  call(`/api/lessons/${id(lesson)}/decks/${id(which)}`, null, { method: "DELETE" });

/** Where a deck's PDF is. */
export const deckFile = (which: string) => `/media/decks/${id(which)}`;
/** Where a clip is. */
export const clipFile = (which: string) => `/media/clips/${id(which)}`;

/** The largest files the server takes. */
export const UPLOAD_BYTES_MAX = { deck: 100 * 1024 * 1024, clip: 300 * 1024 * 1024 } as const;
export type UploadKind = keyof typeof UPLOAD_BYTES_MAX;

const begun = record({ id: text, offset: whole, bytes: whole, chunk_bytes: whole });

const progress = record({
  offset: whole,
  state: oneOf("open", "checking", "ready", "refused"),
  code: nullable(text),
  deck: nullable(record({ id: text, title: text, pages: whole })),
  clip: nullable(clip),
});
export type UploadProgress = Decoded<typeof progress>;

export const beginUpload = (lesson: string, body: { kind: UploadKind; name: string; bytes: number }) =>
  call(`/api/lessons/${id(lesson)}/uploads`, begun, { method: "POST", body });
export const getUpload = (upload: string) => call(`/api/uploads/${id(upload)}`, progress);
/** Sends the next piece; answered 409 `upload_offset` when it is not the next one. */
export const sendPiece = (upload: string, offset: number, piece: Blob, signal: AbortSignal) =>
  call(`/api/uploads/${id(upload)}`, progress, {
    method: "PATCH",
    body: piece,
    headers: { "Upload-Offset": String(offset), "Content-Type": "application/octet-stream" },
    signal,
  });
export const dropUpload = (upload: string) => call(`/api/uploads/${id(upload)}`, null, { method: "DELETE" });
