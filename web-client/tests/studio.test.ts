/** The studio's own logic: its queue, its stage, its polls, its pages of classrooms, its uploads. */
import { describe, expect, it } from "vitest";
import { ApiError } from "../src/lib/api/client";
import type { UploadProgress } from "../src/lib/api/decks";
import { pollTotalOf } from "../src/lib/protocol/lesson-view";
import type { Scene, Snapshot, SlotView } from "../src/lib/protocol/wire";
import { EMPTY_DRAFT, letterOf, messageOf, type PollDraft } from "../src/lib/studio/poll-draft";
import { queueItemsOf, stepped, totalsOf } from "../src/lib/studio/queue";
import { sceneWith, studioStageOf, surfaceInHand, writableOf } from "../src/lib/studio/stage";
import { inSight, pageOf, pagesOf, pageWith } from "../src/lib/studio/thumbnails";
import { upload, type UploadCalls, UploadRefused } from "../src/lib/studio/upload";
import { aQuestion, aRequest, aRoom, aSnapshot } from "./lesson";
import { VirtualTime } from "./virtual-time";

describe("the master's queue", () => {
  const asked = (id: string, classroom: string, given = {}) =>
    aRequest({ id, classroom, state: "accepted", question: { id: `q-${id}`, seat: 17, text: "?", count: 1 }, ...given });
  const view = aSnapshot({
    classrooms: [aRoom("A", { school: "良乡二中" })],
    floor: [
      asked("b", "B", { position: 2, raised_ms: 400, put_off: true }),
      asked("a", "A", { position: 1, raised_ms: 100 }),
      aRequest({ id: "h", classroom: "C", state: "pending", raised_ms: 500 }),
      aRequest({ id: "s", classroom: "D", state: "granted" }),
    ],
    questions: [
      aQuestion("q-a", { state: "escalated", similar: ["gone", "x", "y", "z"] }),
      aQuestion("q-b", { state: "put_off" }),
      aQuestion("x", { state: "open" }),
      aQuestion("y", { state: "merged" }),
      aQuestion("z", { state: "on_floor" }),
    ],
  });
  const items = queueItemsOf(view);

  it("has questions and bare hands in their order, with what can be merged", () => {
    expect(items.map(({ request, question }) => [request.id, question?.id ?? null])).toEqual([
      ["a", "q-a"],
      ["b", "q-b"],
      ["h", null],
    ]);
    expect(items[0]?.school).toBe("良乡二中");
    expect(items[0]?.similar.map(({ id }) => id)).toEqual(["x"]);
  });

  it("counts what is put off apart, and its wait not at all", () => {
    expect(totalsOf(view, items, 1_000)).toEqual({ waiting: 2, put_off: 1, with_assistants: 1, longest_ms: 900 });
    expect(totalsOf(aSnapshot({}), [], 1_000).longest_ms).toBe(0);
  });

  it("is walked with the arrows and stops at its ends", () => {
    expect(stepped(items, "a", 1)).toBe("b");
    expect(stepped(items, "h", 1)).toBe("h");
    expect(stepped(items, "a", -1)).toBe("a");
    expect(stepped(items, "gone", 1)).toBe("a");
    expect(stepped([], null, 1)).toBeNull();
  });
});

