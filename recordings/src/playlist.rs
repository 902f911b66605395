//! HLS playlists (RFC 8216, version 7 for fMP4): written whole, read back by the start-up scan and the tests.

use std::fmt::Write;

/// One segment of a media playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// File number: `camera/00012.m4s`.
    pub number: u32,
    /// Which init segment it needs: `camera/init-1.mp4`.
    pub init: u32,
    /// Media time of its first sample in microseconds since the recording began.
    pub start_micros: i64,
    /// How long it lasts.
    pub duration_micros: i64,
    /// Nothing connects it to the segment before.
    pub discontinuity: bool,
}

/// The media playlist of one track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaPlaylist {
    /// The track's folder: `camera`, `screen`, `voice`.
    pub track: String,
    /// Wall time of media time 0, UTC milliseconds.
    pub started_ms: i64,
    /// Target duration in seconds, the same for the playlist's whole life; segments are cut to it.
    pub target_seconds: u32,
    /// The segments in order.
    pub segments: Vec<Segment>,
    /// Nothing will be added.
    pub ended: bool,
}

impl MediaPlaylist {
    /// The playlist as text.
    pub fn render(&self) -> String {
        // Section 4.3.3.1: rounded to the nearest second, no segment may be longer than the target. The writer sees to
        // that; only segments found by the start-up scan could be longer, and then the truth goes before constancy.
        let longest = self.segments.iter().map(|s| (s.duration_micros + 500_000) / 1_000_000).max().unwrap_or(0);
        let mut out = String::with_capacity(200 + self.segments.len() * 96);
        let _ = write!(
            out,
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{}\n#EXT-X-PLAYLIST-TYPE:EVENT\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n",
            longest.max(i64::from(self.target_seconds)),
            0
        );
        let mut init = None;
        for segment in &self.segments {
            if segment.discontinuity {
                out.push_str("#EXT-X-DISCONTINUITY\n");
            }
            if init != Some(segment.init) {
                init = Some(segment.init);
                let _ = writeln!(out, "#EXT-X-MAP:URI=\"{}\"", init_path(&self.track, segment.init));
            }
            let _ = write!(
                out,
                "#EXT-X-PROGRAM-DATE-TIME:{}\n#EXTINF:{}.{:06},\n{}\n",
                date_time(self.started_ms * 1000 + segment.start_micros),
                segment.duration_micros / 1_000_000,
                segment.duration_micros % 1_000_000,
                segment_path(&self.track, segment.number)
            );
        }
        if self.ended {
            out.push_str("#EXT-X-ENDLIST\n");
        }
        out
    }

    /// Reads what [`MediaPlaylist::render`] wrote. `None` when it is anything else.
    pub fn parse(track: &str, started_ms: i64, text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != "#EXTM3U" {
            return None;
        }
        let (mut target_seconds, mut segments, mut ended) = (0, Vec::new(), false);
        let (mut init, mut date, mut duration, mut discontinuity) = (None, None, None, false);
        for line in lines {
            if let Some(value) = line.strip_prefix("#EXT-X-TARGETDURATION:") {
                target_seconds = value.parse().ok()?;
            } else if let Some(value) = line.strip_prefix("#EXT-X-MAP:URI=\"") {
                let name = value.strip_suffix(".mp4\"")?.strip_prefix(track)?.strip_prefix("/init-")?;
                init = Some(name.parse().ok()?);
            } else if let Some(value) = line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:") {
                date = Some(parse_date_time(value)?);
            } else if let Some(value) = line.strip_prefix("#EXTINF:") {
                let (seconds, micros) = value.strip_suffix(',')?.split_once('.')?;
                duration = Some(seconds.parse::<i64>().ok()? * 1_000_000 + micros.parse::<i64>().ok()?);
            } else if line == "#EXT-X-DISCONTINUITY" {
                discontinuity = true;
            } else if line == "#EXT-X-ENDLIST" {
                ended = true;
            } else if !line.starts_with('#') && !line.is_empty() {
                let number = line.strip_suffix(".m4s")?.strip_prefix(track)?.strip_prefix('/')?.parse().ok()?;
                segments.push(Segment {
                    number,
                    init: init?,
                    start_micros: date.take()? - started_ms * 1000,
                    duration_micros: duration.take()?,
                    discontinuity: std::mem::take(&mut discontinuity),
                });
            }
        }
        Some(Self { track: track.to_owned(), started_ms, target_seconds, segments, ended })
    }

    /// Media time at which the last segment ends.
    pub fn end_micros(&self) -> i64 {
        self.segments.last().map_or(0, |segment| segment.start_micros + segment.duration_micros)
    }
}

/// A segment's path from the recording's folder.
pub fn segment_path(track: &str, number: u32) -> String {
    format!("{track}/{number:05}.m4s")
}

/// An init segment's path from the recording's folder.
pub fn init_path(track: &str, number: u32) -> String {
    format!("{track}/init-{number}.mp4")
}

/// The picture of a [`master`] playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// RFC 6381 string.
    pub codec: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Peak bits per second, sound included.
    pub bits_per_second: u64,
}

/// The master playlist: the camera with the mixed sound, or the sound alone while there is no picture.
pub fn master(camera: Option<&Variant>) -> String {
    let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    match camera {
        Some(variant) => {
            let _ = write!(
                out,
                "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"voice\",NAME=\"voice\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",\
                 URI=\"voice.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH={},CODECS=\"{},mp4a.40.2\",RESOLUTION={}x{},\
                 AUDIO=\"voice\"\ncamera.m3u8\n",
                variant.bits_per_second, variant.codec, variant.width, variant.height
            );
        }
        None => out.push_str("#EXT-X-STREAM-INF:BANDWIDTH=160000,CODECS=\"mp4a.40.2\"\nvoice.m3u8\n"),
    }
    out
}

/// UTC in ISO 8601 with microseconds.
fn date_time(micros: i64) -> String {
    let (days, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
    // Days to a date in the proleptic Gregorian calendar, by eras of 400 years that begin in March.
    let z = days + 719_468;
    let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) =
        (day_of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let seconds = rest / 1_000_000;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        rest % 1_000_000
    )
}

fn parse_date_time(text: &str) -> Option<i64> {
    let mut numbers = text.strip_suffix('Z')?.split(['-', 'T', ':', '.']).map(|part| part.parse::<i64>().ok());
    let mut next = || numbers.next().flatten();
    let (year, month, day) = (next()?, next()?, next()?);
    let (hour, minute, second, micros) = (next()?, next()?, next()?, next()?);
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_795_336_496_123_456, "2026-11-22T08:34:56.123456Z"),
        ] {
            assert_eq!(date_time(micros), text);
            assert_eq!(parse_date_time(text), Some(micros));
        }
        assert_eq!(parse_date_time("yesterday"), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(
            parts in proptest::collection::vec((0u32..3, 1i64..20_000_000, proptest::bool::ANY), 0..20),
            ended: bool, started_ms in 0i64..4_000_000_000_000,
        ) {
            let mut start = 0;
            let mut segments = Vec::new();
            for (number, (init, duration, discontinuity)) in parts.into_iter().enumerate() {
                segments.push(Segment { number: number as u32, init, start_micros: start, duration_micros: duration, discontinuity });
                start += duration;
            }
            let playlist = MediaPlaylist { track: "camera".into(), started_ms, target_seconds: 25, segments, ended };
            proptest::prop_assert_eq!(MediaPlaylist::parse("camera", started_ms, &playlist.render()), Some(playlist));
        }
    }
}
