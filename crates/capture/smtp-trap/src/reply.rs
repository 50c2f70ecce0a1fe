//! What the trap says.
//!
//! Worded as the most widespread servers word it, and never with anything of the client's own in it: so that there is
//! no string by which a search would find traps, and nothing to inject into a reply. Codes: RFC 5321 section 4.2;
//! enhanced codes: RFC 3463.

/// A reply of one line, with its CRLF.
pub(crate) type Reply = &'static str;

pub(crate) const OK: Reply = "250 2.0.0 Ok\r\n";
pub(crate) const SENDER_OK: Reply = "250 2.1.0 Ok\r\n";
pub(crate) const RECIPIENT_OK: Reply = "250 2.1.5 Ok\r\n";
pub(crate) const CANNOT_VERIFY: Reply = "252 2.0.0 Cannot VRFY user, but will accept message and attempt delivery\r\n";
pub(crate) const HELP: Reply = "214 2.0.0 See RFC 5321\r\n";
pub(crate) const BYE: Reply = "221 2.0.0 Bye\r\n";
pub(crate) const READY_FOR_TLS: Reply = "220 2.0.0 Ready to start TLS\r\n";
pub(crate) const GO_AHEAD: Reply = "354 End data with <CR><LF>.<CR><LF>\r\n";

/// RFC 4954 section 4: an empty challenge.
pub(crate) const RESPONSE_WANTED: Reply = "334 \r\n";
/// `Username:` in base64, as AUTH LOGIN has it (draft-murchison-sasl-login).
pub(crate) const USER_WANTED: Reply = "334 VXNlcm5hbWU6\r\n";
/// `Password:` in base64.
pub(crate) const PASSWORD_WANTED: Reply = "334 UGFzc3dvcmQ6\r\n";
pub(crate) const NOT_AUTHENTICATED: Reply = "535 5.7.8 Error: authentication failed\r\n";
pub(crate) const NO_SUCH_MECHANISM: Reply = "504 5.5.4 Unrecognized authentication type\r\n";
pub(crate) const AUTH_CANCELLED: Reply = "501 5.7.0 Authentication aborted\r\n";
pub(crate) const AUTH_MALFORMED: Reply = "501 5.5.2 Malformed authentication response\r\n";

pub(crate) const NOT_UNDERSTOOD: Reply = "500 5.5.2 Error: command not recognized\r\n";
pub(crate) const LINE_TOO_LONG: Reply = "500 5.5.2 Error: line too long\r\n";
pub(crate) const NOT_IMPLEMENTED: Reply = "502 5.5.1 Error: command not implemented\r\n";
pub(crate) const HELLO_SYNTAX: Reply = "501 5.5.4 Syntax: EHLO hostname\r\n";
pub(crate) const MAIL_SYNTAX: Reply = "501 5.5.4 Syntax: MAIL FROM:<address>\r\n";
pub(crate) const RCPT_SYNTAX: Reply = "501 5.5.4 Syntax: RCPT TO:<address>\r\n";
pub(crate) const BDAT_SYNTAX: Reply = "501 5.5.4 Syntax: BDAT count [LAST]\r\n";
pub(crate) const VRFY_SYNTAX: Reply = "501 5.5.4 Syntax: VRFY address\r\n";
pub(crate) const AUTH_SYNTAX: Reply = "501 5.5.4 Syntax: AUTH mechanism\r\n";
pub(crate) const XFORWARD_SYNTAX: Reply = "501 5.5.4 Bad XFORWARD parameter syntax\r\n";
pub(crate) const NO_PARAMETERS: Reply = "501 5.5.4 Syntax error: no parameters allowed\r\n";
pub(crate) const BAD_PARAMETER: Reply = "501 5.5.4 Bad parameter value\r\n";
pub(crate) const UNKNOWN_PARAMETER: Reply = "555 5.5.4 Unsupported option\r\n";
pub(crate) const BAD_SENDER: Reply = "501 5.1.7 Bad sender address syntax\r\n";
pub(crate) const BAD_RECIPIENT: Reply = "501 5.1.3 Bad recipient address syntax\r\n";

pub(crate) const NESTED_MAIL: Reply = "503 5.5.1 Error: nested MAIL command\r\n";
pub(crate) const NEED_MAIL: Reply = "503 5.5.1 Error: need MAIL command\r\n";
pub(crate) const NEED_RECIPIENT: Reply = "503 5.5.1 Error: need RCPT command\r\n";
pub(crate) const NO_VALID_RECIPIENTS: Reply = "554 5.5.1 Error: no valid recipients\r\n";
pub(crate) const DATA_AMID_CHUNKS: Reply = "503 5.5.1 Error: DATA after BDAT\r\n";
pub(crate) const CHUNKS_FAILED: Reply = "503 5.5.1 Error: need RSET after a failed BDAT\r\n";
pub(crate) const AUTH_AMID_MAIL: Reply = "503 5.5.1 Error: MAIL transaction in progress\r\n";
pub(crate) const TLS_ACTIVE: Reply = "503 5.5.1 Error: TLS already active\r\n";

pub(crate) const RELAYING_DENIED: Reply = "550 5.7.1 Relay access denied\r\n";
pub(crate) const TOO_LARGE: Reply = "552 5.3.4 Message size exceeds fixed limit\r\n";
pub(crate) const TOO_MANY_RECIPIENTS: Reply = "452 4.5.3 Error: too many recipients\r\n";
pub(crate) const NO_STORAGE: Reply = "452 4.3.1 Insufficient system storage\r\n";
pub(crate) const NOT_NOW: Reply = "451 4.3.0 Error: queue file write error\r\n";

/// Why a session is ended with 421, before the client's QUIT. The host's name comes between code and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    Timeout,
    TooManyErrors,
    TooMuchMail,
    TooManyConnections,
    ShuttingDown,
}

impl Farewell {
    /// The reply of a host of this name.
    pub(crate) fn reply(self, hostname: &str) -> String {
        let (code, text) = match self {
            Self::Timeout => ("4.4.2", "Error: timeout exceeded"),
            Self::TooManyErrors => ("4.7.0", "Error: too many errors"),
            Self::TooMuchMail => ("4.7.0", "Error: too much mail in one session"),
            Self::TooManyConnections => ("4.7.0", "Error: too many connections"),
            Self::ShuttingDown => ("4.3.2", "Service shutting down"),
        };
        format!("421 {code} {hostname} {text}\r\n")
    }
}

/// The code of a reply, 0 if it has none.
pub(crate) fn code(reply: &str) -> u16 {
    reply.get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
