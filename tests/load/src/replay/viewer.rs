//! One viewer: a kept-alive connection (HTTP/1.1, RFC 9112) that fetches files and throws them away.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::clock;

/// Longest head of a response.
const HEAD: usize = 16 * 1024;
/// Bytes read at once.
const READ: usize = 256 * 1024;
/// A fetch that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A file that came whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fetched {
    pub(crate) bytes: u64,
    /// From the request to the last byte.
    pub(crate) time: Duration,
}

/// One connection.
pub(crate) struct Viewer {
    socket: TcpStream,
    host: SocketAddr,
    token: Option<String>,
    buffer: Vec<u8>,
}

impl Viewer {
    /// Connects; `token` is shown with every request.
    pub(crate) async fn connect(host: SocketAddr, token: Option<String>) -> Result<Self> {
        let socket = timeout(PATIENCE, TcpStream::connect(host)).await??;
        socket.set_nodelay(true)?;
        Ok(Self { socket, host, token, buffer: vec![0; READ] })
    }

    /// Fetches and forgets.
    pub(crate) async fn fetch(&mut self, path: &str) -> Result<Fetched> {
        let begun = clock::now();
        let bytes = timeout(PATIENCE, self.get(path, None)).await.with_context(|| format!("{path} in time"))??;
        Ok(Fetched { bytes, time: clock::now().saturating_duration_since(begun) })
    }

    /// Fetches a text.
    pub(crate) async fn read(&mut self, path: &str) -> Result<String> {
        let mut body = Vec::new();
        timeout(PATIENCE, self.get(path, Some(&mut body))).await.with_context(|| format!("{path} in time"))??;
        Ok(String::from_utf8(body)?)
    }

    async fn get(&mut self, path: &str, mut keep: Option<&mut Vec<u8>>) -> Result<u64> {
        let proof = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{proof}\r\n", self.host);
        self.socket.write_all(request.as_bytes()).await?;
        let mut filled = 0;
        let head = loop {
            let read = self.socket.read(&mut self.buffer[filled..]).await?;
            ensure!(read > 0, "the server has closed the connection");
            filled += read;
            if let Some(at) = self.buffer[..filled].windows(4).position(|end| end == b"\r\n\r\n") {
                break at + 4;
            }
            ensure!(filled < HEAD, "the response has no end of head");
        };
        let length = length_of(&self.buffer[..head])?;
        if let Some(keep) = &mut keep {
            keep.extend_from_slice(&self.buffer[head..filled]);
        }
        let mut rest = length.checked_sub((filled - head) as u64).context("more than the announced length")?;
        while rest > 0 {
            let most = READ.min(usize::try_from(rest)?);
            let read = self.socket.read(&mut self.buffer[..most]).await?;
            ensure!(read > 0, "the server has closed the connection");
            if let Some(keep) = &mut keep {
                keep.extend_from_slice(&self.buffer[..read]);
            }
            rest -= read as u64;
        }
        Ok(length)
    }
}

/// The announced length of a response that is a success.
fn length_of(head: &[u8]) -> Result<u64> {
    let head = std::str::from_utf8(head)?;
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        bail!("{head}");
    }
    let length =
        lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Ok(length.context("a response without a length")?.1.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::length_of;

    #[test]
    fn a_success_says_how_long_it_is() {
        assert_eq!(length_of(b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-Length:  17\r\n\r\n").unwrap(), 17);
        assert!(length_of(b"HTTP/1.1 404 Not Found\r\ncontent-length: 17\r\n\r\n").is_err());
        assert!(length_of(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
