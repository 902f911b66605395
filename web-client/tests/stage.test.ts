/** What the stage shows: the programme, written answers, the day of a paired screen. */
import { describe, expect, test } from "vitest";
import { ApiError } from "../src/lib/api/client";
import type { Offer, PairingAnswer } from "../src/lib/api/pairing";
import type { LessonCard } from "../src/lib/api/types";
import type { Scene, SlotView, SourceView, Snapshot } from "../src/lib/protocol/wire";
import { lessonNext, lessonNow } from "../src/lib/screen-day";
import { type Part, planOf, type StagePlan, type StudioScene, withCamera, withWords } from "../src/lib/stage-plan";
import { ScreenPairing } from "../src/lib/state/pairing.svelte";
import { pagesOf, readingMs, widthOf } from "../src/lib/written-answer";
import { aSnapshot } from "./lesson";
import { VirtualTime } from "./virtual-time";

const camera: SourceView = { from: "camera" };
const screen: SourceView = { from: "screen" };
const room = (classroom: string): SourceView => ({ from: "classroom", classroom, name: classroom });
const slots = (...sources: (SourceView | null)[]): SlotView[] =>
  sources.map((source, index) => ({ kind: "video", index, source }));
const ALL = slots(camera, screen, room("A"), room("B"));

function lesson(scene: Scene, given: Partial<Snapshot> = {}, deck = true): Snapshot {
  const board = { surface: "board" as const, deck: null, page: 1, strokes: [] };
  const open = { surface: "deck" as const, deck: deck ? "D" : null, page: deck ? 3 : 0, strokes: [] };
  const programme = { chosen: scene, on_air: scene, camera: "camera" as const, camera_on_air: "camera" as const };
  return aSnapshot({ state: "live", programme, slots: ALL, surfaces: [open, board], ...given });
}

/** "deck | 0 2" */
const drawn = ({ main, side }: StagePlan) => {
  const name = (part: Part) => (part.kind === "video" ? String(part.slot) : part.surface);
  return `${main.map(name).join(" ")} | ${side.map(name).join(" ")}`.trim();
};

