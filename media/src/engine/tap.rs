//! A tap: the recorder's own receiver inside the process.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use crate::rtp::Packet;

/// Items a tap may have waiting; when full, packets are left out and one [`TapItem::Lost`] tells so.
pub(crate) const TAP_CAPACITY: usize = 8192;

/// One thing a tap yields, in the order of the track.
#[derive(Debug, Clone)]
pub enum TapItem {
    /// A packet of the highest active layer. The first of a picture is the start of a keyframe.
    Packet(TapPacket),
    /// An instant of the track in the server's time, from an RTCP sender report. All tracks of one publisher are moved
    /// from its clock to the server's by the same amount, so their instants can be compared.
    Clock {
        /// Extended RTP timestamp on the tap's own continuous scale.
        timestamp: u64,
        /// NTP time, 32.32 fixed point since 1900 (RFC 3550 section 4).
        ntp: u64,
    },
    /// The reader was too slow and packets are missing here.
    Lost,
    /// The publisher is gone; nothing follows.
    Ended,
}

/// A packet seen by a tap.
#[derive(Debug, Clone)]
pub struct TapPacket {
    /// The packet as it arrived; its own sequence number and timestamp are those of its layer.
    pub packet: Arc<Packet>,
    /// Sequence number on the tap's continuous scale; a gap is a packet lost for good.
    pub seq: u64,
    /// Timestamp on the tap's continuous scale, in units of the codec's RTP clock.
    pub timestamp: u64,
    /// Last packet of a picture, first of a talk spurt.
    pub marker: bool,
    /// When the packet arrived.
    pub arrived: Instant,
}

/// The reading end of a tap. Dropping it ends the tap.
#[derive(Debug)]
pub struct TapReceiver {
    items: mpsc::Receiver<TapItem>,
}

impl TapReceiver {
    pub(crate) fn new(items: mpsc::Receiver<TapItem>) -> Self {
        Self { items }
    }

    /// The next item; `None` when the tap has ended. Cancel safe.
    pub async fn recv(&mut self) -> Option<TapItem> {
        self.items.recv().await
    }

    /// The next item if one is waiting.
    pub fn try_recv(&mut self) -> Option<TapItem> {
        self.items.try_recv().ok()
    }

    /// The next item, blocking the thread; for readers outside of the async runtime.
    pub fn blocking_recv(&mut self) -> Option<TapItem> {
        self.items.blocking_recv()
    }
}
