use crate::SandboxError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

/// A file of JSON lines that only grows: one line a change.
///
/// A line is one write to the system, made before the call answers: a killed process loses
/// nothing that was answered. (Only a machine that loses its power may; a sandbox bears that.)
pub(crate) struct Journal {
    file: File,
    length: u64,
    torn: bool,
}

impl Journal {
    /// Opens the file, hands over every change in it, and cuts off a last line that a killed
    /// process left torn: it was never answered.
    pub(crate) fn open<E: DeserializeOwned>(
        path: &Path,
        mut each: impl FnMut(E),
    ) -> Result<Self, SandboxError> {
        let mut file = options().open(path).map_err(SandboxError::file(path))?;
        // Two histories in one file could not be replayed. The lock goes with the process; a file
        // system that knows no locks is used without.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(SandboxError::InUse { path: path.to_owned() });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(SandboxError::file(path))?;
        let mut length = 0_u64;
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            if line.last() != Some(&b'\n') {
                file.set_len(length).map_err(SandboxError::file(path))?;
                break;
            }
            each(serde_json::from_slice(line).map_err(|error| SandboxError::Corrupt {
                path: path.to_owned(),
                line: index + 1,
                // Without what stands there, which may be somebody's address or a key.
                reason: format!("{:?} error in column {}", error.classify(), error.column()),
            })?);
            length += line.len() as u64;
        }
        Ok(Self { file, length, torn: false })
    }

    /// Adds one change. If it fails, nothing was added.
    pub(crate) fn append<E: Serialize>(&mut self, change: &E) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.length)?;
            self.torn = false;
        }
        let mut line = serde_json::to_vec(change)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            // A full disk may have taken half a line: the next line must not follow on it.
            self.torn = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

/// For reading and appending, and for nobody else: the files hold a signing key and mails.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> (Journal, Vec<String>) {
        let mut lines = Vec::new();
        let journal = Journal::open(path, |line: String| lines.push(line)).unwrap();
        (journal, lines)
    }

    #[test]
    fn keeps_what_was_appended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let (mut journal, lines) = read(&path);
        assert!(lines.is_empty());
        journal.append(&"one\ntwo").unwrap();
        journal.append(&"three").unwrap();
        drop(journal);
        assert_eq!(read(&path).1, ["one\ntwo", "three"]);
    }

    #[test]
    fn cuts_off_a_torn_last_line_and_goes_on_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, "\"one\"\n\"tw").unwrap();
        let (mut journal, lines) = read(&path);
        assert_eq!(lines, ["one"]);
        journal.append(&"two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "\"one\"\n\"two\"\n");
    }

    #[test]
    fn belongs_to_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let (mine, _) = read(&path);
        let error = Journal::open(&path, |_: String| ()).err().unwrap();
        assert!(matches!(error, SandboxError::InUse { .. }), "{error}");
        drop(mine);
        read(&path);
    }

    #[test]
    fn refuses_a_whole_line_that_it_cannot_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, "\"one\"\nnonsense\n\"three\"\n").unwrap();
        let error = Journal::open(&path, |_: String| ()).err().unwrap();
        assert!(matches!(error, SandboxError::Corrupt { line: 2, .. }), "{error}");
    }
}
