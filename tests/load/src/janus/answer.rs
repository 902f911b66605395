//! Answering Janus's offer as an ICE-lite receiver.

use std::net::SocketAddr;

use crate::client::{Credentials, Identity};

/// Lines of an offered section that an answer repeats.
const REPEATED: [&str; 5] = ["a=mid:", "a=rtcp-mux", "a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"];

/// The answer to `offer` of a receiver at `local`.
pub(crate) fn answer(offer: &str, identity: &Identity, ice: &Credentials, local: SocketAddr) -> String {
    let mut lines: Vec<String> =
        ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"].map(str::to_owned).to_vec();
    let mut in_media = false;
    for line in offer.lines().map(str::trim_end) {
        if line.starts_with("m=") {
            in_media = true;
            lines.push(line.to_owned());
            lines.push(format!("c=IN IP4 {}", local.ip()));
            lines.push(format!("a=ice-ufrag:{}", ice.ufrag));
            lines.push(format!("a=ice-pwd:{}", ice.pwd));
            lines.push(format!("a=fingerprint:sha-256 {}", identity.fingerprint()));
            lines.push("a=setup:active".to_owned());
            lines.push("a=recvonly".to_owned());
            lines.push(format!("a=candidate:1 1 udp 2130706431 {} {} typ host", local.ip(), local.port()));
            continue;
        }
        let bundle = !in_media && line.starts_with("a=group:BUNDLE");
        let repeated = in_media && REPEATED.iter().any(|start| line.starts_with(start));
        if bundle || (repeated && !line.ends_with("transport-cc")) {
            lines.push(line.to_owned());
        }
    }
    lines.join("\r\n") + "\r\n"
}
