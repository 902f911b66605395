import type { chapters as zhChapters, poll as zhPoll, surface as zhSurface } from "../zh-CN/surface";
import { count } from "./count";

export const surface: typeof zhSurface = {
  page: (n) => `Slide ${n}`,
  board: (n) => `Board, page ${n}`,
  loading: (n) => `Opening slide ${n}…`,
  failed: "The slides can't be opened just now; trying again",
  missing: (n) => `Slide ${n} could not be fetched; sound and picture play on without it.`,
  retry: "Fetch it again",
};

export const poll: typeof zhPoll = {
  others: "Other",
  right: "right answer",
  people: (n) => count(n, "answer", "answers"),
  noAnswers: "Nobody has answered yet",
};

export const chapters: typeof zhChapters = { title: "Chapters", floor: "Classroom speaks", lost: "Studio gone" };
