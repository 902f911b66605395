//! The lesson's journal: one JSON line for each thing that changed a lesson, stored before anybody sees the change.
//!
//! A line is one atomic step: it may hold several facts, and it is applied whole or not at all. Of pupils it carries
//! seat numbers and what their assistant typed, never a name; names of classes come from the
//! [`LessonSpec`](crate::lesson::LessonSpec) again when the lesson is rebuilt with
//! [`Lesson::replay`](crate::lesson::Lesson::replay).

mod fact;

pub use fact::Fact;

use serde::{Deserialize, Serialize};

/// Version of the lines this code writes. Older lines stay readable; newer ones are refused.
///
/// 1: seats, sources, hands and floors. 2: adds everything of the dual-teacher classroom. 3: adds what stands in for a
/// lost studio. The facts of earlier versions are unchanged.
pub const JOURNAL_VERSION: u16 = 3;

/// One atomic step of a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalLine {
    /// [`JOURNAL_VERSION`] of the writer.
    pub v: u16,
    /// When it happened, UTC ms.
    pub at_ms: i64,
    /// What happened, in order.
    pub facts: Vec<Fact>,
}

/// Why a journal cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The line is not a journal line.
    #[error("not a journal line: {0}")]
    Malformed(String),
    /// The line was written by a newer server.
    #[error("journal version {0} is newer than this server's {JOURNAL_VERSION}")]
    TooNew(u16),
}

