//! Any order of messages from any roles keeps the invariants. One seed, one run.

mod climb;
mod may;
mod steps;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::lesson::board::{POINTS_PER_LESSON, POINTS_PER_PAGE};
use crate::lesson::floor::FloorRequest;
use crate::lesson::questions::{OPEN_PER_CLASSROOM, QUESTIONS_MAX};
use crate::lesson::snapshot;
use crate::lesson::staff_talk::TALKERS_MAX;
use crate::wire::{QuestionState, Scene, SlotKind, StudioCamera};
use may::may;
use steps::{CLASSROOMS, Step, step};

/// A run: the shell, and the connections it opened.
struct Run {
    shell: Shell,
    conns: Vec<ConnectionId>,
}

impl Run {
    fn conn(&self, number: usize) -> ConnectionId {
        // The newest connections are the ones that are likely to be open.
        let newest = self.conns.len().checked_sub(number + 1).and_then(|index| self.conns.get(index));
        newest.copied().unwrap_or(ConnectionId(u64::MAX))
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
            Step::JoinAgain { conn, role, classroom } => {
                let message = join_message(role, classroom.map(|n| CLASSROOMS[n]));
                self.say(self.conn(conn), message);
            }
            Step::Disconnect(conn) => drop(self.shell.tell(Input::Disconnected { conn: self.conn(conn) })),
            Step::Say { conn, words } => {
                let message = words.message(&self.shell.lesson.state);
                self.say(self.conn(conn), message);
            }
            Step::Seated { place, words } => {
                if let Some(conn) = self.sitting(&place) {
                    let message = words.message(&self.shell.lesson.state);
                    self.say(conn, message);
                }
            }
            Step::Climb { classroom, other, rung } => {
                let (classroom, other) = (class(CLASSROOMS[classroom]), class(CLASSROOMS[other]));
                let said = climb::climb(&self.shell.lesson.state, &classroom, &other, rung);
                if let Some((place, message)) = said
                    && let Some(conn) = self.sitting(&place)
                {
                    self.say(conn, message);
                }
            }
            Step::Arrive { source, audio, video } => {
                if let SourceKey::Classroom(classroom) = &source {
                    // A new publish session starts with its gate closed.
                    self.shell.gates.remove(classroom);
                    self.shell.heard.remove(classroom);
                }
                drop(self.shell.tell(Input::SourceArrived { source, audio, video }));
            }
            Step::Gone(source) => drop(self.shell.tell(Input::SourceGone { source })),
            Step::Wait(ms) => self.shell.wait(ms),
            Step::Jump(ms) => self.shell.now += ms,
            Step::Restart => self.shell.restart(),
            Step::Told(input) => drop(self.shell.tell(input)),
            Step::Device { words, classroom, seat, answer } => {
                let poll = words.poll(&self.shell.lesson.state);
                let classroom = class(CLASSROOMS[classroom]);
                drop(self.shell.tell(Input::DeviceAnswer { poll, classroom, seat, answer }));
            }
        }
    }

    /// Somebody who sits at that place.
    fn sitting(&self, place: &Place) -> Option<ConnectionId> {
        let seats = &self.shell.lesson.seats;
        seats.connections().find(|conn| seats.place(*conn) == Some(place))
    }

    /// Says it, and checks that whatever came of it was this seat's right, or that nothing came of it.
    fn say(&mut self, conn: ConnectionId, message: ClientMessage) {
        let place = self.shell.lesson.place(conn).cloned();
        let visitor = self.shell.lesson.seats.visitor(conn).cloned();
        let before = self.shell.lesson.state.clone();
        let effects = self.shell.say(conn, message.clone());
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
                assert!(may(place.as_ref(), fact, &before), "{place:?} brought about {fact:?} by {message:?}");
                if let Fact::FloorGranted { request, .. } = fact {
                    assert!(seen_by_all(&effects, request), "{request} skipped the queue unseen");
                }
            }
        }
    }
}

/// Every seat is told that a request has the floor.
fn seen_by_all(effects: &[Effect], id: &FloorRequestId) -> bool {
    effects.iter().any(|effect| {
        matches!(effect, Effect::Broadcast { audience: Audience::Stage, message: ServerMessage::Delta { events, .. } }
            if events.iter().any(|event| matches!(event, Event::FloorChanged { request } if request.id == *id)))
    })
}

