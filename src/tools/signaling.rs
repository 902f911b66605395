//! A signaling client: joins a lesson over its WebSocket and keeps the lesson as the server tells it.

use std::time::Duration;

use airclass_signaling::id::{ClassroomId, FloorRequestId};
use airclass_signaling::wire::{ClientMessage, FloorState, Role, ServerMessage, SlotKind, Snapshot, SourceView};
use futures_util::{SinkExt, StreamExt};
use reqwest::header::AUTHORIZATION;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::ToolError;
use super::lesson_view::{self, find, source};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection; it holds one seat once joined.
pub struct SignalingClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    view: Option<Snapshot>,
}

impl SignalingClient {
    /// Connects to `url` (`ws://…/ws/{lesson}`) with a bearer token; does not join yet.
    ///
    /// # Errors
    /// [`ToolError::Refused`] when the upgrade is refused, or what the network could not do.
    pub async fn connect(url: &str, token: &str) -> Result<Self, ToolError> {
        let mut request = url.into_client_request().map_err(Box::new)?;
        let bearer = format!("Bearer {token}").parse().map_err(|_| ToolError::Address("not a token".to_owned()))?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self { socket, view: None }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                let refusal: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
                let text = |key: &str| refusal[key].as_str().unwrap_or_default().to_owned();
                Err(ToolError::Refused {
                    status: response.status().as_u16(),
                    code: text("code"),
                    message: text("message"),
                })
            }
            Err(error) => Err(Box::new(error).into()),
        }
    }

    /// Connects and takes a seat; answers with the first snapshot in place.
    ///
    /// # Errors
    /// As [`Self::connect`]; [`ToolError::Frame`] when joining is refused.
    pub async fn join(url: &str, token: &str, role: Role, classroom: Option<ClassroomId>) -> Result<Self, ToolError> {
        let mut client = Self::connect(url, token).await?;
        client.send(&ClientMessage::Join { role, classroom }).await?;
        client.until("the first snapshot", |_| true).await?;
        Ok(client)
    }

    /// The lesson as far as this connection has been told.
    ///
    /// # Panics
    /// Before joining.
    #[must_use]
    pub fn view(&self) -> &Snapshot {
        self.view.as_ref().expect("joined")
    }

    /// Says something.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), ToolError> {
        let text = serde_json::to_string(message).map_err(|error| ToolError::Frame(error.to_string()))?;
        self.send_text(text).await
    }

    /// Sends any text, also one that is no message.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send_text(&mut self, text: String) -> Result<(), ToolError> {
        Ok(self.socket.send(Message::text(text)).await.map_err(Box::new)?)
    }

    /// Sends any frame.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send_frame(&mut self, frame: Message) -> Result<(), ToolError> {
        Ok(self.socket.send(frame).await.map_err(Box::new)?)
    }

    /// The next frame, already taken into [`Self::view`].
    ///
    /// # Errors
    /// [`ToolError::Gone`] at the end, [`ToolError::Frame`] for one outside the contract or a gap in the numbers.
    pub async fn next(&mut self) -> Result<ServerMessage, ToolError> {
        loop {
            let frame = match self.socket.next().await {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Err(Box::new(error).into()),
                None => return Err(ToolError::Gone("the signaling connection is closed")),
            };
            match frame {
                Message::Text(text) => {
                    let message: ServerMessage =
                        serde_json::from_str(&text).map_err(|error| ToolError::Frame(format!("{error}: {text}")))?;
                    self.take(&message)?;
                    return Ok(message);
                }
                Message::Close(_) => return Err(ToolError::Gone("the server closed the signaling connection")),
                _ => {}
            }
        }
    }

    /// Reads frames until the lesson looks as wanted.
    ///
    /// # Errors
    /// [`ToolError::Late`] naming `what`, [`ToolError::Frame`] when the server answers with an error, or its end.
    pub async fn until(&mut self, what: &'static str, wanted: impl Fn(&Snapshot) -> bool) -> Result<(), ToolError> {
        let wait = async {
            while !self.view.as_ref().is_some_and(&wanted) {
                match self.next().await? {
                    ServerMessage::Error { code, message } => {
                        return Err(ToolError::Frame(format!("{code:?}: {message}")));
                    }
                    ServerMessage::Bye { reason } => return Err(ToolError::Frame(format!("bye: {reason:?}"))),
                    _ => {}
                }
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or(Err(ToolError::Late(what)))
    }

    /// The next frame that tells no news of the lesson: an error, a pong or a farewell.
    ///
    /// # Errors
    /// [`ToolError::Late`], or the end of the connection.
    pub async fn reply(&mut self) -> Result<ServerMessage, ToolError> {
        let wait = async {
            loop {
                match self.next().await? {
                    ServerMessage::Delta { .. } | ServerMessage::Private { .. } | ServerMessage::Snapshot(_) => {}
                    ServerMessage::Lines { .. } | ServerMessage::Speaking { .. } | ServerMessage::Layers { .. } => {}
                    message => return Ok(message),
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or(Err(ToolError::Late("a reply")))
    }

    /// The newest request of a classroom in this state.
    #[must_use]
    pub fn request(&self, classroom: &ClassroomId, state: FloorState) -> Option<FloorRequestId> {
        find(self.view(), classroom, state).map(|request| request.id.clone())
    }

    /// What a slot shows.
    #[must_use]
    pub fn source(&self, kind: SlotKind, index: u8) -> Option<&SourceView> {
        source(self.view(), kind, index)
    }

    /// Says goodbye properly.
    pub async fn close(mut self) {
        let _ = self.socket.close(None).await;
    }

    fn take(&mut self, message: &ServerMessage) -> Result<(), ToolError> {
        match message {
            ServerMessage::Snapshot(snapshot) => self.view = Some((**snapshot).clone()),
            ServerMessage::Delta { stream, n, events } => {
                let Some(view) = &mut self.view else { return Err(ToolError::Frame("a delta before joining".into())) };
                lesson_view::hear(view, *stream, *n, events)?;
            }
            ServerMessage::Private { events } => {
                let Some(view) = &mut self.view else { return Err(ToolError::Frame("told before joining".into())) };
                events.iter().for_each(|event| lesson_view::learn(view, event));
            }
            _ => {}
        }
        Ok(())
    }
}
