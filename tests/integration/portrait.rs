//! Pictures of a lesson for the README, taken from the lesson itself: `target/screenshots`.

use std::path::Path;
use std::time::Duration;

use crate::stage::Stage;
use crate::{browser, turn};

/// More than a picture of a page takes, and less than a page of a README should load for each.
const LARGEST_BYTES: u64 = 1_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lesson_in_pictures() {
    let _turn = turn::heavy().await;
    let stage = Stage::begin_with(false).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let parameters = [
        ("base", stage.base.as_str()),
        ("classroom", stage.classrooms[0].as_str()),
        ("other-classroom", stage.classrooms[1].as_str()),
        ("folder", folder.to_str().unwrap()),
    ];
    let result = browser::run("portrait.mjs", &parameters, Duration::from_secs(150)).await;
    let pictures = result["pictures"].as_array().expect("their names");
    assert!(!pictures.is_empty());
    for picture in pictures {
        let path = folder.join(picture.as_str().unwrap());
        let bytes = std::fs::metadata(&path).expect("it is there").len();
        println!("{}: {bytes} bytes", path.display());
        assert!((10_000..LARGEST_BYTES).contains(&bytes), "{picture}: {bytes} bytes");
    }
    stage.stop().await;
}
