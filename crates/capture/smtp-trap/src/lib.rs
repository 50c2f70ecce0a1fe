//! The mail trap: receive-only SMTP and LMTP.
