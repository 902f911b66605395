//! Everything a journal brings back: the part of a lesson that is the sum of its facts.

use std::collections::BTreeMap;

use crate::id::{ClassroomId, QuestionId};
use crate::lesson::attendance::Attendance;
use crate::lesson::audience::Positions;
use crate::lesson::board::Board;
use crate::lesson::checks::Checks;
use crate::lesson::floor::{Floor, FloorRequest};
use crate::lesson::help::Help;
use crate::lesson::polls::Polls;
use crate::lesson::presence::Presence;
use crate::lesson::programme::Programme;
use crate::lesson::questions::{Question, Questions};
use crate::lesson::spec::LessonSpec;
use crate::lesson::staff_talk::StaffTalk;
use crate::lesson::studio::Studio;
use crate::wire::{FloorRequestView, LessonState, ProgrammeView, QuestionView, SlotView};

/// The sum of a lesson's facts. Two lessons with equal states behave alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) phase: LessonState,
    pub(crate) started_ms: Option<i64>,
    pub(crate) ended_ms: Option<i64>,
    /// When the server last came back in mid-lesson, UTC ms.
    pub(crate) resumed_ms: Option<i64>,
    pub(crate) recording: bool,
    pub(crate) studio: Studio,
    pub(crate) classrooms: BTreeMap<ClassroomId, Presence>,
    pub(crate) attendance: BTreeMap<ClassroomId, Attendance>,
    pub(crate) floor: Floor,
    pub(crate) questions: Questions,
    pub(crate) programme: Programme,
    pub(crate) board: Board,
    pub(crate) polls: Polls,
    pub(crate) staff_talk: StaffTalk,
    pub(crate) help: Help,
    pub(crate) checks: Checks,
    /// Where the streams stand.
    pub(crate) positions: Positions,
}

impl State {
    pub(crate) fn new(spec: &LessonSpec) -> Self {
        Self {
            phase: LessonState::Scheduled,
            started_ms: None,
            ended_ms: None,
            resumed_ms: None,
            recording: false,
            studio: Studio::default(),
            classrooms: spec.classrooms.iter().map(|c| (c.id.clone(), Presence::new(c))).collect(),
            attendance: spec.classrooms.iter().map(|c| (c.id.clone(), Attendance::default())).collect(),
            floor: Floor::new(spec.floor_limit),
            questions: Questions::default(),
            programme: Programme::default(),
            board: Board::new(spec),
            polls: Polls::default(),
            staff_talk: StaffTalk::default(),
            help: Help::default(),
            checks: Checks::default(),
            positions: Positions::default(),
        }
    }

    pub(crate) fn is_speaking(&self, classroom: &ClassroomId) -> bool {
        self.floor.granted_to(classroom).is_some()
    }

    pub(crate) fn slots(&self, spec: &LessonSpec) -> Vec<SlotView> {
        let camera = self.programme.camera_on_air(&self.studio);
        self.floor.table.view(spec, &self.studio, camera, self.phase == LessonState::Live)
    }

    pub(crate) fn programme_view(&self) -> ProgrammeView {
        self.programme.view(&self.studio, self.board.open_deck().is_some())
    }

    pub(crate) fn request_view(&self, spec: &LessonSpec, request: &FloorRequest) -> FloorRequestView {
        let question = request.question.as_ref().map(|question| self.questions.on_floor_view(question));
        request.view(spec.name_of(&request.classroom), question)
    }

    /// A question as the desk sees it.
    pub(crate) fn question_view(&self, spec: &LessonSpec, question: &Question) -> QuestionView {
        let request = question.is_at_desk().then(|| self.floor.of_question(&question.id)).flatten();
        question.view(spec.name_of(&question.classroom), request.map(|request| request.id.clone()))
    }

    /// A question as its own classroom sees it: nothing of what others ask.
    pub(crate) fn question_in_room(&self, spec: &LessonSpec, question: &Question) -> QuestionView {
        let own = |root: &QuestionId| self.questions.get(root).is_some_and(|root| root.classroom == question.classroom);
        let view = self.question_view(spec, question);
        QuestionView {
            merged_into: view.merged_into.filter(own),
            classrooms: Vec::new(),
            similar: question.similar_here.clone(),
            ..view
        }
    }
}
