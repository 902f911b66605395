//! Slides and clips: brought in pieces, checked, served to everybody who may be in the lesson.

use std::time::Duration;

use airclass_recordings::card::Card;
use airclass_recordings::film::Film;

use super::classes::People;
use super::*;
use crate::uploads::CHUNK_BYTES;
use crate::uploads::check::tests::pdf;

impl School {
    fn uploads(&self) -> String {
        format!("/api/lessons/{}/uploads", self.lesson)
    }

    async fn begin(&self, bearer: &str, kind: &str, name: &str, bytes: usize) -> Answer {
        self.as_json("POST", &self.uploads(), bearer, json!({"kind": kind, "name": name, "bytes": bytes})).await
    }

    async fn chunk(&self, bearer: &str, id: &str, offset: usize, bytes: &[u8]) -> Answer {
        let request = Request::builder().method("PATCH").uri(format!("/api/uploads/{id}"));
        let request = request.header("authorization", bearer).header("upload-offset", offset);
        self.send(request, Body::from(bytes.to_vec())).await
    }

    /// Waits until an upload was looked at.
    async fn settled(&self, bearer: &str, id: &str) -> Value {
        for _ in 0..500 {
            let card = self.get(&format!("/api/uploads/{id}"), bearer).await.json();
            if card["state"] != "checking" {
                return card;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it is looked at");
    }

    /// Uploads a file whole; its card when it has been looked at.
    pub(super) async fn upload(&self, bearer: &str, kind: &str, name: &str, bytes: &[u8]) -> Value {
        let begun = self.begin(bearer, kind, name, bytes.len()).await;
        assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.json());
        let id = begun.json()["id"].as_str().unwrap().to_owned();
        for (n, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
            let answer = self.chunk(bearer, &id, n * CHUNK_BYTES, chunk).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
        }
        self.settled(bearer, &id).await
    }
}

#[tokio::test]
async fn a_deck_comes_in_pieces_and_is_served_to_whoever_may_be_there() {
    let school = School::open().await;
    let people = People::sign_in(&school).await;
    let master = people.of("master");
    let class = school.class_of(master, "良乡二中").await;
    let screen = school.screen(people.of("assistant1"), &class).await;
    let file = pdf(6);
    let begun = school.begin(master, "deck", "浮力.pdf", file.len()).await.json();
    assert_eq!((&begun["offset"], &begun["chunk_bytes"]), (&json!(0), &json!(CHUNK_BYTES)));
    let id = begun["id"].as_str().unwrap();
    let first = school.chunk(master, id, 0, &file[..100]).await.json();
    assert_eq!(first, json!({"id": id, "offset": 100, "bytes": file.len(), "state": "open"}));
    // The same again, a gap, too much, no place: nothing changes.
    for (offset, bytes) in [(0, &file[..100]), (200, &file[200..300])] {
        let refused = school.chunk(master, id, offset, bytes).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "upload_offset"));
    }
    let beyond = [&file[100..], b"more"].concat();
    assert_eq!(school.chunk(master, id, 100, &beyond).await.code(), "too_large");
    let path = format!("/api/uploads/{id}");
    let nowhere = school.call("PATCH", &path, &[("authorization", master)], None).await;
    assert_eq!((nowhere.status, nowhere.code().as_str()), (StatusCode::BAD_REQUEST, "bad_offset"));
    let strangers = [
        ("anybody", 401),
        ("master", 200),
        ("assistant1", 404),
        ("assistant2", 404),
        ("pupil", 404),
        ("admin", 200),
        ("observer", 404),
    ];
    people.try_all(&school, ("GET", &path), None, &strangers).await;

    assert_eq!(school.chunk(master, id, 100, &file[100..]).await.json()["state"], "checking");
    let ready = school.settled(master, id).await;
    assert_eq!((&ready["state"], &ready["deck"]), (&json!("ready"), &json!({"id": id, "title": "浮力", "pages": 6})));
    let list = school.get(&format!("/api/lessons/{}/decks", school.lesson), &screen).await.json();
    let deck = json!({"id": id, "title": "浮力", "pages": 6, "bytes": file.len()});
    assert_eq!(list, json!({"decks": [deck], "fallback": null}));

    let media = format!("/media/decks/{id}");
    let readers = [
        ("anybody", 401),
        ("master", 200),
        ("assistant1", 200),
        ("assistant2", 404),
        ("pupil", 200),
        ("admin", 200),
        ("observer", 200),
    ];
    people.try_all(&school, ("GET", &media), None, &readers).await;
    let whole = school.get(&media, &screen).await;
    assert_eq!((whole.status, whole.body.as_slice()), (StatusCode::OK, file.as_slice()));
    assert_eq!(whole.header("content-type"), "application/pdf");
    assert_eq!(whole.header("cache-control"), "private, max-age=31536000, immutable");
    let part = school.call("GET", &media, &[("authorization", &screen), ("range", "bytes=1-3")], None).await;
    assert_eq!((part.status, part.body.as_slice()), (StatusCode::PARTIAL_CONTENT, &b"PDF"[..]));
    let beyond = school.call("GET", &media, &[("authorization", &screen), ("range", "bytes=99999999-")], None).await;
    assert_eq!((beyond.status, beyond.code().as_str()), (StatusCode::RANGE_NOT_SATISFIABLE, "bad_range"));
    assert_eq!(school.get("/media/decks/01ARZ3NDEKTSV4RRFFQ69G5FAV", master).await.status, StatusCode::NOT_FOUND);

    let remove = format!("/api/lessons/{}/decks/{id}", school.lesson);
    let strangers = [("assistant1", 403), ("assistant2", 404), ("pupil", 403), ("observer", 403), ("master", 204)];
    for (name, status) in strangers {
        let answer = school.call("DELETE", &remove, &[("authorization", people.of(name))], None).await;
        assert_eq!(answer.status.as_u16(), status, "{name}");
    }
    let list = school.get(&format!("/api/lessons/{}/decks", school.lesson), master).await.json();
    assert_eq!(list["decks"], json!([]));
    school.stop().await;
}

