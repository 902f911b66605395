/** Which lesson matters now, and what one may do with it. Pure. */
import type { Account, LessonCard } from "$lib/api/types";
import type { Route } from "$lib/router.svelte";
import type { Messages } from "$locales/zh-CN";

/** The live lesson, or the next one of today; null when all are over. */
export function currentLesson(lessons: readonly LessonCard[]): LessonCard | null {
  const byStart = [...lessons].sort((a, b) => a.starts_ms - b.starts_ms);
  return byStart.find(({ state }) => state === "live") ?? byStart.find(({ state }) => state === "scheduled") ?? null;
}

export type Entrance = Extract<Route, { page: "studio" | "classroom" | "assistant" | "observe" }>;
/** The seats that have a page; the administrator on duty comes in by the preflight board. */
export type SeatName = Exclude<LessonCard["seats"][number], "duty">;

/** The ways into a lesson that this account has, the most likely first. */
export function entrancesOf(lesson: LessonCard): { seat: SeatName; route: Entrance }[] {
  const order: SeatName[] = ["master", "assistant", "classroom", "observer"];
  return order
    .filter((seat) => lesson.seats.includes(seat))
    .flatMap((seat) => {
      const route = routeOf(seat, lesson);
      return route === null ? [] : [{ seat, route }];
    });
}

function routeOf(seat: SeatName, { id, my_classroom }: LessonCard): Entrance | null {
  switch (seat) {
    case "master":
      return { page: "studio", lesson: id };
    case "observer":
      return { page: "observe", lesson: id };
    case "assistant":
      return my_classroom === null ? null : { page: "assistant", lesson: id, classroom: my_classroom };
    case "classroom":
      return my_classroom === null ? null : { page: "classroom", lesson: id, classroom: my_classroom };
  }
}

/** What a way in is called; a pupil at home watches, everybody else observes. */
export function entranceText(seat: SeatName, pupil: boolean, text: Messages["home"]): string {
  switch (seat) {
    case "master":
      return text.enterStudio;
    case "assistant":
      return text.openConsole;
    case "classroom":
      return text.openScreen;
    case "observer":
      return pupil ? text.watchLive : text.observe;
  }
}

/** Where an assistant may stand in: classes of the own school, in lessons that are not over, that somebody else has. */
export function substitutable(
  lessons: readonly LessonCard[],
  account: Account,
): { lesson: LessonCard; classroom: LessonCard["classrooms"][number] }[] {
  if (account.role !== "assistant") return [];
  return lessons
    .filter(({ state }) => state !== "ended")
    .flatMap((lesson) => lesson.classrooms.map((classroom) => ({ lesson, classroom })))
    .filter(({ classroom: { school, assistant } }) => school === account.school?.name && assistant?.id !== account.id);
}
