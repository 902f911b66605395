//! What a receiver says back: receiver reports, and transport-wide arrival times where agreed on.

use std::time::Instant;

use airclass_media::feedback::{Message, ReportBlock, TwccRecorder, read, write};

use super::StreamCount;
use crate::client::TWCC_ID;

/// Notes the sender reports of an opened compound that came at `stamp_ns`.
pub(crate) fn note_reports(streams: &mut [StreamCount], compound: &[u8], stamp_ns: u64) {
    for message in read(compound) {
        if let Message::SenderReport { info, .. } = message
            && let Some(stream) = streams.iter_mut().find(|stream| stream.ssrc == info.ssrc)
        {
            stream.last_report = Some((info.ntp.middle(), stamp_ns));
        }
    }
}

/// Appends a receiver report about all streams, from `sender`; nothing while there are none.
pub(crate) fn report(streams: &mut [StreamCount], sender: u32, now_ns: u64, out: &mut Vec<u8>) {
    let blocks: Vec<ReportBlock> =
        streams.iter_mut().take(write::MAX_BLOCKS).map(|stream| block(stream, now_ns)).collect();
    if !blocks.is_empty() {
        write::receiver_report(out, sender, &blocks);
    }
}

fn block(stream: &mut StreamCount, now_ns: u64) -> ReportBlock {
    let (fraction_lost, lost) = stream.take_loss();
    let (last_sr, delay) = stream.last_report.map_or((0, 0), |(middle, at)| {
        (middle, (now_ns.saturating_sub(at).saturating_mul(65_536) / 1_000_000_000) as u32)
    });
    ReportBlock { ssrc: stream.ssrc, fraction_lost, lost, highest: stream.highest(), jitter: 0, last_sr, delay }
}

/// Transport-wide feedback of one receiver.
pub(crate) struct Arrivals {
    recorder: TwccRecorder,
    media: u32,
}

impl Arrivals {
    pub(crate) fn new(now: Instant) -> Self {
        Self { recorder: TwccRecorder::new(now), media: 0 }
    }

    /// Notes an RTP datagram.
    pub(crate) fn note(&mut self, datagram: &[u8], ssrc: u32, now: Instant) {
        if let Some(seq) = transport_sequence(datagram) {
            self.media = ssrc;
            self.recorder.record(seq, now);
        }
    }

    /// Appends the messages that are due.
    pub(crate) fn poll(&mut self, sender: u32, now: Instant, out: &mut Vec<u8>) {
        self.recorder.poll(sender, self.media, now, out);
    }
}

/// The transport-wide sequence number in the one-byte header extensions (RFC 8285 section 4.2).
fn transport_sequence(datagram: &[u8]) -> Option<u16> {
    let first = *datagram.first()?;
    let at = 12 + usize::from(first & 0x0f) * 4;
    let head = datagram.get(at..at + 4)?;
    if first & 0x10 == 0 || head[..2] != [0xbe, 0xde] {
        return None;
    }
    let mut rest = datagram.get(at + 4..at + 4 + usize::from(u16::from_be_bytes([head[2], head[3]])) * 4)?;
    while let [element, tail @ ..] = rest {
        let (id, len) = (element >> 4, usize::from(element & 0x0f) + 1);
        if id == 0 {
            rest = tail;
        } else if id == TWCC_ID {
            return tail.first_chunk::<2>().map(|seq| u16::from_be_bytes(*seq));
        } else {
            rest = tail.get(len..)?;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transport_sequence_is_found_among_others() {
        let mut datagram = vec![0x90, 0x66, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 2];
        datagram.extend_from_slice(&[0x10, 0xff, 0, 0x31, 0x12, 0x34, 0, 0, 1, 2, 3]);
        assert_eq!(transport_sequence(&datagram), Some(0x1234));
        datagram[0] = 0x80;
        assert_eq!(transport_sequence(&datagram), None);
    }
}
