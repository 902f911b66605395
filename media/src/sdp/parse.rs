//! Reading an offer: session, transport and media lines. Payload types are read in `formats.rs`,
//! header extensions, layers and SSRCs in `attributes.rs`.

use crate::codec::MediaKind;

use super::attributes::{parse_extensions, parse_fid, parse_rids, parse_ssrcs};
use super::error::SdpError;
use super::formats::codecs;
use super::lines::{Section, is_ice, is_token, split};
use super::offer::{Direction, Fingerprint, Offer, OfferedMedia, Setup};

impl Offer {
    /// Parses the text of an offer.
    ///
    /// # Errors
    /// [`SdpError::Bad`] when the text is not an offer, breaks a limit, or asks for a transport other than
    /// bundled, multiplexed DTLS-SRTP with the offerer as DTLS client.
    pub fn parse(text: &str) -> Result<Offer, SdpError> {
        let (session, sections) = split(text, false)?;
        if sections.is_empty() {
            return Err(SdpError::Bad("no media lines"));
        }
        if session.has("ice-lite") {
            return Err(SdpError::Bad("both ends are ICE-lite"));
        }
        let bundle: Vec<String> = session
            .all("group")
            .find_map(|group| group.strip_prefix("BUNDLE"))
            .map(|mids| mids.split_ascii_whitespace().map(str::to_owned).collect())
            .unwrap_or_default();
        let mut media = Vec::with_capacity(sections.len());
        for section in &sections {
            media.push(parse_media(&session, section)?);
        }
        check_mids(&media, &bundle)?;
        let transport = parse_transport(&session, &sections, &media, &bundle)?;
        Ok(Offer { bundle, media, extmap_allow_mixed: session.has("extmap-allow-mixed"), ..transport })
    }
}

/// Mids are unique; with more than one line in use, all of those are in the bundle.
fn check_mids(media: &[OfferedMedia], bundle: &[String]) -> Result<(), SdpError> {
    for (n, line) in media.iter().enumerate() {
        if !line.mid.is_empty() && media[..n].iter().any(|other| other.mid == line.mid) {
            return Err(SdpError::Bad("two media lines have the same mid"));
        }
    }
    let mut in_use = media.iter().filter(|line| !line.rejected);
    let is_single = in_use.clone().count() == 1 && bundle.is_empty();
    if !is_single && in_use.any(|line| !bundle.contains(&line.mid)) {
        return Err(SdpError::Bad("the media lines do not share one transport (BUNDLE)"));
    }
    Ok(())
}

