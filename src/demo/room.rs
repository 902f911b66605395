//! One simulated classroom: its screen is on, its assistant takes attendance, enters questions, settles some on the
//! spot and brings others before the master, and answers polls.

use std::collections::HashMap;
use std::time::Duration;

use airclass_signaling::id::{ClassroomId, PollId, QuestionId};
use airclass_signaling::lesson::Place;
use airclass_signaling::wire::{
    Answer, AttendanceMark, ClientMessage, FloorState, PollBy, PollKind, QuestionState, QuestionView, SeatMark,
};
use tokio::time::{Instant, sleep_until};

use super::bustle::{BustleError, Entrance};
use super::pupils::PUPILS;
use crate::clock;
use crate::tools::signaling::SignalingClient;

/// What pupils ask; some ask nearly the same.
const QUESTIONS: [&str; 12] = [
    "木块为什么会浮起来？",
    "为什么木块能浮在水面上？",
    "鸡蛋在盐水里为什么浮起来了？",
    "浮力的方向总是竖直向上吗？",
    "潜水艇怎么上浮和下沉？",
    "物体浸得越深，浮力越大吗？",
    "轮船是铁做的，为什么不沉？",
    "空气对我们也有浮力吗？",
    "浮力和物体的形状有关系吗？",
    "怎样用弹簧测力计测浮力？",
    "漂浮和悬浮有什么区别？",
    "人在死海里为什么不会沉下去？",
];
/// A step is taken this often.
const STEP: Duration = Duration::from_secs(1);
/// Most questions of one room that are not settled.
const OPEN: usize = 2;
/// A question is looked at after so long, ms.
const THINK_MS: i64 = 12_000;
/// One that the master has not come to is taken back after so long, ms.
const PATIENCE_MS: i64 = 240_000;
/// So long a pupil talks, ms.
const TALK_MS: i64 = 25_000;
/// Answers entered in one step.
const ANSWERS: u16 = 6;

/// A simulated classroom.
pub(super) struct Room {
    classroom: ClassroomId,
    number: usize,
    assistant: SignalingClient,
    screen: SignalingClient,
    asked: usize,
    next_ms: i64,
    answered: HashMap<PollId, u16>,
    tried: HashMap<QuestionId, i64>,
}

impl Room {
    /// Takes both seats and does what a class does, until one of them is taken by somebody else or lost.
    pub(super) async fn sit_down(
        entrance: &Entrance,
        account: &str,
        classroom: &ClassroomId,
        number: usize,
    ) -> Result<(), BustleError> {
        let screen = entrance.sit(account, Place::Classroom(classroom.clone())).await?;
        let assistant = entrance.sit(account, Place::Assistant(classroom.clone())).await?;
        let room = Self {
            classroom: classroom.clone(),
            number,
            assistant,
            screen,
            asked: number * 3,
            // Rooms begin one after the other.
            next_ms: clock::utc_ms() + 5_000 + i64::try_from(number).unwrap_or(0) * 9_000,
            answered: HashMap::new(),
            tried: HashMap::new(),
        };
        room.live().await
    }

    async fn live(mut self) -> Result<(), BustleError> {
        let mut step = Instant::now() + STEP;
        self.take_attendance().await?;
        loop {
            tokio::select! {
                told = self.assistant.next() => { told?; }
                told = self.screen.next() => { told?; }
                () = sleep_until(step) => {
                    step = Instant::now() + STEP;
                    self.take_step(clock::utc_ms()).await?;
                }
            }
        }
    }

    async fn take_attendance(&mut self) -> Result<(), BustleError> {
        let taken = self.assistant.view().attendance.iter().any(|attendance| attendance.taken_ms.is_some());
        if taken {
            return Ok(());
        }
        let seat = |n: usize| 1 + u16::try_from((self.number * 11 + n * 17) % usize::from(PUPILS)).unwrap_or(0);
        let mark = |n, mark| SeatMark { seat: seat(n), mark };
        let mut marks = vec![mark(0, AttendanceMark::Absent), mark(1, AttendanceMark::Late)];
        if self.number.is_multiple_of(2) {
            marks.push(mark(2, AttendanceMark::Absent));
        }
        Ok(self.assistant.send(&ClientMessage::TakeAttendance { marks }).await?)
    }

