//! Redundant sound (RFC 2198): a packet carries the frame before its own once more.
//!
//! Browsers do not ask for lost Opus packets again, so a copy that comes with the next packet is what saves the sound.
//! Payloads are only split and joined here; which packets a receiver gets in which form is decided elsewhere.

use bytes::Bytes;
use smallvec::SmallVec;

use super::DropReason;

/// Redundant frames of one payload that are looked at; encoders send one or two, libwebrtc up to nine.
const MAX_BLOCKS: usize = 9;
/// The offset field of a block has 14 bits.
const MAX_OFFSET: u32 = (1 << 14) - 1;
/// The length field of a block has 10 bits.
const MAX_BLOCK_BYTES: usize = (1 << 10) - 1;
/// Longest payload that is made here, so that the datagram fits every path.
const MAX_BYTES: usize = 1_100;
/// Header of a redundant block and of the primary one.
const BLOCK_HEADER: usize = 4;
const PRIMARY_HEADER: usize = 1;

/// A frame that was sent before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redundant {
    /// By how many ticks it is older than the packet.
    pub offset: u32,
    /// Its payload.
    pub payload: Bytes,
}

/// A redundant payload taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Red {
    /// The frame of the packet itself.
    pub primary: Bytes,
    /// Earlier frames, oldest first, without empty ones.
    pub earlier: SmallVec<[Redundant; 2]>,
}

impl Red {
    /// Takes a payload apart; every block has to be of payload type `pt`. Nothing is copied.
    ///
    /// # Errors
    /// [`DropReason::Redundancy`] when a header lies about its length, there are more than nine blocks or the primary
    /// frame has another payload type.
    pub fn split(payload: &Bytes, pt: u8) -> Result<Red, DropReason> {
        let mut heads: SmallVec<[(u8, u32, usize); MAX_BLOCKS]> = SmallVec::new();
        let mut at = 0;
        let primary = loop {
            let first = *payload.get(at).ok_or(DropReason::Redundancy)?;
            if first & 0x80 == 0 {
                at += PRIMARY_HEADER;
                break first;
            }
            let head = payload.get(at..at + BLOCK_HEADER).ok_or(DropReason::Redundancy)?;
            let word = u32::from_be_bytes([0, head[1], head[2], head[3]]);
            if heads.len() == MAX_BLOCKS {
                return Err(DropReason::Redundancy);
            }
            heads.push((first & 0x7f, word >> 10, (word & 0x3ff) as usize));
            at += BLOCK_HEADER;
        };
        if primary != pt {
            return Err(DropReason::Redundancy);
        }
        let mut earlier = SmallVec::new();
        for (block, offset, len) in heads {
            if payload.len() < at + len {
                return Err(DropReason::Redundancy);
            }
            if block == pt && len > 0 && offset > 0 {
                earlier.push(Redundant { offset, payload: payload.slice(at..at + len) });
            }
            at += len;
        }
        Ok(Red { primary: payload.slice(at..), earlier })
    }

    /// Joins a frame with the one `offset` ticks before it; `None` when that one does not fit in.
    pub fn join(pt: u8, earlier: &[u8], offset: u32, primary: &[u8]) -> Option<Bytes> {
        let total = BLOCK_HEADER + PRIMARY_HEADER + earlier.len() + primary.len();
        let fits = (1..=MAX_OFFSET).contains(&offset) && (1..=MAX_BLOCK_BYTES).contains(&earlier.len());
        if !fits || total > MAX_BYTES {
            return None;
        }
        let word = (offset << 10 | earlier.len() as u32).to_be_bytes();
        let mut out = Vec::with_capacity(total);
        out.extend_from_slice(&[pt | 0x80, word[1], word[2], word[3], pt & 0x7f]);
        out.extend_from_slice(earlier);
        out.extend_from_slice(primary);
        Some(Bytes::from(out))
    }
}

/// The payload that `red` becomes for a receiver whose payload type of the frames inside is `to`: the block headers
/// name payload types of the publisher's session. Gives nothing when the headers lie.
pub fn relabel(red: &mut [u8], to: u8) -> Option<()> {
    let mut at = 0;
    loop {
        let first = red.get_mut(at)?;
        let more = *first & 0x80;
        *first = more | to & 0x7f;
        if more == 0 {
            return Some(());
        }
        at += BLOCK_HEADER;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_joined_is_split_again() {
        let red = Red::join(111, b"before", 960, b"now").unwrap();
        assert_eq!(red[..5], [0xef, 0x0f, 0x00, 0x06, 0x6f], "960 << 10 | 6");
        let split = Red::split(&red, 111).unwrap();
        assert_eq!(split.primary, b"now"[..]);
        assert_eq!(split.earlier[..], [Redundant { offset: 960, payload: Bytes::from_static(b"before") }]);
        let mut other = red.to_vec();
        relabel(&mut other, 96).unwrap();
        assert_eq!(
            (Red::split(&Bytes::from(other), 96).unwrap(), other_pt(&red)),
            (split, Err(DropReason::Redundancy))
        );
    }

    fn other_pt(red: &Bytes) -> Result<Red, DropReason> {
        Red::split(red, 96)
    }

    #[test]
    fn frames_that_do_not_fit_are_left_out() {
        for (len, offset, fits) in [
            (0, 960, false),
            (1, 0, false),
            (1, 16_383, true),
            (1, 16_384, false),
            (1_023, 960, true),
            (1_024, 960, false),
        ] {
            assert_eq!(Red::join(111, &vec![1; len], offset, b"now").is_some(), fits, "{len} {offset}");
        }
        assert!(Red::join(111, &[1; 600], 960, &[1; 600]).is_none(), "over the datagram");
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let bad: [&[u8]; 5] =
            [&[], &[0xef], &[0xef, 0x0f, 0x00, 0x06], &[0xef, 0x0f, 0x00, 0x06, 0x6f, 1, 2], &[0x0d, 1]];
        for payload in bad {
            assert_eq!(Red::split(&Bytes::copy_from_slice(payload), 111), Err(DropReason::Redundancy), "{payload:?}");
        }
        let endless = Bytes::from([0xef, 0x0f, 0x00, 0x00].repeat(100));
        assert_eq!(Red::split(&endless, 111), Err(DropReason::Redundancy));
        let bare = Red::split(&Bytes::from_static(&[0x6f, 7]), 111).unwrap();
        assert_eq!((bare.primary.as_ref(), bare.earlier.len()), (&[7][..], 0));
        let foreign = Red::split(&Bytes::from_static(&[0x8d, 0x0f, 0x00, 0x01, 0x6f, 9, 7]), 111).unwrap();
        assert_eq!((foreign.primary.as_ref(), foreign.earlier.len()), (&[7][..], 0), "comfort noise before it");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let payload = Bytes::from(bytes.clone());
            if let Ok(red) = Red::split(&payload, 111) {
                let inside: usize = red.earlier.iter().map(|frame| frame.payload.len()).sum();
                prop_assert!(inside + red.primary.len() < payload.len());
            }
            let mut other = bytes;
            relabel(&mut other, 1);
        }
    }
}
