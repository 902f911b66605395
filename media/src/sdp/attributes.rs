//! Reading the attributes of a media line that name streams: header extensions, rids, SSRCs.

use super::error::SdpError;
use super::extension::Extension;
use super::lines::Section;
use super::offer::{Rid, RidDirection};

/// Most rids of a media line.
const MAX_RIDS: usize = 8;
/// Most SSRCs of a media line that are kept.
const MAX_SSRCS: usize = 32;

pub(super) fn parse_extensions(session: &Section<'_>, section: &Section<'_>) -> Result<Vec<(u8, Extension)>, SdpError> {
    let mut found: Vec<(u8, Extension)> = Vec::new();
    for value in section.all("extmap").chain(session.all("extmap")) {
        let mut words = value.split_ascii_whitespace();
        let (Some(id), Some(uri)) = (words.next(), words.next()) else { continue };
        let Some(extension) = Extension::from_uri(uri) else { continue };
        // One-byte headers (RFC 8285 section 4.2) are all this server writes.
        let Some(id) = id.split('/').next().and_then(|id| id.parse().ok()).filter(|id| (1..=14).contains(id)) else {
            continue;
        };
        if found.iter().any(|&(known, _)| known == id) {
            return Err(SdpError::Bad("two header extensions share an id"));
        }
        if !found.iter().any(|&(_, known)| known == extension) {
            found.push((id, extension));
        }
    }
    Ok(found)
}

pub(super) fn parse_rids(section: &Section<'_>) -> Result<Vec<Rid>, SdpError> {
    let mut rids: Vec<Rid> = Vec::new();
    for value in section.all("rid") {
        let mut words = value.split_ascii_whitespace();
        let id = words.next().unwrap_or("");
        let direction = match words.next() {
            Some("send") => RidDirection::Send,
            Some("recv") => RidDirection::Recv,
            _ => return Err(SdpError::Bad("a malformed rid")),
        };
        let is_id = (1..=16).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !is_id {
            return Err(SdpError::Bad("a malformed rid"));
        }
        if rids.iter().any(|rid| rid.id == id) {
            return Err(SdpError::Bad("two rids have the same name"));
        }
        if rids.len() == MAX_RIDS {
            return Err(SdpError::Bad("more than 8 rids"));
        }
        rids.push(Rid { id: id.to_owned(), direction, paused: false });
    }
    let Some(simulcast) = section.get("simulcast") else { return Ok(rids) };
    // `send q;~h,f;... recv ...`: order of preference; of alternatives the first is taken.
    let mut words = simulcast.split_ascii_whitespace();
    let mut order = Vec::new();
    while let (Some(direction), Some(list)) = (words.next(), words.next()) {
        if direction == "send" {
            order = list.split(';').filter_map(|alternatives| alternatives.split(',').next()).collect();
        }
    }
    for rid in &mut rids {
        rid.paused = order.iter().any(|name| name.strip_prefix('~') == Some(rid.id.as_str()));
    }
    let rank = |rid: &Rid| order.iter().position(|name| name.trim_start_matches('~') == rid.id).unwrap_or(usize::MAX);
    rids.sort_by_key(rank);
    Ok(rids)
}

pub(super) fn parse_ssrcs(section: &Section<'_>) -> Vec<u32> {
    let mut ssrcs = Vec::new();
    for value in section.all("ssrc") {
        let Some(ssrc) = value.split_ascii_whitespace().next().and_then(|ssrc| ssrc.parse().ok()) else { continue };
        if !ssrcs.contains(&ssrc) && ssrcs.len() < MAX_SSRCS {
            ssrcs.push(ssrc);
        }
    }
    ssrcs
}

pub(super) fn parse_fid(section: &Section<'_>) -> Vec<(u32, u32)> {
    section
        .all("ssrc-group")
        .filter_map(|group| group.strip_prefix("FID "))
        .filter_map(|pair| {
            let mut ssrcs = pair.split_ascii_whitespace().map(str::parse);
            Some((ssrcs.next()?.ok()?, ssrcs.next()?.ok()?))
        })
        .take(MAX_SSRCS / 2)
        .collect()
}
