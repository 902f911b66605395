//! A seat whose screen is operated.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a frame may take that has to come.
const PATIENCE: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A seat that says things and reads the answers when asked to.
pub(crate) struct Speaker {
    socket: Socket,
    /// Of the text frames read so far.
    pub(crate) bytes: u64,
}

impl Speaker {
    /// Connects, joins and waits for the snapshot.
    pub(crate) async fn take(url: &str, token: &str, role: &str, classroom: Option<&str>) -> Result<Self> {
        let mut request = url.into_client_request()?;
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse()?);
        let (socket, _) = connect_async(request).await.context("the signaling socket")?;
        let mut speaker = Self { socket, bytes: 0 };
        speaker.say(&json!({ "type": "join", "role": role, "classroom": classroom })).await?;
        speaker.until(|frame| (frame["type"] == "snapshot").then_some(())).await?;
        Ok(speaker)
    }

    /// Says something.
    pub(crate) async fn say(&mut self, message: &Value) -> Result<()> {
        Ok(self.socket.send(Message::text(message.to_string())).await?)
    }

    /// Reads what has come, for as long as it takes.
    pub(crate) async fn read_for(&mut self, time: Duration) {
        let read = self.until(|_| None::<()>);
        let _ = tokio::time::timeout(time, read).await;
    }

    /// Reads on until a frame gives an answer.
    pub(crate) async fn until<T>(&mut self, mut answer: impl FnMut(&Value) -> Option<T>) -> Result<T> {
        let wait = async {
            while let Some(frame) = self.socket.next().await {
                let Message::Text(text) = frame? else { continue };
                self.bytes += text.len() as u64;
                let frame: Value = serde_json::from_str(&text)?;
                if frame["type"] == "error" {
                    bail!("refused: {frame}");
                }
                if let Some(answer) = answer(&frame) {
                    return Ok(answer);
                }
            }
            bail!("the signaling socket was closed");
        };
        tokio::time::timeout(PATIENCE, wait).await.context("no such frame")?
    }
}
