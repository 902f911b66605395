//! Makes the files for a fake camera by hand: `airclass-load FOLDER`.
#![forbid(unsafe_code)]

use std::path::PathBuf;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("usage: airclass-load FOLDER")?);
    println!("{}", airclass_load::camera::picture(&folder)?.display());
    println!("{}", airclass_load::camera::sound(&folder)?.display());
    Ok(())
}
