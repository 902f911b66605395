//! What the demo's master prepared: six slides, and a clip for when the studio is gone.

use std::io;
use std::path::PathBuf;

use airclass_recordings::LibavError;
use airclass_recordings::card::Card;
use airclass_recordings::film::Film;

use crate::clock;
use crate::db::{Clip, DbError, Deck, UploadKind, new_id};
use crate::http::Shared;

/// Made of `deck/deck.html` with Chromium; its fonts are in it.
const DECK: &[u8] = include_bytes!("deck/deck.pdf");
const DECK_PAGES: u16 = 6;
const TITLE: &str = "浮力";
const CLIP_SECONDS: u32 = 20;
const CLIP_RATE: u32 = 10;

/// Why nothing could be prepared.
#[derive(Debug, thiserror::Error)]
pub(super) enum PrepareError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Film(#[from] LibavError),
}

/// The files, made once for all lessons of the demo.
#[derive(Debug)]
pub(super) struct Prepared {
    folder: PathBuf,
}

impl Prepared {
    /// Writes the files into the data folder. Without the demo's studio nobody waits for its clip.
    pub(super) async fn make(state: &Shared) -> Result<Self, PrepareError> {
        let folder = state.config.data.join("demo");
        let with_clip = state.config.demo_studio;
        let made = folder.clone();
        let work = tokio::task::spawn_blocking(move || -> Result<(), PrepareError> {
            std::fs::create_dir_all(&made)?;
            std::fs::write(made.join("deck.pdf"), DECK)?;
            let clip = made.join("clip.mp4");
            if with_clip && !clip.exists() {
                // Under another name first: a file that a crash left half made is not taken for the clip.
                let draft = made.join("draft.mp4");
                film(&draft)?;
                std::fs::rename(draft, clip)?;
            }
            Ok(())
        });
        work.await.map_err(io::Error::other)??;
        Ok(Self { folder })
    }

    /// Gives a lesson its slides and its clip, unless it has them.
    pub(super) async fn give(&self, state: &Shared, lesson: &str) -> Result<(), PrepareError> {
        let now = clock::utc_ms();
        if state.db.decks(lesson).await?.is_empty() {
            let id = new_id();
            let bytes = self.link("deck.pdf", state.uploads.kept(UploadKind::Deck, &id)).await?;
            let title = TITLE.to_owned();
            let deck = Deck { id, lesson: lesson.to_owned(), title, pages: DECK_PAGES, bytes };
            state.db.add_deck(&deck, now).await?;
        }
        if self.folder.join("clip.mp4").exists() && state.db.clip_of(lesson).await?.is_none() {
            let id = new_id();
            let bytes = self.link("clip.mp4", state.uploads.kept(UploadKind::Clip, &id)).await?;
            let duration_ms = i64::from(CLIP_SECONDS) * 1_000;
            state.db.set_clip(&Clip { id, lesson: lesson.to_owned(), duration_ms, bytes }, now).await?;
        }
        Ok(())
    }

    /// Another name for the same bytes: a demo that runs for days makes a lesson every ten minutes.
    async fn link(&self, name: &str, to: PathBuf) -> io::Result<i64> {
        let from = self.folder.join(name);
        if tokio::fs::hard_link(&from, &to).await.is_err() {
            tokio::fs::copy(&from, &to).await?;
        }
        Ok(i64::try_from(tokio::fs::metadata(&to).await?.len()).unwrap_or(i64::MAX))
    }
}

/// The test card with a clock that counts the seconds, and a quiet chord every two.
fn film(path: &std::path::Path) -> Result<(), LibavError> {
    let card = Card::new(640, 360);
    let film = Film { frames_per_second: CLIP_RATE, frames: CLIP_SECONDS * CLIP_RATE, bits_per_second: 300_000 };
    let picture = |n: u32| {
        let mut picture = card.picture();
        card.draw(n, u64::from(n) * 1_000 / u64::from(CLIP_RATE), &mut picture);
        picture
    };
    let sample = |at: u64| {
        let seconds = at as f32 / 48_000.0;
        let since = seconds % 2.0;
        let tone = |hertz: f32| (seconds * hertz * std::f32::consts::TAU).sin();
        (tone(262.0) + tone(330.0) + tone(392.0)) * 0.04 * (-4.0 * since).exp()
    };
    film.write(path, picture, sample)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uploads::check::{Found, look};

    #[test]
    fn the_files_are_what_an_upload_must_be() {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("deck.pdf");
        std::fs::write(&deck, DECK).unwrap();
        assert_eq!(look(UploadKind::Deck, &deck).unwrap(), Found::Deck { pages: DECK_PAGES });
        let clip = folder.path().join("clip.mp4");
        film(&clip).unwrap();
        let Found::Clip { duration_ms } = look(UploadKind::Clip, &clip).unwrap() else { panic!("a clip") };
        assert!(duration_ms.abs_diff(u64::from(CLIP_SECONDS) * 1_000) < 500, "{duration_ms}");
    }
}
