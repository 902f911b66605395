//! What is on air, and what is when that is gone.

use super::*;
use crate::id::DeckId;
use crate::wire::{Scene, StudioCamera};

fn set(scene: Scene) -> ClientMessage {
    ClientMessage::SetProgramme { scene, camera: StudioCamera::Camera }
}

fn talking(classroom: &str) -> Scene {
    Scene::Classroom { classroom: class(classroom), large: true }
}

impl Class {
    fn on_air(&self) -> Scene {
        self.shell.clients[&self.screens["a"]].snapshot.programme.on_air.clone()
    }

    fn open_deck(&mut self) {
        let deck = DeckSpec { id: DeckId::new("d"), title: "浮力".to_owned(), pages: 3 };
        self.shell.tell(Input::DeckAdded { deck });
        self.shell.say(self.master, ClientMessage::OpenDeck { deck: DeckId::new("d") });
    }
}

#[test]
fn a_scene_falls_back_and_comes_back_by_itself() {
    let mut lesson = Class::live(&["a"]);
    lesson.shell.arrive(SourceKey::Camera);
    lesson.shell.say(lesson.master, set(Scene::SlidesAndCamera));
    assert_eq!(lesson.on_air(), Scene::Camera, "no deck is open yet");
    lesson.open_deck();
    assert_eq!(lesson.on_air(), Scene::SlidesAndCamera);
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Camera });
    assert_eq!(lesson.on_air(), Scene::Slides, "the last slide stays when the studio is gone");
    lesson.shell.arrive(SourceKey::Camera);
    assert_eq!(lesson.on_air(), Scene::SlidesAndCamera);

    lesson.shell.say(lesson.master, set(Scene::Screen));
    lesson.shell.arrive(SourceKey::Screen);
    assert_eq!(lesson.on_air(), Scene::Screen);
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Screen });
    assert_eq!(lesson.on_air(), Scene::SlidesAndCamera);
    lesson.shell.arrive(SourceKey::Screen);
    assert_eq!(lesson.on_air(), Scene::Screen, "a screen share that returns is on air without a click");
    lesson.shell.say(lesson.master, set(Scene::Board));
    assert_eq!(lesson.on_air(), Scene::Board);
}

#[test]
fn a_talking_classroom_is_on_air_while_it_has_the_floor() {
    let mut lesson = Class::live(&["a", "b", "c"]);
    lesson.shell.arrive(SourceKey::Camera);
    lesson.open_deck();
    lesson.shell.say(lesson.master, set(Scene::Slides));
    assert_eq!(lesson.shell.refused(lesson.master, set(talking("a"))), ErrorCode::WrongState);
    let [a, _, _] = ["a", "b", "c"].map(|id| lesson.grant(id));
    assert_eq!(lesson.shell.on_slots().1, [(2, class("a")), (3, class("b"))]);
    let two = Scene::TwoClassrooms { a: class("a"), b: class("c") };
    lesson.shell.say(lesson.master, set(two.clone()));
    assert_eq!((lesson.on_air(), lesson.shell.on_slots().1), (two, vec![(2, class("a")), (3, class("c"))]));
    lesson.shell.say(lesson.master, set(talking("c")));
    lesson.shell.say(lesson.master, ClientMessage::RevokeFloor { request: a });
    assert_eq!(lesson.on_air(), talking("c"), "another floor's end changes nothing");
    lesson.shell.wait(60_000);
    assert_eq!(lesson.on_air(), Scene::Slides, "then what was on air before");
    lesson.grant("c");
    assert_eq!(lesson.on_air(), Scene::Slides, "a new floor is not on air by itself");
}

#[test]
fn scenes_that_cannot_be_are_refused() {
    let mut lesson = Class::live(&["a", "b"]);
    lesson.grant("a");
    let twice = Scene::TwoClassrooms { a: class("a"), b: class("a") };
    let half = Scene::TwoClassrooms { a: class("a"), b: class("b") };
    for (scene, code) in [
        (talking("b"), ErrorCode::WrongState),
        (half, ErrorCode::WrongState),
        (twice, ErrorCode::BadMessage),
        (talking("z"), ErrorCode::NotFound),
    ] {
        assert_eq!(lesson.shell.refused(lesson.master, set(scene)), code);
    }
    for conn in [lesson.assistants["a"], lesson.screens["a"]] {
        assert_eq!(lesson.shell.refused(conn, set(Scene::Board)), ErrorCode::Forbidden);
    }
}

#[test]
fn the_other_camera_takes_over_when_the_chosen_one_is_gone() {
    let mut lesson = Class::live(&["a"]);
    let picture = |lesson: &Class| {
        lesson
            .shell
            .slots
            .iter()
            .find(|slot| slot.kind == crate::wire::SlotKind::Video && slot.index == 0)
            .and_then(|slot| slot.source.clone())
    };
    lesson.shell.arrive(SourceKey::Camera);
    lesson.shell.arrive(SourceKey::Second);
    assert_eq!(picture(&lesson), Some(SourceView::Camera));
    let second = ClientMessage::SetProgramme { scene: Scene::Camera, camera: StudioCamera::Second };
    lesson.shell.say(lesson.master, second);
    assert_eq!(picture(&lesson), Some(SourceView::Second));
    assert_eq!(lesson.shell.slots[0].source, Some(SourceView::Camera), "the voice stays the first camera's");
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Camera });
    assert_eq!(lesson.shell.slots[0].source, Some(SourceView::Second), "unless it is gone");
    let studio = |lesson: &Class| lesson.shell.clients[&lesson.screens["a"]].snapshot.studio;
    assert_eq!(studio(&lesson).lost_since_ms, None, "one camera is enough");
    lesson.shell.tell(Input::SourceGone { source: SourceKey::Second });
    assert_eq!(studio(&lesson).lost_since_ms, Some(lesson.shell.now));
    lesson.shell.arrive(SourceKey::Camera);
    assert_eq!((picture(&lesson), studio(&lesson).lost_since_ms), (Some(SourceView::Camera), None));
}
