/** The device check and the preflight board. */
import { describe, expect, test } from "vitest";
import type { Preflight } from "../src/lib/api/checks";
import { pathOf } from "../src/lib/check/path";
import { brightnessOf, changeBetween } from "../src/lib/check/picture";
import { prominence, toneDb } from "../src/lib/check/tone";
import {
  cameraCheck, clockCheck, echoCheck, lossCheck, microphoneCheck, pathCheck, REASONS, troublesOf, worstOf,
} from "../src/lib/check/verdicts";
import { countOf, placesOf, troubled } from "../src/lib/preflight";
import type { Check, CheckResult, CheckView } from "../src/lib/protocol/wire";
import { en } from "../src/locales/en";
import { zhCN } from "../src/locales/zh-CN";

const fine: Check = { verdict: "ok", reason: null };
const result = (given: Partial<CheckResult> = {}): CheckResult => ({
  camera: fine, microphone: fine, echo: fine, loss: fine, path: fine, clock: fine, ...given,
});

describe("verdicts", () => {
  const udp = { protocol: "udp" as const, round_trip_ms: 20, loss: 0 };
  test.each<[string, Check, Check["verdict"], string | null]>([
    ["a camera that shows something", cameraCheck({ trouble: null, brightness: 0.4, change: 0.01 }), "ok", null],
    ["a covered one", cameraCheck({ trouble: null, brightness: 0.01, change: 0.001 }), "warn", "camera_dark"],
    ["a frozen one", cameraCheck({ trouble: null, brightness: 0.4, change: 0 }), "warn", "camera_still"],
    ["one that is taken", cameraCheck({ trouble: "busy", brightness: 0, change: 0 }), "bad", "camera_busy"],
    ["a voice", microphoneCheck({ trouble: null, peak: 0.6, mean: 0.3 }), "ok", null],
    ["a switch that is off", microphoneCheck({ trouble: null, peak: 0, mean: 0 }), "bad", "microphone_silent"],
    ["a whisper", microphoneCheck({ trouble: null, peak: 0.1, mean: 0.05 }), "warn", "microphone_quiet"],
    ["a shout", microphoneCheck({ trouble: null, peak: 1, mean: 0.95 }), "warn", "microphone_loud"],
    ["tones that stay in the room", echoCheck({ room_db: 25, sent_db: 2 }), "ok", null],
    ["tones that others would hear", echoCheck({ room_db: 25, sent_db: 20 }), "warn", "echo_heard"],
    ["silent speakers", echoCheck({ room_db: 1, sent_db: 0 }), "warn", "speaker_not_heard"],
    ["no microphone to listen with", echoCheck(null), "warn", "speaker_not_heard"],
    ["UDP", pathCheck(udp), "ok", null],
    ["TCP", pathCheck({ ...udp, protocol: "tcp" }), "warn", "path_tcp"],
    ["a slow line", pathCheck({ ...udp, round_trip_ms: 400 }), "warn", "path_slow"],
    ["no way at all", pathCheck({ protocol: null, round_trip_ms: null, loss: null }), "bad", "path_none"],
    ["half a percent", lossCheck({ ...udp, loss: 0.005 }), "ok", null],
    ["three percent", lossCheck({ ...udp, loss: 0.03 }), "warn", "loss_some"],
    ["ten percent", lossCheck({ ...udp, loss: 0.1 }), "bad", "loss_high"],
    ["a clock a second off", clockCheck(-1_000), "ok", null],
    ["ten seconds off", clockCheck(10_000), "warn", "clock_off"],
    ["an hour off", clockCheck(-3_600_000), "bad", "clock_wrong"],
  ])("%s", (_, check, verdict, reason) => expect([check.verdict, check.reason]).toEqual([verdict, reason]));

  test("the worst counts, and comes first", () => {
    const mixed = result({ loss: { verdict: "bad", reason: "loss_high" }, camera: { verdict: "warn", reason: "camera_dark" } });
    expect(worstOf(mixed)).toBe("bad");
    expect(troublesOf(mixed).map(({ name }) => name)).toEqual(["loss", "camera"]);
    expect([worstOf(result()), troublesOf(result())]).toEqual(["ok", []]);
  });

  test("every reason has words in both languages, and fits the wire", () => {
    for (const reason of REASONS) {
      expect(reason.length).toBeLessThanOrEqual(64);
      for (const { check } of [zhCN, en]) expect(check.reasons[reason].what).not.toBe("");
    }
  });
});

