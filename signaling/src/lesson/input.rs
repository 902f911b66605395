//! What a lesson is told: connections, messages, facts about media, and orders from outside.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ClassroomId, PollId, SeatId};
use crate::lesson::seat::Place;
use crate::lesson::spec::{DeckSpec, Person};
use crate::wire::{Answer, CheckResult, ClientMessage};

/// One connection of a client, numbered by the shell. Never used twice while the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Who is behind a connection, as the shell established it at the upgrade. Rights come from here, never from a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The seat id this connection gets when it joins; made by the shell, new for each connection.
    pub seat: SeatId,
    /// The signed-in account.
    pub account: AccountId,
    /// Name to show.
    pub name: String,
    /// The places this account may take in this lesson; see [`LessonSpec::places_of`](super::LessonSpec::places_of).
    pub places: Vec<Place>,
}

/// A source of media, in the lesson's own words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "from", content = "classroom", rename_all = "snake_case")]
pub enum SourceKey {
    /// The studio's camera and voice.
    Camera,
    /// The studio's screen share.
    Screen,
    /// The studio's second camera, or an encoder.
    Second,
    /// A classroom's own camera and microphone.
    Classroom(ClassroomId),
}

/// One thing that happened to a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A connection is open; it holds no seat until it sends `join`.
    Connected {
        /// The connection.
        conn: ConnectionId,
        /// Who is behind it.
        visitor: Visitor,
    },
    /// A connection is gone. Harmless when the lesson closed it itself.
    Disconnected {
        /// The connection.
        conn: ConnectionId,
    },
    /// A decoded message of a connection.
    Message {
        /// The connection.
        conn: ConnectionId,
        /// What it says.
        message: ClientMessage,
    },
    /// A source's media is arriving, or arrives by a new way (a second publish session took over from the first).
    SourceArrived {
        /// The source.
        source: SourceKey,
        /// It has sound.
        audio: bool,
        /// It has a picture.
        video: bool,
    },
    /// A source's media is gone. To be told only when the *current* publish session of that source ended.
    SourceGone {
        /// The source.
        source: SourceKey,
    },
    /// The recorder really runs, or really does not: corrects the recording light when an order could not be obeyed.
    Recording {
        /// Whether it runs.
        running: bool,
    },
    /// Go live, by order of somebody the shell already authorised. Nothing happens unless the lesson is scheduled.
    Start,
    /// The bell, by order of somebody the shell already authorised. Nothing happens unless the lesson is live.
    End,
    /// An account's session or right was withdrawn: its connections are closed with `session_ended`.
    Dismissed {
        /// The account.
        account: AccountId,
    },
    /// A deck was prepared in mid-lesson. One that is known already, or is too many, changes nothing.
    DeckAdded {
        /// The deck.
        deck: DeckSpec,
    },
    /// Another assistant takes care of a classroom from now on. The seat of the one before is closed as `replaced`; a
    /// screen that runs under that account goes on.
    AssistantChanged {
        /// The classroom.
        classroom: ClassroomId,
        /// Who, if anybody.
        assistant: Option<Person>,
    },
    /// A pupil's device answers a poll. What the poll does not take changes nothing.
    DeviceAnswer {
        /// The poll.
        poll: PollId,
        /// The pupil's classroom.
        classroom: ClassroomId,
        /// The pupil's number on the class list.
        seat: u16,
        /// The answer.
        answer: Answer,
    },
    /// A device check was done. Earlier than ten minutes before the planned start it changes nothing.
    CheckResult {
        /// The classroom; `None` for the studio.
        classroom: Option<ClassroomId>,
        /// What came out.
        result: CheckResult,
    },
}
