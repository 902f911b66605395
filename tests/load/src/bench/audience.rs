//! Lessons under load: studios and receivers, as every measurement of the media plane sets them up.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::client::{Credentials, Identity, PublishedSsrcs, publish_offer, receive_offer};
use crate::clock;
use crate::publisher::{Pattern, Studio};
use crate::receivers::{JoinFailure, Joining, Pool, PoolOptions, open};
use crate::server::{Doors, Lesson};

/// Where all sockets of the generator are bound.
pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// How often one receiver tries to join.
const ATTEMPTS: u32 = 5;
/// Longest pause before the second attempt; each further one may wait twice as long.
const PAUSE: Duration = Duration::from_millis(250);
/// Joins under way at once. The handshakes of all receivers share one thread here: more at once would only take longer
/// each, up to their timeouts.
const AT_ONCE: usize = 64;

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
#[derive(Debug, Default, Clone)]
pub(crate) struct Joined {
    pub(crate) receivers: usize,
    /// Joins that had to be tried again.
    pub(crate) retries: u32,
    pub(crate) failed: usize,
    /// Where the attempts that failed ended.
    pub(crate) failures: BTreeMap<JoinFailure, usize>,
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

    /// Brings `count` more receivers in, evenly over the lessons and over `within`, and waits until all have their keys
    /// or gave up.
    pub(crate) async fn join(&self, count: usize, within: Duration) -> Result<Joined> {
        let begun = clock::now();
        let mut joined = Joined::default();
        let mut joins = JoinSet::new();
        for n in 0..count {
            let due = begun + within.mul_f64(n as f64 / count as f64);
            tokio::time::sleep_until(due.into()).await;
            while joins.len() >= AT_ONCE {
                joined.note(joins.join_next().await);
            }
            joins.spawn(self.one(&self.lessons[n % self.lessons.len()]));
        }
        while !joins.is_empty() {
            joined.note(joins.join_next().await);
        }
        joined.time = clock::now().saturating_duration_since(begun);
        Ok(joined)
    }

    /// One receiver, as often as it takes, with longer and longer pauses: a client's DTLS can lose a flight for good,
    /// and a crowd that comes again at once only adds to what it failed at. Gives where each attempt ended, the last
    /// one with nothing if it came in.
    fn one(&self, lesson: &Lesson) -> impl Future<Output = Attempts> + Send + use<> {
        let (identity, doors, lesson) = (Arc::clone(&self.identity), self.doors.clone(), lesson.clone());
        let (options, pool) = (self.options, Arc::clone(&self.pool));
        async move {
            let path = format!("/whep/{}", lesson.id);
            let mut attempts = Attempts { failures: Vec::new(), is_in: false };
            for attempt in 0..ATTEMPTS {
                if attempt > 0 {
                    let longest = PAUSE * 2_u32.pow(attempt - 1);
                    tokio::time::sleep(longest.mul_f64(rand::random_range(0.5..1.0))).await;
                }
                let local = Credentials::random();
                let (audio, video) = options.slots;
                let offer = receive_offer(&identity, &local, audio, video, options.twcc);
                let posted = clock::now();
                let (Ok(answer), Ok(socket)) =
                    (doors.offer(&path, &lesson.observer, offer).await, open(LOOPBACK, options.gro))
                else {
                    attempts.failures.push(JoinFailure::Offer);
                    continue;
                };
                let (connected, is_connected) = oneshot::channel();
                pool.add(Joining { socket, local, answer, lite: None, posted, connected });
                match is_connected.await {
                    Ok(Ok(())) => {
                        attempts.is_in = true;
                        return attempts;
                    }
                    Ok(Err(failure)) => attempts.failures.push(failure),
                    // The receivers' thread is gone.
                    Err(_) => return attempts,
                }
            }
            attempts
        }
    }
}

/// What one receiver went through.
struct Attempts {
    failures: Vec<JoinFailure>,
    is_in: bool,
}

impl Joined {
    fn note(&mut self, attempts: Option<Result<Attempts, tokio::task::JoinError>>) {
        let Some(attempts) = attempts else { return };
        let Ok(attempts) = attempts else {
            self.failed += 1;
            return;
        };
        for failure in &attempts.failures {
            *self.failures.entry(*failure).or_default() += 1;
        }
        if attempts.is_in {
            self.receivers += 1;
            self.retries += attempts.failures.len() as u32;
        } else {
            self.failed += 1;
        }
    }
}
