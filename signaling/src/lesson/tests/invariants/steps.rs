//! What may happen in a run.

use proptest::prelude::*;

use super::*;
use crate::id::{ClipId, DeckId, HelpId, PollId};
use crate::wire::{
    Answer, AnswerTo, AttendanceMark, Check, CheckResult, HelpKind, InkColour, Point, Points, PollBy, PollKind,
    SeatMark, StandIn, Surface, Tool, Verdict,
};

/// Classrooms of the lesson, and one that is not.
pub(super) const CLASSROOMS: [&str; 6] = ["a", "b", "c", "d", "e", "stranger"];

/// Some of them alike, some not fit to be said.
const TEXTS: [&str; 7] = [
    "木块为什么不会全部沉下去？",
    "木块为什么不会沉下去",
    "铝块换成铁块，排开的水一样多吗？",
    "why does it float",
    "Why does the block float?",
    " ",
    "a\u{202e}b",
];

/// One step of a run. Connections are named by number, the newest first.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A visitor that may take one place only, and says nothing yet.
    Connect(Place),
    Join(Place),
    JoinAgain {
        conn: usize,
        role: Role,
        classroom: Option<usize>,
    },
    Disconnect(usize),
    /// Anybody says anything.
    Say {
        conn: usize,
        words: Words,
    },
    /// Whoever sits there says anything.
    Seated {
        place: Place,
        words: Words,
    },
    /// Whoever has the right takes the next step.
    Climb {
        classroom: usize,
        other: usize,
        rung: u8,
    },
    Arrive {
        source: SourceKey,
        audio: bool,
        video: bool,
    },
    Gone(SourceKey),
    Wait(i64),
    Jump(i64),
    Restart,
    Told(Input),
    Device {
        words: Words,
        classroom: usize,
        seat: u16,
        answer: Answer,
    },
}

/// A message, with ids by number: most name something, the newest first, some name nothing.
#[derive(Clone, Debug)]
pub(super) struct Words {
    what: u8,
    one: usize,
    other: usize,
    number: u32,
    on: bool,
}

fn nth<T: Clone>(all: impl DoubleEndedIterator<Item = T>, n: usize) -> Option<T> {
    all.rev().nth(n)
}

impl Words {
    fn request(&self, state: &State) -> FloorRequestId {
        let all = state.floor.over.iter().chain(&state.floor.open).map(|request| request.id.clone());
        nth(all, self.one).unwrap_or_else(|| FloorRequestId::new("no such request"))
    }

    fn question(state: &State, n: usize) -> QuestionId {
        nth(state.questions.iter().map(|question| question.id.clone()), n)
            .unwrap_or_else(|| QuestionId::new("no such question"))
    }

    pub(super) fn poll(&self, state: &State) -> PollId {
        nth(state.polls.all.iter().map(|poll| poll.id.clone()), self.one / 4).unwrap_or_else(|| PollId::new("no such"))
    }

    fn help(&self, state: &State) -> HelpId {
        nth(state.help.open.iter().map(|call| call.id.clone()), self.one / 2).unwrap_or_else(|| HelpId::new("no such"))
    }

    fn classroom(n: usize) -> ClassroomId {
        class(CLASSROOMS[n % CLASSROOMS.len()])
    }

    fn text(&self) -> String {
        TEXTS[self.other % TEXTS.len()].to_owned()
    }

    fn seat(&self) -> u16 {
        u16::try_from(self.number % 42).expect("small")
    }

    fn surface(&self) -> Surface {
        if self.on { Surface::Board } else { Surface::Deck }
    }

