//! Clips as FFmpeg writes them, and what people upload by mistake or on purpose.

use std::io::Cursor;
use std::sync::LazyLock;

use super::*;
use crate::card::Card;
use crate::film::Film;

/// A film of two seconds, its index first.
static FILM: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    let card = Card::new(320, 180);
    let picture = |n| {
        let mut picture = card.picture();
        card.draw(n, 0, &mut picture);
        picture
    };
    let film = Film { frames_per_second: 10, frames: 20, bits_per_second: 200_000 };
    film.write(&path, picture, |at| (at as f32 * 0.05).sin() * 0.1).unwrap();
    std::fs::read(path).unwrap()
});

fn look(bytes: &[u8]) -> Result<ClipInfo, ClipError> {
    read(&mut Cursor::new(bytes))
}

/// The film with one piece of it replaced everywhere.
fn altered(from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = FILM.clone();
    let mut found = false;
    for at in 0..bytes.len() - from.len() {
        if &bytes[at..at + from.len()] == from {
            bytes[at..at + from.len()].copy_from_slice(to);
            found = true;
        }
    }
    assert!(found);
    bytes
}

#[test]
fn a_film_is_a_clip() {
    let clip = look(&FILM).unwrap();
    assert_eq!((clip.width, clip.height, clip.sound), (320, 180, true));
    assert!((1_900..=2_100).contains(&clip.duration_ms), "{}", clip.duration_ms);
    // An unknown box behind it is passed over.
    let mut longer = FILM.clone();
    longer.extend_from_slice(b"\0\0\0\x0cfree\0\0\0\0");
    assert_eq!(look(&longer).unwrap(), clip);
}

#[test]
fn what_is_no_mp4_is_refused() {
    for bytes in [
        &b""[..],
        b"\0\0\0",
        b"#EXTM3U\n#EXTINF:10,\nhttp://elsewhere.example/a.ts\n",
        b"%PDF-1.7\n",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        &[0; 64],
        &[0xff; 64],
        b"\0\0\0\x08ftyp",
    ] {
        assert!(matches!(look(bytes), Err(ClipError::NotMp4)), "{bytes:?}");
    }
}

#[test]
fn a_film_that_is_cut_off_is_refused() {
    for cut in [FILM.len() - 1, FILM.len() / 2, FILM.len() * 3 / 4] {
        assert!(matches!(look(&FILM[..cut]), Err(ClipError::CutOff | ClipError::NotMp4)), "{cut}");
    }
    let mut overrun = FILM.clone();
    overrun.truncate(FILM.len() - 100);
    assert!(matches!(look(&overrun), Err(ClipError::CutOff)));
}

#[test]
fn other_codecs_are_refused() {
    assert!(matches!(look(&altered(b"avc1", b"hev1")), Err(ClipError::Codec | ClipError::NotMp4)));
    assert!(matches!(look(&altered(b"mp4a", b"Opus")), Err(ClipError::Codec)));
    assert!(matches!(look(&altered(b"vide", b"text")), Err(ClipError::NoPicture)));
}

#[test]
fn references_to_other_files_are_refused() {
    // The flag that says "in this file" is taken away, as in a film whose media lie elsewhere.
    let foreign = altered(b"url \0\0\0\x01", b"url \0\0\0\0");
    assert!(matches!(look(&foreign), Err(ClipError::Foreign)));
}

proptest::proptest! {
    #[test]
    fn anything_is_survived(data: Vec<u8>, flips in proptest::collection::vec((0usize..4_000, 0u8..=255), 0..12)) {
        let _ = look(&data);
        let mut bytes = FILM.clone();
        for (at, value) in flips {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let _ = look(&bytes);
    }
}
