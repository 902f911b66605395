//! The receiver's half: what comes out of the line, and what is said of it.

use std::time::Instant;

use super::{Datagram, Feedback, VIDEO_PT, World};
use crate::feedback::{ReportBlock, write};

impl World {
    pub(super) fn arrive(&mut self, now: Instant) {
        while let Some(datagram) = self.line.receive(now) {
            if self.feedback == Feedback::TransportWide {
                self.recorder.record(datagram.twcc, now);
            }
            if !datagram.sound && !datagram.repair {
                let ahead = datagram.seq.wrapping_sub(self.highest) < 0x8000;
                if ahead || self.reported.is_none() {
                    if self.hard && self.reported.is_some() {
                        let gap = datagram.seq.wrapping_sub(self.highest);
                        (1..gap.min(500)).for_each(|n| self.missing.push((self.highest.wrapping_add(n), self.ms, 0)));
                    }
                    self.highest = datagram.seq;
                }
                self.reported.get_or_insert((datagram.seq.wrapping_sub(1), 0));
                self.came += 1;
            }
            match datagram {
                Datagram { sound: true, .. } => self.sound.push(self.ms),
                Datagram { repair: true, .. } => {
                    self.repairs += 1;
                    // Which one it repeats is sealed; they come in the order of asking.
                    if !self.missing.is_empty() {
                        self.missing.remove(0);
                    }
                }
                Datagram { marker: true, timestamp, .. } => {
                    self.frames.push(self.ms);
                    let late = (self.ms * 90) as u32;
                    self.delays.push((self.ms, i64::from(late.wrapping_sub(timestamp) as i32) / 90));
                }
                _ => {}
            }
        }
        let mut rtcp = Vec::new();
        match self.feedback {
            Feedback::TransportWide => self.recorder.poll(1, 2, now, &mut rtcp),
            Feedback::Silence => {}
            Feedback::Reports | Feedback::Remb if self.ms.is_multiple_of(1_000) => self.report(&mut rtcp),
            Feedback::Reports | Feedback::Remb => {}
        }
        if self.ms.is_multiple_of(10) {
            let due: Vec<u16> = self.missing.iter().filter(|(_, at, _)| *at <= self.ms).map(|(seq, ..)| *seq).collect();
            if !due.is_empty() {
                write::nack(&mut rtcp, 1, 1_000 + u32::from(VIDEO_PT), &due);
            }
            for (_, at, tries) in self.missing.iter_mut().filter(|(_, at, _)| *at <= self.ms) {
                (*at, *tries) = (self.ms + 100, *tries + 1);
            }
            self.missing.retain(|(.., tries)| *tries < 10);
        }
        if !rtcp.is_empty() {
            self.back.send(rtcp, now);
        }
        while let Some(rtcp) = self.back.receive(now) {
            self.core.receiver_feedback(self.receiver, &rtcp, now);
        }
    }

    /// Reports the loss of the last second.
    fn report(&mut self, rtcp: &mut Vec<u8>) {
        let Some((last, _)) = self.reported else { return };
        let expected = u32::from(self.highest.wrapping_sub(last));
        let lost = expected.saturating_sub(self.came);
        let fraction_lost = (lost * 256).checked_div(expected).unwrap_or(0).min(255) as u8;
        let block = ReportBlock {
            ssrc: 1_000 + u32::from(VIDEO_PT),
            fraction_lost,
            highest: u32::from(self.highest),
            ..ReportBlock::default()
        };
        write::receiver_report(rtcp, 1, &[block]);
        if self.feedback == Feedback::Remb {
            let came = f64::from(self.came) * 1_140.0 * 8.0 + 40e3;
            // Bits as a mantissa of 18 bits and an exponent (draft-alvestrand-rmcat-remb-03 section 2.2).
            let bits = (1.5 * came).min(0.9 * self.line.line.rate.max(1.0)) as u64;
            let exponent = (64 - bits.leading_zeros()).saturating_sub(18);
            let mantissa = (bits >> exponent) as u32;
            rtcp.extend_from_slice(&[0x8f, 206, 0, 5]);
            rtcp.extend_from_slice(&1_u32.to_be_bytes());
            rtcp.extend_from_slice(&0_u32.to_be_bytes());
            rtcp.extend_from_slice(b"REMB");
            rtcp.extend_from_slice(&(1 << 24 | exponent << 18 | mantissa).to_be_bytes());
            rtcp.extend_from_slice(&(1_000 + u32::from(VIDEO_PT)).to_be_bytes());
        }
        (self.reported, self.came) = (Some((self.highest, 0)), 0);
    }
}
