//! Sockets that take everything and count it.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::Result;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::clock;
use crate::receivers::{Datagrams, LOOK_EVERY, open};

/// The sockets.
pub(crate) struct Sinks {
    sockets: Vec<UdpSocket>,
}

/// The thread that empties them.
pub(crate) struct Draining {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Sinks {
    pub(crate) fn open(count: usize, ip: IpAddr, gro: bool) -> Result<Self> {
        Ok(Self { sockets: (0..count).map(|_| open(ip, gro)).collect::<Result<_>>()? })
    }

    pub(crate) fn addresses(&self) -> Result<Vec<SocketAddr>> {
        Ok(self.sockets.iter().map(UdpSocket::local_addr).collect::<Result<_, _>>()?)
    }

    /// Starts reading.
    pub(crate) fn drain(self) -> Result<Draining> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        for (n, socket) in self.sockets.iter().enumerate() {
            epoll.add(socket.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, n as u64))?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("sinks".to_owned()).spawn(move || {
            let mut events = vec![EpollEvent::empty(); 512];
            let mut datagrams = Datagrams::new();
            let mut count = 0;
            loop {
                let ready = epoll.wait(&mut events, EpollTimeout::ZERO).unwrap_or(0);
                if ready == 0 {
                    if stopped.load(Ordering::Relaxed) {
                        return count;
                    }
                    clock::wait_until(clock::now() + LOOK_EVERY);
                }
                for event in &events[..ready] {
                    if let Some(mut incoming) = datagrams.read(&self.sockets[event.data() as usize]) {
                        count += incoming.each().count() as u64;
                    }
                }
            }
        })?;
        Ok(Draining { stop, thread })
    }
}

impl Draining {
    /// Reads what is left and gives the number of datagrams.
    pub(crate) fn finish(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or(0)
    }
}
