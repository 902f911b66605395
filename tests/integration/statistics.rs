//! What a lesson's people and an operator can read about its media.

use std::time::Duration;

use airclass::tools::whep::Slot;
use serde_json::Value;

use crate::stage::{Host, Stage};
use crate::studio::Studio;
use crate::turn;

const SOON: Duration = Duration::from_secs(10);

/// A line of the operators' page: the name begins like this, its labels hold all of these.
fn figure(page: &str, name: &str, labels: &[&str]) -> f64 {
    let fits = |line: &&str| line.starts_with(name) && labels.iter().all(|label| line.contains(label));
    let line = page.lines().find(fits).unwrap_or_else(|| panic!("no {name} {labels:?} in\n{page}"));
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lessons_people_see_its_figures_and_operators_all_of_them() {
    let _turn = turn::light().await;
    let stage = Stage::begin_where(false, |config| config.metrics = Some(([127, 0, 0, 1], 0).into())).await;
    let studio = Studio::on_air(&stage.whip("camera").await).await;
    let (mut first, mut second) = (stage.watch(0).await, stage.watch(1).await);
    for viewer in [&mut first, &mut second] {
        viewer.next_picture(Slot::video(0), SOON).await.unwrap();
    }
    studio.until_sent(studio.count() + 45).await;
    first.next_picture(Slot::video(0), SOON).await.unwrap();

    let path = format!("/api/lessons/{}/statistics", stage.lesson);
    for person in [&stage.master, &stage.admin] {
        let told = person.get(&path).await.expect(200).json();
        let [source] = &told["sources"].as_array().unwrap()[..] else { panic!("{told}") };
        assert_eq!((source["from"].as_str(), source["connected"].as_bool()), (Some("camera"), Some(true)));
        let tracks = source["tracks"].as_array().unwrap();
        let picture = tracks.iter().find(|track| track["kind"] == "video").expect("a picture");
        let layer = &picture["layers"][0];
        assert!(layer["packets"].as_u64().unwrap() > 45 && layer["keyframes"].as_u64().unwrap() >= 1, "{layer}");
        assert!(layer["bits_per_second"].as_u64().unwrap() > 10_000 && layer["active"] == true, "{layer}");
        assert_eq!(told["receivers"].as_array().unwrap().len(), 2, "{told}");
    }
    let own = stage.assistants[1].get(&path).await.expect(200).json();
    let [receiver] = &own["receivers"].as_array().unwrap()[..] else { panic!("only its own classroom's: {own}") };
    assert_eq!(receiver["classroom"], stage.classrooms[1].as_str());
    let slots = receiver["slots"].as_array().unwrap();
    let shown = |slot: &&Value| slot["kind"] == "video" && slot["index"] == 0;
    assert!(slots.iter().find(shown).expect("the studio's slot")["packets"].as_u64().unwrap() > 0, "{own}");
    stage.pupil.get(&path).await.expect(403);

    let Host::Here(running) = &stage.host else { panic!("it runs here") };
    let page = format!("http://{}/metrics", running.metrics.expect("a listener"));
    let page = reqwest::get(page).await.unwrap().text().await.unwrap();
    let labels = [format!("lesson=\"{}\"", stage.lesson), "source=\"camera\"".to_owned(), "kind=\"video\"".to_owned()];
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    assert!(figure(&page, "airclass_media_up_packets_total", &labels) > 45.0);
    let workers =
        |name: &str| ["0", "1"].map(|n| figure(&page, name, &[&format!("worker=\"{n}\"")])).iter().sum::<f64>();
    let batches = workers("airclass_media_delay_seconds_count");
    assert!(batches > 45.0, "one measurement per batch: {batches}");
    assert!(workers("airclass_media_delay_seconds_sum") / batches < 1.0);
    assert_eq!(figure(&page, "airclass_media_dropped_total", &["reason=\"srtp_invalid\""]), 0.0);
    studio.leave().await;
    stage.stop().await;
}
