//! The command line.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;

use crate::bench::audience::AudienceOptions;
use crate::bench::fanout::FanoutOptions;
use crate::bench::join::JoinOptions;
use crate::bench::replay::ReplayOptions;
use crate::publisher::Pattern;
use crate::server::ProgramOptions;

/// Loads an `airclass` server of its own on loopback and measures it.
#[derive(Debug, Parser)]
#[command(about, max_term_width = 100)]
pub(crate) struct Options {
    /// The server's binary; build it with `cargo build --release`.
    #[arg(long, global = true, default_value = "target/release/airclass")]
    pub(crate) server: PathBuf,
    /// Where rows are merged into.
    #[arg(long, global = true, default_value = "target/bench.json")]
    pub(crate) json: PathBuf,
    /// Cores of the server; the generator takes the others. `all` lets both use all.
    #[arg(long, global = true, default_value = "0")]
    pub(crate) server_cores: String,
    /// The server's media workers; 0 is one per core it may use.
    #[arg(long, global = true, default_value_t = 0)]
    pub(crate) workers: usize,
    /// What the studio sends.
    #[arg(long, global = true, value_enum, default_value = "both")]
    pub(crate) media: Media,
    /// Bit rate of the picture, kbit/s.
    #[arg(long, global = true, default_value_t = 2500)]
    pub(crate) kbit: u64,
    /// Pictures per second.
    #[arg(long, global = true, default_value_t = 30)]
    pub(crate) fps: u32,
    /// Receivers read each datagram by itself, as without UDP_GRO.
    #[arg(long, global = true)]
    pub(crate) no_gro: bool,
    /// Receivers offer and send transport-wide feedback.
    #[arg(long, global = true)]
    pub(crate) twcc: bool,
    /// One packet in so many is authenticated and opened.
    #[arg(long, global = true, default_value_t = 64)]
    pub(crate) sample: u32,
    /// Sound and picture sections of a receiver's offer.
    #[arg(long, global = true, default_value_t = 4)]
    pub(crate) slots: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The cores this process was given. Looked up once and before it takes to some of them: what a thread may use later
/// is only its own share.
fn all_cores() -> &'static [usize] {
    static CORES: OnceLock<Vec<usize>> = OnceLock::new();
    CORES.get_or_init(|| {
        let Ok(set) = sched_getaffinity(Pid::from_raw(0)) else { return Vec::new() };
        (0..CpuSet::count()).filter(|core| set.is_set(*core).unwrap_or(false)).collect()
    })
}

/// What the studio sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Media {
    Both,
    Picture,
    Sound,
}