describe("the plan", () => {
  const talking = (large: boolean): Scene => ({ scene: "classroom", classroom: "A", large });
  const both: Scene = { scene: "two_classrooms", a: "A", b: "B" };
  const slides: StudioScene = { scene: "slides" };

  test.each<[string, Scene, string | null, StudioScene | null, string]>([
    ["the camera", { scene: "camera" }, "X", null, "0 |"],
    ["slides alone", { scene: "slides" }, "X", null, "deck |"],
    ["slides and camera", { scene: "slides_and_camera" }, "X", null, "deck | 0"],
    ["the board", { scene: "board" }, "X", null, "board | 0"],
    ["the screen", { scene: "screen" }, "X", null, "1 | 0"],
    ["a talking classroom in the place of the studio, with the slides", talking(true), "X", null, "2 | 0 deck"],
    ["the same after the camera alone", talking(true), "X", { scene: "camera" }, "2 | 0"],
    ["a talking classroom beside the studio", talking(false), "X", slides, "deck | 2"],
    ["the same for who came late", talking(false), "X", null, "deck | 0 2"],
    ["our own classroom: never sent back to us", talking(true), "A", slides, "deck |"],
    ["two classrooms", both, "X", null, "2 3 | 0"],
    ["two, one of them ours", both, "A", null, "3 | 0"],
    ["an observer is no classroom", both, null, null, "2 3 | 0"],
  ])("%s", (_, scene, own, before, expected) => expect(drawn(planOf(lesson(scene), own, before))).toBe(expected));

  test("what is not there gives way", () => {
    const none = { slots: slots(null, null) };
    expect(drawn(planOf(lesson({ scene: "screen" }, { slots: slots(camera) }), null, null))).toBe("0 |");
    expect(drawn(planOf(lesson({ scene: "slides" }, {}, false), null, null))).toBe("0 |");
    expect(planOf(lesson({ scene: "camera" }, none), null, null).scene).toBe("waiting");
    expect(drawn(planOf(lesson({ scene: "slides_and_camera" }, none), null, null))).toBe("deck |");
    // The floor ended, the programme's change is still on its way.
    expect(drawn(planOf(lesson(both, { slots: slots(camera) }), null, slides))).toBe("deck |");
  });

  test("the second camera takes the place of the first", () => {
    const second = slots({ from: "second" });
    expect(drawn(planOf(lesson({ scene: "slides_and_camera" }, { slots: second }), null, null))).toBe("deck | 0");
  });

  test("words take the place of the large picture, which moves beside the teacher", () => {
    const plan = (scene: Scene) => drawn(withWords(planOf(lesson(scene), "X", null)));
    expect(plan({ scene: "slides_and_camera" })).toBe("| 0 deck");
    expect(plan({ scene: "slides" })).toBe("| deck");
    expect(plan({ scene: "camera" })).toBe("| 0");
    expect(plan(talking(true))).toBe("| 0 2");
  });

  test("a lost camera keeps its place", () => {
    const lost = { slots: slots(null) };
    expect(drawn(withCamera(planOf(lesson({ scene: "slides" }, lost), "X", null)))).toBe("deck | 0");
    expect(drawn(withCamera(planOf(lesson({ scene: "camera" }, lost, false), "X", null)))).toBe("0 |");
  });

  test("whatever is on air, nothing shows twice and no more than there is room for", () => {
    const scenes: Scene[] = [
      ...(["camera", "slides", "slides_and_camera", "board", "screen"] as const).map((scene) => ({ scene })),
      talking(true),
      talking(false),
      both,
    ];
    for (const scene of scenes) {
      for (const before of [null, { scene: "board" }, { scene: "screen" }, slides] as const) {
        for (const shown of [ALL, slots(camera), slots(null, screen), slots()]) {
          for (const own of ["A", "X", null]) {
            const { main, side } = planOf(lesson(scene, { slots: shown }), own, before);
            const all = [...main, ...side].map((part) => JSON.stringify(part));
            expect(new Set(all).size).toBe(all.length);
            expect(side.length).toBeLessThanOrEqual(3);
          }
        }
      }
    }
  });
});

describe("a written answer", () => {
  test("is cut behind sentences, and nothing of it is lost", () => {
    const text = "浮力等于排开的水的重力。".repeat(60);
    const pages = pagesOf(text, 100);
    expect(pages.join("")).toBe(text);
    expect(pages.every((page) => widthOf(page) <= 100 && page.endsWith("。"))).toBe(true);
  });

  test("without an end of a sentence is cut behind words, and without words anywhere", () => {
    const english = pagesOf("a word ".repeat(100), 50);
    expect(english.every((page) => widthOf(page) <= 50)).toBe(true);
    expect(english.join(" ").split(/\s+/)).toHaveLength(200);
    expect(pagesOf("字".repeat(1_000), 230).join("")).toBe("字".repeat(1_000));
  });

  test("of a few words is one page; of nothing is none", () => {
    expect([pagesOf("变小。"), pagesOf("  \n ")]).toEqual([["变小。"], []]);
  });

  test("stays for as long as reading takes", () => {
    expect(readingMs("字".repeat(200))).toBeGreaterThan(readingMs("字".repeat(20)) + 30_000);
    expect(widthOf("浮力ab")).toBeCloseTo(3.1);
  });
});

