/**
 * What a device check makes of what it measured. Pure. A reason is a stable word: the pages have text for it, the
 * preflight board shows it in its reader's language.
 */
import type { DeviceTrouble } from "$lib/media/devices";
import type { Check, CheckResult, Verdict } from "$lib/protocol/wire";

/** The things that are checked, in the order in which people mend them. */
export const CHECKS = ["camera", "microphone", "echo", "path", "loss", "clock"] as const;
export type CheckName = (typeof CHECKS)[number];

export const REASONS = [
  "camera_denied",
  "camera_missing",
  "camera_busy",
  "camera_insecure",
  "camera_dark",
  "camera_still",
  "microphone_denied",
  "microphone_missing",
  "microphone_silent",
  "microphone_quiet",
  "microphone_loud",
  "speaker_not_heard",
  "echo_heard",
  "path_none",
  "path_tcp",
  "path_slow",
  "loss_some",
  "loss_high",
  "clock_off",
  "clock_wrong",
  "not_checked",
] as const;
export type Reason = (typeof REASONS)[number];
export const isReason = (word: string | null): word is Reason => REASONS.some((reason) => reason === word);

const ok: Check = { verdict: "ok", reason: null };
const is = (verdict: Verdict, reason: Reason): Check => ({ verdict, reason });

export interface CameraSeen {
  trouble: DeviceTrouble | null;
  /** Mean brightness 0..1 and how much it changed from picture to picture, 0..1. */
  brightness: number;
  change: number;
}

export function cameraCheck({ trouble, brightness, change }: CameraSeen): Check {
  switch (trouble) {
    case "denied":
      return is("bad", "camera_denied");
    case "missing":
      return is("bad", "camera_missing");
    case "busy":
      return is("bad", "camera_busy");
    case "insecure":
      return is("bad", "camera_insecure");
    case null:
      if (brightness < 0.04) return is("warn", "camera_dark");
      return change === 0 ? is("warn", "camera_still") : ok;
  }
}

export interface MicrophoneHeard {
  trouble: DeviceTrouble | null;
  /** Loudest and mean level on the meter, 0..1. */
  peak: number;
  mean: number;
}

export function microphoneCheck({ trouble, peak, mean }: MicrophoneHeard): Check {
  if (trouble !== null) return is("bad", trouble === "denied" ? "microphone_denied" : "microphone_missing");
  // Even a quiet room moves the meter; nothing at all is a switched-off microphone.
  if (peak < 0.03) return is("bad", "microphone_silent");
  if (peak < 0.25) return is("warn", "microphone_quiet");
  return mean > 0.9 ? is("warn", "microphone_loud") : ok;
}

/** Levels of the tone in the microphone: as it is heard in the room, and after the browser took the echo out. */
export interface ToneHeard {
  /** How many decibels the tone stands above the pause between tones, in the room. */
  room_db: number;
  /** The same in what other classrooms would hear. */
  sent_db: number;
}

export function echoCheck(tone: ToneHeard | null): Check {
  if (tone === null || tone.room_db < 6) return is("warn", "speaker_not_heard");
  return tone.sent_db > 10 ? is("warn", "echo_heard") : ok;
}

export interface PathMeasured {
  /** Null when nothing came through. */
  protocol: "udp" | "tcp" | null;
  round_trip_ms: number | null;
  /** Share of packets lost on the way there and back, 0..1. */
  loss: number | null;
}

export function pathCheck({ protocol, round_trip_ms }: PathMeasured): Check {
  if (protocol === null) return is("bad", "path_none");
  if (protocol === "tcp") return is("warn", "path_tcp");
  return (round_trip_ms ?? 0) > 300 ? is("warn", "path_slow") : ok;
}

export function lossCheck({ protocol, loss }: PathMeasured): Check {
  if (protocol === null || loss === null) return is("bad", "path_none");
  if (loss > 0.05) return is("bad", "loss_high");
  return loss > 0.01 ? is("warn", "loss_some") : ok;
}

/** `offset_ms` is the server's clock against this device's; null when the server did not answer. */
export function clockCheck(offset_ms: number | null): Check {
  if (offset_ms === null) return is("bad", "path_none");
  const off_ms = Math.abs(offset_ms);
  if (off_ms > 60_000) return is("bad", "clock_wrong");
  return off_ms > 3_000 ? is("warn", "clock_off") : ok;
}

const RANK: Record<Verdict, number> = { ok: 0, warn: 1, bad: 2 };

export function worstOf(result: CheckResult): Verdict {
  return CHECKS.map((name) => result[name].verdict).reduce((worst, one) => (RANK[one] > RANK[worst] ? one : worst), "ok");
}

/** What is not ok, the worst first. */
export function troublesOf(result: CheckResult): { name: CheckName; check: Check }[] {
  const found = CHECKS.map((name) => ({ name, check: result[name] })).filter(({ check }) => check.verdict !== "ok");
  return found.sort((a, b) => RANK[b.check.verdict] - RANK[a.check.verdict]);
}