impl JournalLine {
    /// The line as JSON, without the line break.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("a journal line holds text, numbers and lists only")
    }

    /// Reads one line.
    ///
    /// # Errors
    /// [`JournalError`] when the text is not a line or comes from a newer server. A half-written last line after a
    /// crash is [`JournalError::Malformed`]; the caller may drop it, since nothing of it was ever visible.
    pub fn decode(text: &str) -> Result<Self, JournalError> {
        #[derive(Deserialize)]
        struct Version {
            v: u16,
        }
        let malformed = |error: serde_json::Error| JournalError::Malformed(error.to_string());
        // The version is read first: a newer line may hold facts this server has no words for.
        let Version { v } = serde_json::from_str(text).map_err(malformed)?;
        if v > JOURNAL_VERSION {
            return Err(JournalError::TooNew(v));
        }
        serde_json::from_str(text).map_err(malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_written_by_version_1_stay_readable() {
        let written = [
            r#"{"v":1,"at_ms":1763787600000,"facts":[{"fact":"lesson_started"},{"fact":"recording_changed","recording":true}]}"#,
            r#"{"v":1,"at_ms":1,"facts":[{"fact":"seat_taken","place":{"role":"master"},"account":"01A"}]}"#,
            r#"{"v":1,"at_ms":2,"facts":[{"fact":"seat_left","place":{"role":"assistant","classroom":"01C"}}]}"#,
            r#"{"v":1,"at_ms":3,"facts":[{"fact":"source_arrived","source":{"from":"camera"},"audio":true,"video":true}]}"#,
            r#"{"v":1,"at_ms":4,"facts":[{"fact":"source_gone","source":{"from":"classroom","classroom":"01C"}}]}"#,
            r#"{"v":1,"at_ms":5,"facts":[{"fact":"hand_raised","request":"01L-1","classroom":"01C"},{"fact":"hand_accepted","request":"01L-1"}]}"#,
            r#"{"v":1,"at_ms":6,"facts":[{"fact":"floor_granted","request":"01L-1","deadline_ms":60006}]}"#,
            r#"{"v":1,"at_ms":7,"facts":[{"fact":"floor_extended","request":"01L-1","deadline_ms":90006}]}"#,
            r#"{"v":1,"at_ms":8,"facts":[{"fact":"floor_ended","request":"01L-1","end":"revoked_by_master"}]}"#,
            r#"{"v":1,"at_ms":9,"facts":[{"fact":"resumed"},{"fact":"lesson_ended"}]}"#,
        ];
        for text in written {
            let line = JournalLine::decode(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(line.encode(), text);
        }
    }

    #[test]
    fn lines_written_by_version_2_stay_readable() {
        let facts = [
            r#"{"fact":"hand_raised","request":"01L-2","classroom":"01C","question":"01L-q1"}"#,
            r#"{"fact":"floor_muted","request":"01L-1","on":true,"by_master":false}"#,
            r#"{"fact":"floor_limit_set","limit":4}"#,
            r#"{"fact":"floor_ended","request":"01L-2","end":"answered_in_text"}"#,
            r#"{"fact":"attendance_taken","classroom":"01C","marks":[{"seat":12,"mark":"absent"},{"seat":7,"mark":"present"}]}"#,
            r#"{"fact":"question_asked","question":"01L-q1","classroom":"01C","seat":17,"text":"为什么","wants_to_speak":false}"#,
            r#"{"fact":"question_answered_here","question":"01L-q1"}"#,
            r#"{"fact":"question_merged","question":"01L-q2","into":"01L-q1"}"#,
            r#"{"fact":"question_escalated","question":"01L-q1"}"#,
            r#"{"fact":"question_withdrawn","question":"01L-q1"}"#,
            r#"{"fact":"question_answered","question":"01L-q1","text":"密度","to":"everyone"}"#,
            r#"{"fact":"question_put_off","question":"01L-q1"}"#,
            r#"{"fact":"staff_said","place":{"role":"assistant","classroom":"01C"},"name":"李娜","classroom":null,"text":"好"}"#,
            r#"{"fact":"talk_opened","place":{"role":"master"},"name":"王老师"}"#,
            r#"{"fact":"talk_closed","place":{"role":"master"}}"#,
            r#"{"fact":"help_called","help":"01L-h1","classroom":"01C","kind":"sound","text":null}"#,
            r#"{"fact":"help_taken","help":"01L-h1","by":"孙工"}"#,
            r#"{"fact":"help_settled","help":"01L-h1","by":"孙工"}"#,
            r#"{"fact":"deck_added","deck":{"id":"01D","title":"浮力","pages":21}}"#,
            r#"{"fact":"deck_opened","deck":"01D"}"#,
            r#"{"fact":"deck_closed"}"#,
            r#"{"fact":"page_turned","surface":"deck","page":9}"#,
            r#"{"fact":"stroke_drawn","surface":"deck","stroke":41,"tool":"pen","colour":"red","width":40,"points":[1,2,128,3,-4,0],"done":true}"#,
            r#"{"fact":"stroke_erased","surface":"board","stroke":41}"#,
            r#"{"fact":"board_cleared","surface":"board"}"#,
            r#"{"fact":"pointed","pointer":{"surface":"deck","at":[6100,2450]}}"#,
            r#"{"fact":"poll_opened","poll":"01L-p1","question":"懂了吗","kind":{"kind":"choices","labels":["懂","不懂"]},"by":"hands","correct":null,"deadline_ms":null}"#,
            r#"{"fact":"poll_extended","poll":"01L-p1","deadline_ms":1763787690000}"#,
            r#"{"fact":"poll_counted","poll":"01L-p1","classroom":"01C","counts":[30,8]}"#,
            r#"{"fact":"poll_answered","poll":"01L-p2","classroom":"01C","seat":17,"answer":0.8}"#,
            r#"{"fact":"poll_closed","poll":"01L-p1"}"#,
            r#"{"fact":"poll_shown","poll":"01L-p1","on":true}"#,
            r#"{"fact":"programme_set","scene":{"scene":"classroom","classroom":"01C","large":true},"camera":"second"}"#,
            r#"{"fact":"assistant_changed","classroom":"01C","assistant":{"account":"01A","name":"周敏"}}"#,
            r#"{"fact":"devices_checked","classroom":null,"result":{"camera":{"verdict":"ok","reason":null},"microphone":{"verdict":"bad","reason":"silent"},"echo":{"verdict":"ok","reason":null},"loss":{"verdict":"ok","reason":null},"path":{"verdict":"warn","reason":"udp_blocked"},"clock":{"verdict":"ok","reason":null}}}"#,
            r#"{"fact":"resumed","down_since_ms":1763787590000}"#,
            r#"{"fact":"source_arrived","source":{"from":"second"},"audio":false,"video":true}"#,
        ];
        for fact in facts {
            let text = format!(r#"{{"v":2,"at_ms":1763787600000,"facts":[{fact}]}}"#);
            let line = JournalLine::decode(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(line.encode(), text);
        }
    }

    #[test]
    fn lines_written_by_version_3_stay_readable() {
        for fact in [
            r#"{"fact":"stand_in_shown","classroom":"01C","show":{"kind":"clip","clip":"01K"}}"#,
            r#"{"fact":"stand_in_shown","classroom":"01C","show":{"kind":"page","deck":"01D","page":4}}"#,
            r#"{"fact":"stand_in_shown","classroom":"01C","show":null}"#,
        ] {
            let text = format!(r#"{{"v":3,"at_ms":1763787600000,"facts":[{fact}]}}"#);
            let line = JournalLine::decode(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(line.encode(), text);
        }
    }

    #[test]
    fn a_half_written_line_is_malformed_and_a_newer_one_is_told_apart() {
        let line =
            JournalLine { v: JOURNAL_VERSION, at_ms: 7, facts: vec![Fact::Resumed { down_since_ms: None }] }.encode();
        for end in 0..line.len() {
            assert!(matches!(JournalLine::decode(&line[..end]), Err(JournalError::Malformed(_))));
        }
        let newer = r#"{"v":4,"at_ms":7,"facts":[{"fact":"slide_dreamt","page":4}]}"#;
        assert_eq!(JournalLine::decode(newer), Err(JournalError::TooNew(4)));
    }
}
