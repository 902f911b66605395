//! Who hears a delta. The rule of the house: what only some need is not sent to all, so that a lesson of 500 classrooms
//! costs each of them what one costs.

use std::collections::BTreeMap;

use crate::id::ClassroomId;
use crate::lesson::seat::Place;
use crate::wire::{Stream, StreamPositions};

/// The audience of a delta.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Every seat.
    Stage,
    /// Master, assistants and duty.
    Staff,
    /// Master and duty.
    Desk,
    /// One classroom's screen and assistant.
    Room(ClassroomId),
}

impl Audience {
    /// What it is called on the wire.
    pub fn stream(&self) -> Stream {
        match self {
            Self::Stage => Stream::Stage,
            Self::Staff => Stream::Staff,
            Self::Desk => Stream::Desk,
            Self::Room(_) => Stream::Room,
        }
    }
}

/// The number of the last delta of each audience.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Positions(BTreeMap<Audience, u64>);

impl Positions {
    /// The next number.
    pub(crate) fn next(&mut self, audience: &Audience) -> u64 {
        let n = self.0.entry(audience.clone()).or_default();
        *n += 1;
        *n
    }

    /// Where the streams of a place stand.
    pub(crate) fn of(&self, place: &Place) -> StreamPositions {
        let mut positions = StreamPositions::default();
        for audience in place.audiences() {
            let n = self.0.get(&audience).copied().unwrap_or_default();
            match audience {
                Audience::Stage => positions.stage = n,
                Audience::Staff => positions.staff = Some(n),
                Audience::Desk => positions.desk = Some(n),
                Audience::Room(_) => positions.room = Some(n),
            }
        }
        positions
    }
}
