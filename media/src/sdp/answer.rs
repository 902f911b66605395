//! What both kinds of answer share: this end's description and the writing of lines.

use std::fmt::{self, Write as _};
use std::net::SocketAddr;

use super::extension::{Extension, ExtensionIds};
use super::offer::{Fingerprint, Offer, OfferedCodec, OfferedMedia};

/// A host candidate over UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The address peers send to.
    pub addr: SocketAddr,
    /// Rank among this server's candidates, 0 is the best; becomes the local preference.
    pub rank: u16,
}

/// The value of `a=candidate` (RFC 8839 section 5.1), priority after RFC 8445 section 5.1.2.1.
impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let priority = 126_u32 << 24 | u32::from(u16::MAX - self.rank) << 8 | 255;
        let (ip, port) = (self.addr.ip(), self.addr.port());
        write!(f, "candidate:{} 1 udp {priority} {ip} {port} typ host", u32::from(self.rank) + 1)
    }
}

/// What this end says about itself.
#[derive(Debug, Clone)]
pub struct LocalDescription {
    /// ICE user name fragment.
    pub ice_ufrag: String,
    /// ICE password.
    pub ice_pwd: String,
    /// This server's certificate.
    pub fingerprint: Fingerprint,
    /// Where it can be reached, best first.
    pub candidates: Vec<SocketAddr>,
    /// Numeric session id of the `o=` line.
    pub session_id: u64,
}

impl LocalDescription {
    pub(super) fn candidates(&self) -> impl Iterator<Item = Candidate> + '_ {
        self.candidates.iter().enumerate().map(|(rank, &addr)| Candidate { addr, rank: rank as u16 })
    }
}

/// Writes an answer line by line, with CRLF ends.
pub(super) struct Writer {
    text: String,
}

impl Writer {
    /// Starts an answer with its session part. `bundle` are the mids that are taken.
    pub(super) fn session(offer: &Offer, local: &LocalDescription, bundle: &[&str]) -> Writer {
        let mut writer = Writer { text: String::with_capacity(4096) };
        writer.line("v=0");
        writer.line(format_args!("o=- {} 2 IN IP4 0.0.0.0", local.session_id & (u64::MAX >> 1)));
        writer.line("s=-");
        writer.line("t=0 0");
        if !offer.bundle.is_empty() && !bundle.is_empty() {
            writer.line(format_args!("a=group:BUNDLE {}", bundle.join(" ")));
        }
        if offer.extmap_allow_mixed {
            writer.line("a=extmap-allow-mixed");
        }
        writer.line("a=ice-lite");
        writer.line("a=msid-semantic: WMS *");
        writer
    }

    pub(super) fn line(&mut self, line: impl fmt::Display) {
        write!(self.text, "{line}\r\n").expect("writing to a String cannot fail");
    }

    /// A rejected m-line: port 0 and nothing but its mid (RFC 3264 section 6).
    pub(super) fn rejected(&mut self, media: &OfferedMedia) {
        let (kind, proto, formats) = &media.raw;
        self.line(format_args!("m={kind} 0 {proto} {formats}"));
        self.line("c=IN IP4 0.0.0.0");
        if !media.mid.is_empty() {
            self.line(format_args!("a=mid:{}", media.mid));
        }
        self.line("a=inactive");
    }

    /// The head of a taken m-line up to the ICE and DTLS attributes. With bundling, candidates stand in the
    /// first taken line only.
    pub(super) fn media(&mut self, media: &OfferedMedia, local: &LocalDescription, payload_types: &[u8], first: bool) {
        let (kind, proto, _) = &media.raw;
        let formats: Vec<String> = payload_types.iter().map(u8::to_string).collect();
        self.line(format_args!("m={kind} 9 {proto} {}", formats.join(" ")));
        self.line("c=IN IP4 0.0.0.0");
        self.line("a=rtcp:9 IN IP4 0.0.0.0");
        if first {
            for candidate in local.candidates() {
                self.line(format_args!("a={candidate}"));
            }
            self.line("a=end-of-candidates");
        }
        self.line(format_args!("a=ice-ufrag:{}", local.ice_ufrag));
        self.line(format_args!("a=ice-pwd:{}", local.ice_pwd));
        self.line(format_args!("a=fingerprint:sha-256 {}", local.fingerprint));
        self.line("a=setup:passive");
        if !media.mid.is_empty() {
            self.line(format_args!("a=mid:{}", media.mid));
        }
    }

    pub(super) fn extensions(&mut self, ids: &ExtensionIds) {
        for extension in Extension::ALL {
            if let Some(id) = ids.get(extension) {
                self.line(format_args!("a=extmap:{id} {}", extension.uri()));
            }
        }
    }

    /// `a=rtpmap`, `a=rtcp-fb` and `a=fmtp` of a payload type, its RTX and its RED twin. Feedback mirrors the offer.
    pub(super) fn codec(&mut self, codec: &OfferedCodec, fmtp: &str) {
        let pt = codec.pt;
        let channels = if codec.channels > 1 { format!("/{}", codec.channels) } else { String::new() };
        self.line(format_args!("a=rtpmap:{pt} {}/{}{channels}", codec.codec.name(), codec.clock_rate));
        for (offered, feedback) in [
            (codec.remb, "goog-remb"),
            (codec.twcc, "transport-cc"),
            (codec.fir, "ccm fir"),
            (codec.nack, "nack"),
            (codec.pli, "nack pli"),
        ] {
            if offered {
                self.line(format_args!("a=rtcp-fb:{pt} {feedback}"));
            }
        }
        if !fmtp.is_empty() {
            self.line(format_args!("a=fmtp:{pt} {fmtp}"));
        }
        if let Some(rtx) = codec.rtx_pt {
            self.line(format_args!("a=rtpmap:{rtx} rtx/{}", codec.clock_rate));
            self.line(format_args!("a=fmtp:{rtx} apt={pt}"));
        }
        if let Some(red) = codec.red_pt {
            self.line(format_args!("a=rtpmap:{red} red/{}{channels}", codec.clock_rate));
            self.line(format_args!("a=fmtp:{red} {pt}/{pt}"));
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}
