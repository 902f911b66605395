//! How one stream arrives: loss and jitter for receiver reports (RFC 3550 sections 6.4.1 and A.8).

use std::time::Instant;

use crate::feedback::{Ntp, ReportBlock};

/// Counters of one received stream. Repaired packets do not count: a report describes the path.
#[derive(Debug, Clone)]
pub(super) struct Reception {
    origin: Instant,
    rate: u32,
    first: Option<u64>,
    newest: u64,
    received: u64,
    expected_before: u64,
    received_before: u64,
    transit: Option<i64>,
    /// Jitter in timestamp units, 4 fraction bits (RFC 3550 appendix A.8).
    jitter: i64,
    last_sr: Option<(u32, Instant)>,
}

impl Reception {
    pub(super) fn new(rate: u32, now: Instant) -> Self {
        Self {
            origin: now,
            rate,
            first: None,
            newest: 0,
            received: 0,
            expected_before: 0,
            received_before: 0,
            transit: None,
            jitter: 0,
            last_sr: None,
        }
    }

    pub(super) fn packet(&mut self, index: u64, timestamp: u32, now: Instant) {
        let first = *self.first.get_or_insert(index);
        if index < first {
            return;
        }
        self.newest = self.newest.max(index);
        self.received += 1;
        let elapsed = now.saturating_duration_since(self.origin).as_micros() as i64;
        let arrival = elapsed * i64::from(self.rate) / 1_000_000;
        let transit = i64::from((arrival as u32).wrapping_sub(timestamp) as i32);
        if let Some(previous) = self.transit.replace(transit) {
            let change = i64::from(transit.wrapping_sub(previous) as i32).abs().min(i64::from(self.rate) * 10);
            self.jitter += change - ((self.jitter + 8) >> 4);
        }
    }

    pub(super) fn sender_report(&mut self, ntp: Ntp, now: Instant) {
        self.last_sr = Some((ntp.middle(), now));
    }

    /// Packets that never came by themselves.
    pub(super) fn lost(&self) -> i64 {
        self.expected() as i64 - self.received as i64
    }

    /// Jitter in milliseconds.
    pub(super) fn jitter_ms(&self) -> f64 {
        (self.jitter as f64 / 16.0 / f64::from(self.rate) * 1e3).max(0.0)
    }

    /// The block for the time since the last call; `None` before the first packet.
    pub(super) fn block(&mut self, ssrc: u32, now: Instant) -> Option<ReportBlock> {
        self.first?;
        let expected = self.expected() - self.expected_before;
        let received = self.received - self.received_before;
        self.expected_before += expected;
        self.received_before += received;
        let lost = expected.saturating_sub(received);
        let (last_sr, delay) = self.last_sr.map_or((0, 0), |(middle, at)| {
            let delay = (now.saturating_duration_since(at).as_micros() << 16) / 1_000_000;
            (middle, u32::try_from(delay).unwrap_or(u32::MAX))
        });
        Some(ReportBlock {
            ssrc,
            fraction_lost: (lost * 256).checked_div(expected).unwrap_or(0).min(255) as u8,
            lost: self.lost().clamp(-0x80_0000, 0x7f_ffff) as i32,
            highest: self.newest as u32,
            jitter: (self.jitter >> 4).clamp(0, i64::from(u32::MAX)) as u32,
            last_sr,
            delay,
        })
    }

    fn expected(&self) -> u64 {
        self.first.map_or(0, |first| self.newest + 1 - first)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::track::source::tests::start;

    #[test]
    fn loss_and_jitter_as_the_rfc_counts_them() {
        let t0 = start();
        let mut reception = Reception::new(90_000, t0);
        assert_eq!(reception.block(7, t0), None);
        for n in 0..100_u64 {
            if n % 10 != 3 {
                // Every other packet is 2 ms late.
                let at = t0 + Duration::from_millis(n * 33 + n % 2 * 2);
                reception.packet(0x1_0000 + n, (n * 2_970) as u32, at);
            }
        }
        reception.sender_report(Ntp(0x1234_5678_0000_0000), t0);
        let block = reception.block(7, t0 + Duration::from_millis(500)).unwrap();
        assert_eq!((block.ssrc, block.lost, block.fraction_lost), (7, 10, 25));
        assert_eq!((block.highest, block.last_sr, block.delay), (0x1_0063, 0x5678_0000, 0x8000));
        assert!((120..=180).contains(&block.jitter), "{} of 180", block.jitter);
        let block = reception.block(7, t0).unwrap();
        assert_eq!((block.fraction_lost, block.lost), (0, 10), "nothing since the last block");
    }
}
