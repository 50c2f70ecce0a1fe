//! Real routing tables, ranges and databases, from `../shared/data`; each test says so and passes where that folder is
//! missing.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use network::import::{Format, Options};
use network::{ImportError, Imported, Kind, NetworkMap, import};

fn data(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data")).join(name);
    let there = path.exists();
    if !there {
        eprintln!("skipped: {name} is not there");
    }
    there.then_some(path)
}

fn bring(source: &Path, directory: &Path, options: &Options) -> Result<Imported, ImportError> {
    import(source, directory, options, &mut |_| {})
}

fn dated(date: &str) -> Options {
    Options { date: Some(date.parse().unwrap()), ..Options::default() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn the_routing_table_of_july_2002_maps_the_relays_of_its_spam() {
    let Some(rib) = data("rib.20020722.2337.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut reports = Vec::new();
    let imported = import(&rib, folder.path(), &Options::default(), &mut |progress| reports.push(progress)).unwrap();
    assert_eq!((imported.kind, imported.format), (Kind::Routes, Format::Mrt));
    assert_eq!(imported.date, "2002-07-22".parse().unwrap());
    assert_eq!(imported.rows + imported.rejected.total(), 115_521, "{}", imported.rejected);
    assert!(reports.len() >= 10 && reports.is_sorted_by_key(|progress| progress.bytes));
    assert!(imported.new);
    assert!(!bring(&rib, folder.path(), &Options::default()).unwrap().new, "the same table twice adds nothing");

    let map = NetworkMap::open(folder.path()).unwrap();
    // Relays of spam of that summer.
    for (address, prefix, asn) in [
        ("217.88.208.175", "217.80.0.0/12", 3320), // Deutsche Telekom
        ("80.16.107.90", "80.16.0.0/15", 3269),    // Telecom Italia
        ("61.174.203.252", "61.174.0.0/16", 4134), // China Telecom
    ] {
        let network = map.lookup(ip(address), at("2002-08-27T12:00:00Z"));
        assert_eq!(network.prefix.map(|prefix| prefix.to_string()).as_deref(), Some(prefix), "{address}");
        assert_eq!(network.asn, Some(asn), "{address}");
        assert_eq!(network.as_of, Some("2002-07-22".parse().unwrap()));
    }
    assert_eq!(map.lookup(ip("10.1.2.3"), at("2002-08-27T12:00:00Z")).asn, None);

    let Some(spam) = data("spamassassin-spam-1.tar.xz") else { return };
    let relays = relays_of(&spam);
    assert_eq!(relays.len(), 500);
    let mapped = relays.iter().filter(|relay| map.lookup(**relay, at("2002-07-22T12:00:00Z")).asn.is_some()).count();
    assert!(mapped >= 450, "{mapped} of 500 relays have an origin AS");
}

fn relays_of(archive: &Path) -> Vec<IpAddr> {
    let mut archive = tar::Archive::new(liblzma::read::XzDecoder::new(fs::File::open(archive).unwrap()));
    let mut relays = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut content = Vec::new();
        entry.unwrap().read_to_end(&mut content).unwrap();
        relays.extend(message::relay(&content, &[]).map(|relay| relay.address));
    }
    relays
}

#[test]
fn awkward_routing_tables_are_read_and_updates_are_told_from_a_table() {
    let folder = tempfile::tempdir().unwrap();
    for (name, rows, rejected) in [("bview.64k_stream_overflow.gz", 23, 0), ("bview.ipv6_unicast_add_path.gz", 60, 2)] {
        let Some(source) = data(name) else { return };
        let imported = bring(&source, folder.path(), &Options::default()).unwrap();
        assert_eq!((imported.rows, imported.rejected.total()), (rows, rejected), "{name}: {}", imported.rejected);
    }
    let Some(source) = data("updates.20020722.2238.gz") else { return };
    let error = bring(&source, folder.path(), &Options::default()).unwrap_err().to_string();
    assert!(error.contains("updates.20020722") && error.contains("import a table dump"), "{error}");
}

#[test]
fn ranges_of_iptoasn_give_as_holder_and_country() {
    let Some(source) = data("ip2asn-v4-sample.tsv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let error = bring(&source, folder.path(), &Options::default()).unwrap_err();
    assert!(matches!(error, ImportError::NoDate(_)) && error.to_string().contains("--date"), "{error}");
    let imported = bring(&source, folder.path(), &dated("2020-01-01")).unwrap();
    assert_eq!(imported.kind, Kind::IpToAsn);
    assert_eq!(imported.rows + imported.rejected.total(), 1427, "{}", imported.rejected);
    let map = NetworkMap::open(folder.path()).unwrap();
    // Every row is answered as it stands.
    let mut checked = 0;
    for row in fs::read_to_string(&source).unwrap().lines() {
        let fields: Vec<&str> = row.split('\t').collect();
        let network = map.lookup(ip(fields[1]), at("2020-06-01T00:00:00Z"));
        let asn = fields[2].parse::<u32>().ok().filter(|asn| *asn != 0);
        assert_eq!(network.asn, asn, "{row}");
        if asn.is_some() {
            assert!(network.prefix.unwrap().contains(&ip(fields[1])), "{row}");
            assert!(network.provider.is_some(), "{row}");
            checked += 1;
        }
    }
    assert!(checked > 500, "{checked}");
}

#[test]
fn mmdb_databases_give_as_and_country() {
    let (Some(asn), Some(country)) = (data("GeoLite2-ASN-Test.mmdb"), data("GeoLite2-Country-Test.mmdb")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(bring(&asn, folder.path(), &Options::default()).unwrap().kind, Kind::MmdbAsn);
    assert_eq!(bring(&country, folder.path(), &Options::default()).unwrap().kind, Kind::MmdbCountry);
    let map = NetworkMap::open(folder.path()).unwrap();
    let now = at("2026-01-01T00:00:00Z");
    let network = map.lookup(ip("1.128.0.1"), now);
    assert_eq!((network.asn, network.provider.as_deref()), (Some(1221), Some("Telstra Pty Ltd")));
    assert_eq!(map.lookup(ip("::ffff:1.128.0.1"), now).asn, Some(1221));
    assert_eq!(map.lookup(ip("2.125.160.216"), now).country.map(|c| c.to_string()).as_deref(), Some("GB"));
    assert_eq!(map.lookup(ip("2001:218::1"), now).country.map(|c| c.to_string()).as_deref(), Some("JP"));
}

#[test]
fn every_corrupt_mmdb_is_refused_with_a_clear_word() {
    let Some(folder) = data("bad-mmdb") else { return };
    let into = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for implementation in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for file in fs::read_dir(implementation).unwrap().map(|entry| entry.unwrap().path()) {
            seen += 1;
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            match bring(&file, into.path(), &Options::default()) {
                Ok(imported) => panic!("{name}: {imported:?}"),
                Err(error) => {
                    let text = error.to_string();
                    let mends = ["fetch it again", "--date", "nothing in it could be used", "name it with --format"];
                    assert!(text.contains(&name) && mends.iter().any(|mend| text.contains(mend)), "{text}");
                    eprintln!("{text}");
                }
            }
        }
    }
    assert_eq!(seen, 21);
    assert!(NetworkMap::open(into.path()).unwrap().is_empty(), "nothing of a corrupt file is kept");
}

#[test]
fn a_lookup_is_as_of_the_time_and_a_damaged_dataset_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let csv = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let networks = folder.path().join("networks");
    bring(&csv("2008.csv", "prefix,asn\n240.7.0.0/16,64500\n"), &networks, &dated("2008-11-01")).unwrap();
    bring(&csv("2010.csv", "prefix,asn\n240.7.0.0/16,64501\n"), &networks, &dated("2010-01-01")).unwrap();
    bring(&csv("who.csv", "asn,provider\n64500,\"McColo, or so\"\n64501,Heir\n"), &networks, &dated("2008-01-01"))
        .unwrap();
    let map = NetworkMap::open(&networks).unwrap();
    let provider = |time: &str| map.lookup(ip("240.7.1.2"), at(time)).provider;
    assert_eq!(provider("2008-11-11T21:30:00Z").as_deref(), Some("McColo, or so"));
    assert_eq!(provider("2010-06-01T00:00:00Z").as_deref(), Some("Heir"));
    assert_eq!(provider("2002-06-01T00:00:00Z").as_deref(), Some("McColo, or so"), "better later data than none");

    let file = fs::read_dir(&networks).unwrap().map(|entry| entry.unwrap().path()).next().unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let error = NetworkMap::open(&networks).unwrap_err().to_string();
    assert!(error.contains("checksum") && error.contains("trapline import networks"), "{error}");
}