describe("the day of a paired screen", () => {
  const MINUTE = 60_000;
  const card = (id: string, state: LessonCard["state"], starts_ms: number): LessonCard => ({
    id, title: id, subject: "", state, starts_ms, ends_ms: starts_ms + 40 * MINUTE, started_ms: state === "live" ? starts_ms : null,
    ended_ms: null, master: { id: "m", display_name: "m" }, classrooms: [], seats: ["classroom"], my_classroom: "A", recorded: false, floor_limit: 3,
  });
  const none = new Set<string>();

  test("it takes its place a quarter of an hour before, and not earlier", () => {
    const lessons = [card("a", "scheduled", 60 * MINUTE)];
    expect(lessonNow(lessons, 44 * MINUTE, none)).toBeNull();
    expect(lessonNow(lessons, 45 * MINUTE, none)?.id).toBe("a");
    expect(lessonNext(lessons, 44 * MINUTE)?.id).toBe("a");
  });

  test("a live lesson comes first, one that ended or was left never", () => {
    const lessons = [card("over", "ended", 0), card("live", "live", 10 * MINUTE), card("next", "scheduled", 30 * MINUTE)];
    expect(lessonNow(lessons, 20 * MINUTE, none)?.id).toBe("live");
    expect(lessonNow(lessons, 20 * MINUTE, new Set(["live"]))?.id).toBe("next");
  });

  test("one that nobody began is given up", () => {
    expect(lessonNow([card("a", "scheduled", 0)], 29 * MINUTE, none)?.id).toBe("a");
    expect(lessonNow([card("a", "scheduled", 0)], 31 * MINUTE, none)).toBeNull();
  });
});

describe("pairing", () => {
  function screenAt(time: VirtualTime, answers: (PairingAnswer["state"] | ApiError)[]) {
    let offers = 0;
    let paired = 0;
    const door = {
      offer: async (): Promise<Offer> => {
        offers += 1;
        return { code: `CODE-${offers}`, secret: "s", expires_ms: time.now() + 600_000 };
      },
      ask: async (): Promise<PairingAnswer> => {
        const next = answers.shift() ?? "waiting";
        if (next instanceof ApiError) throw next;
        return { state: next, device: null };
      },
    };
    const pairing = new ScreenPairing(door, time, () => (paired += 1));
    return { pairing, offers: () => offers, paired: () => paired };
  }
  const failing = (status: number, code = "x") => new ApiError(status, code, null, "");

  test("asks until somebody says yes", async () => {
    const time = new VirtualTime();
    const { pairing, offers, paired } = screenAt(time, ["waiting", "waiting", "confirmed"]);
    const stop = pairing.start();
    await time.pass(0);
    expect(pairing.offer?.code).toBe("CODE-1");
    await time.pass(10_000);
    expect([offers(), paired()]).toEqual([1, 1]);
    stop();
  });

  test("shows a new code before the old one runs out, for ever", async () => {
    const time = new VirtualTime();
    const { pairing, offers } = screenAt(time, []);
    const stop = pairing.start();
    await time.pass(579_000);
    expect(offers()).toBe(1);
    await time.pass(3_000);
    expect(offers()).toBe(2);
    await time.pass(24 * 3_600_000);
    expect(offers()).toBeGreaterThan(140);
    stop();
  });

  test("says that it was refused, and tries again", async () => {
    const time = new VirtualTime();
    const { pairing } = screenAt(time, ["refused"]);
    const stop = pairing.start();
    await time.pass(2_500);
    expect([pairing.refused, pairing.offer]).toEqual([true, null]);
    await time.pass(6_000);
    expect([pairing.refused, pairing.offer?.code]).toEqual([false, "CODE-2"]);
    stop();
  });

  test("keeps its code while the server is away, and takes a new one when the server forgot it", async () => {
    const time = new VirtualTime();
    const { pairing } = screenAt(time, [failing(0, "offline"), "waiting", failing(404), "waiting"]);
    const stop = pairing.start();
    await time.pass(2_500);
    expect([pairing.offline, pairing.offer?.code]).toEqual([true, "CODE-1"]);
    await time.pass(3_000);
    expect([pairing.offline, pairing.offer?.code]).toEqual([false, "CODE-1"]);
    await time.pass(3_000);
    expect(pairing.offer?.code).toBe("CODE-2");
    stop();
  });
});
