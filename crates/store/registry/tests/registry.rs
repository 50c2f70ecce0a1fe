//! What an operator decides is kept, checked, and seen by a server that runs.

#![allow(clippy::unwrap_used)]

use model::Timestamp;
use registry::{NewSite, Registry, RegistryError};
use tempfile::TempDir;

const URL: &str = "sqlite:registry.sqlite";

async fn fresh() -> (TempDir, Registry) {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::open(URL, dir.path()).await.unwrap();
    (dir, registry)
}

fn now() -> Timestamp {
    "2008-11-11T21:30:00Z".parse().unwrap()
}

fn on(hosts: &[&str], slug: Option<&str>) -> NewSite {
    NewSite { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), slug: slug.map(str::to_owned), owner: None }
}

#[tokio::test]
async fn what_was_added_is_there_after_reopening() {
    let (dir, registry) = fresh().await;
    let site = registry.add_site(on(&["WWW.Example.org", "www.example.org"], Some("one")), now()).await.unwrap();
    assert_eq!((site.id.get(), site.hosts.as_slice()), (1, ["www.example.org".to_owned()].as_slice()));
    let domain = registry.add_domain("Traps.Example.", Some("ours"), now()).await.unwrap();
    let trap = registry.add_static_trap("Info@traps.example", None, now()).await.unwrap();
    drop(registry);
    let again = Registry::open(URL, dir.path()).await.unwrap();
    assert_eq!(again.sites().await.unwrap(), [site]);
    assert_eq!(again.domains().await.unwrap(), [domain]);
    assert_eq!(again.static_traps().await.unwrap(), [trap]);
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_and_nothing_changes() {
    let (_dir, registry) = fresh().await;
    registry.add_site(on(&["www.example.org"], Some("one")), now()).await.unwrap();
    registry.add_domain("traps.example", None, now()).await.unwrap();
    let revision = registry.revision().await.unwrap();
    let slug = registry.add_site(on(&[], Some("one")), now()).await.unwrap_err();
    assert!(slug.to_string().contains("--slug"), "{slug}");
    let host = registry.add_site(on(&["www.example.org"], Some("two")), now()).await.unwrap_err();
    assert!(matches!(host, RegistryError::Taken { .. }), "{host}");
    let domain = registry.add_domain("TRAPS.example", None, now()).await.unwrap_err();
    assert!(matches!(domain, RegistryError::Exists(_)), "{domain}");
    assert_eq!(registry.sites().await.unwrap().len(), 1);
    assert_eq!(registry.revision().await.unwrap(), revision);
}

#[tokio::test]
async fn a_trap_set_out_by_hand_must_be_at_a_trap_domain() {
    let (_dir, registry) = fresh().await;
    let said = registry.add_static_trap("info@elsewhere.example", None, now()).await.unwrap_err().to_string();
    assert!(said.contains("trapline domain add"), "{said}");
}

#[tokio::test]
async fn rotating_a_key_moves_on_to_the_next_and_a_site_that_is_not_there_is_named() {
    let (_dir, registry) = fresh().await;
    let site = registry.add_site(on(&[], None), now()).await.unwrap();
    assert_eq!(registry.rotate_key(site.id).await.unwrap().key_generation, 1);
    assert_eq!(registry.rotate_key(site.id).await.unwrap().key_generation, 2);
    let missing = registry.rotate_key(model::SiteId::new(99).unwrap()).await.unwrap_err();
    assert!(missing.to_string().contains("site 99"), "{missing}");
}

#[tokio::test]
async fn a_server_notices_what_a_command_changed() {
    let (dir, server) = fresh().await;
    let before = server.revision().await.unwrap();
    let command = Registry::open(URL, dir.path()).await.unwrap();
    command.add_domain("traps.example", None, now()).await.unwrap();
    assert!(server.revision().await.unwrap() > before);
    assert_eq!(server.domains().await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_commands_at_once_all_get_through() {
    let (dir, registry) = fresh().await;
    let adding = (0..20).map(|_| async {
        let command = Registry::open(URL, dir.path()).await.unwrap();
        command.add_site(on(&[], None), now()).await.unwrap().id
    });
    let mut ids = futures::future::join_all(adding).await;
    ids.sort();
    assert_eq!(ids, (1..=20).map(|n| model::SiteId::new(n).unwrap()).collect::<Vec<_>>());
    assert_eq!(registry.sites().await.unwrap().iter().map(|site| site.id).collect::<Vec<_>>(), ids);
}

#[tokio::test]
async fn another_scheme_is_refused_with_the_one_that_works() {
    let dir = tempfile::tempdir().unwrap();
    let said = Registry::open("postgres://db/trapline", dir.path()).await.unwrap_err().to_string();
    assert!(said.contains("sqlite:registry.sqlite"), "{said}");
}

#[tokio::test]
async fn hosts_come_back_in_the_order_given_and_every_change_is_seen() {
    let (_dir, registry) = fresh().await;
    let hosts = ["z.example.org", "a.example.org", "m.example.org"];
    let site = registry.add_site(on(&hosts, None), now()).await.unwrap();
    assert_eq!(registry.sites().await.unwrap()[0].hosts, hosts);
    let mut seen = vec![registry.revision().await.unwrap()];
    registry.add_domain("traps.example", None, now()).await.unwrap();
    seen.push(registry.revision().await.unwrap());
    registry.add_static_trap("info@traps.example", None, now()).await.unwrap();
    seen.push(registry.revision().await.unwrap());
    registry.rotate_key(site.id).await.unwrap();
    seen.push(registry.revision().await.unwrap());
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
}

#[tokio::test]
async fn a_registry_of_a_newer_version_is_left_alone_and_the_word_says_so() {
    let (dir, registry) = fresh().await;
    drop(registry);
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("registry.sqlite"));
    let pool = sqlx::SqlitePool::connect_with(file).await.unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let said = Registry::open(URL, dir.path()).await.unwrap_err().to_string();
    assert!(said.contains("newer trapline"), "{said}");
}
