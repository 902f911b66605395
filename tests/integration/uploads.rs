//! Slides that a master uploads, through a server that is killed in the middle.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::decks::{begin, chunk, settled, slides};
use crate::stage::Stage;
use crate::turn;

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
