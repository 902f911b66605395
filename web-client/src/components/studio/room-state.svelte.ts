/** What the studio says about one classroom: in a word, with a sign, in the order of what matters. */
import type { IconName } from "$components/icons";
import { clockText, countdownText } from "$lib/format";
import { attendanceOf } from "$lib/protocol/lesson-view";
import type { ClassroomView, LineView } from "$lib/protocol/wire";
import { locale } from "$lib/state/locale.svelte";
import type { Studio } from "$lib/state/studio.svelte";

export interface RoomState {
  readonly speaking: boolean;
  readonly talks: boolean;
  readonly away: boolean;
  readonly line: LineView | null;
  /** 38/40, –/40 before the roll is called; null without a class list. */
  readonly seats: string | null;
  readonly word: string;
  /** The same where there is little room: nothing unless it matters. */
  readonly brief: string;
  readonly icon: IconName | null;
  readonly amber: boolean;
}

interface Word {
  word: string;
  icon: IconName | null;
  amber: boolean;
  matters: boolean;
}

/** Follows a classroom; `room` may become another one. */
export function roomState(studioOf: () => Studio, roomOf: () => ClassroomView): RoomState {
  const studio = $derived(studioOf());
  const room = $derived(roomOf());
  const speaker = $derived(studio.queue.speakers.find(({ classroom }) => classroom === room.id));
  const item = $derived(studio.queue.items.find(({ request }) => request.classroom === room.id));
  const talks = $derived(studio.seat.isTalking({ from: "classroom", classroom: room.id, name: room.name }));
  const line = $derived(studio.seat.lineOf(room.id));
  const attendance = $derived(studio.seat.view === null ? null : attendanceOf(studio.seat.view, room.id));

  const word = $derived.by((): Word => {
    const text = locale.text;
    const says = (what: string, icon: IconName | null, amber = false, matters = true) => ({ word: what, icon, amber, matters });
    if (speaker !== undefined) {
      const left = speaker.deadline_ms === null ? "" : ` ${countdownText(speaker.deadline_ms - studio.seat.now_ms)}`;
      return says(`${talks ? text.studio.talking : text.studio.speaking}${left}`, talks ? "talk" : "mic");
    }
    if (room.lost_since_ms !== null) {
      const gone = clockText(studio.seat.now_ms - room.lost_since_ms);
      return says(room.assistant_present ? text.desk.lostButAssistant(gone) : text.desk.lost(gone), "unlink", true);
    }
    if (item !== undefined) {
      const waited = clockText(studio.seat.now_ms - item.since_ms);
      if (item.request.position === null) return says(text.studio.handWaiting, "hand");
      return says(item.question === null ? text.desk.handPlace(item.request.position, waited) : text.desk.questionPlace(item.request.position, waited), "hand");
    }
    if (!room.screen_present) return says(text.studio.screenOff, "unlink", true, studio.live);
    if (line?.quality === "poor") return says(text.line.quality.poor, "signal-low", true);
    if (!room.assistant_present) return says(text.studio.assistantOff, null, true);
    return says(studio.live ? text.desk.here : text.desk.ready, null, false, false);
  });

  return {
    get speaking() {
      return speaker !== undefined;
    },
    get talks() {
      return talks;
    },
    get away() {
      return !room.screen_present;
    },
    get line() {
      return line;
    },
    get seats() {
      if (attendance === null || attendance.enrolled === 0) return null;
      return `${attendance.taken_ms === null ? "–" : attendance.present}/${attendance.enrolled}`;
    },
    get word() {
      return word.word;
    },
    get brief() {
      return word.matters ? word.word : "";
    },
    get icon() {
      return word.icon;
    },
    get amber() {
      return word.amber;
    },
  };
}
