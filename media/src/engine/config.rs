//! What the engine is told once, at its start.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Configuration of [`Engine::start`](crate::Engine::start).
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// The one UDP address of all media. Port 0 takes a free port, see [`Engine::local_addr`](crate::Engine::local_addr).
    /// `[::]` serves IPv4 and IPv6 on the same socket.
    pub bind: SocketAddr,
    /// Addresses put into the ICE candidates, each with the bound port, most preferred first. Empty: the bind address
    /// when it is a concrete one, otherwise loopback.
    pub advertise: Vec<IpAddr>,
    /// Worker threads, each with its own socket; 0 takes one per core.
    pub workers: usize,
    /// How often each layer of a picture is asked for a keyframe while somebody watches or records it.
    pub keyframe_interval: Duration,
    /// Bounds on what peers may make the engine hold or do.
    pub limits: Limits,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443)),
            advertise: Vec::new(),
            workers: 0,
            keyframe_interval: Duration::from_secs(6),
            limits: Limits::default(),
        }
    }
}

/// Bounds on what peers may make the engine hold or do.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Peers (pending ones included) of the whole engine; one more is refused with `full`.
    pub max_peers: usize,
    /// SSRCs one publisher may send from; packets of further ones are dropped before they are decrypted.
    pub max_ssrcs_per_peer: usize,
    /// Bytes per second one peer may send; what exceeds it (after a burst of one second) is dropped and counted.
    pub ingress_bytes_per_second: u64,
    /// How long a session may wait for its first authenticated connectivity check.
    pub connect_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_peers: 10_000,
            max_ssrcs_per_peer: 32,
            ingress_bytes_per_second: 4_000_000,
            connect_timeout: Duration::from_secs(30),
        }
    }
}
