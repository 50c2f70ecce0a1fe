//! Why the state can't be used, and what mends it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::state::FORMAT;

/// Why the state can't be used. Nothing was changed, unless it says so.
#[derive(Debug, Error)]
pub enum StateError {
    /// Another process has it open.
    #[error("the state at {} is in use by another process; stop it, or ask it instead", path.display())]
    InUse {
        /// The state's folder.
        path: PathBuf,
    },
    /// It was written by another version.
    #[error("the state at {} is in format {found}, and this version reads format {FORMAT}; run `trapline rebuild`", path.display())]
    Format {
        /// The state's folder.
        path: PathBuf,
        /// The format that it says it is in.
        found: String,
    },
    /// What is on disk isn't what was written.
    #[error("the state at {} is damaged ({detail}); run `trapline rebuild`", path.display())]
    Damaged {
        /// The state's folder.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The disk refused.
    #[error("the state at {} could not be read or written: {error}", path.display())]
    Io {
        /// The state's folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl StateError {
    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }

    pub(crate) fn damaged(path: &Path, detail: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), detail: detail.into() }
    }

    pub(crate) fn store(path: &Path, error: fjall::Error) -> Self {
        match error {
            fjall::Error::Locked => Self::InUse { path: path.to_owned() },
            // A file that ends too early or is missing is damage, not a disk that refuses.
            fjall::Error::Io(error)
                if !matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound) =>
            {
                Self::io(path, error)
            }
            other => Self::damaged(path, other.to_string()),
        }
    }
}
