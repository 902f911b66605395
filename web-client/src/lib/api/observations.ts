/** What observers note about a lesson. The teacher sees it once it is released. */
import { type Decoded, flag, list, nullable, record, text, whole } from "$lib/protocol/decode";
import { call, id } from "./client";
import { person } from "./types";

const fields = {
  scores: list(record({ criterion: text, points: whole })),
  notes: list(record({ at_ms: whole, text })),
  released: flag,
};
const observation = record(fields);
export type Observation = Decoded<typeof observation>;

const observed = record({ observer: nullable(person), ...fields });
export type Observed = Decoded<typeof observed>;

/** Points of a criterion go from 0 to 10. */
export const OBSERVATION_BOUNDS = { criteria: 20, points: 10, notes: 200, note_letters: 500 } as const;

export const getObservation = (lesson: string) => call(`/api/lessons/${id(lesson)}/observation`, observation);
export const putObservation = (lesson: string, body: Observation) =>
  call(`/api/lessons/${id(lesson)}/observation`, observation, { method: "PUT", body });
export const getObservations = async (lesson: string) =>
  (await call(`/api/lessons/${id(lesson)}/observations`, record({ observations: list(observed) }))).observations;
