//! What went wrong, in a user's words, and the exit code that says it to a script.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A failure as the user sees it: the message names what, where and the mend.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// What sort of failure, for the exit code.
    pub kind: Kind,
    /// What, where, and the mend.
    pub message: String,
}

/// Sorts of failure, each with an exit code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something failed that is none of those below: exit code 1.
    Failed,
    /// The configuration or the directory is not as it must be: exit code 3.
    Config,
    /// The input can't be used: exit code 4.
    Input,
    /// What was asked for isn't there: exit code 5.
    NotFound,
    /// It may work later: a full disk, a server that is stopping: exit code 75, as in `sysexits.h`.
    Temporary,
}

impl Kind {
    /// The exit code. 0 is success and 2 a wrong command line.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Config => 3,
            Self::Input => 4,
            Self::NotFound => 5,
            Self::Temporary => 75,
        }
    }
}

impl Failure {
    /// A failure of this kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Input that can't be used.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Kind::Input, message)
    }

    /// Something asked for that isn't there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Errors of the stores keep their words, which name the mend.
macro_rules! failure_from {
    ($kind:ident: $($error:ty),+ $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::new(Kind::$kind, error.to_string())
            }
        })+
    };
}

failure_from!(Config: journal::OpenError, registry::RegistryError);
#[cfg(feature = "full")]
failure_from!(Config: state::StateError);
#[cfg(feature = "full")]
failure_from!(Failed: lake::LakeError, journal::ReadError);
#[cfg(feature = "full")]
failure_from!(Input: query::QueryError);

#[cfg(feature = "full")]
impl From<journal::AppendError> for Failure {
    fn from(error: journal::AppendError) -> Self {
        Self::new(Kind::Temporary, error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => failure,
            Err(error) => Self::new(Kind::Failed, format!("{error:#}")),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let kind = if error.kind() == std::io::ErrorKind::StorageFull { Kind::Temporary } else { Kind::Failed };
        Self::new(kind, error.to_string())
    }
}
