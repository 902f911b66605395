//! What the pages show and play with real cameras, microphones and a shared screen, in browsers.

use std::time::Duration;

use crate::stage::Stage;
use crate::{browser, turn};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j1_the_floor_is_full_size_and_staff_talk_is_not_heard_by_pupils() {
    let _turn = turn::heavy().await;
    let stage = Stage::begin_with(false).await;
    let parameters = [
        ("base", stage.base.as_str()),
        ("lesson", &stage.lesson),
        ("classroom", stage.classrooms[0].as_str()),
        ("other-classroom", stage.classrooms[1].as_str()),
    ];
    let result = browser::run("media.mjs", &parameters, Duration::from_secs(150)).await;
    println!("a class on the floor is at full size {} ms after the grant", result["full_ms"]);
    stage.stop().await;
}
