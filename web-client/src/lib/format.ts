/** Times as people read them. Clocks are m:ss so that they never jump in width with tabular figures. */

/** 0:42, 18:42, 1:02:05. Negative is 0:00. */
export function clockText(duration_ms: number): string {
  const seconds = Math.max(0, Math.floor(duration_ms / 1000));
  const pad = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** A countdown shows the second it is in: 0:01 until the very end. */
export function countdownText(remaining_ms: number): string {
  return clockText(Math.ceil(Math.max(0, remaining_ms) / 1000) * 1000);
}

/** ISO 8601 duration for `<time datetime>`. */
export function isoDuration(duration_ms: number): string {
  return `PT${Math.max(0, Math.round(duration_ms / 1000))}S`;
}

/** 10:20 */
export function timeOfDay(at_ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at_ms);
}

/** 4月15日 / 15 April */
export function dayText(at_ms: number, language: string): string {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { month: "long", day: "numeric" }).format(at_ms);
}

/** 星期三 / Wednesday */
export function weekdayText(at_ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, { weekday: "long" }).format(at_ms);
}

/** Whole minutes left, rounded up. */
export function minutesLeft(remaining_ms: number): number {
  return Math.max(0, Math.ceil(remaining_ms / 60_000));
}

/** 6.2 Mbit/s, 480 kbit/s */
export function bitrateText(bits_per_second: number): string {
  return bits_per_second >= 1_000_000
    ? `${(bits_per_second / 1_000_000).toFixed(1)} Mbit/s`
    : `${Math.round(bits_per_second / 1000)} kbit/s`;
}
