//! Trickle ICE fragments, `application/trickle-ice-sdpfrag` (RFC 8840, RFC 9725 section 4.3).
//!
//! An ICE-lite server needs no candidates of its peer: the peer's checks show where it is. What matters in a
//! fragment is whether it carries new credentials, which is an ICE restart.

use crate::codec::MediaKind;

use super::answer::LocalDescription;
use super::error::SdpError;
use super::lines::{is_ice, is_token, split};
use super::offer::IceCredentials;

/// Most candidates of a fragment.
const MAX_CANDIDATES: usize = 256;

/// What a peer's fragment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The peer's credentials; a restart when they differ from the known ones.
    pub ice: Option<IceCredentials>,
    /// Mids the fragment speaks of.
    pub mids: Vec<String>,
    /// How many candidates it lists.
    pub candidate_count: usize,
    /// Whether the peer has no more candidates.
    pub end_of_candidates: bool,
}

impl Fragment {
    /// Parses a fragment.
    ///
    /// # Errors
    /// [`SdpError::Bad`] when the text breaks a limit or its credentials are not usable.
    pub fn parse(text: &str) -> Result<Fragment, SdpError> {
        let (session, media) = split(text, true)?;
        let mut fragment = Fragment { ice: None, mids: Vec::new(), candidate_count: 0, end_of_candidates: false };
        for section in std::iter::once(&session).chain(&media) {
            match (section.get("ice-ufrag"), section.get("ice-pwd")) {
                (None, None) => {}
                (Some(ufrag), Some(pwd)) if is_ice(ufrag, 4) && is_ice(pwd, 22) => {
                    let ice = IceCredentials { ufrag: ufrag.to_owned(), pwd: pwd.to_owned() };
                    if fragment.ice.as_ref().is_some_and(|known| *known != ice) {
                        return Err(SdpError::Bad("the media lines differ in their ice-ufrag"));
                    }
                    fragment.ice = Some(ice);
                }
                _ => return Err(SdpError::Bad("no usable ice-ufrag and ice-pwd")),
            }
            if let Some(mid) = section.get("mid") {
                if !is_token(mid, 32) {
                    return Err(SdpError::Bad("a malformed mid"));
                }
                fragment.mids.push(mid.to_owned());
            }
            fragment.candidate_count += section.all("candidate").count();
            fragment.end_of_candidates |= section.has("end-of-candidates");
        }
        if fragment.candidate_count > MAX_CANDIDATES {
            return Err(SdpError::Bad("more than 256 candidates"));
        }
        Ok(fragment)
    }
}

/// The answer to an ICE restart: this end's new credentials and its candidates (RFC 9725 section 4.3.3).
///
/// `mids` are the bundled mids, the first one first; `kind` is the kind of that first line.
pub fn build_restart(local: &LocalDescription, mids: &[&str], kind: MediaKind) -> String {
    let mut text = String::from("a=ice-lite\r\n");
    if !mids.is_empty() {
        text += &format!("a=group:BUNDLE {}\r\n", mids.join(" "));
    }
    // RFC 8840 section 4.4: the m-line is there for its place only, so its words carry no meaning.
    text += &format!("m={kind} 9 UDP/TLS/RTP/SAVPF 0\r\n");
    if let Some(mid) = mids.first() {
        text += &format!("a=mid:{mid}\r\n");
    }
    text += &format!("a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", local.ice_ufrag, local.ice_pwd);
    for candidate in local.candidates() {
        text += &format!("a={candidate}\r\n");
    }
    text += "a=end-of-candidates\r\n";
    text
}
