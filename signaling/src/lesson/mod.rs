//! One lesson as an event-sourced state machine: told what happens and when, it answers with what to do.
//!
//! [`Lesson::handle`] checks a message against the rights of the seat it comes from, decides which facts follow,
//! journals them as one line, applies them, and returns the effects in the order in which they must happen. The state
//! is nothing but the sum of the journal's facts ([`Lesson::replay`]); only connections live outside it.
//!
//! It deliberately does not read clocks, make random ids, or know what carries media: the conductor in the server does.

mod apply;
mod attendance;
mod audience;
mod board;
mod changes;
mod checks;
mod clock;
mod effect;
mod floor;
mod help;
mod input;
mod mark;
mod polls;
mod presence;
mod programme;
mod questions;
mod rights;
mod rules;
mod seat;
mod seating;
mod snapshot;
mod spec;
mod staff_talk;
mod stand_in;
mod state;
mod studio;
#[cfg(test)]
mod tests;

pub use audience::Audience;
pub use effect::{Effect, MediaOrder, RecordOrder};
pub use input::{ConnectionId, Input, SourceKey, Visitor};
pub use mark::{Mark, Marked};
pub use seat::Place;
pub use spec::{
    ClassroomSpec, DECK_PAGES_MAX, DECKS_MAX, DEFAULT_FLOOR_LIMIT, DEFAULT_FLOOR_SECONDS, DEFAULT_LOSS_MS, DeckSpec,
    FLOOR_LIMITS, LessonSpec, Person, SEATS_MAX, SeatSpec,
};

use std::collections::BTreeMap;

use crate::id::{AccountId, ClassroomId, ClipId, PollId};
use crate::journal::{Fact, JOURNAL_VERSION, JournalLine};
use crate::wire::{
    Answer, ByeReason, CheckView, ClassroomView, ClientMessage, ErrorCode, Event, LessonState, PollView, ServerMessage,
    SlotView, StudioState,
};
pub(crate) use changes::Changes;
pub(crate) use polls::Poll;
use rights::{Asked, Refusal};
use seat::Seats;
pub(crate) use state::State;

/// One lesson.
#[derive(Debug)]
pub struct Lesson {
    spec: LessonSpec,
    state: State,
    seats: Seats,
}

impl Lesson {
    /// A lesson that has not begun. A floor limit outside [`FLOOR_LIMITS`] is brought to the nearest one inside; seats
    /// beyond [`SEATS_MAX`] and decks beyond [`DECKS_MAX`] are cut off.
    pub fn new(spec: LessonSpec) -> Self {
        let spec = spec.bounded();
        let state = State::new(&spec);
        Self { spec, state, seats: Seats::default() }
    }

