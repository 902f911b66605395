//! `airclass check-upload`: looks at one uploaded file and prints what it is. The server starts it for each upload.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::db::UploadKind;
use crate::uploads::check;

#[derive(Debug, Args)]
pub(super) struct CheckUpload {
    /// deck or clip.
    kind: String,
    /// The file.
    path: PathBuf,
}

impl CheckUpload {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let kind = UploadKind::from_text(&self.kind).context("deck or clip")?;
        println!("{}", serde_json::to_string(&check::look(kind, &self.path))?);
        Ok(())
    }
}
