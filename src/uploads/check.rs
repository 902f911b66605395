//! Whether an uploaded file is what it should be. Nothing is executed, rendered or fetched: a PDF is asked for its
//! pages, an MP4 for its tracks.
//!
//! These are a stranger's bytes. A reader that breaks on them refuses the file and ends nothing else.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use airclass_recordings::clip::{self, ClipError};
use airclass_signaling::lesson::DECK_PAGES_MAX;
use hayro_syntax::{LoadPdfError, Pdf};
use serde::{Deserialize, Serialize};

use crate::db::UploadKind;

/// A PDF says that it is one within its first bytes (ISO 32000-1, Annex H note 13).
const HEAD: usize = 1_024;

/// What a file was found to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Found {
    /// Slides.
    Deck {
        /// How many pages.
        pages: u16,
    },
    /// A clip.
    Clip {
        /// How long it plays, ms.
        duration_ms: u64,
    },
}

/// Why a file is refused, as a stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Not a PDF, or a broken one.
    NotAPdf,
    /// A PDF that needs a password.
    PdfEncrypted,
    /// More pages than a deck may have.
    TooManyPages,
    /// More decks than a lesson may have.
    TooManyDecks,
    /// Not a clip that every browser plays.
    NotAClip,
    /// It takes too much memory or time to look at.
    TooLarge,
}

impl Code {
    /// The code as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAPdf => "not_a_pdf",
            Self::PdfEncrypted => "pdf_encrypted",
            Self::TooManyPages => "too_many_pages",
            Self::TooManyDecks => "too_many_decks",
            Self::NotAClip => "not_a_clip",
            Self::TooLarge => "too_large",
        }
    }
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// As a code.
    pub code: Code,
    /// In words that hold nothing of the file.
    pub message: String,
}

impl Refused {
    fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The lesson has as many decks as it may have.
    pub(super) fn too_many_decks() -> Self {
        Self::new(Code::TooManyDecks, "The lesson has too many decks; take one away.")
    }

    /// Looking at it took too much.
    pub(super) fn too_large() -> Self {
        Self::new(Code::TooLarge, "The file takes too much memory or time to look at.")
    }

    /// It broke the reader.
    pub(super) fn broken(kind: UploadKind) -> Self {
        match kind {
            UploadKind::Deck => Self::new(Code::NotAPdf, "The file is not a PDF that can be read."),
            UploadKind::Clip => Self::new(Code::NotAClip, "The file is not a clip that can be read."),
        }
    }
}

/// Looks at a file on a thread of its own; one that breaks the reader is refused.
pub(super) async fn in_thread(kind: UploadKind, path: PathBuf) -> Result<Found, Refused> {
    let looked = tokio::task::spawn_blocking(move || look(kind, &path)).await;
    looked.unwrap_or_else(|_| Err(Refused::broken(kind)))
}

/// Looks at a file.
///
/// # Errors
/// [`Refused`] says why it is not what it should be.
pub fn look(kind: UploadKind, path: &Path) -> Result<Found, Refused> {
    match kind {
        UploadKind::Deck => deck(path),
        UploadKind::Clip => film(path),
    }
}

fn deck(path: &Path) -> Result<Found, Refused> {
    let broken = || Refused::broken(UploadKind::Deck);
    let mut bytes = Vec::new();
    File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|_| broken())?;
    let head = &bytes[..bytes.len().min(HEAD)];
    if !head.windows(5).any(|window| window == b"%PDF-") {
        return Err(broken());
    }
    let pdf = Pdf::new(bytes).map_err(|error| match error {
        LoadPdfError::Decryption(_) => Refused::new(Code::PdfEncrypted, "The PDF is protected by a password."),
        LoadPdfError::Invalid => broken(),
    })?;
    match u16::try_from(pdf.pages().len()) {
        Ok(0) => Err(broken()),
        Ok(pages) if pages <= DECK_PAGES_MAX => Ok(Found::Deck { pages }),
        _ => {
            Err(Refused::new(Code::TooManyPages, format!("A deck has at most {DECK_PAGES_MAX} pages; divide the PDF.")))
        }
    }
}

fn film(path: &Path) -> Result<Found, Refused> {
    let file = File::open(path).map_err(|_| Refused::broken(UploadKind::Clip))?;
    let refused = |error: ClipError| match error {
        ClipError::Io(_) => Refused::broken(UploadKind::Clip),
        error => Refused::new(Code::NotAClip, format!("{error}.")),
    };
    let info = clip::read(&mut BufReader::new(file)).map_err(refused)?;
    Ok(Found::Clip { duration_ms: info.duration_ms })
}

#[cfg(test)]
#[path = "check/tests.rs"]
pub(crate) mod tests;
