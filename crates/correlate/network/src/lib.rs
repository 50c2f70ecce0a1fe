//! Address to prefix, AS, provider and country, at the event's time.
//!
//! ```text
//! MRT, MMDB, iptoasn, CSV ──import──▶ DIR/networks/<date>-<kind>-<n>.bin ──open──▶ NetworkMap ──lookup──▶ Network
//! ```
//!
//! - [`import`](mod@import) reads what people have and keeps what Trapline needs of it: one compact file for each
//!   source, with its date.
//! - A [`Dataset`] is what one such file says: ranges of addresses and their values, AS numbers and their holders.
//! - The [`NetworkMap`] holds all datasets and answers as of a time, since the provider behind an address in 2002
//!   is not the one of today.
//!
//! A lookup does no I/O, takes no lock and reads no clock.
//!
//! ```
//! use network::{DatasetBuilder, Kind, NetworkMap};
//!
//! let mut routes = DatasetBuilder::new();
//! routes.prefix("240.7.0.0/16".parse()?, Some(64500), None);
//! let (routes, _) = routes.build(Kind::Routes, "2008-11-11".parse()?);
//! let mut providers = DatasetBuilder::new();
//! providers.holder(64500, "Hosting Example", None);
//! let (providers, _) = providers.build(Kind::Providers, "2008-01-01".parse()?);
//!
//! let map = NetworkMap::new(vec![routes, providers]);
//! let network = map.lookup("240.7.1.2".parse()?, "2008-11-11T21:30:00Z".parse()?);
//! assert_eq!(network.prefix, Some("240.7.0.0/16".parse()?));
//! assert_eq!(network.asn, Some(64500));
//! assert_eq!(network.provider.as_deref(), Some("Hosting Example"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dataset;
mod file;
pub mod import;
mod map;
mod ranges;

pub use dataset::{Dataset, DatasetBuilder, Kind};
pub use file::LoadError;
pub use import::{ImportError, Imported, import};
pub use map::NetworkMap;
