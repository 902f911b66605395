//! Who is where: pending peers, and the worker that owns each adopted one.
//!
//! Consulted when a session is made, when an unknown STUN user shows up, and by commands; never for media. It is the
//! one lock that workers share.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::ice::Credentials;
use crate::peer::{PeerCommand, PeerSpec};
use crate::slot::PeerId;

/// ICE generations of a peer whose user fragments still find it: the current one and the one before.
const GENERATIONS: usize = 2;

/// All peers of the engine.
#[derive(Default)]
pub(crate) struct Directory {
    by_ufrag: HashMap<String, PeerId>,
    peers: HashMap<PeerId, Entry>,
    pending: usize,
}

struct Entry {
    place: Place,
    ufrags: Vec<String>,
    session: Session,
}

/// What PATCH requests are checked against.
pub(crate) struct Session {
    pub(crate) etag: String,
    /// Mid of the first media section.
    pub(crate) mid: String,
    /// The peer's ICE credentials of this generation.
    pub(crate) remote: Credentials,
}

enum Place {
    Pending(Box<PeerSpec>),
    Owned(usize),
}

/// What an unknown STUN user turned out to be.
pub(crate) enum Claim {
    /// Nobody, or its check did not authenticate.
    Unknown,
    /// The caller owns this peer from now on.
    Adopted(Box<PeerSpec>),
    /// Another worker does.
    Owner(usize),
}

impl Directory {
    /// Peers in all.
    pub(crate) fn len(&self) -> usize {
        self.peers.len()
    }

    /// Peers not heard of yet.
    pub(crate) fn pending(&self) -> usize {
        self.pending
    }

    /// Adds a pending peer with its local user fragment.
    pub(crate) fn insert(&mut self, spec: Box<PeerSpec>, ufrag: String, session: Session) {
        let id = spec.id;
        self.by_ufrag.insert(ufrag.clone(), id);
        self.pending += 1;
        self.peers.insert(id, Entry { place: Place::Pending(spec), ufrags: vec![ufrag], session });
    }

    /// Looks an unknown STUN user up; a pending peer is adopted by `worker` when `authenticates` says so.
    pub(crate) fn claim(
        &mut self,
        ufrag: &str,
        worker: usize,
        authenticates: impl FnOnce(&mut PeerSpec) -> bool,
    ) -> Claim {
        let Some(entry) = self.by_ufrag.get(ufrag).and_then(|id| self.peers.get_mut(id)) else { return Claim::Unknown };
        match &mut entry.place {
            Place::Owned(owner) => return Claim::Owner(*owner),
            Place::Pending(spec) => {
                if !authenticates(spec) {
                    return Claim::Unknown;
                }
            }
        }
        match std::mem::replace(&mut entry.place, Place::Owned(worker)) {
            Place::Owned(owner) => Claim::Owner(owner),
            Place::Pending(spec) => {
                self.pending -= 1;
                Claim::Adopted(spec)
            }
        }
    }

    /// Hands a command to a pending peer, or gives it back with the worker it has to go to. `Err(None)`: unknown.
    pub(crate) fn command(&mut self, peer: PeerId, command: PeerCommand) -> Result<(), Option<(usize, PeerCommand)>> {
        let entry = self.peers.get_mut(&peer).ok_or(None)?;
        match &mut entry.place {
            Place::Owned(worker) => Err(Some((*worker, command))),
            Place::Pending(spec) => {
                spec.apply(command);
                Ok(())
            }
        }
    }

    /// The session of a peer.
    pub(crate) fn session(&self, peer: PeerId) -> Option<&Session> {
        self.peers.get(&peer).map(|entry| &entry.session)
    }

    /// Whether a peer has been answered but not heard.
    pub(crate) fn is_pending(&self, peer: PeerId) -> bool {
        self.peers.get(&peer).is_some_and(|entry| matches!(entry.place, Place::Pending(_)))
    }

    /// Notes a new ICE generation.
    pub(crate) fn restart(&mut self, peer: PeerId, ufrag: String, etag: String, remote: Credentials) {
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        self.by_ufrag.insert(ufrag.clone(), peer);
        entry.ufrags.push(ufrag);
        entry.session.etag = etag;
        entry.session.remote = remote;
        while entry.ufrags.len() > GENERATIONS {
            let old = entry.ufrags.remove(0);
            self.by_ufrag.remove(&old);
        }
    }

    /// Forgets a peer; gives its spec when it was still pending.
    pub(crate) fn remove(&mut self, peer: PeerId) -> Option<Box<PeerSpec>> {
        let entry = self.peers.remove(&peer)?;
        for ufrag in &entry.ufrags {
            self.by_ufrag.remove(ufrag);
        }
        match entry.place {
            Place::Pending(spec) => {
                self.pending -= 1;
                Some(spec)
            }
            Place::Owned(_) => None,
        }
    }

    /// Removes the pending peers that were answered longer than `timeout` ago.
    #[expect(clippy::vec_box, reason = "the directory keeps specs boxed and gives them away as they are")]
    pub(crate) fn expire(&mut self, timeout: Duration, now: Instant) -> Vec<Box<PeerSpec>> {
        if self.pending == 0 {
            return Vec::new();
        }
        let late: Vec<PeerId> = self
            .peers
            .iter()
            .filter(|(_, entry)| {
                matches!(&entry.place, Place::Pending(spec) if now.saturating_duration_since(spec.since) > timeout)
            })
            .map(|(id, _)| *id)
            .collect();
        late.into_iter().filter_map(|id| self.remove(id)).collect()
    }
}
