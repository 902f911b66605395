//! Facts about hands, floors and questions.

use crate::journal::Fact;
use crate::lesson::changes::{Changes, Touched};
use crate::lesson::floor::FloorRequest;
use crate::lesson::mark::Marked;
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::State;
use crate::wire::{Event, FloorEnd};

impl State {
    pub(super) fn floor_fact(&mut self, fact: &Fact, at_ms: i64, touched: &mut Touched) {
        if let Fact::HandRaised { request, classroom, question } = fact {
            self.floor.raised += 1;
            if self.classrooms.contains_key(classroom) {
                let raised = FloorRequest::raised(request.clone(), classroom.clone(), question.clone(), at_ms);
                self.floor.open.push(raised);
                touched.requests.insert(request.clone());
            }
            return;
        }
        let (Fact::HandAccepted { request: id }
        | Fact::FloorGranted { request: id, .. }
        | Fact::FloorExtended { request: id, .. }
        | Fact::FloorMuted { request: id, .. }
        | Fact::FloorEnded { request: id, .. }) = fact
        else {
            return;
        };
        let Some(index) = self.floor.open.iter().position(|request| request.id == *id) else { return };
        touched.requests.insert(id.clone());
        let request = &mut self.floor.open[index];
        match fact {
            Fact::FloorGranted { deadline_ms, .. } => {
                request.grant(at_ms, *deadline_ms);
                touched.opened.insert(request.classroom.clone());
                touched.marks.push(Marked::FloorGranted { classroom: request.classroom.clone() });
                if let Some(question) = request.question.clone() {
                    self.questions.floor_granted(&question, at_ms, &mut touched.questions);
                }
            }
            Fact::FloorExtended { deadline_ms, .. } => request.deadline_ms = Some(*deadline_ms),
            Fact::FloorMuted { on, by_master, .. } => {
                if *by_master {
                    request.muted_by_master = *on;
                } else {
                    request.muted_by_classroom = *on;
                }
                touched.opened.insert(request.classroom.clone());
            }
            Fact::FloorEnded { end, .. } => self.end_request(index, at_ms, *end, touched),
            _ => request.accept(at_ms),
        }
    }

    fn end_request(&mut self, index: usize, at_ms: i64, end: FloorEnd, touched: &mut Touched) {
        let mut request = self.floor.open.remove(index);
        if request.is_granted() {
            if let Some(presence) = self.classrooms.get_mut(&request.classroom) {
                presence.spoken_ms = presence.spoken_ms.saturating_add(request.spoken_ms(at_ms));
            }
            touched.closed.push(request.classroom.clone());
            touched.marks.push(Marked::FloorEnded { classroom: request.classroom.clone() });
        }
        request.end(at_ms, end);
        if let Some(question) = request.question.clone() {
            self.questions.floor_ended(&question, end, at_ms, &mut touched.questions);
        }
        self.floor.over.push_back(request);
    }

    pub(super) fn question_fact(
        &mut self,
        spec: &LessonSpec,
        fact: &Fact,
        at_ms: i64,
        touched: &mut Touched,
        changes: &mut Changes,
    ) {
        let answer = self.questions.apply(spec, fact, at_ms, &mut touched.questions);
        if let Some(answer) = answer {
            changes.stage(Event::AnswerGiven { answer });
        }
        // A question's request shows how many ask it, and waits behind the others once it was put off.
        if let Fact::QuestionMerged { into: id, .. } | Fact::QuestionPutOff { question: id } = fact
            && let Some(request) = self.floor.open.iter_mut().find(|request| request.question.as_ref() == Some(id))
        {
            if matches!(fact, Fact::QuestionPutOff { .. }) {
                request.put_off_ms = Some(at_ms);
            }
            touched.requests.insert(request.id.clone());
        }
    }
}
