//! Who may turn pages and draw, and how much.

use super::{BOARD_PAGES, POINTS_PER_LESSON, POINTS_PER_MESSAGE, POINTS_PER_PAGE};
use crate::id::DeckId;
use crate::journal::Fact;
use crate::lesson::rights::{Asked, Decision, Refusal, refuse};
use crate::lesson::spec::{DECK_PAGES_MAX, DECKS_MAX, DeckSpec};
use crate::lesson::state::State;
use crate::wire::{ErrorCode, Ink, LessonState, PageView, PointerView, Points, Surface};

/// A deck prepared in mid-lesson, by order of the shell.
pub(crate) fn add_deck(state: &State, mut deck: DeckSpec) -> Vec<Fact> {
    let full = state.board.decks.len() >= DECKS_MAX;
    if full || state.board.deck(&deck.id).is_some() || state.phase == LessonState::Ended {
        return Vec::new();
    }
    deck.pages = deck.pages.clamp(1, DECK_PAGES_MAX);
    vec![Fact::DeckAdded { deck }]
}

pub(crate) fn open_deck(asked: &Asked<'_>, deck: &DeckId) -> Decision {
    asked.master()?;
    if asked.state.board.deck(deck).is_none() {
        return refuse(ErrorCode::NotFound, "no such deck in this lesson");
    }
    let open = asked.state.board.open.as_ref() == Some(deck);
    Ok(if open { Vec::new() } else { vec![Fact::DeckOpened { deck: deck.clone() }] })
}

pub(crate) fn close_deck(asked: &Asked<'_>) -> Decision {
    page(asked, Surface::Deck)?;
    Ok(vec![Fact::DeckClosed])
}

pub(crate) fn turn(asked: &Asked<'_>, surface: Surface, to: u16) -> Decision {
    let now = page(asked, surface)?;
    let pages = match surface {
        Surface::Board => BOARD_PAGES,
        Surface::Deck => asked.state.board.open_deck().map_or(0, |deck| deck.pages),
    };
    if !(1..=pages).contains(&to) {
        return refuse(ErrorCode::NotFound, "no such page");
    }
    Ok(if now.page == to { Vec::new() } else { vec![Fact::PageTurned { surface, page: to }] })
}

pub(crate) fn draw(
    asked: &Asked<'_>,
    surface: Surface,
    stroke: u32,
    ink: Ink,
    points: &Points,
    done: bool,
) -> Decision {
    let page = page(asked, surface)?;
    if points.0.len() > POINTS_PER_MESSAGE {
        return refuse(ErrorCode::BadMessage, "points: at most 128 in one message");
    }
    if ink.width == 0 {
        return refuse(ErrorCode::BadMessage, "width: from 1 to 255");
    }
    let board = &asked.state.board;
    match board.strokes(&page).iter().find(|known| known.stroke == stroke) {
        Some(known) if known.done => return refuse(ErrorCode::WrongState, "that stroke is done"),
        Some(known) if known.ink != ink => return refuse(ErrorCode::BadMessage, "a stroke looks the same all along"),
        None if points.0.is_empty() => return refuse(ErrorCode::BadMessage, "points: a stroke begins with one"),
        _ => {}
    }
    let more = points.0.len();
    if board.points_on(&page) + more > POINTS_PER_PAGE || board.points + more > POINTS_PER_LESSON {
        return refuse(ErrorCode::BoardFull, "the page holds as much ink as it may");
    }
    Ok(vec![Fact::StrokeDrawn { surface, stroke, ink, points: points.clone(), done }])
}

pub(crate) fn erase(asked: &Asked<'_>, surface: Surface, stroke: u32) -> Decision {
    let page = page(asked, surface)?;
    match asked.state.board.strokes(&page).iter().any(|known| known.stroke == stroke) {
        true => Ok(vec![Fact::StrokeErased { surface, stroke }]),
        false => refuse(ErrorCode::NotFound, "no such stroke on this page"),
    }
}

pub(crate) fn clear(asked: &Asked<'_>, surface: Surface) -> Decision {
    let page = page(asked, surface)?;
    let empty = asked.state.board.strokes(&page).is_empty();
    Ok(if empty { Vec::new() } else { vec![Fact::BoardCleared { surface }] })
}

pub(crate) fn point(asked: &Asked<'_>, surface: Surface, at: Option<[i16; 2]>) -> Decision {
    page(asked, surface)?;
    let pointer = at.map(|at| PointerView { surface, at });
    Ok(if asked.state.board.pointer == pointer { Vec::new() } else { vec![Fact::Pointed { pointer }] })
}

/// The page the master's message is about.
fn page(asked: &Asked<'_>, surface: Surface) -> Result<PageView, Refusal> {
    asked.master()?;
    let closed = Refusal { code: ErrorCode::WrongState, message: "no deck is open" };
    asked.state.board.page(surface).ok_or(closed)
}