    /// Rebuilds a lesson from its journal: the state it had when the last line was written, with no connections.
    /// Facts about classrooms that are no longer in `spec` are passed over. It must be [resumed](Self::resume) before it
    /// handles anything else.
    pub fn replay<'a>(spec: LessonSpec, lines: impl IntoIterator<Item = &'a JournalLine>) -> Self {
        Self::retell(spec, lines, |_, _, _| {})
    }

    /// Replays, and tells what each line made of the lesson.
    pub(crate) fn retell<'a>(
        spec: LessonSpec,
        lines: impl IntoIterator<Item = &'a JournalLine>,
        mut told: impl FnMut(&JournalLine, &State, Changes),
    ) -> Self {
        let mut lesson = Self::new(spec);
        for line in lines {
            let changes = lesson.state.apply(&lesson.spec, line);
            told(line, &lesson.state, changes);
        }
        lesson
    }

    /// Takes a replayed lesson up again: nobody is connected and no media arrives, floors and queue are as they were,
    /// and each classroom has the whole loss timeout to come back. `now` and since when the server was down, as far as it
    /// knows, are UTC ms. Nothing is written for a lesson that is over, or that waits for its start with nobody in it.
    pub fn resume(&mut self, down_since_ms: Option<i64>, now: i64) -> Vec<Effect> {
        if !rules::needs_resuming(&self.state) {
            return Vec::new();
        }
        let mut effects = self.commit(vec![Fact::Resumed { down_since_ms }], now);
        effects.extend(self.handle_timeout(now));
        effects
    }

    /// Handles one input at `now`, UTC ms, and returns what to do, in order. A refused message changes nothing and
    /// returns one [`ServerMessage::Error`] for its connection.
    pub fn handle(&mut self, input: Input, now: i64) -> Vec<Effect> {
        match input {
            Input::Connected { conn, visitor } => {
                self.seats.connect(conn, visitor);
                Vec::new()
            }
            Input::Disconnected { conn } => self.leave(conn, now),
            Input::Message { conn, message } => self.message(conn, message, now),
            Input::SourceArrived { source, audio, video } => self.source_arrived(source, audio, video, now),
            Input::SourceGone { source } => {
                let facts = rules::source_gone(&self.state, source);
                self.commit(facts, now)
            }
            Input::Recording { running } => {
                let facts = rules::recording(&self.state, running);
                self.commit(facts, now)
            }
            Input::Start => self.commit(rules::start(&self.spec, &self.state).unwrap_or_default(), now),
            Input::End => self.end(rules::end(&self.state).unwrap_or_default(), now),
            Input::Dismissed { account } => self.dismiss(&account, now),
            Input::DeckAdded { deck } => self.commit(board::add_deck(&self.state, deck), now),
            Input::AssistantChanged { classroom, assistant } => self.change_assistant(classroom, assistant, now),
            Input::DeviceAnswer { poll, classroom, seat, answer } => {
                let decision = polls::from_device(&self.spec, &self.state, &poll, &classroom, seat, answer);
                self.commit(decision.unwrap_or_default(), now)
            }
            Input::CheckResult { classroom, result } => {
                let facts = checks::check(&self.spec, &self.state, classroom, result, now);
                self.commit(facts, now)
            }
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do next, UTC ms. May be in the past.
    pub fn poll_timeout(&self) -> Option<i64> {
        clock::next(&self.spec, &self.state)
    }

    /// Ends the floors whose time is up, the requests of classrooms that are gone for too long, the talk of who held the
    /// key for too long, and the poll whose time is up. Does nothing when called early.
    pub fn handle_timeout(&mut self, now: i64) -> Vec<Effect> {
        let facts = clock::due(&self.spec, &self.state, now);
        self.commit(facts, now)
    }

    /// The plan this lesson follows.
    pub fn spec(&self) -> &LessonSpec {
        &self.spec
    }

    /// The places that belong to an account now: by the plan, and by who took over from whom since.
    pub fn places_of(&self, account: &AccountId) -> Vec<Place> {
        let master = (self.spec.master.account == *account).then_some(Place::Master);
        let assists = |(id, presence): (&ClassroomId, &presence::Presence)| {
            presence.person.as_ref().is_some_and(|person| person.account == *account).then(|| id.clone())
        };
        let rooms = self.state.classrooms.iter().filter_map(assists);
        let places = rooms.flat_map(|id| [Place::Assistant(id.clone()), Place::Classroom(id)]);
        master.into_iter().chain(places).collect()
    }

    /// The sum of its facts.
    pub(crate) fn facts(&self) -> &State {
        &self.state
    }

    /// Scheduled, live or ended.
    pub fn state(&self) -> LessonState {
        self.state.phase
    }

    /// When it went live, UTC ms.
    pub fn started_ms(&self) -> Option<i64> {
        self.state.started_ms
    }

    /// When it ended, UTC ms.
    pub fn ended_ms(&self) -> Option<i64> {
        self.state.ended_ms
    }

    /// Whether a classroom holds the floor, that is, whether its gate is open.
    pub fn holds_floor(&self, classroom: &ClassroomId) -> bool {
        self.state.is_speaking(classroom)
    }

    /// Whether a classroom that holds the floor is heard; `None` when it does not hold it.
    pub fn floor_sound(&self, classroom: &ClassroomId) -> Option<bool> {
        self.state.floor.granted_to(classroom).map(|request| request.is_heard())
    }

    /// The slots table, as in the last [`MediaOrder::MapSlots`].
    pub fn slots(&self) -> Vec<SlotView> {
        self.state.slots(&self.spec)
    }

    /// The clip assistants may play while the studio is gone: part of the plan, so that it is not journaled. Seats see
    /// it in their next snapshot.
    pub fn set_fallback(&mut self, clip: ClipId) {
        self.spec.fallback = Some(clip);
    }

    /// What is there of the studio.
    pub fn studio(&self) -> StudioState {
        self.state.studio.view()
    }

    /// What is there of each classroom, in the order of the plan.
    pub fn classrooms(&self) -> Vec<ClassroomView> {
        let rooms = self.spec.classrooms.iter();
        rooms.filter_map(|room| Some(self.state.classrooms.get(&room.id)?.view(room))).collect()
    }

    /// The newest device check of each place.
    pub fn checks(&self) -> Vec<CheckView> {
        self.state.checks.seen(|_| true)
    }

    /// The poll that takes answers now, as every seat sees it: for pupils' devices, which hold no seat.
    pub fn open_poll(&self) -> Option<PollView> {
        self.state.polls.open().map(|poll| poll.view(&self.spec))
    }

    /// Whether [`Input::DeviceAnswer`] would be taken.
    ///
    /// # Errors
    /// Why not, as an assistant would be told.
    pub fn takes_device_answer(
        &self,
        poll: &PollId,
        classroom: &ClassroomId,
        seat: u16,
        answer: Answer,
    ) -> Result<(), ErrorCode> {
        let decision = polls::from_device(&self.spec, &self.state, poll, classroom, seat, answer);
        decision.map(|_| ()).map_err(|refusal| refusal.code)
    }

    /// The place a connection holds; `None` before it joined and after it was closed.
    pub fn place(&self, conn: ConnectionId) -> Option<&Place> {
        self.seats.place(conn)
    }

    fn message(&mut self, conn: ConnectionId, message: ClientMessage, now: i64) -> Vec<Effect> {
        match self.answer(conn, message, now) {
            Ok(effects) => effects,
            Err(Refusal { code, message }) => {
                vec![Effect::Send { conn, message: ServerMessage::Error { code, message: message.to_owned() } }]
            }
        }
    }

    fn answer(&mut self, conn: ConnectionId, message: ClientMessage, now: i64) -> Result<Vec<Effect>, Refusal> {
        if self.seats.visitor(conn).is_none() {
            // Closed by the lesson while the frame was under way: there is nobody left to answer.
            return Ok(Vec::new());
        }
        if let ClientMessage::Join { role, classroom } = message {
            let place = rules::join(&self.spec, &self.seats, conn, role, classroom)?;
            return Ok(self.join(conn, place, now));
        }
        let (Some(place), Some(visitor)) = (self.seats.place(conn), self.seats.visitor(conn)) else {
            return Err(Refusal { code: ErrorCode::NotJoined, message: "join first" });
        };
        let asked = Asked { spec: &self.spec, state: &self.state, place, name: &visitor.name, now };
        match message {
            ClientMessage::Snapshot => Ok(self.snapshot(conn, now).into_iter().collect()),
            ClientMessage::Ping { n } => {
                Ok(vec![Effect::Send { conn, message: ServerMessage::Pong { n, now_ms: now } }])
            }
            ClientMessage::EndLesson => {
                let facts = rules::decide(&asked, &message)?;
                Ok(self.end(facts, now))
            }
            message => {
                let facts = rules::decide(&asked, &message)?;
                Ok(self.commit(facts, now))
            }
        }
    }

    fn end(&mut self, facts: Vec<Fact>, now: i64) -> Vec<Effect> {
        if facts.is_empty() {
            return Vec::new();
        }
        let mut effects = self.commit(facts, now);
        let everybody: Vec<_> = self.seats.connections().collect();
        for conn in everybody {
            self.seats.disconnect(conn);
            effects.push(Effect::Close { conn, reason: ByeReason::LessonEnded });
        }
        effects
    }

    fn source_arrived(&mut self, source: SourceKey, audio: bool, video: bool, now: i64) -> Vec<Effect> {
        let facts = rules::source_arrived(&self.state, source.clone(), audio, video);
        let mut effects = self.commit(facts, now);
        // The tracks are new even where the table is not: the forwarder has to look it up again, and the gate of a
        // classroom starts closed with every publish session.
        let on_air = match &source {
            SourceKey::Camera | SourceKey::Screen | SourceKey::Second => self.state.phase == LessonState::Live,
            SourceKey::Classroom(classroom) => self.holds_floor(classroom),
        };
        let mapped = |effect: &Effect| matches!(effect, Effect::Media(MediaOrder::MapSlots(_)));
        if on_air && !effects.iter().any(mapped) {
            effects.push(Effect::Media(MediaOrder::MapSlots(self.slots())));
        }
        if let SourceKey::Classroom(classroom) = source
            && let Some(request) = self.state.floor.granted_to(&classroom)
        {
            let sound = request.is_heard();
            effects.push(Effect::Media(MediaOrder::OpenGate { classroom, sound }));
        }
        effects
    }

    /// Journals the facts as one line, applies them, and turns what changed into effects. No facts, no line.
    fn commit(&mut self, facts: Vec<Fact>, now: i64) -> Vec<Effect> {
        if facts.is_empty() {
            return Vec::new();
        }
        let line = JournalLine { v: JOURNAL_VERSION, at_ms: now, facts };
        let Changes { deltas, private, media, record, .. } = self.state.apply(&self.spec, &line);
        let mut effects = vec![Effect::Journal(line)];
        effects.extend(media.into_iter().map(Effect::Media));
        effects.extend(record.into_iter().map(Effect::Record));
        for (audience, n, events) in deltas {
            let message = ServerMessage::Delta { stream: audience.stream(), n, events };
            effects.push(Effect::Broadcast { audience, message });
        }
        let mut told: BTreeMap<ConnectionId, Vec<Event>> = BTreeMap::new();
        for (classroom, event) in private {
            if let Some(conn) = self.seats.holder(&Place::Assistant(classroom)) {
                told.entry(conn).or_default().push(event);
            }
        }
        let private = |(conn, events)| Effect::Send { conn, message: ServerMessage::Private { events } };
        effects.extend(told.into_iter().map(private));
        effects
    }

    fn snapshot(&self, conn: ConnectionId, now: i64) -> Option<Effect> {
        let place = self.seats.place(conn)?;
        let seat = self.seats.view(conn)?;
        let snapshot = snapshot::of(&self.spec, &self.state, place, seat, now);
        Some(Effect::Send { conn, message: ServerMessage::Snapshot(Box::new(snapshot)) })
    }
}
