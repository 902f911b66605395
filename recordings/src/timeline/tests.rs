use serde_json::json;

use super::*;

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// The lines of the file.
fn written(disk: &Disk) -> Vec<Value> {
    let text = std::fs::read_to_string(disk.folder().join(FILE)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_kind<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

#[test]
fn a_pointer_is_thinned_to_five_a_second_and_its_last_place_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let mut timeline = Timeline::open(disk.clone()).unwrap();
    // Twenty a second for two seconds, looked at every tenth of a second.
    for n in 0..40_i64 {
        timeline.mark(n * 50_000, "pointed", Detail::Fleeting, fields(json!({ "n": n })));
        if n % 2 == 1 {
            timeline.tick(n * 50_000);
        }
    }
    timeline.mark(2_000_000, "page_turned", Detail::Chapter, Map::new());
    timeline.finish();
    let lines = written(&disk);
    let pointed = of_kind(&lines, "pointed");
    assert!((9..=11).contains(&pointed.len()), "{} in two seconds", pointed.len());
    assert_eq!(pointed.last().map(|line| line["n"].clone()), Some(json!(39)), "where it came to rest");
    assert_eq!(pointed.last().map(|line| line["media_ms"].clone()), Some(json!(1_950)), "when it came there");
}

#[test]
fn what_matters_least_is_left_out_first_and_the_timeline_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let mut timeline = Timeline::open(disk.clone()).unwrap();
    let ink = || fields(json!({ "points": "0,0,128,".repeat(8_000) }));
    let size = line(0, "ink", ink()).len() as u64;
    let mut micros = 0;
    let mut fill = |timeline: &mut Timeline, detail, bytes: u64| {
        for _ in 0..bytes / size + 2 {
            micros += 1_000_000;
            timeline.mark(micros, "ink", detail, ink());
            timeline.mark(micros, "pointed", Detail::Fleeting, Map::new());
            timeline.tick(micros);
        }
    };
    fill(&mut timeline, Detail::Ink, FLEETING_BYTES_MAX);
    let pointed = of_kind(&written(&disk), "pointed").len();
    fill(&mut timeline, Detail::Ink, INK_BYTES_MAX - FLEETING_BYTES_MAX);
    let drawn = of_kind(&written(&disk), "ink").len();
    fill(&mut timeline, Detail::Ink, 3 * size);
    let lines = written(&disk);
    assert_eq!((of_kind(&lines, "pointed").len(), of_kind(&lines, "ink").len()), (pointed, drawn), "no more of these");
    assert!(std::fs::metadata(folder.path().join(FILE)).unwrap().len() <= INK_BYTES_MAX + 1_000);

    // A page turn still has room; also after a restart, which tells once more what is left out.
    drop(timeline);
    let mut timeline = Timeline::open(disk.clone()).unwrap();
    timeline.mark(0, "page_turned", Detail::Chapter, Map::new());
    timeline.mark(0, "ink", Detail::Ink, ink());
    timeline.finish();
    fill(&mut timeline, Detail::Chapter, BYTES_MAX - INK_BYTES_MAX);
    let lines = written(&disk);
    assert_eq!(of_kind(&lines, "page_turned").len(), 1);
    let left_out: Vec<_> = of_kind(&lines, "timeline_full").iter().map(|line| line["left_out"].clone()).collect();
    assert_eq!(left_out, ["fleeting", "ink", "ink", "fleeting", "chapter"]);
    assert!(std::fs::metadata(folder.path().join(FILE)).unwrap().len() <= BYTES_MAX + 1_000);
}

#[test]
fn a_full_disk_is_waited_for_up_to_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let full = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let refuses = full.clone();
    let disk = Disk::open(folder.path()).unwrap().with_faults(move |_| {
        let refused = refuses.load(std::sync::atomic::Ordering::Relaxed);
        if refused { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    });
    let mut timeline = Timeline::open(disk.clone()).unwrap();
    let long = || fields(json!({ "text": "x".repeat(10_000) }));
    for n in 0..200 {
        timeline.mark(n * 1_000_000, "mark", Detail::Chapter, long());
        timeline.tick(n * 1_000_000);
    }
    assert!(written(&disk).is_empty());
    full.store(false, std::sync::atomic::Ordering::Relaxed);
    timeline.tick(200_000_000);
    let kept = written(&disk).len();
    assert!((100..=110).contains(&kept), "{kept} lines of 10 kB within 1 MiB");
}
