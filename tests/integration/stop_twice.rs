//! F30: a second SIGTERM ends a server at once, whatever its first stop still waits for.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::stage::{Host, Stage};
use crate::studio::Studio;
use crate::turn;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f30_two_sigterms_end_the_server_within_five_seconds() {
    let _turn = turn::light().await;
    let stage = Stage::begin_in_process().await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    studio.until_sent(60).await;
    let Host::Process(mut binary) = stage.host else { unreachable!("the server has a process of its own") };
    binary.signal(Signal::SIGTERM);
    binary.signal(Signal::SIGTERM);
    let status = binary.ended(Duration::from_secs(5)).await.expect("it ends");
    // 130: cut short by the second signal; 0: the first stop was quicker.
    assert!(matches!(status.code(), Some(0 | 130)), "{status}");
    drop(studio);
}
