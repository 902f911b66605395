//! Who and what of a classroom is connected, and who assists there.

use crate::lesson::spec::{ClassroomSpec, Person};
use crate::wire::{ClassroomView, StandInView};

/// The kinds of media that arrive from a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds {
    pub(crate) audio: bool,
    pub(crate) video: bool,
}

/// A classroom's presence and its share of the talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Presence {
    pub(crate) screen: bool,
    pub(crate) assistant: bool,
    pub(crate) media: Option<Kinds>,
    /// Since when neither its screen nor its media is there, UTC ms; `None` while it is there, or was never.
    pub(crate) gone_since_ms: Option<i64>,
    /// How long it held the floor so far, milliseconds; a running floor counts when it ends.
    pub(crate) spoken_ms: i64,
    /// The paired assistant, who may have changed since the lesson was planned.
    pub(crate) person: Option<Person>,
    /// What its screen shows while the studio is lost.
    pub(crate) stand_in: Option<StandInView>,
}

impl Presence {
    pub(crate) fn new(classroom: &ClassroomSpec) -> Self {
        let person = classroom.assistant.clone();
        Self { screen: false, assistant: false, media: None, gone_since_ms: None, spoken_ms: 0, person, stand_in: None }
    }

    /// Its screen or its media is there.
    pub(crate) fn is_there(&self) -> bool {
        self.screen || self.media.is_some()
    }

    /// Starts or stops the clock of its absence after a change of what is there.
    pub(crate) fn note_absence(&mut self, was_there: bool, at_ms: i64) {
        match (was_there, self.is_there()) {
            (true, false) => self.gone_since_ms = Some(at_ms),
            (_, true) => self.gone_since_ms = None,
            (false, false) => {}
        }
    }

    pub(crate) fn view(&self, classroom: &ClassroomSpec) -> ClassroomView {
        ClassroomView {
            id: classroom.id.clone(),
            name: classroom.name.clone(),
            school: classroom.school.clone(),
            assistant_name: self.person.as_ref().map(|assistant| assistant.name.clone()),
            screen_present: self.screen,
            assistant_present: self.assistant,
            publishing: self.media.is_some(),
            lost_since_ms: self.gone_since_ms,
            stand_in: self.stand_in.clone(),
        }
    }
}
