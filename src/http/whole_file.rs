//! A file as a response, from its first byte to its last.
//!
//! Opening, looking and the first read are one visit to the threads that may wait for a disk: playlists and most
//! segments of sound need no second. Ranges and conditions are `tower-http`'s.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use futures_util::stream;
use mime_guess::Mime;
use tokio::task::spawn_blocking;

use super::ApiError;

/// Bytes of one read; a connection holds one of them.
const CHUNK: u64 = 256 * 1024;

/// Whether a request asks for the whole file, whatever the client has already.
pub(super) fn is_wanted(method: &Method, headers: &HeaderMap) -> bool {
    let conditions = [
        header::RANGE,
        header::IF_RANGE,
        header::IF_MODIFIED_SINCE,
        header::IF_UNMODIFIED_SINCE,
        header::IF_NONE_MATCH,
        header::IF_MATCH,
    ];
    method == Method::GET && !conditions.iter().any(|name| headers.contains_key(name))
}

/// An opened file and what it begins with.
struct Opened {
    file: File,
    first: Bytes,
    len: u64,
    modified: Option<SystemTime>,
}

/// The file at `path`.
pub(super) async fn response(path: PathBuf, mime: &Mime) -> Result<Response, ApiError> {
    let opened = match spawn_blocking(move || open(path)).await.map_err(ApiError::internal)? {
        Ok(opened) => opened,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Err(ApiError::not_found());
        }
        Err(error) => return Err(ApiError::internal(error)),
    };
    let Opened { file, first, len, modified } = opened;
    let body = if first.len() as u64 == len { Body::from(first) } else { rest(file, first, len) };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(len));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(mime.as_ref()).map_err(ApiError::internal)?);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(date) = modified.and_then(|time| HeaderValue::from_str(&httpdate::fmt_http_date(time)).ok()) {
        headers.insert(header::LAST_MODIFIED, date);
    }
    Ok(response)
}

fn open(path: PathBuf) -> io::Result<Opened> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(ErrorKind::NotFound.into());
    }
    let len = metadata.len();
    let first = read(&file, 0, len)?;
    Ok(Opened { file, first, len, modified: metadata.modified().ok() })
}

/// The next chunk of a file that has been read up to `at` and is `len` long.
fn read(mut file: &File, at: u64, len: u64) -> io::Result<Bytes> {
    let due = CHUNK.min(len - at);
    let mut chunk = Vec::with_capacity(usize::try_from(due).unwrap_or(0));
    if file.by_ref().take(due).read_to_end(&mut chunk)? as u64 != due {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(chunk.into())
}

/// `first`, then chunk by chunk what follows. A file that has become shorter ends the connection: its length has been
/// announced.
fn rest(file: File, first: Bytes, len: u64) -> Body {
    let file = Arc::new(file);
    let chunks = stream::unfold((0, Some(first)), move |(at, ready)| {
        let file = Arc::clone(&file);
        async move {
            let chunk = match ready {
                Some(chunk) => Ok(chunk),
                None if at >= len => return None,
                None => spawn_blocking(move || read(&file, at, len)).await.map_err(io::Error::other).flatten(),
            };
            // After an error nothing more is asked for.
            let next = chunk.as_ref().map_or(len, |chunk| at + chunk.len() as u64);
            Some((chunk, (next, None)))
        }
    });
    Body::from_stream(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body_of(len: usize) -> (Response<()>, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.m4s");
        let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let (parts, body) = response(path, &"video/mp4".parse().unwrap()).await.unwrap().into_parts();
        let came = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        assert_eq!(came, bytes, "{len} bytes");
        (Response::from_parts(parts, ()), came)
    }

    #[tokio::test]
    async fn files_of_any_length_come_whole() {
        let chunk = CHUNK as usize;
        for len in [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk + 7] {
            let (response, _) = body_of(len).await;
            assert_eq!(response.headers()[header::CONTENT_LENGTH], len.to_string());
            assert_eq!(response.headers()[header::CONTENT_TYPE], "video/mp4");
            assert!(response.headers().contains_key(header::LAST_MODIFIED));
        }
    }

    #[tokio::test]
    async fn what_is_no_file_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "x").unwrap();
        for path in ["missing", "file/below", "."] {
            let error = response(folder.path().join(path), &"video/mp4".parse().unwrap()).await.unwrap_err();
            assert_eq!(axum::response::IntoResponse::into_response(error).status(), 404, "{path}");
        }
    }

    #[test]
    fn ranges_and_conditions_are_for_others() {
        let mut headers = HeaderMap::new();
        assert!(is_wanted(&Method::GET, &headers) && !is_wanted(&Method::HEAD, &headers));
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        assert!(!is_wanted(&Method::GET, &headers));
    }
}
