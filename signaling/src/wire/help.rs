//! Calls for help to the administrator on duty.

use serde::{Deserialize, Serialize};

use crate::id::{ClassroomId, HelpId};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelpKind {
    /// Nothing to hear, or nobody hears us.
    Sound,
    /// Nothing to see, or nobody sees us.
    Picture,
    /// The line.
    Network,
    /// Anything else.
    Other,
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelpState {
    /// Nobody has looked at it yet.
    Called,
    /// Somebody is at it.
    Taken,
    /// Done.
    Settled,
}

/// A call for help, as the desk and the assistant who called see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpView {
    /// The call.
    pub id: HelpId,
    /// The classroom.
    pub classroom: ClassroomId,
    /// What is wrong.
    pub kind: HelpKind,
    /// In words.
    pub text: Option<String>,
    /// Where it stands.
    pub state: HelpState,
    /// When it came, UTC ms.
    pub called_ms: i64,
    /// When its state last changed, UTC ms.
    pub changed_ms: i64,
    /// Name of who is at it or settled it.
    pub by: Option<String>,
}
