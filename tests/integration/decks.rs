//! Slides of a test's own, uploaded the way a master's are.

use std::fmt::Write as _;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Person, Reply};

/// A PDF of two pages, made long by a stream nobody shows.
pub(crate) fn slides(bytes: usize) -> Vec<u8> {
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

pub(crate) async fn begin(person: &Person, lesson: &str, bytes: usize) -> String {
    let announced = json!({ "kind": "deck", "name": "浮力.pdf", "bytes": bytes });
    let begun = person.post(&format!("/api/lessons/{lesson}/uploads"), announced).await.expect(201).json();
    begun["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn chunk(person: &Person, id: &str, offset: usize, bytes: &[u8]) -> Reply {
    let request = person.request(Method::PATCH, &format!("/api/uploads/{id}"));
    Reply::of(request.header("upload-offset", offset).body(bytes.to_vec())).await
}

pub(crate) async fn settled(person: &Person, id: &str) -> Value {
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

/// A lesson's deck of two pages; its id.
pub(crate) async fn prepare(person: &Person, lesson: &str) -> String {
    let file = slides(100);
    let id = begin(person, lesson, file.len()).await;
    chunk(person, &id, 0, &file).await.expect(200);
    assert_eq!(settled(person, &id).await["state"], "ready");
    id
}
