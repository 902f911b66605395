//! Files on their way in: slides and clips that a master prepares. Bytes come in chunks that are on disk before they
//! are acknowledged, so that a break costs one chunk; a file that is complete is looked at before anybody gets it.
//!
//! Below the data folder, `uploads/ID` is what has come so far, `decks/ID.pdf` and `clips/ID.mp4` are what was found
//! good. No name that people gave is part of a path.

use std::collections::HashSet;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use airclass_signaling::id::{ClipId, DeckId, LessonId};
use airclass_signaling::lesson::{DeckSpec, Input};
use tokio::sync::Semaphore;

use crate::clock;
use crate::conductor::Conductors;
use crate::db::{Clip, Db, DbError, Deck, Upload, UploadKind};

pub mod check;
mod child;

use check::{Found, Refused};
pub(crate) use child::COMMAND as CHECK_COMMAND;

/// Bytes of one chunk at most.
pub const CHUNK_BYTES: usize = 1024 * 1024;
/// Largest deck, bytes.
pub const DECK_BYTES: u64 = 100 * 1024 * 1024;
/// Largest clip, bytes.
pub const CLIP_BYTES: u64 = 300 * 1024 * 1024;
/// An upload nobody has touched for so long is forgotten, ms.
const STALE_MS: i64 = 24 * 3_600_000;
/// Files looked at at a time; more wait.
const CHECKS: usize = 1;
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Who looks at a file.
#[derive(Clone, Debug)]
enum Checker {
    /// This process: for servers inside other programs.
    Here,
    /// This program, started for each file with little memory and little time.
    Program(PathBuf),
}

/// The folders of uploads, and who is writing to which.
#[derive(Clone, Debug)]
pub struct Uploads {
    data: PathBuf,
    checker: Checker,
    busy: Arc<Mutex<HashSet<String>>>,
    checks: Arc<Semaphore>,
}

/// An upload that is being written to; nobody else writes to it meanwhile.
#[derive(Debug)]
pub struct Turn {
    id: String,
    busy: Arc<Mutex<HashSet<String>>>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// Why a file that was found good could not be kept.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Uploads {
    /// Uploads below `data`. Files are looked at by `program`, or in this process without one.
    ///
    /// # Errors
    /// The folders can't be made.
    pub fn open(data: &Path, program: Option<PathBuf>) -> io::Result<Self> {
        for folder in ["uploads", "decks", "clips"] {
            std::fs::create_dir_all(data.join(folder))?;
        }
        Ok(Self {
            data: data.to_owned(),
            checker: program.map_or(Checker::Here, Checker::Program),
            busy: Arc::default(),
            checks: Arc::new(Semaphore::new(CHECKS)),
        })
    }

    fn part(&self, id: &str) -> PathBuf {
        self.data.join("uploads").join(id)
    }

    /// Where the file of a deck or a clip lies.
    pub fn kept(&self, kind: UploadKind, id: &str) -> PathBuf {
        match kind {
            UploadKind::Deck => self.data.join("decks").join(format!("{id}.pdf")),
            UploadKind::Clip => self.data.join("clips").join(format!("{id}.mp4")),
        }
    }

    /// Takes the right to write to an upload; `None` while somebody else has it.
    pub fn turn(&self, id: &str) -> Option<Turn> {
        let free = self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        free.then(|| Turn { id: id.to_owned(), busy: Arc::clone(&self.busy) })
    }

    /// Writes a chunk at `offset`, where what has come so far ends; it is on disk when this returns. What a crash left
    /// behind that place is cut off.
    ///
    /// # Errors
    /// The disk fails or is full.
    pub async fn write(&self, turn: &Turn, offset: u64, chunk: axum::body::Bytes) -> io::Result<()> {
        let path = self.part(&turn.id);
        let written = tokio::task::spawn_blocking(move || {
            let mut file = std::fs::File::options().create(true).truncate(false).write(true).open(path)?;
            file.set_len(offset)?;
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(&chunk)?;
            file.sync_data()
        });
        written.await.map_err(io::Error::other)?
    }

    /// Removes what has come of an upload.
    pub async fn discard(&self, id: &str) {
        remove(&self.part(id)).await;
    }

    /// Removes the file of a deck or a clip.
    pub async fn remove(&self, kind: UploadKind, id: &str) {
        remove(&self.kept(kind, id)).await;
    }

