//! What an offer says, in this server's terms. [`Offer::parse`] is in `parse.rs`.

use std::fmt;

use crate::codec::{Codec, MediaKind};

use super::extension::{Extension, ExtensionIds};

/// The direction attribute of a media line, from the offerer's point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Sends and receives; the default when no attribute is there.
    #[default]
    SendRecv,
    /// Only sends.
    SendOnly,
    /// Only receives.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// Whether the offerer would send.
    pub fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    /// Whether the offerer would receive.
    pub fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }
}

/// `a=setup` of the offer (RFC 4145, RFC 8842).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// Takes either DTLS role.
    ActPass,
    /// Is the DTLS client.
    Active,
}

/// SHA-256 of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// The digest of the DER-encoded certificate.
    pub bytes: [u8; 32],
}

/// Upper-case hex with colons, as in `a=fingerprint:sha-256 ...`.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, byte) in self.bytes.iter().enumerate() {
            if n > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// An ICE user name fragment and its password (RFC 8445).
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    /// 4 to 256 ICE characters.
    pub ufrag: String,
    /// 22 to 256 ICE characters.
    pub pwd: String,
}

impl fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IceCredentials({})", self.ufrag)
    }
}

/// A parsed offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The offerer's ICE user name fragment.
    pub ice_ufrag: String,
    /// The offerer's ICE password.
    pub ice_pwd: String,
    /// The certificate the offerer's DTLS must show.
    pub fingerprint: Fingerprint,
    /// The DTLS roles the offerer takes.
    pub setup: Setup,
    /// The media lines, in order; answers keep the order.
    pub media: Vec<OfferedMedia>,
    /// The mids of `a=group:BUNDLE`; empty without one.
    pub bundle: Vec<String>,
    /// Whether the offerer understands `a=extmap-allow-mixed` for the session.
    pub extmap_allow_mixed: bool,
}

impl Offer {
    /// The offerer's ICE credentials.
    pub fn ice_credentials(&self) -> IceCredentials {
        IceCredentials { ufrag: self.ice_ufrag.clone(), pwd: self.ice_pwd.clone() }
    }
}

/// One m-line of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedMedia {
    /// `a=mid`; empty when the offer has a single group-less line without one.
    pub mid: String,
    /// Sound or picture; `None` for data channels and anything else, which answers reject.
    pub kind: Option<MediaKind>,
    /// The media, protocol and format words of the m-line, echoed when it is rejected.
    pub raw: (String, String, String),
    /// The offerer's direction.
    pub direction: Direction,
    /// Codecs this server relays, in the offerer's order of preference.
    pub codecs: Vec<OfferedCodec>,
    /// Header extensions this server understands, with the offerer's ids.
    pub extensions: Vec<(u8, Extension)>,
    /// `a=rid` lines, in the order of `a=simulcast` where there is one.
    pub rids: Vec<Rid>,
    /// SSRCs from `a=ssrc`, in order of appearance.
    pub ssrcs: Vec<u32>,
    /// `a=ssrc-group:FID` pairs: media SSRC, RTX SSRC.
    pub fid: Vec<(u32, u32)>,
    /// Whether the offer itself switches the line off with port 0 (and no bundle-only).
    pub rejected: bool,
    /// `a=rtcp-mux`.
    pub rtcp_mux: bool,
    /// `a=rtcp-rsize`.
    pub rtcp_rsize: bool,
}

impl OfferedMedia {
    /// The extension ids by name.
    pub fn extension_ids(&self) -> ExtensionIds {
        let mut ids = ExtensionIds::default();
        for &(id, extension) in &self.extensions {
            ids.set(extension, id);
        }
        ids
    }
}

/// One payload type of a media line, with its RTX twin folded in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedCodec {
    /// Payload type.
    pub pt: u8,
    /// The codec.
    pub codec: Codec,
    /// RTP clock rate in Hz.
    pub clock_rate: u32,
    /// Channels of the rtpmap; 1 for video.
    pub channels: u8,
    /// `a=fmtp` parameters, checked to be printable ASCII; empty without one.
    pub fmtp: String,
    /// Payload type of the RTX stream (RFC 4588) whose `apt` is this one.
    pub rtx_pt: Option<u8>,
    /// Payload type of `red/48000/2` whose frames are all of this one (RFC 2198); sound only.
    pub red_pt: Option<u8>,
    /// `a=rtcp-fb` nack.
    pub nack: bool,
    /// `a=rtcp-fb` nack pli.
    pub pli: bool,
    /// `a=rtcp-fb` ccm fir.
    pub fir: bool,
    /// `a=rtcp-fb` transport-cc.
    pub twcc: bool,
    /// `a=rtcp-fb` goog-remb.
    pub remb: bool,
}

impl OfferedCodec {
    /// The value of an fmtp parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.fmtp.split(';').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// H.264 in packetization mode 1 (RFC 6184): NAL units may be fragmented.
    pub fn is_packetization_mode_1(&self) -> bool {
        self.codec == Codec::H264 && self.parameter("packetization-mode") == Some("1")
    }

    /// H.264 constrained baseline: profile_idc 42 with constraint_set1, the one every decoder has.
    pub fn is_constrained_baseline(&self) -> bool {
        let Some(id) = self.parameter("profile-level-id") else {
            return self.codec == Codec::H264;
        };
        let Some(id) = (id.len() == 6).then(|| u32::from_str_radix(id, 16).ok()).flatten() else {
            return false;
        };
        self.codec == Codec::H264 && id >> 16 == 0x42 && id >> 8 & 0x40 != 0
    }
}

/// Which way a rid's stream goes, from the offerer's point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RidDirection {
    /// The offerer sends it.
    Send,
    /// The offerer receives it.
    Recv,
}

/// An `a=rid` line (RFC 8851).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rid {
    /// 1 to 16 letters, digits, `-` or `_`.
    pub id: String,
    /// Which way it goes.
    pub direction: RidDirection,
    /// Marked `~` in `a=simulcast` (RFC 8853): not sent at first.
    pub paused: bool,
}
