//! Recording when a publisher's packets arrive, and telling it (draft-holmer-rmcat-transport-wide-cc-extensions-01).
//!
//! A browser's send rate only grows while these messages come several times a second.

use std::time::{Duration, Instant};

use super::write::set_length;
use crate::rtp::{Extended, SequenceExtender};

/// Most packets kept until the next message; what comes beyond is not reported.
const MAX_PENDING: usize = 2_048;
/// Most sequence numbers in one message, so that it fits a datagram even if every delta takes two bytes.
const MAX_SPAN: u64 = 400;
/// A message is sent early when this many packets wait.
const EARLY: usize = 100;

/// Arrival recorder of one publishing transport.
#[derive(Debug)]
pub struct TwccRecorder {
    origin: Instant,
    interval: Duration,
    due: Instant,
    extender: SequenceExtender,
    /// (extended sequence number, arrival in ticks of 250 us since the origin).
    pending: Vec<(u64, i64)>,
    /// First number not yet reported on.
    next: Option<u64>,
    number: u8,
}

impl TwccRecorder {
    /// Usual distance of two messages.
    pub const INTERVAL: Duration = Duration::from_millis(75);

    /// A recorder that has something to say every [`INTERVAL`](Self::INTERVAL) while packets come.
    pub fn new(now: Instant) -> Self {
        Self {
            origin: now,
            interval: Self::INTERVAL,
            due: now + Self::INTERVAL,
            extender: SequenceExtender::default(),
            pending: Vec::new(),
            next: None,
            number: 0,
        }
    }

    /// Notes the arrival of the packet with transport-wide number `seq`.
    pub fn record(&mut self, seq: u16, now: Instant) {
        let index = match self.extender.extend(seq) {
            Extended::Index(index) => index,
            Extended::Restarted(_) | Extended::Unconfirmed => {
                // The sender's numbers jumped: what was pending is reported on by nobody, and counting starts anew.
                self.extender = SequenceExtender::default();
                self.pending.clear();
                self.next = None;
                match self.extender.extend(seq) {
                    Extended::Index(index) => index,
                    Extended::Restarted(_) | Extended::Unconfirmed => return,
                }
            }
        };
        if self.pending.len() < MAX_PENDING {
            let ticks = now.saturating_duration_since(self.origin).as_micros() / 250;
            self.pending.push((index, ticks as i64));
        }
    }

    /// When [`poll`](Self::poll) will next have something to say; `None` while nothing has arrived.
    pub fn poll_timeout(&self) -> Option<Instant> {
        (!self.pending.is_empty()).then_some(self.due)
    }

    /// Appends the messages that are due, from `sender` about `media` (any stream of the transport).
    pub fn poll(&mut self, sender: u32, media: u32, now: Instant, out: &mut Vec<u8>) {
        if self.pending.is_empty() || now < self.due && self.pending.len() < EARLY {
            return;
        }
        self.due = now + self.interval;
        self.pending.sort_unstable();
        self.pending.dedup_by_key(|(index, _)| *index);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while !rest.is_empty() {
            rest = self.message(sender, media, rest, out);
        }
        self.pending = pending;
        self.pending.clear();
    }

    /// Appends one message for the front of `arrivals` and gives the rest.
    fn message<'a>(
        &mut self,
        sender: u32,
        media: u32,
        arrivals: &'a [(u64, i64)],
        out: &mut Vec<u8>,
    ) -> &'a [(u64, i64)] {
        let Some(&(first, first_ticks)) = arrivals.first() else { return &[] };
        // Numbers since the last message that did not come are reported as lost, unless too many.
        let base = self.next.filter(|next| *next <= first && first - next < MAX_SPAN / 2).unwrap_or(first);
        let reference = first_ticks.div_euclid(256);
        let mut symbols = Vec::with_capacity(MAX_SPAN as usize);
        let mut deltas = Vec::with_capacity(MAX_SPAN as usize);
        let mut last = reference * 256;
        let mut taken = 0;
        for &(index, ticks) in arrivals {
            let delta = ticks - last;
            let Ok(wide) = i16::try_from(delta) else { break };
            if index - base >= MAX_SPAN {
                break;
            }
            symbols.resize((index - base) as usize, 0);
            if let Ok(narrow) = u8::try_from(delta) {
                symbols.push(1);
                deltas.push(narrow);
            } else {
                symbols.push(2);
                deltas.extend_from_slice(&wide.to_be_bytes());
            }
            last = ticks;
            taken += 1;
        }
        let start = out.len();
        out.extend_from_slice(&[0x8f, 205, 0, 0]);
        out.extend_from_slice(&sender.to_be_bytes());
        out.extend_from_slice(&media.to_be_bytes());
        out.extend_from_slice(&(base as u16).to_be_bytes());
        out.extend_from_slice(&(symbols.len() as u16).to_be_bytes());
        out.extend_from_slice(&((reference as u32) << 8 | u32::from(self.number)).to_be_bytes());
        append_chunks(out, &symbols);
        out.extend_from_slice(&deltas);
        let padding = (out.len() - start).next_multiple_of(4) - (out.len() - start);
        if padding > 0 {
            out.resize(out.len() + padding, 0);
            *out.last_mut().expect("just padded") = padding as u8;
            out[start] |= 0x20;
        }
        set_length(out, start);
        self.number = self.number.wrapping_add(1);
        let end = base + symbols.len() as u64;
        self.next = Some(self.next.map_or(end, |next| next.max(end)));
        &arrivals[taken..]
    }
}

/// Appends the packet chunks: runs of seven and more as run lengths, the rest as vectors of seven two-bit symbols.
fn append_chunks(out: &mut Vec<u8>, mut symbols: &[u8]) {
    while let Some(&first) = symbols.first() {
        let run = symbols.iter().take_while(|s| **s == first).count().min(0x1fff);
        let (chunk, taken) = if run >= 7 || run == symbols.len() {
            (u16::from(first) << 13 | run as u16, run)
        } else {
            let taken = symbols.len().min(7);
            let vector = (0..7).fold(0_u16, |v, i| v << 2 | u16::from(symbols.get(i).copied().unwrap_or(0)));
            (0xc000 | vector, taken)
        };
        out.extend_from_slice(&chunk.to_be_bytes());
        symbols = &symbols[taken..];
    }
}
