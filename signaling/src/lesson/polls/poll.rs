//! One poll and its answers.

use std::collections::BTreeMap;

use crate::id::{ClassroomId, PollId};
use crate::lesson::spec::LessonSpec;
use crate::wire::{Answer, AnswerCount, PollBy, PollKind, PollResultView, PollView};

/// How many different numbers a result names.
const NUMBERS_SHOWN: usize = 20;

/// A poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Poll {
    pub(crate) id: PollId,
    pub(crate) question: String,
    pub(crate) kind: PollKind,
    pub(crate) by: PollBy,
    pub(crate) correct: Option<Answer>,
    pub(crate) opened_ms: i64,
    pub(crate) deadline_ms: Option<i64>,
    pub(crate) closed_ms: Option<i64>,
    pub(crate) shown: bool,
    /// Shows of hands, counted by the assistants.
    pub(super) hands: BTreeMap<ClassroomId, Vec<u32>>,
    /// Single answers.
    pub(super) seats: BTreeMap<ClassroomId, BTreeMap<u16, Answer>>,
}

impl Poll {
    /// How many labels there are to choose from; 0 for numbers.
    pub(crate) fn choices(&self) -> usize {
        match &self.kind {
            PollKind::Choices { labels } => labels.len(),
            PollKind::Number => 0,
        }
    }

    pub(super) fn count(&mut self, classroom: &ClassroomId, counts: &[u32]) {
        self.hands.insert(classroom.clone(), counts.to_vec());
    }

    pub(super) fn answer(&mut self, classroom: &ClassroomId, seat: u16, answer: Answer) {
        self.seats.entry(classroom.clone()).or_default().insert(seat, answer);
    }

    pub(super) fn counted(&self, classroom: &ClassroomId) -> Option<&[u32]> {
        self.hands.get(classroom).map(Vec::as_slice)
    }

    pub(super) fn answered(&self, classroom: &ClassroomId, seat: u16) -> Option<Answer> {
        self.seats.get(classroom)?.get(&seat).copied()
    }

    /// As every seat sees it: the result while it is shown.
    pub(crate) fn view(&self, spec: &LessonSpec) -> PollView {
        PollView {
            id: self.id.clone(),
            question: self.question.clone(),
            kind: self.kind.clone(),
            by: self.by,
            opened_ms: self.opened_ms,
            deadline_ms: self.deadline_ms.filter(|_| self.closed_ms.is_none()),
            closed_ms: self.closed_ms,
            correct: self.correct.filter(|_| self.shown),
            result: self.shown.then(|| self.total(spec)),
        }
    }

    /// What one classroom answered.
    pub(crate) fn result(&self, spec: &LessonSpec, classroom: &ClassroomId) -> PollResultView {
        self.sum(spec, std::iter::once(classroom), Some(classroom.clone()))
    }

    /// What all classrooms answered.
    pub(crate) fn total(&self, spec: &LessonSpec) -> PollResultView {
        self.sum(spec, spec.classrooms.iter().map(|classroom| &classroom.id), None)
    }

    fn sum<'a>(
        &self,
        spec: &LessonSpec,
        classrooms: impl Iterator<Item = &'a ClassroomId>,
        classroom: Option<ClassroomId>,
    ) -> PollResultView {
        let mut counts = vec![0_u32; self.choices()];
        let mut numbers: BTreeMap<Answer, u32> = BTreeMap::new();
        let mut enrolled = 0_u32;
        for id in classrooms {
            enrolled = enrolled.saturating_add(spec.classroom(id).map_or(0, |room| room.enrolled()).into());
            for (sum, count) in counts.iter_mut().zip(self.counted(id).unwrap_or_default()) {
                *sum = sum.saturating_add(*count);
            }
            for answer in self.seats.get(id).into_iter().flat_map(BTreeMap::values) {
                match answer.index().and_then(|index| counts.get_mut(index)) {
                    Some(count) => *count = count.saturating_add(1),
                    None => *numbers.entry(*answer).or_default() += 1,
                }
            }
        }
        let answered = counts.iter().chain(numbers.values()).fold(0_u32, |sum, count| sum.saturating_add(*count));
        let mut numbers: Vec<_> = numbers.into_iter().map(|(answer, count)| AnswerCount { answer, count }).collect();
        numbers.sort_by_key(|number| std::cmp::Reverse(number.count));
        let others = numbers.iter().skip(NUMBERS_SHOWN).map(|number| number.count).sum();
        numbers.truncate(NUMBERS_SHOWN);
        numbers.sort_by_key(|number| number.answer);
        PollResultView { classroom, answered, enrolled, counts, numbers, others }
    }
}
