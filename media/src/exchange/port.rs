//! One worker's ends of the rings to and from all others.

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam_queue::ArrayQueue;

use super::Message;

/// Messages one ring holds: two seconds of a full-rate picture for a worker that is stuck.
const RING_MESSAGES: usize = 1024;
/// Control messages kept for a full ring. Past that the other worker has been stuck for long, and what is dropped
/// (subscriptions) is asked for again by the periodic sweep.
const KEPT_MESSAGES: usize = 4096;

/// Wakes a worker; the eventfd in production, nothing in single-threaded tests.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

type Ring = Arc<ArrayQueue<Message>>;

struct Outlet {
    ring: Ring,
    kept: VecDeque<Message>,
    wake: Wake,
    touched: bool,
}

/// One worker's side of the exchange.
pub(crate) struct Port {
    worker: usize,
    outlets: Vec<Option<Outlet>>,
    inlets: Vec<Ring>,
    /// Batches and strays dropped because a ring was full.
    pub(crate) dropped: u64,
}

/// The ports of all workers; `wakes[w]` wakes worker `w`.
pub(crate) fn connect(wakes: &[Wake]) -> Vec<Port> {
    let count = wakes.len();
    let rings: Vec<Vec<Ring>> =
        (0..count).map(|_| (0..count).map(|_| Arc::new(ArrayQueue::new(RING_MESSAGES))).collect()).collect();
    (0..count)
        .map(|worker| Port {
            worker,
            outlets: (0..count)
                .map(|to| {
                    (to != worker).then(|| Outlet {
                        ring: rings[worker][to].clone(),
                        kept: VecDeque::new(),
                        wake: wakes[to].clone(),
                        touched: false,
                    })
                })
                .collect(),
            inlets: (0..count).filter(|from| *from != worker).map(|from| rings[from][worker].clone()).collect(),
            dropped: 0,
        })
        .collect()
}

impl Port {
    /// This worker's number.
    pub(crate) fn worker(&self) -> usize {
        self.worker
    }

    /// Sends to one worker. A full ring drops media (the receivers' repair asks again) and keeps control messages in
    /// order until there is room.
    pub(crate) fn send(&mut self, to: usize, message: Message) {
        let Some(outlet) = self.outlets.get_mut(to).and_then(Option::as_mut) else { return };
        outlet.touched = true;
        let droppable = message.is_droppable();
        let refused = if outlet.kept.is_empty() { outlet.ring.push(message).err() } else { Some(message) };
        match refused {
            None => {}
            Some(message) if !droppable && outlet.kept.len() < KEPT_MESSAGES => outlet.kept.push_back(message),
            Some(_) => self.dropped += 1,
        }
    }

    /// Sends to every other worker.
    pub(crate) fn broadcast(&mut self, message: &Message) {
        for to in 0..self.outlets.len() {
            self.send(to, message.clone());
        }
    }

    /// The next message from any other worker.
    pub(crate) fn receive(&mut self) -> Option<Message> {
        self.inlets.iter().find_map(|ring| ring.pop())
    }

    /// Moves kept messages on and wakes the workers that were sent to; called once per turn. Gives whether messages
    /// are still kept, so that the next turn should come soon.
    pub(crate) fn flush(&mut self) -> bool {
        let mut waiting = false;
        for outlet in self.outlets.iter_mut().flatten() {
            while let Some(message) = outlet.kept.pop_front() {
                outlet.touched = true;
                if let Err(message) = outlet.ring.push(message) {
                    outlet.kept.push_front(message);
                    break;
                }
            }
            waiting |= !outlet.kept.is_empty();
            if std::mem::take(&mut outlet.touched) {
                (outlet.wake)();
            }
        }
        waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::PeerId;

    #[test]
    fn control_messages_survive_a_full_ring_in_order() {
        let wakes: Vec<Wake> = (0..2).map(|_| Arc::new(|| {}) as Wake).collect();
        let mut ports = connect(&wakes);
        let mut second = ports.pop().unwrap();
        let mut first = ports.pop().unwrap();
        let total = RING_MESSAGES as u64 + 10;
        for n in 0..total {
            first.send(1, Message::Adopted { peer: PeerId(n) });
        }
        let mut seen = 0;
        loop {
            let waiting = first.flush();
            while let Some(Message::Adopted { peer }) = second.receive() {
                assert_eq!(peer.0, seen);
                seen += 1;
            }
            if !waiting {
                break;
            }
        }
        while second.receive().is_some() {
            seen += 1;
        }
        assert_eq!((seen, first.dropped), (total, 0));
    }
}