fn check(shell: &Shell) {
    check_floor(shell);
    check_questions(shell);
    check_bounds(shell);
    check_clients(shell);
}

fn check_floor(shell: &Shell) {
    let lesson = &shell.lesson;
    let state = &lesson.state;
    let speaking: BTreeSet<ClassroomId> = state.floor.speaking().into_iter().cloned().collect();

    assert!(speaking.len() <= 6, "more floors than there may ever be");
    assert_eq!(speaking.len(), state.floor.speaking().len(), "a classroom has the floor twice");
    assert!(shell.gates.is_subset(&speaking), "an open gate without a floor");
    assert!(shell.heard.is_subset(&shell.gates));
    for id in speaking.iter().filter(|id| state.classrooms[*id].media.is_some()) {
        assert!(shell.gates.contains(id), "{id} has the floor and is not seen");
        let request = state.floor.granted_to(id).expect("it speaks");
        assert_eq!(shell.heard.contains(id), !request.muted_by_master && !request.muted_by_classroom);
    }
    assert!(state.phase == LessonState::Live || state.floor.open.is_empty(), "a hand outside the lesson");

    // Slots: the forwarder has the newest table; it names the studio while it is there, and each speaker once a kind.
    assert_eq!(shell.slots, lesson.slots());
    let (audio, video) = shell.on_slots();
    let heard: BTreeSet<_> = audio.iter().map(|(_, id)| id.clone()).collect();
    assert_eq!((audio.len(), &heard), (speaking.len(), &speaking), "every speaker is heard on one slot");
    assert!(video.iter().all(|(index, id)| *index >= 2 && speaking.contains(id)));
    assert_eq!(video.len(), speaking.len().min(2), "no picture slot stays free while a speaker waits for one");
    let programme = state.programme_view();
    for slot in &shell.slots {
        let on_air = state.phase == LessonState::Live;
        match (&slot.source, slot.kind, slot.index) {
            (Some(SourceView::Camera), SlotKind::Audio, 0) => assert!(on_air && state.studio.camera.is_some()),
            (Some(SourceView::Second), SlotKind::Audio, 0) => assert!(on_air && state.studio.second.is_some()),
            (Some(SourceView::Camera), SlotKind::Video, 0) => {
                assert!(on_air && state.studio.camera.is_some());
                assert_eq!(programme.camera_on_air, StudioCamera::Camera);
            }
            (Some(SourceView::Second), SlotKind::Video, 0) => {
                assert!(on_air && state.studio.second.is_some());
                assert_eq!(programme.camera_on_air, StudioCamera::Second);
            }
            (Some(SourceView::Screen), SlotKind::Video, 1) => assert!(on_air && state.studio.screen.is_some()),
            (Some(SourceView::Classroom { .. }), _, index) => assert!(index >= 1),
            (None, ..) => {}
            other => panic!("{other:?} is on the wrong slot"),
        }
    }
    let shown = |id: &ClassroomId| video.iter().any(|(_, shown)| shown == id);
    match &programme.on_air {
        Scene::Screen => assert!(state.studio.screen.is_some()),
        Scene::Slides | Scene::SlidesAndCamera => assert!(state.board.open_deck().is_some()),
        Scene::Classroom { classroom, .. } => assert!(shown(classroom)),
        Scene::TwoClassrooms { a, b } => assert!(shown(a) && shown(b) && a != b),
        Scene::Camera | Scene::Board => {}
    }

    // The queue: accepted requests are numbered from 1 without a gap; one bare hand for each classroom.
    let open = &state.floor.open;
    let mut places: Vec<_> = open.iter().filter_map(|request| request.position).collect();
    places.sort_unstable();
    assert!(places.iter().copied().eq(1..=u32::try_from(places.len()).expect("few")));
    for request in open {
        assert_eq!(request.position.is_some(), request.state == FloorState::Accepted);
        let twin = |other: &&FloorRequest| other.classroom == request.classroom && other.question == request.question;
        assert_eq!(open.iter().filter(twin).count(), 1);
    }
}

