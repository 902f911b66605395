/** The library. */
import type * as zh from "../zh-CN/library";
import { count } from "./count";

export const library: typeof zh.library = {
  title: "Library",
  search: "Title or teacher",
  searchButton: "Search",
  clear: "Clear",
  found: (n) => count(n, "recording found", "recordings found"),
  all: "All recordings",
  more: "Show more",
  empty: "No recordings yet",
  emptyBody: "They appear here as soon as a lesson ends.",
  noneFound: (query) => `Nothing found for “${query}”`,
  noneFoundBody: "Try a shorter word, or look at all recordings.",
  showAll: "Show all",
  state: { recording: "Recording now", ready: "Ready", damaged: "Incomplete" },
  watch: "Watch",
  noPoster: "No picture",
};
