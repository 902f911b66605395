//! Bad signaling frames: a typed error and the connection kept, unless it goes too far.

use std::time::Duration;

use airclass::tools::ToolError;
use airclass::tools::signaling::SignalingClient;
use airclass_signaling::wire::{ByeReason, ClientMessage, ErrorCode, Role, ServerMessage};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::bad_requests::Watched;
use crate::turn;

async fn error(client: &mut SignalingClient) -> ErrorCode {
    match client.reply().await.expect("the connection is kept") {
        ServerMessage::Error { code, message } => {
            assert!(!message.is_empty());
            code
        }
        other => panic!("{other:?}"),
    }
}

/// Reads until the end; the farewell, if there was one.
async fn farewell(client: &mut SignalingClient) -> Option<ByeReason> {
    let end = async {
        let mut said = None;
        loop {
            match client.next().await {
                Ok(ServerMessage::Bye { reason }) => said = Some(reason),
                Ok(_) => {}
                Err(ToolError::Frame(text)) => panic!("{text}"),
                Err(_) => return said,
            }
        }
    };
    timeout(Duration::from_secs(10), end).await.expect("the connection is closed")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_frames_get_typed_errors() {
    let _turn = turn::light().await;
    let watched = Watched::begin().await;
    let stage = &watched.stage;
    let token = stage.classroom_token(1).await;
    let mut client = SignalingClient::connect(&stage.ws(), &token).await.unwrap();
    client.send(&ClientMessage::RaiseHand).await.unwrap();
    assert_eq!(error(&mut client).await, ErrorCode::NotJoined);
    client.send(&ClientMessage::Join { role: Role::Master, classroom: None }).await.unwrap();
    assert_eq!(error(&mut client).await, ErrorCode::Forbidden, "the token decides, not the client's word");
    let join = ClientMessage::Join { role: Role::Classroom, classroom: Some(stage.classrooms[1].clone()) };
    client.send(&join).await.unwrap();
    client.until("the snapshot", |_| true).await.unwrap();
    client.send(&join).await.unwrap();
    assert_eq!(error(&mut client).await, ErrorCode::AlreadyJoined);
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    for (frame, code) in [
        ("hello", ErrorCode::BadMessage),
        (deep.as_str(), ErrorCode::BadMessage),
        (r#"{"type":"fly"}"#, ErrorCode::UnknownType),
        (r#"{"type":"grant_floor","request":null}"#, ErrorCode::BadMessage),
        (r#"{"type":"ping","n":"one"}"#, ErrorCode::BadMessage),
    ] {
        client.send_text(frame.to_owned()).await.unwrap();
        assert_eq!(error(&mut client).await, code, "{frame}");
    }
    // Still there.
    client.send(&ClientMessage::Ping { n: 7 }).await.unwrap();
    assert!(matches!(client.reply().await.unwrap(), ServerMessage::Pong { n: 7, .. }));
    // The tenth error within a minute was one too many.
    for _ in 0..4 {
        let _ = client.send_text("hello".to_owned()).await;
    }
    assert_eq!(farewell(&mut client).await, Some(ByeReason::TooManyErrors));
    watched.nobody_noticed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oversized_frames_and_floods_close_only_their_own_connection() {
    let _turn = turn::light().await;
    let watched = Watched::begin().await;
    let stage = &watched.stage;
    let mut bystander = stage.seat(Role::Observer, None).await;
    let mut large = stage.seat(Role::Classroom, Some(1)).await;
    // The server may close before it has read everything.
    let _ = large.send_text(format!(r#"{{"type":"ping","n":1,"x":"{}"}}"#, "x".repeat(70_000))).await;
    let said = farewell(&mut large).await;
    assert!(matches!(said, None | Some(ByeReason::TooManyErrors)), "{said:?}");
    let mut flood = stage.seat(Role::Classroom, Some(1)).await;
    for n in 0..200 {
        if flood.send(&ClientMessage::Ping { n }).await.is_err() {
            break;
        }
    }
    assert_eq!(farewell(&mut flood).await, Some(ByeReason::TooManyErrors));
    let mut binary = stage.seat(Role::Classroom, Some(1)).await;
    binary.send_frame(Message::binary(vec![0xff; 100])).await.unwrap();
    assert_eq!(error(&mut binary).await, ErrorCode::BadMessage);
    bystander.send(&ClientMessage::Ping { n: 1 }).await.unwrap();
    assert!(matches!(bystander.reply().await.unwrap(), ServerMessage::Pong { n: 1, .. }));
    watched.nobody_noticed().await;
}
