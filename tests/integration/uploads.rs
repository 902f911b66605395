//! Slides that a master uploads, through a server that is killed in the middle.

use std::fmt::Write as _;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Person, Reply};
use crate::stage::Stage;
use crate::turn;

/// A PDF of two pages, made long by a stream nobody shows.
fn slides(bytes: usize) -> Vec<u8> {
    let mut text = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    let filler = "0".repeat(bytes);
    let stream = format!("<< /Length {bytes} >>\nstream\n{filler}\nendstream");
    for (n, body) in [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 960 540] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 960 540] >>",
        &stream,
    ]
    .iter()
    .enumerate()
    {
        offsets.push(text.len());
        write!(text, "{} 0 obj\n{body}\nendobj\n", n + 1).unwrap();
    }
    let start = text.len();
    write!(text, "xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).unwrap();
    for offset in &offsets {
        writeln!(text, "{offset:010} 00000 n ").unwrap();
    }
    write!(text, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", offsets.len() + 1).unwrap();
    text.into_bytes()
}

async fn begin(person: &Person, lesson: &str, bytes: usize) -> String {
    let announced = json!({ "kind": "deck", "name": "浮力.pdf", "bytes": bytes });
    let begun = person.post(&format!("/api/lessons/{lesson}/uploads"), announced).await.expect(201).json();
    begun["id"].as_str().unwrap().to_owned()
}

async fn chunk(person: &Person, id: &str, offset: usize, bytes: &[u8]) -> Reply {
    let request = person.request(Method::PATCH, &format!("/api/uploads/{id}"));
    Reply::of(request.header("upload-offset", offset).body(bytes.to_vec())).await
}

async fn settled(person: &Person, id: &str) -> Value {
    let wait = async {
        loop {
            let card = person.get(&format!("/api/uploads/{id}")).await.expect(200).json();
            if card["state"] != "checking" {
                return card;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it is looked at")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_goes_on_where_a_killed_server_had_it() {
    let _turn = turn::light().await;
    let mut stage = Stage::begin_in_process().await;
    let file = slides(2_500_000);
    let id = begin(&stage.master, &stage.lesson, file.len()).await;
    const CHUNK: usize = 1024 * 1024;
    chunk(&stage.master, &id, 0, &file[..CHUNK]).await.expect(200);
    // Killed while the second chunk is on its way: acknowledged or not, the server says where it stands.
    let second = tokio::spawn({
        let (master, id, bytes) = (stage.master.clone(), id.clone(), file[CHUNK..2 * CHUNK].to_vec());
        async move {
            let request = master.request(Method::PATCH, &format!("/api/uploads/{id}"));
            // The connection may break: that is the story.
            let _ = request.header("upload-offset", CHUNK).body(bytes).send().await;
        }
    });
    tokio::time::sleep(Duration::from_millis(2)).await;
    stage.binary().kill().await;
    second.await.unwrap();
    stage.binary().restart().await;
    let card = stage.master.get(&format!("/api/uploads/{id}")).await.expect(200).json();
    let mut offset = usize::try_from(card["offset"].as_u64().unwrap()).unwrap();
    assert!(offset == CHUNK || offset == 2 * CHUNK, "{offset}");
    while offset < file.len() {
        let end = file.len().min(offset + CHUNK);
        chunk(&stage.master, &id, offset, &file[offset..end]).await.expect(200);
        offset = end;
    }
    // Looked at by a process of its own.
    let card = settled(&stage.master, &id).await;
    assert_eq!((&card["state"], &card["deck"]["pages"]), (&json!("ready"), &json!(2)));
    let served = stage.assistants[0].request(Method::GET, &format!("/media/decks/{id}")).send().await.unwrap();
    assert_eq!(served.bytes().await.unwrap(), file);

    let id = begin(&stage.master, &stage.lesson, 9).await;
    chunk(&stage.master, &id, 0, b"#EXTM3U\n\n").await.expect(200);
    let card = settled(&stage.master, &id).await;
    assert_eq!((&card["state"], &card["code"]), (&json!("refused"), &json!("not_a_pdf")));
    stage.stop().await;
}
