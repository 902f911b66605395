//! Polls and quick tests.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{ClassroomId, PollId};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the line above a variant speaks of its fields")]
pub enum PollKind {
    /// One of two to eight labels; an answer is the label's index, from 0.
    Choices { labels: Vec<String> },
    /// A number, to three digits after the point.
    Number,
}

/// How answers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PollBy {
    /// Show of hands: the assistant enters a count for each choice.
    Hands,
    /// The assistant enters each seat's answer.
    Seats,
    /// Pupils' own devices; the assistant may enter what is missing.
    Devices,
}

/// One answer: a choice's index, or a number in thousandths. A plain JSON number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answer {
    thousandths: i64,
}

/// The largest number that may be answered, either way.
const ANSWER_MAX: f64 = 1e12;

impl Answer {
    /// A choice's index, or a whole number.
    pub fn whole(number: i32) -> Self {
        Self { thousandths: i64::from(number) * 1_000 }
    }

    /// A number, rounded to thousandths; `None` when it is not finite or beyond a million millions.
    pub fn of(number: f64) -> Option<Self> {
        // The cast is exact: below 2^53.
        (number.is_finite() && number.abs() <= ANSWER_MAX)
            .then(|| Self { thousandths: (number * 1_000.0).round() as i64 })
    }

    /// The index, if it can be one.
    pub fn index(self) -> Option<usize> {
        (self.thousandths % 1_000 == 0).then(|| usize::try_from(self.thousandths / 1_000).ok()).flatten()
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.thousandths as f64 / 1_000.0)
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.thousandths % 1_000 {
            0 => serializer.serialize_i64(self.thousandths / 1_000),
            _ => serializer.serialize_f64(self.thousandths as f64 / 1_000.0),
        }
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(f64::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("a number within 1e12"))
    }
}

/// A poll as every seat sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollView {
    /// The poll.
    pub id: PollId,
    /// What is asked.
    pub question: String,
    /// What is asked for.
    pub kind: PollKind,
    /// How answers come in.
    pub by: PollBy,
    /// When it was opened, UTC ms.
    pub opened_ms: i64,
    /// When it closes by itself, UTC ms; null once it is closed, and without a clock.
    pub deadline_ms: Option<i64>,
    /// When it was closed, UTC ms; null while answers come in.
    pub closed_ms: Option<i64>,
    /// The right answer, if there is one; null while the result is not shown.
    pub correct: Option<Answer>,
    /// The result over all classrooms, while it is shown.
    pub result: Option<PollResultView>,
}

/// What one classroom, or all of them, answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollResultView {
    /// The classroom; null for all of them.
    pub classroom: Option<ClassroomId>,
    /// How many answered.
    pub answered: u32,
    /// How many are on the class list.
    pub enrolled: u32,
    /// How many chose each label; empty for numbers.
    pub counts: Vec<u32>,
    /// The numbers answered most often, at most twenty, by number; empty for choices.
    pub numbers: Vec<AnswerCount>,
    /// How many answered another number.
    pub others: u32,
}

/// A number and how many answered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerCount {
    /// The number.
    pub answer: Answer,
    /// How many.
    pub count: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_plain_numbers_to_three_digits() {
        for (text, again) in [("2", "2"), ("-0.5", "-0.5"), ("1e3", "1000"), ("0.12345", "0.123"), ("3.0", "3")] {
            let answer: Answer = serde_json::from_str(text).expect(text);
            assert_eq!(serde_json::to_string(&answer).expect("a number"), again);
        }
        for text in ["1e13", "-1e300", "null", "\"1\""] {
            assert!(serde_json::from_str::<Answer>(text).is_err(), "{text}");
        }
        assert_eq!((Answer::whole(3).index(), Answer::whole(-1).index()), (Some(3), None));
        assert_eq!(Answer::of(1.5).and_then(Answer::index), None);
    }
}
