//! Whose handshake goes on next: those that have cost something already before those that have just said hello, so
//! that a crowd is let in one after the other and nobody's time runs out halfway.

use std::collections::VecDeque;

/// Peers whose handshake datagrams wait, each once.
#[derive(Debug, Default)]
pub(crate) struct Joining {
    begun: VecDeque<u32>,
    new: VecDeque<u32>,
}

impl Joining {
    /// Appends a peer; `has_begun`: this end has answered its hello.
    pub(crate) fn push(&mut self, peer: u32, has_begun: bool) {
        if has_begun { self.begun.push_back(peer) } else { self.new.push_back(peer) }
    }

    /// The next peer.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        self.begun.pop_front().or_else(|| self.new.pop_front())
    }

    /// A peer is gone.
    pub(crate) fn forget(&mut self, peer: u32) {
        self.begun.retain(|waiting| *waiting != peer);
        self.new.retain(|waiting| *waiting != peer);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.begun.is_empty() && self.new.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_begun_is_finished_first() {
        let mut joining = Joining::default();
        for (peer, has_begun) in [(1, false), (2, false), (3, true), (4, true), (5, false)] {
            joining.push(peer, has_begun);
        }
        joining.forget(2);
        let order: Vec<u32> = std::iter::from_fn(|| joining.pop()).collect();
        assert_eq!(order, [3, 4, 1, 5]);
        assert!(joining.is_empty());
    }
}
