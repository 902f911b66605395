//! The recording's files: appended and synced, or replaced whole. The only module that writes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is about to be done, for [`Disk::with_faults`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// So many bytes are appended to a segment.
    Append(usize),
    /// What was appended is made durable.
    Sync,
    /// A file is written whole and moved into place.
    Replace,
}

/// Decides whether an operation fails.
type Fault = Arc<dyn Fn(Operation) -> io::Result<()> + Send + Sync>;

/// Access to one recording's folder.
#[derive(Clone)]
pub struct Disk {
    folder: PathBuf,
    fault: Option<Fault>,
}

/// A segment being appended to. Its good length is what was synced.
pub struct Appending {
    file: File,
    good: u64,
}

impl Disk {
    /// The folder, made if it is not there.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), fault: None })
    }

    /// The same, with a say in every operation: an error returned by `fault` is taken for the operation's own.
    pub fn with_faults(mut self, fault: impl Fn(Operation) -> io::Result<()> + Send + Sync + 'static) -> Self {
        self.fault = Some(Arc::new(fault));
        self
    }

    /// The recording's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn check(&self, operation: Operation) -> io::Result<()> {
        self.fault.as_ref().map_or(Ok(()), |fault| fault(operation))
    }

    /// Creates an empty file to append to; a file of that name is an error, nothing is ever overwritten.
    pub fn create(&self, name: &str) -> io::Result<Appending> {
        self.check(Operation::Append(0))?;
        let path = self.folder.join(name);
        let parent = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent)?;
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        sync_folder(parent)?;
        Ok(Appending { file, good: 0 })
    }

    /// Appends and makes durable; returns where the bytes begin. After an error the file is as it was before.
    pub fn append(&self, to: &mut Appending, data: &[u8]) -> io::Result<u64> {
        let at = to.good;
        let done = self
            .check(Operation::Append(data.len()))
            .and_then(|()| to.file.write_all_at(data, at))
            .and_then(|()| self.check(Operation::Sync))
            .and_then(|()| to.file.sync_data());
        if let Err(error) = done {
            // Cutting off what is half written needs no room, so it works on a full disk too.
            let _ = to.file.set_len(at);
            return Err(error);
        }
        to.good += data.len() as u64;
        Ok(at)
    }

    /// Changes bytes that were appended before.
    pub fn patch(&self, file: &Appending, at: u64, data: &[u8]) -> io::Result<()> {
        if at + data.len() as u64 > file.good {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.check(Operation::Sync)?;
        file.file.write_all_at(data, at)?;
        file.file.sync_data()
    }

    /// Writes a file whole: a reader sees the old one or the new one, also after a power cut.
    pub fn replace(&self, name: &str, data: &[u8]) -> io::Result<()> {
        self.check(Operation::Replace)?;
        let path = self.folder.join(name);
        let parent = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent)?;
        let partial = self.folder.join(format!("{name}.part"));
        let mut file = File::create(&partial)?;
        file.write_all(data)?;
        file.sync_data()?;
        fs::rename(&partial, &path)?;
        sync_folder(parent)
    }

    /// Removes a file that holds nothing worth keeping; that it stays is no harm.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.folder.join(name));
    }

    /// Opens a log of lines at its end; a line that a crash cut off is taken away.
    pub fn open_lines(&self, name: &str) -> io::Result<Appending> {
        let path = self.folder.join(name);
        let whole = match fs::read(&path) {
            Ok(data) => data.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1) as u64,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
        file.set_len(whole)?;
        Ok(Appending { file, good: whole })
    }
}

impl Appending {
    /// Bytes that are durable.
    pub fn len(&self) -> u64 {
        self.good
    }

    /// Whether nothing was appended yet.
    pub fn is_empty(&self) -> bool {
        self.good == 0
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_append_leaves_what_was_durable() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path()).unwrap();
        let mut file = disk.create("camera/00000.m4s").unwrap();
        disk.append(&mut file, b"whole").unwrap();
        let failing = disk.clone().with_faults(|operation| match operation {
            Operation::Sync => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        });
        assert!(failing.append(&mut file, b"half").is_err());
        assert_eq!(fs::read(folder.path().join("camera/00000.m4s")).unwrap(), b"whole");
        assert_eq!(disk.append(&mut file, b"!").unwrap(), 5);
        assert!(disk.create("camera/00000.m4s").is_err());
    }

    #[test]
    fn a_cut_line_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("timeline.jsonl"), "{}\n{\"a").unwrap();
        let disk = Disk::open(folder.path()).unwrap();
        let mut lines = disk.open_lines("timeline.jsonl").unwrap();
        disk.append(&mut lines, b"[]\n").unwrap();
        assert_eq!(fs::read(folder.path().join("timeline.jsonl")).unwrap(), b"{}\n[]\n");
    }
}
