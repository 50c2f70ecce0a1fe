//! Why a question got no answer, in words for who asked it.

use std::time::Duration;

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use lake::Table;

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The question is not SQL, or names something that isn't there. The text says what, and often what was meant.
    #[error("{0}")]
    Question(String),
    /// The text would change something, or read something other than the lake.
    #[error("only questions are answered (SELECT, EXPLAIN, SHOW, DESCRIBE), one at a time: {0}")]
    NotAQuestion(String),
    /// It took longer than it may.
    #[error("no answer within {} s: ask about fewer days (WHERE day BETWEEN '2008-11-01' AND '2008-11-11')", .0.as_secs())]
    TooLong(Duration),
    /// It needed more memory than it may have.
    #[error("the answer needs more memory than questions may have: ask about fewer days, or fewer columns ({0})")]
    TooMuchMemory(String),
    /// The lake could not be read, or the engine failed.
    #[error("the question could not be answered: {0}")]
    Failed(String),
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        let text = plain(&error);
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Self::TooMuchMemory(text),
            DataFusionError::SQL(..) | DataFusionError::SchemaError(..) => Self::Question(text),
            DataFusionError::Plan(_) if is_refusal(&text) => Self::NotAQuestion(text),
            DataFusionError::NotImplemented(_) if text.contains("single SQL statement") => Self::NotAQuestion(text),
            DataFusionError::Plan(_) if text.contains("not found") && text.contains("table ") => {
                Self::Question(format!("{text}; the tables are {}", tables()))
            }
            DataFusionError::Plan(_) | DataFusionError::NotImplemented(_) => Self::Question(text),
            _ => Self::Failed(text),
        }
    }
}

impl From<ArrowError> for QueryError {
    fn from(error: ArrowError) -> Self {
        Self::Failed(error.to_string())
    }
}

fn is_refusal(text: &str) -> bool {
    ["DDL not supported", "DML not supported", "Statement not supported"].iter().any(|start| text.contains(start))
}

fn tables() -> String {
    Table::ALL.map(Table::name).join(", ")
}

/// The engine's words without what is of use only to its makers.
fn plain(error: &DataFusionError) -> String {
    let text = error.find_root().strip_backtrace();
    ["Error during planning: ", "Schema error: ", "SQL error: ", "This feature is not implemented: "]
        .iter()
        .fold(text, |text, start| text.strip_prefix(start).map_or(text.clone(), str::to_owned))
        .replace("trapline.lake.", "")
}
