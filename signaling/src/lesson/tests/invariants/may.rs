//! The rights once more, said from the facts' side: which seat may bring about which fact by a message, and in which
//! state of the lesson.

use super::*;
use crate::wire::FloorEnd as End;

pub(super) fn may(place: Option<&Place>, fact: &Fact, before: &State) -> bool {
    let is_master = place == Some(&Place::Master);
    let is_duty = place == Some(&Place::Duty);
    let is_assistant = matches!(place, Some(Place::Assistant(_)));
    let own = place.and_then(Place::classroom);
    let assists = |classroom: &ClassroomId| is_assistant && own == Some(classroom);
    let live = before.phase == LessonState::Live;
    let request = |id| before.floor.request(id).map(|request| (request.state, Some(&request.classroom) == own));
    let waiting = [FloorState::Pending, FloorState::Accepted];
    let question = |id| before.questions.get(id);
    let open = |id| question(id).is_some_and(|found| found.state == QuestionState::Open);
    let untaken = |id| {
        let states = [QuestionState::Open, QuestionState::Escalated, QuestionState::PutOff];
        question(id).is_some_and(|found| states.contains(&found.state))
    };
    let own_question = |id| question(id).is_some_and(|found| assists(&found.classroom));
    let poll_open = |id| before.polls.get(id).is_some_and(|poll| poll.closed_ms.is_none());
    match fact {
        Fact::LessonStarted | Fact::LessonEnded | Fact::RecordingChanged { .. } => is_master,
        Fact::SeatTaken { .. } => place.is_none(),
        Fact::HandRaised { classroom, question: None, .. } => {
            live && own == Some(classroom) && before.floor.hand_of(classroom).is_none()
        }
        Fact::HandRaised { classroom, question: Some(id), .. } => {
            live && assists(classroom) && own_question(id) && open(id)
        }
        // What an assistant raised or escalated itself is accepted in the same line, before the lesson knows it.
        Fact::HandAccepted { request: id } => {
            is_assistant && request(id).is_none_or(|(state, own)| own && state == FloorState::Pending)
        }
        Fact::FloorGranted { request: id, .. } => {
            let room = before.floor.speaking().len() < usize::from(before.floor.limit);
            is_master && room && request(id).is_some_and(|(state, _)| waiting.contains(&state))
        }
        Fact::FloorExtended { request: id, .. } => {
            is_master && request(id).is_some_and(|(state, _)| state == FloorState::Granted)
        }
        Fact::FloorMuted { request: id, by_master, .. } => request(id).is_some_and(|(state, own)| {
            state == FloorState::Granted && if *by_master { is_master } else { is_assistant && own }
        }),
        Fact::FloorLimitSet { limit } => is_master && (1..=6).contains(limit),
        Fact::FloorEnded { request: id, end } => {
            let Some((state, own)) = request(id) else { return false };
            let queued = state == FloorState::Accepted;
            match end {
                End::DeclinedByAssistant => is_assistant && own && state == FloorState::Pending,
                End::LoweredByClassroom => own && waiting.contains(&state),
                End::AnsweredHere | End::QuestionWithdrawn => is_assistant && own && queued,
                End::AnsweredInText => is_master && queued,
                End::QuestionMerged => is_master && queued,
                End::ReleasedByClassroom => own && state == FloorState::Granted,
                End::DeniedByMaster => is_master && waiting.contains(&state),
                End::RevokedByMaster => is_master && state == FloorState::Granted,
                End::LessonEnded => is_master,
                End::TimedOut | End::ClassroomLost => false,
            }
        }
        Fact::AttendanceTaken { classroom, .. } | Fact::HelpCalled { classroom, .. } => assists(classroom),
        Fact::QuestionAsked { classroom, .. } => live && assists(classroom),
        Fact::QuestionAnsweredHere { question: id } | Fact::QuestionWithdrawn { question: id } => {
            own_question(id) && untaken(id) && !before.questions.has_other_askers(id)
        }
        Fact::QuestionEscalated { question: id } => live && own_question(id) && open(id),
        Fact::QuestionMerged { question: id, into } => {
            let root = question(into).is_some_and(|root| root.merged_into.is_none() && !root.is_settled());
            id != into && root && (own_question(id) && open(id) || is_master && untaken(id))
        }
        Fact::QuestionAnswered { question: id, .. } => is_master && untaken(id),
        Fact::QuestionPutOff { question: id } => {
            is_master && question(id).is_some_and(|found| found.state == QuestionState::Escalated)
        }
        Fact::StaffSaid { place: from, classroom, .. } => {
            let to_own = classroom.as_ref().is_none_or(|to| own == Some(to));
            place == Some(from) && (is_master || is_duty || is_assistant && to_own)
        }
        Fact::TalkOpened { place: from, .. } => place == Some(from) && (is_master || is_assistant),
        // The master takes the word from whoever has it.
        Fact::TalkClosed { place: from } => is_master || place == Some(from) && is_assistant,
        Fact::StandInShown { classroom, show } => {
            let shown = before.classrooms.get(classroom).is_some_and(|room| room.stand_in.is_some());
            let lost = before.studio.lost_since_ms.is_some();
            live && (assists(classroom) || is_duty) && if show.is_some() { lost } else { shown }
        }
        Fact::HelpTaken { .. } => is_duty,
        Fact::HelpSettled { .. } => is_duty || is_master,
        Fact::DeckOpened { .. }
        | Fact::DeckClosed
        | Fact::PageTurned { .. }
        | Fact::StrokeDrawn { .. }
        | Fact::StrokeErased { .. }
        | Fact::BoardCleared { .. }
        | Fact::Pointed { .. }
        | Fact::PollShown { .. } => is_master,
        Fact::PollOpened { .. } => is_master && live,
        Fact::PollExtended { poll, .. } | Fact::PollClosed { poll } => is_master && poll_open(poll),
        Fact::PollCounted { poll, classroom, .. } | Fact::PollAnswered { poll, classroom, .. } => {
            assists(classroom) && poll_open(poll)
        }
        Fact::ProgrammeSet { scene, .. } => match scene {
            Scene::Classroom { classroom, .. } => is_master && before.is_speaking(classroom),
            Scene::TwoClassrooms { a, b } => is_master && before.is_speaking(a) && before.is_speaking(b),
            _ => is_master,
        },
        Fact::SeatLeft { .. }
        | Fact::SourceArrived { .. }
        | Fact::SourceGone { .. }
        | Fact::DeckAdded { .. }
        | Fact::AssistantChanged { .. }
        | Fact::DevicesChecked { .. }
        | Fact::Resumed { .. } => false,
    }
}
