//! How answers, progress and failures are shown: text for people, JSON for programs, nothing but the answer in a pipe.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::failure::Failure;

/// What a command says in the end: serialised with `--json`, otherwise as its `Display` has it.
pub trait Answer: Serialize + fmt::Display {}
impl<T: Serialize + fmt::Display> Answer for T {}

/// Where and how to show things.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    /// Shows JSON or text; progress bars unless `quiet`.
    pub fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether answers are JSON.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Shows an answer. A reader that has gone away (`| head`) is no failure.
    pub fn answer(self, answer: &impl Answer) -> Result<(), Failure> {
        let text = if self.json {
            serde_json::to_string_pretty(answer).map_err(anyhow::Error::from)?
        } else {
            answer.to_string()
        };
        self.text(text.trim_end())
    }

    /// Shows a line, or several.
    pub fn text(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Writes bytes as they are.
    pub fn bytes(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Shows a failure: on standard error, as text or JSON.
    pub fn failure(self, failure: &Failure) {
        let said = if self.json {
            serde_json::to_string(failure).unwrap_or_else(|_| failure.to_string())
        } else {
            format!("trapline: {failure}")
        };
        // Nobody to tell is no reason to fail otherwise than by the exit code.
        let _ = writeln!(io::stderr(), "{said}");
    }

    /// A word for a person at a terminal, beside the answer; nothing with `--json`, with `--quiet` or in a pipe.
    pub fn note(self, note: &str) {
        if !self.json && !self.quiet && io::stderr().is_terminal() {
            let _ = writeln!(io::stderr(), "{note}");
        }
    }

    /// A progress bar over `total` units, shown on a terminal only.
    pub fn progress(self, total: u64, template: &str) -> ProgressBar {
        let target = if self.quiet || !io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(10)
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// A line below the names, and nothing else but space.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with these column names. Columns named in `right` are numbers.
pub fn table(columns: &[&str], right: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.to_vec());
    for index in right {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A number with its thousands set apart: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Text from a stranger, safe to show on a terminal: control characters and the like escaped, cut at `limit` characters.
pub fn printable(text: &str, limit: usize) -> String {
    let mut out: String = text
        .chars()
        .take(limit)
        .flat_map(|c| {
            // Control characters steer terminals; bidirectional overrides make text read otherwise than it is.
            let steers = c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if steers { c.escape_default().collect::<Vec<_>>() } else { vec![c] }
        })
        .collect();
    if text.chars().nth(limit).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let said = [0, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(said, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn a_strangers_text_cannot_steer_the_terminal() {
        assert_eq!(printable("\u{1b}[2Jhello\r\n", 20), "\\u{1b}[2Jhello\\r\\n");
        assert_eq!(printable("abc\u{202e}fed", 20), "abc\\u{202e}fed");
        assert_eq!(printable("abcdef", 3), "abc…");
    }
}
