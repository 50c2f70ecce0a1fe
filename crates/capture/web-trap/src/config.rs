//! What a web trap is told at its start: whom it believes, and how much it takes from a client.

use std::time::Duration;

use listener::{ConnectionLimits, ProxyPolicy, TrustedProxies};

/// The settings of a web trap.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Which peers are proxies, and whether they send a PROXY header. The same peers' `X-Forwarded-For` or
    /// `Forwarded` is believed.
    pub proxy: ProxyPolicy,
    /// Which header the trusted proxies write the client's address into.
    pub forwarded_header: ForwardedHeader,
    /// The limits.
    pub limits: WebLimits,
}

impl WebConfig {
    /// The default settings with these proxies trusted.
    pub fn trusting(proxies: TrustedProxies) -> Self {
        Self { proxy: ProxyPolicy::optional(proxies), ..Self::default() }
    }
}

impl Default for WebConfig {
    /// Nobody is trusted.
    fn default() -> Self {
        Self { proxy: ProxyPolicy::never(), forwarded_header: ForwardedHeader::default(), limits: WebLimits::default() }
    }
}

/// Which header a trusted proxy writes the client's address into.
///
/// It matters because a proxy passes on what it doesn't write: behind one that writes only `X-Forwarded-For`, a
/// `Forwarded` header is the client's own claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For` if there is one, else `Forwarded`. Right for proxies that always write the first.
    #[default]
    Either,
    /// `X-Forwarded-For` alone.
    XForwardedFor,
    /// `Forwarded` (RFC 7239) alone.
    Forwarded,
}

/// How much a web trap takes, in all and from one client.
#[derive(Clone, Debug)]
pub struct WebLimits {
    /// Connections open at once.
    pub connections: ConnectionLimits,
    /// Bytes of a request's head. At least 8,192.
    pub head_bytes: usize,
    /// Header fields of a request; at most 128.
    pub headers: usize,
    /// Bytes of a request's target; a longer one gets 414.
    pub target_bytes: usize,
    /// Bytes of a posted body; of a longer one this much is recorded.
    pub body_bytes: usize,
    /// Fields of a posted form; of more, these are recorded.
    pub fields: usize,
    /// Bytes of a field's name or value; of a longer one this much is recorded.
    pub field_bytes: usize,
    /// How long a connection may wait for its next request.
    pub idle_time: Duration,
    /// How long a request's head may take from its first byte.
    pub head_time: Duration,
    /// How long a posted body may take; of a slower one, what came is recorded.
    pub body_time: Duration,
    /// How long a client may take to take an answer.
    pub answer_time: Duration,
    /// How long a connection may be open before it is asked to close after its next answer.
    pub connection_time: Duration,
    /// How long open connections may go on after shutdown began.
    pub shutdown_time: Duration,
    /// How long a full journal is tried at shutdown before its visits are given up.
    pub drain_time: Duration,
    /// Bytes of long heads and posted bodies that all connections hold together; above it the answer is 503.
    pub held_bytes: usize,
    /// Visits waiting for the journal; above it the answer is 503.
    pub queued_visits: usize,
    /// Bytes of visits waiting for the journal; above it the answer is 503.
    pub queued_bytes: usize,
    /// How long visits are gathered before they are written together. Adds to the time until one is durable.
    pub gather_time: Duration,
    /// How long to wait before a journal that failed is tried again.
    pub retry_time: Duration,
    /// Bytes of prepared pages kept; those of sites that are visited least go first.
    pub page_cache_bytes: usize,
}

impl Default for WebLimits {
    fn default() -> Self {
        Self {
            connections: ConnectionLimits { total: 16_384, per_client: 128 },
            head_bytes: 16 << 10,
            headers: 100,
            target_bytes: 4 << 10,
            body_bytes: 64 << 10,
            fields: 64,
            field_bytes: 8 << 10,
            idle_time: Duration::from_secs(15),
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            answer_time: Duration::from_secs(30),
            connection_time: Duration::from_secs(300),
            shutdown_time: Duration::from_secs(5),
            drain_time: Duration::from_secs(30),
            held_bytes: 64 << 20,
            queued_visits: 65_536,
            queued_bytes: 64 << 20,
            gather_time: Duration::from_millis(20),
            retry_time: Duration::from_millis(250),
            page_cache_bytes: 16 << 20,
        }
    }
}
