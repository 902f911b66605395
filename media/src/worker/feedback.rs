//! RTCP from peers, and what peers are told.

use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::Core;
use super::line::Line;
use super::peer::Role;
use super::track::{Track, TrackMedia};
use crate::feedback::{self, Message, ReportBlock, write};
use crate::sdp::SlotMedia;

/// Our SSRC in what publishers are told; it sends no media.
pub(super) const REPORTER: u32 = 1;
/// Canonical name of everything this server sends (RFC 3550 section 6.5.1).
const CNAME: &str = "airclass";
/// Sequence numbers of one compound that are looked at; an honest receiver asks for fewer.
const MAX_ASKED: usize = 512;
/// Distance of two reports to one peer.
pub(super) const REPORT_SPACING: Duration = Duration::from_secs(1);

impl Core {
    /// Handles a compound of a publisher.
    pub(super) fn publisher_feedback(&mut self, index: u32, plain: &[u8], now: Instant) {
        let Some(Role::Publisher(publisher)) = self.peers.get_mut(index).map(|peer| &mut peer.role) else { return };
        let mut messages = feedback::read(plain);
        let mut changed: SmallVec<[u32; 4]> = SmallVec::new();
        for message in &mut messages {
            let Message::SenderReport { info, .. } = message else { continue };
            let Some(route) = publisher.demux.find(info.ssrc) else { continue };
            let Some(track) = publisher.track(route.track.try_into().unwrap_or(u8::MAX)) else { continue };
            if let Some(Track { media: TrackMedia::Own { up, .. }, .. }) = self.tracks.get_mut(track) {
                let ntp = publisher.clock.to_server(info.ntp, &self.config.clock, now);
                up.sender_report(&info, ntp, now);
                changed.push(track);
            }
        }
        if messages.malformed() {
            self.drops().rtcp_invalid += 1;
        }
        for track in changed {
            self.share_changes(track);
        }
    }

    /// Handles a compound of a receiver.
    pub(super) fn receiver_feedback(&mut self, index: u32, plain: &[u8], now: Instant) {
        if self.timers.take_starting(index) {
            self.fill_slots(index, now);
        }
        let mut messages = feedback::read(plain);
        let mut asked = 0;
        for message in &mut messages {
            match message {
                Message::ReceiverReport { blocks, .. } | Message::SenderReport { blocks, .. } => {
                    for block in blocks {
                        self.report_block(index, &block, now);
                    }
                }
                Message::Nack { media, sequences } => {
                    let Some(down_index) = self.down_of(index, media) else { continue };
                    for seq in sequences {
                        asked += 1;
                        if asked > MAX_ASKED {
                            break;
                        }
                        self.resend(down_index, seq, now);
                    }
                }
                Message::Pli { media } => self.picture_lost(index, media, now),
                Message::Fir { entry } => self.picture_lost(index, entry.media, now),
                Message::Twcc(twcc) if self.line_of(index).is_some_and(|line| line.feedback(&twcc, now)) => {
                    self.estimate_turn(index, now);
                }
                Message::Remb { bitrate } => {
                    if let Some(line) = self.line_of(index) {
                        line.estimator().on_remb(bitrate, now);
                    }
                }
                _ => {}
            }
        }
        if messages.malformed() {
            self.drops().rtcp_invalid += 1;
        }
    }

    fn report_block(&mut self, index: u32, block: &ReportBlock, now: Instant) {
        let Some(down_index) = self.down_of(index, block.ssrc) else { return };
        let trip = block.round_trip(self.config.clock.at(now).middle());
        if let (Some(trip), Some(peer)) = (trip, self.peers.get_mut(index)) {
            peer.measured(Duration::from_micros(u64::from(trip) * 1_000_000 / 65_536));
        }
        let smooth = self.peers.get(index).and_then(|peer| peer.round_trip);
        let Some(down) = self.downs.get_mut(down_index) else { return };
        down.reported();
        down.fraction_lost = block.fraction_lost;
        if let Some(smooth) = smooth {
            down.plan.set_round_trip(smooth);
        }
        if !down.sound
            && let Some(line) = self.line_of(index)
        {
            line.estimator().on_receiver_report(f32::from(block.fraction_lost) / 256.0, smooth, now);
        }
    }

    fn line_of(&mut self, index: u32) -> Option<&mut Line> {
        self.egress.get_mut(index as usize)?.as_mut()?.line.as_deref_mut()
    }

    fn resend(&mut self, down_index: u32, seq: u16, now: Instant) {
        let Some(down) = self.downs.get_mut(down_index) else { return };
        let Some(source) = down.track.and_then(|track| self.tracks.get(track)).and_then(|track| track.source()) else {
            return;
        };
        let line = self.egress.get(down.peer as usize).and_then(Option::as_ref).and_then(|egress| egress.line.as_ref());
        let full = line.is_some_and(|line| line.is_tight() && !(line.takes_repeat(now) && down.plan.is_shown(seq)));
        if full && !down.sound {
            return;
        }
        if let Some((packet, out)) = down.plan.resend(seq, source, now) {
            self.rounds.resend(down_index, packet.clone(), out);
        }
    }

