//! A studio, several classrooms and the line or lines between them.

use std::time::{Duration, Instant};

use super::bottleneck::{Bottleneck, Line};
use super::classroom::{Datagram, Receiver, Sender};
use super::picture::Camera;
use crate::estimate::tests::start;
use crate::feedback::{Message, read};
use crate::sim::{LinkConfig, LossyLink};

/// One classroom with both of its halves.
#[derive(Debug)]
pub(super) struct Classroom {
    pub(super) sender: Sender,
    pub(super) receiver: Receiver,
    line: usize,
    back: LossyLink<Vec<u8>>,
    /// What is missing; repair itself is proven elsewhere, so that these are not lost.
    asked: LossyLink<u16>,
    /// (since the start, layer being sent).
    pub(super) layers: Vec<(Duration, Option<u8>)>,
    /// (since the start, target in bit/s), ten times a second.
    pub(super) targets: Vec<(Duration, u32)>,
}

/// Everything.
#[derive(Debug)]
pub(super) struct Network {
    origin: Instant,
    elapsed: Duration,
    camera: Camera,
    pub(super) lines: Vec<Bottleneck<Datagram>>,
    pub(super) rooms: Vec<Classroom>,
}

impl Network {
    /// Classrooms on these lines: `rooms` holds the number of the line of each.
    pub(super) fn new(lines: &[Line], rooms: &[usize], seed: u64) -> Self {
        let now = start();
        let seeds = |n: usize| seed.wrapping_mul(1_000) + n as u64;
        let room = |(n, line): (usize, &usize)| {
            let back = LinkConfig { delay: lines[*line].delay, loss: lines[*line].loss, ..LinkConfig::default() };
            Classroom {
                sender: Sender::new(n, now),
                receiver: Receiver::new(now),
                line: *line,
                asked: LossyLink::new(LinkConfig { loss: 0.0, ..back.clone() }, 0, now),
                back: LossyLink::new(back, seeds(500 + n), now),
                layers: Vec::new(),
                targets: Vec::new(),
            }
        };
        Self {
            origin: now,
            elapsed: Duration::ZERO,
            camera: Camera::new(seeds(999), now),
            lines: lines.iter().enumerate().map(|(n, line)| Bottleneck::new(*line, seeds(n), now)).collect(),
            rooms: rooms.iter().enumerate().map(room).collect(),
        }
    }

    /// Lets seconds pass, a millisecond at a time.
    pub(super) fn run(&mut self, seconds: f64) {
        let end = self.elapsed + Duration::from_secs_f64(seconds);
        while self.elapsed < end {
            self.elapsed += Duration::from_millis(1);
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.origin + self.elapsed;
        let frames = self.camera.poll(now);
        for room in &mut self.rooms {
            for datagram in room.sender.step(frames, &mut self.camera, now) {
                self.lines[room.line].send(datagram, datagram.bytes, now);
            }
        }
        for line in &mut self.lines {
            while let Some(datagram) = line.receive(now) {
                let room = &mut self.rooms[datagram.to];
                for missing in room.receiver.receive(&datagram, now) {
                    room.asked.send(missing, now);
                }
            }
        }
        for room in &mut self.rooms {
            let mut bytes = Vec::new();
            room.receiver.recorder.poll(1, 2, now, &mut bytes);
            if !bytes.is_empty() {
                room.back.send(bytes, now);
            }
            while let Some(seq) = room.asked.receive(now) {
                if let Some(datagram) = room.sender.asked_again(seq, now) {
                    self.lines[room.line].send(datagram, datagram.bytes, now);
                }
            }
            while let Some(bytes) = room.back.receive(now) {
                for message in read(&bytes) {
                    if let Message::Twcc(feedback) = message {
                        room.sender.feedback(&feedback, &mut self.camera, now);
                    }
                }
            }
            if room.layers.last().is_none_or(|(_, layer)| *layer != room.sender.layer) {
                room.layers.push((self.elapsed, room.sender.layer));
            }
            if self.elapsed.as_millis().is_multiple_of(100) {
                room.targets.push((self.elapsed, room.sender.target_bps));
            }
        }
    }

    /// From `from` until a frame of a layer that `pick` accepts is shown; `None` when none was.
    pub(super) fn shown_after(&self, room: usize, from: Duration, pick: impl Fn(u8) -> bool) -> Option<Duration> {
        let from = self.origin + from;
        let shown = &self.rooms[room].receiver.shown;
        shown.iter().find(|(at, layer)| *at >= from && pick(*layer)).map(|(at, _)| *at - from)
    }

    /// Longest time without a new frame between two moments.
    pub(super) fn longest_freeze(&self, room: usize, from: Duration, to: Duration) -> Duration {
        let times = self.rooms[room].receiver.shown.iter().map(|(at, _)| *at);
        self.longest(times, from, to)
    }

    /// Longest time without sound between two moments.
    pub(super) fn longest_silence(&self, room: usize, from: Duration, to: Duration) -> Duration {
        self.longest(self.rooms[room].receiver.sound.iter().copied(), from, to)
    }

    fn longest(&self, times: impl Iterator<Item = Instant>, from: Duration, to: Duration) -> Duration {
        let (from, to) = (self.origin + from, self.origin + to);
        let mut last = from;
        let mut longest = Duration::ZERO;
        for at in times.filter(|at| *at >= from && *at <= to).chain([to]) {
            longest = longest.max(at - last);
            last = at;
        }
        longest
    }

    /// Share of the time between two moments that frames of the top layer were shown for.
    pub(super) fn top_share(&self, room: usize, from: Duration, to: Duration) -> f64 {
        let (from, to) = (self.origin + from, self.origin + to);
        let frames =
            self.rooms[room].receiver.shown.iter().filter(|(at, layer)| *layer == 2 && *at >= from && *at < to);
        frames.count() as f64 / ((to - from).as_secs_f64() * 30.0)
    }

    /// Lowest and mean target between two moments, in bit/s.
    pub(super) fn target(&self, room: usize, from: Duration, to: Duration) -> (u32, f64) {
        let between = self.rooms[room].targets.iter().filter(|(at, _)| *at >= from && *at < to).map(|(_, bps)| *bps);
        let targets: Vec<u32> = between.collect();
        let sum: f64 = targets.iter().map(|bps| f64::from(*bps)).sum();
        (targets.iter().copied().min().unwrap_or(0), sum / targets.len().max(1) as f64)
    }
}