    pub(super) fn message(&self, state: &State) -> ClientMessage {
        use ClientMessage as Says;
        let Self { one, other, number, on, .. } = *self;
        let request = || self.request(state);
        let (question, into) = (|| Self::question(state, one), || Self::question(state, other));
        match self.what {
            0 => Says::Snapshot,
            1 => Says::Ping { n: number.into() },
            2 => Says::StartLesson,
            // The bell rings rarely, or no run would get far.
            3 if number == 7 => Says::EndLesson,
            3 | 4 => Says::RaiseHand,
            5 => Says::LowerHand { request: request() },
            6 => Says::AcceptHand { request: request() },
            7 if on => Says::DeclineHand { request: request() },
            7 => Says::DenyFloor { request: request() },
            8 => Says::ReleaseFloor { request: request() },
            9 => Says::RevokeFloor { request: request() },
            10 => Says::ExtendFloor { request: request(), seconds: number },
            11 | 12 => Says::GrantFloor { request: request() },
            13 => Says::MuteFloor { request: request(), on },
            14 => Says::SetFloorLimit { limit: u8::try_from(number % 8).expect("small") },
            15 => {
                let marks =
                    [AttendanceMark::Absent, AttendanceMark::Late, AttendanceMark::LeftEarly, AttendanceMark::Present];
                let mark =
                    |n: usize| SeatMark { seat: self.seat() + u16::try_from(n).expect("small"), mark: marks[n % 4] };
                Says::TakeAttendance { marks: (0..other % 6).map(mark).collect() }
            }
            16..=18 => Says::AskQuestion {
                seat: (one != 0).then(|| self.seat()),
                text: (other != 0).then(|| self.text()),
                wants_to_speak: on,
            },
            19 => Says::AnswerHere { question: question() },
            20 | 21 => Says::MergeQuestion { question: question(), into: into() },
            22 | 23 => Says::EscalateQuestion { question: question() },
            24 => Says::WithdrawQuestion { question: question() },
            25 => Says::AnswerQuestion {
                question: question(),
                text: self.text(),
                to: if on { AnswerTo::Everyone } else { AnswerTo::Classroom },
            },
            26 => Says::PutOffQuestion { question: question() },
            27 => Says::SayToStaff { text: self.text(), classroom: on.then(|| Self::classroom(one)) },
            28 | 29 => Says::HoldTalk { on },
            30 => Says::CallHelp {
                kind: [HelpKind::Sound, HelpKind::Picture, HelpKind::Network, HelpKind::Other][one % 4],
                text: on.then(|| self.text()),
            },
            31 if on => Says::TakeHelp { help: self.help(state) },
            31 => Says::SettleHelp { help: self.help(state) },
            32 => Says::OpenDeck { deck: DeckId::new(format!("deck-{}", one % 3)) },
            33 if on => Says::CloseDeck,
            33 | 34 => Says::TurnPage { surface: self.surface(), page: u16::try_from(number % 5).expect("small") },
            35 | 36 => Says::DrawStroke {
                surface: self.surface(),
                stroke: number % 4,
                tool: [Tool::Pen, Tool::Highlighter, Tool::Line][one % 3],
                colour: InkColour::Red,
                width: u8::try_from(other % 3).expect("small"),
                points: Points((0..one % 5).map(|n| Point { x: n as i16, y: -7, pressure: 128 }).collect()),
                done: other.is_multiple_of(3),
            },
            37 if on => Says::EraseStroke { surface: Surface::Board, stroke: number % 4 },
            37 => Says::ClearBoard { surface: if one > 5 { Surface::Deck } else { Surface::Board } },
            38 => Says::Point { surface: self.surface(), at: (one > 2).then_some([one as i16, other as i16]) },
            39 => Says::OpenPoll {
                question: self.text(),
                kind: match one {
                    0..=3 => PollKind::Number,
                    n => PollKind::Choices { labels: vec!["一样".to_owned(); n - 3] },
                },
                by: [PollBy::Hands, PollBy::Seats, PollBy::Devices][number as usize % 3],
                correct: on.then(|| Answer::whole(1)),
                seconds: (other > 5).then_some(number % 100),
            },
            40 => Says::AnswerPoll { poll: self.poll(state), counts: vec![number % 20; other % 5] },
            41 => {
                Says::AnswerPollSeat { poll: self.poll(state), seat: self.seat(), answer: Answer::whole(other as i32) }
            }
            42 if number.is_multiple_of(3) => Says::ClosePoll { poll: self.poll(state) },
            42 => Says::ShowPollResult { poll: self.poll(state), on },
            43 | 44 => Says::StandIn {
                classroom: Self::classroom(one),
                show: match other % 4 {
                    0 => None,
                    1 => Some(StandIn::Page {
                        deck: DeckId::new(format!("deck-{}", one % 3)),
                        page: u16::try_from(number % 3).expect("small"),
                    }),
                    n => Some(StandIn::Clip { clip: ClipId::new(if n == 2 { "clip" } else { "another" }) }),
                },
            },
            _ => Says::SetProgramme {
                scene: self.scene(),
                camera: if on { StudioCamera::Second } else { StudioCamera::Camera },
            },
        }
    }

