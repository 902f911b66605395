//! Names of the fixed places of a receive session and of the tracks that may be shown there.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::codec::MediaKind;

/// One peer (one publish or receive session) of this process; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PeerId(pub u64);

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}

/// One media section of a publishing peer; its layers and repair streams are part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UpTrackId {
    /// The publisher.
    pub peer: PeerId,
    /// Index among the accepted media sections of the publisher's offer, from 0.
    pub media: u8,
}

/// Set in the `media` of a thumbnail; an offer has far fewer sections.
const THUMBNAIL: u8 = 0x80;

impl UpTrackId {
    /// The small stills of this picture, which may be shown in its place: at most one a second, of the lowest layer, and
    /// whatever the publisher's gate says. Whoever maps it decides who may see it.
    #[must_use]
    pub fn thumbnail(self) -> Self {
        Self { media: self.media | THUMBNAIL, ..self }
    }
}

impl fmt::Display for UpTrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.peer, self.media)
    }
}

/// A fixed place of a receive session: the n-th media section of its kind in the receiver's own offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// Sound or picture.
    pub kind: MediaKind,
    /// Index within the kind, from 0.
    pub index: u8,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind, self.index)
    }
}
