//! What a web trap counts. Labels come from fixed lists, never from what a client sent.

use metrics::{Counter, Gauge, counter, gauge};

/// Handles, looked up once.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Trap pages served.
    pub(crate) trap_pages: Counter,
    /// `robots.txt` served.
    pub(crate) robots: Counter,
    /// Pages served from where `robots.txt` forbids to go.
    pub(crate) forbidden: Counter,
    /// Comment forms taken.
    pub(crate) posts: Counter,
    /// Requests for no site.
    pub(crate) unknown: Counter,
    /// Requests by a method that no site has.
    pub(crate) other_methods: Counter,
    /// Requests that were refused unread.
    pub(crate) refused: Counter,
    /// Requests that got 503 since their record could not be taken.
    pub(crate) unavailable: Counter,
    /// Connections open.
    pub(crate) connections: Gauge,
    /// Connections dropped because too many are open in all.
    pub(crate) too_many: Counter,
    /// Connections dropped because their client has too many open.
    pub(crate) too_many_of_client: Counter,
    /// Connections dropped because their PROXY header was missing or broken.
    pub(crate) no_identity: Counter,
}

impl Metrics {
    /// The handles of the recorder that is installed.
    pub(crate) fn new() -> Self {
        let request = |kind: &'static str| counter!("trapline_web_requests_total", "kind" => kind);
        let dropped = |reason: &'static str| counter!("trapline_web_connections_dropped_total", "reason" => reason);
        Self {
            trap_pages: request("trap_page"),
            robots: request("robots"),
            forbidden: request("forbidden_path"),
            posts: request("post"),
            unknown: request("unknown_site"),
            other_methods: request("other_method"),
            refused: request("refused"),
            unavailable: request("unavailable"),
            connections: gauge!("trapline_web_connections"),
            too_many: dropped("limit_in_all"),
            too_many_of_client: dropped("limit_of_client"),
            no_identity: dropped("proxy_header"),
        }
    }
}

/// What the recorder counts.
#[derive(Debug)]
pub(crate) struct RecorderMetrics {
    /// Events that are not durable yet.
    pub(crate) waiting: Gauge,
    /// Events written.
    pub(crate) written: Counter,
    /// Attempts to write that failed.
    pub(crate) failures: Counter,
}

impl RecorderMetrics {
    /// The handles of the recorder that is installed.
    pub(crate) fn new() -> Self {
        Self {
            waiting: gauge!("trapline_web_events_waiting"),
            written: counter!("trapline_web_events_written_total"),
            failures: counter!("trapline_web_journal_failures_total"),
        }
    }
}