/// ICE credentials, fingerprint and role: of the first line in use, or of the session. Lines that say something
/// else would need a second transport.
fn parse_transport(
    session: &Section<'_>,
    sections: &[Section<'_>],
    media: &[OfferedMedia],
    bundle: &[String],
) -> Result<Offer, SdpError> {
    let lines: Vec<&Section<'_>> =
        sections.iter().zip(media).filter(|(_, line)| !line.rejected).map(|(section, _)| section).collect();
    // The first mid of the bundle carries the transport (RFC 9143 section 7.2), wherever its line stands.
    let tagged = bundle.first().and_then(|mid| {
        sections.iter().zip(media).find(|(_, line)| line.mid == *mid && !line.rejected).map(|(section, _)| section)
    });
    let first = tagged.or(lines.first().copied()).ok_or(SdpError::Bad("all media lines are switched off"))?;
    let get = |name: &str| {
        first.get(name).or_else(|| session.get(name)).or_else(|| lines.iter().find_map(|line| line.get(name)))
    };
    let ice_ufrag = get("ice-ufrag").filter(|text| is_ice(text, 4)).ok_or(SdpError::Bad("no usable ice-ufrag"))?;
    let ice_pwd = get("ice-pwd").filter(|text| is_ice(text, 22)).ok_or(SdpError::Bad("no usable ice-pwd"))?;
    for line in &lines {
        if line.get("ice-ufrag").is_some_and(|ufrag| ufrag != ice_ufrag) {
            return Err(SdpError::Bad("the media lines differ in their ice-ufrag"));
        }
    }
    let mut fingerprint = None;
    for section in std::iter::once(&session).chain(&lines) {
        for value in section.all("fingerprint") {
            let Some(digest) = parse_fingerprint(value)? else { continue };
            if fingerprint.is_some_and(|known| known != digest) {
                return Err(SdpError::Bad("two different sha-256 fingerprints"));
            }
            fingerprint = Some(digest);
        }
    }
    let setup = match get("setup") {
        Some("actpass") => Setup::ActPass,
        // RFC 4145 section 4: an offer without the attribute is active.
        Some("active") | None => Setup::Active,
        Some("passive") => {
            return Err(SdpError::Bad(
                "it wants this server to be the DTLS client; offer a=setup:actpass or active (FFmpeg: -whip_flags dtls_active)",
            ));
        }
        Some(_) => return Err(SdpError::Bad("unknown a=setup")),
    };
    Ok(Offer {
        ice_ufrag: ice_ufrag.to_owned(),
        ice_pwd: ice_pwd.to_owned(),
        fingerprint: fingerprint.ok_or(SdpError::Bad("no sha-256 fingerprint"))?,
        setup,
        media: Vec::new(),
        bundle: Vec::new(),
        extmap_allow_mixed: false,
    })
}

/// `None` for hash functions other than SHA-256.
fn parse_fingerprint(value: &str) -> Result<Option<Fingerprint>, SdpError> {
    let Some((hash, digest)) = value.split_once(' ') else { return Err(SdpError::Bad("a malformed fingerprint")) };
    if !hash.eq_ignore_ascii_case("sha-256") {
        return Ok(None);
    }
    let mut bytes = [0; 32];
    let mut parts = digest.trim().split(':');
    for byte in &mut bytes {
        *byte = parts
            .next()
            .filter(|part| part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|part| u8::from_str_radix(part, 16).ok())
            .ok_or(SdpError::Bad("a malformed fingerprint"))?;
    }
    if parts.next().is_some() {
        return Err(SdpError::Bad("a malformed fingerprint"));
    }
    Ok(Some(Fingerprint { bytes }))
}

fn parse_media(session: &Section<'_>, section: &Section<'_>) -> Result<OfferedMedia, SdpError> {
    let mut words = section.media.split_ascii_whitespace();
    let (Some(kind_word), Some(port), Some(proto)) = (words.next(), words.next(), words.next()) else {
        return Err(SdpError::Bad("a malformed media line"));
    };
    let formats: Vec<&str> = words.collect();
    let port: u16 =
        port.split('/').next().and_then(|port| port.parse().ok()).ok_or(SdpError::Bad("a malformed media line"))?;
    let proto_ok = proto.split('/').all(|part| is_token(part, 16));
    if !is_token(kind_word, 32) || !proto_ok || formats.is_empty() || !formats.iter().all(|format| is_token(format, 64))
    {
        return Err(SdpError::Bad("a malformed media line"));
    }
    let mid = section.get("mid").unwrap_or("");
    if !mid.is_empty() && !is_token(mid, 32) {
        return Err(SdpError::Bad("a malformed mid"));
    }
    let kind = match kind_word {
        _ if !proto.ends_with("RTP/SAVPF") && !proto.ends_with("RTP/SAVP") => None,
        "audio" => Some(MediaKind::Audio),
        "video" => Some(MediaKind::Video),
        _ => None,
    };
    let rejected = port == 0 && !section.has("bundle-only");
    if kind.is_some() && !rejected && !section.has("rtcp-mux") {
        return Err(SdpError::Bad("a media line without rtcp-mux"));
    }
    let direction = |section: &Section<'_>| {
        [
            ("sendrecv", Direction::SendRecv),
            ("sendonly", Direction::SendOnly),
            ("recvonly", Direction::RecvOnly),
            ("inactive", Direction::Inactive),
        ]
        .into_iter()
        .find(|(name, _)| section.has(name))
        .map(|(_, direction)| direction)
    };
    Ok(OfferedMedia {
        mid: mid.to_owned(),
        kind,
        raw: (kind_word.to_owned(), proto.to_owned(), formats.join(" ")),
        direction: direction(section).or_else(|| direction(session)).unwrap_or_default(),
        codecs: kind.map(|kind| codecs(kind, &formats, section)).transpose()?.unwrap_or_default(),
        extensions: parse_extensions(session, section)?,
        rids: parse_rids(section)?,
        ssrcs: parse_ssrcs(section),
        fid: parse_fid(section),
        rejected,
        rtcp_mux: section.has("rtcp-mux"),
        rtcp_rsize: section.has("rtcp-rsize"),
    })
}