/// A server to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// Debian's Janus with its streaming plugin.
    Janus,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// One studio to many receivers: CPU per packet, loss, delay, memory, and the floor of the same packets.
    Fanout {
        /// Numbers of receivers, one measurement each.
        #[arg(long, value_delimiter = ',', default_value = "50,200,500,1000,2000")]
        receivers: Vec<usize>,
        /// Length of one measurement.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Measure that server too, by turns, and give the ratio.
        #[arg(long, value_enum)]
        peer: Option<Peer>,
        /// Turns with the other server.
        #[arg(long, default_value_t = 1)]
        rounds: usize,
        /// Leave the floor out.
        #[arg(long)]
        no_floor: bool,
    },
    /// Many lessons at once, each with its own studio.
    Many {
        /// How many.
        #[arg(long, default_value_t = 100)]
        lessons: usize,
        /// Classrooms of each.
        #[arg(long, default_value_t = 20)]
        classrooms: usize,
        /// Length of the measurement.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Thousands of WebSocket seats in one lesson: how long a change takes to reach them all.
    Signal {
        /// How many.
        #[arg(long, default_value_t = 5000)]
        seats: usize,
        /// How often the floor is given and taken back.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// A large lesson: hundreds of classrooms with screen and assistant; page turns, late joins, and what a busy minute
    /// costs each seat.
    Lesson {
        /// How many.
        #[arg(long, default_value_t = 500)]
        classrooms: usize,
        /// How many of them come when the others are there.
        #[arg(long, default_value_t = 20)]
        late: usize,
        /// Page turns that are measured.
        #[arg(long, default_value_t = 50)]
        turns: u32,
        /// Length of the busy part.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Viewers of a recording, from this server and from nginx.
    Replay {
        /// How many.
        #[arg(long, default_value_t = 300)]
        viewers: usize,
        /// Length of each part.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
    /// Prints everything that is in the JSON file as tables.
    Table,
    /// Only the floor: the same packets sealed and sent, nothing else.
    Floor {
        /// Numbers of receivers, one measurement each.
        #[arg(long, value_delimiter = ',', default_value = "200")]
        receivers: Vec<usize>,
        /// Length of one measurement.
        #[arg(long, default_value_t = 4)]
        seconds: u64,
    },
    /// A crowd comes in: joins per second, time to the first packet and picture, keyframe requests at the studio.
    Join {
        /// How many.
        #[arg(long, default_value_t = 1000)]
        receivers: usize,
        /// Within so many seconds.
        #[arg(long, default_value_t = 10.0)]
        within: f64,
    },
    /// Makes the files for a browser's fake camera and microphone.
    Camera {
        /// Where to.
        folder: PathBuf,
    },
}

impl Options {
    fn server_cores(&self) -> Vec<usize> {
        self.server_cores.split(',').filter_map(|core| core.trim().parse().ok()).collect()
    }

    /// The cores the server does not have; empty when there is nothing to divide.
    pub(crate) fn own_cores(&self) -> Vec<usize> {
        let server = self.server_cores();
        if server.is_empty() {
            return Vec::new();
        }
        all_cores().iter().copied().filter(|core| !server.contains(core)).collect()
    }

    fn pattern(&self) -> Pattern {
        Pattern {
            picture_bits: if self.media == Media::Sound { 0 } else { self.kbit * 1000 },
            frames_per_second: self.fps,
            sound: self.media != Media::Picture,
        }
    }

    /// How the server is started.
    pub(crate) fn program(&self) -> ProgramOptions {
        let cores = if self.own_cores().is_empty() { Vec::new() } else { self.server_cores() };
        ProgramOptions { binary: self.server.clone(), cores, workers: self.workers, slots: (self.slots, self.slots) }
    }

    fn audience(&self) -> AudienceOptions {
        AudienceOptions {
            slots: (self.slots, self.slots),
            twcc: self.twcc,
            gro: !self.no_gro,
            sample: self.sample.max(1),
        }
    }

    /// A fan-out (or its floor) to so many receivers.
    pub(crate) fn fanout(&self, receivers: usize) -> FanoutOptions {
        let (seconds, floor) = match &self.command {
            Command::Fanout { seconds, no_floor, .. } => (*seconds, !no_floor),
            Command::Floor { seconds, .. } => (*seconds, true),
            Command::Many { seconds, .. } => (*seconds, false),
            _ => (10, true),
        };
        FanoutOptions {
            lessons: if let Command::Many { lessons, .. } = &self.command { (*lessons).max(1) } else { 1 },
            receivers,
            time: Duration::from_secs(seconds.clamp(1, 120)),
            pattern: self.pattern(),
            program: self.program(),
            audience: self.audience(),
            floor,
        }
    }

    /// Viewers.
    pub(crate) fn replay(&self, viewers: usize, seconds: u64) -> ReplayOptions {
        ReplayOptions {
            viewers,
            time: Duration::from_secs(seconds.clamp(2, 60)),
            pattern: self.pattern(),
            program: self.program(),
            audience: self.audience(),
        }
    }

    /// A crowd.
    pub(crate) fn join(&self, receivers: usize, within: f64) -> JoinOptions {
        JoinOptions {
            receivers,
            within: Duration::from_secs_f64(within.clamp(0.1, 120.0)),
            pattern: self.pattern(),
            program: self.program(),
            audience: self.audience(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_and_the_generator_share_no_core() {
        let options = Options::parse_from(["airclass-load", "--server-cores", "0", "fanout"]);
        // Whatever a thread keeps to later, the division is that of the start.
        let own = options.own_cores();
        if own.is_empty() {
            return;
        }
        crate::server::stay_on(&own).unwrap();
        assert_eq!(options.own_cores(), own);
        assert_eq!(options.program().cores, [0]);
        assert!(!own.contains(&0));
    }
}
