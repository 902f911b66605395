//! Stories of lessons, told through a shell that obeys every effect and checks the order they come in, and that no
//! frame reaches a seat without the right to it.

mod board;
mod classes;
mod client;
mod floor;
mod house;
mod invariants;
mod journeys;
mod outages;
mod polls;
mod programme;
mod questions;
mod rights;
mod staff;
mod stand_in;
mod stories;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::id::{FloorRequestId, LessonId, QuestionId, SeatId};
use crate::wire::{Event, FloorRequestView, FloorState, Role, SourceView};
use client::{Client, may_hear, may_see};

/// Monday morning, UTC ms.
pub(super) const MORNING: i64 = 1_760_000_000_000;

pub(super) fn class(name: &str) -> ClassroomId {
    ClassroomId::new(name)
}

pub(super) fn person(name: &str) -> Person {
    Person { account: AccountId::new(name), name: name.to_owned() }
}

/// A lesson of Wang's with classrooms `a`, `b`, … each with an assistant `assistant-a`, …
pub(super) fn plan(classrooms: &[&str]) -> LessonSpec {
    let mut spec = LessonSpec::new(LessonId::new("01LESSON"), "函数的单调性", person("wang"));
    spec.recorded = true;
    spec.classrooms = classrooms
        .iter()
        .map(|id| ClassroomSpec {
            id: class(id),
            name: format!("八（{id}）班"),
            school: "良乡二中".to_owned(),
            assistant: Some(person(&format!("assistant-{id}"))),
            seats: (1..=40)
                .map(|number| SeatSpec { number, group: Some(format!("第{}组", number / 10 + 1)) })
                .collect(),
        })
        .collect();
    spec
}

/// Classrooms with the index of the slot they are on.
pub(super) type Placed = Vec<(u8, ClassroomId)>;

/// A shell without sockets: keeps what it was told to do.
pub(super) struct Shell {
    pub(super) lesson: Lesson,
    pub(super) now: i64,
    pub(super) journal: Vec<JournalLine>,
    pub(super) gates: BTreeSet<ClassroomId>,
    /// Of the open gates those that let sound through.
    pub(super) heard: BTreeSet<ClassroomId>,
    /// Whose talk microphone the staff hear.
    pub(super) talk: BTreeSet<Place>,
    pub(super) slots: Vec<SlotView>,
    pub(super) record: Vec<RecordOrder>,
    pub(super) subscribed: BTreeSet<(ConnectionId, Audience)>,
    pub(super) clients: BTreeMap<ConnectionId, Client>,
    /// Every frame a connection got, newest last.
    pub(super) inbox: BTreeMap<ConnectionId, Vec<ServerMessage>>,
    pub(super) closed: BTreeMap<ConnectionId, ByeReason>,
    deltas: BTreeMap<Audience, u64>,
    next_conn: u64,
}

impl Shell {
    pub(super) fn new(spec: LessonSpec) -> Self {
        let lesson = Lesson::new(spec);
        Self {
            slots: lesson.slots(),
            lesson,
            now: MORNING,
            journal: Vec::new(),
            gates: BTreeSet::new(),
            heard: BTreeSet::new(),
            talk: BTreeSet::new(),
            record: Vec::new(),
            subscribed: BTreeSet::new(),
            clients: BTreeMap::new(),
            inbox: BTreeMap::new(),
            closed: BTreeMap::new(),
            deltas: BTreeMap::new(),
            next_conn: 1,
        }
    }

    pub(super) fn tell(&mut self, input: Input) -> Vec<Effect> {
        if let Input::Disconnected { conn } = &input {
            self.forget(*conn);
        }
        let effects = self.lesson.handle(input, self.now);
        self.obey(&effects);
        effects
    }

