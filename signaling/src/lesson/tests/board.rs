//! Slides, board and pen.

use super::*;
use crate::id::DeckId;
use crate::wire::{InkColour, Point, Points, Surface, Tool};

pub(super) fn deck(id: &str) -> DeckSpec {
    DeckSpec { id: DeckId::new(id), title: "浮力".to_owned(), pages: 21 }
}

fn lesson() -> Class {
    let mut lesson = Class::live(&["a", "b"]);
    lesson.shell.tell(Input::DeckAdded { deck: deck("d") });
    lesson.shell.say(lesson.master, ClientMessage::OpenDeck { deck: DeckId::new("d") });
    lesson
}

pub(super) fn line(n: usize) -> Points {
    Points((0..n).map(|x| Point { x: i16::try_from(x % 10_000).expect("small"), y: 5, pressure: 128 }).collect())
}

pub(super) fn stroke(surface: Surface, stroke: u32, points: Points, done: bool) -> ClientMessage {
    ClientMessage::DrawStroke { surface, stroke, tool: Tool::Pen, colour: InkColour::Red, width: 40, points, done }
}

pub(super) fn turn(surface: Surface, page: u16) -> ClientMessage {
    ClientMessage::TurnPage { surface, page }
}

#[test]
fn strokes_stay_on_their_page_and_late_joiners_see_them() {
    let mut lesson = lesson();
    let master = lesson.master;
    lesson.shell.say(master, turn(Surface::Deck, 9));
    lesson.shell.say(master, stroke(Surface::Deck, 1, line(100), false));
    lesson.shell.say(master, stroke(Surface::Deck, 1, line(28), true));
    lesson.shell.say(master, stroke(Surface::Board, 1, line(3), true));
    lesson.shell.say(master, ClientMessage::Point { surface: Surface::Deck, at: Some([6_100, -20]) });
    let shown = |lesson: &Class, conn: ConnectionId| {
        let surfaces = &lesson.shell.clients[&conn].snapshot.surfaces;
        let of = |surface: &crate::wire::SurfaceView| {
            (surface.page.page, surface.strokes.iter().map(|stroke| stroke.points.0.len()).collect::<Vec<_>>())
        };
        surfaces.iter().map(of).collect::<Vec<_>>()
    };
    let late = lesson.shell.join(Place::Observer);
    for conn in [lesson.screens["a"], late] {
        assert_eq!(shown(&lesson, conn), [(9, vec![128]), (1, vec![3])]);
        assert_eq!(lesson.shell.clients[&conn].snapshot.pointer.map(|pointer| pointer.at), Some([6_100, -20]));
    }
    lesson.shell.say(master, turn(Surface::Deck, 10));
    assert_eq!(shown(&lesson, late), [(10, vec![]), (1, vec![3])]);
    assert_eq!(lesson.shell.clients[&late].snapshot.pointer, None, "nobody points at a page that is gone");
    lesson.shell.say(master, turn(Surface::Deck, 9));
    assert_eq!(shown(&lesson, late), [(9, vec![128]), (1, vec![3])], "what was drawn is there again");

    lesson.shell.say(master, ClientMessage::CloseDeck);
    assert_eq!(shown(&lesson, late), [(1, vec![3])]);
    lesson.shell.say(master, ClientMessage::OpenDeck { deck: DeckId::new("d") });
    assert_eq!(shown(&lesson, late), [(9, vec![128]), (1, vec![3])], "a deck opens where it was left");
    lesson.shell.say(master, ClientMessage::EraseStroke { surface: Surface::Deck, stroke: 1 });
    lesson.shell.say(master, ClientMessage::ClearBoard { surface: Surface::Board });
    assert_eq!(shown(&lesson, late), [(9, vec![]), (1, vec![])]);

    let turned = lesson.shell.record.iter().filter_map(|order| match order {
        RecordOrder::Mark(Mark { what: Marked::PageTurned { surface: Surface::Deck, page, .. }, .. }) => Some(*page),
        _ => None,
    });
    assert_eq!(turned.collect::<Vec<_>>(), [1, 9, 10, 9, 0, 9], "each turn is on the recording's timeline");
}

#[test]
fn the_timeline_tells_the_stage_once_more() {
    let mut lesson = lesson();
    lesson.shell.wait(5_000);
    lesson.shell.say(lesson.master, stroke(Surface::Deck, 1, line(5), true));
    lesson.ask("a", 17, "秘密");
    let told = crate::timeline::of(lesson.shell.lesson.spec().clone(), &lesson.shell.journal);
    let live: Vec<_> = lesson.shell.inbox[&lesson.screens["b"]]
        .iter()
        .filter_map(|frame| match frame {
            ServerMessage::Delta { stream: crate::wire::Stream::Stage, events, .. } => Some(events.clone()),
            _ => None,
        })
        .collect();
    let again: Vec<_> = told.iter().map(|moment| moment.events.clone()).collect();
    assert!(again.ends_with(&live), "what the screen was told since it came");
    assert_eq!(told.last().map(|moment| moment.at_ms), Some(MORNING + 5_000));
    assert!(!format!("{told:?}").contains("秘密"), "nothing of the room");
}

