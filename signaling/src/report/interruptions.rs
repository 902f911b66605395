//! What was gone for a while: the studio, a classroom, the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::ClassroomId;
use crate::journal::{Fact, JournalLine};
use crate::lesson::State;
use crate::wire::LessonState;

/// Who is back so soon after the server was not gone for itself, milliseconds.
const BACK_SOON_MS: i64 = 30_000;

/// What was gone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum Interrupted {
    /// No camera of the studio arrived.
    Studio,
    /// Neither the screen nor the media of a classroom was there.
    Classroom { classroom: ClassroomId },
    /// The server was restarted. From and to are the same when it does not know since when it was down.
    Server,
}

/// From when to when something was gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interruption {
    /// What.
    #[serde(flatten)]
    pub what: Interrupted,
    /// Since when, UTC ms.
    pub from_ms: i64,
    /// Until when, UTC ms; the lesson's end when it never came back, null while it runs.
    pub to_ms: Option<i64>,
}

/// How long who was there.
#[derive(Debug, Default)]
pub(super) struct Presences {
    pub(super) interruptions: Vec<Interruption>,
    /// How long each classroom was there while the lesson was live, milliseconds.
    pub(super) present_ms: BTreeMap<ClassroomId, i64>,
}

impl Presences {
    /// How often a classroom was gone.
    pub(super) fn count(&self, classroom: &ClassroomId) -> u32 {
        let is_own = |gap: &&Interruption| matches!(&gap.what, Interrupted::Classroom { classroom: other } if other == classroom);
        u32::try_from(self.interruptions.iter().filter(is_own).count()).unwrap_or(u32::MAX)
    }
}

/// Follows who is there, line by line, while the lesson is live.
#[derive(Debug, Default)]
pub(super) struct Watch {
    presences: Presences,
    studio_lost: Option<i64>,
    there_since: BTreeMap<ClassroomId, i64>,
    gone_since: BTreeMap<ClassroomId, i64>,
    last_line: i64,
    resumed_ms: Option<i64>,
    live: bool,
}

/// When the server was down since, for the fact that says it came back.
fn resumed(fact: &Fact) -> Option<Option<i64>> {
    match fact {
        Fact::Resumed { down_since_ms } => Some(*down_since_ms),
        _ => None,
    }
}

impl Watch {
    pub(super) fn note(&mut self, line: &JournalLine, state: &State) {
        let at_ms = line.at_ms;
        let was_live = std::mem::replace(&mut self.live, state.phase == LessonState::Live);
        self.last_line = at_ms;
        let mut until = at_ms;
        if was_live && let Some(down_since_ms) = line.facts.iter().find_map(resumed) {
            until = down_since_ms.unwrap_or(at_ms).min(at_ms);
            self.gap(Interrupted::Server, until, Some(at_ms));
            self.resumed_ms = Some(at_ms);
        }
        let moves = |fact: &Fact| {
            matches!(
                fact,
                Fact::LessonStarted
                    | Fact::SeatTaken { .. }
                    | Fact::SeatLeft { .. }
                    | Fact::SourceArrived { .. }
                    | Fact::SourceGone { .. }
                    | Fact::Resumed { .. }
            )
        };
        if !self.live || !line.facts.iter().any(moves) {
            return;
        }
        let lost_before = std::mem::replace(&mut self.studio_lost, state.studio.lost_since_ms);
        if let (Some(from), None) = (lost_before, self.studio_lost) {
            self.gap(Interrupted::Studio, from, Some(at_ms));
        }
        for (id, presence) in &state.classrooms {
            match (presence.is_there(), self.there_since.get(id).copied()) {
                (true, None) => {
                    self.there_since.insert(id.clone(), at_ms);
                    if let Some(from) = self.gone_since.remove(id) {
                        self.gap(Interrupted::Classroom { classroom: id.clone() }, from, Some(at_ms));
                    }
                }
                (false, Some(since)) => {
                    self.there_since.remove(id);
                    self.gone_since.insert(id.clone(), at_ms);
                    self.was_there(id.clone(), since, until);
                }
                _ => {}
            }
        }
    }

    /// What is still gone stays so until the end.
    pub(super) fn finish(mut self, ended_ms: Option<i64>) -> Presences {
        let until = ended_ms.unwrap_or(self.last_line);
        for (id, since) in std::mem::take(&mut self.there_since) {
            self.was_there(id, since, until);
        }
        for (classroom, from) in std::mem::take(&mut self.gone_since) {
            self.gap(Interrupted::Classroom { classroom }, from, ended_ms);
        }
        if let Some(from) = self.studio_lost {
            self.gap(Interrupted::Studio, from, ended_ms);
        }
        self.presences.interruptions.sort_by_key(|gap| gap.from_ms);
        self.presences
    }

    /// Notes a gap. Whoever was gone with the server and is soon back is part of the server's own.
    fn gap(&mut self, what: Interrupted, from_ms: i64, to_ms: Option<i64>) {
        let soon = to_ms.is_some_and(|to| to.saturating_sub(from_ms) <= BACK_SOON_MS);
        if what != Interrupted::Server && self.resumed_ms == Some(from_ms) && soon {
            return;
        }
        self.presences.interruptions.push(Interruption { what, from_ms, to_ms });
    }

    fn was_there(&mut self, id: ClassroomId, since: i64, until: i64) {
        let known = self.presences.present_ms.entry(id).or_default();
        *known = known.saturating_add(until.saturating_sub(since).max(0));
    }
}