    /// Lets time pass, waking the lesson whenever it asked for it.
    pub(super) fn wait(&mut self, ms: i64) {
        let until = self.now + ms;
        while let Some(at) = self.lesson.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            let effects = self.lesson.handle_timeout(self.now);
            assert!(!effects.is_empty(), "woken for nothing");
            self.obey(&effects);
        }
        self.now = until;
    }

    /// Opens a connection and joins with it.
    pub(super) fn join(&mut self, place: Place) -> ConnectionId {
        let account = match &place {
            Place::Master => "wang".to_owned(),
            Place::Assistant(id) | Place::Classroom(id) => format!("assistant-{id}"),
            Place::Observer => "principal".to_owned(),
            Place::Duty => "duty".to_owned(),
        };
        let conn = self.connect(&account, vec![place.clone()]);
        self.say(conn, ClientMessage::Join { role: place.role(), classroom: place.classroom().cloned() });
        conn
    }

    pub(super) fn connect(&mut self, account: &str, places: Vec<Place>) -> ConnectionId {
        let conn = ConnectionId(self.next_conn);
        self.next_conn += 1;
        let visitor = Visitor {
            seat: SeatId::new(format!("seat-{}", conn.0)),
            account: AccountId::new(account),
            name: account.to_owned(),
            places,
        };
        self.tell(Input::Connected { conn, visitor });
        conn
    }

    pub(super) fn say(&mut self, conn: ConnectionId, message: ClientMessage) -> Vec<Effect> {
        self.tell(Input::Message { conn, message })
    }

    /// Says something that must be refused, with nothing changed; returns the error's code.
    pub(super) fn refused(&mut self, conn: ConnectionId, message: ClientMessage) -> ErrorCode {
        let (before, deadline) = (self.lesson.state.clone(), self.lesson.poll_timeout());
        let effects = self.say(conn, message.clone());
        assert_eq!(self.lesson.state, before, "{message:?} changed something");
        assert_eq!(self.lesson.poll_timeout(), deadline);
        match effects.as_slice() {
            [Effect::Send { conn: to, message: ServerMessage::Error { code, .. } }] if *to == conn => *code,
            other => panic!("{message:?} was not refused: {other:?}"),
        }
    }

    pub(super) fn arrive(&mut self, source: SourceKey) {
        self.tell(Input::SourceArrived { source, audio: true, video: true });
    }

    /// The open request of a classroom, as the lesson sees it.
    pub(super) fn request(&self, classroom: &str) -> FloorRequestId {
        self.lesson.state.floor.hand_of(&class(classroom)).expect("the hand is up").id.clone()
    }

    /// State and end of a request as a client last heard of it.
    pub(super) fn heard(&self, conn: ConnectionId, id: &FloorRequestId) -> Option<FloorRequestView> {
        self.clients[&conn].snapshot.floor.iter().find(|request| request.id == *id).cloned()
    }

    pub(super) fn frames(&self, conn: ConnectionId) -> usize {
        self.inbox.get(&conn).map_or(0, Vec::len)
    }

    /// The classrooms on the slots, as (audio, video).
    pub(super) fn on_slots(&self) -> (Placed, Placed) {
        let of = |kind| {
            let on = |slot: &SlotView| match &slot.source {
                Some(SourceView::Classroom { classroom, .. }) if slot.kind == kind => {
                    Some((slot.index, classroom.clone()))
                }
                _ => None,
            };
            self.slots.iter().filter_map(on).collect()
        };
        (of(crate::wire::SlotKind::Audio), of(crate::wire::SlotKind::Video))
    }

    /// The server is killed and started again: connections and media are gone, the journal is what was stored.
    pub(super) fn restart(&mut self) {
        let stored: Vec<_> = self.journal.iter().map(JournalLine::encode).collect();
        let lines: Vec<_> = stored.iter().map(|line| JournalLine::decode(line).expect("own line")).collect();
        self.lesson = Lesson::replay(self.lesson.spec.clone(), &lines);
        (self.subscribed, self.clients) = Default::default();
        (self.gates, self.heard, self.talk) = Default::default();
        let down_since_ms = self.journal.last().map(|line| line.at_ms);
        let effects = self.lesson.resume(down_since_ms, self.now);
        self.obey(&effects);
        self.slots = self.lesson.slots();
    }

    fn forget(&mut self, conn: ConnectionId) {
        self.clients.remove(&conn);
        self.subscribed.retain(|(subscriber, _)| *subscriber != conn);
    }

    fn obey(&mut self, effects: &[Effect]) {
        let mut visible = false;
        for effect in effects {
            match effect {
                Effect::Journal(line) => {
                    // A withdrawn account may hold several seats, each leaving with its own line.
                    assert!(
                        !visible
                            || matches!(
                                line.facts[..],
                                [Fact::SeatLeft { .. }]
                                    | [Fact::FloorEnded { .. } | Fact::TalkClosed { .. } | Fact::PollClosed { .. }, ..]
                            )
                    );
                    self.journal.push(line.clone());
                    continue;
                }
                Effect::Media(MediaOrder::OpenGate { classroom, sound }) => {
                    self.gates.insert(classroom.clone());
                    match sound {
                        true => self.heard.insert(classroom.clone()),
                        false => self.heard.remove(classroom),
                    };
                }
                Effect::Media(MediaOrder::CloseGate { classroom }) => {
                    self.gates.remove(classroom);
                    self.heard.remove(classroom);
                }
                Effect::Media(MediaOrder::OpenTalk { place }) => assert!(self.talk.insert(place.clone())),
                Effect::Media(MediaOrder::CloseTalk { place }) => drop(self.talk.remove(place)),
                Effect::Media(MediaOrder::MapSlots(slots)) => self.slots.clone_from(slots),
                Effect::Record(order) => self.record.push(order.clone()),
                Effect::Subscribe { conn, audience } => {
                    self.subscribed.insert((*conn, audience.clone()));
                }
                Effect::Broadcast { audience, message } => self.broadcast(audience, message),
                Effect::Send { conn, message } => {
                    match message {
                        ServerMessage::Snapshot(snapshot) => {
                            let place = self.lesson.place(*conn).expect("snapshots go to seats");
                            assert!(may_see(place, snapshot), "{place:?} sees {snapshot:?}");
                            self.clients.insert(*conn, Client { snapshot: (**snapshot).clone() });
                        }
                        ServerMessage::Private { events } => {
                            let place = self.lesson.place(*conn).expect("private frames go to seats");
                            assert!(events.iter().all(|event| may_hear(place, None, event)), "{place:?} {events:?}");
                            let client = self.clients.get_mut(conn).expect("a seat has a snapshot");
                            events.iter().for_each(|event| client.learn(event));
                        }
                        _ => {}
                    }
                    self.inbox.entry(*conn).or_default().push(message.clone());
                }
                Effect::Close { conn, reason } => {
                    self.forget(*conn);
                    self.closed.insert(*conn, *reason);
                }
            }
            visible = true;
        }
    }

    fn broadcast(&mut self, audience: &Audience, message: &ServerMessage) {
        let ServerMessage::Delta { stream, n, events } = message else { panic!("only deltas are broadcast") };
        assert_eq!(*stream, audience.stream());
        assert!(!events.is_empty());
        let last = self.deltas.entry(audience.clone()).or_default();
        assert_eq!(*n, *last + 1, "a gap in {audience:?}");
        *last = *n;
        for (conn, _) in self.subscribed.iter().filter(|(_, subscribed)| subscribed == audience) {
            self.inbox.entry(*conn).or_default().push(message.clone());
            // The connections of a lesson that just ended have no seat any more.
            if let Some(place) = self.lesson.place(*conn) {
                for event in events {
                    assert!(may_hear(place, Some(audience), event), "{place:?} heard {event:?} on {audience:?}");
                }
            }
            if let Some(client) = self.clients.get_mut(conn) {
                client.hear(*stream, *n, events);
            }
        }
    }
}

