//! Who sits down, leaves, is sent away, or takes over from somebody else.

use crate::id::{AccountId, ClassroomId};
use crate::journal::Fact;
use crate::lesson::Lesson;
use crate::lesson::effect::Effect;
use crate::lesson::input::ConnectionId;
use crate::lesson::seat::Place;
use crate::lesson::spec::Person;
use crate::wire::{ByeReason, LessonState};

impl Lesson {
    pub(super) fn join(&mut self, conn: ConnectionId, place: Place, now: i64) -> Vec<Effect> {
        if self.state.phase == LessonState::Ended {
            self.seats.disconnect(conn);
            return vec![Effect::Close { conn, reason: ByeReason::LessonEnded }];
        }
        let Some(account) = self.seats.visitor(conn).map(|visitor| visitor.account.clone()) else {
            return Vec::new();
        };
        let before = self.seats.take(conn, place.clone());
        let facts = match place.is_shared() {
            true => Vec::new(),
            false => vec![Fact::SeatTaken { place: place.clone(), account }],
        };
        let mut effects = self.commit(facts, now);
        effects.extend(before.map(|conn| Effect::Close { conn, reason: ByeReason::JoinedElsewhere }));
        effects.extend(place.audiences().into_iter().map(|audience| Effect::Subscribe { conn, audience }));
        effects.extend(self.snapshot(conn, now));
        effects
    }

    pub(super) fn leave(&mut self, conn: ConnectionId, now: i64) -> Vec<Effect> {
        match self.seats.disconnect(conn) {
            Some(place) if self.state.phase != LessonState::Ended => self.commit(vec![Fact::SeatLeft { place }], now),
            _ => Vec::new(),
        }
    }

    pub(super) fn dismiss(&mut self, account: &AccountId, now: i64) -> Vec<Effect> {
        let mut effects = Vec::new();
        for conn in self.seats.of_account(account) {
            effects.extend(self.leave(conn, now));
            effects.push(Effect::Close { conn, reason: ByeReason::SessionEnded });
        }
        effects
    }

    pub(super) fn change_assistant(
        &mut self,
        classroom: ClassroomId,
        assistant: Option<Person>,
        now: i64,
    ) -> Vec<Effect> {
        let Some(presence) = self.state.classrooms.get(&classroom) else { return Vec::new() };
        if self.state.phase == LessonState::Ended || presence.person == assistant {
            return Vec::new();
        }
        let place = Place::Assistant(classroom.clone());
        let sitting = self.seats.holder(&place).and_then(|conn| self.seats.visitor(conn));
        let mut before = vec![presence.person.as_ref().map(|person| person.account.clone())];
        before.push(sitting.map(|visitor| visitor.account.clone()));
        let stays = |account: &AccountId| assistant.as_ref().is_some_and(|person| person.account == *account);
        let mut replaced = None;
        for account in before.into_iter().flatten().filter(|account| !stays(account)) {
            replaced = replaced.or(self.seats.withdraw(&place, &account));
        }
        let mut facts = vec![Fact::AssistantChanged { classroom, assistant }];
        facts.extend(replaced.map(|_| Fact::SeatLeft { place }));
        let mut effects = self.commit(facts, now);
        effects.extend(replaced.map(|conn| Effect::Close { conn, reason: ByeReason::Replaced }));
        effects
    }
}
