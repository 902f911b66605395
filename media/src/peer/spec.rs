//! A peer that has been answered but not yet heard: everything its worker will need.

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::sync::mpsc;

use super::PeerCommand;
use crate::engine::{Gate, TapItem};
use crate::estimate::Content;
use crate::ice::IceLite;
use crate::sdp::{Fingerprint, PublishedMedia, SlotMedia};
use crate::slot::{PeerId, Slot, UpTrackId};

/// Taps one pending publisher keeps; more readers than that is a mistake of the caller.
const MAX_TAPS: usize = 16;

/// A pending peer. Commands change it in place until a worker adopts it.
pub(crate) struct PeerSpec {
    pub(crate) id: PeerId,
    pub(crate) label: String,
    pub(crate) ice: IceLite,
    /// Of the certificate its DTLS must show.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) role: RoleSpec,
    /// When it was answered.
    pub(crate) since: Instant,
}

/// What the peer is here for.
pub(crate) enum RoleSpec {
    /// Sends media.
    Publish { media: Vec<PublishedMedia>, gate: Gate, content: Content, taps: Vec<(u8, mpsc::Sender<TapItem>)> },
    /// Receives media.
    Receive { media: Vec<SlotMedia>, slots: BTreeMap<Slot, Option<UpTrackId>> },
}

impl PeerSpec {
    /// Applies a command that came before adoption; `Close` and media-less commands are the directory's business.
    pub(crate) fn apply(&mut self, command: PeerCommand) {
        match (command, &mut self.role) {
            (PeerCommand::Map(map), RoleSpec::Receive { slots, media }) => {
                slots.extend(map.into_iter().filter(|(slot, _)| media.iter().any(|media| media.slot == *slot)));
            }
            (PeerCommand::Gate(wanted), RoleSpec::Publish { gate, .. }) => *gate = wanted,
            (PeerCommand::Tap { media: index, items }, RoleSpec::Publish { taps, media, .. }) => {
                if usize::from(index) < media.len() && taps.len() < MAX_TAPS {
                    taps.push((index, items));
                } else {
                    // The channel is empty, so there is room.
                    let _ = items.try_send(TapItem::Ended);
                }
            }
            (PeerCommand::Restart { local, remote }, _) => self.ice.set_credentials(local, &remote),
            _ => {}
        }
    }

    /// Tells the taps that nothing will come.
    pub(crate) fn abandon(self) {
        if let RoleSpec::Publish { taps, .. } = self.role {
            for (_, items) in taps {
                let _ = items.try_send(TapItem::Ended);
            }
        }
    }
}
