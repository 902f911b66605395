//! What a client says.

use serde::{Deserialize, Serialize};

use super::{
    Answer, AnswerTo, HelpKind, InkColour, Points, PollBy, PollKind, Role, Scene, SeatMark, StandIn, StudioCamera,
    Surface, Tool,
};
use crate::id::{ClassroomId, DeckId, FloorRequestId, HelpId, PollId, QuestionId};

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum ClientMessage {
    /// Must be the first message. `classroom` is required for assistants and classrooms, and refused for the others.
    Join { role: Role, classroom: Option<ClassroomId> },
    /// Ask for a fresh snapshot after a gap in the delta numbers.
    Snapshot,
    /// Keeps the connection provably alive; answered with `pong` carrying the same number.
    Ping { n: u64 },
    /// Master: open the lesson.
    StartLesson,
    /// Master: the bell. There is no way back.
    EndLesson,

    /// Classroom screen or its assistant: ask for the floor.
    RaiseHand,
    /// That classroom's screen or assistant: take a waiting request out of the queue. Its question, if it has one, goes
    /// back to the assistant.
    LowerHand { request: FloorRequestId },
    /// Assistant, as local chair: pass the hand on to the master's queue.
    AcceptHand { request: FloorRequestId },
    /// Assistant, as local chair: not now.
    DeclineHand { request: FloorRequestId },
    /// Master, as final chair: this classroom may speak. Also grants a classroom's hand that was not accepted yet.
    GrantFloor { request: FloorRequestId },
    /// Master: not now; the request leaves the queue, its question goes back to the assistant.
    DenyFloor { request: FloorRequestId },
    /// The classroom or its assistant gives the floor back.
    ReleaseFloor { request: FloorRequestId },
    /// Master: take the floor back.
    RevokeFloor { request: FloorRequestId },
    /// Master: so many `seconds` more on the floor's clock, at most 600 at a time; 0 means thirty.
    ExtendFloor { request: FloorRequestId, seconds: u32 },
    /// Master, or the classroom's assistant: hold the floor's sound back or let it through again. It is heard when
    /// neither of the two holds it back.
    MuteFloor { request: FloorRequestId, on: bool },
    /// Master: how many classrooms may speak at once, 1 to 6. Takes no floor away.
    SetFloorLimit { limit: u8 },

    /// Assistant: the whole list of exceptions; whoever is not on it is here. Saying it again changes nothing.
    TakeAttendance { marks: Vec<SeatMark> },

    /// Assistant: a pupil's question, at most 300 letters. Without text the pupil must want to speak.
    AskQuestion { seat: Option<u16>, text: Option<String>, wants_to_speak: bool },
    /// Assistant: answered on the spot.
    AnswerHere { question: QuestionId },
    /// Assistant: two questions of the own classroom that are one. Master: any question into one that is in the queue.
    MergeQuestion { question: QuestionId, into: QuestionId },
    /// Assistant: on to the master's queue.
    EscalateQuestion { question: QuestionId },
    /// Assistant: it is not asked any more.
    WithdrawQuestion { question: QuestionId },
    /// Master: answer in writing, at most 1,000 letters.
    AnswerQuestion { question: QuestionId, text: String, to: AnswerTo },
    /// Master: later; it waits behind everything that was not put off.
    PutOffQuestion { question: QuestionId },

    /// Master, assistant, duty: at most 500 letters to all staff, or between one classroom's assistant and the desk.
    /// An assistant names its own classroom or none.
    SayToStaff { text: String, classroom: Option<ClassroomId> },
    /// Master, assistant: the push-to-talk key is down or up.
    HoldTalk { on: bool },
    /// Assistant: call the administrator on duty, in at most 200 letters.
    CallHelp { kind: HelpKind, text: Option<String> },
    /// Duty: I am at it.
    TakeHelp { help: HelpId },
    /// Duty or master: done.
    SettleHelp { help: HelpId },

    /// That classroom's assistant, duty: while the studio is lost, show this on the classroom's own screen; null ends it.
    /// It ends by itself when the studio is back.
    StandIn { classroom: ClassroomId, show: Option<StandIn> },

    /// Master: open a deck at the page where it was left.
    OpenDeck { deck: DeckId },
    /// Master: close the deck.
    CloseDeck,
    /// Master: show this page, from 1.
    TurnPage { surface: Surface, page: u16 },
    /// Master: a stroke or its next piece, at most 128 points. `stroke` is a number that is free on the current page,
    /// for every piece the same.
    DrawStroke { surface: Surface, stroke: u32, tool: Tool, colour: InkColour, width: u8, points: Points, done: bool },
    /// Master: take one stroke off the current page.
    EraseStroke { surface: Surface, stroke: u32 },
    /// Master: take everything off the current page.
    ClearBoard { surface: Surface },
    /// Master: point there; null stops pointing.
    Point { surface: Surface, at: Option<[i16; 2]> },

    /// Master: ask everybody, for so many `seconds` (10 to 600) or until it is closed. `correct` is told with the
    /// result.
    OpenPoll { question: String, kind: PollKind, by: PollBy, correct: Option<Answer>, seconds: Option<u32> },
    /// Master: so many `seconds` more on the poll's clock, at most 600 at a time; 0 means thirty. Starts the clock of a
    /// poll that has none.
    ExtendPoll { poll: PollId, seconds: u32 },
    /// Assistant: how many hands for each choice; replaces what was said before.
    AnswerPoll { poll: PollId, counts: Vec<u32> },
    /// Assistant: what a pupil answers; replaces what was said before.
    AnswerPollSeat { poll: PollId, seat: u16, answer: Answer },
    /// Master: no more answers.
    ClosePoll { poll: PollId },
    /// Master: show the result to everybody or hide it again. Showing closes an open poll.
    ShowPollResult { poll: PollId, on: bool },

    /// Master: what the stage shows, and from which camera.
    SetProgramme { scene: Scene, camera: StudioCamera },
}
