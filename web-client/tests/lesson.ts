/** Builders for lessons, deltas, requests and questions. */
import type { ClassroomView, Delta, FloorRequestView, QuestionView, Snapshot, WireEvent } from "../src/lib/protocol/wire";

/** A lesson that has not begun, as the master sees it, with what `given` says. `stage` is that stream's position. */
export function aSnapshot({ stage = 0, ...given }: Partial<Snapshot> & { stage?: number }): Snapshot {
  return {
    lesson: "L",
    title: "浮力",
    master_name: "王老师",
    seat: { id: "S", role: "master", classroom: null, account: "M", name: "王老师" },
    media_token: "token",
    now_ms: 1_000,
    streams: { stage, staff: 0, desk: 0, room: null },
    state: "scheduled",
    started_ms: null,
    recording: false,
    studio: { master_present: true, camera: false, screen: false, second: false, lost_since_ms: null },
    classrooms: [],
    attendance: [],
    seats: [],
    floor: [],
    floor_limit: 3,
    queue: { waiting: 0, next: [] },
    slots: [],
    programme: {
      chosen: { scene: "camera" },
      on_air: { scene: "camera" },
      camera: "camera",
      camera_on_air: "camera",
    },
    questions: [],
    answers: [],
    decks: [],
    surfaces: [{ surface: "board", deck: null, page: 1, strokes: [] }],
    pointer: null,
    poll: null,
    poll_correct: null,
    poll_results: [],
    staff_talk: [],
    talkers: [],
    help: [],
    checks: [],
    fallback: null,
    ...given,
  };
}

export function aDelta(n: number, ...events: WireEvent[]): Delta {
  return { type: "delta", stream: "stage", n, events };
}

export function aRequest(given: Partial<FloorRequestView>): FloorRequestView {
  return {
    id: "r1",
    classroom: "A",
    classroom_name: "八（3）班",
    state: "pending",
    question: null,
    raised_ms: 0,
    changed_ms: 0,
    granted_ms: null,
    deadline_ms: null,
    position: null,
    put_off: false,
    muted_by_master: false,
    muted_by_classroom: false,
    ended: null,
    ...given,
  };
}

export function aRoom(id: string, given: Partial<ClassroomView> = {}): ClassroomView {
  return {
    id,
    name: id,
    school: "",
    assistant_name: null,
    screen_present: true,
    assistant_present: true,
    publishing: false,
    lost_since_ms: null,
    stand_in: null,
    ...given,
  };
}

export function aQuestion(id: string, given: Partial<QuestionView> = {}): QuestionView {
  return {
    id,
    classroom: "A",
    classroom_name: "八（3）班",
    seat: null,
    text: null,
    wants_to_speak: false,
    state: "open",
    asked_ms: 0,
    escalated_ms: null,
    put_off_ms: null,
    on_floor_ms: null,
    merged_ms: null,
    settled_ms: null,
    merged_into: null,
    request: null,
    count: 1,
    classrooms: [],
    answer: null,
    similar: [],
    ...given,
  };
}
