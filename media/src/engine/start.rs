//! Bringing an engine up: certificate, sockets, threads.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, mpsc::sync_channel};

use tokio::sync::mpsc;

use super::{EngineConfig, EngineError, MediaEvent, Shared};
use crate::directory::Directory;
use crate::dtls::Certificate;
use crate::exchange::{self, Wake};
use crate::shell::{self, Shell, Waker, WorkerHandle, clock};
use crate::worker::{Core, CoreConfig};

/// Events waiting for the owner; what happens when they are not read is said at [`MediaEvent`].
const EVENT_CAPACITY: usize = 4096;
/// Commands waiting for one worker. When full the caller waits for a turn of the worker's loop, about a millisecond.
const COMMAND_CAPACITY: usize = 4096;

pub(super) fn start(config: EngineConfig) -> Result<(Shared, mpsc::Receiver<MediaEvent>), EngineError> {
    let count = match config.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        count => count,
    };
    let certificate = Arc::new(Certificate::generate().map_err(|_| EngineError::Certificate)?);
    let (sockets, local) = shell::open_sockets(config.bind, count).map_err(EngineError::Socket)?;
    let wakers = (0..count)
        .map(|_| Waker::new().map(Arc::new))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(EngineError::Socket)?;
    let wakes: Vec<Wake> = wakers
        .iter()
        .map(|waker| {
            let waker = waker.clone();
            Arc::new(move || waker.wake()) as Wake
        })
        .collect();
    let directory = Arc::new(Mutex::new(Directory::default()));
    let (events, receiver) = mpsc::channel(EVENT_CAPACITY);
    let (mut workers, mut threads) = (Vec::new(), Vec::new());
    for ((socket, port), waker) in sockets.into_iter().zip(exchange::connect(&wakes)).zip(wakers) {
        let (sender, commands) = sync_channel(COMMAND_CAPACITY);
        let core = Core::new(
            CoreConfig {
                limits: config.limits.clone(),
                keyframe_interval: config.keyframe_interval,
                clock: clock::base(),
                certificate: certificate.clone(),
                directory: directory.clone(),
            },
            port,
            clock::now(),
        );
        let shell = Shell { socket, waker: waker.clone(), commands, core, events: events.clone() };
        let name = format!("media-{}", workers.len());
        threads.push(std::thread::Builder::new().name(name).spawn(|| shell.run()).map_err(EngineError::Socket)?);
        workers.push(WorkerHandle::new(sender, waker));
    }
    let candidates = candidates(&config, local);
    let shared = Shared {
        config,
        local,
        candidates,
        certificate,
        directory,
        workers,
        threads: Mutex::new(threads),
        next_peer: AtomicU64::new(1),
    };
    Ok((shared, receiver))
}

fn candidates(config: &EngineConfig, local: SocketAddr) -> Vec<SocketAddr> {
    let own = if local.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { local.ip() };
    let addresses = if config.advertise.is_empty() { &[own][..] } else { &config.advertise[..] };
    addresses.iter().map(|ip| SocketAddr::new(*ip, local.port())).collect()
}
