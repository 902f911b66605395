//! Forwarding allocates nothing per receiver: a frame to two hundred costs no more allocations than to two.
//!
//! The only test of its binary, for every thread's allocations are counted.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::net::UdpSocket;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use airclass_media::srtp::Profile;
use airclass_media::stage::Stage;

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "counting allocations needs an allocator; it only passes on to the system's")]
// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static GLOBAL: Counting = Counting;

/// Allocations of ten frames, once everything is warm.
fn allocations(receivers: usize) -> usize {
    let sink = UdpSocket::bind("127.0.0.1:0").unwrap();
    #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
    let mut now = Instant::now();
    let mut stage = Stage::new(vec![sink.local_addr().unwrap(); receivers], Profile::AeadAes128Gcm, now).unwrap();
    let mut timestamp = 0;
    let mut play = |frames: u32| {
        let mut sent = 0;
        for _ in 0..frames {
            now += Duration::from_millis(33);
            timestamp += 3_000;
            sent += stage.frame(timestamp == 3_000, timestamp, &[1_100, 1_099, 1_100, 700], now);
        }
        assert_eq!(sent, u64::from(frames) * 4 * receivers as u64);
    };
    play(100);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    play(10);
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

#[test]
fn receivers_cost_no_allocations() {
    let (few, many) = (allocations(2), allocations(200));
    assert!(many <= few + 8, "{few} allocations for two receivers, {many} for two hundred");
}
