//! The files of a recording, found as a player finds them (RFC 8216).

use anyhow::{Result, ensure};

use super::Viewer;

/// Addresses below the recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tape {
    /// Master playlist first, then those it names.
    pub(crate) playlists: Vec<String>,
    /// Initialisation sections and media segments, in order.
    pub(crate) segments: Vec<String>,
}

impl Tape {
    /// Looks through the recording at `base` by its master playlist.
    pub(crate) async fn find(viewer: &mut Viewer, base: &str) -> Result<Self> {
        let mut tape = Self { playlists: vec!["master.m3u8".to_owned()], segments: Vec::new() };
        let mut at = 0;
        while let Some(playlist) = tape.playlists.get(at).cloned() {
            let text = viewer.read(&format!("{base}/{playlist}")).await?;
            for uri in uris(&text) {
                if uri.ends_with(".m3u8") {
                    tape.playlists.push(uri.to_owned());
                } else {
                    tape.segments.push(uri.to_owned());
                }
            }
            at += 1;
        }
        ensure!(!tape.segments.is_empty(), "the recording has no segments");
        Ok(tape)
    }
}

/// What a playlist names: lines that are no tags, and quoted URI attributes.
fn uris(playlist: &str) -> impl Iterator<Item = &str> {
    playlist.lines().filter_map(|line| match line.strip_prefix('#') {
        Some(tag) => tag.split_once("URI=\"")?.1.split('"').next(),
        None => Some(line).filter(|line| !line.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::uris;

    #[test]
    fn tags_and_lines_name_files() {
        let text = "#EXTM3U\n#EXT-X-MAP:URI=\"camera/init-0.mp4\"\n#EXTINF:6.0,\ncamera/00001.m4s\n\n#EXT-X-ENDLIST\n";
        assert_eq!(uris(text).collect::<Vec<_>>(), ["camera/init-0.mp4", "camera/00001.m4s"]);
    }
}
