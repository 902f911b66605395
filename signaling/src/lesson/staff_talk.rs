//! Staff talk: text, and a push-to-talk table, between the people who teach. No screen ever gets any of it.

use std::collections::VecDeque;

use crate::id::ClassroomId;
use crate::journal::Fact;
use crate::lesson::rights::{Asked, Decision, refuse, typed};
use crate::lesson::seat::Place;
use crate::wire::{ErrorCode, StaffMessageView, TalkerView};

/// The longest message, in letters.
const LETTERS_MAX: usize = 500;
/// How many messages are kept, for snapshots.
const KEPT: usize = 200;
/// How many may talk at once: staff hear one sound line beside the lesson's.
pub(crate) const TALKERS_MAX: usize = 1;
/// How long a key may be held, milliseconds.
const TALK_MS: i64 = 60_000;

/// Somebody who holds the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Talker {
    pub(crate) place: Place,
    name: String,
    since_ms: i64,
}

impl Talker {
    /// When the key no longer counts, UTC ms.
    pub(crate) fn deadline_ms(&self) -> i64 {
        self.since_ms.saturating_add(TALK_MS)
    }
}

/// What the staff said and who talks now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StaffTalk {
    said: VecDeque<StaffMessageView>,
    count: u64,
    pub(crate) talkers: Vec<Talker>,
}

impl StaffTalk {
    /// What a place may read, the oldest first.
    pub(crate) fn said_to(&self, place: &Place) -> Vec<StaffMessageView> {
        self.said.iter().filter(|said| may_read(place, said)).cloned().collect()
    }

    pub(crate) fn view(&self) -> Vec<TalkerView> {
        let talker = |talker: &Talker| TalkerView {
            role: talker.place.role(),
            classroom: talker.place.classroom().cloned(),
            name: talker.name.clone(),
            since_ms: talker.since_ms,
            deadline_ms: talker.deadline_ms(),
        };
        self.talkers.iter().map(talker).collect()
    }

    pub(crate) fn say(
        &mut self,
        place: &Place,
        name: &str,
        classroom: Option<&ClassroomId>,
        text: &str,
        at_ms: i64,
    ) -> StaffMessageView {
        self.count += 1;
        let said = StaffMessageView {
            n: self.count,
            at_ms,
            role: place.role(),
            from_classroom: place.classroom().cloned(),
            name: name.to_owned(),
            classroom: classroom.cloned(),
            text: text.to_owned(),
        };
        if self.said.len() >= KEPT {
            self.said.pop_front();
        }
        self.said.push_back(said.clone());
        said
    }

    /// Whether it was new.
    pub(crate) fn open(&mut self, place: &Place, name: &str, at_ms: i64) -> bool {
        let new = self.talkers.iter().all(|talker| talker.place != *place);
        if new {
            self.talkers.push(Talker { place: place.clone(), name: name.to_owned(), since_ms: at_ms });
        }
        new
    }

    /// Whether it talked.
    pub(crate) fn close(&mut self, place: &Place) -> bool {
        let before = self.talkers.len();
        self.talkers.retain(|talker| talker.place != *place);
        self.talkers.len() != before
    }

    /// Everybody falls silent; who talked.
    pub(crate) fn close_all(&mut self) -> Vec<Place> {
        std::mem::take(&mut self.talkers).into_iter().map(|talker| talker.place).collect()
    }
}

/// What is for all staff, and for an assistant what is between its classroom and the desk.
pub(crate) fn may_read(place: &Place, said: &StaffMessageView) -> bool {
    match (&said.classroom, place) {
        (None, place) => place.is_staff(),
        (Some(_), Place::Master | Place::Duty) => true,
        (Some(classroom), Place::Assistant(own)) => classroom == own,
        (Some(_), Place::Classroom(_) | Place::Observer) => false,
    }
}

pub(crate) fn say(asked: &Asked<'_>, text: &str, classroom: Option<&ClassroomId>) -> Decision {
    if !asked.place.is_staff() {
        return refuse(ErrorCode::Forbidden, "only staff talk to staff");
    }
    let known = |classroom: &ClassroomId| match asked.place {
        Place::Assistant(own) => own == classroom,
        _ => asked.spec.classroom(classroom).is_some(),
    };
    if classroom.is_some_and(|classroom| !known(classroom)) {
        return refuse(ErrorCode::NotFound, "no such classroom in this lesson");
    }
    let text = typed(text, LETTERS_MAX, "text: 1 to 500 letters")?;
    let (place, name) = (asked.place.clone(), asked.name.to_owned());
    Ok(vec![Fact::StaffSaid { place, name, classroom: classroom.cloned(), text }])
}

/// One talks at a time. The master leads, so the master's key takes the word from an assistant.
pub(crate) fn hold(asked: &Asked<'_>, on: bool) -> Decision {
    if !matches!(asked.place, Place::Master | Place::Assistant(_)) {
        return refuse(ErrorCode::Forbidden, "only the master and assistants talk to staff");
    }
    let talkers = &asked.state.staff_talk.talkers;
    let place = asked.place.clone();
    match (on, talkers.iter().any(|talker| talker.place == place)) {
        (true, true) | (false, false) => Ok(Vec::new()),
        (false, true) => Ok(vec![Fact::TalkClosed { place }]),
        (true, false) if place != Place::Master && talkers.len() >= TALKERS_MAX => {
            refuse(ErrorCode::TalkFull, "somebody talks already")
        }
        (true, false) => {
            let silenced = talkers.iter().map(|talker| Fact::TalkClosed { place: talker.place.clone() });
            let opened = Fact::TalkOpened { place, name: asked.name.to_owned() };
            Ok(silenced.chain([opened]).collect())
        }
    }
}
