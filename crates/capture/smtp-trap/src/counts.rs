//! What the mail trap counts about itself. Labels are from fixed lists, so that no client can make a new series.

use metrics::{Counter, Gauge, counter, gauge};
use model::{MailProtocol, SessionEnding, Trap};

/// Handles made once: a look-up by name for each message would cost more than the count.
pub(crate) struct Counts {
    smtp_sessions: Counter,
    lmtp_sessions: Counter,
    pub(crate) open_sessions: Gauge,
    endings: [Counter; 6],
    pub(crate) messages: Counter,
    pub(crate) message_bytes: Counter,
    pub(crate) client_bytes: Counter,
    issued: Counter,
    fixed: Counter,
    dictionary: Counter,
    pub(crate) foreign: Counter,
    pub(crate) malformed: Counter,
    pub(crate) too_many: Counter,
    pub(crate) passwords: Counter,
    pub(crate) command_errors: Counter,
    pub(crate) too_large: Counter,
    pub(crate) no_memory: Counter,
    pub(crate) journal_full: Counter,
    pub(crate) journal_failed: Counter,
    pub(crate) over_total: Counter,
    pub(crate) over_client: Counter,
    pub(crate) bad_proxy_header: Counter,
    pub(crate) accept_failed: Counter,
    pub(crate) tls_failed: Counter,
    pub(crate) lost_events: Counter,
}

impl Counts {
    pub(crate) fn new() -> Self {
        let session = |protocol: &'static str| counter!("smtp_sessions_total", "protocol" => protocol);
        let ending = |ending: SessionEnding| counter!("smtp_sessions_ended_total", "ending" => ending.name());
        let recipient = |kind: &'static str| counter!("smtp_recipients_total", "kind" => kind);
        let refused = |reason: &'static str| counter!("smtp_messages_refused_total", "reason" => reason);
        let turned_away = |reason: &'static str| counter!("smtp_connections_refused_total", "reason" => reason);
        Self {
            smtp_sessions: session("smtp"),
            lmtp_sessions: session("lmtp"),
            open_sessions: gauge!("smtp_sessions_open"),
            endings: [
                ending(SessionEnding::Quit),
                ending(SessionEnding::Dropped),
                ending(SessionEnding::Reset),
                ending(SessionEnding::TimedOut),
                ending(SessionEnding::Limit),
                ending(SessionEnding::Shutdown),
            ],
            messages: counter!("smtp_messages_total"),
            message_bytes: counter!("smtp_message_bytes_total"),
            client_bytes: counter!("smtp_client_bytes_total"),
            issued: recipient("issued"),
            fixed: recipient("static"),
            dictionary: recipient("dictionary"),
            foreign: recipient("foreign"),
            malformed: recipient("malformed"),
            too_many: recipient("too_many"),
            passwords: counter!("smtp_auth_attempts_total"),
            command_errors: counter!("smtp_command_errors_total"),
            too_large: refused("too_large"),
            no_memory: refused("no_memory"),
            journal_full: refused("journal_full"),
            journal_failed: refused("journal_failed"),
            over_total: turned_away("total_limit"),
            over_client: turned_away("client_limit"),
            bad_proxy_header: turned_away("proxy_header"),
            accept_failed: counter!("smtp_accept_errors_total"),
            tls_failed: counter!("smtp_tls_handshakes_failed_total"),
            lost_events: counter!("smtp_unacknowledged_events_lost_total"),
        }
    }

    pub(crate) fn began(&self, protocol: MailProtocol) {
        match protocol {
            MailProtocol::Lmtp => self.lmtp_sessions.increment(1),
            MailProtocol::Smtp | MailProtocol::Import => self.smtp_sessions.increment(1),
        }
        self.open_sessions.increment(1.0);
    }

    pub(crate) fn ended(&self, ending: SessionEnding) {
        self.open_sessions.decrement(1.0);
        let [quit, dropped, reset, timed_out, limit, shutdown] = &self.endings;
        match ending {
            SessionEnding::Quit => quit,
            SessionEnding::Dropped => dropped,
            SessionEnding::Reset => reset,
            SessionEnding::TimedOut => timed_out,
            SessionEnding::Limit => limit,
            SessionEnding::Shutdown => shutdown,
        }
        .increment(1);
    }

    pub(crate) fn recipient(&self, trap: &Trap) {
        match trap {
            Trap::Issued(_) => self.issued.increment(1),
            Trap::Static(_) => self.fixed.increment(1),
            Trap::Dictionary => self.dictionary.increment(1),
        }
    }
}
