//! Any order of messages from any roles keeps the invariants. One seed, one run.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::lesson::snapshot;
use crate::wire::SlotKind;

/// Classrooms of the lesson, and one that is not.
const CLASSROOMS: [&str; 6] = ["a", "b", "c", "d", "e", "stranger"];

/// One step of a run. Connections and requests are named by number; most numbers name something, some name nothing.
#[derive(Clone, Debug)]
enum Step {
    /// A visitor that may take one place only, and says nothing yet.
    Connect(Place),
    Join(Place),
    /// The seat that has the right does it to a classroom's open request; else the runs would rarely get that far.
    Ladder {
        classroom: usize,
        rung: u8,
    },
    JoinAgain {
        conn: usize,
        role: Role,
        classroom: Option<usize>,
    },
    Disconnect(usize),
    Say {
        conn: usize,
        what: u8,
        request: usize,
        seconds: u32,
    },
    Arrive {
        source: usize,
        audio: bool,
        video: bool,
    },
    Gone(usize),
    Wait(i64),
    Jump(i64),
    Recording(bool),
    Start,
    End,
    Dismiss(usize),
    Restart,
}

fn place() -> impl Strategy<Value = Place> {
    let id = || (0..CLASSROOMS.len()).prop_map(|n| class(CLASSROOMS[n]));
    prop_oneof![
        2 => Just(Place::Master),
        3 => id().prop_map(Place::Assistant),
        3 => id().prop_map(Place::Classroom),
        1 => Just(Place::Observer),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let role = prop_oneof![Just(Role::Master), Just(Role::Assistant), Just(Role::Classroom), Just(Role::Observer)];
    prop_oneof![
        8 => place().prop_map(Step::Join),
        1 => place().prop_map(Step::Connect),
        30 => (0..5_usize, 0..10_u8).prop_map(|(classroom, rung)| Step::Ladder { classroom, rung }),
        2 => (0..20_usize, role, proptest::option::of(0..CLASSROOMS.len()))
            .prop_map(|(conn, role, classroom)| Step::JoinAgain { conn, role, classroom }),
        2 => (0..20_usize).prop_map(Step::Disconnect),
        20 => (0..20_usize, 0..14_u8, 0..12_usize, prop_oneof![0..120_u32, any::<u32>()])
            .prop_map(|(conn, what, request, seconds)| Step::Say { conn, what, request, seconds }),
        4 => (0..8_usize, any::<bool>(), any::<bool>())
            .prop_map(|(source, audio, video)| Step::Arrive { source, audio, video }),
        3 => (0..8_usize).prop_map(Step::Gone),
        4 => (0..40_000_i64).prop_map(Step::Wait),
        1 => (-7_200_000..7_200_000_i64).prop_map(Step::Jump),
        1 => any::<bool>().prop_map(Step::Recording),
        4 => Just(Step::Start),
        1 => prop::bool::weighted(0.1).prop_map(|end| if end { Step::End } else { Step::Start }),
        1 => (0..8_usize).prop_map(Step::Dismiss),
        1 => Just(Step::Restart),
    ]
}

fn source(number: usize) -> SourceKey {
    match number {
        0 => SourceKey::Camera,
        1 => SourceKey::Screen,
        n => SourceKey::Classroom(class(CLASSROOMS[n - 2])),
    }
}

/// A run: the shell, the connections it opened, and the requests it has seen.
struct Run {
    shell: Shell,
    conns: Vec<ConnectionId>,
    requests: Vec<FloorRequestId>,
}

impl Run {
    fn conn(&self, number: usize) -> ConnectionId {
        // The newest connections are the ones that are likely to be open.
        let newest = self.conns.len().checked_sub(number + 1).and_then(|index| self.conns.get(index));
        newest.copied().unwrap_or(ConnectionId(u64::MAX))
    }

    fn request(&self, number: usize) -> FloorRequestId {
        let newest = self.requests.len().checked_sub(number + 1).and_then(|index| self.requests.get(index));
        newest.cloned().unwrap_or_else(|| FloorRequestId::new("no such request"))
    }

    fn message(&self, what: u8, request: FloorRequestId, seconds: u32) -> ClientMessage {
        match what {
            0 => ClientMessage::Snapshot,
            1 => ClientMessage::Ping { n: u64::from(seconds) },
            2 => ClientMessage::StartLesson,
            // The bell rings rarely, or no run would get far.
            3 if seconds == 7 => ClientMessage::EndLesson,
            3..=6 => ClientMessage::RaiseHand,
            7 => ClientMessage::LowerHand { request },
            8 => ClientMessage::AcceptHand { request },
            9 if seconds.is_multiple_of(2) => ClientMessage::DeclineHand { request },
            9 => ClientMessage::DenyFloor { request },
            10 => ClientMessage::ReleaseFloor { request },
            11 => ClientMessage::RevokeFloor { request },
            12 => ClientMessage::ExtendFloor { request, seconds },
            _ => ClientMessage::GrantFloor { request },
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Join(place) => {
                let conn = self.shell.join(place);
                self.conns.push(conn);
            }
            Step::Connect(place) => {
                let conn = self.shell.connect("somebody", vec![place]);
                self.conns.push(conn);
            }
            Step::Ladder { classroom, rung } => self.climb(class(CLASSROOMS[classroom]), rung),
            Step::JoinAgain { conn, role, classroom } => {
                let message = join_message(role, classroom.map(|n| CLASSROOMS[n]));
                self.say(self.conn(conn), message);
            }
            Step::Disconnect(conn) => drop(self.shell.tell(Input::Disconnected { conn: self.conn(conn) })),
            Step::Say { conn, what, request, seconds } => {
                let message = self.message(what, self.request(request), seconds);
                self.say(self.conn(conn), message);
            }
            Step::Arrive { source: number, audio, video } => {
                if let SourceKey::Classroom(classroom) = source(number) {
                    // A new publish session starts with its gate closed.
                    self.shell.gates.remove(&classroom);
                }
                drop(self.shell.tell(Input::SourceArrived { source: source(number), audio, video }));
            }
            Step::Gone(number) => drop(self.shell.tell(Input::SourceGone { source: source(number) })),
            Step::Wait(ms) => self.shell.wait(ms),
            Step::Jump(ms) => self.shell.now += ms,
            Step::Recording(running) => drop(self.shell.tell(Input::Recording { running })),
            Step::Start => drop(self.shell.tell(Input::Start)),
            Step::End => drop(self.shell.tell(Input::End)),
            Step::Dismiss(number) => {
                let account = CLASSROOMS.get(number).map_or("wang".to_owned(), |id| format!("assistant-{id}"));
                drop(self.shell.tell(Input::Dismissed { account: AccountId::new(account) }));
            }
            Step::Restart => self.shell.restart(),
        }
        for line in &self.shell.journal {
            for fact in &line.facts {
                if let Fact::HandRaised { request, .. } = fact
                    && !self.requests.contains(request)
                {
                    self.requests.push(request.clone());
                }
            }
        }
    }

    /// One rung of the ladder from a raised hand to its end, by whoever sits where that takes.
    fn climb(&mut self, classroom: ClassroomId, rung: u8) {
        let request = self.shell.lesson.state.request_of(&classroom).map(|request| request.id.clone());
        let (place, message) = match (request, rung) {
            (None, 0..=4) => (Place::Classroom(classroom), ClientMessage::RaiseHand),
            (None, _) => (Place::Assistant(classroom), ClientMessage::RaiseHand),
            (Some(request), 0..=2) => (Place::Assistant(classroom), ClientMessage::AcceptHand { request }),
            (Some(request), 3..=7) => (Place::Master, ClientMessage::GrantFloor { request }),
            (Some(request), 8) => (Place::Master, ClientMessage::RevokeFloor { request }),
            (Some(request), _) => (Place::Classroom(classroom), ClientMessage::ReleaseFloor { request }),
        };
        if let Some(conn) = self.shell.lesson.seats.holder(&place) {
            self.say(conn, message);
        }
    }

    /// Says it, and checks that whatever came of it was this seat's right, or that nothing came of it.
    fn say(&mut self, conn: ConnectionId, message: ClientMessage) {
        let place = self.shell.lesson.place(conn).cloned();
        let visitor = self.shell.lesson.seats.visitor(conn).cloned();
        let before = self.shell.lesson.state.clone();
        let effects = self.shell.say(conn, message);
        let refused = matches!(effects.as_slice(), [Effect::Send { message: ServerMessage::Error { .. }, .. }]);
        if refused || effects.is_empty() {
            assert_eq!(self.shell.lesson.state, before, "a refused message changed something");
            return;
        }
        for effect in &effects {
            let Effect::Journal(line) = effect else { continue };
            for fact in &line.facts {
                if let Fact::SeatTaken { place, .. } = fact {
                    let places = visitor.as_ref().map(|visitor| &visitor.places);
                    assert!(places.is_some_and(|places| places.contains(place)), "{places:?} took {place:?}");
                }
                assert!(may(place.as_ref(), fact, &before), "{place:?} brought about {fact:?}");
            }
        }
    }
}

/// The rights once more, said from the facts' side: which seat may bring about which fact by a message, and in which
/// state of the request.
fn may(place: Option<&Place>, fact: &Fact, before: &State) -> bool {
    let is_master = place == Some(&Place::Master);
    let is_assistant = matches!(place, Some(Place::Assistant(_)));
    let own = place.and_then(Place::classroom);
    let request = |id| before.request(id).map(|request| (request.state, Some(&request.classroom) == own));
    let waiting = [FloorState::Pending, FloorState::Accepted];
    match fact {
        Fact::LessonStarted | Fact::LessonEnded | Fact::RecordingChanged { .. } => is_master,
        Fact::SeatTaken { .. } => place.is_none(),
        Fact::HandRaised { classroom, .. } => own == Some(classroom) && before.request_of(classroom).is_none(),
        // An assistant's own raised hand is accepted in the same line, before the lesson knows it.
        Fact::HandAccepted { request: id } => {
            is_assistant && request(id).is_none_or(|(state, own)| own && state == FloorState::Pending)
        }
        Fact::FloorGranted { request: id, .. } => {
            is_master && request(id).is_some_and(|(state, _)| waiting.contains(&state))
        }
        Fact::FloorExtended { request: id, .. } => {
            is_master && request(id).is_some_and(|(state, _)| state == FloorState::Granted)
        }
        Fact::FloorEnded { request: id, end } => {
            use crate::wire::FloorEnd as End;
            let Some((state, own)) = request(id) else { return false };
            match end {
                End::DeclinedByAssistant => is_assistant && own && state == FloorState::Pending,
                End::LoweredByClassroom => own && waiting.contains(&state),
                End::ReleasedByClassroom => own && state == FloorState::Granted,
                End::DeniedByMaster => is_master && waiting.contains(&state),
                End::RevokedByMaster => is_master && state == FloorState::Granted,
                End::LessonEnded => is_master,
                End::TimedOut | End::ClassroomLost => false,
            }
        }
        Fact::SeatLeft { .. } | Fact::SourceArrived { .. } | Fact::SourceGone { .. } | Fact::Resumed => false,
    }
}

fn check(shell: &Shell) {
    let lesson = &shell.lesson;
    let state = &lesson.state;
    let speaking: BTreeSet<ClassroomId> = state.speaking().into_iter().cloned().collect();

    assert!(speaking.len() <= usize::from(lesson.spec.floor_limit), "more floors than allowed");
    assert!(shell.gates.is_subset(&speaking), "an open gate without a floor");
    for (id, _) in state.classrooms.iter().filter(|(id, presence)| speaking.contains(*id) && presence.media.is_some()) {
        assert!(shell.gates.contains(id), "{id} has the floor and is not heard");
    }
    assert!(state.phase == LessonState::Live || state.open.is_empty(), "a hand outside the lesson");

    // Slots: the forwarder has the newest table; it names the studio while it is there, and each speaker once a kind.
    assert_eq!(shell.slots, lesson.slots());
    let (audio, video) = shell.on_slots();
    let heard: BTreeSet<_> = audio.iter().map(|(_, id)| id.clone()).collect();
    assert_eq!((audio.len(), &heard), (speaking.len(), &speaking), "every speaker is heard on one slot");
    assert!(video.iter().all(|(index, id)| *index >= 2 && speaking.contains(id)));
    assert_eq!(video.len(), speaking.len().min(2), "no picture slot stays free while a speaker waits for one");
    for slot in &shell.slots {
        let on_air = state.phase == LessonState::Live;
        match (&slot.source, slot.kind, slot.index) {
            (Some(SourceView::Camera), SlotKind::Audio | SlotKind::Video, 0) => {
                assert!(on_air && state.studio.camera.is_some())
            }
            (Some(SourceView::Screen), SlotKind::Video, 1) => assert!(on_air && state.studio.screen.is_some()),
            (Some(SourceView::Classroom { .. }), _, index) => assert!(index >= 1),
            (None, ..) => {}
            other => panic!("{other:?} is on the wrong slot"),
        }
    }

    // The queue: accepted hands are numbered from 1 without a gap, one open request for each classroom.
    let mut places: Vec<_> = state.open.iter().filter_map(|request| request.position).collect();
    places.sort_unstable();
    assert!(places.iter().copied().eq(1..=u32::try_from(places.len()).expect("few")));
    for request in &state.open {
        assert_eq!(request.position.is_some(), request.state == FloorState::Accepted);
        assert_eq!(state.open.iter().filter(|other| other.classroom == request.classroom).count(), 1);
    }

    // The journal gives the same state, and so the same snapshot for every seat.
    let lines: Vec<_> =
        shell.journal.iter().map(|line| JournalLine::decode(&line.encode()).expect("own line")).collect();
    let replayed = Lesson::replay(lesson.spec.clone(), &lines);
    assert_eq!(replayed.state, *state, "replay differs");

    // What each client knows is what a fresh snapshot would tell it; only staff hear what is for staff.
    for (conn, client) in &shell.clients {
        let place = lesson.place(*conn).expect("a client with a snapshot has a seat");
        let seat = lesson.seats.view(*conn).expect("and is shown it");
        assert_eq!(shell.subscribed.contains(&(*conn, true)), place.is_staff());
        let fresh = snapshot::of(&lesson.spec, state, place, seat.clone(), shell.now);
        assert_eq!(fresh, snapshot::of(&replayed.spec, &replayed.state, place, seat, shell.now));
        let fresh = Client { snapshot: fresh };
        assert_eq!(client.open(), fresh.open(), "{place:?} knows other hands");
        let (known, fresh) = (&client.snapshot, &fresh.snapshot);
        assert_eq!(known.streams, fresh.streams);
        assert_eq!((known.state, known.started_ms, known.recording), (fresh.state, fresh.started_ms, fresh.recording));
        assert_eq!((&known.studio, &known.slots), (&fresh.studio, &fresh.slots));
        if place.is_staff() {
            assert_eq!(known.classrooms, fresh.classrooms);
        }
        let hidden = |request: &&FloorRequestView| {
            let known = state.request(&request.id);
            !place.is_staff()
                && place.classroom() != Some(&request.classroom)
                && !known.is_none_or(|known| known.public)
        };
        assert_eq!(known.floor.iter().find(hidden), None, "{place:?} knows of another's pending hand");
    }
}

fn run(floor_limit: u8, steps: Vec<Step>) {
    let mut spec = plan(&CLASSROOMS[..5]);
    spec.floor_limit = floor_limit;
    let mut run = Run { shell: Shell::new(spec), conns: Vec::new(), requests: Vec::new() };
    for step in steps {
        run.take(step);
        check(&run.shell);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_messages_from_any_roles_keeps_the_invariants(
        floor_limit in 0..8_u8,
        steps in vec(step(), 1..150),
    ) {
        run(floor_limit, steps);
    }

    #[test]
    fn a_full_house_keeps_the_invariants(floor_limit in 1..4_u8, steps in vec(step(), 1..150)) {
        let everybody = CLASSROOMS[..5].iter().flat_map(|id| [Place::Assistant(class(id)), Place::Classroom(class(id))]);
        let opening = everybody.chain([Place::Master]).map(Step::Join).chain([Step::Start]);
        run(floor_limit, opening.chain(steps).collect());
    }
}
