//! The assistant's console, class lists, pairing and devices, in a browser whose server is pretended.

use std::time::Duration;

use crate::{browser, turn};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_touch_of_the_assistant_says_what_it_should() {
    let _turn = turn::heavy().await;
    browser::run("console-story.mjs", &[], Duration::from_secs(180)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_of_the_console_fits_a_phone_and_a_school_pc() {
    let _turn = turn::heavy().await;
    browser::run("console-pages.mjs", &[], Duration::from_secs(900)).await;
}
