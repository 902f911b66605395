/**
 * The recording's timeline: one JSON object a line, written while the lesson ran. Chapters are its page turns and what
 * else one looks for. Pure.
 */

/** Longer timelines are cut. The server writes 16 MiB at most, which holds fewer lines than that unless they say nothing. */
const MARKS_MAX = 200_000;

export type Chapter = { at_ms: number } & (
  | { kind: "page"; deck: string; page: number }
  | { kind: "board"; page: number }
  | { kind: "floor"; classroom: string }
  | { kind: "lost" }
);

export interface Mark {
  media_ms: number;
  kind: string;
  [field: string]: unknown;
}

function isMark(value: unknown): value is Mark {
  const mark = value as Mark | null;
  return typeof mark === "object" && mark !== null && typeof mark.media_ms === "number" && typeof mark.kind === "string";
}

/** The marks of a timeline in their order; a line that is broken (the last one of a crash) is left out. */
export function marksOf(lines: string): Mark[] {
  const marks: Mark[] = [];
  for (const line of lines.split("\n").slice(0, MARKS_MAX)) {
    try {
      const mark: unknown = JSON.parse(line);
      if (isMark(mark)) marks.push(mark);
    } catch {
      // Half a line.
    }
  }
  return marks.sort((a, b) => a.media_ms - b.media_ms);
}

/** Who leafs through is not somewhere: a page counts once it has stayed for so long. */
const STAYED_MS = 3_000;

export function chaptersOf(marks: readonly Mark[]): Chapter[] {
  // A page is told again where the recording was taken up again; the board is at its first page from the beginning.
  const at = new Map<unknown, string>([["board", "null/1"]]);
  const chapters = marks.flatMap((mark): Chapter[] => {
    const at_ms = mark.media_ms;
    switch (mark.kind) {
      case "page_turned": {
        const { surface, deck, page } = mark;
        const name = `${deck}/${page}`;
        const isAnother = at.get(surface) !== name;
        at.set(surface, name);
        if (!isAnother || typeof page !== "number" || page < 1) return [];
        if (surface === "board") return [{ at_ms, kind: "board", page }];
        return typeof deck === "string" ? [{ at_ms, kind: "page", deck, page }] : [];
      }
      case "floor_granted":
        return typeof mark["classroom"] === "string" ? [{ at_ms, kind: "floor", classroom: mark["classroom"] }] : [];
      case "studio_lost":
        return [{ at_ms, kind: "lost" }];
      default:
        return [];
    }
  });
  const turns = (chapter: Chapter | undefined) => chapter?.kind === "page" || chapter?.kind === "board";
  return chapters.filter((chapter, at) => {
    const next = chapters.slice(at + 1).find(turns);
    return !turns(chapter) || next === undefined || next.at_ms - chapter.at_ms >= STAYED_MS;
  });
}

/** The chapter we are in. */
export function chapterAt(chapters: readonly Chapter[], at_ms: number): number {
  return chapters.findLastIndex((chapter) => chapter.at_ms <= at_ms + 200);
}
