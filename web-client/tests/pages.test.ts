/** The small pure pieces of the pages. */
import { describe, expect, it } from "vitest";
import type { LessonCard } from "../src/lib/api/types";
import { clockText, countdownText, minutesLeft } from "../src/lib/format";
import { currentLesson, entrancesOf, substitutable } from "../src/lib/home";
import { meterLevel } from "../src/lib/media/levels";
import { LimitWatch } from "../src/lib/media/limits";
import { activityOf, limitationOf, PathWatch, uplinkOf } from "../src/lib/media/stats";
import { correctionFor, gapsToShow, nextSpeed, timeAt, wallAt } from "../src/lib/replay/timeline";
import { hrefTo, parseRoute } from "../src/lib/router.svelte";
import { en } from "../src/locales/en";
import { zhCN } from "../src/locales/zh-CN";

describe("routes", () => {
  it.each([
    ["", { page: "home" }],
    ["#/", { page: "home" }],
    ["#/library?q=%E6%B5%AE%E5%8A%9B", { page: "library", query: "浮力" }],
    ["#/replay/01H", { page: "replay", recording: "01H" }],
    ["#/lesson/01L/studio", { page: "studio", lesson: "01L" }],
    ["#/lesson/01L/classroom/01C", { page: "classroom", lesson: "01L", classroom: "01C" }],
    ["#/lesson/01L/classroom", { page: "unknown" }],
    ["#/classes", { page: "classes" }],
    ["#/classes/01C", { page: "class", classroom: "01C" }],
    ["#/pair", { page: "pair", code: "" }],
    ["#/pair/7K4-2MX", { page: "pair", code: "7K4-2MX" }],
    ["/pair/7K4-2MX", { page: "pair", code: "7K4-2MX" }],
    ["#/devices", { page: "devices" }],
    ["/poll/K7M2QX", { page: "poll", code: "K7M2QX" }],
    ["#/lesson/01L/check", { page: "check", lesson: "01L", classroom: null }],
    ["#/lesson/01L/check/01C", { page: "check", lesson: "01L", classroom: "01C" }],
    ["#/lesson/01L/report", { page: "report", lesson: "01L" }],
    ["#/lesson/01L/observations", { page: "observations", lesson: "01L" }],
    ["#/preflight", { page: "preflight" }],
    ["/screen", { page: "screen" }],
    ["/", { page: "home" }],
    ["#/nowhere", { page: "unknown" }],
    ["#/replay/%E0%A4%A", { page: "replay", recording: "%E0%A4%A" }],
  ])("%s", (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
  });

  it("lead back to themselves", () => {
    const route = { page: "assistant", lesson: "a/b", classroom: "八班" } as const;
    expect(parseRoute(hrefTo(route))).toEqual(route);
  });
});

describe("times", () => {
  it.each([
    [0, "0:00"],
    [-5, "0:00"],
    [42_999, "0:42"],
    [1_122_000, "18:42"],
    [3_725_000, "1:02:05"],
  ])("%d ms reads %s", (ms, expected) => {
    expect(clockText(ms)).toBe(expected);
  });

  it("a countdown shows the second it is in", () => {
    expect([countdownText(59_001), countdownText(1), countdownText(0)]).toEqual(["1:00", "0:01", "0:00"]);
    expect(minutesLeft(60_001)).toBe(2);
  });
});

describe("home", () => {
  const card = (given: Partial<LessonCard>): LessonCard => ({
    id: "L",
    title: "浮力",
    subject: "物理",
    state: "scheduled",
    starts_ms: 10,
    ends_ms: 20,
    started_ms: null,
    ended_ms: null,
    master: { id: "M", display_name: "王老师" },
    classrooms: [],
    seats: [],
    my_classroom: null,
    recorded: true,
    floor_limit: 3,
    ...given,
  });

  it("shows the live lesson before the next one, and nothing when all are over", () => {
    const next = card({ id: "next", starts_ms: 5 });
    const live = card({ id: "live", state: "live", starts_ms: 50 });
    expect(currentLesson([next, live])?.id).toBe("live");
    expect(currentLesson([card({ state: "ended" })])).toBeNull();
  });

  it("lets an assistant stand in for the own school's classes only, and not for themselves", () => {
    const room = (id: string, school: string, assistant: string | null) => ({
      id,
      name: id,
      school,
      assistant: assistant === null ? null : { id: assistant, display_name: assistant },
    });
    const classrooms = [room("mine", "二中", "me"), room("ill", "二中", "you"), room("none", "二中", null), room("far", "四中", "they")];
    const account = { id: "me", name: "me", display_name: "me", role: "assistant" as const, school: { id: "S", name: "二中" } };
    const offered = substitutable([card({ classrooms }), card({ id: "over", state: "ended", classrooms })], account);
    expect(offered.map(({ classroom }) => classroom.id)).toEqual(["ill", "none"]);
    expect(substitutable([card({ classrooms })], { ...account, role: "administrator" })).toEqual([]);
  });

  it("offers the seats one has; those of a classroom only with a classroom", () => {
    const seats = entrancesOf(card({ seats: ["observer", "classroom", "assistant"], my_classroom: "C" }));
    expect(seats.map(({ seat }) => seat)).toEqual(["assistant", "classroom", "observer"]);
    expect(entrancesOf(card({ seats: ["assistant"] }))).toEqual([]);
  });
});

