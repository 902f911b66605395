//! One receiver's socket: kernel timestamps, and runs of datagrams in one read.

use std::io::IoSliceMut;
use std::net::{IpAddr, UdpSocket};
use std::os::fd::AsRawFd;

use anyhow::{Context as _, Result};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::sockopt::{RcvBuf, RcvBufForce, ReceiveTimestampns, UdpGroSegment};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};
use nix::sys::time::TimeSpec;

/// Room for a late joiner's burst while the reading thread is busy with others.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Largest run of datagrams the kernel hands over at once.
const RUN_BYTES: usize = 65_535;

/// Opens a socket on a free port of `ip`. `gro`: whether runs are read as one.
pub(crate) fn open(ip: IpAddr, gro: bool) -> Result<UdpSocket> {
    let socket =
        UdpSocket::bind((ip, 0)).context("a socket for a receiver; is the limit of open files high enough?")?;
    socket.set_nonblocking(true)?;
    if setsockopt(&socket, RcvBufForce, &RECEIVE_BUFFER).is_err() {
        // Without CAP_NET_ADMIN the kernel caps the request.
        setsockopt(&socket, RcvBuf, &RECEIVE_BUFFER)?;
    }
    setsockopt(&socket, ReceiveTimestampns, &true)?;
    if gro {
        setsockopt(&socket, UdpGroSegment, &true).context("UDP_GRO")?;
    }
    Ok(socket)
}

/// What one read brought.
pub(crate) struct Datagrams {
    bytes: Vec<u8>,
    control: Vec<u8>,
}

/// The datagrams of one read.
pub(crate) struct Incoming<'a> {
    bytes: &'a mut [u8],
    segment: usize,
    /// When the kernel took them in, nanoseconds since 1970; 0 when it does not say.
    pub(crate) stamp_ns: u64,
}

impl Datagrams {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; RUN_BYTES], control: cmsg_space!(TimeSpec, i32) }
    }

    /// Reads what one call gives; `None` when nothing waits. Errors of earlier sends (ICMP) are no datagrams either.
    pub(crate) fn read(&mut self, socket: &UdpSocket) -> Option<Incoming<'_>> {
        let mut slices = [IoSliceMut::new(&mut self.bytes)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let message = match recvmsg::<()>(socket.as_raw_fd(), &mut slices, Some(&mut self.control), flags) {
            Ok(message) => message,
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNREFUSED) => return None,
            Err(_) => return None,
        };
        let (mut segment, mut stamp_ns) = (message.bytes.max(1), 0);
        for control in message.cmsgs().into_iter().flatten() {
            match control {
                ControlMessageOwned::UdpGroSegments(size) => segment = usize::try_from(size).unwrap_or(segment).max(1),
                ControlMessageOwned::ScmTimestampns(stamp) => {
                    stamp_ns = stamp.tv_sec() as u64 * 1_000_000_000 + stamp.tv_nsec() as u64;
                }
                _ => {}
            }
        }
        let len = message.bytes;
        Some(Incoming { bytes: &mut self.bytes[..len], segment, stamp_ns })
    }
}

impl Incoming<'_> {
    /// The datagrams one by one.
    pub(crate) fn each(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.bytes.chunks_mut(self.segment)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn datagrams_come_with_the_time_of_their_arrival() {
        let socket = open(IpAddr::V4(Ipv4Addr::LOCALHOST), true).unwrap();
        let mut datagrams = Datagrams::new();
        assert!(datagrams.read(&socket).is_none());
        socket.send_to(b"hello", socket.local_addr().unwrap()).unwrap();
        let mut incoming = datagrams.read(&socket).unwrap();
        assert!(incoming.stamp_ns > 1_600_000_000_000_000_000);
        assert_eq!(incoming.each().map(|datagram| datagram.to_vec()).collect::<Vec<_>>(), [b"hello"]);
    }
}
