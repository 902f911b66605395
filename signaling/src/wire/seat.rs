//! What a seat is, and how it is shown.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ClassroomId, SeatId};

/// What a seat is allowed to be. One connection holds one seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The remote lead teacher (主讲教师).
    Master,
    /// The on-site co-teacher of one classroom (辅导教师).
    Assistant,
    /// The big screen, camera and microphone of one classroom (听讲教室).
    Classroom,
    /// The administrator on duty (值班): sees all staff see, answers calls for help, is in nobody's list.
    Duty,
    /// Silent and receive-only (听课).
    Observer,
}

/// A seat as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatView {
    /// The seat.
    pub id: SeatId,
    /// Its role.
    pub role: Role,
    /// Its classroom, for assistants and classrooms.
    pub classroom: Option<ClassroomId>,
    /// The account that sits there.
    pub account: AccountId,
    /// Name to show.
    pub name: String,
}