describe("replay", () => {
  const fragments = [
    { start: 0, duration: 6, programDateTime: 1_000 },
    { start: 6, duration: 6, programDateTime: 27_000 },
  ];

  it("ties media time to the wall clock across a gap", () => {
    expect(wallAt(fragments, 3)).toBe(4_000);
    expect(wallAt(fragments, 7)).toBe(28_000);
    expect(timeAt(fragments, 28_000)).toBe(7);
    expect(timeAt(fragments, 20_000)).toBeNull();
    expect(wallAt([], 3)).toBeNull();
  });

  it.each([
    [0.01, { kind: "rate", factor: 1 }],
    [0.1, { kind: "rate", factor: 1.05 }],
    [-0.4, { kind: "rate", factor: 0.9 }],
    [2, { kind: "seek" }],
  ])("%d s behind", (behind, correction) => {
    expect(correctionFor(behind)).toEqual(correction);
  });

  it("marks a hole once, and none where the screen was just not shared", () => {
    const gap = (track: string, at_ms: number, duration_ms: number) => ({ track, at_ms, duration_ms, reason: "absent" }) as const;
    const gaps = [gap("screen", 0, 9_000), gap("voice", 5_100, 900), gap("camera", 5_000, 1_000), gap("camera", 1, 20)];
    expect(gapsToShow(gaps, "camera")).toEqual([gap("camera", 5_000, 1_000)]);
  });

  it("steps through the speeds and stops at the ends", () => {
    expect([nextSpeed(1, 1), nextSpeed(0.75, -1), nextSpeed(2, 1)]).toEqual([1.25, 0.75, 2]);
  });
});

describe("statistics", () => {
  const sample = (timestamp: number, bytesSent: number, packetsSent: number, packetsLost: number) => ({
    out: { type: "outbound-rtp", timestamp, bytesSent, packetsSent },
    back: { type: "remote-inbound-rtp", timestamp, packetsLost },
    pair: { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.014 },
  });

  it("give bitrate, loss and round trip between two samples", () => {
    const path = new PathWatch();
    path.sending(sample(1_000, 0, 0, 0));
    expect(path.sending(sample(2_000, 125_000, 99, 1))).toEqual({ bitrate: 1_000_000, loss: 0.01, round_trip_ms: 14 });
  });

  it("start anew with a new session", () => {
    const path = new PathWatch();
    path.sending(sample(5_000, 90_000, 50, 0));
    expect(path.sending(sample(6_000, 10, 1, 0)).bitrate).toBe(0);
  });

  it("find a slot by its mid", () => {
    const stats = { a: { type: "inbound-rtp", mid: "5", framesDecoded: 30, audioLevel: 0 } };
    expect(activityOf(stats, ["4", "5"])).toEqual([
      { level: 0, frames: 0 },
      { level: 0, frames: 30 },
    ]);
  });
});

describe("the word about a picture that could be better", () => {
  /** What is said second by second; b: bandwidth, c: processor, -: nothing. */
  function said(reasons: string): string {
    const watch = new LimitWatch();
    const letter = { bandwidth: "b", cpu: "c" } as const;
    return [...reasons]
      .map((reason, second) => watch.note(reason === "b" ? "bandwidth" : reason === "c" ? "cpu" : null, second * 1_000))
      .map((limit) => (limit === null ? "-" : letter[limit]))
      .join("");
  }

  it.each([
    ["not while a connection grows", "bbbbb------", "-----------"],
    ["after some seconds", "bbbbbbbbb", "------bbb"],
    ["not gone at the first good second", "bbbbbbbb-----b---------", "------bbbbbbbbbb-------"],
    ["also when it flickers", "bb-bb-bb-bb-bb-bb-bb", "----------------bbbb"],
    ["one reason at a time", "ccccccccbbbb", "------cccccc"],
  ])("%s", (_, reasons, expected) => {
    expect(said(reasons)).toBe(expected);
  });

  it("takes a long sleep for one sample", () => {
    const watch = new LimitWatch();
    watch.note("cpu", 0);
    expect(watch.note("cpu", 3_600_000)).toBeNull();
  });

  it("comes from the pictures only, the processor before the line", () => {
    const out = (qualityLimitationReason?: string) => ({ type: "outbound-rtp", qualityLimitationReason });
    expect(limitationOf({ a: out(), b: out("none") })).toBeNull();
    expect(limitationOf({ a: out("none"), b: out("bandwidth") })).toBe("bandwidth");
    expect(limitationOf({ a: out("cpu"), b: out("bandwidth") })).toBe("cpu");
    expect(limitationOf({ a: out("other") })).toBeNull();
  });
});

it("what the line carries is read off the path in use, where a browser says it", () => {
  const pair = (rest: object) => ({ type: "candidate-pair", ...rest });
  const unused = pair({ nominated: false, availableOutgoingBitrate: 9e6 });
  expect(uplinkOf({ a: unused, b: pair({ nominated: true, availableOutgoingBitrate: 2e6 }) })).toBe(2e6);
  expect(uplinkOf({ a: unused, b: pair({ nominated: true }) })).toBeNull();
  expect(uplinkOf({})).toBeNull();
});

it("a meter is empty in silence and full at full scale", () => {
  expect(meterLevel(new Float32Array(1024))).toBe(0);
  expect(meterLevel(new Float32Array(1024).fill(1))).toBe(1);
});

it("every text is there in both languages", () => {
  const keys = (texts: object, path = ""): string[] =>
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === "object" ? keys(value as object, `${path}${key}.`) : [`${path}${key}`],
    );
  expect(keys(en)).toEqual(keys(zhCN));
});
