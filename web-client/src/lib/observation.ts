/** An observer's sheet: criteria with points, notes with time codes. Pure. */
import { type Observation, OBSERVATION_BOUNDS } from "$lib/api/observations";
import { clockText } from "$lib/format";

/** What every sheet asks for, as stable words. */
export const CRITERIA = ["goals", "clarity", "interaction", "teamwork", "media"] as const;
export type Criterion = (typeof CRITERIA)[number];

export const EMPTY: Observation = { scores: [], notes: [], released: false };

export const isKnown = (criterion: string): criterion is Criterion => CRITERIA.some((one) => one === criterion);

/** The points given for a criterion; null while none are. */
export const pointsOf = ({ scores }: Observation, criterion: string): number | null =>
  scores.find((score) => score.criterion === criterion)?.points ?? null;

/** Gives points, or takes them back with null. */
export function withPoints(sheet: Observation, criterion: string, points: number | null): Observation {
  const others = sheet.scores.filter((score) => score.criterion !== criterion);
  const scores = points === null ? others : [...others, { criterion, points }];
  const order = ({ criterion: name }: { criterion: string }) => {
    const at = CRITERIA.findIndex((one) => one === name);
    return at < 0 ? CRITERIA.length : at;
  };
  return { ...sheet, scores: scores.sort((a, b) => order(a) - order(b)) };
}

/** Adds a note in the order of time; unchanged when it is empty or there are as many as there may be. */
export function withNote(sheet: Observation, at_ms: number, text: string): Observation {
  const note = { at_ms, text: text.trim().slice(0, OBSERVATION_BOUNDS.note_letters) };
  if (note.text === "" || sheet.notes.length >= OBSERVATION_BOUNDS.notes) return sheet;
  return { ...sheet, notes: [...sheet.notes, note].sort((a, b) => a.at_ms - b.at_ms) };
}

export const withoutNote = (sheet: Observation, index: number): Observation => ({
  ...sheet,
  notes: sheet.notes.filter((_, at) => at !== index),
});

/** Mean of the points given, to one digit; null while none are. */
export function meanOf({ scores }: Observation): number | null {
  if (scores.length === 0) return null;
  return Math.round((scores.reduce((sum, { points }) => sum + points, 0) / scores.length) * 10) / 10;
}

/** Time into the lesson, e.g. 12:40; before it began 0:00. */
export const timeCode = (at_ms: number, started_ms: number | null): string =>
  clockText(started_ms === null ? 0 : at_ms - started_ms);
