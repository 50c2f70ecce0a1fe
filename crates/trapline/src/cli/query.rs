//! `trapline query`: SQL over the lake and what has not reached it yet.

use std::fmt;

use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value};

use super::output::{printable, table};
use super::{Output, ask};
use crate::deployment::Deployment;
use crate::engine::{QueryAnswer, Request};
use crate::failure::Failure;

const TABLES: &str = "\
Tables: visits, posts, sessions, deliveries, messages, probes.
`trapline query \"describe deliveries\"` shows a table's columns.
A condition on `day` (such as day >= date '2008-11-01') reads those days alone.";

/// Ask in SQL.
#[derive(Debug, Args)]
#[command(after_help = TABLES)]
pub struct Query {
    /// One statement that reads
    sql: String,
}

/// Characters of a value that a table shows.
const WIDTH: usize = 80;

impl Query {
    /// Carries it out.
    pub async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let answer: QueryAnswer = ask(deployment, output, Request::Query { sql: self.sql }).await?;
        output.answer(&Rows(answer))
    }
}

/// Rows: as a table, or as an array of objects.
struct Rows(QueryAnswer);

impl Serialize for Rows {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = |row: &Vec<Value>| -> Map<String, Value> {
            self.0.columns.iter().cloned().zip(row.iter().cloned()).collect()
        };
        serializer.collect_seq(self.0.rows.iter().map(object))
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<&str> = self.0.columns.iter().map(String::as_str).collect();
        let is_number = |index: &usize| self.0.rows.iter().any(|row| row.get(*index).is_some_and(Value::is_number));
        let numbers: Vec<usize> = (0..columns.len()).filter(is_number).collect();
        let mut rows = table(&columns, &numbers);
        for row in &self.0.rows {
            rows.add_row(row.iter().map(shown));
        }
        let count = self.0.rows.len();
        let more = if self.0.cut { ", and more than an answer may have: narrow the question" } else { "" };
        write!(f, "{rows}\n{count} row{}{more}", if count == 1 { "" } else { "s" })
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => printable(text, WIDTH),
        other => printable(&other.to_string(), WIDTH),
    }
}
