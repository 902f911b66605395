//! Time: one coarse tick; what has to be finer hangs on packets or on the fan-out's own due times.
//!
//! Publishers and handshakes are few and looked at every tick. Receivers may be thousands: each tick looks at a slice
//! of them, so that everyone has his turn ten times a second.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Core;
use super::peer::Role;
use super::track::TrackMedia;
use crate::engine::{CloseReason, MediaEvent};

/// Distance of two ticks.
const TICK: Duration = Duration::from_millis(10);
/// Distance while nobody is here.
const IDLE_TICK: Duration = Duration::from_millis(250);
/// Ticks in which every receiver has been looked at once.
const SLICES: u32 = 10;
/// Distance of two looks at consent and pending peers.
const SWEEP: Duration = Duration::from_millis(500);
/// How long media waits for a receiver that has just connected. Some clients (the `webrtc` crate) lose what arrives
/// together with the last flight of the handshake, and that would be the keyframe. RTCP from it ends the wait.
const SETTLE: Duration = Duration::from_millis(30);
/// A track without packets for this long is reported as inactive.
const TRACK_IDLE: Duration = Duration::from_secs(2);

/// Distance of two events about how loud a voice is, and the difference in dB that is worth one.
const VOICE_SPACING: Duration = Duration::from_secs(1);
const VOICE_STEP: u8 = 3;

/// What is due when.
pub(crate) struct Timers {
    tick: Instant,
    sweep: Instant,
    slice: u32,
    /// Peers whose handshake is not over.
    pub(crate) joining: Vec<u32>,
    /// Peers that publish.
    publishers: Vec<u32>,
    /// Receivers that have just connected, and when they start.
    starting: VecDeque<(Instant, u32)>,
    /// Messages for other workers wait for room.
    pub(crate) messages_kept: bool,
    /// Messages of other workers wait for the next turn.
    pub(crate) messages_waiting: bool,
}

impl Timers {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            tick: now,
            sweep: now,
            slice: 0,
            joining: Vec::new(),
            publishers: Vec::new(),
            starting: VecDeque::new(),
            messages_kept: false,
            messages_waiting: false,
        }
    }

    pub(crate) fn joined(&mut self, peer: u32) {
        self.joining.push(peer);
    }

    /// A peer publishes: it is looked at in every tick.
    pub(crate) fn publishes(&mut self, peer: u32) {
        self.publishers.push(peer);
    }

    /// Lets a receiver start soon.
    pub(crate) fn start(&mut self, peer: u32, now: Instant) {
        self.starting.push_back((now + SETTLE, peer));
    }

    /// Whether a receiver has not been started yet; it is not waited for any more.
    pub(crate) fn take_starting(&mut self, peer: u32) -> bool {
        let before = self.starting.len();
        self.starting.retain(|(_, starting)| *starting != peer);
        self.starting.len() < before
    }

    pub(crate) fn left(&mut self, peer: u32) {
        self.take_starting(peer);
        self.joining.retain(|joining| *joining != peer);
        self.publishers.retain(|publisher| *publisher != peer);
    }
}

impl Core {
    /// When [`Core::handle_timeout`] wants to be called; a time in the past means at once.
    pub(crate) fn poll_timeout(&self) -> Instant {
        let waiting = self.timers.messages_waiting || !self.outbox.is_empty() || self.is_sending();
        if waiting || !self.joining.is_empty() {
            // Any instant before the next tick that has surely passed says so.
            return self.timers.tick.checked_sub(IDLE_TICK).unwrap_or(self.timers.tick);
        }
        let starting = self.timers.starting.front().map(|(due, _)| *due);
        // Kept messages and events are tried again with the next tick, not in a busy loop.
        self.round_timeout().into_iter().chain(starting).chain([self.timers.tick]).min().unwrap_or(self.timers.tick)
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        while let Some((_, index)) = self.timers.starting.pop_front_if(|(due, _)| *due <= now) {
            self.contained(now, |core| {
                core.current = Some(index);
                core.fill_slots(index, now);
            });
        }
        if now < self.timers.tick {
            return;
        }
        let idle = self.peers.len() == 0 && !self.timers.messages_kept && self.events.is_empty();
        self.timers.tick = now + if idle { IDLE_TICK } else { TICK };
        self.handshake_timers(now);
        self.timers.slice = (self.timers.slice + 1) % SLICES;
        if self.timers.slice == 0 {
            self.end_demand_round(now);
        }
        let mut at = 0;
        while let Some(&index) = self.timers.publishers.get(at) {
            self.contained(now, |core| {
                core.current = Some(index);
                core.follow(index, now);
                core.publisher_turn(index, now);
            });
            at += 1;
        }
        // Nobody but those of this slice is looked at: with thousands the look alone would cost a core some percent.
        for index in (self.timers.slice..self.peers.bound()).step_by(SLICES as usize) {
            if self.peers.get(index).is_some_and(|peer| matches!(peer.role, Role::Receiver(_))) {
                self.contained(now, |core| {
                    core.current = Some(index);
                    core.follow(index, now);
                    core.receiver_poll(index, now);
                });
            }
        }
        if now >= self.timers.sweep {
            self.timers.sweep = now + SWEEP;
            self.sweep(now);
        }
    }

    fn publisher_turn(&mut self, index: u32, now: Instant) {
        self.publisher_poll(index, now);
        let Some(Role::Publisher(publisher)) = self.peers.get(index).map(|peer| &peer.role) else { return };
        for track_index in publisher.tracks() {
            // Layers that have stopped, and taps that wait for a repair in vain.
            self.share_changes(track_index);
            self.advance_taps(track_index, now);
            self.note_voice(track_index, now);
            let Some(track) = self.tracks.get_mut(track_index) else { continue };
            let silent = track.heard.is_none_or(|heard| now.saturating_duration_since(heard) > TRACK_IDLE);
            if silent && std::mem::take(&mut track.reported_active) {
                let id = track.id;
                self.emit(MediaEvent::TrackActive { track: id, active: false });
            }
        }
    }

    /// Tells when somebody begins to talk, ceases, or has become louder or quieter.
    fn note_voice(&mut self, track_index: u32, now: Instant) {
        let Some(track) = self.tracks.get_mut(track_index) else { return };
        let TrackMedia::Own { up, .. } = &mut track.media else { return };
        let loudness = up.voice(now);
        let is_news = match (track.voice, loudness) {
            (None, loudness) => loudness.is_some(),
            (Some(_), None) => true,
            (Some((told, at)), Some(loudness)) => {
                now.saturating_duration_since(at) >= VOICE_SPACING && told.abs_diff(loudness) >= VOICE_STEP
            }
        };
        if is_news {
            track.voice = loudness.map(|loudness| (loudness, now));
            let track = track.id;
            self.emit(MediaEvent::TrackSpeaking { track, loudness });
        }
    }

    /// Ends peers whose consent has expired and pending ones that nobody came for.
    fn sweep(&mut self, now: Instant) {
        for index in 0..self.peers.bound() {
            if self.peers.get(index).is_some_and(|peer| peer.transport.ice.is_expired(now)) {
                self.close_peer(index, CloseReason::ConsentExpired, now);
            }
        }
        if self.worker() == 0 {
            let late = self.directory().expire(self.config.limits.connect_timeout, now);
            for spec in late {
                let peer = spec.id;
                spec.abandon();
                self.emit(MediaEvent::PeerClosed { peer, reason: CloseReason::NeverConnected });
            }
        }
    }
}
