//! Which peers may say who their client is.

use std::net::IpAddr;

use ipnet::IpNet;

/// The networks whose PROXY headers, `X-Forwarded-For` and `Forwarded` are believed.
///
/// Empty by default: client identity is earned. The list is short (an operator's own proxies), so a look-up goes
/// through it in order.
///
/// ```
/// let trusted: listener::TrustedProxies = ["127.0.0.0/8".parse()?, "2001:db8:1::/48".parse()?].into_iter().collect();
/// assert!(trusted.contains("127.0.0.1".parse()?));
/// assert!(trusted.contains("::ffff:127.0.0.1".parse()?), "a mapped IPv4 address is that IPv4 address");
/// assert!(!trusted.contains("192.0.2.1".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Nobody is trusted.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether this peer is trusted. An IPv4 address mapped into IPv6 (RFC 4291 section 2.5.5.2) counts as IPv4.
    pub fn contains(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|network| network.contains(&peer))
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The networks, as configured.
    pub fn networks(&self) -> &[IpNet] {
        &self.0
    }
}

impl FromIterator<IpNet> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = IpNet>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}
