import { describe, expect, it } from "vitest";
import { applyDelta, queueOf, requestOf, sameSource, sourceAt, speakersOf } from "../src/lib/protocol/lesson-view";
import type { FloorRequestView } from "../src/lib/protocol/wire";
import { layoutOf } from "../src/lib/stage-layout";
import { aDelta, aRequest, aSnapshot } from "./lesson";

const granted = (classroom: string): FloorRequestView => aRequest({ id: `r-${classroom}`, classroom, state: "granted" });

describe("a delta", () => {
  it("is applied when it is the next of its stream", () => {
    const applied = applyDelta(aSnapshot({ stage: 4 }), aDelta(5, { event: "recording_changed", recording: true }));
    expect(applied).toMatchObject({ kind: "applied", view: { recording: true, streams: { stage: 5, staff: 0 } } });
  });

  it.each([
    ["known already", 4, "stale"],
    ["long known", 1, "stale"],
    ["one too far", 6, "gap"],
  ])("that is %s changes nothing", (_, n, kind) => {
    expect(applyDelta(aSnapshot({ stage: 4 }), aDelta(n, { event: "recording_changed", recording: true })).kind).toBe(kind);
  });

  it("of a stream this seat does not follow is stale", () => {
    const view = { ...aSnapshot({}), streams: { stage: 0, staff: null } };
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
