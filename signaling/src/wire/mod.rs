//! The wire contract between a lesson and its clients: JSON text frames over WebSocket.
//!
//! Every type here has a fixture in `signaling/fixtures`, round-tripped by this crate's tests and type-checked by the
//! web client's. It holds data only: what a frame *means* is decided in [`crate::lesson`].

mod attendance;
mod board;
mod check;
mod client;
mod event;
mod floor;
mod help;
mod line;
mod poll;
mod programme;
mod question;
mod seat;
mod server;
mod slot;
mod snapshot;
mod staff_talk;
mod stand_in;
mod stream;
mod studio;

pub use attendance::{AttendanceMark, AttendanceView, PupilSeatView, SeatMark, SeatMarkView};
pub use board::{
    DeckView, Ink, InkColour, PageView, Point, PointerView, Points, StrokeView, Surface, SurfaceView, Tool,
};
pub use check::{Check, CheckResult, CheckView, Verdict};
pub use client::ClientMessage;
pub use event::Event;
pub use floor::{FloorEnd, FloorQuestionView, FloorRequestView, FloorState, QueueEntryView, QueuePlace, QueueView};
pub use help::{HelpKind, HelpState, HelpView};
pub use line::{LineQuality, LineView};
pub use poll::{Answer, AnswerCount, PollBy, PollKind, PollResultView, PollView};
pub use programme::{ProgrammeView, Scene, StudioCamera};
pub use question::{AnswerTo, AnswerView, QuestionState, QuestionView};
pub use seat::{Role, SeatView};
pub use server::{ByeReason, ErrorCode, ServerMessage};
pub use slot::{SlotKind, SlotView, SourceView};
pub use snapshot::{ClassroomView, LessonState, Snapshot};
pub use staff_talk::{StaffMessageView, TalkerView};
pub use stand_in::{StandIn, StandInView};
pub use stream::{Stream, StreamPositions};
pub use studio::{StudioSource, StudioState};
