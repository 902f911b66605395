//! The facts a journal line is made of.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ClassroomId, DeckId, FloorRequestId, HelpId, PollId, QuestionId};
use crate::lesson::{DeckSpec, Person, Place, SourceKey};
use crate::wire::{
    Answer, AnswerTo, CheckResult, FloorEnd, HelpKind, Ink, PointerView, Points, PollBy, PollKind, Scene, SeatMark,
    StandIn, StudioCamera, Surface,
};

/// Something that happened in a lesson and changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// The lesson went live.
    LessonStarted,
    /// The bell.
    LessonEnded,
    /// The recording light went on or off.
    RecordingChanged {
        /// Whether it is on.
        recording: bool,
    },
    /// Somebody took a place. Observers leave no trace here.
    SeatTaken {
        /// The place.
        place: Place,
        /// Who.
        account: AccountId,
    },
    /// A place is empty again.
    SeatLeft {
        /// The place.
        place: Place,
    },
    /// A source's media is arriving.
    SourceArrived {
        /// The source.
        source: SourceKey,
        /// It has sound.
        audio: bool,
        /// It has a picture.
        video: bool,
    },
    /// A source's media is gone.
    SourceGone {
        /// The source.
        source: SourceKey,
    },
    /// A hand went up.
    HandRaised {
        /// The new request.
        request: FloorRequestId,
        /// The classroom that asks.
        classroom: ClassroomId,
        /// The escalated question it stands for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        question: Option<QuestionId>,
    },
    /// The hand is in the master's queue.
    HandAccepted {
        /// The request.
        request: FloorRequestId,
    },
    /// The classroom may speak.
    FloorGranted {
        /// The request.
        request: FloorRequestId,
        /// When the floor ends by itself, UTC ms.
        deadline_ms: i64,
    },
    /// The floor lasts longer.
    FloorExtended {
        /// The request.
        request: FloorRequestId,
        /// When the floor ends by itself now, UTC ms.
        deadline_ms: i64,
    },
    /// The request is over, whatever its state was.
    FloorEnded {
        /// The request.
        request: FloorRequestId,
        /// Why.
        end: FloorEnd,
    },
    /// The floor's sound is held back, or let through again.
    FloorMuted {
        /// The request.
        request: FloorRequestId,
        /// Whether it is held back.
        on: bool,
        /// By the master; else by the classroom's assistant. It is heard when neither holds it back.
        by_master: bool,
    },
    /// Another number of classrooms may speak at once.
    FloorLimitSet {
        /// How many.
        limit: u8,
    },
    /// A classroom's screen shows something in the place of the studio that is lost, or nothing any more.
    StandInShown {
        /// The classroom.
        classroom: ClassroomId,
        /// What.
        show: Option<StandIn>,
    },
    /// The assistant took attendance; what changed since the last time, and nothing when all are here.
    AttendanceTaken {
        /// The classroom.
        classroom: ClassroomId,
        /// New marks; `present` takes one back.
        marks: Vec<SeatMark>,
    },
    /// A pupil's question was entered.
    QuestionAsked {
        /// The question.
        question: QuestionId,
        /// The classroom.
        classroom: ClassroomId,
        /// The pupil's number on the class list.
        seat: Option<u16>,
        /// What is asked.
        text: Option<String>,
        /// The pupil wants to ask in person.
        wants_to_speak: bool,
    },
    /// The assistant answered on the spot.
    QuestionAnsweredHere {
        /// The question.
        question: QuestionId,
    },
    /// A question became part of another one.
    QuestionMerged {
        /// The question.
        question: QuestionId,
        /// The one it is part of now, itself part of none.
        into: QuestionId,
    },
    /// The assistant passed the question on. A hand is raised for it in the same line.
    QuestionEscalated {
        /// The question.
        question: QuestionId,
    },
    /// The assistant took the question back.
    QuestionWithdrawn {
        /// The question.
        question: QuestionId,
    },
    /// The master answered in writing.
    QuestionAnswered {
        /// The question.
        question: QuestionId,
        /// The answer.
        text: String,
        /// Who reads it.
        to: AnswerTo,
    },
    /// The master put it off.
    QuestionPutOff {
        /// The question.
        question: QuestionId,
    },
    /// Somebody of the staff wrote.
    StaffSaid {
        /// From where.
        place: Place,
        /// The speaker's name.
        name: String,
        /// Between this classroom's assistant and the desk only.
        classroom: Option<ClassroomId>,
        /// What.
        text: String,
    },
    /// Somebody holds the push-to-talk key.
    TalkOpened {
        /// Who.
        place: Place,
        /// Name to show.
        name: String,
    },
    /// Nobody there holds it any more, or held it for too long.
    TalkClosed {
        /// Who.
        place: Place,
    },
    /// An assistant called for help.
    HelpCalled {
        /// The call.
        help: HelpId,
        /// The classroom.
        classroom: ClassroomId,
        /// What is wrong.
        kind: HelpKind,
        /// In words.
        text: Option<String>,
    },
    /// Somebody is at it.
    HelpTaken {
        /// The call.
        help: HelpId,
        /// Name of who.
        by: String,
    },
    /// Done.
    HelpSettled {
        /// The call.
        help: HelpId,
        /// Name of who.
        by: String,
    },
    /// A deck was added in mid-lesson.
    DeckAdded {
        /// The deck.
        deck: DeckSpec,
    },
    /// A deck was opened at the page where it was left.
    DeckOpened {
        /// The deck.
        deck: DeckId,
    },
    /// The deck was closed.
    DeckClosed,
    /// Another page is shown.
    PageTurned {
        /// On which surface.
        surface: Surface,
        /// The page, from 1.
        page: u16,
    },
    /// A stroke, or its next piece, on the current page.
    StrokeDrawn {
        /// On which surface.
        surface: Surface,
        /// The stroke's number on its page.
        stroke: u32,
        /// How it looks.
        #[serde(flatten)]
        ink: Ink,
        /// Its new points.
        points: Points,
        /// The pen has left the page.
        done: bool,
    },
    /// A stroke was taken off the current page.
    StrokeErased {
        /// On which surface.
        surface: Surface,
        /// The stroke's number on its page.
        stroke: u32,
    },
    /// Everything was taken off the current page.
    BoardCleared {
        /// On which surface.
        surface: Surface,
    },
    /// The master points, or stops pointing.
    Pointed {
        /// Where.
        pointer: Option<PointerView>,
    },
    /// A poll was opened.
    PollOpened {
        /// The poll.
        poll: PollId,
        /// What is asked.
        question: String,
        /// What is asked for.
        kind: PollKind,
        /// How answers come in.
        by: PollBy,
        /// The right answer.
        correct: Option<Answer>,
        /// When it closes by itself, UTC ms.
        deadline_ms: Option<i64>,
    },
    /// A poll lasts longer.
    PollExtended {
        /// The poll.
        poll: PollId,
        /// When it closes by itself now, UTC ms.
        deadline_ms: i64,
    },
    /// A show of hands was counted.
    PollCounted {
        /// The poll.
        poll: PollId,
        /// The classroom.
        classroom: ClassroomId,
        /// How many for each choice.
        counts: Vec<u32>,
    },
    /// A pupil answered.
    PollAnswered {
        /// The poll.
        poll: PollId,
        /// The classroom.
        classroom: ClassroomId,
        /// The pupil's number on the class list.
        seat: u16,
        /// The answer.
        answer: Answer,
    },
    /// A poll was closed.
    PollClosed {
        /// The poll.
        poll: PollId,
    },
    /// A poll's result is shown or hidden.
    PollShown {
        /// The poll.
        poll: PollId,
        /// Whether it is shown.
        on: bool,
    },
    /// The master chose what is on air.
    ProgrammeSet {
        /// What the stage shows.
        scene: Scene,
        /// From which camera.
        camera: StudioCamera,
    },
    /// Another assistant takes care of a classroom.
    AssistantChanged {
        /// The classroom.
        classroom: ClassroomId,
        /// Who, if anybody.
        assistant: Option<Person>,
    },
    /// A device check was done.
    DevicesChecked {
        /// The classroom; `None` for the studio.
        classroom: Option<ClassroomId>,
        /// What came out.
        result: CheckResult,
    },
    /// The server came back in mid-lesson: nobody is connected and nothing arrives.
    Resumed {
        /// Since when the server was down, UTC ms, as far as it knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        down_since_ms: Option<i64>,
    },
}