    fn picture_lost(&mut self, index: u32, ssrc: u32, now: Instant) {
        let Some(down_index) = self.down_of(index, ssrc) else { return };
        let Some(down) = self.downs.get_mut(down_index) else { return };
        if down.take_restart(now) {
            return self.start_down(down_index, now);
        }
        down.plan.picture_loss(now);
        self.poll_down(down_index, now);
    }

    /// Starts all pictures of a receiver with a keyframe, as if it had asked for them.
    pub(super) fn pictures_lost(&mut self, index: u32, now: Instant) {
        let Some(Role::Receiver(slots)) = self.peers.get(index).map(|peer| &peer.role) else { return };
        let downs =
            slots.iter().filter(|slot| slot.down.and_then(|down| self.downs.get(down)).is_some_and(|d| !d.sound));
        let pictures: SmallVec<[u32; 8]> = downs.map(|slot| slot.media.ssrc).collect();
        for ssrc in pictures {
            self.picture_lost(index, ssrc, now);
        }
    }

    /// The down-track of a receiver that sends with this SSRC.
    fn down_of(&self, index: u32, ssrc: u32) -> Option<u32> {
        let Role::Receiver(slots) = &self.peers.get(index)?.role else { return None };
        let sends = |media: &SlotMedia| media.ssrc == ssrc || media.rtx_ssrc == Some(ssrc);
        slots.iter().find(|slot| sends(&slot.media))?.down
    }

    /// Sends a publisher what is due: NACKs, keyframe requests, arrival times, reports.
    pub(super) fn publisher_poll(&mut self, index: u32, now: Instant) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        let Some(egress) = self.egress.get_mut(index as usize).and_then(Option::as_mut) else { return };
        let Role::Publisher(publisher) = &mut peer.role else { return };
        let mut blocks: SmallVec<[ReportBlock; 8]> = SmallVec::new();
        let mut body = std::mem::take(&mut self.scratch);
        body.clear();
        let reports = now >= peer.report_due;
        for track in publisher.tracks() {
            let Some(track) = self.tracks.get_mut(track) else { continue };
            let wanted = track.is_wanted();
            let TrackMedia::Own { up, .. } = &mut track.media else { continue };
            let passes = publisher.gate.passes(up.source().kind());
            up.want_keyframes(wanted && passes);
            if reports {
                let mut own = Vec::new();
                up.report_blocks(now, &mut own);
                blocks.extend(own);
            }
            // While the gate is closed nothing arrives at the track, and nothing is missing.
            if passes {
                let before = up.stats().keyframe_requests;
                up.poll(REPORTER, now, &mut body);
                self.stats.keyframe_requests += up.stats().keyframe_requests - before;
            }
        }
        let tracks = &self.tracks;
        publisher.request_stills(|track| tracks.get(track).is_some_and(Track::is_wanted), now, &mut body);
        if let Some(recorder) = &mut publisher.twcc {
            recorder.poll(REPORTER, publisher.heard.unwrap_or(0), now, &mut body);
        }
        if reports {
            peer.report_due = now + REPORT_SPACING;
        }
        if !body.is_empty() || reports {
            // A compound begins with a report (RFC 3550 section 6.1), also for those who did not negotiate otherwise.
            let mut compound = Vec::with_capacity(body.len() + 128);
            write::receiver_report(&mut compound, REPORTER, &blocks);
            compound.extend_from_slice(&body);
            self.outbox.append(egress.to, |out| {
                // Running out of the index space of 2^31 packets takes a year of 60 compounds a second.
                let _ = egress.sealer.seal_rtcp(&compound, out);
            });
        }
        self.scratch = body;
    }

    /// Looks at a receiver's line, and sends it the sender reports that are due.
    pub(super) fn receiver_poll(&mut self, index: u32, now: Instant) {
        self.estimate_turn(index, now);
        let Some(Role::Receiver(slots)) = self.peers.get(index).map(|peer| &peer.role) else { return };
        let downs: SmallVec<[u32; 8]> = slots.iter().filter_map(|slot| slot.down).collect();
        let mut compound = std::mem::take(&mut self.scratch);
        compound.clear();
        for down_index in downs {
            self.poll_down(down_index, now);
            let Some(down) = self.downs.get_mut(down_index) else { continue };
            let Some(source) = down.track.and_then(|track| self.tracks.get(track)).and_then(|track| track.source())
            else {
                continue;
            };
            if let Some(info) = down.plan.poll_report(source, &self.config.clock, now) {
                write::sender_report(&mut compound, &info, &[]);
                write::source_description(&mut compound, info.ssrc, CNAME);
            }
        }
        if !compound.is_empty()
            && let Some(egress) = self.egress.get_mut(index as usize).and_then(Option::as_mut)
        {
            self.outbox.append(egress.to, |out| {
                let _ = egress.sealer.seal_rtcp(&compound, out);
            });
        }
        self.scratch = compound;
    }
}
