//! The recording's timeline: slides, board, ink and pointer at any moment follow from it. What it holds and what the
//! lesson showed at each moment is a fixture, which the replay page's own fold is tested with.

use serde_json::{Value, json};

use super::board::{deck, line, stroke, turn};
use super::*;
use crate::id::DeckId;
use crate::wire::{Scene, StudioCamera, Surface};

/// The marks as the recorder writes them, and what was shown at some moments.
#[derive(Default)]
struct Told {
    lines: Vec<Value>,
    moments: Vec<Value>,
}

impl Told {
    /// Takes up what was marked since the last time.
    fn listen(&mut self, shell: &mut Shell) {
        for order in shell.record.drain(..) {
            let RecordOrder::Mark(mark) = order else { continue };
            let Ok(Value::Object(mut fields)) = serde_json::to_value(&mark) else { panic!("an object") };
            assert_eq!(serde_json::from_value::<Mark>(Value::Object(fields.clone())).expect("a mark"), mark);
            let kind = fields.remove("mark").expect("a kind");
            fields.remove("at_ms");
            fields.extend([("kind".to_owned(), kind), ("media_ms".to_owned(), json!(mark.at_ms - MORNING))]);
            self.lines.push(Value::Object(fields));
        }
    }

    /// Notes what is shown, and lets a tenth of a second pass.
    fn note(&mut self, shell: &mut Shell) {
        self.listen(shell);
        let board = &shell.lesson.state.board;
        let scene = shell.lesson.state.programme_view().on_air;
        self.moments.push(json!({
            "at_ms": shell.now - MORNING, "surfaces": board.surfaces(), "pointer": board.pointer, "scene": scene,
        }));
        shell.wait(100);
    }
}

#[test]
fn the_recording_knows_every_page_as_it_stood() {
    let mut shell = Shell::new(plan(&["a"]));
    let mut told = Told::default();
    let master = shell.join(Place::Master);
    let draw = |surface, number, points: usize, done| stroke(surface, number, line(points), done);
    // Drawn before the lesson begins: on a page that is not shown at its start, and on the board.
    shell.tell(Input::DeckAdded { deck: deck("d") });
    for message in [
        ClientMessage::OpenDeck { deck: DeckId::new("d") },
        draw(Surface::Deck, 1, 3, true),
        turn(Surface::Deck, 2),
        draw(Surface::Board, 1, 2, true),
    ] {
        shell.say(master, message);
    }
    told.listen(&mut shell);
    assert!(told.lines.is_empty(), "nothing is recorded before the lesson begins");

    let point = |at| ClientMessage::Point { surface: Surface::Deck, at };
    let scene = |scene| ClientMessage::SetProgramme { scene, camera: StudioCamera::Camera };
    for message in [
        ClientMessage::StartLesson,
        scene(Scene::SlidesAndCamera),
        draw(Surface::Deck, 1, 4, false),
        draw(Surface::Deck, 1, 5, false),
        draw(Surface::Deck, 2, 2, true),
        draw(Surface::Deck, 1, 1, true),
        point(Some([6_100, 2_450])),
        turn(Surface::Deck, 1),
        draw(Surface::Deck, 2, 2, true),
        ClientMessage::EraseStroke { surface: Surface::Deck, stroke: 1 },
        // The number is free again, and another stroke takes it.
        draw(Surface::Deck, 1, 6, true),
        scene(Scene::Board),
        turn(Surface::Board, 2),
        draw(Surface::Board, 7, 3, false),
    ] {
        shell.say(master, message);
        told.note(&mut shell);
    }
    // The server is killed, and the timeline's last line was not written yet.
    told.lines.pop();
    told.moments.pop();
    shell.restart();
    let master = shell.join(Place::Master);
    for message in [
        draw(Surface::Board, 7, 3, true),
        turn(Surface::Board, 1),
        turn(Surface::Deck, 2),
        point(Some([10, 20])),
        point(None),
        ClientMessage::ClearBoard { surface: Surface::Board },
        ClientMessage::CloseDeck,
        scene(Scene::Camera),
        ClientMessage::OpenDeck { deck: DeckId::new("d") },
        turn(Surface::Deck, 1),
    ] {
        shell.say(master, message);
        told.note(&mut shell);
    }
    let fixture = include_str!("../../../fixtures/timeline/pages.json");
    let now = json!({ "lines": told.lines, "moments": told.moments });
    let written: Value = serde_json::from_str(fixture).expect("JSON");
    assert_eq!(written, now, "the fixture is not what the lesson tells:\n{now:#}");
}

#[test]
fn a_page_is_told_whole_once_and_a_lesson_that_is_not_recorded_tells_nothing() {
    let mut lesson = Class::live(&["a"]);
    let master = lesson.master;
    lesson.shell.tell(Input::DeckAdded { deck: deck("d") });
    lesson.shell.say(master, ClientMessage::OpenDeck { deck: DeckId::new("d") });
    lesson.shell.say(master, stroke(Surface::Deck, 1, line(100), true));
    lesson.shell.restart();
    let master = lesson.shell.join(Place::Master);
    let whole = |shell: &Shell| {
        let told = |order: &&RecordOrder| {
            let RecordOrder::Mark(Mark { what: Marked::PageTurned { surface, strokes, .. }, .. }) = order else {
                return false;
            };
            *surface == Surface::Deck && strokes.is_some()
        };
        shell.record.iter().filter(told).count()
    };
    assert_eq!(whole(&lesson.shell), 1, "the page that is shown, when the lesson is taken up again");
    for page in [2, 1, 2, 1] {
        lesson.shell.say(master, turn(Surface::Deck, page));
    }
    assert_eq!(whole(&lesson.shell), 1, "leafing does not write a page again");

    let mut spec = plan(&["a"]);
    spec.recorded = false;
    let mut silent = Class::begin(spec, &["a"]);
    silent.shell.say(silent.master, stroke(Surface::Board, 1, line(3), true));
    silent.shell.say(silent.master, turn(Surface::Board, 2));
    assert_eq!(silent.shell.record, []);
}
