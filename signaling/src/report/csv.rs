//! The report as tables for a spreadsheet. Times are seconds since the lesson's start, so that no time zone is needed.

use super::{Interrupted, LessonReport};
use crate::id::ClassroomId;
use crate::wire::{AttendanceMark, PollKind, PollResultView};

/// One table: the first row names the columns, in stable words that a page may translate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it is about; also fit for a file name.
    pub name: &'static str,
    /// Rows of cells, unescaped.
    pub rows: Vec<Vec<String>>,
}

/// Every table of a report.
pub fn tables(report: &LessonReport) -> Vec<Table> {
    vec![classrooms(report), questions(report), polls(report), interruptions(report)]
}

/// Rows as CSV (RFC 4180): comma, CRLF, quotes where needed. A cell that a spreadsheet would take for a formula is
/// preceded by an apostrophe, unless it is a number.
pub fn text(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| row.iter().map(|raw| cell(raw)).collect::<Vec<_>>().join(",") + "\r\n";
    rows.iter().map(line).collect()
}

fn cell(raw: &str) -> String {
    // Also the full-width forms, which some spreadsheets take for the same.
    let formula = raw.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let safe = if formula && raw.parse::<f64>().is_err() { format!("'{raw}") } else { raw.to_owned() };
    if safe.contains([',', '"', '\r', '\n']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

fn table(name: &'static str, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Table {
    let head = columns.iter().map(|column| (*column).to_owned()).collect();
    Table { name, rows: std::iter::once(head).chain(rows).collect() }
}

fn classrooms(report: &LessonReport) -> Table {
    const COLUMNS: [&str; 18] = [
        "school",
        "class",
        "assistant",
        "enrolled",
        "present",
        "absent",
        "late",
        "left_early",
        "absent_seats",
        "present_s",
        "interruptions",
        "floors",
        "talk_s",
        "asked",
        "answered_here",
        "answered_by_master",
        "follow_ups",
        "attendance_taken_s",
    ];
    let rows = report.classrooms.iter().map(|room| {
        let marks = room.attendance.marks.iter().flatten();
        let absent = marks.filter(|mark| mark.mark == AttendanceMark::Absent).map(|mark| mark.seat.to_string());
        vec![
            room.school.clone(),
            room.name.clone(),
            room.assistant_name.clone().unwrap_or_default(),
            room.attendance.enrolled.to_string(),
            room.attendance.present.to_string(),
            room.attendance.absent.to_string(),
            room.attendance.late.to_string(),
            room.attendance.left_early.to_string(),
            absent.collect::<Vec<_>>().join(" "),
            seconds(Some(room.present_ms)),
            room.interruptions.to_string(),
            room.floors.to_string(),
            seconds(Some(room.talk_ms)),
            room.asked.to_string(),
            room.answered_here.to_string(),
            room.answered_by_master.to_string(),
            room.follow_ups.to_string(),
            since_start(report, room.attendance.taken_ms),
        ]
    });
    table("classrooms", &COLUMNS, rows)
}

fn questions(report: &LessonReport) -> Table {
    const COLUMNS: [&str; 13] = [
        "school",
        "class",
        "question",
        "seat",
        "text",
        "asked_s",
        "escalated_s",
        "settled_s",
        "waited_here_s",
        "waited_for_master_s",
        "outcome",
        "merged_into",
        "answer",
    ];
    let rows = report.questions.iter().map(|question| {
        let [school, class] = names(report, &question.classroom);
        vec![
            school,
            class,
            question.id.to_string(),
            question.seat.map(|seat| seat.to_string()).unwrap_or_default(),
            question.text.clone().unwrap_or_default(),
            since_start(report, Some(question.asked_ms)),
            since_start(report, question.escalated_ms),
            since_start(report, question.settled_ms),
            seconds(question.waited_here_ms),
            seconds(question.waited_for_master_ms),
            word(&question.outcome),
            question.merged_into.as_ref().map(ToString::to_string).unwrap_or_default(),
            question.answer.clone().unwrap_or_default(),
        ]
    });
    table("questions", &COLUMNS, rows)
}

fn polls(report: &LessonReport) -> Table {
    const COLUMNS: [&str; 8] = ["poll", "question", "school", "class", "answer", "correct", "count", "enrolled"];
    let rows = report.polls.iter().flat_map(|poll| {
        let results = poll.classrooms.iter().chain([&poll.total]);
        results.flat_map(move |result| {
            let [school, class] = result.classroom.as_ref().map(|id| names(report, id)).unwrap_or_default();
            answers(&poll.kind, result).map(move |(answer, right, count)| {
                let correct = poll.correct.map(|correct| correct.to_string() == right);
                vec![
                    poll.id.to_string(),
                    poll.question.clone(),
                    school.clone(),
                    class.clone(),
                    answer,
                    correct.map(|correct| correct.to_string()).unwrap_or_default(),
                    count.to_string(),
                    result.enrolled.to_string(),
                ]
            })
        })
    });
    table("polls", &COLUMNS, rows)
}

/// Each answer as people read it and as it was given, and how many gave it.
fn answers(kind: &PollKind, result: &PollResultView) -> impl Iterator<Item = (String, String, u32)> {
    let labels: Vec<_> = match kind {
        PollKind::Choices { labels } => labels.clone(),
        PollKind::Number => Vec::new(),
    };
    let counts = result.counts.clone().into_iter().enumerate();
    let chosen = labels.into_iter().zip(counts).map(|(label, (index, count))| (label, index.to_string(), count));
    let numbers: Vec<_> =
        result.numbers.iter().map(|n| (n.answer.to_string(), n.answer.to_string(), n.count)).collect();
    let others = (result.others > 0).then(|| ("others".to_owned(), String::new(), result.others));
    chosen.chain(numbers).chain(others)
}

fn interruptions(report: &LessonReport) -> Table {
    const COLUMNS: [&str; 6] = ["what", "school", "class", "from_s", "to_s", "seconds"];
    let rows = report.interruptions.iter().map(|gap| {
        let (what, [school, class]) = match &gap.what {
            Interrupted::Studio => ("studio", <[String; 2]>::default()),
            Interrupted::Server => ("server", <[String; 2]>::default()),
            Interrupted::Classroom { classroom } => ("classroom", names(report, classroom)),
        };
        vec![
            what.to_owned(),
            school,
            class,
            since_start(report, Some(gap.from_ms)),
            since_start(report, gap.to_ms),
            seconds(gap.to_ms.map(|to| to.saturating_sub(gap.from_ms).max(0))),
        ]
    });
    table("interruptions", &COLUMNS, rows)
}

fn names(report: &LessonReport, id: &ClassroomId) -> [String; 2] {
    let room = report.classrooms.iter().find(|room| room.attendance.classroom == *id);
    room.map(|room| [room.school.clone(), room.name.clone()]).unwrap_or_default()
}

fn since_start(report: &LessonReport, at_ms: Option<i64>) -> String {
    seconds(at_ms.zip(report.started_ms).map(|(at, start)| at.saturating_sub(start)))
}

fn seconds(ms: Option<i64>) -> String {
    ms.map(|ms| (ms as f64 / 1_000.0).to_string()).unwrap_or_default()
}

/// A unit variant as it is written in JSON.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        for (raw, safe) in [
            ("=1+1", "'=1+1"),
            ("＝1+1", "'＝1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2+3", "'-2+3"),
            ("\t=1", "'\t=1"),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("-0.5", "-0.5"),
            ("八（3）班", "八（3）班"),
            ("a,b", "\"a,b\""),
            ("两\n行", "\"两\n行\""),
            ("", ""),
        ] {
            assert_eq!(cell(raw), safe, "{raw}");
        }
        assert_eq!(text(&[vec!["a".to_owned(), "1".to_owned()], vec!["+b".to_owned()]]), "a,1\r\n'+b\r\n");
    }
}
