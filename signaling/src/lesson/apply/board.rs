//! Facts about slides, board and pen, and how they come to the recording's timeline.

use crate::journal::Fact;
use crate::lesson::board::deck_view;
use crate::lesson::changes::{Changes, Touched};
use crate::lesson::mark::Marked;
use crate::lesson::state::State;
use crate::wire::{Event, PageView, StrokeView, Surface, SurfaceView};

impl State {
    pub(super) fn board_fact(&mut self, fact: &Fact, touched: &mut Touched, changes: &mut Changes) {
        if !self.board.apply(fact) {
            return;
        }
        let turned = match fact {
            Fact::DeckAdded { deck } => {
                changes.stage(Event::DeckAdded { deck: deck_view(deck) });
                return;
            }
            Fact::StrokeDrawn { surface, stroke, ink, points, done } => {
                let stroke = StrokeView { stroke: *stroke, ink: *ink, points: points.clone(), done: *done };
                touched.marks.push(Marked::StrokeDrawn { surface: *surface, piece: stroke.clone() });
                changes.stage(Event::StrokeDrawn { surface: *surface, stroke });
                return;
            }
            Fact::StrokeErased { surface, stroke } => {
                touched.marks.push(Marked::StrokeErased { surface: *surface, stroke: *stroke });
                changes.stage(Event::StrokeErased { surface: *surface, stroke: *stroke });
                return;
            }
            Fact::BoardCleared { surface } => {
                touched.marks.push(Marked::BoardCleared { surface: *surface });
                changes.stage(Event::BoardCleared { surface: *surface });
                return;
            }
            Fact::Pointed { pointer } => {
                touched.marks.push(Marked::Pointed { pointer: *pointer });
                changes.stage(Event::Pointed { pointer: *pointer });
                return;
            }
            Fact::PageTurned { surface, .. } => *surface,
            _ => Surface::Deck,
        };
        let surface = self.board.surface(turned);
        self.mark_page(&surface, touched);
        changes.stage(Event::PageTurned { surface });
    }

    /// The timeline begins, or goes on after it may have lost its last lines: what is shown, with its ink. The other
    /// pages' ink follows when they are turned to.
    pub(super) fn mark_surfaces(&mut self, touched: &mut Touched) {
        self.board.forget_marked();
        touched.marks.push(Marked::SceneShown { scene: self.programme_view().on_air });
        for surface in self.board.surfaces() {
            self.board.note_marked(&surface.page);
            touched.marks.push(page_turned(surface.page, Some(surface.strokes)));
        }
    }

    fn mark_page(&mut self, surface: &SurfaceView, touched: &mut Touched) {
        let unknown = self.board.note_marked(&surface.page);
        touched.marks.push(page_turned(surface.page.clone(), unknown.then(|| surface.strokes.clone())));
    }
}

fn page_turned(page: PageView, strokes: Option<Vec<StrokeView>>) -> Marked {
    let PageView { surface, deck, page } = page;
    Marked::PageTurned { surface, deck, page, strokes }
}
