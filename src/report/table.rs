//! A report as tables for a spreadsheet, in the reader's language.
//!
//! Cells are escaped and made harmless by [`csv::text`]; here they only get their words.

use airclass_signaling::report::csv;
use airclass_signaling::wire::AttendanceMark;

use super::Reading;

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Who was there, a row for each pupil.
    Attendance,
    /// What was asked.
    Questions,
    /// Who talked how long.
    Floors,
    /// What was polled.
    Polls,
    /// What was gone for a while.
    Interruptions,
}

/// Which words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 中文.
    Chinese,
    /// English.
    English,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 5] = [Self::Attendance, Self::Questions, Self::Floors, Self::Polls, Self::Interruptions];

    /// Its name in addresses and file names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attendance => "attendance",
            Self::Questions => "questions",
            Self::Floors => "floors",
            Self::Polls => "polls",
            Self::Interruptions => "interruptions",
        }
    }

    /// The table of that name.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.as_str() == text)
    }
}

impl Language {
    /// `zh` or `en`.
    pub fn from_text(text: &str) -> Option<Self> {
        match text {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

/// Words of columns and of cells: stable word, 中文, English.
const WORDS: &[(&str, &str, &str)] = &[
    ("school", "学校", "School"),
    ("class", "班级", "Class"),
    ("assistant", "辅导教师", "Assistant"),
    ("seat", "座号", "Seat"),
    ("name", "姓名", "Name"),
    ("group", "小组", "Group"),
    ("mark", "出勤", "Attendance"),
    ("present", "出席", "Present"),
    ("absent", "缺勤", "Absent"),
    ("late", "迟到", "Late"),
    ("left_early", "早退", "Left early"),
    ("not_taken", "未点名", "Not taken"),
    ("question", "问题", "Question"),
    ("text", "内容", "Text"),
    ("asked_s", "提出（秒）", "Asked (s)"),
    ("escalated_s", "上报（秒）", "Escalated (s)"),
    ("settled_s", "解决（秒）", "Settled (s)"),
    ("waited_here_s", "等待辅导教师（秒）", "Waited for assistant (s)"),
    ("waited_for_master_s", "等待主讲教师（秒）", "Waited for master (s)"),
    ("outcome", "结果", "Outcome"),
    ("merged_into", "并入", "Merged into"),
    ("answer", "回答", "Answer"),
    ("answered_here", "就地解答", "Answered on the spot"),
    ("answered_on_floor", "发言解答", "Answered on the floor"),
    ("answered_in_text", "文字解答", "Answered in writing"),
    ("withdrawn", "撤回", "Withdrawn"),
    ("open", "待跟进", "To follow up"),
    ("floors", "发言次数", "Times on the floor"),
    ("talk_s", "发言时长（秒）", "Talk time (s)"),
    ("present_s", "在线时长（秒）", "Time present (s)"),
    ("asked", "提问数", "Questions"),
    ("poll", "投票", "Poll"),
    ("correct", "正确", "Correct"),
    ("count", "人数", "Count"),
    ("enrolled", "应到", "Enrolled"),
    ("true", "是", "Yes"),
    ("false", "否", "No"),
    ("others", "其他", "Others"),
    ("what", "中断", "Interruption"),
    ("studio", "直播室", "Studio"),
    ("server", "服务器", "Server"),
    ("classroom", "教室", "Classroom"),
    ("from_s", "开始（秒）", "From (s)"),
    ("to_s", "结束（秒）", "To (s)"),
    ("seconds", "时长（秒）", "Seconds"),
];

/// Columns whose cells are stable words, not what people typed.
const WORDED: &[&str] = &["mark", "outcome", "what", "correct"];

fn word(stable: &str, language: Language) -> &str {
    let found = WORDS.iter().find(|(known, _, _)| *known == stable);
    found.map_or(stable, |(_, chinese, english)| match language {
        Language::Chinese => chinese,
        Language::English => english,
    })
}

/// A table as CSV: UTF-8 with a byte-order mark, without which spreadsheets take Chinese for something else.
pub fn text(reading: &Reading, table: Table, language: Language) -> String {
    let rows = match table {
        Table::Attendance => attendance(reading),
        Table::Questions => with_names(reading),
        Table::Floors => floors(reading),
        Table::Polls | Table::Interruptions => of_the_core(reading, table.as_str()),
    };
    format!("\u{feff}{}", csv::text(&translated(rows, language)))
}

fn translated(rows: Vec<Vec<String>>, language: Language) -> Vec<Vec<String>> {
    let Some(head) = rows.first().cloned() else { return rows };
    let cell = |row: usize, column: usize, cell: String| {
        let worded = head.get(column).is_some_and(|name| WORDED.contains(&name.as_str()));
        if row == 0 || worded { word(&cell, language).to_owned() } else { cell }
    };
    let rows = rows.into_iter().enumerate();
    rows.map(|(row, cells)| cells.into_iter().enumerate().map(|(column, text)| cell(row, column, text)).collect())
        .collect()
}

fn head(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| (*column).to_owned()).collect()
}

fn of_the_core(reading: &Reading, name: &str) -> Vec<Vec<String>> {
    let tables = csv::tables(&reading.report);
    tables.into_iter().find(|table| table.name == name).map(|table| table.rows).unwrap_or_default()
}

/// The core's questions, with the name behind each seat where the reader may know it.
fn with_names(reading: &Reading) -> Vec<Vec<String>> {
    let mut rows = of_the_core(reading, "questions");
    let Some(after) = rows.first().and_then(|head| head.iter().position(|column| column == "seat")) else {
        return rows;
    };
    let names = reading.report.questions.iter().map(|question| {
        let name = question.seat.and_then(|seat| reading.name(&question.classroom, seat));
        name.unwrap_or_default().to_owned()
    });
    let column = std::iter::once("name".to_owned()).chain(names);
    for (row, name) in rows.iter_mut().zip(column) {
        row.insert(after + 1, name);
    }
    rows
}

/// A row for each pupil of the lists the reader may know; of other classes a row for each who was marked.
fn attendance(reading: &Reading) -> Vec<Vec<String>> {
    let mut rows = vec![head(&["school", "class", "assistant", "seat", "name", "group", "mark"])];
    for room in &reading.report.classrooms {
        let taken = room.attendance.taken_ms.is_some();
        let marks = room.attendance.marks.as_deref().unwrap_or_default();
        let row = |seat: u16, name: &str, group: Option<&str>| {
            let mark = marks.iter().find(|mark| mark.seat == seat).map(|mark| mark.mark);
            let mark = match mark {
                Some(AttendanceMark::Absent) => "absent",
                Some(AttendanceMark::Late) => "late",
                Some(AttendanceMark::LeftEarly) => "left_early",
                Some(AttendanceMark::Present) => "present",
                None if taken => "present",
                None => "not_taken",
            };
            vec![
                room.school.clone(),
                room.name.clone(),
                room.assistant_name.clone().unwrap_or_default(),
                seat.to_string(),
                name.to_owned(),
                group.unwrap_or_default().to_owned(),
                mark.to_owned(),
            ]
        };
        match reading.lists.get(&room.attendance.classroom) {
            Some(list) => rows.extend(list.iter().map(|seat| row(seat.number, &seat.name, seat.group.as_deref()))),
            None => rows.extend(marks.iter().map(|mark| row(mark.seat, "", None))),
        }
    }
    rows
}

fn floors(reading: &Reading) -> Vec<Vec<String>> {
    let mut rows = vec![head(&["school", "class", "assistant", "floors", "talk_s", "present_s", "asked"])];
    let seconds = |ms: i64| (ms as f64 / 1_000.0).to_string();
    rows.extend(reading.report.classrooms.iter().map(|room| {
        vec![
            room.school.clone(),
            room.name.clone(),
            room.assistant_name.clone().unwrap_or_default(),
            room.floors.to_string(),
            seconds(room.talk_ms),
            seconds(room.present_ms),
            room.asked.to_string(),
        ]
    }));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_words_and_typed_text_is_left_alone() {
        let rows = vec![head(&["text", "outcome"]), vec!["open".to_owned(), "open".to_owned()]];
        let chinese = translated(rows.clone(), Language::Chinese);
        assert_eq!(chinese, [["内容", "结果"], ["open", "待跟进"]]);
        assert_eq!(translated(rows, Language::English)[1], ["open", "To follow up"]);
        for (stable, chinese, english) in WORDS {
            assert!(!chinese.is_ascii() && english.is_ascii(), "{stable}");
        }
    }
}
