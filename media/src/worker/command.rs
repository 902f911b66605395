//! What the engine asks of a worker.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use super::Core;
use super::peer::Role;
use crate::engine::{CloseReason, LineStats, MediaEvent, PeerStats, TapItem, WorkerStats};
use crate::peer::PeerCommand;
use crate::slot::PeerId;

/// One request.
#[derive(Debug)]
pub(crate) enum WorkerCommand {
    /// About a peer this worker owns.
    Peer { peer: PeerId, command: PeerCommand },
    /// Passes an event on in order with the worker's own.
    Report(MediaEvent),
    /// Wants the figures.
    Stats(oneshot::Sender<(WorkerStats, Vec<PeerStats>)>),
    /// Wants to know how these receivers' lines fare.
    Lines { receivers: Arc<[PeerId]>, reply: mpsc::Sender<Vec<LineStats>> },
    /// Wants the figures of those of these peers that are this worker's.
    PeerStats(Arc<[PeerId]>, oneshot::Sender<Vec<PeerStats>>),
    /// The end of everything.
    Shutdown,
}

impl Core {
    /// Obeys a command; those about peers that have just ended have no effect.
    pub(crate) fn command(&mut self, command: WorkerCommand, now: Instant) {
        self.contained(now, |core| match command {
            WorkerCommand::Peer { peer, command } => match core.addresses.by_id.get(&peer) {
                Some(&index) => core.peer_command(index, command, now),
                None => {
                    if let PeerCommand::Tap { items, .. } = command {
                        let _ = items.try_send(TapItem::Ended);
                    }
                }
            },
            WorkerCommand::Report(event) => core.emit(event),
            WorkerCommand::Stats(reply) => {
                // Whoever asked may have gone.
                let _ = reply.send(core.inspect());
            }
            WorkerCommand::Lines { receivers, reply } => {
                let _ = reply.try_send(core.inspect_lines(&receivers, now));
            }
            WorkerCommand::PeerStats(peers, reply) => {
                let _ = reply.send(core.inspect_some(&peers));
            }
            WorkerCommand::Shutdown => core.shut_down(now),
        });
    }

    fn peer_command(&mut self, index: u32, command: PeerCommand, now: Instant) {
        self.current = Some(index);
        let Some(peer) = self.peers.get_mut(index) else { return };
        match (command, &mut peer.role) {
            (PeerCommand::Close, _) => self.close_peer(index, CloseReason::Requested, now),
            (PeerCommand::Restart { local, remote }, _) => {
                let ufrag = local.ufrag.clone();
                peer.transport.ice.set_credentials(local, &remote);
                let known: Vec<String> = peer.transport.ice.local_ufrags().map(str::to_owned).collect();
                self.addresses.by_ufrag.retain(|name, owner| *owner != index || known.contains(name));
                self.addresses.by_ufrag.insert(ufrag, index);
            }
            (PeerCommand::Map(slots), Role::Receiver(_)) => {
                for (slot, track) in slots {
                    self.map_slot(index, slot, track, now);
                }
            }
            (PeerCommand::Gate(gate), Role::Publisher(_)) => self.set_gate(index, gate, now),
            (PeerCommand::Tap { media, items }, Role::Publisher(publisher)) => {
                match publisher.track(media) {
                    Some(track) => self.add_tap(track, items, now),
                    // The channel is new, so there is room.
                    None => {
                        let _ = items.try_send(TapItem::Ended);
                    }
                }
            }
            (PeerCommand::RequestKeyframe { media }, Role::Publisher(publisher)) => {
                if let Some(track) = publisher.track(media) {
                    self.request_keyframes(track, now);
                }
            }
            _ => {}
        }
    }
}
