/** The lesson in a few words: what is on air, and how long it has been and will be. */
import { consoleTexts } from "$locales/console";
import { clockText, minutesLeft, timeOfDay } from "$lib/format";
import { surfaceOf } from "$lib/protocol/lesson-view";
import type { AssistantConsole } from "$lib/state/console.svelte";
import { type Language, locale } from "$lib/state/locale.svelte";

export function onAirText(desk: AssistantConsole, language: Language): string {
  const { lesson } = consoleTexts[language];
  const { view } = desk.seat;
  if (view === null) return "";
  if (!desk.live) return view.title;
  switch (view.programme.on_air.scene) {
    case "slides":
    case "slides_and_camera": {
      const page = surfaceOf(view, "deck")?.page ?? 0;
      return page > 0 ? lesson.page(desk.masterName, page) : desk.masterName;
    }
    case "board":
      return lesson.board(desk.masterName);
    case "screen":
      return lesson.screenShare(desk.masterName);
    case "camera":
    case "classroom":
    case "two_classrooms":
      return desk.masterName;
  }
}

/** `已上 18:42，还有 26 分`; before the lesson when it begins. */
export function timesText(desk: AssistantConsole, language: Language): string {
  const { lesson } = consoleTexts[language];
  const { card, view, now_ms } = desk.seat;
  if (!desk.live) return card === null ? "" : lesson.scheduled(timeOfDay(card.starts_ms, language));
  const left_ms = card === null ? null : card.ends_ms - now_ms;
  const shared = locale.text.lesson;
  const left = left_ms === null ? "" : left_ms >= 0 ? shared.left(minutesLeft(left_ms)) : shared.over(minutesLeft(-left_ms));
  return view?.started_ms == null ? left : lesson.times(clockText(now_ms - view.started_ms), left);
}
