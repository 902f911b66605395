//! Cutting SDP text (RFC 8866) into its session part and its media parts.

use super::error::SdpError;
use super::{MAX_MEDIA, MAX_SDP_BYTES};

/// Attributes of the session or of one media line, in order.
#[derive(Debug, Default)]
pub(super) struct Section<'a> {
    /// The value of `m=`; empty for the session.
    pub(super) media: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Section<'a> {
    /// The value of the first attribute `name`; flags have an empty value.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// The values of all attributes `name`.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.attributes.iter().filter(move |(key, _)| *key == name).map(|&(_, value)| value)
    }

    /// Whether the attribute is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// Cuts a description that starts with `v=0`, or a fragment that does not.
pub(super) fn split(text: &str, is_fragment: bool) -> Result<(Section<'_>, Vec<Section<'_>>), SdpError> {
    if text.len() > MAX_SDP_BYTES {
        return Err(SdpError::Bad("longer than 64 KiB"));
    }
    let mut lines =
        text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).filter(|line| !line.is_empty());
    if !is_fragment && lines.next() != Some("v=0") {
        return Err(SdpError::Bad("it does not start with v=0"));
    }
    let mut session = Section::default();
    let mut media: Vec<Section<'_>> = Vec::new();
    for line in lines {
        if line.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f) {
            return Err(SdpError::Bad("control characters"));
        }
        let Some((key, value)) = line.split_once('=').filter(|(key, _)| key.len() == 1) else {
            return Err(SdpError::Bad("a line without a type"));
        };
        match key {
            "m" => {
                if media.len() == MAX_MEDIA {
                    return Err(SdpError::Bad("more than 32 media lines"));
                }
                media.push(Section { media: value, attributes: Vec::new() });
            }
            "a" => {
                let section = media.last_mut().unwrap_or(&mut session);
                let (name, value) = value.split_once(':').unwrap_or((value, ""));
                section.attributes.push((name, value.trim()));
            }
            _ => {}
        }
    }
    Ok((session, media))
}

/// A `token` of RFC 8866, at most `max` bytes.
pub(super) fn is_token(text: &str, max: usize) -> bool {
    let special = |byte| b"!#$%&'*+-.^_`{|}~".contains(&byte);
    (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || special(byte))
}

/// `ice-char`s of RFC 8839, `min` to 256 of them.
pub(super) fn is_ice(text: &str, min: usize) -> bool {
    (min..=256).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}
