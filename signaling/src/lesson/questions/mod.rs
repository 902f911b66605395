//! The question ladder: entered by the assistant, answered there, merged, or escalated to the master's queue, and
//! settled by the floor, by a written answer, or not at all.
//!
//! A merged question is part of one that is part of none: merging follows the chain, so that it is never longer than
//! one step, and what settles the one settles all of its parts.

mod question;
mod rules;
mod similarity;

use std::collections::{BTreeSet, VecDeque};

pub(crate) use question::Question;
pub(crate) use rules::{answer, answer_here, ask, escalate, merge, put_off, withdraw};

use crate::id::{ClassroomId, QuestionId};
use crate::journal::Fact;
use crate::lesson::spec::LessonSpec;
use crate::wire::{AnswerTo, AnswerView, FloorEnd, FloorQuestionView, QuestionState};
use similarity::{ALIKE, Features};

/// The most questions of one classroom that are not settled.
pub(crate) const OPEN_PER_CLASSROOM: usize = 20;
/// The most questions of one lesson in memory; the oldest settled ones give way, and stay in the journal.
pub(crate) const QUESTIONS_MAX: usize = 2_000;
/// How many questions that sound the same are offered.
const SIMILAR_MAX: usize = 3;
/// How many written answers for everybody are kept, for snapshots.
const ANSWERS_KEPT: usize = 20;
/// How many settled questions a snapshot shows.
pub(crate) const SETTLED_SHOWN: usize = 20;

/// All questions of a lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Questions {
    /// In the order in which they were asked.
    all: VecDeque<Question>,
    /// How many there were; the next one gets the next number.
    pub(crate) asked: u64,
    /// The last written answers for everybody.
    answers: VecDeque<AnswerView>,
}

impl Questions {
    pub(crate) fn get(&self, id: &QuestionId) -> Option<&Question> {
        self.all.iter().find(|question| question.id == *id)
    }

