import type { screen as zh } from "../zh-CN/screen";
import { count } from "./count";

export const screen: typeof zh = {
  title: "Pair this screen with a phone",
  scan: "Scan the code on the right",
  type: (host) => `or open ${host}/pair and type the code below`,
  confirm: "Check school and classroom, press “Confirm”",
  asking: "Getting a code…",
  code: (code) => `Pairing code ${code.split("").join(" ")}`,
  qr: "Pairing QR code",
  renews: (minutes, seconds) => `New code in ${minutes}:${String(seconds).padStart(2, "0")}.`,
  once: "Pair once: from then on it joins lessons by itself.",
  netGood: "Network is fine",
  noServer: "Can't reach the server, trying again",
  revoked: "This screen is no longer paired. Pair it again to go on using it.",
  refused: "Pairing was refused. A new code is coming.",
  noLesson: "No more lessons today",
  noLessonBody: "A new lesson appears by itself.",
  next: "Next lesson",
  gap: " · ",
  inMinutes: (n) => (n > 90 ? `in ${Math.floor(n / 60)} h ${n % 60} min` : `in ${count(n, "minute", "minutes")}`),
  byItself: "The screen joins by itself 15 minutes before a lesson.",
  check: "Check devices",
};
