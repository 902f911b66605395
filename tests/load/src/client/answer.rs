//! What of an SDP answer a client needs.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};

use super::Credentials;

/// The server's side of a session.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Its ICE credentials.
    pub(crate) ice: Credentials,
    /// Its first UDP candidate.
    pub(crate) address: SocketAddr,
    /// Whether transport-wide feedback is agreed on.
    pub(crate) twcc: bool,
}

impl Answer {
    /// Reads an answer; all media share one transport.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let ufrag = value("a=ice-ufrag:").context("the answer has no ice-ufrag")?.to_owned();
        let pwd = value("a=ice-pwd:").context("the answer has no ice-pwd")?.to_owned();
        let address = text.lines().filter_map(|line| line.strip_prefix("a=candidate:")).find_map(candidate);
        Ok(Self {
            ice: Credentials { ufrag, pwd },
            address: address.context("the answer has no UDP candidate")?,
            twcc: text.lines().any(|line| line.starts_with("a=rtcp-fb:") && line.ends_with("transport-cc")),
        })
    }
}

/// `foundation component transport priority address port typ …` (RFC 8839 section 5.1).
fn candidate(value: &str) -> Option<SocketAddr> {
    let mut fields = value.split_whitespace().skip(2);
    let is_udp = fields.next()?.eq_ignore_ascii_case("udp");
    let ip = fields.nth(1)?.parse().ok()?;
    let port = fields.next()?.parse().ok()?;
    is_udp.then_some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_udp_candidate_counts() {
        let text = "v=0\r\na=candidate:1 1 tcp 9 10.0.0.1 9 typ host\r\na=candidate:1 1 udp 2130706431 127.0.0.1 43891 \
                    typ host\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=rtcp-fb:102 transport-cc\r\n";
        let answer = Answer::parse(text).unwrap();
        assert_eq!(answer.address.to_string(), "127.0.0.1:43891");
        assert_eq!((answer.ice.ufrag.as_str(), answer.ice.pwd.as_str(), answer.twcc), ("u", "p", true));
        assert!(Answer::parse("v=0\r\n").is_err());
    }
}
