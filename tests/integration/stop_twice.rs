//! F30: a second SIGTERM ends a server whose first stop hangs.

use std::time::Duration;

use nix::sys::signal::Signal;
use sqlx::Connection as _;

use crate::stage::{Host, Stage};
use crate::studio::Studio;
use crate::turn;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f30_a_second_sigterm_ends_a_stop_that_hangs() {
    let _turn = turn::heavy().await;
    let stage = Stage::begin_in_process().await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    studio.until_sent(60).await;
    // Somebody else writes to the database and does not finish, so the recording can't be noted as closed.
    let database = format!("sqlite://{}", stage.folder.path().join("airclass.db").display());
    let mut writer = sqlx::SqliteConnection::connect(&database).await.unwrap();
    sqlx::query("begin immediate").execute(&mut writer).await.unwrap();
    let Host::Process(mut binary) = stage.host else { unreachable!("the server has a process of its own") };
    binary.signal(Signal::SIGTERM);
    assert!(binary.ended(Duration::from_secs(1)).await.is_none(), "the stop waits for the database");
    binary.signal(Signal::SIGTERM);
    let status = binary.ended(Duration::from_secs(5)).await.expect("the second signal ends it");
    assert_eq!(status.code(), Some(130), "{status}");
    drop(studio);
}
