//! Slides and board: which deck is open at which page, what is drawn on each page, where the master points.
//!
//! Strokes belong to a page and stay there when the page is turned. All of it is bounded, so that a page fits into a
//! snapshot.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use rules::{add_deck, clear, close_deck, draw, erase, open_deck, point, turn};

use crate::id::DeckId;
use crate::journal::Fact;
use crate::lesson::spec::{DeckSpec, LessonSpec};
use crate::wire::{DeckView, Ink, PageView, Point, PointerView, Points, StrokeView, Surface, SurfaceView};

/// The most points on one page.
pub(crate) const POINTS_PER_PAGE: usize = 10_000;
/// The most points on all pages of a lesson.
pub(crate) const POINTS_PER_LESSON: usize = 200_000;
/// The most points in one message.
pub(crate) const POINTS_PER_MESSAGE: usize = 128;
/// How many pages the blank board has.
pub(crate) const BOARD_PAGES: u16 = 50;

/// A stroke on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stroke {
    pub(crate) stroke: u32,
    pub(crate) ink: Ink,
    points: Vec<Point>,
    pub(crate) done: bool,
}

impl Stroke {
    fn view(&self) -> StrokeView {
        StrokeView { stroke: self.stroke, ink: self.ink, points: Points(self.points.clone()), done: self.done }
    }
}

/// Decks, pages and ink of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Board {
    decks: Vec<DeckSpec>,
    open: Option<DeckId>,
    /// Where each deck was left.
    deck_pages: BTreeMap<DeckId, u16>,
    board_page: u16,
    /// What is drawn on each page that holds anything.
    ink: BTreeMap<PageView, Vec<Stroke>>,
    /// Points on all pages.
    points: usize,
    /// Pages with ink of which the recording's timeline does not know, or may have lost, what is on them.
    unmarked: BTreeSet<PageView>,
    pub(crate) pointer: Option<PointerView>,
}

impl Board {
    pub(crate) fn new(spec: &LessonSpec) -> Self {
        Self {
            decks: spec.decks.clone(),
            open: None,
            deck_pages: BTreeMap::new(),
            board_page: 1,
            ink: BTreeMap::new(),
            points: 0,
            unmarked: BTreeSet::new(),
            pointer: None,
        }
    }

    pub(crate) fn deck(&self, id: &DeckId) -> Option<&DeckSpec> {
        self.decks.iter().find(|deck| deck.id == *id)
    }

    pub(crate) fn decks(&self) -> Vec<DeckView> {
        self.decks.iter().map(deck_view).collect()
    }

    /// The deck that is open.
    pub(crate) fn open_deck(&self) -> Option<&DeckSpec> {
        self.open.as_ref().and_then(|id| self.deck(id))
    }

    /// The page a surface shows; `None` for slides while no deck is open.
    pub(crate) fn page(&self, surface: Surface) -> Option<PageView> {
        match surface {
            Surface::Board => Some(PageView { surface, deck: None, page: self.board_page }),
            Surface::Deck => {
                let deck = self.open.clone()?;
                let page = self.deck_pages.get(&deck).copied().unwrap_or(1);
                Some(PageView { surface, deck: Some(deck), page })
            }
        }
    }

    fn strokes(&self, page: &PageView) -> &[Stroke] {
        self.ink.get(page).map_or(&[], Vec::as_slice)
    }

    fn points_on(&self, page: &PageView) -> usize {
        self.strokes(page).iter().map(|stroke| stroke.points.len()).sum()
    }

    /// A surface with what is drawn on its page; an empty page 0 for slides while no deck is open.
    pub(crate) fn surface(&self, surface: Surface) -> SurfaceView {
        let page = self.page(surface).unwrap_or(PageView { surface, deck: None, page: 0 });
        let strokes = self.strokes(&page).iter().map(Stroke::view).collect();
        SurfaceView { page, strokes }
    }

    /// The surfaces that show something.
    pub(crate) fn surfaces(&self) -> Vec<SurfaceView> {
        [Surface::Deck, Surface::Board]
            .into_iter()
            .filter(|s| self.page(*s).is_some())
            .map(|s| self.surface(s))
            .collect()
    }

    /// From here on the timeline knows nothing of what was drawn before.
    pub(crate) fn forget_marked(&mut self) {
        self.unmarked = self.ink.keys().cloned().collect();
    }

    /// The timeline is told of a page; returns whether it must be told of the ink on it too.
    pub(crate) fn note_marked(&mut self, page: &PageView) -> bool {
        self.unmarked.remove(page)
    }

    /// Applies a fact; returns whether it was one about decks, pages or ink that this lesson has.
    pub(crate) fn apply(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::DeckAdded { deck } => {
                let new = self.deck(&deck.id).is_none();
                self.decks.extend(new.then(|| deck.clone()));
                new
            }
            Fact::DeckOpened { deck } => self.turn_to(Surface::Deck, |board| board.open = Some(deck.clone())),
            Fact::DeckClosed => self.turn_to(Surface::Deck, |board| board.open = None),
            Fact::PageTurned { surface, page } => self.turn_to(*surface, |board| match (surface, board.open.clone()) {
                (Surface::Board, _) => board.board_page = *page,
                (Surface::Deck, Some(deck)) => drop(board.deck_pages.insert(deck, *page)),
                (Surface::Deck, None) => {}
            }),
            Fact::StrokeDrawn { surface, stroke, ink, points, done } => {
                let Some(page) = self.page(*surface) else { return false };
                let strokes = self.ink.entry(page).or_default();
                self.points += points.0.len();
                match strokes.iter_mut().find(|known| known.stroke == *stroke) {
                    Some(known) => {
                        known.points.extend_from_slice(&points.0);
                        known.done = *done;
                    }
                    None => strokes.push(Stroke { stroke: *stroke, ink: *ink, points: points.0.clone(), done: *done }),
                }
                true
            }
            Fact::StrokeErased { surface, stroke } => self.remove(*surface, |known| known.stroke == *stroke),
            Fact::BoardCleared { surface } => self.remove(*surface, |_| true),
            Fact::Pointed { pointer } => {
                self.pointer = *pointer;
                true
            }
            _ => false,
        }
    }

    /// Nobody points at a page that is gone.
    fn turn_to(&mut self, surface: Surface, turn: impl FnOnce(&mut Self)) -> bool {
        turn(self);
        self.pointer = self.pointer.filter(|pointer| pointer.surface != surface);
        true
    }

    fn remove(&mut self, surface: Surface, which: impl Fn(&Stroke) -> bool) -> bool {
        let Some(page) = self.page(surface) else { return false };
        let Some(strokes) = self.ink.get_mut(&page) else { return false };
        let before: usize = strokes.iter().map(|stroke| stroke.points.len()).sum();
        strokes.retain(|stroke| !which(stroke));
        let after: usize = strokes.iter().map(|stroke| stroke.points.len()).sum();
        if strokes.is_empty() {
            self.ink.remove(&page);
        }
        self.points -= before - after;
        true
    }
}

/// A deck as clients see it.
pub(crate) fn deck_view(deck: &DeckSpec) -> DeckView {
    DeckView { id: deck.id.clone(), title: deck.title.clone(), pages: deck.pages }
}
