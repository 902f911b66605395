//! The lesson as one seat sees it.

use serde::{Deserialize, Serialize};

use super::{
    Answer, AnswerView, AttendanceView, CheckView, DeckView, FloorRequestView, HelpView, PointerView, PollResultView,
    PollView, ProgrammeView, PupilSeatView, QuestionView, QueueView, SeatView, SlotView, StaffMessageView, StandInView,
    StreamPositions, StudioState, SurfaceView, TalkerView,
};
use crate::id::{ClassroomId, ClipId, LessonId};

/// The lesson as one seat sees it. What is not for that seat is empty or null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The lesson.
    pub lesson: LessonId,
    /// Its title, as the stage shows it.
    pub title: String,
    /// The master teacher's name.
    pub master_name: String,
    /// This connection's own seat.
    pub seat: SeatView,
    /// Bearer token for WHIP and WHEP, bound to this lesson and seat. Filled in by the server, not journaled.
    pub media_token: String,
    /// Server clock, UTC ms.
    pub now_ms: i64,
    /// Where each stream stands; the next delta of a stream carries `n + 1`.
    pub streams: StreamPositions,
    /// Scheduled, live or ended.
    pub state: LessonState,
    /// When it went live, UTC ms.
    pub started_ms: Option<i64>,
    /// Whether it is being recorded; shown to everybody.
    pub recording: bool,
    /// Whether the master and the studio's media are there.
    pub studio: StudioState,
    /// The classrooms of the lesson with their presence (desk), or this seat's own one (room).
    pub classrooms: Vec<ClassroomView>,
    /// Attendance of the classrooms in `classrooms`.
    pub attendance: Vec<AttendanceView>,
    /// The class list of this seat's own classroom.
    pub seats: Vec<PupilSeatView>,
    /// Hands and floors, open or just ended: all of them (desk), or those that have or had the floor and this
    /// classroom's own.
    pub floor: Vec<FloorRequestView>,
    /// How many classrooms may speak at once.
    pub floor_limit: u8,
    /// How long the queue is and who is next.
    pub queue: QueueView,
    /// What each receiving slot shows.
    pub slots: Vec<SlotView>,
    /// What is on air.
    pub programme: ProgrammeView,
    /// Questions that are not settled and the last twenty that are: all of them (desk), or this classroom's own.
    pub questions: Vec<QuestionView>,
    /// The last twenty written answers for everybody, the oldest first.
    pub answers: Vec<AnswerView>,
    /// The decks that can be opened, for fetching their pages ahead.
    pub decks: Vec<DeckView>,
    /// The open deck, if any, and the board, with what is drawn on their current pages.
    pub surfaces: Vec<SurfaceView>,
    /// Where the master points.
    pub pointer: Option<PointerView>,
    /// The newest poll.
    pub poll: Option<PollView>,
    /// The right answer of `poll`, for the desk before it is shown.
    pub poll_correct: Option<Answer>,
    /// What classrooms answered to `poll`: all of them (desk), or this seat's own one (room).
    pub poll_results: Vec<PollResultView>,
    /// The last 200 things the staff wrote that are for this seat, the oldest first.
    pub staff_talk: Vec<StaffMessageView>,
    /// Who talks to the staff now.
    pub talkers: Vec<TalkerView>,
    /// Calls for help that are not settled: all of them (desk), or this assistant's own.
    pub help: Vec<HelpView>,
    /// Results of device checks: all of them (desk), or this classroom's own.
    pub checks: Vec<CheckView>,
    /// The clip an assistant may play while the studio is gone (staff).
    pub fallback: Option<ClipId>,
}

/// Scheduled, live or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonState {
    /// Not begun.
    Scheduled,
    /// Running.
    Live,
    /// Over; nothing changes any more.
    Ended,
}

/// A classroom of the lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassroomView {
    /// The classroom.
    pub id: ClassroomId,
    /// Its class's name, e.g. 八（3）班.
    pub name: String,
    /// Its school's name.
    pub school: String,
    /// The paired assistant's name.
    pub assistant_name: Option<String>,
    /// The screen is connected.
    pub screen_present: bool,
    /// The assistant is connected.
    pub assistant_present: bool,
    /// The classroom's own camera or microphone is arriving (it is heard only with the floor).
    pub publishing: bool,
    /// Since when neither its screen nor its media is there, UTC ms; null while one is, or before it ever was.
    pub lost_since_ms: Option<i64>,
    /// What its screen shows in the place of the studio that is lost.
    pub stand_in: Option<StandInView>,
}
