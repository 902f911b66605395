//! Sealing and sending one frame to everybody, eight receivers a call.

use std::io::IoSlice;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use anyhow::{Result, bail};
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::sockopt::{SndBuf, SndBufForce};
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg, setsockopt};

use crate::clock;

/// Receivers of one call with a frame, and with a single packet.
const ROUND: usize = 8;
const SINGLES: usize = 64;
/// Header with the extensions of a browser's session.
const HEADER: usize = 20;
const TAG: usize = 16;
const SEND_BUFFER: usize = 8 << 20;

struct Receiver {
    address: SockaddrStorage,
    key: LessSafeKey,
    salt: [u8; NONCE_LEN],
    ssrc: u32,
    index: u64,
}

/// The sender and its receivers.
pub(crate) struct Rounds {
    socket: UdpSocket,
    receivers: Vec<Receiver>,
    segmented: MultiHeaders<SockaddrStorage>,
    plain: MultiHeaders<SockaddrStorage>,
    arena: Vec<u8>,
    pub(crate) sent: u64,
}

impl Rounds {
    pub(crate) fn new(addresses: &[SocketAddr], ip: IpAddr) -> Result<Self> {
        let socket = UdpSocket::bind((ip, 0))?;
        socket.set_nonblocking(true)?;
        if setsockopt(&socket, SndBufForce, &SEND_BUFFER).is_err() {
            setsockopt(&socket, SndBuf, &SEND_BUFFER)?;
        }
        let mut receivers = Vec::with_capacity(addresses.len());
        for address in addresses {
            let Ok(key) = UnboundKey::new(&AES_128_GCM, &rand::random::<[u8; 16]>()) else { bail!("a key") };
            receivers.push(Receiver {
                address: SockaddrStorage::from(*address),
                key: LessSafeKey::new(key),
                salt: rand::random(),
                ssrc: rand::random(),
                index: 0,
            });
        }
        let segmented = MultiHeaders::preallocate(ROUND, Some(cmsg_space!(u16)));
        // Room for a control message that is not filled in would be an invalid one.
        let plain = MultiHeaders::preallocate(SINGLES, None);
        Ok(Self { socket, receivers, segmented, plain, arena: vec![0; 1 << 20], sent: 0 })
    }

    /// Seals and sends `payloads` to every receiver. Payloads of one frame take the size of the largest.
    pub(crate) fn send(&mut self, payloads: &[Vec<u8>]) -> Result<()> {
        let largest = payloads.iter().map(Vec::len).max().unwrap_or(0);
        let segment = HEADER + largest + TAG;
        let run = segment * payloads.len();
        let at_once = if payloads.len() > 1 { ROUND } else { SINGLES };
        let Self { socket, receivers, segmented, plain, arena, sent } = self;
        let headers = if payloads.len() > 1 { segmented } else { plain };
        for round in receivers.chunks_mut(at_once) {
            for (receiver, room) in round.iter_mut().zip(arena.chunks_exact_mut(run)) {
                for (payload, packet) in payloads.iter().zip(room.chunks_exact_mut(segment)) {
                    receiver.seal(payload, packet)?;
                }
            }
            let arena = &arena[..run * round.len()];
            let mut messages: Vec<(IoSlice<'_>, Option<SockaddrStorage>)> = Vec::with_capacity(round.len());
            messages
                .extend(arena.chunks_exact(run).zip(&*round).map(|(bytes, r)| (IoSlice::new(bytes), Some(r.address))));
            let mut rest = &messages[..];
            while !rest.is_empty() {
                let segments = [ControlMessage::UdpGsoSegments(&(segment as u16))];
                let control = if payloads.len() > 1 { &segments[..] } else { &[] };
                let slices: Vec<[IoSlice<'_>; 1]> = rest.iter().map(|(slice, _)| [*slice]).collect();
                let addresses: Vec<Option<SockaddrStorage>> = rest.iter().map(|(_, address)| *address).collect();
                let flags = MsgFlags::MSG_DONTWAIT;
                match sendmmsg(socket.as_raw_fd(), headers, slices.iter(), &addresses, control, flags) {
                    Ok(results) => {
                        let count = results.count().max(1);
                        *sent += (count * payloads.len()) as u64;
                        rest = &rest[count.min(rest.len())..];
                    }
                    Err(Errno::EAGAIN | Errno::ENOBUFS) => {
                        clock::wait_until(clock::now() + std::time::Duration::from_micros(200))
                    }
                    Err(Errno::EINTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

impl Receiver {
    /// Writes header, payload, padding and tag.
    fn seal(&mut self, payload: &[u8], packet: &mut [u8]) -> Result<()> {
        self.index += 1;
        let (header, rest) = packet.split_at_mut(HEADER);
        header[..2].copy_from_slice(&[0x90, 102]);
        header[2..4].copy_from_slice(&(self.index as u16).to_be_bytes());
        header[4..8].copy_from_slice(&(self.index as u32).to_be_bytes());
        header[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        header[12..].copy_from_slice(&[0xbe, 0xde, 0, 1, 0x31, 0, 0, 0]);
        let (body, tag) = rest.split_at_mut(rest.len() - TAG);
        body[..payload.len()].copy_from_slice(payload);
        body[payload.len()..].fill(0);
        // RFC 7714 section 8.1.
        let mut nonce = self.salt;
        nonce[2..6].iter_mut().zip(self.ssrc.to_be_bytes()).for_each(|(byte, from)| *byte ^= from);
        nonce[6..].iter_mut().zip(&self.index.to_be_bytes()[2..]).for_each(|(byte, from)| *byte ^= from);
        let sealed =
            self.key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&*header), body);
        let Ok(made) = sealed else { bail!("sealing") };
        tag.copy_from_slice(made.as_ref());
        Ok(())
    }
}
