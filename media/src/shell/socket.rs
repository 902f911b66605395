//! Opening the UDP sockets: one port, one socket per worker.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, setsockopt, socket,
    sockopt::{Ipv6V6Only, RcvBuf, RcvBufForce, ReusePort, SndBuf, SndBufForce},
};

/// Kernel buffer of each direction: a second of 1,000 receivers' pictures at 30 Mbit/s in all, and whole bursts of
/// late joiners. Unprivileged processes get what `net.core.{r,w}mem_max` allows.
const BUFFER_BYTES: usize = 8 << 20;

/// Opens `count` sockets on one port; the kernel spreads remote addresses over them.
///
/// # Errors
/// The bind's error, also when another process holds the port.
pub(crate) fn open(bind: SocketAddr, count: usize) -> io::Result<(Vec<UdpSocket>, SocketAddr)> {
    // SO_REUSEPORT would let two servers share the port in silence; a bind without it finds out.
    if bind.port() != 0 {
        drop(UdpSocket::bind(bind)?);
    }
    let first = open_one(bind)?;
    let local = first.local_addr()?;
    let mut sockets = vec![first];
    for _ in 1..count {
        sockets.push(open_one(local)?);
    }
    Ok((sockets, local))
}

fn open_one(address: SocketAddr) -> io::Result<UdpSocket> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let fd = socket(family, SockType::Datagram, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, None)?;
    setsockopt(&fd, ReusePort, &true)?;
    if address.is_ipv6() {
        setsockopt(&fd, Ipv6V6Only, &false)?;
    }
    // Forcing needs CAP_NET_ADMIN; without it the kernel caps the request, which is no error.
    if setsockopt(&fd, RcvBufForce, &BUFFER_BYTES).is_err() {
        setsockopt(&fd, RcvBuf, &BUFFER_BYTES)?;
    }
    if setsockopt(&fd, SndBufForce, &BUFFER_BYTES).is_err() {
        setsockopt(&fd, SndBuf, &BUFFER_BYTES)?;
    }
    bind_to(&fd, address)?;
    Ok(UdpSocket::from(fd))
}

fn bind_to(fd: &std::os::fd::OwnedFd, address: SocketAddr) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    Ok(bind(fd.as_raw_fd(), &SockaddrStorage::from(address))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_share_a_free_port_and_refuse_a_taken_one() {
        let (sockets, local) = open("127.0.0.1:0".parse().unwrap(), 3).unwrap();
        assert_eq!(sockets.len(), 3);
        assert!(sockets.iter().all(|socket| socket.local_addr().unwrap() == local));
        assert!(open(local, 1).is_err());
    }
}
