//! Talk between master, assistants and the administrator on duty, which pupils never hear or see.

use serde::{Deserialize, Serialize};

use super::Role;
use crate::id::ClassroomId;

/// Something said in writing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMessageView {
    /// Its number in the lesson, from 1.
    pub n: u64,
    /// When, UTC ms.
    pub at_ms: i64,
    /// The speaker's role.
    pub role: Role,
    /// The speaker's classroom, for assistants.
    pub from_classroom: Option<ClassroomId>,
    /// The speaker's name.
    pub name: String,
    /// Between this classroom's assistant and the desk only; null for all staff.
    pub classroom: Option<ClassroomId>,
    /// What.
    pub text: String,
}

/// Somebody who talks to the staff now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkerView {
    /// Master or assistant.
    pub role: Role,
    /// The assistant's classroom.
    pub classroom: Option<ClassroomId>,
    /// Name to show.
    pub name: String,
    /// Since when, UTC ms.
    pub since_ms: i64,
    /// When it ends by itself, UTC ms.
    pub deadline_ms: i64,
}
