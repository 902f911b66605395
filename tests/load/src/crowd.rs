//! A crowd of receivers in one thread, for stories in which many classrooms only have to be there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::oneshot;

use crate::client::{Credentials, Identity, receive_offer};
use crate::clock;
use crate::receivers::{Joining, Pool, PoolOptions, open};
use crate::server::Doors;

/// Pause before a join is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// Receivers of one lesson; they end with it.
#[derive(Clone)]
pub struct Crowd {
    identity: Arc<Identity>,
    doors: Doors,
    pool: Arc<Pool>,
    path: String,
    token: String,
}

/// What the crowd has seen since [`Crowd::mark`].
#[derive(Debug, Clone)]
pub struct Seen {
    /// Packets that came.
    pub packets: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Receivers that got nothing at all.
    pub silent: usize,
    /// From each posted offer to its first decodable picture, since the crowd began; `None` when there was none.
    pub first_pictures: Vec<Option<Duration>>,
}

impl Crowd {
    /// Nobody yet. `token` must be one with which many may watch, as an observer's.
    ///
    /// # Errors
    /// When the machine has no thread or key for it.
    pub fn new(http: SocketAddr, lesson: &str, token: &str) -> Result<Self> {
        let identity = Arc::new(Identity::generate()?);
        let pool = Arc::new(Pool::start(Arc::clone(&identity), PoolOptions { sample: 1 })?);
        let path = format!("/whep/{lesson}");
        Ok(Self { identity, doors: Doors::new(http)?, pool, path, token: token.to_owned() })
    }

    /// Brings one more receiver in, as often as it takes and `within` allows; how often it took. `via` is where
    /// datagrams are sent instead of the server's own address.
    pub async fn join(&self, via: Option<SocketAddr>, within: Duration) -> Option<u32> {
        let mut attempts = 0;
        let tried = async {
            loop {
                attempts += 1;
                if self.attempt(via).await.unwrap_or(false) {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(within, tried).await.ok().map(|()| attempts)
    }

    async fn attempt(&self, via: Option<SocketAddr>) -> Result<bool> {
        let local = Credentials::random();
        let offer = receive_offer(&self.identity, &local, 1, 1, true);
        let posted = clock::now();
        let mut answer = self.doors.offer(&self.path, &self.token, offer).await?;
        answer.address = via.unwrap_or(answer.address);
        let (connected, is_connected) = oneshot::channel();
        let socket = open(std::net::Ipv4Addr::LOCALHOST.into(), true)?;
        self.pool.add(Joining { socket, local, answer, lite: None, posted, connected });
        Ok(is_connected.await.is_ok_and(|joined| joined.is_ok()))
    }

    /// Starts counting anew.
    pub fn mark(&self) {
        self.pool.mark();
    }

    /// What has been seen since.
    ///
    /// # Errors
    /// When the crowd's thread has ended.
    pub async fn seen(&self) -> Result<Seen> {
        let report = self.pool.report().await?;
        Ok(Seen {
            packets: report.tally.packets,
            lost: report.lost,
            silent: report.silent,
            first_pictures: report.joins.iter().map(|join| join.first_picture).collect(),
        })
    }
}
