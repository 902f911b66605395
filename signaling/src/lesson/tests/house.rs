//! A lesson with 500 classrooms: what it costs a seat does not grow with how many others there are.

use super::*;
use crate::id::DeckId;
use crate::wire::{Answer, AnswerTo, InkColour, Point, Points, PollBy, PollKind, Surface, Tool};

/// A lesson whose frames are weighed and not kept.
struct House {
    lesson: Lesson,
    now: i64,
    names: Vec<String>,
    /// Bytes to each member of an audience.
    bytes: BTreeMap<Audience, usize>,
    /// Bytes to single connections.
    sent: BTreeMap<ConnectionId, usize>,
    next_conn: u64,
}

fn weigh(message: &ServerMessage) -> usize {
    serde_json::to_string(message).expect("frames are JSON").len()
}

impl House {
    fn open(rooms: usize) -> Self {
        let names: Vec<_> = (0..rooms).map(|n| format!("01KC4M6R0DCLASS{n:011}")).collect();
        let mut spec = plan(&names.iter().map(String::as_str).collect::<Vec<_>>());
        spec.decks.push(DeckSpec {
            id: DeckId::new("01KC4M7D0ECKFUNCT10NSX9T6R"),
            title: "浮力".to_owned(),
            pages: 21,
        });
        let (bytes, sent) = Default::default();
        let mut house = Self { lesson: Lesson::new(spec), now: MORNING, names, bytes, sent, next_conn: 1 };
        house.join(Place::Master);
        for name in house.names.clone() {
            house.join(Place::Classroom(class(&name)));
            house.join(Place::Assistant(class(&name)));
        }
        house.tell(Input::Start);
        house
    }

    fn join(&mut self, place: Place) -> Vec<Effect> {
        let conn = ConnectionId(self.next_conn);
        self.next_conn += 1;
        let visitor = Visitor {
            seat: SeatId::new(format!("01KC4M8SEAT{:015}", conn.0)),
            account: AccountId::new(format!("01KC4M5ACC{:016}", conn.0)),
            name: "李老师".to_owned(),
            places: vec![place.clone()],
        };
        self.tell(Input::Connected { conn, visitor });
        let join = ClientMessage::Join { role: place.role(), classroom: place.classroom().cloned() };
        self.tell(Input::Message { conn, message: join })
    }

    fn tell(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.lesson.handle(input, self.now);
        for effect in &effects {
            match effect {
                Effect::Broadcast { audience, message } => {
                    *self.bytes.entry(audience.clone()).or_default() += weigh(message);
                }
                Effect::Send { conn, message } => *self.sent.entry(*conn).or_default() += weigh(message),
                _ => {}
            }
        }
        effects
    }

    fn say(&mut self, place: Place, message: ClientMessage) {
        let conn = self.lesson.seats.holder(&place).expect("everybody is there");
        let effects = self.tell(Input::Message { conn, message });
        assert!(!matches!(effects[..], [Effect::Send { message: ServerMessage::Error { .. }, .. }]), "{effects:?}");
    }

    fn room(&self, n: usize) -> ClassroomId {
        class(&self.names[n])
    }

    /// What a seat at that place was sent.
    fn cost(&self, place: &Place) -> usize {
        let audiences = place.audiences();
        let heard: usize = audiences.iter().filter_map(|audience| self.bytes.get(audience)).sum();
        let own = self.lesson.seats.holder(place).and_then(|conn| self.sent.get(&conn));
        heard + own.copied().unwrap_or_default()
    }

    /// A lively minute: the pen on the page for 20 s, a pointer, two page turns, hands, questions, a show of hands in
    /// every room, staff talk, lines that break.
    fn minute(&mut self) {
        (self.bytes, self.sent) = Default::default();
        let rooms = self.names.len();
        let deck = DeckId::new("01KC4M7D0ECKFUNCT10NSX9T6R");
        self.say(Place::Master, ClientMessage::OpenDeck { deck });
        for page in [2, 3] {
            self.say(Place::Master, ClientMessage::TurnPage { surface: Surface::Deck, page });
        }
        for n in 0..400_i16 {
            self.now += 50;
            let point = |at: i16| Point { x: 4_000 + n * 6 + at * 3, y: 3_000 + at * 7, pressure: 128 };
            self.say(
                Place::Master,
                ClientMessage::DrawStroke {
                    surface: Surface::Deck,
                    stroke: u32::from(n.unsigned_abs()) / 20,
                    tool: Tool::Pen,
                    colour: InkColour::Red,
                    width: 40,
                    points: Points((0..6).map(point).collect()),
                    done: n % 20 == 19,
                },
            );
        }
        for n in 0..100 {
            self.now += 100;
            self.say(Place::Master, ClientMessage::Point { surface: Surface::Deck, at: Some([n * 10, 500]) });
        }
        for n in 0..8 {
            let room = self.room(n);
            self.say(Place::Assistant(room.clone()), ClientMessage::RaiseHand);
            self.say(
                Place::Assistant(room),
                ClientMessage::AskQuestion {
                    seat: Some(17),
                    text: Some("木块浮在水面上，为什么还有一部分露在外面？".to_owned()),
                    wants_to_speak: false,
                },
            );
        }
        for n in 0..2 {
            let question = self.lesson.state.questions.iter().nth(n).expect("asked").id.clone();
            let room = self.room(n);
            self.say(Place::Assistant(room.clone()), ClientMessage::EscalateQuestion { question: question.clone() });
            let request = self.lesson.state.floor.hand_of(&room).expect("up").id.clone();
            self.say(Place::Master, ClientMessage::GrantFloor { request });
            let (text, to) = ("露出的部分不排开水。".to_owned(), AnswerTo::Everyone);
            self.say(Place::Master, ClientMessage::AnswerQuestion { question, text, to });
        }
        self.say(
            Place::Master,
            ClientMessage::OpenPoll {
                question: "测力计的示数会怎样？".to_owned(),
                kind: PollKind::Choices { labels: ["变大", "变小", "不变"].map(str::to_owned).to_vec() },
                by: PollBy::Hands,
                correct: Some(Answer::whole(1)),
                seconds: None,
            },
        );
        let poll = self.lesson.state.polls.newest().expect("open").id.clone();
        for n in 0..rooms {
            let counts = vec![5, 28, 4];
            self.say(Place::Assistant(self.room(n)), ClientMessage::AnswerPoll { poll: poll.clone(), counts });
        }
        self.say(Place::Master, ClientMessage::ShowPollResult { poll, on: true });
        for _ in 0..10 {
            let text = "好，讲完这页就连你们班。".to_owned();
            self.say(Place::Master, ClientMessage::SayToStaff { text, classroom: None });
        }
        // One room in fifty loses its line and comes back.
        for n in (0..rooms).skip(3).step_by(50) {
            let place = Place::Classroom(self.room(n));
            let conn = self.lesson.seats.holder(&place).expect("there");
            self.tell(Input::Disconnected { conn });
            self.join(place);
        }
    }
}

