/** Classrooms and their class lists. Names of pupils are seen by their own school only. */
import { type Decoded, list, nullable, record, text, whole } from "$lib/protocol/decode";
import { call, id } from "./client";
import { person, school } from "./types";

const seat = record({ number: whole, name: text, group: nullable(text) });
/** One pupil's place on the list: a number that is unique in the class, a name, the group. */
export type ClassSeat = Decoded<typeof seat>;

export const classroom = record({ id: text, name: text, school, assistant: nullable(person), seats: list(seat) });
export type Classroom = Decoded<typeof classroom>;

const schoolCard = record({ id: text, name: text, assistants: list(person) });
/** A school with the assistants who may teach there. */
export type SchoolCard = Decoded<typeof schoolCard>;

/** For administrators: every school, also one without a class yet. */
export const getSchools = async () => (await call("/api/schools", record({ schools: list(schoolCard) }))).schools;

export const getClassroom = (room: string) => call(`/api/classrooms/${id(room)}`, classroom);

/** Puts the whole list in the place of the one before. Refused with `bad_seats` and the field `seats.N.number`. */
export const putSeats = (room: string, seats: readonly ClassSeat[]) =>
  call(`/api/classrooms/${id(room)}/seats`, classroom, { method: "PUT", body: { seats } });

export const createClassroom = (body: { name: string; school: string }) =>
  call("/api/classrooms", classroom, { method: "POST", body });

export const changeClassroom = (room: string, body: { name?: string; assistant?: string | null }) =>
  call(`/api/classrooms/${id(room)}`, classroom, { method: "PATCH", body });
