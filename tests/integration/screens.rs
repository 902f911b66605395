//! The classroom's screen in every state of a lesson, and the pages around one, in a browser whose server is pretended.

use std::time::Duration;

use crate::{browser, turn};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_of_the_classroom_screen_fits_and_is_read_from_five_metres() {
    let _turn = turn::heavy().await;
    browser::run("screens.mjs", &[], Duration::from_secs(900)).await;
}
