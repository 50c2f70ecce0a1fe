//! The web trap's settings, from those of the deployment.

use listener::ConnectionLimits;
use web_trap::{WebConfig, WebLimits};

use super::proxy_policy;
use crate::config::Config;

/// What the web trap is told at its start.
pub fn config(config: &Config) -> WebConfig {
    let connections =
        ConnectionLimits { total: config.web.max_connections, per_client: config.web.max_connections_per_address };
    WebConfig {
        proxy: proxy_policy(&config.trusted_proxies),
        limits: WebLimits { connections, ..WebLimits::default() },
        ..WebConfig::default()
    }
}
