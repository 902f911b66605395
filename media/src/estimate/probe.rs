//! Finding out whether the line carries more than is sent: short stretches at a higher rate.

use super::history::CLUSTERS;

/// Times the start rate that the first two probes try.
const START_FACTORS: [f64; 2] = [3.0, 6.0];
/// Times the estimate that later probes try.
const FURTHER: f64 = 2.0;
/// A probe that showed this share of its rate is followed by a further one.
const WORTH_FURTHER: f64 = 0.7;
/// Length of a probe at its rate.
const LENGTH_US: f64 = 25_000.0;
/// Fewest bytes of a probe.
const LEAST_BYTES: u32 = 5_000;
/// Lowest rate of a probe, in bit/s.
const LEAST_RATE: f64 = 200_000.0;
/// Time between two probes at first, and at most after many that showed nothing.
const FIRST_PAUSE_US: u64 = 2_000_000;
const LONGEST_PAUSE_US: u64 = 7_000_000;
/// Time without congestion before a probe.
const QUIET_US: u64 = 1_500_000;
/// Time in which the queue that a probe has made drains.
const DRAIN_US: u64 = 300_000;
/// When the fate of a probe's packets must be known.
const RESULT_US: u64 = 1_500_000;

/// What the worker is to send: `bytes` of repair of recent packets, or padding, at `rate_bps` on top of what it sends
/// anyway, each reported to [`Estimator::on_packet_sent`](super::Estimator::on_packet_sent) with `cluster`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbePlan {
    /// Number of the probe, 1 to 7.
    pub cluster: u8,
    /// Bytes to send.
    pub bytes: u32,
    /// Rate to send them at, in bit/s.
    pub rate_bps: u32,
}

/// What has arrived of a cluster.
#[derive(Debug, Clone, Copy)]
struct Cluster {
    plan: ProbePlan,
    planned: u64,
    /// Bytes sent so far with this cluster's number.
    departed: u32,
    last_departure: u64,
    received: u32,
    lost: u32,
    packets: u32,
    first_sent: u64,
    last_sent: u64,
    first_arrival: i64,
    last_arrival: i64,
    /// Sizes of the packet that left last and of the one that arrived first.
    last_bytes: u32,
    first_bytes: u32,
}

/// When to probe, at which rate, and what came of it.
#[derive(Debug)]
pub(super) struct Prober {
    cluster: u8,
    current: Option<Cluster>,
    /// Rates of start-up still to be tried.
    start: [Option<f64>; 2],
    next: u64,
    pause: u64,
    ended: Option<u64>,
    congested: Option<u64>,
}

impl Prober {
    pub(super) fn new(start_rate: f64) -> Self {
        let start = START_FACTORS.map(|factor| Some(factor * start_rate));
        Self { cluster: 0, current: None, start, next: 0, pause: FIRST_PAUSE_US, ended: None, congested: None }
    }

    pub(super) fn warm(&self) -> u64 {
        u64::from(self.current.is_some())
    }

    /// The queue is growing: not now, and what is under way says nothing good.
    pub(super) fn congested(&mut self, now: u64) {
        self.congested = Some(now);
        self.start = [None; 2];
    }

    /// The line is surely another one: try again soon.
    pub(super) fn restart(&mut self, now: u64) {
        self.pause = FIRST_PAUSE_US;
        self.next = now;
    }

    /// Whether a probe is under way, or its queue may not have drained yet.
    pub(super) fn is_recent(&self, now: u64) -> bool {
        self.current.is_some() || self.ended.is_some_and(|at| now.saturating_sub(at) < DRAIN_US)
    }

    /// The next probe, if one is due: up to what is `wanted`, from what is `estimated`, both in bit/s.
    pub(super) fn plan(&mut self, estimated: f64, wanted: f64, now: u64) -> Option<ProbePlan> {
        if let Some(cluster) = &self.current {
            if now.saturating_sub(cluster.planned) < RESULT_US {
                return None;
            }
            self.end(false, now);
        }
        if estimated >= wanted {
            self.start = [None; 2];
            return None;
        }
        let start = self.start.iter_mut().find_map(Option::take);
        let quiet = self.congested.is_none_or(|at| now.saturating_sub(at) >= QUIET_US);
        if start.is_none() && (now < self.next || !quiet) {
            return None;
        }
        let rate = start.unwrap_or(FURTHER * estimated).min(wanted).max(estimated).max(LEAST_RATE);
        self.cluster = self.cluster % (CLUSTERS - 1) + 1;
        let bytes = ((rate * LENGTH_US / 8e6) as u32).max(LEAST_BYTES);
        let plan = ProbePlan { cluster: self.cluster, bytes, rate_bps: rate as u32 };
        self.current = Some(Cluster::new(plan, now));
        Some(plan)
    }

    /// The cluster a packet leaving now belongs to: media between the probe's packets counts with them.
    pub(super) fn tag(&mut self, own: u8, bytes: u32, at: u64) -> u8 {
        let Some(cluster) = self.current.as_mut().filter(|cluster| cluster.departed < cluster.plan.bytes) else {
            return 0;
        };
        if own != cluster.plan.cluster && cluster.departed == 0 {
            return 0;
        }
        cluster.departed += bytes;
        cluster.last_departure = at;
        cluster.plan.cluster
    }

    /// Takes in a reported packet of a cluster.
    pub(super) fn report(&mut self, number: u8, sent: u64, arrival: Option<i64>, bytes: u32) {
        if let Some(cluster) = self.current.as_mut().filter(|cluster| cluster.plan.cluster == number) {
            cluster.add(sent, arrival, bytes);
        }
    }

