//! Waking a worker out of its poll.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::eventfd::{EfdFlags, EventFd};

/// An eventfd in the poll set of one worker; any thread may ring it.
#[derive(Debug)]
pub(crate) struct Waker {
    event: EventFd,
}

impl Waker {
    /// # Errors
    /// When the process has no file descriptors left.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { event: EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)? })
    }

    /// Ends the worker's current or next poll. A counter at its limit is as awake as it gets.
    pub(crate) fn wake(&self) {
        let _ = self.event.write(1);
    }

    /// Takes the ring back; called by the worker itself.
    pub(crate) fn clear(&self) {
        let _ = self.event.read();
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}
