//! The web client, embedded in the binary. Release builds embed; debug builds read `web-client/dist` at run time.
//!
//! Addresses without a file behind them get the client's page: its own router shows what belongs there.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::ApiError;

#[derive(RustEmbed)]
#[folder = "web-client/dist"]
struct Client;

const PAGE: &str = "index.html";
/// Doors of the server: what is unknown below them is not a page.
const DOORS: [&str; 7] = ["api", "media", "whip", "whep", "ws", "livez", "readyz"];

/// Serves a file of the web client, or its page.
pub(super) async fn serve(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let door = request.uri().path().split('/').nth(1).unwrap_or("");
        let error = if DOORS.contains(&door) { ApiError::not_found() } else { ApiError::method_not_allowed() };
        return error.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if !is_plain(path) || DOORS.contains(&path.split('/').next().unwrap_or("")) {
        return ApiError::not_found().into_response();
    }
    let file = if path.is_empty() { PAGE } else { path };
    if let Some(response) = find(file, request.headers()) {
        return response;
    }
    // A missing script must not become a page; a page's address has no dot in its last part.
    if file.rsplit('/').next().is_some_and(|last| last.contains('.')) {
        return ApiError::not_found().into_response();
    }
    find(PAGE, request.headers()).unwrap_or_else(|| ApiError::not_found().into_response())
}

/// Whether a path is made of ordinary names only. Escapes are not decoded: no file of the client needs them, and
/// `%2e%2e`, backslashes and NUL end here.
pub(super) fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| {
        part != "."
            && part != ".."
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'@'))
    })
}

fn find(path: &str, headers: &HeaderMap) -> Option<Response> {
    let file = Client::get(path)?;
    let tag =
        file.metadata.sha256_hash().iter().take(16).fold(String::from("\""), |tag, byte| tag + &format!("{byte:02x}"))
            + "\"";
    // Vite puts a hash of the content into the names below assets/.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|given| given.trim().trim_start_matches("W/") == tag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mime = mime_guess::from_path(path).first_or_octet_stream();
        let mime = if mime.type_() == "text" { format!("{mime}; charset=utf-8") } else { mime.to_string() };
        Response::builder().header(header::CONTENT_TYPE, mime).body(Body::from(file.data.into_owned())).ok()?
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response.headers_mut().insert(header::ETAG, HeaderValue::try_from(tag).ok()?);
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn only_plain_paths() {
        for path in ["", "index.html", "assets/index-BxY1.js", "lessons/01J8/studio"] {
            assert!(is_plain(path), "{path}");
        }
        for path in ["../x", "a/../b", "%2e%2e/x", "a\\b", "a\0b", "a/./b", "..", "%00"] {
            assert!(!is_plain(path), "{path}");
        }
    }
}
