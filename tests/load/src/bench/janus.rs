//! `fanout --peer janus`: the same pattern and receivers, Janus and this server by turns.

use std::sync::Arc;
use std::time::Duration;

use airclass_media::ice;
use anyhow::{Context as _, Result, bail, ensure};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use tokio::sync::oneshot;

use super::fanout::{self, FanoutOptions, Row};
use crate::client::{Answer, Credentials, Identity};
use crate::clock;
use crate::janus::{ADDRESS, Feeder, Gateway, Watcher, answer};
use crate::receivers::{Joining, Pool, PoolOptions, open};

const SETTLE: Duration = Duration::from_secs(2);
/// Viewers of Janus that join at once.
const AT_ONCE: usize = 8;

/// What Janus spent.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Spent {
    pub(crate) ns_per_packet: f64,
    pub(crate) packets_per_second: f64,
    pub(crate) cores: f64,
    pub(crate) loss: f64,
}

/// Rounds by turns; the row of this server's middle round, with the ratio of the two medians.
pub(crate) async fn compare(options: &FanoutOptions, rounds: usize) -> Result<Row> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        let spent = measure(options).await.context("Janus")?;
        println!(
            "janus     {:>9} receivers {:>9.0} packets/s {:>7.0} ns/packet, loss {:.4}%, {:.0}% of a core",
            options.receivers,
            spent.packets_per_second,
            spent.ns_per_packet,
            spent.loss * 100.0,
            spent.cores * 100.0
        );
        theirs.push(spent);
        let row = fanout::run(options).await?;
        println!("{row}");
        ours.push(row);
    }
    theirs.sort_by(|a, b| a.ns_per_packet.total_cmp(&b.ns_per_packet));
    ours.sort_by(|a, b| a.cpu_ns_per_packet.total_cmp(&b.cpu_ns_per_packet));
    let mut row = ours.swap_remove(ours.len() / 2);
    let spent = theirs[theirs.len() / 2];
    row.ratio_to_janus = Some(spent.ns_per_packet / row.cpu_ns_per_packet);
    row.janus = Some(spent);
    Ok(row)
}

async fn measure(options: &FanoutOptions) -> Result<Spent> {
    let gateway = Gateway::start(&options.program.cores).await?;
    let identity = Arc::new(Identity::generate()?);
    let pool = Pool::start(Arc::clone(&identity), PoolOptions { sample: options.audience.sample })?;
    let feeder = Feeder::start(options.pattern)?;
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build()?;
    let joins = stream::iter(0..options.receivers).map(|_| join(&client, &identity, &pool, options));
    let watchers: Vec<Watcher> = joins.buffer_unordered(AT_ONCE).try_collect().await?;
    tokio::time::sleep(SETTLE).await;
    pool.mark();
    let (before, begun) = (gateway.figures()?, clock::now());
    tokio::time::sleep(options.time).await;
    let (after, time) = (gateway.figures()?, clock::now().saturating_duration_since(begun));
    let report = pool.report().await?;
    drop((feeder, watchers));
    ensure!(report.tally.packets > 0, "nothing came through Janus");
    let cpu = after.since(&before);
    Ok(Spent {
        ns_per_packet: cpu.as_nanos() as f64 / report.tally.packets as f64,
        packets_per_second: report.tally.packets as f64 / time.as_secs_f64(),
        cores: cpu.as_secs_f64() / time.as_secs_f64(),
        loss: report.lost as f64 / report.expected.max(1) as f64,
    })
}

async fn join(client: &reqwest::Client, identity: &Identity, pool: &Pool, options: &FanoutOptions) -> Result<Watcher> {
    for _ in 0..3 {
        let posted = clock::now();
        let (watcher, offer) = Watcher::watch(client).await?;
        let remote = Answer::parse(&offer)?;
        let remote = Answer { twcc: false, ..remote };
        let local = Credentials::random();
        let socket = open(ADDRESS, options.audience.gro)?;
        let text = answer(&offer, identity, &local, socket.local_addr()?);
        let of = |from: &Credentials| ice::Credentials { ufrag: from.ufrag.clone(), pwd: from.pwd.clone() };
        let lite = Some(ice::IceLite::new(of(&local), &of(&remote.ice), posted));
        let (connected, is_connected) = oneshot::channel();
        pool.add(Joining { socket, local, answer: remote, lite, posted, connected });
        watcher.start(&text).await?;
        if is_connected.await.is_ok_and(|joined| joined.is_ok()) {
            return Ok(watcher);
        }
    }
    bail!("a viewer could not join")
}
