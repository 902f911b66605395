//! Slows down guessing: after a few wrong passwords an account name, and an address, must wait, longer each time.
//!
//! Names that don't exist are counted like those that do, so waiting says nothing about which names are real.
//! A school sits behind one address, so an address may err more often than a name.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Wrong passwords in a row that cost nothing.
const FREE_PER_NAME: u32 = 5;
const FREE_PER_ADDRESS: u32 = 25;
/// Longest wait.
const LONGEST: Duration = Duration::from_secs(60);
/// Failures this old are forgotten.
const MEMORY: Duration = Duration::from_secs(15 * 60);
/// Most names and addresses remembered; when full, the oldest go first.
const ENTRIES: usize = 20_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    Name(String),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
    until: Instant,
}

/// Failed sign-ins.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: HashMap<Who, Failures>,
}

impl Throttle {
    /// How long this name or address still has to wait; `None` if it may try.
    pub fn wait(&self, name: &str, address: IpAddr, now: Instant) -> Option<Duration> {
        [Who::Name(name.to_owned()), Who::Address(address)]
            .iter()
            .filter_map(|who| self.failures.get(who))
            .map(|failures| failures.until.saturating_duration_since(now))
            .max()
            .filter(|wait| !wait.is_zero())
    }

    /// Notes a wrong password.
    pub fn failed(&mut self, name: &str, address: IpAddr, now: Instant) {
        self.forget_old(now);
        self.count(Who::Name(name.to_owned()), FREE_PER_NAME, now);
        self.count(Who::Address(address), FREE_PER_ADDRESS, now);
    }

    /// Notes a right password: the name is free again. The address is not, or one good account would unlock guessing.
    pub fn succeeded(&mut self, name: &str) {
        self.failures.remove(&Who::Name(name.to_owned()));
    }

    fn count(&mut self, who: Who, free: u32, now: Instant) {
        let failures = self.failures.entry(who).or_insert(Failures { count: 0, last: now, until: now });
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        if let Some(over) = failures.count.checked_sub(free) {
            let wait = Duration::from_secs(1_u64 << over.min(6)).min(LONGEST);
            failures.until = now + wait;
        }
    }

    fn forget_old(&mut self, now: Instant) {
        if self.failures.len() < ENTRIES {
            return;
        }
        self.failures.retain(|_, failures| now.saturating_duration_since(failures.last) < MEMORY);
        if self.failures.len() >= ENTRIES {
            let mut ages: Vec<Instant> = self.failures.values().map(|failures| failures.last).collect();
            ages.sort_unstable();
            let middle = ages[ages.len() / 2];
            self.failures.retain(|_, failures| failures.last > middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
    }

    #[test]
    fn the_sixth_try_waits_longer_each_time() {
        let start = crate::clock::instant();
        let mut throttle = Throttle::default();
        for _ in 0..4 {
            throttle.failed("wang", address(1), start);
            assert_eq!(throttle.wait("wang", address(1), start), None);
        }
        throttle.failed("wang", address(1), start);
        assert_eq!(throttle.wait("wang", address(2), start), Some(Duration::from_secs(1)));
        assert_eq!(throttle.wait("li", address(1), start), None);
        let later = start + Duration::from_secs(1);
        assert_eq!(throttle.wait("wang", address(1), later), None);
        throttle.failed("wang", address(1), later);
        assert_eq!(throttle.wait("wang", address(1), later), Some(Duration::from_secs(2)));
        for _ in 0..20 {
            throttle.failed("wang", address(1), later);
        }
        assert_eq!(throttle.wait("wang", address(9), later), Some(LONGEST));
        throttle.succeeded("wang");
        assert_eq!(throttle.wait("wang", address(9), later), None);
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let now = crate::clock::instant();
        let mut throttle = Throttle::default();
        for n in 0..FREE_PER_ADDRESS {
            throttle.failed(&format!("name{n}"), address(1), now);
        }
        assert!(throttle.wait("another", address(1), now).is_some());
        assert!(throttle.wait("another", address(2), now).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let now = crate::clock::instant();
        let mut throttle = Throttle::default();
        for n in 0..(ENTRIES as u64 * 2) {
            throttle.failed(&format!("name{n}"), address(1), now + Duration::from_millis(n));
        }
        assert!(throttle.failures.len() <= ENTRIES + 2);
    }
}
