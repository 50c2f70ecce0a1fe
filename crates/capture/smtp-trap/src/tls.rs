//! STARTTLS's other half: the certificate, and what was negotiated.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::TlsSession;
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig, ServerConnection};

use crate::config::StartTls;

/// Ten years, as distributions make them for a new mail server.
const LIFETIME_DAYS: i64 = 3650;

/// Why there is no TLS.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// The certificate's PEM can't be read.
    #[error("the certificate is not PEM: {0}; give the file that has `-----BEGIN CERTIFICATE-----`")]
    Certificate(String),
    /// The key's PEM can't be read.
    #[error("the private key is not PEM: {0}; give the file that has `-----BEGIN PRIVATE KEY-----`, unencrypted")]
    PrivateKey(String),
    /// They don't fit each other, or the key is of a kind that isn't supported.
    #[error("certificate and private key cannot be used: {0}; give the key that the certificate was made for")]
    Unusable(#[from] rustls::Error),
    /// None could be made.
    #[error("no certificate could be made for {hostname:?}: {reason}; give a host name, or a certificate of your own")]
    NotMade {
        /// The name it was to be for.
        hostname: String,
        /// What was wrong.
        reason: rcgen::Error,
    },
}

/// What accepts TLS connections; none where it is off.
pub(crate) fn acceptor(
    starttls: &StartTls,
    hostname: &str,
    now: Timestamp,
) -> Result<Option<TlsAcceptor>, CertificateError> {
    let (chain, key) = match starttls {
        StartTls::Off => return Ok(None),
        StartTls::SelfMade => self_made(hostname, now)
            .map_err(|reason| CertificateError::NotMade { hostname: hostname.to_owned(), reason })?,
        StartTls::Pem { certificates, private_key } => from_pem(certificates, private_key)?,
    };
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn from_pem(certificates: &[u8], private_key: &[u8]) -> Result<Identity, CertificateError> {
    let chain = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CertificateError::Certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(CertificateError::Certificate("it has no certificate in it".to_owned()));
    }
    let key =
        PrivateKeyDer::from_pem_slice(private_key).map_err(|error| CertificateError::PrivateKey(error.to_string()))?;
    Ok((chain, key))
}

/// A certificate that nobody vouches for. Its dates and names are this host's, not the maker's usual ones: those
/// (1975 to 4096, "rcgen self signed cert") would be a string by which a scan finds traps.
fn self_made(hostname: &str, now: Timestamp) -> Result<Identity, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec![hostname.to_owned()])?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, hostname);
    let midnight = |at: Timestamp| {
        let at = at.to_zoned_datetime(TimeZone::UTC);
        date_time_ymd(i32::from(at.year()), at.month().unsigned_abs(), at.day().unsigned_abs())
    };
    params.not_before = midnight(now);
    params.not_after = midnight(now.saturating_add(SignedDuration::from_hours(24 * LIFETIME_DAYS)).unwrap_or(now));
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok((vec![certificate.der().clone()], key))
}

/// What was negotiated, by its registered names.
pub(crate) fn negotiated(connection: &ServerConnection) -> TlsSession {
    let version = match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
        _ => "",
    };
    // rustls has TLS 1.3's suites as TLS13_…; IANA's registry has TLS_….
    let cipher = connection
        .negotiated_cipher_suite()
        .map(|suite| format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1))
        .unwrap_or_default();
    TlsSession { version: version.to_owned(), cipher }
}
