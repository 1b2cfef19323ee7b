//! The data folder: what the embedded parts keep.

use crate::runtime::OsEntropy;
use course_seats_application::ports::Entropy;
use secrecy::SecretString;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system does not let us.
    #[error(
        "the data folder {folder} cannot be used: {source}; DATA_DIR sets another one",
        folder = folder.display()
    )]
    Unusable {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has it.
    #[error(
        "the data folder {folder} is in use by another process; DATA_DIR sets another one",
        folder = .0.display()
    )]
    InUse(PathBuf),
}

/// A data folder that is ours: two processes in one would not see each other's sandbox. Given back
/// when it is dropped, or when the process dies.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Takes the folder, which is made if it is not there.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        make(path)?;
        let wrong = unusable(path);
        let file = File::create(path.join("lock")).map_err(&wrong)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: file }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(wrong(source)),
        }
    }

    /// Where the sandbox keeps its files.
    pub fn sandbox(&self) -> PathBuf {
        sandbox(&self.path)
    }

    /// The secret of invite tokens: made once, so that invites survive a restart.
    pub fn invite_secret(&self) -> Result<SecretString, FolderError> {
        let wrong = unusable(&self.path);
        let path = self.path.join("invite-secret");
        match std::fs::read_to_string(&path) {
            Ok(secret) if secret.trim().len() >= 32 => {
                return Ok(SecretString::from(secret.trim()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(error)),
        }
        let entropy = OsEntropy;
        let secret = format!("{}{}", entropy.uuid().simple(), entropy.uuid().simple());
        // Written beside and moved into place, so that a kill leaves no half of it.
        let beside = path.with_extension("new");
        write_private(&beside, &secret)
            .and_then(|()| std::fs::rename(&beside, &path))
            .map_err(wrong)?;
        Ok(SecretString::from(secret))
    }
}

/// Where in a data folder the sandbox keeps its files.
pub fn sandbox(folder: &Path) -> PathBuf {
    folder.join("sandbox")
}

/// Makes the folder if it is not there.
pub fn make(path: &Path) -> Result<(), FolderError> {
    std::fs::create_dir_all(path).map_err(unusable(path))
}

fn unusable(folder: &Path) -> impl Fn(io::Error) -> FolderError + '_ {
    |source| FolderError::Unusable { folder: folder.to_owned(), source }
}

#[cfg(unix)]
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(not(unix))]
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    std::fs::write(path, text)
}
