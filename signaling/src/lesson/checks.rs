//! Device checks of the studio and the classrooms, from ten minutes before the planned start.

use std::collections::BTreeMap;

use crate::id::ClassroomId;
use crate::journal::Fact;
use crate::lesson::spec::LessonSpec;
use crate::lesson::state::State;
use crate::text;
use crate::wire::{Check, CheckResult, CheckView, LessonState, Verdict};

/// How long before the planned start checks count, milliseconds.
const EARLY_MS: i64 = 600_000;
/// The same result is noted again only after so long, milliseconds.
const AGAIN_MS: i64 = 60_000;
/// The longest reason, in letters.
const REASON_LETTERS_MAX: usize = 64;

/// The newest result of each place; `None` is the studio.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checks(BTreeMap<Option<ClassroomId>, (CheckResult, i64)>);

impl Checks {
    pub(crate) fn note(&mut self, classroom: Option<&ClassroomId>, result: &CheckResult, at_ms: i64) -> CheckView {
        self.0.insert(classroom.cloned(), (result.clone(), at_ms));
        view(classroom, result, at_ms)
    }

    /// The results a place may see.
    pub(crate) fn seen(&self, may_see: impl Fn(Option<&ClassroomId>) -> bool) -> Vec<CheckView> {
        let seen = self.0.iter().filter(|(classroom, _)| may_see(classroom.as_ref()));
        seen.map(|(classroom, (result, at_ms))| view(classroom.as_ref(), result, *at_ms)).collect()
    }
}

fn all(result: &CheckResult) -> [&Check; 6] {
    [&result.camera, &result.microphone, &result.echo, &result.loss, &result.path, &result.clock]
}

fn view(classroom: Option<&ClassroomId>, result: &CheckResult, at_ms: i64) -> CheckView {
    let worst = all(result).iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok);
    CheckView { classroom: classroom.cloned(), at_ms, worst, result: result.clone() }
}

/// A result came in.
pub(crate) fn check(
    spec: &LessonSpec,
    state: &State,
    classroom: Option<ClassroomId>,
    result: CheckResult,
    now: i64,
) -> Vec<Fact> {
    let early = spec.starts_ms.is_some_and(|starts| now < starts.saturating_sub(EARLY_MS));
    let unknown = classroom.as_ref().is_some_and(|id| spec.classroom(id).is_none());
    let readable =
        |check: &&Check| check.reason.as_deref().is_none_or(|reason| text::bounded(reason, REASON_LETTERS_MAX).is_ok());
    if state.phase == LessonState::Ended || early || unknown || !all(&result).iter().all(readable) {
        return Vec::new();
    }
    let known = state.checks.0.get(&classroom);
    if known.is_some_and(|(before, at_ms)| *before == result && now.saturating_sub(*at_ms) < AGAIN_MS) {
        return Vec::new();
    }
    vec![Fact::DevicesChecked { classroom, result }]
}
