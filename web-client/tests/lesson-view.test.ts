import { describe, expect, it } from "vitest";
import { DecodeError } from "../src/lib/protocol/decode";
import {
  applyDelta,
  applyEvents,
  openQuestionsOf,
  pollTotalOf,
  queueOf,
  requestOf,
  sameSource,
  sourceAt,
  speakersOf,
  surfaceOf,
} from "../src/lib/protocol/lesson-view";
import {
  type FloorRequestView,
  type Point,
  Points,
  points,
  type PollResultView,
  type PollView,
  type Snapshot,
  type StrokeView,
  type WireEvent,
} from "../src/lib/protocol/wire";
import { layoutOf } from "../src/lib/stage-layout";
import { aDelta, aQuestion, aRequest, aSnapshot } from "./lesson";

const granted = (classroom: string): FloorRequestView => aRequest({ id: `r-${classroom}`, classroom, state: "granted" });

describe("a delta", () => {
  it("is applied when it is the next of its stream", () => {
    const applied = applyDelta(aSnapshot({ stage: 4 }), aDelta(5, { event: "recording_changed", recording: true }));
    expect(applied).toMatchObject({ kind: "applied", view: { recording: true, streams: { stage: 5, staff: 0, desk: 0, room: null } } });
  });

  it.each([
    ["known already", 4, "stale"],
    ["long known", 1, "stale"],
    ["one too far", 6, "gap"],
  ])("that is %s changes nothing", (_, n, kind) => {
    expect(applyDelta(aSnapshot({ stage: 4 }), aDelta(n, { event: "recording_changed", recording: true })).kind).toBe(kind);
  });

  it("of a stream this seat does not follow is stale", () => {
    const view = { ...aSnapshot({}), streams: { stage: 0, staff: null, desk: null, room: null } };
    expect(applyDelta(view, { ...aDelta(9), stream: "staff" }).kind).toBe("stale");
  });

  it("keeps when the lesson began", () => {
    const live = applyDelta(aSnapshot({}), aDelta(1, { event: "lesson_changed", state: "live", at_ms: 70 }));
    expect(live).toMatchObject({ view: { state: "live", started_ms: 70 } });
  });

  it("forgets a request that is over", () => {
    const view = aSnapshot({ floor: [aRequest({ id: "r1", state: "accepted", position: 1 })] });
    const over = aRequest({ id: "r1", state: "denied", ended: "denied_by_master" });
    expect(applyDelta(view, aDelta(1, { event: "floor_changed", request: over }))).toMatchObject({ view: { floor: [] } });
  });
});

