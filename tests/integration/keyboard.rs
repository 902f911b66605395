//! A lesson led without a mouse, in browsers.

use std::time::Duration;

use crate::stage::Stage;
use crate::{browser, turn};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_a_whole_lesson_is_led_by_keyboard() {
    let _turn = turn::heavy().await;
    let stage = Stage::begin_with(false).await;
    let parameters = [
        ("base", stage.base.as_str()),
        ("classroom", stage.classrooms[0].as_str()),
        ("other-classroom", stage.classrooms[1].as_str()),
    ];
    browser::run("keyboard.mjs", &parameters, Duration::from_secs(150)).await;
    stage.stop().await;
}