#[tokio::test]
async fn only_the_master_and_administrators_prepare_and_bounds_are_kept() {
    let school = School::open().await;
    let people = People::sign_in(&school).await;
    let announced = json!({"kind": "deck", "name": "浮力.pdf", "bytes": 1_000});
    let all = [
        ("anybody", 401),
        ("master", 201),
        ("assistant1", 403),
        ("assistant2", 404),
        ("pupil", 403),
        ("admin", 201),
        ("observer", 403),
    ];
    people.try_all(&school, ("POST", &school.uploads()), Some(announced), &all).await;
    let master = people.of("master");
    for (kind, name, bytes, status, code) in [
        ("deck", "a.pdf", 100 * 1024 * 1024 + 1, 413, "too_large"),
        ("clip", "a.mp4", 300 * 1024 * 1024 + 1, 413, "too_large"),
        ("deck", "a.pdf", 0, 422, "invalid"),
        ("song", "a.mp3", 1_000, 422, "invalid"),
        ("deck", "a\u{202e}b.pdf", 1_000, 422, "invalid"),
        ("deck", " ", 1_000, 422, "invalid"),
    ] {
        let refused = school.begin(master, kind, name, bytes).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code), "{kind} {name} {bytes}");
    }
    // Three more may be open; a cancelled one makes room.
    let mut last = String::new();
    for _ in 0..3 {
        last = school.begin(master, "deck", "a.pdf", 10).await.json()["id"].as_str().unwrap().to_owned();
    }
    assert_eq!(school.begin(master, "deck", "a.pdf", 10).await.code(), "too_many_uploads");
    let cancel = school.call("DELETE", &format!("/api/uploads/{last}"), &[("authorization", master)], None).await;
    assert_eq!(cancel.status, StatusCode::NO_CONTENT);
    assert_eq!(school.begin(master, "deck", "a.pdf", 10).await.status, StatusCode::CREATED);
    school.stop().await;
}

