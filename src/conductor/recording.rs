//! The recordings of a lesson's task.

use airclass_media::Engine;
use airclass_signaling::lesson::{RecordOrder, SourceKey};

use super::Services;
use super::media::{Media, Publication};
use crate::db::LessonRow;

/// What the task holds of recording.
#[derive(Debug)]
pub(super) struct Recordings {}

impl Recordings {
    pub(super) fn new(_services: &Services, _row: &LessonRow) -> Self {
        Self {}
    }
    pub(super) async fn changed(&mut self) -> bool {
        std::future::pending().await
    }
    pub(super) fn busy(&self) -> bool {
        false
    }
    pub(super) fn arrived(&mut self, _engine: &Engine, _source: &SourceKey, _publication: &Publication) {}
    pub(super) async fn order(&mut self, _services: &Services, _row: &LessonRow, _media: &Media, _order: RecordOrder) {}
    pub(super) async fn finish(&mut self) {}
}