describe("what is measured", () => {
  const RATE = 48_000;
  const wave = (hz: number, loud: number) =>
    Float32Array.from({ length: 8_192 }, (_, at) => loud * Math.sin((2 * Math.PI * hz * at) / RATE));

  test("a tone stands out of what is not that tone", () => {
    expect(toneDb(wave(880, 0.2), 880, RATE) - toneDb(wave(300, 0.2), 880, RATE)).toBeGreaterThan(30);
    expect(toneDb(new Float32Array(8_192), 880, RATE)).toBeLessThan(-100);
  });

  test("one tone that somebody talked over does not decide", () => {
    const pair = (db: number) => ({ on_db: db, off_db: 0 });
    expect(prominence([pair(20), pair(-5), pair(22)])).toBe(20);
    expect(prominence([])).toBe(0);
  });

  test("pictures are dark or bright, the same or not", () => {
    const grey = (value: number) => new Uint8ClampedArray([value, value, value, 255, value, value, value, 255]);
    expect([brightnessOf(grey(0)), brightnessOf(grey(255))]).toEqual([0, 1]);
    expect(changeBetween(grey(10), grey(10))).toBe(0);
    expect(changeBetween(grey(10), grey(200))).toBeGreaterThan(0.3);
  });

  test("the way is read from what came back", () => {
    const there = {
      out: { type: "outbound-rtp", packetsSent: 1_000 },
      report: { type: "remote-inbound-rtp", packetsLost: 20 },
    };
    const back = {
      in: { type: "inbound-rtp", packetsReceived: 990, packetsLost: 10 },
      pair: { type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "l", currentRoundTripTime: 0.03 },
      l: { type: "local-candidate", protocol: "tcp" },
    };
    expect(pathOf(there, back)).toEqual({ protocol: "tcp", round_trip_ms: 30, loss: 0.02 });
    expect(pathOf(there, { ...back, in: { type: "inbound-rtp", packetsReceived: 0 } }).protocol).toBeNull();
    expect(pathOf(null, null).protocol).toBeNull();
  });
});

describe("the preflight board", () => {
  const NOW = 100 * 60_000;
  const view = (worst: CheckView["worst"], given: Partial<CheckResult> = {}): CheckView => ({
    classroom: null, at_ms: NOW, worst, result: result(given),
  });
  const lesson = (starts_ms: number): Preflight["lessons"][number]["lesson"] => ({
    id: "L", title: "浮力", subject: "", state: "scheduled", starts_ms, ends_ms: starts_ms + 1, started_ms: null, ended_ms: null,
    master: { id: "m", display_name: "王老师" }, classrooms: [], seats: [], my_classroom: null, recorded: false, floor_limit: 3,
  });
  type Row = Preflight["lessons"][number]["classrooms"][number];
  const room = (id: string, given: Partial<Row>): Row => ({
    classroom: { id, name: id, school: "S" }, assistant: { id: "a", display_name: "李老师" }, check: view("ok"),
    screen_present: true, assistant_present: true, ...given,
  });
  const board = (starts_ms: number, ...classrooms: Row[]) =>
    placesOf({ lesson: lesson(starts_ms), studio: { check: view("ok"), present: true }, classrooms }, NOW);

  test("says for each place how it is, and why", () => {
    const places = board(
      NOW + 30 * 60_000,
      room("good", {}),
      room("bad", { check: view("bad", { path: { verdict: "bad", reason: "path_none" } }) }),
      room("fair", { check: view("warn", { clock: { verdict: "warn", reason: "clock_off" } }) }),
      room("early", { check: null, screen_present: false }),
    );
    expect(places.map(({ state }) => state)).toEqual(["ready", "ready", "bad", "warn", "waiting"]);
    expect(places.map(({ reasons }) => reasons)).toEqual([[], [], ["path_none"], ["clock_off"], ["screen_off", "not_checked"]]);
    expect(countOf(places)).toEqual({ ready: 2, bad: 1, warn: 1, waiting: 1 });
    expect(troubled(places).map(({ classroom }) => classroom?.id)).toEqual(["bad", "fair"]);
  });

  test("in a live lesson who is there is ready, checked or not", () => {
    const live = { ...lesson(NOW - 60_000), state: "live" as const };
    const rooms = [room("there", { check: null }), room("away", { check: null, screen_present: false })];
    const places = placesOf({ lesson: live, studio: { check: null, present: true }, classrooms: rooms }, NOW);
    expect(places.map(({ state }) => state)).toEqual(["ready", "ready", "bad"]);
  });

  test("ten minutes before the start a dark screen is a fault", () => {
    const dark = room("dark", { screen_present: false });
    expect(board(NOW + 11 * 60_000, dark)[1]?.state).toBe("waiting");
    expect(board(NOW + 10 * 60_000, dark)[1]?.state).toBe("bad");
  });
});