    fn scene(&self) -> Scene {
        match self.other % 7 {
            0 => Scene::Camera,
            1 => Scene::Slides,
            2 => Scene::SlidesAndCamera,
            3 => Scene::Board,
            4 => Scene::Screen,
            5 => Scene::Classroom { classroom: Self::classroom(self.one), large: self.on },
            _ => Scene::TwoClassrooms { a: Self::classroom(self.one), b: Self::classroom(self.number as usize) },
        }
    }
}

fn words() -> impl Strategy<Value = Words> {
    (0..47_u8, 0..10_usize, 0..10_usize, prop_oneof![0..120_u32, any::<u32>()], any::<bool>())
        .prop_map(|(what, one, other, number, on)| Words { what, one, other, number, on })
}

fn room() -> impl Strategy<Value = ClassroomId> {
    (0..CLASSROOMS.len()).prop_map(|n| class(CLASSROOMS[n]))
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        4 => Just(Place::Master),
        5 => room().prop_map(Place::Assistant),
        3 => room().prop_map(Place::Classroom),
        1 => Just(Place::Observer),
        1 => Just(Place::Duty),
    ]
}

fn source() -> impl Strategy<Value = SourceKey> {
    prop_oneof![
        2 => Just(SourceKey::Camera),
        1 => Just(SourceKey::Screen),
        1 => Just(SourceKey::Second),
        3 => room().prop_map(SourceKey::Classroom),
    ]
}

fn checked() -> impl Strategy<Value = Input> {
    (proptest::option::of(room()), 0..3_u8).prop_map(|(classroom, how)| {
        let verdict = [Verdict::Ok, Verdict::Warn, Verdict::Bad][usize::from(how)];
        let check = Check { verdict, reason: (how > 0).then(|| "muted".to_owned()) };
        let [camera, microphone, echo, loss, path, clock] = std::array::from_fn(|_| check.clone());
        Input::CheckResult { classroom, result: CheckResult { camera, microphone, echo, loss, path, clock } }
    })
}

/// What the shell tells.
fn told() -> impl Strategy<Value = Input> {
    prop_oneof![
        2 => any::<bool>().prop_map(|running| Input::Recording { running }),
        6 => Just(Input::Start),
        1 => prop::bool::weighted(0.1).prop_map(|end| if end { Input::End } else { Input::Start }),
        2 => (0..8_usize).prop_map(|n| {
            let account = CLASSROOMS.get(n).map_or("wang".to_owned(), |id| format!("assistant-{id}"));
            Input::Dismissed { account: AccountId::new(account) }
        }),
        2 => (0..3_u8).prop_map(|n| Input::DeckAdded {
            deck: DeckSpec { id: DeckId::new(format!("deck-{n}")), title: "例题".to_owned(), pages: n.into() },
        }),
        3 => (room(), proptest::option::of(0..3_u8)).prop_map(|(classroom, n)| Input::AssistantChanged {
            assistant: n.map(|n| person(&format!("assistant-{}", CLASSROOMS[usize::from(n)]))),
            classroom,
        }),
        2 => checked(),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let role = prop_oneof![Just(Role::Master), Just(Role::Assistant), Just(Role::Duty), Just(Role::Observer)];
    prop_oneof![
        8 => place().prop_map(Step::Join),
        1 => place().prop_map(Step::Connect),
        2 => (0..20_usize, role, proptest::option::of(0..CLASSROOMS.len()))
            .prop_map(|(conn, role, classroom)| Step::JoinAgain { conn, role, classroom }),
        2 => (0..20_usize).prop_map(Step::Disconnect),
        20 => (0..20_usize, words()).prop_map(|(conn, words)| Step::Say { conn, words }),
        50 => (place(), words()).prop_map(|(place, words)| Step::Seated { place, words }),
        70 => (0..5_usize, 0..5_usize, 0..climb::RUNGS)
            .prop_map(|(classroom, other, rung)| Step::Climb { classroom, other, rung }),
        4 => (source(), any::<bool>(), any::<bool>())
            .prop_map(|(source, audio, video)| Step::Arrive { source, audio, video }),
        3 => source().prop_map(Step::Gone),
        4 => (0..40_000_i64).prop_map(Step::Wait),
        1 => (-7_200_000..7_200_000_i64).prop_map(Step::Jump),
        8 => told().prop_map(Step::Told),
        2 => (words(), 0..6_usize, 0..42_u16, -1..4_i32).prop_map(|(words, classroom, seat, answer)| {
            Step::Device { words, classroom, seat, answer: Answer::whole(answer) }
        }),
        1 => Just(Step::Restart),
    ]
}