fn check_questions(shell: &Shell) {
    let state = &shell.lesson.state;
    for question in state.questions.iter() {
        let request = state.floor.of_question(&question.id);
        let on_floor = question.state == QuestionState::OnFloor;
        let ended = state.phase == LessonState::Ended;
        assert!(ended || request.is_some() == question.is_at_desk(), "{question:?}");
        assert_eq!(request.is_some_and(FloorRequest::is_granted), on_floor);
        assert_eq!(question.merged_into.is_some(), question.state == QuestionState::Merged);
        if let Some(root) = &question.merged_into {
            let root = state.questions.get(root).expect("roots of open questions are kept");
            assert!(root.merged_into.is_none(), "a chain of merged questions");
            assert_eq!(root.settled_ms, question.settled_ms, "a part is settled with its root");
        }
        let others = question.askers.iter().any(|asker| *asker != question.classroom);
        let by_its_own = matches!(question.state, QuestionState::AnsweredHere | QuestionState::Withdrawn);
        assert!(!(others && by_its_own), "one classroom settled what others ask");
    }
}

fn check_bounds(shell: &Shell) {
    let state = &shell.lesson.state;
    assert!(state.questions.iter().count() <= QUESTIONS_MAX);
    assert!(CLASSROOMS.iter().all(|id| state.questions.open_of(&class(id)) <= OPEN_PER_CLASSROOM));
    let talkers: BTreeSet<_> = state.staff_talk.talkers.iter().map(|talker| talker.place.clone()).collect();
    assert!(talkers.len() <= TALKERS_MAX && talkers.len() == state.staff_talk.talkers.len());
    assert_eq!(shell.talk, talkers, "who is heard is who holds the key");
    assert!(talkers.iter().all(|place| shell.lesson.seats.holder(place).is_some()), "an empty seat talks");
    let stood_in = state.classrooms.values().any(|room| room.stand_in.is_some());
    assert!(
        !stood_in || state.studio.lost_since_ms.is_some(),
        "the studio is back, and a screen still goes its own way"
    );
    let surfaces = state.board.surfaces();
    let points = |surface: &crate::wire::SurfaceView| surface.strokes.iter().map(|s| s.points.0.len()).sum::<usize>();
    assert!(surfaces.iter().all(|surface| points(surface) <= POINTS_PER_PAGE));
    assert!(surfaces.iter().map(points).sum::<usize>() <= POINTS_PER_LESSON);
    let open_polls = state.polls.all.iter().filter(|poll| poll.closed_ms.is_none()).count();
    assert!(open_polls <= usize::from(state.phase == LessonState::Live));
    for attendance in shell.clients.values().flat_map(|client| &client.snapshot.attendance) {
        assert_eq!(attendance.present + attendance.absent, attendance.enrolled);
    }
}

/// What each client knows is what a fresh snapshot would tell it.
fn check_clients(shell: &Shell) {
    let lesson = &shell.lesson;
    for (conn, client) in &shell.clients {
        let place = lesson.place(*conn).expect("a client with a snapshot has a seat");
        let subscribed: Vec<_> =
            shell.subscribed.iter().filter(|(subscriber, _)| subscriber == conn).map(|(_, to)| to.clone()).collect();
        assert_eq!(subscribed, place.audiences());
        let seat = lesson.seats.view(*conn).expect("and is shown it");
        client.assert_knows(&snapshot::of(&lesson.spec, &lesson.state, place, seat, shell.now));
    }
}

/// The journal gives the same state, and so the same snapshot for every seat.
fn check_replay(shell: &Shell) {
    let lesson = &shell.lesson;
    let lines: Vec<_> =
        shell.journal.iter().map(|line| JournalLine::decode(&line.encode()).expect("own line")).collect();
    let replayed = Lesson::replay(lesson.spec.clone(), &lines);
    assert_eq!(replayed.state, lesson.state, "replay differs");
    for conn in shell.clients.keys() {
        let (place, seat) = (lesson.place(*conn).expect("a seat"), lesson.seats.view(*conn).expect("a seat"));
        let fresh = snapshot::of(&lesson.spec, &lesson.state, place, seat.clone(), shell.now);
        assert_eq!(fresh, snapshot::of(&replayed.spec, &replayed.state, place, seat, shell.now));
    }
}

