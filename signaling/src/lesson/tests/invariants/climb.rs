//! Steps that make sense: what somebody with the right would do next. Without them random runs would rarely get past the
//! first rung of any ladder.

use super::*;
use crate::id::DeckId;
use crate::wire::{AnswerTo, HelpKind, InkColour, Point, Points, PollBy, PollKind, Surface, Tool};

/// How many rungs there are.
pub(super) const RUNGS: u8 = 45;

/// Who does what on a rung about a classroom, and perhaps another one; `None` where nothing is there to be done.
pub(super) fn climb(
    state: &State,
    classroom: &ClassroomId,
    other: &ClassroomId,
    rung: u8,
) -> Option<(Place, ClientMessage)> {
    use ClientMessage as Says;
    let assistant = Place::Assistant(classroom.clone());
    let screen = Place::Classroom(classroom.clone());
    let request =
        || state.floor.open.iter().rev().find(|request| request.classroom == *classroom).map(|r| r.id.clone());
    let question = |classroom: &ClassroomId, wanted: &[QuestionState]| {
        let found = state.questions.iter().rev().find(|q| q.classroom == *classroom && wanted.contains(&q.state));
        found.map(|question| question.id.clone())
    };
    let open = || question(classroom, &[QuestionState::Open]);
    let queued = |of: &ClassroomId| question(of, &[QuestionState::Escalated, QuestionState::PutOff]);
    let poll = || state.polls.newest().map(|poll| poll.id.clone());
    let help = || state.help.open.first().map(|call| call.id.clone());
    let said = match rung {
        0 => (screen, Says::RaiseHand),
        1 => (assistant, Says::RaiseHand),
        2 => (assistant, Says::AcceptHand { request: request()? }),
        3 => (assistant, Says::DeclineHand { request: request()? }),
        4..=6 => (Place::Master, Says::GrantFloor { request: request()? }),
        7 => (Place::Master, Says::RevokeFloor { request: request()? }),
        8 => (screen, Says::ReleaseFloor { request: request()? }),
        9 => (Place::Master, Says::MuteFloor { request: request()?, on: classroom < other }),
        10 => (assistant, Says::MuteFloor { request: request()?, on: classroom < other }),
        11..=14 => {
            let text = if classroom < other { "木块为什么不会沉下去" } else { "why does it float" };
            let text = Some(text.to_owned());
            (assistant, Says::AskQuestion { seat: None, text, wants_to_speak: rung == 11 })
        }
        15 => (assistant, Says::AnswerHere { question: open()? }),
        16 => (assistant, Says::AnswerHere { question: queued(classroom)? }),
        17..=20 => (assistant, Says::EscalateQuestion { question: open()? }),
        21 => {
            let unsettled = |q: &&crate::lesson::questions::Question| q.classroom == *classroom && !q.is_settled();
            let into = state.questions.iter().find(unsettled)?.id.clone();
            (assistant, Says::MergeQuestion { question: open()?, into })
        }
        22 | 23 => (Place::Master, Says::MergeQuestion { question: queued(classroom)?, into: queued(other)? }),
        24 => (Place::Master, Says::MergeQuestion { question: open()?, into: queued(other)? }),
        25 => (assistant, Says::WithdrawQuestion { question: queued(classroom).or_else(open)? }),
        26 => (Place::Master, Says::PutOffQuestion { question: queued(classroom)? }),
        27 => {
            let to = if classroom < other { AnswerTo::Everyone } else { AnswerTo::Classroom };
            let question = queued(classroom).or_else(open)?;
            (Place::Master, Says::AnswerQuestion { question, text: "密度。".to_owned(), to })
        }
        28 => {
            let kind = PollKind::Choices { labels: vec!["懂".to_owned(), "不懂".to_owned()] };
            let by = if classroom < other { PollBy::Hands } else { PollBy::Seats };
            (Place::Master, Says::OpenPoll { question: "懂了吗".to_owned(), kind, by, correct: None, seconds: None })
        }
        29 | 30 => (assistant, Says::AnswerPoll { poll: poll()?, counts: vec![7, 5] }),
        31 => (Place::Master, Says::ShowPollResult { poll: poll()?, on: classroom < other }),
        32 => (assistant, Says::CallHelp { kind: HelpKind::Picture, text: None }),
        33 => (Place::Duty, Says::TakeHelp { help: help()? }),
        34 => (Place::Duty, Says::SettleHelp { help: help()? }),
        35 => (Place::Master, Says::OpenDeck { deck: DeckId::new("deck-0") }),
        36 => (Place::Master, Says::CloseDeck),
        37 => (Place::Master, Says::TurnPage { surface: Surface::Deck, page: if classroom < other { 2 } else { 3 } }),
        38 => {
            let points = Points(vec![Point { x: 1, y: 2, pressure: 128 }; 3]);
            let (tool, colour, surface) = (Tool::Pen, InkColour::Red, Surface::Deck);
            let done = classroom < other;
            (Place::Master, Says::DrawStroke { surface, stroke: 1, tool, colour, width: 9, points, done })
        }
        39 => (Place::Master, Says::EraseStroke { surface: Surface::Deck, stroke: 1 }),
        40 => (Place::Master, Says::DenyFloor { request: request()? }),
        41 => (screen, Says::LowerHand { request: request()? }),
        42 => (Place::Master, Says::ExtendFloor { request: request()?, seconds: 30 }),
        43 => (Place::Master, Says::ExtendPoll { poll: poll()?, seconds: 0 }),
        _ => {
            let (a, b) = (classroom.clone(), other.clone());
            (Place::Master, Says::SetProgramme { scene: Scene::TwoClassrooms { a, b }, camera: StudioCamera::Camera })
        }
    };
    Some(said)
}
