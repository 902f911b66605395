//! Reading compound RTCP packets: typed views of the bytes, up to the first malformed one.

use super::twcc::TwccFeedback;
use super::{NackSequences, Ntp, ReportBlocks, SenderInfo};

/// One RTCP packet of a compound.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Message<'a> {
    /// SR: the sender's clocks and counters, and how it receives.
    SenderReport {
        /// Clocks and counters.
        info: SenderInfo,
        /// How the sender receives other streams.
        blocks: ReportBlocks<'a>,
    },
    /// RR: how the peer receives.
    ReceiverReport {
        /// The reporter.
        ssrc: u32,
        /// One block per stream.
        blocks: ReportBlocks<'a>,
    },
    /// Lost packets of the stream `media`.
    Nack {
        /// The stream.
        media: u32,
        /// The lost numbers.
        sequences: NackSequences<'a>,
    },
    /// Picture loss of the stream `media`: a keyframe is wanted.
    Pli {
        /// The stream.
        media: u32,
    },
    /// Full intra request (RFC 5104): keyframes are wanted.
    Fir {
        /// One entry per stream; a repeated command number is the same request again.
        entry: FirEntry,
    },
    /// Receiver-estimated maximum bitrate, in bit/s, of the whole transport.
    Remb {
        /// The estimate.
        bitrate: u64,
    },
    /// Transport-wide arrival times.
    Twcc(TwccFeedback<'a>),
    /// The stream has ended.
    Bye {
        /// The first SSRC named.
        ssrc: u32,
    },
    /// A well-formed packet of no interest here (SDES, APP, XR, ...).
    Other,
}

/// One stream of a full intra request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirEntry {
    /// The stream.
    pub media: u32,
    /// Command sequence number.
    pub number: u8,
}

/// The messages of a compound, see [`read`].
#[derive(Debug, Clone)]
pub struct Messages<'a> {
    rest: &'a [u8],
    fir: &'a [u8],
    malformed: bool,
}

/// Reads the packets of a decrypted compound, also of a reduced-size one (RFC 5506).
pub fn read(compound: &[u8]) -> Messages<'_> {
    Messages { rest: compound, fir: &[], malformed: false }
}

impl Messages<'_> {
    /// Whether reading stopped at a malformed packet; known once the iterator is drained.
    pub fn malformed(&self) -> bool {
        self.malformed
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        if let Some(entry) = self.next_fir() {
            return Some(Message::Fir { entry });
        }
        if self.rest.is_empty() {
            return None;
        }
        let parsed = self.split();
        if parsed.is_none() {
            self.malformed = true;
            self.rest = &[];
        }
        parsed
    }
}

impl<'a> Messages<'a> {
    fn next_fir(&mut self) -> Option<FirEntry> {
        let (entry, rest) = self.fir.split_first_chunk::<8>()?;
        self.fir = rest;
        Some(FirEntry { media: word(entry, 0)?, number: entry[4] })
    }

    fn split(&mut self) -> Option<Message<'a>> {
        let [b0, kind, l0, l1] = *self.rest.first_chunk::<4>()?;
        if b0 >> 6 != 2 {
            return None;
        }
        let len = 4 * (usize::from(u16::from_be_bytes([l0, l1])) + 1);
        let (packet, rest) = self.rest.split_at_checked(len)?;
        let mut body = &packet[4..];
        if b0 & 0x20 != 0 {
            let padding = usize::from(*body.last()?);
            if padding == 0 {
                return None;
            }
            body = body.get(..body.len().checked_sub(padding)?)?;
        }
        self.rest = rest;
        self.parse(kind, b0 & 0x1f, body)
    }

    fn parse(&mut self, kind: u8, count: u8, body: &'a [u8]) -> Option<Message<'a>> {
        let blocks = |at: usize| body.get(at..at + 24 * usize::from(count)).map(ReportBlocks);
        Some(match (kind, count) {
            (200, _) => Message::SenderReport {
                info: SenderInfo {
                    ssrc: word(body, 0)?,
                    ntp: Ntp(u64::from(word(body, 4)?) << 32 | u64::from(word(body, 8)?)),
                    rtp: word(body, 12)?,
                    packets: word(body, 16)?,
                    bytes: word(body, 20)?,
                },
                blocks: blocks(24)?,
            },
            (201, _) => Message::ReceiverReport { ssrc: word(body, 0)?, blocks: blocks(4)? },
            (203, 1..) => Message::Bye { ssrc: word(body, 0)? },
            (205, 1) => Message::Nack { media: word(body, 4)?, sequences: NackSequences::new(body.get(8..)?) },
            (205, 15) => Message::Twcc(TwccFeedback::parse(body)?),
            (206, 1) => Message::Pli { media: word(body, 4)? },
            (206, 4) => {
                self.fir = body.get(8..)?;
                match self.next_fir() {
                    Some(entry) => Message::Fir { entry },
                    None => Message::Other,
                }
            }
            (206, 15) if body.get(8..12) == Some(b"REMB") => {
                let value = word(body, 12)?;
                let exponent = value >> 18 & 0x3f;
                // 18 bits shifted by at most 45 stay within 63 bits; a larger exponent is nonsense.
                Message::Remb { bitrate: u64::from(value & 0x3_ffff) << exponent.min(45) }
            }
            _ => Message::Other,
        })
    }
}

/// The big-endian word at `at`.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|w| u32::from_be_bytes(*w))
}
