//! What is on air: what the master chose, as far as its source is there.
//!
//! A scene whose source is gone falls back by itself and comes back by itself: a screen share that breaks and returns is
//! on air again without a click. Only a talking classroom does not come back: with its floor the programme goes to what
//! was on air before.

use crate::id::ClassroomId;
use crate::journal::Fact;
use crate::lesson::rights::{Asked, Decision, refuse};
use crate::lesson::state::State;
use crate::lesson::studio::Studio;
use crate::wire::{ErrorCode, ProgrammeView, Scene, StudioCamera};

/// What the master chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Programme {
    scene: Scene,
    /// What was chosen before a classroom was.
    before: Scene,
    camera: StudioCamera,
}

impl Default for Programme {
    fn default() -> Self {
        Self { scene: Scene::Camera, before: Scene::Camera, camera: StudioCamera::Camera }
    }
}

impl Programme {
    pub(crate) fn set(&mut self, scene: &Scene, camera: StudioCamera) {
        (self.scene, self.camera) = (scene.clone(), camera);
        if classrooms(scene).is_empty() {
            self.before = scene.clone();
        }
    }

    /// Forgets a classroom scene as soon as one of its classrooms no longer has the floor.
    pub(crate) fn settle(&mut self, speaking: &[&ClassroomId]) {
        if classrooms(&self.scene).iter().any(|classroom| !speaking.contains(classroom)) {
            self.scene = self.before.clone();
        }
    }

    /// The classrooms on air.
    pub(crate) fn shown(&self) -> Vec<&ClassroomId> {
        classrooms(&self.scene)
    }

    /// The camera on air: the other one where the chosen one is gone.
    pub(crate) fn camera_on_air(&self, studio: &Studio) -> StudioCamera {
        match (self.camera, studio.camera.is_some(), studio.second.is_some()) {
            (StudioCamera::Camera, false, true) => StudioCamera::Second,
            (StudioCamera::Second, true, false) => StudioCamera::Camera,
            (chosen, ..) => chosen,
        }
    }

    pub(crate) fn view(&self, studio: &Studio, deck_open: bool) -> ProgrammeView {
        ProgrammeView {
            chosen: self.scene.clone(),
            on_air: self.on_air(studio, deck_open),
            camera: self.camera,
            camera_on_air: self.camera_on_air(studio),
        }
    }

    fn on_air(&self, studio: &Studio, deck_open: bool) -> Scene {
        let screen = studio.screen.is_some();
        match (&self.scene, studio.is_there(), deck_open) {
            (Scene::Screen, ..) if screen => Scene::Screen,
            // The last slide stays when the studio is gone.
            (Scene::Screen | Scene::SlidesAndCamera, true, true) => Scene::SlidesAndCamera,
            (Scene::Screen | Scene::SlidesAndCamera | Scene::Camera, false, true) => Scene::Slides,
            (Scene::Screen | Scene::SlidesAndCamera | Scene::Slides, _, false) => Scene::Camera,
            (chosen, ..) => chosen.clone(),
        }
    }
}

fn classrooms(scene: &Scene) -> Vec<&ClassroomId> {
    match scene {
        Scene::Classroom { classroom, .. } => vec![classroom],
        Scene::TwoClassrooms { a, b } => vec![a, b],
        _ => Vec::new(),
    }
}

/// The master chooses.
pub(crate) fn set(asked: &Asked<'_>, scene: &Scene, camera: StudioCamera) -> Decision {
    asked.master()?;
    for classroom in classrooms(scene) {
        if asked.spec.classroom(classroom).is_none() {
            return refuse(ErrorCode::NotFound, "no such classroom in this lesson");
        }
        if !asked.state.is_speaking(classroom) {
            return refuse(ErrorCode::WrongState, "the classroom does not hold the floor");
        }
    }
    if matches!(scene, Scene::TwoClassrooms { a, b } if a == b) {
        return refuse(ErrorCode::BadMessage, "two classrooms are two");
    }
    let State { programme, .. } = asked.state;
    if programme.scene == *scene && programme.camera == camera {
        return Ok(Vec::new());
    }
    Ok(vec![Fact::ProgrammeSet { scene: scene.clone(), camera }])
}