/// A live lesson with the master, and the screen and the assistant of every classroom.
pub(super) struct Class {
    pub(super) shell: Shell,
    pub(super) master: ConnectionId,
    pub(super) screens: BTreeMap<String, ConnectionId>,
    pub(super) assistants: BTreeMap<String, ConnectionId>,
}

impl Class {
    pub(super) fn live(classrooms: &[&str]) -> Self {
        Self::begin(plan(classrooms), classrooms)
    }

    pub(super) fn begin(spec: LessonSpec, classrooms: &[&str]) -> Self {
        let mut shell = Shell::new(spec);
        let master = shell.join(Place::Master);
        let mut join = |place: fn(ClassroomId) -> Place| -> BTreeMap<String, ConnectionId> {
            classrooms.iter().map(|id| ((*id).to_owned(), shell.join(place(class(id))))).collect()
        };
        let (screens, assistants) = (join(Place::Classroom), join(Place::Assistant));
        shell.say(master, ClientMessage::StartLesson);
        assert_eq!(shell.lesson.state(), LessonState::Live);
        Self { shell, master, screens, assistants }
    }

    /// The screen of a classroom raises its hand.
    pub(super) fn raise(&mut self, classroom: &str) -> FloorRequestId {
        self.shell.say(self.screens[classroom], ClientMessage::RaiseHand);
        self.shell.request(classroom)
    }

    /// Raised and passed on by the assistant.
    pub(super) fn escalate(&mut self, classroom: &str) -> FloorRequestId {
        let request = self.raise(classroom);
        self.shell.say(self.assistants[classroom], ClientMessage::AcceptHand { request: request.clone() });
        request
    }

    /// Raised, passed on and granted.
    pub(super) fn grant(&mut self, classroom: &str) -> FloorRequestId {
        let request = self.escalate(classroom);
        self.shell.say(self.master, ClientMessage::GrantFloor { request: request.clone() });
        assert!(self.shell.lesson.holds_floor(&class(classroom)));
        request
    }

    /// The assistant of a classroom enters a question.
    pub(super) fn ask(&mut self, classroom: &str, seat: u16, text: &str) -> QuestionId {
        let ask = ClientMessage::AskQuestion { seat: Some(seat), text: Some(text.to_owned()), wants_to_speak: false };
        self.shell.say(self.assistants[classroom], ask);
        let newest = self.shell.lesson.state.questions.iter().next_back();
        newest.expect("it was asked").id.clone()
    }

    /// Asked and passed on.
    pub(super) fn ask_master(&mut self, classroom: &str, seat: u16, text: &str) -> QuestionId {
        let question = self.ask(classroom, seat, text);
        self.shell.say(self.assistants[classroom], ClientMessage::EscalateQuestion { question: question.clone() });
        question
    }

    /// The request of an escalated question.
    pub(super) fn request_of(&self, question: &QuestionId) -> FloorRequestId {
        self.shell.lesson.state.floor.of_question(question).expect("it is in the queue").id.clone()
    }

    pub(super) fn state(&self, request: &FloorRequestId) -> FloorState {
        self.shell.lesson.state.floor.request(request).expect("a known request").state
    }
}

/// A join message for a role.
pub(super) fn join_message(role: Role, classroom: Option<&str>) -> ClientMessage {
    ClientMessage::Join { role, classroom: classroom.map(class) }
}