describe("the studio's stage", () => {
  const slot = (index: number, source: SlotView["source"]): SlotView => ({ kind: "video", index, source });
  const camera = slot(0, { from: "camera" });
  const room = (index: number, classroom: string) => slot(index, { from: "classroom", classroom, name: classroom });
  const deck = { surface: "deck", deck: "D", page: 1, strokes: [] } as const;
  const board = { surface: "board", deck: null, page: 1, strokes: [] } as const;

  function lesson(on_air: Scene, slots: SlotView[], withDeck = true): Snapshot {
    const surfaces = withDeck ? [{ ...deck, strokes: [] }, { ...board, strokes: [] }] : [{ ...board, strokes: [] }];
    const programme = { chosen: on_air, on_air, camera: "camera", camera_on_air: "camera" } as const;
    return aSnapshot({ state: "live", slots, surfaces, programme });
  }
  const video = (at: number) => ({ kind: "video", slot: at });
  const surface = (which: string) => ({ kind: "surface", surface: which });

  it.each<[string, Scene, SlotView[], object]>([
    ["nothing arrives", { scene: "camera" }, [], { layout: "waiting", main: [], side: [] }],
    ["the camera", { scene: "camera" }, [camera], { layout: "solo", main: [video(0)], side: [] }],
    ["slides", { scene: "slides_and_camera" }, [camera], { layout: "solo", main: [surface("deck")], side: [] }],
    ["the board", { scene: "board" }, [], { layout: "solo", main: [surface("board")], side: [] }],
    ["a shared screen", { scene: "screen" }, [camera], { layout: "solo", main: [video(1)], side: [] }],
    [
      "a classroom large",
      { scene: "classroom", classroom: "A", large: true },
      [camera, room(2, "A")],
      { layout: "floor", main: [video(2)], side: [surface("deck"), video(0)] },
    ],
    [
      "a classroom small",
      { scene: "classroom", classroom: "A", large: false },
      [camera, room(2, "A")],
      { layout: "beside", main: [surface("deck")], side: [video(2)] },
    ],
    [
      "a classroom without a picture",
      { scene: "classroom", classroom: "A", large: true },
      [camera],
      { layout: "solo", main: [surface("deck")], side: [] },
    ],
    [
      "two classrooms",
      { scene: "two_classrooms", a: "A", b: "B" },
      [camera, room(2, "B"), room(3, "A")],
      { layout: "pair", main: [video(3), video(2)], side: [surface("deck"), video(0)] },
    ],
  ])("shows %s", (_, scene, slots, expected) => {
    expect(studioStageOf(lesson(scene, slots))).toEqual(expected);
  });

  it("can be written on where a page has the large place", () => {
    const on = (scene: Scene) => writableOf(studioStageOf(lesson(scene, [camera, room(2, "A")])));
    expect(on({ scene: "slides" })).toBe("deck");
    expect(on({ scene: "board" })).toBe("board");
    expect(on({ scene: "classroom", classroom: "A", large: false })).toBe("deck");
    expect(on({ scene: "classroom", classroom: "A", large: true })).toBeNull();
    expect(on({ scene: "camera" })).toBeNull();
  });

  it("turns the pages of what is on it, else of the deck, else of the board", () => {
    expect(surfaceInHand(lesson({ scene: "board" }, []))).toBe("board");
    expect(surfaceInHand(lesson({ scene: "camera" }, []))).toBe("deck");
    expect(surfaceInHand(lesson({ scene: "camera" }, [], false))).toBe("board");
  });

  it("takes a classroom that gets the floor, and a second one beside it", () => {
    const first = sceneWith({ scene: "slides" }, "A");
    expect(first).toEqual({ scene: "classroom", classroom: "A", large: true });
    expect(sceneWith(first, "B")).toEqual({ scene: "two_classrooms", a: "A", b: "B" });
    expect(sceneWith({ scene: "two_classrooms", a: "A", b: "B" }, "C")).toEqual({ scene: "two_classrooms", a: "A", b: "C" });
  });
});

describe("the pages of classrooms", () => {
  const rooms = Array.from({ length: 19 }, (_, index) => aRoom(`R${index}`));

  it("have eight each, in the plan's order", () => {
    expect(pagesOf(0)).toBe(1);
    expect(pagesOf(19)).toBe(3);
    expect(pageOf(rooms, 2).map(({ id }) => id)).toEqual(["R16", "R17", "R18"]);
    expect(pageOf(rooms, 9)).toEqual(pageOf(rooms, 2));
    expect(pageWith(rooms, "R8")).toBe(1);
    expect(pageWith(rooms, "elsewhere")).toBeNull();
  });

  it("show speakers first, then those who wait; nothing else moves", () => {
    const sorted = inSight(rooms.slice(0, 5), new Set(["R3"]), new Set(["R4", "R1"]));
    expect(sorted.map(({ id }) => id)).toEqual(["R3", "R1", "R4", "R0", "R2"]);
  });
});

describe("a poll that is written", () => {
  const draft = (given: Partial<PollDraft>): PollDraft => ({ ...EMPTY_DRAFT, question: "为什么？", ...given });

  it("opens with what is filled in", () => {
    expect(messageOf(draft({ labels: [" 变大", "变小", "", ""], correct: 1, seconds: 60 }))).toEqual({
      type: "open_poll",
      question: "为什么？",
      kind: { kind: "choices", labels: ["变大", "变小"] },
      by: "hands",
      correct: 1,
      seconds: 60,
    });
    expect(messageOf(draft({ kind: "number", by: "seats", correct: " 0.8 " }))).toMatchObject({ correct: 0.8 });
    expect(messageOf(draft({ kind: "number", by: "seats", correct: "" }))).toMatchObject({ correct: null });
  });

  it.each<[string, Partial<PollDraft>]>([
    ["question", { question: "  " }],
    ["question", { question: "问".repeat(301) }],
    ["labels", { labels: ["一个"] }],
    ["labels", { labels: ["一", "", "三"] }],
    ["labels", { labels: Array.from({ length: 9 }, (_, n) => `${n}`) }],
    ["label_length", { labels: ["一", "长".repeat(61)] }],
    ["correct", { labels: ["一", "二"], correct: 2 }],
    ["correct", { kind: "number", by: "seats", correct: "0,8" }],
    ["by", { kind: "number", by: "hands" }],
  ])("says that the %s is missing or wrong", (problem, given) => {
    expect(messageOf(draft(given))).toBe(problem);
  });

  it("counts by letters and is nothing before it is opened", () => {
    expect([letterOf(0), letterOf(7)]).toEqual(["A", "H"]);
    expect(pollTotalOf(aSnapshot({}))).toBeNull();
  });
});