    /// The rate a finished probe has shown, in bit/s. `nature` is the loss that is not ours, 0 to 1; feedback has come
    /// for what left at `newest_sent`.
    pub(super) fn result(&mut self, nature: f32, newest_sent: u64, now: u64) -> Option<f64> {
        let cluster = self.current.as_ref()?;
        if !cluster.is_complete(newest_sent) {
            return None;
        }
        let (plan, shown) = (cluster.plan, cluster.rate(nature));
        let further = shown.is_some_and(|rate| rate > WORTH_FURTHER * f64::from(plan.rate_bps));
        self.end(further, now);
        shown
    }

    fn end(&mut self, further: bool, now: u64) {
        self.current = None;
        self.ended = Some(now);
        if further {
            self.pause = FIRST_PAUSE_US;
            self.next = now;
        } else {
            self.next = now + self.pause;
            self.pause = (self.pause * 3 / 2).min(LONGEST_PAUSE_US);
        }
    }
}

impl Cluster {
    fn new(plan: ProbePlan, now: u64) -> Self {
        Self {
            plan,
            planned: now,
            departed: 0,
            last_departure: 0,
            received: 0,
            lost: 0,
            packets: 0,
            first_sent: u64::MAX,
            last_sent: 0,
            first_arrival: i64::MAX,
            last_arrival: i64::MIN,
            last_bytes: 0,
            first_bytes: 0,
        }
    }

    fn add(&mut self, sent: u64, arrival: Option<i64>, bytes: u32) {
        self.first_sent = self.first_sent.min(sent);
        if sent >= self.last_sent {
            self.last_sent = sent;
            self.last_bytes = bytes;
        }
        let Some(arrival) = arrival else {
            self.lost += bytes;
            return;
        };
        self.packets += 1;
        self.received += bytes;
        if arrival < self.first_arrival {
            self.first_arrival = arrival;
            self.first_bytes = bytes;
        }
        self.last_arrival = self.last_arrival.max(arrival);
    }

    /// All is known, or whatever is not will never be because its feedback was lost.
    fn is_complete(&self, newest_sent: u64) -> bool {
        let heard = self.received + self.lost;
        self.departed >= self.plan.bytes && (heard >= self.departed / 10 * 9 || newest_sent > self.last_departure)
    }

    fn rate(&self, nature: f32) -> Option<f64> {
        let heard = self.received + self.lost;
        if self.packets < 4 || heard < self.departed / 2 {
            return None;
        }
        let (sent_us, arrived_us) = (self.last_sent - self.first_sent, self.last_arrival - self.first_arrival);
        if arrived_us <= 0 {
            return None;
        }
        // What the line always loses has passed its narrow part all the same.
        let usual = f64::from(self.lost) <= f64::from(heard) * (f64::from(nature) + 0.15);
        let through = f64::from(if usual { heard } else { self.received });
        let arrived = (through - f64::from(self.first_bytes)) * 8e6 / arrived_us as f64;
        // Sent in one go, it was sent at the rate of the plan at least.
        let sent = (f64::from(heard) - f64::from(self.last_bytes)) * 8e6 / sent_us.max(1) as f64;
        let sent = sent.min(2.0 * f64::from(self.plan.rate_bps));
        Some(if arrived < 0.9 * sent { 0.95 * arrived } else { arrived.min(sent) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Carries a plan out over a line of `line_bps`; gives what it shows.
    fn carry_out(prober: &mut Prober, plan: ProbePlan, line_bps: u64, lose_every: u32) -> Option<f64> {
        let step = 1_200 * 8_000_000 / u64::from(plan.rate_bps);
        let (mut line_free, mut n) = (0, 0_u32);
        while prober.tag(plan.cluster, 1_200, 1_000_000 + u64::from(n + 1) * step) != 0 {
            n += 1;
            let sent = 1_000_000 + u64::from(n) * step;
            line_free = line_free.max(sent) + 1_200 * 8_000_000 / line_bps;
            let arrival = (!n.is_multiple_of(lose_every)).then_some(line_free as i64);
            prober.report(plan.cluster, sent, arrival, 1_200);
        }
        prober.result(0.0, 0, 2_000_000)
    }

    #[test]
    fn a_probe_shows_its_rate_or_the_lines() {
        for (line, lose_every, low, high) in
            [(20e6, 1_000, 4.2e6, 4.8e6), (2e6, 1_000, 1.8e6, 2.0e6), (20e6, 9, 3.9e6, 4.8e6)]
        {
            let mut prober = Prober::new(1.5e6);
            let plan = prober.plan(1.5e6, 10e6, 0).unwrap();
            assert_eq!((plan.cluster, plan.rate_bps), (1, 4_500_000));
            let shown = carry_out(&mut prober, plan, line as u64, lose_every).unwrap();
            assert!((low..=high).contains(&shown), "{line} {shown}");
        }
    }

    #[test]
    fn probes_stop_at_what_is_wanted_and_back_off() {
        let mut prober = Prober::new(1.5e6);
        assert_eq!(prober.plan(1.5e6, 1.4e6, 0), None, "enough is known");
        let mut times = Vec::new();
        for now in (0..40_000_000).step_by(100_000) {
            if let Some(plan) = prober.plan(1.5e6, 2e6, now) {
                assert_eq!(plan.rate_bps, 2_000_000);
                times.push(now / 100_000);
            }
        }
        assert!(times.len() >= 4 && times.windows(2).all(|w| w[1] - w[0] <= 85), "{times:?}");
        prober.congested(40_000_000);
        prober.restart(40_000_000);
        prober.current = None;
        assert_eq!(prober.plan(1.5e6, 2e6, 41_000_000), None);
        assert!(prober.plan(1.5e6, 2e6, 41_600_000).is_some());
    }
}
