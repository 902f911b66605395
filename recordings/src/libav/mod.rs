//! Everything that touches FFmpeg's libraries: coding sound, muxing fragments, reading and writing files.
//!
//! The rest of the crate hands in plain byte slices and numbers and gets plain bytes back; no libav type leaves this
//! module. `unsafe` is allowed here and nowhere else in the workspace, and each block says why it holds.
#![allow(clippy::missing_errors_doc, reason = "LibavError's own page lists the cases")]

pub mod aac;
pub mod decode;
pub mod demux;
pub mod encode;
pub mod film;
pub mod jpeg;
pub mod mux;
pub mod opus;
pub mod picture;
pub mod write;

use std::sync::Once;

use ffmpeg_next as ff;

/// What went wrong inside libav. The text is FFmpeg's own and holds no peer's data.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LibavError {
    /// FFmpeg was built without this encoder, decoder or container.
    #[error("this FFmpeg lacks {0}")]
    Missing(&'static str),
    /// A call failed.
    #[error("{what}: {cause}")]
    Failed {
        /// What was being done.
        what: &'static str,
        /// FFmpeg's error text.
        cause: String,
    },
    /// The caller's data does not fit (sizes, lengths, formats).
    #[error("{0}")]
    Unfit(&'static str),
}

impl LibavError {
    /// Wraps FFmpeg's error with what was being done.
    fn of(what: &'static str) -> impl Fn(ff::Error) -> Self {
        move |cause| Self::Failed { what, cause: cause.to_string() }
    }

    /// Wraps a negative return code.
    fn code(what: &'static str, code: i32) -> Self {
        Self::Failed { what, cause: ff::Error::from(code).to_string() }
    }
}

/// Initialises the libraries once and lowers their log to fatal errors: what they say about a peer's bytes is counted
/// by the caller, never printed.
fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Initialisation can only fail on platforms without the libraries, and those don't link.
        let _ = ff::init();
        ff::log::set_level(ff::log::Level::Fatal);
    });
}

/// Whether a receive call only says "give me more first" or "that was all".
fn is_drained(error: &ff::Error) -> bool {
    matches!(error, ff::Error::Eof) || matches!(error, ff::Error::Other { errno } if *errno == ff::error::EAGAIN)
}
