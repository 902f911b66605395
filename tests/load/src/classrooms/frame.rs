//! WebSocket frames (RFC 6455 section 5) as a client reads and writes them.
//!
//! Written by hand for thousands of seats in one thread: a library's socket keeps buffers of its own, and does not
//! tell when the kernel took the bytes in.

/// Longest frame that is believed; a server's snapshot is far below.
const MAX_FRAME: usize = 4 << 20;
/// The mask of every frame of this client. A mask protects proxies from pages; a load generator's is for show.
const MASK: [u8; 4] = [0x5a, 0x5a, 0x5a, 0x5a];

/// What a server's frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Ping,
    Close,
    /// Pong, binary, fragments: nothing this server sends or this client needs.
    Other,
}

/// A server's frame at the start of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: Kind,
    pub(crate) payload: &'a [u8],
    /// Bytes of the buffer it takes.
    pub(crate) len: usize,
}

/// The frame that `bytes` begin with; `None` while it is not whole.
///
/// # Errors
/// The bytes are no frame of a server.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Frame<'_>>, NotAFrame> {
    let Some(&[first, second]) = bytes.first_chunk() else { return Ok(None) };
    // Servers don't mask, and no extension was offered.
    if second & 0x80 != 0 || first & 0x70 != 0 {
        return Err(NotAFrame);
    }
    let (at, len) = match second {
        126 => match bytes.get(2..4) {
            Some(&[a, b]) => (4, usize::from(u16::from_be_bytes([a, b]))),
            _ => return Ok(None),
        },
        127 => match bytes.get(2..10).and_then(|len| len.first_chunk()) {
            Some(len) => (10, usize::try_from(u64::from_be_bytes(*len)).map_err(|_| NotAFrame)?),
            None => return Ok(None),
        },
        len => (2, usize::from(len)),
    };
    if len > MAX_FRAME {
        return Err(NotAFrame);
    }
    let Some(payload) = bytes.get(at..at + len) else { return Ok(None) };
    let kind = match first {
        0x81 => Kind::Text,
        0x88 => Kind::Close,
        0x89 => Kind::Ping,
        _ => Kind::Other,
    };
    Ok(Some(Frame { kind, payload, len: at + len }))
}

/// What came is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAFrame;

/// A text frame of a client.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    masked(0x81, payload.as_bytes())
}

/// The answer to a ping.
pub(crate) fn pong(payload: &[u8]) -> Vec<u8> {
    masked(0x8a, payload)
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    frame.push(first);
    match payload.len() {
        len @ 0..=125 => frame.push(0x80 | len as u8),
        len @ 126..=65_535 => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_read() {
        for len in [0_usize, 5, 125, 126, 65_535, 65_536] {
            let mut bytes = vec![0x81];
            match len {
                0..=125 => bytes.push(len as u8),
                126..=65_535 => bytes.extend([126].iter().chain(&(len as u16).to_be_bytes())),
                _ => bytes.extend([127].iter().chain(&(len as u64).to_be_bytes())),
            }
            let head = bytes.len();
            bytes.resize(head + len, b'x');
            bytes.push(0x89);
            for cut in [0, 1, head.saturating_sub(1), head + len - 1] {
                if cut < head + len {
                    assert_eq!(parse(&bytes[..cut]), Ok(None), "{len} cut at {cut}");
                }
            }
            let frame = parse(&bytes).unwrap().unwrap();
            assert_eq!((frame.kind, frame.payload.len(), frame.len), (Kind::Text, len, head + len));
        }
        assert_eq!(parse(&[0x81, 0x80]), Err(NotAFrame), "servers don't mask");
        assert_eq!(parse(&[0x82, 127, 1, 0, 0, 0, 0, 0, 0, 0]), Err(NotAFrame), "too long");
    }

    #[test]
    fn a_client_masks() {
        let frame = text("join");
        assert_eq!(frame[..6], [0x81, 0x84, 0x5a, 0x5a, 0x5a, 0x5a]);
        let plain: Vec<u8> = frame[6..].iter().map(|byte| byte ^ 0x5a).collect();
        assert_eq!(plain, b"join");
        assert_eq!(text(&"x".repeat(126)).len(), 126 + 8);
        assert_eq!(text(&"x".repeat(65_536)).len(), 65_536 + 14);
        assert_eq!(pong(&[1])[0], 0x8a);
    }
}
