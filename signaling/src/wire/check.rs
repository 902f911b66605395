//! Results of device checks.

use serde::{Deserialize, Serialize};

use crate::id::ClassroomId;

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// The lesson can go on with it.
    Warn,
    /// The lesson can't.
    Bad,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// How it is.
    pub verdict: Verdict,
    /// Why it is not [`Verdict::Ok`]: a stable word that the client has text for, at most 64 letters.
    pub reason: Option<String>,
}

/// Everything that was checked at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The camera's picture.
    pub camera: Check,
    /// The microphone's level.
    pub microphone: Check,
    /// Whether the speakers come back through the microphone.
    pub echo: Check,
    /// Packets lost on the way to the server and back.
    pub loss: Check,
    /// Which way the media take: UDP, or TCP where UDP is blocked.
    pub path: Check,
    /// The device's clock against the server's.
    pub clock: Check,
}

/// The newest result of one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckView {
    /// The classroom; null for the studio.
    pub classroom: Option<ClassroomId>,
    /// When it was checked, UTC ms.
    pub at_ms: i64,
    /// The worst of them.
    pub worst: Verdict,
    /// Each of them.
    pub result: CheckResult,
}