    async fn take_step(&mut self, now: i64) -> Result<(), BustleError> {
        for message in self.steps(now) {
            self.assistant.send(&message).await?;
        }
        Ok(())
    }

    /// What the assistant does now.
    fn steps(&mut self, now: i64) -> Vec<ClientMessage> {
        let view = self.assistant.view();
        let own = |question: &&QuestionView| question.classroom == self.classroom;
        let open: Vec<QuestionView> =
            view.questions.iter().filter(own).filter(|q| !settled(q.state)).cloned().collect();
        let granted = view.floor.iter().filter(|request| request.classroom == self.classroom).find(|request| {
            request.state == FloorState::Granted && request.granted_ms.is_some_and(|at| now - at >= TALK_MS)
        });
        let mut steps: Vec<ClientMessage> =
            granted.map(|request| ClientMessage::ReleaseFloor { request: request.id.clone() }).into_iter().collect();
        steps.extend(self.answers());
        for question in &open {
            steps.extend(self.see_to(question, now));
        }
        if now >= self.next_ms && open.len() < OPEN {
            self.next_ms = now + rand::random_range(35_000..75_000);
            let text = QUESTIONS[self.asked % QUESTIONS.len()].to_owned();
            self.asked += 1;
            steps.push(ClientMessage::AskQuestion {
                seat: Some(rand::random_range(1..=PUPILS)),
                text: Some(text),
                wants_to_speak: self.asked.is_multiple_of(3),
            });
        }
        steps
    }

    /// Answered here, brought before the master, or taken back when it has waited too long.
    fn see_to(&mut self, question: &QuestionView, now: i64) -> Option<ClientMessage> {
        let id = question.id.clone();
        // Once for each state: a refusal is not argued with.
        let due = match question.state {
            QuestionState::Open => question.asked_ms + THINK_MS,
            QuestionState::Escalated | QuestionState::PutOff => question.asked_ms + PATIENCE_MS,
            _ => return None,
        };
        if now < due || self.tried.get(&id) == Some(&due) {
            return None;
        }
        self.tried.insert(id.clone(), due);
        Some(match question.state {
            QuestionState::Open if question.wants_to_speak || self.asked.is_multiple_of(2) => {
                ClientMessage::EscalateQuestion { question: id }
            }
            QuestionState::Open => ClientMessage::AnswerHere { question: id },
            _ => ClientMessage::WithdrawQuestion { question: id },
        })
    }

    /// What the class answers to the poll that is open, a few pupils at a time.
    fn answers(&mut self) -> Vec<ClientMessage> {
        let Some(poll) = self.assistant.view().poll.clone().filter(|poll| poll.closed_ms.is_none()) else {
            return Vec::new();
        };
        let choices = match &poll.kind {
            PollKind::Choices { labels } => labels.len(),
            PollKind::Number => 0,
        };
        let known = self.answered.entry(poll.id.clone()).or_default();
        if *known >= PUPILS {
            return Vec::new();
        }
        let from = *known + 1;
        match poll.by {
            PollBy::Hands if choices > 0 => {
                *known = PUPILS;
                let here = self.assistant.view().attendance.first().map_or(PUPILS, |list| list.present);
                let mut counts = vec![0_u32; choices];
                for _ in 0..here {
                    counts[chosen(choices)] += 1;
                }
                vec![ClientMessage::AnswerPoll { poll: poll.id, counts }]
            }
            PollBy::Seats => {
                *known = (*known + ANSWERS).min(PUPILS);
                let answer = |seat| ClientMessage::AnswerPollSeat {
                    poll: poll.id.clone(),
                    seat,
                    answer: Answer::whole(i32::try_from(chosen(choices)).unwrap_or(0)),
                };
                (from..=*known).map(answer).collect()
            }
            PollBy::Hands | PollBy::Devices => Vec::new(),
        }
    }
}

fn settled(state: QuestionState) -> bool {
    matches!(
        state,
        QuestionState::AnsweredHere
            | QuestionState::AnsweredOnFloor
            | QuestionState::AnsweredInText
            | QuestionState::Merged
            | QuestionState::Withdrawn
    )
}

/// What a pupil chooses: the second more often than the others; a number, for a poll without choices.
fn chosen(choices: usize) -> usize {
    match choices {
        0 => rand::random_range(1..=12),
        1 => 0,
        _ if rand::random_range(0..10) < 6 => 1,
        _ => rand::random_range(0..choices),
    }
}
