/**
 * The wire contract of a lesson, as `signaling/src/wire` says it: the decoder of every frame, and its type. One file per
 * noun in `wire/`, all of it here. The fixtures in `signaling/fixtures` are run through both sides' tests, so the two
 * cannot drift apart unnoticed.
 */
export * from "./wire/attendance";
export * from "./wire/board";
export * from "./wire/stand-in";
export * from "./wire/check";
export * from "./wire/client";
export * from "./wire/event";
export * from "./wire/floor";
export * from "./wire/names";
export * from "./wire/points";
export * from "./wire/poll";
export * from "./wire/programme";
export * from "./wire/question";
export * from "./wire/server";
export * from "./wire/snapshot";
export * from "./wire/staff";