#[test]
fn a_join_costs_the_others_nothing() {
    let mut house = House::open(500);
    for place in [Place::Classroom(house.room(77)), Place::Assistant(house.room(78)), Place::Observer, Place::Duty] {
        (house.bytes, house.sent) = Default::default();
        let effects = house.join(place.clone());
        let own: Vec<_> = place.classroom().cloned().map(Audience::Room).into_iter().collect();
        for effect in &effects {
            match effect {
                Effect::Broadcast { audience, .. } => {
                    assert!(*audience == Audience::Desk || own.contains(audience), "{place:?} told {audience:?}");
                }
                Effect::Send { message, .. } => assert!(matches!(message, ServerMessage::Snapshot(_))),
                _ => {}
            }
        }
        for other in [Place::Classroom(house.room(3)), Place::Assistant(house.room(3))] {
            assert_eq!(house.cost(&other), 0);
        }
        assert!(house.cost(&Place::Master) < 600, "one small delta for the desk");
    }
}

#[test]
fn a_lively_minute_costs_a_classroom_the_same_among_500_as_among_10() {
    let cost = |rooms: usize| {
        let mut house = House::open(rooms);
        house.minute();
        let room = house.room(9);
        let seats = [Place::Classroom(room.clone()), Place::Assistant(room), Place::Master];
        let [screen, assistant, master] = seats.map(|place| house.cost(&place));
        let all: usize = (0..rooms)
            .flat_map(|n| [Place::Classroom(house.room(n)), Place::Assistant(house.room(n))])
            .map(|place| house.cost(&place))
            .sum();
        println!(
            "{rooms} classrooms, one lively minute: screen {screen} B, assistant {assistant} B, master {master} B, \
             all seats {} kB ({} kbit/s)",
            (all + master) / 1_000,
            (all + master) * 8 / 60_000
        );
        (screen, assistant, master)
    };
    let (small, large) = (cost(10), cost(500));
    assert!(large.0 < small.0 * 11 / 10, "a screen: {} B among 500, {} B among 10", large.0, small.0);
    assert!(large.1 < small.1 * 11 / 10, "an assistant: {} B among 500, {} B among 10", large.1, small.1);
    assert!(large.0 < 256 * 1_024 && large.2 < 1_024 * 1_024);
}

#[test]
fn a_queue_of_500_is_not_told_to_everybody_at_each_step() {
    let mut house = House::open(500);
    for n in 0..500 {
        house.say(Place::Assistant(house.room(n)), ClientMessage::RaiseHand);
    }
    let request = house.lesson.state.floor.hand_of(&house.room(0)).expect("up").id.clone();
    (house.bytes, house.sent) = Default::default();
    house.say(Place::Master, ClientMessage::GrantFloor { request });
    let (screen, master) = (house.cost(&Place::Classroom(house.room(400))), house.cost(&Place::Master));
    println!("a grant with 499 waiting: screen {screen} B, master {master} B");
    assert!(screen < 6_000 && master < 64 * 1_024, "screen {screen} B, master {master} B");
}

#[test]
fn snapshots_of_a_full_house() {
    let mut house = House::open(500);
    house.minute();
    for n in 0..500 {
        for text in ["木块浮在水面上，为什么还有一部分露在外面？", "铝块放进盐水里，示数会变大还是变小？"]
        {
            let text = Some(text.to_owned());
            let ask = ClientMessage::AskQuestion { seat: Some(17), text, wants_to_speak: true };
            house.say(Place::Assistant(house.room(n)), ask);
        }
    }
    let room = house.room(0);
    for (place, most) in [
        (Place::Classroom(room.clone()), 96 * 1_024),
        (Place::Assistant(room), 96 * 1_024),
        (Place::Master, 1_536 * 1_024),
    ] {
        (house.bytes, house.sent) = Default::default();
        house.say(place.clone(), ClientMessage::Snapshot);
        let bytes = house.cost(&place);
        println!("snapshot among 500 classrooms with 1,000 open questions: {:?} {bytes} B", place.role());
        assert!(bytes < most, "{place:?}: {bytes} B");
    }
}
