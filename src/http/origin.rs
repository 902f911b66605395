//! Cross-site protection: a request that carries a cookie and changes something, or opens a socket, must come from a
//! page of this server.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

/// Whether the request may change something: an unsafe method, or a WebSocket upgrade.
pub(super) fn needs_check(parts: &Parts) -> bool {
    let upgrade = parts.headers.contains_key(header::UPGRADE) || parts.headers.contains_key("sec-websocket-key");
    upgrade || !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether the `Origin` is this server's own or one of the configured ones. A missing one is not: every browser sends
/// it with such requests, and tools send a bearer token instead of a cookie.
pub(super) fn is_own(parts: &Parts, secure: bool, configured: &[String]) -> bool {
    let Some(origin) = text(&parts.headers, header::ORIGIN) else { return false };
    if configured.iter().any(|own| own.trim_end_matches('/').eq_ignore_ascii_case(origin)) {
        return true;
    }
    let scheme = if secure { "https" } else { "http" };
    // HTTP/2 carries the host in the request target.
    let authority = parts.uri.authority().map(|authority| authority.as_str());
    let Some(host) = text(&parts.headers, header::HOST).or(authority) else { return false };
    origin
        .split_once("://")
        .is_some_and(|(given, rest)| given.eq_ignore_ascii_case(scheme) && rest.eq_ignore_ascii_case(host))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(method: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri("/api/session");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn origins() {
        let configured = ["https://school.example".to_owned()];
        for (origin, host, secure, own) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080", false, true),
            ("https://127.0.0.1:8080", "127.0.0.1:8080", false, false),
            ("https://10.0.0.5:8443", "10.0.0.5:8443", true, true),
            ("http://10.0.0.5:8443", "10.0.0.5:8443", true, false),
            ("https://evil.example", "10.0.0.5:8443", true, false),
            ("https://10.0.0.5:8443.evil.example", "10.0.0.5:8443", true, false),
            ("https://school.example", "10.0.0.5:8443", true, true),
            ("null", "10.0.0.5:8443", true, false),
        ] {
            let parts = parts("POST", &[("origin", origin), ("host", host)]);
            assert_eq!(is_own(&parts, secure, &configured), own, "{origin} at {host}");
        }
        assert!(!is_own(&parts("POST", &[("host", "a")]), false, &[]));
    }

    #[test]
    fn what_needs_a_check() {
        assert!(needs_check(&parts("POST", &[])));
        assert!(needs_check(&parts("DELETE", &[])));
        assert!(needs_check(&parts("GET", &[("upgrade", "websocket")])));
        assert!(!needs_check(&parts("GET", &[])));
    }
}
