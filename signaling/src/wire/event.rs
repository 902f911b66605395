//! What changed in a lesson.

use serde::{Deserialize, Serialize};

use super::{
    AnswerView, AttendanceView, CheckView, ClassroomView, DeckView, FloorRequestView, HelpView, LessonState,
    PointerView, PollResultView, PollView, ProgrammeView, QuestionView, QueuePlace, QueueView, SlotView,
    StaffMessageView, StrokeView, StudioState, Surface, SurfaceView, TalkerView,
};
use crate::id::PollId;

/// What changed in a lesson. The streams it comes on are named with each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum Event {
    /// `stage`: the lesson went live or ended.
    LessonChanged { state: LessonState, at_ms: i64 },
    /// `stage`: the recording light went on or off.
    RecordingChanged { recording: bool },
    /// `stage`: the master or the studio's media came or went.
    StudioChanged { studio: StudioState },
    /// `stage`: what the slots show now: the whole table, it is small.
    SlotsChanged { slots: Vec<SlotView> },
    /// `stage`: what is chosen and what is on air.
    ProgrammeChanged { programme: ProgrammeView },
    /// `desk`, `room`: a classroom's presence, or its assistant, changed.
    ClassroomChanged { classroom: ClassroomView },
    /// `desk`, `room`: attendance; the marks for the room only.
    AttendanceChanged { attendance: AttendanceView },
    /// `stage` for floors that were granted, until their end; `desk` and `room` before that.
    FloorChanged { request: FloorRequestView },
    /// `desk`, `room`: requests that moved in the queue, and are otherwise as they were.
    QueueMoved { places: Vec<QueuePlace> },
    /// `stage`: how long the queue is and who is next.
    QueueChanged { queue: QueueView },
    /// `stage`: how many classrooms may speak at once.
    FloorLimitChanged { floor_limit: u8 },
    /// `desk`, `room`: a question is new or took a step.
    QuestionChanged { question: QuestionView },
    /// `stage`: the master answered in writing, for everybody.
    AnswerGiven { answer: AnswerView },
    /// `staff`; for one classroom `desk` and in private to its assistant: somebody wrote.
    StaffSaid { said: StaffMessageView },
    /// `staff`: who talks now, all of them.
    TalkChanged { talkers: Vec<TalkerView> },
    /// `desk`, and in private to the assistant who called: a call for help is new or took a step.
    HelpChanged { help: HelpView },
    /// `stage`: a deck can be opened that could not before.
    DeckAdded { deck: DeckView },
    /// `stage`: a surface shows another page, with what is drawn on it already. Nobody points at it any more.
    PageTurned { surface: SurfaceView },
    /// `stage`: a piece of a stroke on the current page; it continues the stroke of that number.
    StrokeDrawn { surface: Surface, stroke: StrokeView },
    /// `stage`: a stroke is gone from the current page.
    StrokeErased { surface: Surface, stroke: u32 },
    /// `stage`: the current page is empty.
    BoardCleared { surface: Surface },
    /// `stage`: where the master points; null for nowhere.
    Pointed { pointer: Option<PointerView> },
    /// `stage`: a poll was opened, extended or closed, its result is shown or hidden. It replaces the poll before.
    PollChanged { poll: PollView },
    /// `desk`, `room`: what a classroom answered so far.
    PollResultChanged { poll: PollId, result: PollResultView },
    /// `desk`, `room`: a device check.
    CheckChanged { check: CheckView },
}