    fn get_mut(&mut self, id: &QuestionId) -> Option<&mut Question> {
        self.all.iter_mut().find(|question| question.id == *id)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Question> {
        self.all.iter()
    }

    pub(crate) fn answers(&self) -> impl Iterator<Item = &AnswerView> {
        self.answers.iter()
    }

    /// The question that this one is part of, or itself.
    pub(crate) fn root(&self, id: &QuestionId) -> Option<&Question> {
        let question = self.get(id)?;
        question.merged_into.as_ref().map_or(Some(question), |root| self.get(root))
    }

    pub(crate) fn open_of(&self, classroom: &ClassroomId) -> usize {
        self.all.iter().filter(|question| question.classroom == *classroom && !question.is_settled()).count()
    }

    /// There is no room for one more that is not settled.
    pub(crate) fn is_full(&self) -> bool {
        self.all.len() >= QUESTIONS_MAX && self.all.iter().all(|question| !question.is_settled())
    }

    /// Whether questions of other classrooms are part of it.
    pub(crate) fn has_other_askers(&self, id: &QuestionId) -> bool {
        self.get(id).is_some_and(|question| question.askers.iter().any(|asker| *asker != question.classroom))
    }

    /// What a floor request shows of its question.
    pub(crate) fn on_floor_view(&self, id: &QuestionId) -> FloorQuestionView {
        let found = self.get(id);
        FloorQuestionView {
            id: id.clone(),
            seat: found.and_then(|question| question.seat),
            text: found.and_then(|question| question.text.clone()),
            count: found.map_or(1, Question::count),
        }
    }

    /// Applies a fact about questions; the ids it touched, and a written answer that everybody reads.
    pub(crate) fn apply(
        &mut self,
        spec: &LessonSpec,
        fact: &Fact,
        at_ms: i64,
        touched: &mut BTreeSet<QuestionId>,
    ) -> Option<AnswerView> {
        match fact {
            Fact::QuestionAsked { question, classroom, seat, text, wants_to_speak } => {
                self.asked += 1;
                spec.classroom(classroom)?;
                let features = text.as_deref().map(Features::of).unwrap_or_default();
                let here = |other: &Question| other.classroom == *classroom;
                let similar_here = self.alike(question, &features, here);
                self.make_room();
                self.all.push_back(Question {
                    id: question.clone(),
                    classroom: classroom.clone(),
                    seat: *seat,
                    text: text.clone(),
                    wants_to_speak: *wants_to_speak,
                    state: QuestionState::Open,
                    asked_ms: at_ms,
                    escalated_ms: None,
                    put_off_ms: None,
                    on_floor_ms: None,
                    merged_ms: None,
                    settled_ms: None,
                    merged_into: None,
                    askers: Vec::new(),
                    answer: None,
                    similar_here,
                    similar: Vec::new(),
                    features,
                });
                touched.insert(question.clone());
            }
            Fact::QuestionEscalated { question: id } => {
                let features = self.get(id)?.features.clone();
                let similar = self.alike(id, &features, |_| true);
                let question = self.get_mut(id)?;
                (question.state, question.escalated_ms) = (QuestionState::Escalated, Some(at_ms));
                (question.put_off_ms, question.similar) = (None, similar);
                touched.insert(id.clone());
            }
            Fact::QuestionPutOff { question: id } => {
                let question = self.get_mut(id)?;
                (question.state, question.put_off_ms) = (QuestionState::PutOff, Some(at_ms));
                touched.insert(id.clone());
            }
            Fact::QuestionMerged { question, into } => self.merge(question, into, at_ms, touched),
            Fact::QuestionAnsweredHere { question } => {
                self.settle(question, QuestionState::AnsweredHere, at_ms, touched);
            }
            Fact::QuestionWithdrawn { question } => {
                self.settle(question, QuestionState::Withdrawn, at_ms, touched);
            }
            Fact::QuestionAnswered { question: id, text, to } => {
                self.get_mut(id)?.answer = Some((text.clone(), *to));
                self.settle(id, QuestionState::AnsweredInText, at_ms, touched);
                return (*to == AnswerTo::Everyone).then(|| self.publish(spec, id, text, at_ms)).flatten();
            }
            _ => {}
        }
        None
    }

    /// Its classroom got the floor for it.
    pub(crate) fn floor_granted(&mut self, id: &QuestionId, at_ms: i64, touched: &mut BTreeSet<QuestionId>) {
        if let Some(question) = self.get_mut(id) {
            (question.state, question.on_floor_ms) = (QuestionState::OnFloor, Some(at_ms));
            touched.insert(id.clone());
        }
    }

    /// Its request is over. Ends that come with a fact of their own about the question change nothing more.
    pub(crate) fn floor_ended(
        &mut self,
        id: &QuestionId,
        end: FloorEnd,
        at_ms: i64,
        touched: &mut BTreeSet<QuestionId>,
    ) {
        touched.insert(id.clone());
        let Some(question) = self.get_mut(id) else { return };
        match (question.state, end) {
            (QuestionState::OnFloor, FloorEnd::ClassroomLost)
            | (
                QuestionState::Escalated | QuestionState::PutOff,
                FloorEnd::DeniedByMaster | FloorEnd::LoweredByClassroom | FloorEnd::ClassroomLost,
            ) => {
                (question.state, question.put_off_ms) = (QuestionState::Open, None);
            }
            (QuestionState::OnFloor, _) => self.settle(id, QuestionState::AnsweredOnFloor, at_ms, touched),
            _ => {}
        }
    }

    /// Questions that are open, not part of others, and sound like it; the most alike first, then the oldest.
    fn alike(&self, id: &QuestionId, features: &Features, scope: impl Fn(&Question) -> bool) -> Vec<QuestionId> {
        let candidates = self.all.iter().filter(|other| {
            other.id != *id && !other.is_settled() && other.state != QuestionState::Merged && scope(other)
        });
        let mut alike: Vec<_> = candidates
            .map(|other| (features.likeness(&other.features), &other.id))
            .filter(|(likeness, _)| *likeness >= ALIKE)
            .collect();
        alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        alike.into_iter().take(SIMILAR_MAX).map(|(_, id)| id.clone()).collect()
    }

    fn merge(&mut self, id: &QuestionId, into: &QuestionId, at_ms: i64, touched: &mut BTreeSet<QuestionId>) {
        if id == into || self.get(into).is_none() {
            return;
        }
        let Some(question) = self.get_mut(id) else { return };
        let mut askers = std::mem::take(&mut question.askers);
        askers.insert(0, question.classroom.clone());
        (question.state, question.put_off_ms) = (QuestionState::Merged, None);
        for part in self.all.iter_mut().filter(|part| part.id == *id || part.merged_into.as_ref() == Some(id)) {
            (part.merged_into, part.merged_ms) = (Some(into.clone()), Some(at_ms));
            touched.insert(part.id.clone());
        }
        if let Some(root) = self.get_mut(into) {
            root.askers.append(&mut askers);
            touched.insert(into.clone());
        }
    }

    fn settle(&mut self, id: &QuestionId, state: QuestionState, at_ms: i64, touched: &mut BTreeSet<QuestionId>) {
        let Some(question) = self.get_mut(id) else { return };
        (question.state, question.settled_ms) = (state, Some(at_ms));
        let answer = question.answer.clone();
        touched.insert(id.clone());
        for part in self.all.iter_mut().filter(|part| part.merged_into.as_ref() == Some(id)) {
            (part.settled_ms, part.answer) = (Some(at_ms), answer.clone());
            touched.insert(part.id.clone());
        }
    }

    fn publish(&mut self, spec: &LessonSpec, id: &QuestionId, text: &str, at_ms: i64) -> Option<AnswerView> {
        let question = self.get(id)?;
        let answer = AnswerView {
            question: id.clone(),
            classroom: question.classroom.clone(),
            classroom_name: spec.name_of(&question.classroom).to_owned(),
            seat: question.seat,
            text: question.text.clone(),
            count: question.count(),
            answer: text.to_owned(),
            at_ms,
        };
        if self.answers.len() >= ANSWERS_KEPT {
            self.answers.pop_front();
        }
        self.answers.push_back(answer.clone());
        Some(answer)
    }

    fn make_room(&mut self) {
        if self.all.len() >= QUESTIONS_MAX
            && let Some(oldest) = self.all.iter().position(Question::is_settled)
        {
            self.all.remove(oldest);
        }
    }
}
