/** Frame, common words and errors. */
import type * as zh from "../zh-CN/shell";

export const shell: typeof zh.shell = {
  product: "Airclass",
  language: { label: "Language", zh: "中文", en: "EN", zhShort: "中", enShort: "EN" },
  nav: { main: "Main", today: "Today", library: "Library", signOut: "Sign out", skip: "Skip to content" },
  roles: { administrator: "Administrator", master: "Master teacher", assistant: "Assistant", observer: "Observer", pupil: "Pupil" },
  common: {
    retry: "Try again",
    back: "Back to today",
    cancel: "Cancel",
    close: "Close",
    loading: "Loading…",
    working: "Working…",
    seconds: (n) => `${n} s`,
    waited: (time) => `waiting ${time}`,
  },
  errors: {
    offline: "The server can't be reached. Check the network, then try again.",
    forbidden: "This account may not open it.",
    notFound: "Not found: it may have been deleted, or belong to another school.",
    tooMany: "Too many tries. Please wait a little.",
    unknown: "Something went wrong. Try again; if it stays so, tell the administrator.",
    storage: "The server is out of space. Tell the administrator.",
  },
  notFound: { title: "No such page", body: "The address may be incomplete, or the page has moved." },
};