#[test]
fn ink_is_bounded() {
    let mut lesson = lesson();
    let master = lesson.master;
    let too_long = stroke(Surface::Board, 1, line(129), true);
    assert_eq!(lesson.shell.refused(master, too_long), ErrorCode::BadMessage);
    for n in 0..80 {
        lesson.shell.say(master, stroke(Surface::Board, n, line(125), true));
    }
    assert_eq!(lesson.shell.refused(master, stroke(Surface::Board, 99, line(1), true)), ErrorCode::BoardFull);
    let page = serde_json::to_string(&lesson.shell.lesson.state.board.surfaces()).expect("JSON").len();
    assert!(page < 100_000, "a full page fits into a snapshot: {page} bytes");
    lesson.shell.say(master, ClientMessage::EraseStroke { surface: Surface::Board, stroke: 0 });
    lesson.shell.say(master, stroke(Surface::Board, 99, line(125), true));
    // Twenty full pages, and the board is full as a whole.
    for page in 2..=20 {
        lesson.shell.say(master, turn(Surface::Board, page));
        for n in 0..80 {
            lesson.shell.say(master, stroke(Surface::Board, n, line(125), true));
        }
    }
    lesson.shell.say(master, turn(Surface::Board, 21));
    assert_eq!(lesson.shell.refused(master, stroke(Surface::Board, 1, line(1), true)), ErrorCode::BoardFull);
    lesson.shell.say(master, turn(Surface::Board, 20));
    lesson.shell.say(master, ClientMessage::ClearBoard { surface: Surface::Board });
    lesson.shell.say(master, stroke(Surface::Board, 1, line(1), true));
}

#[test]
fn only_the_master_draws_and_only_where_there_is_a_page() {
    let mut lesson = lesson();
    let duty = lesson.shell.join(Place::Duty);
    let at = |surface| ClientMessage::Point { surface, at: Some([1, 1]) };
    let all = [
        ClientMessage::OpenDeck { deck: DeckId::new("d") },
        ClientMessage::CloseDeck,
        turn(Surface::Deck, 2),
        stroke(Surface::Deck, 1, line(2), true),
        ClientMessage::EraseStroke { surface: Surface::Deck, stroke: 1 },
        ClientMessage::ClearBoard { surface: Surface::Deck },
        at(Surface::Deck),
    ];
    for conn in [lesson.assistants["a"], lesson.screens["a"], duty] {
        for message in all.clone() {
            assert_eq!(lesson.shell.refused(conn, message), ErrorCode::Forbidden);
        }
    }
    let master = lesson.master;
    lesson.shell.say(master, stroke(Surface::Deck, 1, line(2), false));
    for (message, code) in [
        (ClientMessage::OpenDeck { deck: DeckId::new("no such") }, ErrorCode::NotFound),
        (turn(Surface::Deck, 0), ErrorCode::NotFound),
        (turn(Surface::Deck, 22), ErrorCode::NotFound),
        (turn(Surface::Board, 51), ErrorCode::NotFound),
        (stroke(Surface::Deck, 2, line(0), true), ErrorCode::BadMessage),
        (ClientMessage::EraseStroke { surface: Surface::Deck, stroke: 9 }, ErrorCode::NotFound),
        (
            ClientMessage::DrawStroke {
                surface: Surface::Deck,
                stroke: 1,
                tool: Tool::Pen,
                colour: InkColour::Blue,
                width: 40,
                points: line(1),
                done: false,
            },
            ErrorCode::BadMessage,
        ),
    ] {
        assert_eq!(lesson.shell.refused(master, message.clone()), code, "{message:?}");
    }
    lesson.shell.say(master, stroke(Surface::Deck, 1, line(0), true));
    assert_eq!(lesson.shell.refused(master, stroke(Surface::Deck, 1, line(1), false)), ErrorCode::WrongState);
    lesson.shell.say(master, ClientMessage::CloseDeck);
    for message in all.into_iter().skip(1) {
        assert_eq!(lesson.shell.refused(master, message), ErrorCode::WrongState);
    }
}

#[test]
fn decks_are_bounded_and_known_once() {
    let mut lesson = lesson();
    assert!(lesson.shell.tell(Input::DeckAdded { deck: deck("d") }).is_empty());
    for n in 1..DECKS_MAX {
        assert!(!lesson.shell.tell(Input::DeckAdded { deck: deck(&n.to_string()) }).is_empty());
    }
    assert!(lesson.shell.tell(Input::DeckAdded { deck: deck("one more") }).is_empty());
    let known = &lesson.shell.clients[&lesson.screens["a"]].snapshot.decks;
    assert_eq!(known.len(), DECKS_MAX);
    // A plan that names the deck by now replays to the same.
    let mut spec = lesson.shell.lesson.spec().clone();
    spec.decks.push(deck("d"));
    let replayed = Lesson::replay(spec, &lesson.shell.journal);
    assert_eq!(replayed.state.board.surfaces(), lesson.shell.lesson.state.board.surfaces());
}
