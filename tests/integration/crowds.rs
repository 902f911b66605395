//! F3, F10, F11 and F27: many come at once, over bad lines, beside strangers; and one of many has a bad line.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use airclass::clock;
use airclass_load::crowd::Crowd;
use airclass_load::insider::client_hello;
use airclass_load::relay::{Link, Relay};
use serde_json::json;
use tokio::task::JoinSet;

use crate::bad_requests::Watched;
use crate::figures::{ms, note};
use crate::floods::Pace;
use crate::stage::Stage;
use crate::studio::Studio;
use crate::turn;
use crate::watcher::Watcher;

async fn stage() -> Stage {
    // The whole crowd comes with one account.
    Stage::begin_where(false, |config| config.sessions_per_account = 10_000).await
}

async fn crowd(stage: &Stage) -> Crowd {
    let entrance = stage.entrance(None).await;
    Crowd::new(entrance.http, &entrance.lesson, &entrance.token).expect("a crowd")
}

/// Brings `count` in, evenly spread over `over`; how many were in `within` after they had begun, and their attempts.
async fn come(crowd: &Crowd, count: u32, over: Duration, via: Option<SocketAddr>, within: Duration) -> (usize, u32) {
    let mut joins = JoinSet::new();
    for n in 0..count {
        let crowd = crowd.clone();
        joins.spawn(async move {
            tokio::time::sleep(over * n / count).await;
            crowd.join(via, within).await
        });
    }
    let attempts: Vec<u32> = joins.join_all().await.into_iter().flatten().collect();
    (attempts.len(), attempts.iter().sum())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f3_joins_get_through_thirty_percent_loss() {
    let _turn = turn::heavy().await;
    let stage = stage().await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let line = Link::lossy(0.3, Duration::from_millis(20));
    let relay = Relay::start(stage.media, line, line, 3).await.unwrap();
    let crowd = crowd(&stage).await;
    let (joined, attempts) =
        come(&crowd, 100, Duration::from_secs(4), Some(relay.address()), Duration::from_secs(10)).await;
    note("F3", "30 % loss", json!({ "joins": 100, "within_10_s": joined, "attempts": attempts }));
    assert!(joined >= 99, "{joined} of 100 are in");
    drop(crowd);
    studio.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f10_one_bad_line_of_thirty_is_nobody_elses() {
    let _turn = turn::heavy().await;
    let stage = stage().await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let crowd = crowd(&stage).await;
    let (joined, _) = come(&crowd, 25, Duration::from_secs(1), None, Duration::from_secs(20)).await;
    assert_eq!(joined, 25);
    let mut good = Vec::new();
    for _ in 0..4 {
        good.push(Watcher::join(&stage, None).await);
    }
    let relay = Relay::start(stage.media, Link::CLEAN, Link::CLEAN, 10).await.unwrap();
    let mut bad = Watcher::join(&stage, Some(relay.address())).await;
    let mut watch = async |bad: &mut Watcher, seconds| {
        crowd.mark();
        let end = clock::instant() + Duration::from_secs(seconds);
        let [a, b, c, d] = &mut good[..] else { unreachable!("four") };
        let (a, b, c, d, bad) = tokio::join!(
            a.watch_until(end),
            b.watch_until(end),
            c.watch_until(end),
            d.watch_until(end),
            bad.watch_until(end)
        );
        (a.max(b).max(c).max(d), bad, crowd.seen().await.unwrap())
    };
    watch(&mut bad, 1).await;
    let (before, _, _) = watch(&mut bad, 3).await;
    let (sent, asked) = (studio.count(), studio.keyframe_requests());
    let line = Link {
        jitter: Duration::from_millis(100),
        burst_start: 0.02,
        burst_length: 30,
        ..Link::lossy(0.2, Duration::from_millis(50))
    };
    relay.set(line, line);
    let (stood, bad_stood, seen) = watch(&mut bad, 8).await;
    let requests = studio.keyframe_requests() - asked;
    note(
        "F10",
        "one bad line of 30",
        json!({ "longest_gap_before_ms": ms(before), "longest_gap_ms": ms(stood), "bad_line_stood_ms": ms(bad_stood),
                "lost_by_25": seen.lost, "keyframe_requests": requests, "pictures": studio.count() - sent }),
    );
    assert!(bad_stood > stood, "the bad line was bad: {bad_stood:?}");
    assert_eq!((seen.lost, seen.silent), (0, 0), "every picture came in the one layer there is");
    assert!(stood <= before.max(Duration::from_millis(100)) + Duration::from_millis(200), "{before:?}, then {stood:?}");
    assert!(requests <= 2 * 8 + 1, "{requests} keyframe requests in 8 s");
    studio.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f11_two_hundred_joins_in_a_second_cost_the_studio_two_keyframes_at_most() {
    let _turn = turn::alone().await;
    let stage = stage().await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let mut watcher = Watcher::join(&stage, None).await;
    let crowd = crowd(&stage).await;
    let (asked, begun) = (studio.keyframe_requests(), clock::instant());
    let ((joined, attempts), _) = tokio::join!(
        come(&crowd, 200, Duration::from_secs(1), None, Duration::from_secs(20)),
        watcher.watch_until(clock::instant() + Duration::from_secs(2))
    );
    watcher.watch_until(clock::instant() + Duration::from_secs(1)).await;
    let (requests, took) = (studio.keyframe_requests() - asked, clock::instant() - begun);
    let mut first: Vec<Duration> = crowd.seen().await.unwrap().first_pictures.into_iter().flatten().collect();
    first.sort();
    assert_eq!((joined, first.len()), (200, 200), "all are in and see");
    let p95 = first[189];
    note(
        "F11",
        "200 joins in a second",
        json!({ "joined": joined, "attempts": attempts, "seconds": took.as_secs_f64(), "keyframe_requests": requests,
                "first_picture_p50_ms": ms(first[99]), "first_picture_p95_ms": ms(p95) }),
    );
    assert!(requests as f64 <= 2.0 * took.as_secs_f64().ceil(), "{requests} keyframe requests in {took:?}");
    assert!(p95 <= Duration::from_millis(1_500), "first picture after {p95:?}");
    drop(crowd);
    studio.leave().await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f27_joins_succeed_beside_a_thousand_hellos_a_second() {
    let _turn = turn::alone().await;
    let watched = Watched::begin_on(stage().await).await;
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (hello, media) = (client_hello().unwrap(), watched.stage.media);
    let strangers = {
        let (stop, sent) = (Arc::clone(&stop), Arc::clone(&sent));
        std::thread::spawn(move || {
            let sockets: Vec<UdpSocket> = (0..64).map(|_| UdpSocket::bind(("127.0.0.1", 0)).unwrap()).collect();
            let mut pace = Pace::new(1_000);
            for socket in sockets.iter().cycle() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                pace.wait();
                let _ = socket.send_to(&hello, media);
                sent.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let begun = clock::instant();
    let crowd = crowd(&watched.stage).await;
    let (joined, attempts) = come(&crowd, 100, Duration::from_secs(3), None, Duration::from_secs(20)).await;
    let took = clock::instant() - begun;
    stop.store(true, Ordering::Relaxed);
    tokio::task::spawn_blocking(move || strangers.join().unwrap()).await.unwrap();
    let rate = sent.load(Ordering::Relaxed) as f64 / took.as_secs_f64();
    note(
        "F27",
        "ClientHellos beside 100 joins",
        json!({ "hellos_per_second": rate.round(), "joined": joined, "attempts": attempts }),
    );
    assert_eq!(joined, 100);
    let connected = watched.stage.engine_stats().await.peers.iter().filter(|peer| peer.connected).count();
    assert!(connected >= 102, "no session has ended: {connected}");
    drop(crowd);
    watched.nobody_noticed().await;
}
