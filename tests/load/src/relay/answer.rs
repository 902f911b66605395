//! A server's answer as a client behind the relay may see it.

use std::net::SocketAddr;

/// Replaces every candidate of a server's answer by one that points to `relay`, so that the client never learns the
/// server's own address.
#[must_use]
pub fn through(answer: &str, relay: SocketAddr) -> String {
    let mut seen = false;
    let mut out = String::with_capacity(answer.len());
    for line in answer.lines() {
        let line = line.trim_end();
        if line.starts_with("a=candidate:") {
            // One per media section is enough, and all media share one flow.
            if !seen {
                let (ip, port) = (relay.ip(), relay.port());
                out.push_str(&format!("a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\n"));
                seen = true;
            }
            continue;
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_leads_through_the_relay() {
        let answer = "v=0\r\nm=audio 9 x\r\na=candidate:1 1 udp 1 192.0.2.1 8443 typ host\r\na=end-of-candidates\r\n\
                      m=video 9 x\r\na=candidate:1 1 udp 1 192.0.2.1 8443 typ host\r\n";
        let changed = through(answer, "127.0.0.1:9".parse().unwrap());
        assert!(!changed.contains("192.0.2.1"));
        assert_eq!(changed.matches("a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n").count(), 1);
        assert!(changed.contains("a=end-of-candidates\r\n"));
    }
}
