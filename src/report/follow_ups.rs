//! Questions that nobody answered, kept for the assistants who were there. An ended lesson does not change, so what was
//! read once is remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use airclass_signaling::id::LessonId;
use airclass_signaling::report::FollowUp;

use super::{Part, Reading};
use crate::conductor::ConductError;
use crate::db::Db;

/// Most lessons remembered; beyond them all are read anew.
const LESSONS: usize = 2_000;

/// What is left of the lessons that were read.
#[derive(Debug, Default)]
pub struct FollowUps {
    known: Mutex<HashMap<LessonId, Arc<Vec<FollowUp>>>>,
}

impl FollowUps {
    /// What is left of an ended lesson.
    ///
    /// # Errors
    /// As [`super::read`].
    pub async fn of(&self, db: &Db, lesson: &LessonId) -> Result<Arc<Vec<FollowUp>>, ConductError> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(lesson) {
            return Ok(Arc::clone(known));
        }
        let Reading { report, .. } = super::read(db, lesson, Part::Whole).await?;
        let left = Arc::new(report.follow_ups);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= LESSONS {
            known.clear();
        }
        known.insert(lesson.clone(), Arc::clone(&left));
        Ok(left)
    }
}