fn run(floor_limit: u8, steps: Vec<Step>) -> Shell {
    let mut spec = plan(&CLASSROOMS[..5]);
    spec.floor_limit = floor_limit;
    spec.decks.push(DeckSpec { id: crate::id::DeckId::new("deck-0"), title: "浮力".to_owned(), pages: 3 });
    spec.fallback = Some(crate::id::ClipId::new("clip"));
    spec.starts_ms = Some(MORNING);
    // The last classroom has no class list.
    spec.classrooms[4].seats.clear();
    let mut run = Run { shell: Shell::new(spec), conns: Vec::new() };
    for (n, step) in steps.into_iter().enumerate() {
        run.take(step);
        check(&run.shell);
        if n % 16 == 0 {
            check_replay(&run.shell);
        }
    }
    check_replay(&run.shell);
    // A plan that lost a classroom and its deck since does not keep the lesson from coming back.
    let less = Lesson::replay(plan(&CLASSROOMS[1..5]), &run.shell.journal);
    let gone = class(CLASSROOMS[0]);
    assert!(less.state.floor.open.iter().all(|request| request.classroom != gone));
    assert!(less.state.questions.iter().all(|question| question.classroom != gone));
    crate::report::of(&less.spec, &run.shell.journal);
    run.shell
}

/// The runs reach what they are meant to check: every kind of fact comes about in some of them.
#[test]
fn the_runs_bring_about_every_kind_of_fact() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, TestRunner};

    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &[7; 32]),
    );
    let mut seen = BTreeSet::new();
    for _ in 0..60 {
        let steps = vec(step(), 300..301).new_tree(&mut runner).expect("steps").current();
        for fact in run(3, full_house(steps)).journal.iter().flat_map(|line| &line.facts) {
            let fact = serde_json::to_value(fact).expect("facts are JSON");
            let end = fact["end"].as_str().map(|end| format!(" {end}")).unwrap_or_default();
            seen.insert(format!("{}{end}", fact["fact"].as_str().expect("a name")));
        }
    }
    let all = "assistant_changed attendance_taken board_cleared deck_added deck_closed deck_opened devices_checked \
        floor_extended floor_granted floor_limit_set floor_muted hand_accepted hand_raised help_called help_settled \
        help_taken lesson_ended lesson_started page_turned pointed poll_answered poll_closed poll_counted poll_extended poll_opened \
        poll_shown programme_set question_answered question_answered_here question_asked question_escalated \
        question_merged question_put_off question_withdrawn recording_changed resumed seat_left seat_taken \
        source_arrived source_gone staff_said stand_in_shown stroke_drawn stroke_erased talk_closed \
        talk_opened";
    let ends = "answered_here answered_in_text classroom_lost declined_by_assistant denied_by_master lesson_ended \
        lowered_by_classroom question_merged question_withdrawn released_by_classroom revoked_by_master timed_out";
    let ends = ends.split_whitespace().map(|end| format!("floor_ended {end}"));
    let all: BTreeSet<_> = all.split_whitespace().map(str::to_owned).chain(ends).collect();
    assert_eq!(seen, all);
}

/// Everybody is there and the lesson is live before the steps begin.
fn full_house(steps: Vec<Step>) -> Vec<Step> {
    let everybody = CLASSROOMS[..5].iter().flat_map(|id| [Place::Assistant(class(id)), Place::Classroom(class(id))]);
    let staff = [Place::Master, Place::Duty, Place::Observer];
    let opening = everybody.chain(staff).map(Step::Join).chain([Step::Told(Input::Start)]);
    opening.chain(steps).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_messages_from_any_roles_keeps_the_invariants(
        floor_limit in 0..8_u8,
        steps in vec(step(), 1..200),
    ) {
        run(floor_limit, steps);
    }

    #[test]
    fn a_full_house_keeps_the_invariants(floor_limit in 1..4_u8, steps in vec(step(), 1..300)) {
        run(floor_limit, full_house(steps));
    }
}
