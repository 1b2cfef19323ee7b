use std::path::{Path, PathBuf};

/// Why the sandbox could not be opened, or its clock not turned.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A file of it could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has it open.
    #[error("{path} is in use by another process")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A file of it holds something that it never wrote.
    #[error(
        "{path}, line {line} is not what was written there ({reason}); bring the file back from a \
         copy, or begin anew with an empty data folder"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The signing key could not be made or read.
    #[error("the signing key: {0}")]
    Key(String),
    /// A time that the sandbox clock does not show.
    #[error("the sandbox clock goes from the year 1970 to the year 9998")]
    OutOfRange,
}

impl SandboxError {
    /// For `map_err`: what the system said about this file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::File { path: path.to_owned(), source }
    }
}
