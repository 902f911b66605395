//! Sender information and report blocks (RFC 3550 section 6.4).

use super::Ntp;

/// The sender's half of a sender report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderInfo {
    /// The stream.
    pub ssrc: u32,
    /// Wall clock at the sender.
    pub ntp: Ntp,
    /// The same instant on the stream's RTP clock.
    pub rtp: u32,
    /// Packets sent so far, modulo 2^32.
    pub packets: u32,
    /// Payload bytes sent so far, modulo 2^32.
    pub bytes: u32,
}

/// How one stream arrives at the reporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReportBlock {
    /// The stream reported on.
    pub ssrc: u32,
    /// Loss since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost so far, 24 bits signed.
    pub lost: i32,
    /// Highest sequence number received, extended by its wraps.
    pub highest: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// Middle 32 bits of the last sender report's NTP time, 0 if none came.
    pub last_sr: u32,
    /// Delay since that report in 1/65536 s.
    pub delay: u32,
}

impl ReportBlock {
    pub(super) const BYTES: usize = 24;

    /// Round-trip time in 1/65536 s, if the block answers a sender report (RFC 3550 section 6.4.1). `now` is the
    /// middle of the wall clock that wrote that report.
    pub fn round_trip(&self, now: u32) -> Option<u32> {
        if self.last_sr == 0 {
            return None;
        }
        let trip = now.wrapping_sub(self.last_sr).wrapping_sub(self.delay);
        // A negative trip is a peer's rounding; more than a minute is nonsense.
        if trip as i32 <= 0 { Some(0) } else { Some(trip).filter(|t| *t < 60 << 16) }
    }

    pub(super) fn append(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        let lost = self.lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
        out.extend_from_slice(&(u32::from(self.fraction_lost) << 24 | lost).to_be_bytes());
        for word in [self.highest, self.jitter, self.last_sr, self.delay] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
}

/// The report blocks of one report.
#[derive(Debug, Clone)]
pub struct ReportBlocks<'a>(pub(super) &'a [u8]);

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.0.split_first_chunk::<{ ReportBlock::BYTES }>()?;
        self.0 = rest;
        let mut words = [0_u32; 6];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        let [ssrc, loss, highest, jitter, last_sr, delay] = words;
        // Moves the 24-bit sign to where an i32 has it.
        let lost = (loss << 8) as i32 >> 8;
        Some(ReportBlock { ssrc, fraction_lost: (loss >> 24) as u8, lost, highest, jitter, last_sr, delay })
    }
}
