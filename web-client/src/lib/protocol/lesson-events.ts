/**
 * What each event does to what a seat knows: the same as `signaling`'s own test client does. Pure; nothing is changed in
 * place, so that a page sees what is new by identity. What only grows is bounded as snapshots bound it.
 */
import { unreachable } from "./unreachable";
import type {
  FloorRequestView,
  FloorState,
  PollView,
  QuestionView,
  QueuePlace,
  Snapshot,
  StrokeView,
  Surface,
  SurfaceView,
  WireEvent,
} from "./wire";

/** As many settled questions and written answers as a snapshot holds. */
const SETTLED_KEPT = 20;
const ANSWERS_KEPT = 20;
const STAFF_TALK_KEPT = 200;

export function applyEvent(view: Snapshot, event: WireEvent): Snapshot {
  switch (event.event) {
    case "lesson_changed":
      return {
        ...view,
        state: event.state,
        started_ms: event.state === "live" ? (view.started_ms ?? event.at_ms) : view.started_ms,
      };
    case "recording_changed":
      return { ...view, recording: event.recording };
    case "studio_changed":
      return { ...view, studio: event.studio };
    case "slots_changed":
      return { ...view, slots: event.slots };
    case "programme_changed":
      return { ...view, programme: event.programme };
    case "classroom_changed":
      return { ...view, classrooms: put(view.classrooms, event.classroom, ({ id }) => id) };
    case "attendance_changed":
      return { ...view, attendance: put(view.attendance, event.attendance, ({ classroom }) => classroom) };
    case "floor_changed":
      return { ...view, floor: withRequest(view.floor, event.request) };
    case "queue_moved":
      return { ...view, floor: moved(view.floor, event.places) };
    case "queue_changed":
      return { ...view, queue: event.queue };
    case "floor_limit_changed":
      return { ...view, floor_limit: event.floor_limit };
    case "question_changed":
      return { ...view, questions: withQuestion(view.questions, event.question) };
    case "answer_given":
      return { ...view, answers: [...view.answers, event.answer].slice(-ANSWERS_KEPT) };
    case "staff_said":
      return { ...view, staff_talk: [...view.staff_talk, event.said].slice(-STAFF_TALK_KEPT) };
    case "talk_changed":
      return { ...view, talkers: event.talkers };
    case "help_changed": {
      const help = put(view.help, event.help, ({ id }) => id).filter(({ state }) => state !== "settled");
      return { ...view, help };
    }
    case "deck_added":
      return { ...view, decks: put(view.decks, event.deck, ({ id }) => id) };
    case "page_turned":
      return withPage(view, event.surface);
    case "stroke_drawn":
      return onPage(view, event.surface, (strokes) => withStroke(strokes, event.stroke));
    case "stroke_erased":
      return onPage(view, event.surface, (strokes) => strokes.filter(({ stroke }) => stroke !== event.stroke));
    case "board_cleared":
      return onPage(view, event.surface, () => []);
    case "pointed":
      return { ...view, pointer: event.pointer };
    case "poll_changed":
      return withPoll(view, event.poll);
    case "poll_result_changed":
      if (view.poll?.id !== event.poll) return view;
      return { ...view, poll_results: put(view.poll_results, event.result, ({ classroom }) => classroom) };
    case "check_changed":
      return { ...view, checks: put(view.checks, event.check, ({ classroom }) => classroom) };
    default:
      return unreachable(event);
  }
}

/** Whether a request is still raised, queued or granted. */
export function isOpen(state: FloorState): boolean {
  switch (state) {
    case "pending":
    case "accepted":
    case "granted":
      return true;
    case "denied":
    case "cancelled":
    case "released":
    case "revoked":
      return false;
    default:
      return unreachable(state);
  }
}

/** Puts a new version in the place of the one before, or at the end. */
function put<T>(all: readonly T[], changed: T, key: (one: T) => unknown): T[] {
  const at = all.findIndex((one) => key(one) === key(changed));
  return at < 0 ? [...all, changed] : all.with(at, changed);
}

function withRequest(floor: FloorRequestView[], changed: FloorRequestView): FloorRequestView[] {
  const others = floor.filter(({ id }) => id !== changed.id);
  return isOpen(changed.state) ? [...others, changed] : others;
}

function moved(floor: FloorRequestView[], places: QueuePlace[]): FloorRequestView[] {
  const positions = new Map(places.map(({ request, position }) => [request, position]));
  return floor.map((request) => {
    const position = positions.get(request.id);
    return position === undefined ? request : { ...request, position };
  });
}

function withQuestion(questions: QuestionView[], changed: QuestionView): QuestionView[] {
  let settled = 0;
  const isKept = ({ settled_ms }: QuestionView) => settled_ms === null || (settled += 1) <= SETTLED_KEPT;
  return put(questions, changed, ({ id }) => id)
    .reverse()
    .filter(isKept)
    .reverse();
}

function withPage(view: Snapshot, turned: SurfaceView): Snapshot {
  const others = view.surfaces.filter(({ surface }) => surface !== turned.surface);
  const shown = turned.page > 0 ? [...others, turned] : others;
  return {
    ...view,
    // Nobody points at a page that is gone.
    pointer: view.pointer?.surface === turned.surface ? null : view.pointer,
    surfaces: shown.sort((a, b) => rank(a.surface) - rank(b.surface)),
  };
}

const rank = (surface: Surface) => (surface === "deck" ? 0 : 1);

function onPage(view: Snapshot, surface: Surface, change: (strokes: StrokeView[]) => StrokeView[]): Snapshot {
  const surfaces = view.surfaces.map((page) =>
    page.surface === surface ? { ...page, strokes: change(page.strokes) } : page,
  );
  return { ...view, surfaces };
}

/** A piece continues the stroke of its number. */
function withStroke(strokes: StrokeView[], piece: StrokeView): StrokeView[] {
  const at = strokes.findLastIndex(({ stroke }) => stroke === piece.stroke);
  const known = strokes[at];
  if (known === undefined) return [...strokes, piece];
  return strokes.with(at, { ...known, points: known.points.plus(piece.points), done: piece.done });
}

function withPoll(view: Snapshot, poll: PollView): Snapshot {
  if (view.poll?.id === poll.id) return { ...view, poll };
  return { ...view, poll, poll_results: [], poll_correct: null };
}
