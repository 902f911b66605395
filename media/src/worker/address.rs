//! Finding the peer of a datagram: by address, by STUN user, by id; and where strays belong.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use crate::slot::PeerId;

/// Addresses of other workers' peers that are known at most; the oldest leaves first and its strays are lost until
/// the peer's next connectivity check.
const FOREIGN_ADDRESSES: usize = 4096;

/// The maps of one worker.
#[derive(Debug, Default)]
pub(crate) struct AddressBook {
    pub(crate) by_address: HashMap<SocketAddr, u32>,
    pub(crate) by_ufrag: HashMap<String, u32>,
    pub(crate) by_id: HashMap<PeerId, u32>,
    foreign: HashMap<SocketAddr, usize>,
    foreign_order: VecDeque<SocketAddr>,
}

impl AddressBook {
    /// Which worker datagrams from a strange address belong to.
    pub(crate) fn foreign(&self, address: &SocketAddr) -> Option<usize> {
        self.foreign.get(address).copied()
    }

    /// Notes what another worker announced.
    pub(crate) fn announce(&mut self, address: SocketAddr, owner: Option<usize>) {
        match owner {
            Some(owner) => {
                if self.foreign.insert(address, owner).is_none() {
                    self.foreign_order.push_back(address);
                }
                while self.foreign_order.len() > FOREIGN_ADDRESSES {
                    if let Some(oldest) = self.foreign_order.pop_front() {
                        self.foreign.remove(&oldest);
                    }
                }
            }
            None => {
                self.foreign.remove(&address);
                self.foreign_order.retain(|known| *known != address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_addresses_are_bounded() {
        let mut book = AddressBook::default();
        let address = |n: u16| SocketAddr::from(([127, 0, 0, 1], n));
        for n in 1..=5000 {
            book.announce(address(n), Some(1));
        }
        assert_eq!(book.foreign(&address(5000)), Some(1));
        assert_eq!(book.foreign(&address(1)), None);
        assert_eq!(book.foreign.len(), FOREIGN_ADDRESSES);
        book.announce(address(5000), None);
        assert_eq!(book.foreign(&address(5000)), None);
    }
}
