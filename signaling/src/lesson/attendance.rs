//! Attendance: a class list of numbers and the exceptions its assistant noted. Whoever is not marked is here.

use std::collections::BTreeMap;

use crate::journal::Fact;
use crate::lesson::rights::{Asked, Decision, refuse};
use crate::lesson::spec::{ClassroomSpec, SEATS_MAX};
use crate::wire::{AttendanceMark, AttendanceView, ErrorCode, SeatMark, SeatMarkView};

/// The attendance of one classroom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attendance {
    /// When it was first taken, UTC ms.
    pub(crate) taken_ms: Option<i64>,
    /// The exceptions and when each was noted.
    marks: BTreeMap<u16, (AttendanceMark, i64)>,
}

impl Attendance {
    pub(crate) fn apply(&mut self, marks: &[SeatMark], at_ms: i64) {
        self.taken_ms.get_or_insert(at_ms);
        for SeatMark { seat, mark } in marks {
            match mark {
                AttendanceMark::Present => drop(self.marks.remove(seat)),
                mark => drop(self.marks.insert(*seat, (*mark, at_ms))),
            }
        }
    }

    /// What the desk sees; the room also sees the marks. Marks of seats that are no longer on the list don't count.
    pub(crate) fn view(&self, classroom: &ClassroomSpec, with_marks: bool) -> AttendanceView {
        let listed = || self.marks.iter().filter(|(seat, _)| classroom.has_seat(**seat));
        let count =
            |wanted| u16::try_from(listed().filter(|(_, (mark, _))| *mark == wanted).count()).unwrap_or(u16::MAX);
        let (enrolled, absent) = (classroom.enrolled(), count(AttendanceMark::Absent));
        let mark = |(seat, (mark, at_ms)): (&u16, &(AttendanceMark, i64))| SeatMarkView {
            seat: *seat,
            mark: *mark,
            at_ms: *at_ms,
        };
        AttendanceView {
            classroom: classroom.id.clone(),
            taken_ms: self.taken_ms,
            enrolled,
            present: enrolled.saturating_sub(absent),
            absent,
            late: count(AttendanceMark::Late),
            left_early: count(AttendanceMark::LeftEarly),
            marks: with_marks.then(|| listed().map(mark).collect()),
        }
    }
}

/// The assistant says who is an exception; facts for what changed only.
pub(crate) fn take(asked: &Asked<'_>, marks: &[SeatMark]) -> Decision {
    let classroom = asked.assistant()?;
    if marks.len() > SEATS_MAX {
        return refuse(ErrorCode::BadMessage, "marks: more than a class has seats");
    }
    let mut wanted = BTreeMap::new();
    for SeatMark { seat, mark } in marks {
        asked.seat(classroom, *seat)?;
        if wanted.insert(*seat, *mark).is_some() {
            return refuse(ErrorCode::BadMessage, "marks: a seat is there twice");
        }
    }
    wanted.retain(|_, mark| *mark != AttendanceMark::Present);
    let Some(before) = asked.state.attendance.get(classroom) else { return Ok(Vec::new()) };
    let new = wanted.iter().filter(|(seat, mark)| before.marks.get(seat).map(|(mark, _)| mark) != Some(mark));
    let mut changed: Vec<_> = new.map(|(seat, mark)| SeatMark { seat: *seat, mark: *mark }).collect();
    let back = before.marks.keys().filter(|seat| !wanted.contains_key(seat));
    changed.extend(back.map(|seat| SeatMark { seat: *seat, mark: AttendanceMark::Present }));
    if changed.is_empty() && before.taken_ms.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![Fact::AttendanceTaken { classroom: classroom.clone(), marks: changed }])
}
