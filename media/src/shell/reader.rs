//! Reading datagrams in batches.

use std::io::IoSliceMut;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};

use crate::worker::ReadBatch;

/// Datagrams one call reads at most: a picture of 60 kB.
pub(crate) const READ_DATAGRAMS: usize = 64;
/// Room per datagram; what is longer than 2,000 bytes is no media and dropped by the demultiplexer.
const DATAGRAM_BYTES: usize = 2048;

/// The buffers of one worker's reads.
pub(crate) struct Reader {
    headers: MultiHeaders<SockaddrStorage>,
    bytes: Vec<u8>,
    /// Sender and length of what the last read brought.
    read: Vec<(SocketAddr, usize)>,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self {
            headers: MultiHeaders::preallocate(READ_DATAGRAMS, None),
            bytes: vec![0; READ_DATAGRAMS * DATAGRAM_BYTES],
            read: Vec::with_capacity(READ_DATAGRAMS),
        }
    }

    /// Reads what is there, at most [`READ_DATAGRAMS`]. An empty batch: nothing is waiting.
    pub(crate) fn read(&mut self, socket: &UdpSocket) -> ReadBatch<'_> {
        self.read.clear();
        let mut chunks = self.bytes.chunks_exact_mut(DATAGRAM_BYTES);
        let mut slices: [[IoSliceMut<'_>; 1]; READ_DATAGRAMS] =
            std::array::from_fn(|_| [IoSliceMut::new(chunks.next().expect("one chunk per datagram of a read"))]);
        let result = recvmmsg(socket.as_raw_fd(), &mut self.headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None);
        match result {
            Ok(messages) => {
                for message in messages {
                    let from = message.address.as_ref().and_then(from_storage);
                    // Truncated datagrams keep their full buffer length, which the demultiplexer refuses. A source
                    // without an address or port cannot be answered.
                    let usable = from.filter(|from| from.port() != 0);
                    let len = if usable.is_some() { message.bytes } else { 0 };
                    self.read.push((usable.unwrap_or(UNKNOWN), len));
                }
            }
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            // Errors of earlier sends (ICMP) surface here; they say nothing about this read.
            Err(error) => tracing::debug!(%error, "reading the media socket failed"),
        }
        ReadBatch::new(&mut self.bytes, DATAGRAM_BYTES, &self.read)
    }
}

const UNKNOWN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);

/// The sender's address; IPv4 senders on a dual-stack socket lose their `::ffff:` prefix, for that is how they know
/// themselves.
fn from_storage(storage: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = storage.as_sockaddr_in() {
        return Some(SocketAddr::from(*v4));
    }
    let v6 = std::net::SocketAddrV6::from(*storage.as_sockaddr_in6()?);
    match v6.ip().to_ipv4_mapped() {
        Some(ip) => Some(SocketAddr::from((ip, v6.port()))),
        None => Some(SocketAddr::V6(v6)),
    }
}
