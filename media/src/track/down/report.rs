//! What receivers are told about time.

use std::time::{Duration, Instant};

use super::DownTrack;
use crate::feedback::{ClockBase, Ntp, SenderInfo};
use crate::track::source::Source;

/// Distance of sender reports; the first comes earlier, because lip-sync waits for it.
const REPORT_SPACING: Duration = Duration::from_secs(1);
/// A guessed clock is reported only if no better one has come after this time.
const GUESS_AFTER: Duration = Duration::from_secs(3);

impl DownTrack {
    /// The sender information for a report if one is due (every second, sooner after a switch). All slots of a
    /// receiver speak of the server's time, so that sound and picture of one publisher stay together.
    pub fn poll_report(&mut self, source: &Source, clock: &ClockBase, now: Instant) -> Option<SenderInfo> {
        if self.report_due.is_none_or(|due| now < due) {
            return None;
        }
        let run = self.runs.back()?;
        let sender = source.layer(run.layer)?.clock?;
        if !sender.exact && self.run_began.is_none_or(|began| now.saturating_duration_since(began) < GUESS_AFTER) {
            return None;
        }
        self.report_due = Some(now + REPORT_SPACING);
        let ntp = clock.at(now);
        let rtp = run.live_timestamp(sender.rtp_at(ntp, self.rate)) as u32;
        let (packets, bytes) = (self.stats.packets as u32, self.stats.bytes as u32);
        Some(SenderInfo { ssrc: self.config.ssrc, ntp, rtp, packets, bytes })
    }

    /// One instant on the outgoing clock and in the server's time, as the source's last sender report has it; `None`
    /// before anything was sent or while the source has not reported.
    pub fn clock(&self, source: &Source) -> Option<(u64, Ntp)> {
        let run = self.runs.back()?;
        let sender = source.layer(run.layer)?.clock.filter(|clock| clock.exact)?;
        Some((run.live_timestamp(sender.rtp), sender.ntp))
    }
}
