//! How a seat comes in: TCP, the upgrade (RFC 6455 section 4.1), `join`, and the snapshot.

use std::net::{SocketAddr, TcpStream as StdStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::ReceiveTimestampns;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::frame::{Kind, parse, text};

/// How long one may take to sit down.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where seats are taken.
#[derive(Debug, Clone)]
pub(crate) struct Entrance {
    pub(crate) http: SocketAddr,
    pub(crate) lesson: String,
    /// A token of whoever may sit there.
    pub(crate) token: String,
    pub(crate) role: &'static str,
    /// For classrooms and their assistants.
    pub(crate) classroom: Option<String>,
}

/// A seat that was taken: its socket, and what has been read of the frames after the snapshot.
pub(crate) struct Seated {
    pub(crate) socket: StdStream,
    pub(crate) rest: Vec<u8>,
    pub(crate) snapshot_bytes: usize,
}

impl Entrance {
    /// Sits down.
    pub(crate) async fn sit_down(&self) -> Result<Seated> {
        tokio::time::timeout(PATIENCE, self.walk_in()).await.context("no seat in time")?
    }

    async fn walk_in(&self) -> Result<Seated> {
        let mut socket = TcpStream::connect(self.http).await.context("the signaling socket")?;
        let Self { http, lesson, token, role, classroom } = self;
        let request = format!(
            "GET /ws/{lesson} HTTP/1.1\r\nHost: {http}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::with_capacity(4096);
        let head = loop {
            if let Some(at) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
                break at + 4;
            }
            read(&mut socket, &mut bytes).await?;
        };
        if !bytes.starts_with(b"HTTP/1.1 101") {
            bail!("no upgrade: {}", String::from_utf8_lossy(&bytes));
        }
        bytes.drain(..head);
        socket.write_all(&text(&json!({ "type": "join", "role": role, "classroom": classroom }).to_string())).await?;
        let snapshot_bytes = loop {
            let Some(frame) = parse(&bytes).ok().context("no WebSocket frame")? else {
                read(&mut socket, &mut bytes).await?;
                continue;
            };
            let (len, size) = (frame.len, frame.payload.len());
            let message: Value = match frame.kind {
                Kind::Text => serde_json::from_slice(frame.payload)?,
                _ => Value::Null,
            };
            bytes.drain(..len);
            match message["type"].as_str() {
                Some("snapshot") => break size,
                Some("error" | "bye") => bail!("refused: {message}"),
                _ => {}
            }
        };
        let socket = socket.into_std()?;
        setsockopt(&socket, ReceiveTimestampns, &true)?;
        Ok(Seated { socket, rest: bytes, snapshot_bytes })
    }
}

async fn read(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<()> {
    if socket.read_buf(bytes).await? == 0 {
        bail!("the server has closed the signaling socket");
    }
    Ok(())
}
