//! Who of a class is here. Pupils are seat numbers; their names are their school's own.

use serde::{Deserialize, Serialize};

use crate::id::ClassroomId;

/// What is noted about one pupil. Whoever is not marked is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttendanceMark {
    /// Here from beginning to end.
    Present,
    /// Not here.
    Absent,
    /// Came late; counts as here.
    Late,
    /// Left before the end; counts as here.
    LeftEarly,
}

/// One exception of a class list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatMark {
    /// Number on the class list.
    pub seat: u16,
    /// What is noted.
    pub mark: AttendanceMark,
}

/// A mark and since when it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatMarkView {
    /// Number on the class list.
    pub seat: u16,
    /// What is noted; never `present`, who is present is not listed.
    pub mark: AttendanceMark,
    /// When it was noted, UTC ms.
    pub at_ms: i64,
}

/// One pupil's place on the class list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PupilSeatView {
    /// Number on the class list.
    pub seat: u16,
    /// The group it belongs to.
    pub group: Option<String>,
}

/// The attendance of one classroom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttendanceView {
    /// The classroom.
    pub classroom: ClassroomId,
    /// When the assistant first took it, UTC ms; null as long as nobody has.
    pub taken_ms: Option<i64>,
    /// How many pupils the class list has.
    pub enrolled: u16,
    /// How many are or were here; all of them until somebody is marked absent.
    pub present: u16,
    /// How many are not here.
    pub absent: u16,
    /// How many came late.
    pub late: u16,
    /// How many left early.
    pub left_early: u16,
    /// The exceptions, by seat; null at the desk, which gets the counts only.
    pub marks: Option<Vec<SeatMarkView>>,
}