describe("the floor", () => {
  const view = aSnapshot({
    floor: [
      aRequest({ id: "c", classroom: "C", state: "pending", raised_ms: 1 }),
      aRequest({ id: "b", classroom: "B", state: "accepted", position: 2, raised_ms: 2 }),
      aRequest({ id: "a", classroom: "A", state: "accepted", position: 1, raised_ms: 3 }),
      granted("D"),
    ],
  });

  it("queues by place, hands not looked at yet last", () => {
    expect(queueOf(view).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });

  it("knows who speaks and whose request is whose", () => {
    expect(speakersOf(view).map(({ classroom }) => classroom)).toEqual(["D"]);
    expect(requestOf(view, "B")?.id).toBe("b");
    expect(requestOf(view, null)).toBeNull();
  });
});

describe("the layout", () => {
  const camera = { kind: "video", index: 0, source: { from: "camera" } } as const;
  const screen = { kind: "video", index: 1, source: { from: "screen" } } as const;
  const classroom = { kind: "video", index: 2, source: { from: "classroom", classroom: "A", name: "八（3）班" } } as const;

  it.each([
    ["nothing on air", [], { layout: "waiting", main: null, side: [] }],
    ["camera only", [camera], { layout: "camera", main: 0, side: [] }],
    ["screen and camera", [camera, screen], { layout: "screen", main: 1, side: [0] }],
    ["a talking classroom", [camera, screen, classroom], { layout: "floor", main: 2, side: [0, 1] }],
  ])("with %s", (_, slots, expected) => {
    expect(layoutOf(aSnapshot({ slots: [...slots] }), null)).toEqual(expected);
  });

  it("never gives a classroom its own picture back", () => {
    expect(layoutOf(aSnapshot({ slots: [camera, classroom] }), "A").layout).toBe("camera");
  });

  it("reads a slot by kind and index", () => {
    const view = aSnapshot({ slots: [camera, screen] });
    expect(sourceAt(view, "video", 1)).toEqual({ from: "screen" });
    expect(sourceAt(view, "audio", 1)).toBeNull();
  });
});

it("two sources are the same by classroom, not by the name it had then", () => {
  const room = (classroom: string, name: string) => ({ from: "classroom", classroom, name }) as const;
  expect(sameSource(room("A", "八（3）班"), room("A", "八3"))).toBe(true);
  expect(sameSource(room("A", "八（3）班"), room("B", "八（3）班"))).toBe(false);
  expect(sameSource({ from: "camera" }, { from: "camera" })).toBe(true);
  expect(sameSource({ from: "camera" }, { from: "screen" })).toBe(false);
});

describe("slides and board", () => {
  const piece = (stroke: number, done: boolean, ...points: Point[]) =>
    ({ stroke, tool: "pen", colour: "red", width: 40, points: new Points(points), done }) as const;
  const drawn = (stroke: StrokeView): WireEvent => ({ event: "stroke_drawn", surface: "board", stroke });
  const after = (view: Snapshot, ...events: WireEvent[]) => applyEvents(view, events);
  const strokesOf = (view: Snapshot) => surfaceOf(view, "board")?.strokes ?? [];

  it("continue a stroke by its number, others stay as they are", () => {
    const view = after(aSnapshot({}), drawn(piece(1, false, [1, 2, 128])), drawn(piece(2, true, [9, 9, 0])));
    const longer = after(view, drawn(piece(1, true, [3, 4, 128])));
    expect(strokesOf(longer)[0]).toMatchObject({ done: true, points: { list: [[1, 2, 128], [3, 4, 128]] } });
    expect(strokesOf(longer)[1]).toBe(strokesOf(view)[1]);
  });

  it("lose a stroke, or all of them", () => {
    const view = after(aSnapshot({}), drawn(piece(1, true, [1, 2, 3])), drawn(piece(2, true, [1, 2, 3])));
    expect(strokesOf(after(view, { event: "stroke_erased", surface: "board", stroke: 1 }))).toHaveLength(1);
    expect(strokesOf(after(view, { event: "board_cleared", surface: "board" }))).toEqual([]);
  });

  it("turn to a page with what is drawn there; nobody points any more", () => {
    const pointed = after(aSnapshot({}), { event: "pointed", pointer: { surface: "deck", at: [1, 2] } });
    const deck = { surface: "deck", deck: "D", page: 3, strokes: [piece(7, true, [0, 0, 0])] } as const;
    const turned = after(pointed, { event: "page_turned", surface: { ...deck, strokes: [...deck.strokes] } });
    expect(turned.pointer).toBeNull();
    expect(turned.surfaces.map(({ surface }) => surface)).toEqual(["deck", "board"]);
    const closed = after(turned, { event: "page_turned", surface: { surface: "deck", deck: null, page: 0, strokes: [] } });
    expect(surfaceOf(closed, "deck")).toBeNull();
  });

  it("write points as differences and refuse what is none", () => {
    const flat = [4512, 3307, 128, 18, -7, 2, 0, 11, -130];
    expect(JSON.parse(JSON.stringify(points(flat, "points")))).toEqual(flat);
    for (const wrong of [[1], [1, 2, 3, 4], [0, 0, 256], [0, 0, -1], [32_768, 0, 0], [1.5, 0, 0], [null, 0, 0], "1"]) {
      expect(() => points(wrong, "points"), JSON.stringify(wrong)).toThrow(DecodeError);
    }
  });
});

describe("what only grows", () => {
  it("keeps open questions and the last twenty that are settled", () => {
    const settled = (n: number): WireEvent => ({
      event: "question_changed",
      question: aQuestion(`q${n}`, { state: "answered_here", settled_ms: n }),
    });
    const open: WireEvent = { event: "question_changed", question: aQuestion("open") };
    const view = applyEvents(aSnapshot({}), [open, ...Array.from({ length: 30 }, (_, n) => settled(n))]);
    expect(view.questions.map(({ id }) => id)).toEqual(["open", ...Array.from({ length: 20 }, (_, n) => `q${n + 10}`)]);
    expect(openQuestionsOf(view).map(({ id }) => id)).toEqual(["open"]);
  });

  it("moves requests in the queue without touching them otherwise", () => {
    const view = aSnapshot({ floor: [aRequest({ id: "a", state: "accepted", position: 2 }), aRequest({ id: "b" })] });
    const moved = applyEvents(view, [{ event: "queue_moved", places: [{ request: "a", position: 1 }] }]);
    expect(moved.floor).toEqual([aRequest({ id: "a", state: "accepted", position: 1 }), aRequest({ id: "b" })]);
  });

  it("forgets calls for help that are settled", () => {
    const help = { id: "h", classroom: "A", kind: "sound", text: null, called_ms: 0, changed_ms: 0, by: null } as const;
    const called = applyEvents(aSnapshot({}), [{ event: "help_changed", help: { ...help, state: "called" } }]);
    expect(called.help).toHaveLength(1);
    expect(applyEvents(called, [{ event: "help_changed", help: { ...help, state: "settled" } }]).help).toEqual([]);
  });
});

describe("a poll", () => {
  const poll: PollView = {
    id: "p1",
    question: "?",
    kind: { kind: "choices", labels: ["A", "B"] },
    by: "hands",
    opened_ms: 0,
    deadline_ms: null,
    closed_ms: null,
    correct: null,
    result: null,
  };
  const result = (classroom: string, ...counts: number[]): PollResultView => ({
    classroom,
    answered: counts.reduce((all, one) => all + one, 0),
    enrolled: 40,
    counts,
    numbers: [],
    others: 0,
  });
  const heard = (of: PollResultView): WireEvent => ({ event: "poll_result_changed", poll: "p1", result: of });
  const view = applyEvents(aSnapshot({}), [
    { event: "poll_changed", poll },
    heard(result("A", 3, 4)),
    heard(result("B", 1, 0)),
    heard(result("A", 2, 5)),
    { event: "poll_result_changed", poll: "another", result: result("C", 9, 9) },
  ]);

  it("adds up what classrooms answered, each once", () => {
    expect(pollTotalOf(view)).toMatchObject({ classroom: null, answered: 8, counts: [3, 5] });
  });

  it("shows the result it came with, and begins anew with the next poll", () => {
    const shown = { ...result("x", 1, 1), classroom: null };
    const closed = applyEvents(view, [{ event: "poll_changed", poll: { ...poll, closed_ms: 5, result: shown } }]);
    expect(pollTotalOf(closed)).toEqual(shown);
    const next = applyEvents(closed, [{ event: "poll_changed", poll: { ...poll, id: "p2" } }]);
    expect(next.poll_results).toEqual([]);
  });
});
