//! Lessons under load: studios and receivers, as every measurement of the media plane sets them up.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::client::{Credentials, Identity, PublishedSsrcs, publish_offer, receive_offer};
use crate::clock;
use crate::publisher::{Pattern, Studio};
use crate::receivers::{Joining, Pool, PoolOptions, open};
use crate::server::{Doors, Lesson};

/// Where all sockets of the generator are bound.
pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// How often one receiver tries to join.
const ATTEMPTS: u32 = 5;
/// Joins under way at once.
const AT_ONCE: usize = 32;

/// How the receivers behave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AudienceOptions {
    pub(crate) slots: (u8, u8),
    /// Offer and send transport-wide feedback.
    pub(crate) twcc: bool,
    /// Read runs of datagrams as one.
    pub(crate) gro: bool,
    /// Authenticate one packet in so many.
    pub(crate) sample: u32,
}

/// The studios and receivers of a server's lessons.
pub(crate) struct Audience {
    identity: Arc<Identity>,
    doors: Doors,
    lessons: Vec<Lesson>,
    options: AudienceOptions,
    pub(crate) pool: Arc<Pool>,
}

/// How a crowd came in.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Joined {
    pub(crate) receivers: usize,
    /// Joins that had to be tried again.
    pub(crate) retries: u32,
    pub(crate) failed: usize,
    pub(crate) time: Duration,
}

impl Audience {
    /// Nobody yet.
    pub(crate) fn new(doors: Doors, lessons: Vec<Lesson>, options: AudienceOptions) -> Result<Self> {
        let identity = Arc::new(Identity::generate()?);
        let pool = Arc::new(Pool::start(Arc::clone(&identity), PoolOptions { sample: options.sample })?);
        Ok(Self { identity, doors, lessons, options, pool })
    }

    /// Puts the studio of every lesson on air.
    pub(crate) async fn studios(&self, pattern: Pattern) -> Result<Vec<Studio>> {
        let mut studios = Vec::with_capacity(self.lessons.len());
        for lesson in &self.lessons {
            studios.push(self.studio(lesson, pattern).await?);
        }
        Ok(studios)
    }

    async fn studio(&self, lesson: &Lesson, pattern: Pattern) -> Result<Studio> {
        let path = format!("/whip/{}", lesson.id);
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let (local, ssrcs) =
                (Credentials::random(), PublishedSsrcs { audio: rand::random(), video: rand::random() });
            let offer = publish_offer(&self.identity, &local, ssrcs);
            let answer = self.doors.offer(&path, &lesson.master, offer).await.context("WHIP")?;
            let socket = open(LOOPBACK, false)?;
            match Studio::start(Arc::clone(&self.identity), socket, local, answer, ssrcs, pattern).await {
                Ok(studio) => return Ok(studio),
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("no attempt")?)
    }

    /// Brings `count` more receivers in, evenly over the lessons and over `within`, and waits until all have their keys or gave up.
    pub(crate) async fn join(&self, count: usize, within: Duration) -> Result<Joined> {
        let begun = clock::now();
        let mut joined = Joined::default();
        let mut joins = JoinSet::new();
        for n in 0..count {
            let due = begun + within.mul_f64(n as f64 / count as f64);
            tokio::time::sleep_until(due.into()).await;
            while joins.len() >= AT_ONCE.max(count / 20) {
                note(&mut joined, joins.join_next().await);
            }
            joins.spawn(self.one(&self.lessons[n % self.lessons.len()]));
        }
        while !joins.is_empty() {
            note(&mut joined, joins.join_next().await);
        }
        joined.time = clock::now().saturating_duration_since(begun);
        Ok(joined)
    }

    /// One receiver, as often as it takes: the client's DTLS can lose a flight for good.
    fn one(&self, lesson: &Lesson) -> impl Future<Output = Result<u32>> + Send + use<> {
        let (identity, doors, lesson) = (Arc::clone(&self.identity), self.doors.clone(), lesson.clone());
        let (options, pool) = (self.options, Arc::clone(&self.pool));
        async move {
            let path = format!("/whep/{}", lesson.id);
            for attempt in 0..ATTEMPTS {
                let local = Credentials::random();
                let (audio, video) = options.slots;
                let offer = receive_offer(&identity, &local, audio, video, options.twcc);
                let posted = clock::now();
                let answer = doors.offer(&path, &lesson.observer, offer).await.context("WHEP")?;
                let socket = open(LOOPBACK, options.gro)?;
                let (connected, is_connected) = oneshot::channel();
                pool.add(Joining { socket, local, answer, lite: None, posted, connected });
                if is_connected.await.unwrap_or(false) {
                    return Ok(attempt);
                }
            }
            bail!("{ATTEMPTS} attempts to join have failed");
        }
    }
}

fn note(joined: &mut Joined, result: Option<Result<Result<u32>, tokio::task::JoinError>>) {
    match result {
        Some(Ok(Ok(retries))) => {
            joined.receivers += 1;
            joined.retries += retries;
        }
        Some(Ok(Err(error))) => {
            if joined.failed == 0 {
                eprintln!("a receiver could not join: {error:#}");
            }
            joined.failed += 1;
        }
        Some(Err(_)) => joined.failed += 1,
        None => {}
    }
}