describe("an upload", () => {
  const done: UploadProgress = { offset: 10, state: "ready", code: null, deck: { id: "D", title: "浮力", pages: 3 }, clip: null };
  const open = (offset: number): UploadProgress => ({ offset, state: "open", code: null, deck: null, clip: null });
  const offline = () => new ApiError(0, "offline", null, "");

  /** A server that takes pieces of four bytes and fails as told. */
  class Fake implements UploadCalls {
    offset = 0;
    readonly pieces: string[] = [];
    failures: (Error | null)[] = [];
    checks: UploadProgress[] = [{ ...open(10), state: "checking" }, done];
    async begin() {
      return { id: "U", chunk_bytes: 4 };
    }
    async progress() {
      return this.offset < 10 ? open(this.offset) : (this.checks.shift() ?? done);
    }
    async send(_: string, offset: number, piece: Blob) {
      const failure = this.failures.shift() ?? null;
      if (failure !== null) throw failure;
      if (offset !== this.offset) throw new ApiError(409, "upload_offset", null, "");
      this.pieces.push(await piece.text());
      this.offset += piece.size;
      return this.offset < 10 ? open(this.offset) : { ...open(10), state: "checking" as const };
    }
  }

  function run(calls: Fake) {
    const time = new VirtualTime();
    const stop = new AbortController();
    const told: string[] = [];
    const result = upload(new Blob(["0123456789"]), {
      calls,
      timers: time,
      random: () => 0.5,
      signal: stop.signal,
      onProgress: (sent, all, checking) => told.push(`${sent}/${all}${checking ? " checking" : ""}`),
    });
    result.catch(() => undefined);
    return { time, stop, told, result };
  }

  /** Lets real promises of `Blob` and virtual time go on together. */
  async function finish({ time }: { time: VirtualTime }) {
    for (let turn = 0; turn < 40; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      await time.pass(1_000);
    }
  }

  it("goes out in pieces and waits for the check", async () => {
    const calls = new Fake();
    const going = run(calls);
    await finish(going);
    expect(await going.result).toEqual(done);
    expect(calls.pieces).toEqual(["0123", "4567", "89"]);
    expect(going.told).toEqual(["0/10", "4/10", "8/10", "10/10", "10/10 checking"]);
  });

  it("goes on where the server says after a broken line", async () => {
    const calls = new Fake();
    calls.failures = [null, offline(), new ApiError(503, "unknown", null, ""), null];
    const going = run(calls);
    await finish(going);
    expect(await going.result).toEqual(done);
    expect(calls.pieces.join("")).toBe("0123456789");
  });

  it("goes on where it was left, and past an answer that was lost", async () => {
    const calls = new Fake();
    calls.offset = 8;
    const left = run(calls);
    await finish(left);
    expect(calls.pieces).toEqual(["89"]);
    const lost = new Fake();
    lost.failures = [null, new ApiError(409, "wrong_state", null, "")];
    const going = run(lost);
    await finish(going);
    expect(await going.result).toEqual(done);
  });

  it("does not insist when the disk is full", async () => {
    const calls = new Fake();
    calls.failures = [new ApiError(507, "storage_full", null, "")];
    const going = run(calls);
    await finish(going);
    await expect(going.result).rejects.toMatchObject({ code: "storage_full" });
  });

  it("gives up on a line that stays broken", async () => {
    const calls = new Fake();
    calls.failures = Array.from({ length: 99 }, offline);
    const going = run(calls);
    await finish(going);
    await expect(going.result).rejects.toMatchObject({ code: "offline" });
  });

  it("says why a file was refused", async () => {
    const calls = new Fake();
    calls.checks = [{ ...open(10), state: "refused", code: "pdf_encrypted" }];
    const going = run(calls);
    await finish(going);
    await expect(going.result).rejects.toEqual(new UploadRefused("pdf_encrypted"));
  });

  it("stops when it is told to", async () => {
    const calls = new Fake();
    calls.failures = [offline()];
    const going = run(calls);
    await new Promise((resolve) => setTimeout(resolve, 0));
    going.stop.abort();
    await finish(going);
    await expect(going.result).rejects.toThrow();
    expect(calls.pieces).toEqual([]);
  });
});
