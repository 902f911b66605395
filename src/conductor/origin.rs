//! Where media comes from: a source of the lesson, a talk microphone of the staff, or a device that checks itself.

use airclass_media::Content;
use airclass_signaling::id::ClassroomId;
use airclass_signaling::lesson::{Place, SourceKey};
use airclass_signaling::wire::SourceView;

/// Where media comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// A source of the lesson: what the slots may show.
    Source(SourceKey),
    /// The talk microphone of the master or of an assistant: heard by the staff while the lesson says so.
    Talk(Place),
    /// A device that checks itself: sent back to the holder of the same token (by its hash) and to nobody else.
    Check(String),
}

impl Origin {
    /// What it is called in the forwarder's figures.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Source(SourceKey::Camera) => "camera".to_owned(),
            Self::Source(SourceKey::Screen) => "screen".to_owned(),
            Self::Source(SourceKey::Second) => "second".to_owned(),
            Self::Source(SourceKey::Classroom(id)) => format!("classroom {id}"),
            Self::Talk(place) => match place.classroom() {
                Some(id) => format!("talk {id}"),
                None => "talk".to_owned(),
            },
            Self::Check(_) => "check".to_owned(),
        }
    }

    /// What its picture shows.
    pub(super) fn content(&self) -> Content {
        match self {
            Self::Source(SourceKey::Screen) => Content::Screen,
            _ => Content::Camera,
        }
    }

    /// A classroom's source.
    pub(super) fn classroom(id: &ClassroomId) -> Self {
        Self::Source(SourceKey::Classroom(id.clone()))
    }

    /// The lesson's source, if it is one.
    pub(super) fn source(&self) -> Option<&SourceKey> {
        match self {
            Self::Source(source) => Some(source),
            Self::Talk(_) | Self::Check(_) => None,
        }
    }

    /// Whether it comes from where that seat is; an assistant stands in the same room as the classroom's screen.
    pub(super) fn is_of(&self, place: &Place) -> bool {
        match self {
            Self::Source(SourceKey::Camera | SourceKey::Screen | SourceKey::Second) => *place == Place::Master,
            Self::Source(SourceKey::Classroom(id)) => place.classroom() == Some(id),
            Self::Talk(talker) => talker == place,
            Self::Check(_) => false,
        }
    }
}

/// The source that a slot shows.
pub(super) fn source_key(view: &SourceView) -> SourceKey {
    match view {
        SourceView::Camera => SourceKey::Camera,
        SourceView::Screen => SourceKey::Screen,
        SourceView::Second => SourceKey::Second,
        SourceView::Classroom { classroom, .. } => SourceKey::Classroom(classroom.clone()),
    }
}
