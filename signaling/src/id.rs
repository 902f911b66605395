//! Identifiers. Text on the wire (ULIDs), distinct types in code, so that a seat is never passed for a classroom.

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an id made by the server.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// One sitting of one lesson.
    LessonId
}
text_id! {
    /// One account.
    AccountId
}
text_id! {
    /// One receiving classroom.
    ClassroomId
}
text_id! {
    /// One connection's place in a lesson.
    SeatId
}
text_id! {
    /// One raised hand.
    FloorRequestId
}
text_id! {
    /// One pupil's question.
    QuestionId
}
text_id! {
    /// One poll.
    PollId
}
text_id! {
    /// One call for help.
    HelpId
}
text_id! {
    /// One set of slides.
    DeckId
}
text_id! {
    /// One prepared clip.
    ClipId
}
