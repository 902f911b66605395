//! The thread that owns all seats once they are taken, and the handle to it.
//!
//! It reads by epoll with the kernel's arrival times: how long this thread takes to get round to a seat is not counted
//! as the server's delay.

use std::io::{IoSliceMut, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use nix::sys::time::TimeSpec;
use nix::unistd::gettid;

use super::Arrivals;
use super::entrance::Seated;
use super::frame::{Kind, parse, pong};
use crate::clock;

/// Sockets are looked at so often; see the media receivers.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// Most bytes of one read.
const READ: usize = 64 * 1024;

/// Handle to the thread; the seats are left when it is dropped.
pub(crate) struct Seats {
    seats: Option<mpsc::Sender<Seated>>,
    arrivals: Arc<Mutex<Arrivals>>,
    thread: Option<JoinHandle<()>>,
    /// The thread's id, for its CPU time.
    pub(crate) tid: i32,
}

impl Seats {
    /// Starts the thread.
    pub(crate) fn start() -> Result<Self> {
        let (seats, queue) = mpsc::channel();
        let (tids, tid) = mpsc::channel();
        let arrivals = Arc::new(Mutex::new(Arrivals::default()));
        let noted = Arc::clone(&arrivals);
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let thread = std::thread::Builder::new().name("seats".to_owned()).spawn(move || {
            let _ = tids.send(gettid().as_raw());
            Loop { epoll, queue, arrivals: noted, seats: Vec::new() }.run();
        })?;
        let tid = tid.recv().context("the seats' thread has ended")?;
        Ok(Self { seats: Some(seats), arrivals, thread: Some(thread), tid })
    }

    /// Takes a seat over.
    pub(crate) fn add(&self, seated: Seated) {
        if let Some(seats) = &self.seats {
            // The thread ends with this handle only.
            let _ = seats.send(seated);
        }
    }

    /// What has come so far.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Arrivals) -> T) -> T {
        look(&mut self.arrivals.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Seats {
    fn drop(&mut self) {
        self.seats = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Seat {
    seated: Seated,
    is_open: bool,
}

struct Loop {
    epoll: Epoll,
    queue: mpsc::Receiver<Seated>,
    arrivals: Arc<Mutex<Arrivals>>,
    seats: Vec<Seat>,
}

impl Loop {
    fn run(&mut self) {
        let mut events = vec![EpollEvent::empty(); 512];
        let mut buffer = vec![0; READ];
        let mut control = cmsg_space!(TimeSpec);
        loop {
            let count = self.epoll.wait(&mut events, EpollTimeout::ZERO).unwrap_or(0);
            if count == 0 {
                clock::wait_until(clock::now() + LOOK_EVERY);
            }
            let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
            for event in &events[..count] {
                if let Some(seat) = self.seats.get_mut(event.data() as usize)
                    && seat.is_open
                    && !seat.read(&mut buffer, &mut control, &mut arrivals)
                {
                    seat.is_open = false;
                    arrivals.lost += 1;
                    let _ = self.epoll.delete(seat.seated.socket.as_fd());
                }
            }
            drop(arrivals);
            loop {
                match self.queue.try_recv() {
                    Ok(seated) => self.add(seated),
                    Err(mpsc::TryRecvError::Empty) => break,
                    Err(mpsc::TryRecvError::Disconnected) => return,
                }
            }
        }
    }

    fn add(&mut self, seated: Seated) {
        let token = self.seats.len() as u64;
        // Without it the seat stays silent, and counts as missed.
        let _ = self.epoll.add(seated.socket.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, token));
        self.seats.push(Seat { seated, is_open: true });
    }
}

impl Seat {
    /// Reads what is there; false when the server has closed, or sent what is no frame.
    fn read(&mut self, buffer: &mut [u8], control: &mut [u8], arrivals: &mut Arrivals) -> bool {
        let mut slices = [IoSliceMut::new(buffer)];
        let message = recvmsg::<()>(self.seated.socket.as_raw_fd(), &mut slices, Some(control), MsgFlags::MSG_DONTWAIT);
        let (len, stamp_ns) = match message {
            Ok(message) if message.bytes == 0 => return false,
            Ok(message) => {
                let stamps = message.cmsgs().into_iter().flatten().filter_map(|control| match control {
                    ControlMessageOwned::ScmTimestampns(stamp) => {
                        Some(stamp.tv_sec() as u64 * 1_000_000_000 + stamp.tv_nsec() as u64)
                    }
                    _ => None,
                });
                (message.bytes, stamps.last().filter(|stamp| *stamp > 0).unwrap_or_else(clock::unix_ns))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => return true,
            Err(_) => return false,
        };
        let Seated { socket, rest, .. } = &mut self.seated;
        rest.extend_from_slice(&buffer[..len]);
        let mut at = 0;
        loop {
            let frame = match parse(&rest[at..]) {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(_) => return false,
            };
            match frame.kind {
                Kind::Text => arrivals.note(frame.payload, stamp_ns),
                // A full socket costs the pong, and in the end the seat.
                Kind::Ping => drop(socket.write(&pong(frame.payload))),
                Kind::Close => return false,
                Kind::Other => {}
            }
            at += frame.len;
        }
        rest.drain(..at);
        true
    }
}