    /// Looks at a complete upload and makes it a deck or a clip, or notes why not.
    pub async fn settle(&self, db: &Db, conductors: &Conductors, upload: &Upload) {
        let Ok(_one_at_a_time) = self.checks.acquire().await else { return };
        let kept = self.kept(upload.kind, &upload.id);
        // A crash may have come between the renaming and the row.
        let path = if kept.exists() { kept } else { self.part(&upload.id) };
        let verdict = match &self.checker {
            Checker::Here => check::in_thread(upload.kind, path.clone()).await,
            Checker::Program(program) => child::check(program, upload.kind, &path).await,
        };
        let refused = match verdict {
            Ok(found) => match self.keep(db, conductors, upload, &path, found).await {
                Ok(refused) => refused,
                Err(error) => {
                    tracing::error!(upload = %upload.id, %error, "an upload could not be kept");
                    return;
                }
            },
            Err(refused) => Some(refused),
        };
        if let Some(Refused { code, message }) = refused {
            remove(&path).await;
            if let Err(error) = db.refuse_upload(&upload.id, code.as_str(), &message, clock::utc_ms()).await {
                tracing::error!(upload = %upload.id, %error, "an upload could not be refused");
            }
        }
    }

    async fn keep(
        &self,
        db: &Db,
        conductors: &Conductors,
        upload: &Upload,
        path: &Path,
        found: Found,
    ) -> Result<Option<Refused>, KeepError> {
        let kept = self.kept(upload.kind, &upload.id);
        if path != kept {
            tokio::fs::rename(path, &kept).await?;
            sync_folder(&kept).await?;
        }
        let bytes = i64::try_from(upload.bytes).unwrap_or(i64::MAX);
        let lesson = LessonId::new(upload.lesson.as_str());
        let running = conductors.running(&lesson);
        match found {
            Found::Deck { pages } => {
                let deck = Deck {
                    id: upload.id.clone(),
                    lesson: upload.lesson.clone(),
                    title: upload.name.clone(),
                    pages,
                    bytes,
                };
                if !db.add_deck(&deck, clock::utc_ms()).await? {
                    remove(&kept).await;
                    return Ok(Some(Refused::too_many_decks()));
                }
                let deck = DeckSpec { id: DeckId::new(deck.id), title: deck.title, pages };
                if let Some(conductor) = running {
                    // A task that is gone reads the plan anew.
                    let _ = conductor.tell(Input::DeckAdded { deck }).await;
                }
            }
            Found::Clip { duration_ms } => {
                let duration_ms = i64::try_from(duration_ms).unwrap_or(i64::MAX);
                let clip = Clip { id: upload.id.clone(), lesson: upload.lesson.clone(), duration_ms, bytes };
                for before in db.set_clip(&clip, clock::utc_ms()).await? {
                    self.remove(UploadKind::Clip, &before).await;
                }
                if let Some(conductor) = running {
                    let _ = conductor.set_fallback(ClipId::new(clip.id)).await;
                }
            }
        }
        Ok(None)
    }

    /// For the start of the server: looks again at what was complete, and removes files that belong to nothing.
    ///
    /// # Errors
    /// The database or the folders can't be read.
    pub async fn recover(&self, db: &Db, conductors: &Conductors) -> anyhow::Result<()> {
        let unchecked = db.unchecked_uploads().await?;
        let mut known: HashSet<String> = db.prepared_ids().await?.into_iter().collect();
        known.extend(unchecked.iter().cloned());
        for folder in ["uploads", "decks", "clips"] {
            let mut files = tokio::fs::read_dir(self.data.join(folder)).await?;
            while let Some(file) = files.next_entry().await? {
                let name = file.file_name();
                let id = Path::new(&name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
                let wanted = known.contains(&id) || (folder == "uploads" && db.upload(&id).await?.is_some());
                if !wanted {
                    tracing::info!(folder, id, "removing a file that belongs to nothing");
                    remove(&file.path()).await;
                }
            }
        }
        for id in unchecked {
            if let Some(upload) = db.upload(&id).await? {
                let (uploads, db, conductors) = (self.clone(), db.clone(), conductors.clone());
                tokio::spawn(async move { uploads.settle(&db, &conductors, &upload).await });
            }
        }
        Ok(())
    }

    /// Forgets uploads that nobody has touched for a day, every hour.
    pub async fn sweep(self, db: Db) {
        let mut every = tokio::time::interval(SWEEP_EVERY);
        loop {
            every.tick().await;
            if let Err(error) = self.forget_stale(&db, clock::utc_ms()).await {
                tracing::warn!(%error, "stale uploads stay for now");
            }
        }
    }

    async fn forget_stale(&self, db: &Db, now_ms: i64) -> Result<(), DbError> {
        for id in db.stale_uploads(now_ms.saturating_sub(STALE_MS)).await? {
            // Whoever is writing to it just now has touched it.
            let Some(_turn) = self.turn(&id) else { continue };
            db.remove_upload(&id).await?;
            self.discard(&id).await;
        }
        Ok(())
    }
}

async fn remove(path: &Path) {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "a file could not be removed");
        }
        _ => {}
    }
}

/// A renamed file is where it is after a power cut only when its folder is on disk, too.
async fn sync_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent().map(Path::to_owned) else { return Ok(()) };
    tokio::task::spawn_blocking(move || std::fs::File::open(folder)?.sync_all()).await.map_err(io::Error::other)?
}
