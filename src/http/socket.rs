//! `GET /ws/{lesson}`: the signaling socket. Frames are checked here, decided in the lesson's task, and written from a
//! bounded queue, so that a client that does not read holds up nobody.

use std::time::Duration;

use airclass_signaling::decode::decode;
use airclass_signaling::id::LessonId;
use airclass_signaling::limits::{FRAME_BYTES_MAX, Verdict};
use airclass_signaling::wire::{ByeReason, ServerMessage};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{Instant, interval_at, timeout};

use super::caller::Caller;
use super::{ApiError, Shared, lessons};
use crate::conductor::{Connection, Outbox, Outgoing, Visit};
use crate::rights::{self, Action, LessonFacts};
use crate::{clock, redact};

/// A ping goes out this often.
const PING_EVERY: Duration = Duration::from_secs(15);
/// A connection that says nothing for so long, not even pong, is gone.
const IDLE: Duration = Duration::from_secs(45);
/// A frame the client does not take within this time makes it too slow; a long one has as much longer as a line of
/// 128 kbit/s needs for it.
const STUCK: Duration = Duration::from_secs(5);
const SLOW_LINE_BYTES_PER_MS: u64 = 16;
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// Longest name a page may give itself.
const PAGE_BYTES: usize = 64;
/// First size of a connection's read buffer, bytes; it grows for a frame that is longer. What clients say is short, and
/// the library's own 128 KiB would be most of what a seat costs.
const READ_BUFFER: usize = 1024;
/// Bytes that gather before they are written without being asked to: the frames of one burst leave in one call.
const WRITE_BUFFER: usize = 16 * 1024;

/// Opens the socket for whoever may see the lesson; which seat it takes is said by `join`.
pub(super) async fn upgrade(
    State(state): State<Shared>,
    caller: Caller,
    Path(lesson): Path<String>,
    RawQuery(query): RawQuery,
    socket: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let row = lessons::allowed(&state, &caller, &lesson, &Action::SeeLesson).await?;
    let places = rights::places(&caller.actor, &LessonFacts::from(&row));
    let conductor = state.conductors.get(&LessonId::new(lesson)).await?;
    let page = page(query.as_deref());
    let socket = socket
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER);
    Ok(socket.on_upgrade(move |socket| async move {
        let outbox = Outbox::new();
        let Caller { actor, hash: session } = caller;
        let visit = Visit { actor, session, page, places, outbox: outbox.clone() };
        let Ok(connection) = conductor.connect(visit).await else { return };
        let (sink, stream) = socket.split();
        let writer = tokio::spawn(write(sink, outbox.clone()));
        read(stream, &connection, &outbox).await;
        connection.disconnected().await;
        outbox.finish();
        let _ = writer.await;
    }))
}

/// What the page calls itself (`?page=`); anything but a short word is ignored.
fn page(query: Option<&str>) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    let (_, page) = pairs.find(|(key, _)| key == "page")?;
    let is_word = (1..=PAGE_BYTES).contains(&page.len()) && page.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_word.then(|| page.into_owned())
}

async fn read(mut stream: SplitStream<WebSocket>, connection: &Connection, outbox: &Outbox) {
    loop {
        let next = tokio::select! {
            next = timeout(IDLE, stream.next()) => next,
            () = outbox.closed() => return,
        };
        let text = match next {
            Ok(Some(Ok(Message::Text(text)))) => text,
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => continue,
            Ok(Some(Ok(Message::Binary(bytes)))) => {
                // Taken out of the match: its scrutinee would hold the lock that `refuse` takes.
                let verdict = outbox.limits().frame(bytes.len(), clock::utc_ms());
                match verdict {
                    Verdict::Close(reason) => return outbox.close(reason),
                    _ => refuse(outbox, airclass_signaling::wire::ErrorCode::BadMessage, "text frames only"),
                }
                continue;
            }
            // An oversized frame is an error of the stream: it can't be read past.
            Ok(Some(Err(error))) => {
                if error.to_string().contains("too long") || error.to_string().contains("too large") {
                    outbox.close(ByeReason::TooManyErrors);
                }
                return;
            }
            Ok(Some(Ok(Message::Close(_))) | None) | Err(_) => return,
        };
        let verdict = outbox.limits().frame(text.len(), clock::utc_ms());
        match verdict {
            Verdict::Pass => {}
            Verdict::Refuse(code) => {
                outbox.say(&ServerMessage::Error { code, message: "too many messages".to_owned() });
                continue;
            }
            Verdict::Close(reason) => return outbox.close(reason),
        }
        match decode(&text) {
            Ok(mut message) => {
                redact::message(&mut message);
                if !connection.message(message).await {
                    return;
                }
            }
            Err(error) => refuse(outbox, error.code, &error.message),
        }
    }
}

fn refuse(outbox: &Outbox, code: airclass_signaling::wire::ErrorCode, message: &str) {
    outbox.say(&ServerMessage::Error { code, message: message.to_owned() });
    let verdict = outbox.limits().error(clock::utc_ms());
    if let Verdict::Close(reason) = verdict {
        outbox.close(reason);
    }
}

async fn write(mut sink: SplitSink<WebSocket, Message>, outbox: Outbox) {
    let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    loop {
        let outgoing = tokio::select! {
            outgoing = outbox.next() => outgoing,
            _ = ping.tick() => Outgoing::Ping,
        };
        let written = match outgoing {
            Outgoing::Frame(text) => timeout(patience(&text), burst(&mut sink, text, &outbox)).await,
            Outgoing::Ping => timeout(STUCK, sink.send(Message::Ping(axum::body::Bytes::new()))).await,
            Outgoing::Bye(bye) => {
                let frame = CloseFrame { code: close_code::NORMAL, reason: "bye".into() };
                let _ = timeout(FAREWELL, async {
                    let _ = sink.send(Message::Text(bye)).await;
                    let _ = sink.send(Message::Close(Some(frame))).await;
                })
                .await;
                return;
            }
            Outgoing::Finished => {
                let _ = timeout(FAREWELL, sink.close()).await;
                return;
            }
        };
        match written {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return outbox.close(ByeReason::TooSlow),
            Err(_) => outbox.close(ByeReason::TooSlow),
        }
    }
}

fn patience(frame: &Utf8Bytes) -> Duration {
    STUCK + Duration::from_millis(frame.len() as u64 / SLOW_LINE_BYTES_PER_MS)
}

/// Writes a frame and those that wait behind it.
async fn burst(sink: &mut SplitSink<WebSocket, Message>, first: Utf8Bytes, outbox: &Outbox) -> Result<(), axum::Error> {
    sink.feed(Message::Text(first)).await?;
    while let Some(next) = outbox.take_frame() {
        sink.feed(Message::Text(next)).await?;
    }
    sink.flush().await
}