#[tokio::test]
async fn what_is_not_what_it_says_is_refused_and_never_served() {
    let school = School::open().await;
    let master = school.sign_in("master", "master-demo").await;
    for (kind, bytes, code) in [
        ("deck", b"#EXTM3U".to_vec(), "not_a_pdf"),
        ("deck", pdf(501), "too_many_pages"),
        ("clip", pdf(1), "not_a_clip"),
        ("clip", b"#EXTM3U\nhttp://elsewhere.example/a.ts".to_vec(), "not_a_clip"),
    ] {
        let card = school.upload(&master, kind, "file", &bytes).await;
        assert_eq!((&card["state"], &card["code"]), (&json!("refused"), &json!(code)));
        assert!(!card["message"].as_str().unwrap().is_empty());
        let id = card["id"].as_str().unwrap();
        for path in [format!("/media/decks/{id}"), format!("/media/clips/{id}")] {
            assert_eq!(school.get(&path, &master).await.status, StatusCode::NOT_FOUND);
        }
    }
    let data = &school.running.state().config.data;
    for folder in ["uploads", "decks", "clips"] {
        assert_eq!(std::fs::read_dir(data.join(folder)).unwrap().count(), 0, "{folder}");
    }
    school.stop().await;
}

/// A clip of a second.
pub(super) fn film() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    let card = Card::new(320, 180);
    let film = Film { frames_per_second: 10, frames: 10, bits_per_second: 200_000 };
    film.write(&path, |_| card.picture(), |_| 0.0).unwrap();
    std::fs::read(path).unwrap()
}

#[tokio::test]
async fn the_newest_clip_is_the_fallback() {
    let school = School::open().await;
    let master = school.sign_in("master", "master-demo").await;
    let file = film();
    let first = school.upload(&master, "clip", "先看这个.mp4", &file).await;
    assert!((500..1_500).contains(&first["clip"]["duration_ms"].as_i64().unwrap()), "{first}");
    let second = school.upload(&master, "clip", "再看这个.mp4", &file).await;
    let list = school.get(&format!("/api/lessons/{}/decks", school.lesson), &master).await.json();
    assert_eq!(list["fallback"]["id"], second["id"]);
    let clip = school.get(&format!("/media/clips/{}", second["id"].as_str().unwrap()), &master).await;
    assert_eq!((clip.header("content-type"), clip.body.len()), ("video/mp4", file.len()));
    let before = school.get(&format!("/media/clips/{}", first["id"].as_str().unwrap()), &master).await;
    assert_eq!(before.status, StatusCode::NOT_FOUND);
    school.stop().await;
}

#[tokio::test]
async fn an_upload_survives_a_restart_and_a_check_is_done_again() {
    let School { running, lesson, _folder } = School::open().await;
    let data = running.state().config.data.clone();
    let school = School { running, lesson, _folder };
    let master = school.sign_in("master", "master-demo").await;
    let file = pdf(3);
    let open = school.begin(&master, "deck", "a.pdf", file.len()).await.json()["id"].as_str().unwrap().to_owned();
    school.chunk(&master, &open, 0, &file[..50]).await;
    // As a crash leaves it: more on disk than was acknowledged; a complete one not yet looked at; a stray file.
    let part = data.join("uploads").join(&open);
    std::fs::write(&part, [&file[..50], b"never acknowledged"].concat()).unwrap();
    let whole = school.begin(&master, "deck", "b.pdf", file.len()).await.json()["id"].as_str().unwrap().to_owned();
    std::fs::write(data.join("uploads").join(&whole), &file).unwrap();
    let db = school.running.state().db.clone();
    let done = file.len() as u64;
    assert!(db.advance_upload(&whole, 0, done, crate::db::UploadState::Checking, clock::utc_ms()).await.unwrap());
    std::fs::write(data.join("decks").join("01ARZ3NDEKTSV4RRFFQ69G5FAV.pdf"), "stray").unwrap();
    let School { running, lesson, _folder } = school;
    let config = running.state().config.clone();
    // What `demo::seed` leaves behind is not for a server that is no demo.
    running.state().db.clear_setting("demo").await.unwrap();
    running.stop().await;
    let running = Server::start(config).await.unwrap();
    let school = School { running, lesson, _folder };
    assert_eq!(school.settled(&master, &whole).await["deck"]["pages"], 3);
    assert!(!data.join("decks").join("01ARZ3NDEKTSV4RRFFQ69G5FAV.pdf").exists());
    let card = school.get(&format!("/api/uploads/{open}"), &master).await.json();
    assert_eq!((&card["offset"], &card["state"]), (&json!(50), &json!("open")));
    school.chunk(&master, &open, 50, &file[50..]).await;
    assert_eq!(school.settled(&master, &open).await["state"], "ready");
    school.stop().await;
}
