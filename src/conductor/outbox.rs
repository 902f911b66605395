//! What waits to be written to one connection: bounded in bytes, never waited for by the lesson.
//!
//! When more than [`QUEUED_BYTES`] wait, everything waiting is dropped and the connection is closed as too slow; its
//! client comes back and gets a snapshot. One snapshot may wait beside that: the desk's grows with the lesson, and who
//! has just asked for it is not slow.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use airclass_signaling::limits::Limits;
use airclass_signaling::wire::{ByeReason, ServerMessage};
use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

/// Most bytes waiting for one connection.
pub(super) const QUEUED_BYTES: usize = 256 * 1024;
/// Most bytes of the snapshot that may wait beside them. With every question, poll and board at its bound a desk's has
/// about a fifth of it.
const SNAPSHOT_BYTES: usize = 4 * 1024 * 1024;

/// Room for waiting frames that an empty queue keeps.
const IDLE_FRAMES: usize = 8;

/// What the writer does next.
#[derive(Debug)]
pub enum Outgoing {
    /// Write this frame.
    Frame(Utf8Bytes),
    /// Write a ping.
    Ping,
    /// Write this farewell and close.
    Bye(Utf8Bytes),
    /// The reader is done; close.
    Finished,
}

#[derive(Debug)]
struct Waiting {
    text: Utf8Bytes,
    /// The snapshot that does not count.
    beside: bool,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Waiting>,
    bytes: usize,
    bye: Option<ByeReason>,
    said_bye: bool,
    finished: bool,
}

impl Queue {
    fn pop(&mut self) -> Option<Utf8Bytes> {
        let Waiting { text, beside } = self.frames.pop_front()?;
        if !beside {
            self.bytes = self.bytes.saturating_sub(text.len());
        }
        if self.frames.is_empty() && self.frames.capacity() > IDLE_FRAMES {
            // A burst is over; a thousand quiet seats need no room for one.
            self.frames.shrink_to(IDLE_FRAMES);
        }
        Some(text)
    }
}

#[derive(Debug, Default)]
struct Inner {
    queue: Mutex<Queue>,
    limits: Mutex<Limits>,
    /// Wakes the writer.
    work: Notify,
    /// Wakes the reader when the server closes.
    closing: Notify,
}

/// Handle to the queue of one connection.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    inner: Arc<Inner>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A frame as text.
pub(super) fn encode(message: &ServerMessage) -> Utf8Bytes {
    let text = serde_json::to_string(message).expect("server messages hold text, numbers and lists only");
    Utf8Bytes::from(text)
}

impl Outbox {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// The connection's counters of messages and errors.
    pub fn limits(&self) -> MutexGuard<'_, Limits> {
        lock(&self.inner.limits)
    }

    /// Encodes and queues.
    pub fn say(&self, message: &ServerMessage) {
        self.queue(encode(message), matches!(message, ServerMessage::Snapshot(_)));
    }

    /// Queues an encoded frame; too much waiting closes the connection.
    pub fn push(&self, frame: Utf8Bytes) {
        self.queue(frame, false);
    }

    fn queue(&self, text: Utf8Bytes, snapshot: bool) {
        let mut queue = lock(&self.inner.queue);
        if queue.bye.is_some() || queue.finished {
            return;
        }
        let beside = snapshot && text.len() <= SNAPSHOT_BYTES && !queue.frames.iter().any(|waiting| waiting.beside);
        if !beside {
            queue.bytes += text.len();
        }
        if queue.bytes > QUEUED_BYTES {
            queue.frames.clear();
            queue.bytes = 0;
            queue.bye = Some(ByeReason::TooSlow);
            self.inner.closing.notify_one();
        } else {
            queue.frames.push_back(Waiting { text, beside });
        }
        drop(queue);
        self.inner.work.notify_one();
    }

    /// Says bye after what is queued, and closes. The first reason stays.
    pub fn close(&self, reason: ByeReason) {
        let mut queue = lock(&self.inner.queue);
        if queue.bye.is_none() {
            queue.bye = Some(reason);
            if reason == ByeReason::TooSlow {
                queue.frames.clear();
                queue.bytes = 0;
            }
        }
        drop(queue);
        self.inner.work.notify_one();
        self.inner.closing.notify_one();
    }

    /// The reader is done: write what is queued, then close.
    pub fn finish(&self) {
        lock(&self.inner.queue).finished = true;
        self.inner.work.notify_one();
    }

    /// Whether the server has decided to close.
    pub fn is_closing(&self) -> bool {
        lock(&self.inner.queue).bye.is_some()
    }

    /// Returns when the server has decided to close.
    pub async fn closed(&self) {
        while !self.is_closing() {
            self.inner.closing.notified().await;
        }
    }

    /// What to write next. One writer only.
    pub async fn next(&self) -> Outgoing {
        loop {
            if let Some(outgoing) = self.take() {
                return outgoing;
            }
            self.inner.work.notified().await;
        }
    }

    /// The next frame, if one waits: written together with the one before.
    pub fn take_frame(&self) -> Option<Utf8Bytes> {
        lock(&self.inner.queue).pop()
    }

    fn take(&self) -> Option<Outgoing> {
        let mut queue = lock(&self.inner.queue);
        if let Some(frame) = queue.pop() {
            return Some(Outgoing::Frame(frame));
        }
        match queue.bye {
            Some(reason) if !queue.said_bye => {
                queue.said_bye = true;
                Some(Outgoing::Bye(encode(&ServerMessage::Bye { reason })))
            }
            _ if queue.finished || queue.said_bye => Some(Outgoing::Finished),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_come_in_order_and_bye_is_last() {
        let outbox = Outbox::new();
        outbox.push("a".into());
        outbox.push("b".into());
        outbox.close(ByeReason::LessonEnded);
        outbox.push("c".into());
        assert!(matches!(outbox.next().await, Outgoing::Frame(text) if text.as_str() == "a"));
        assert_eq!(outbox.take_frame().as_deref(), Some("b"));
        assert_eq!(outbox.take_frame(), None, "a farewell is not a frame");
        assert!(matches!(outbox.next().await, Outgoing::Bye(text) if text.contains("lesson_ended")));
        assert!(matches!(outbox.next().await, Outgoing::Finished));
        outbox.closed().await;
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_too_slow() {
        let outbox = Outbox::new();
        let frame = Utf8Bytes::from("x".repeat(1024));
        for _ in 0..257 {
            outbox.push(frame.clone());
        }
        assert!(outbox.is_closing());
        assert!(matches!(outbox.next().await, Outgoing::Bye(text) if text.contains("too_slow")));
    }

    #[tokio::test]
    async fn one_snapshot_may_wait_beside_the_rest() {
        let outbox = Outbox::new();
        let desk = Utf8Bytes::from("s".repeat(1_000_000));
        outbox.push("a".into());
        outbox.queue(desk.clone(), true);
        outbox.push("b".into());
        assert!(!outbox.is_closing());
        assert_eq!(outbox.take_frame().as_deref(), Some("a"));
        assert_eq!(outbox.take_frame().map(|frame| frame.len()), Some(desk.len()));
        // The first is on its way: the next one may wait again, and only one.
        outbox.queue(desk.clone(), true);
        assert!(!outbox.is_closing());
        outbox.queue(desk, true);
        assert!(outbox.is_closing());
    }
}
