//! What a lesson asks its shell to do. Effects come in order, journal first: the shell stores every
//! [`Effect::Journal`] of a batch before it performs anything else of that batch.

use crate::id::ClassroomId;
use crate::journal::JournalLine;
use crate::lesson::audience::Audience;
use crate::lesson::input::ConnectionId;
use crate::lesson::mark::Mark;
use crate::lesson::seat::Place;
use crate::wire::{ByeReason, ServerMessage, SlotView};

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Store this line before anything else of this batch happens.
    Journal(JournalLine),
    /// Open or close gates, show sources on slots.
    Media(MediaOrder),
    /// Start, stop or mark the recording.
    Record(RecordOrder),
    /// Encode once and send to every connection subscribed to `audience`. Always a [`ServerMessage::Delta`].
    Broadcast {
        /// The audience.
        audience: Audience,
        /// The delta.
        message: ServerMessage,
    },
    /// From here on the connection gets what is broadcast to `audience`, until it is closed or gone. The snapshot
    /// follows.
    Subscribe {
        /// The connection.
        conn: ConnectionId,
        /// An audience it belongs to.
        audience: Audience,
    },
    /// Send to one connection. In a [`ServerMessage::Snapshot`] the shell fills in `media_token`.
    Send {
        /// The connection.
        conn: ConnectionId,
        /// What to say.
        message: ServerMessage,
    },
    /// Say `bye` and close. The lesson has already forgotten the connection; it needs no `Disconnected` for it.
    Close {
        /// The connection.
        conn: ConnectionId,
        /// Why.
        reason: ByeReason,
    },
}

/// What the forwarder shall do. Gates of classrooms start closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaOrder {
    /// The classroom holds the floor: let its picture through, and its sound unless it is muted. Given again whenever
    /// one of the two changes.
    OpenGate {
        /// The classroom.
        classroom: ClassroomId,
        /// Whether its sound may pass.
        sound: bool,
    },
    /// The classroom no longer holds the floor: nothing of it may reach anybody from now on.
    CloseGate {
        /// The classroom.
        classroom: ClassroomId,
    },
    /// The whole slots table, the same for every receiver; each receiver's own sources are the shell's to blank.
    MapSlots(Vec<SlotView>),
    /// The staff (master, assistants, duty) hear this place's talk microphone from now on; no screen ever does.
    OpenTalk {
        /// The master's or an assistant's.
        place: Place,
    },
    /// Nobody hears it any more.
    CloseTalk {
        /// The master's or an assistant's.
        place: Place,
    },
}

/// What the recorder shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordOrder {
    /// Record the master's tracks from now on. Also given when a live lesson is resumed after a restart.
    Start,
    /// The bell: close the recording.
    Stop,
    /// A point on the recording's timeline.
    Mark(Mark),
}
