//! A deployment's directory: what is where in it, its secret, and the snapshots that the traps work from.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::SiteId;
use registry::Registry;
use trap_address::{MasterKey, Opener, Traps};
use web_trap::Sites;
use zeroize::Zeroizing;

use crate::config::{COMMENTED, Config, FILE_NAME};
use crate::failure::{Failure, Kind};

/// The longest a path of a Unix socket can be (`sun_path` in unix(7), its final NUL counted).
const SOCKET_PATH_LIMIT: usize = 108;

/// Where things are in a deployment's directory.
#[derive(Clone, Debug)]
pub struct Layout(PathBuf);

impl Layout {
    /// The layout of this directory.
    pub fn of(dir: &Path) -> Self {
        Self(dir.to_owned())
    }

    /// The directory itself.
    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// The settings.
    pub fn settings(&self) -> PathBuf {
        self.0.join(FILE_NAME)
    }

    /// The secret that every trap address rests on.
    pub fn master_key(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// Imported network data, one file for each source.
    pub fn networks(&self) -> PathBuf {
        self.0.join("networks")
    }

    /// The projection of all events.
    pub fn state(&self) -> PathBuf {
        self.0.join("state")
    }

    /// Where commands reach the running server.
    pub fn control_socket(&self) -> PathBuf {
        let inside = self.0.join("control.sock");
        if inside.as_os_str().len() < SOCKET_PATH_LIMIT { inside } else { self.short_socket(&inside) }
    }

    /// A directory with a long path gets its socket in the temporary directory, under a name made from that path.
    fn short_socket(&self, inside: &Path) -> PathBuf {
        use sha2::{Digest, Sha256};
        let whole = fs::canonicalize(&self.0).map_or_else(|_| inside.to_owned(), |dir| dir.join("control.sock"));
        let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
        let name: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        std::env::temp_dir().join(format!("trapline-{name}.sock"))
    }

    /// The place that a `file:` URL of the settings means; other paths are as they are.
    pub fn file_url(&self, setting: &str, url: &str) -> Result<PathBuf, Failure> {
        match url.strip_prefix("file:") {
            Some(path) if !path.is_empty() => Ok(self.0.join(path.trim_start_matches("//"))),
            _ => Err(Failure::new(
                Kind::Config,
                format!(
                    "{}: {setting} = {url:?}: this build keeps it in a folder; give \"file:NAME\"",
                    self.settings().display()
                ),
            )),
        }
    }

    /// A path in the settings: relative ones are in the directory.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.0.join(path)
    }
}

/// A deployment that has been opened: its settings are right and its secret is known.
#[derive(Clone)]
pub struct Deployment {
    pub layout: Layout,
    pub config: Config,
    pub master: Arc<MasterKey>,
}

/// Makes a deployment's directory with settings and secret. Leaves what stands there as it is.
pub fn init(dir: &Path, hostname: Option<&str>) -> Result<Layout, Failure> {
    let layout = Layout::of(dir);
    if layout.settings().exists() {
        return Err(Failure::new(
            Kind::Config,
            format!("{} is there already; this directory has a deployment", layout.settings().display()),
        ));
    }
    DirBuilder::new().recursive(true).mode(0o750).create(dir).map_err(|error| at(dir, &error))?;
    if !layout.master_key().exists() {
        write_master_key(&layout.master_key())?;
    }
    let settings = match hostname {
        Some(name) => COMMENTED.replace("#: hostname = \"localhost.localdomain\"", &format!("hostname = {name:?}")),
        None => COMMENTED.to_owned(),
    };
    Config::parse(&settings, &layout.settings())?;
    fs::write(layout.settings(), settings).map_err(|error| at(&layout.settings(), &error))?;
    Ok(layout)
}

fn write_master_key(path: &Path) -> Result<(), Failure> {
    let secret = Zeroizing::new(rand::random::<[u8; 32]>());
    let text: Zeroizing<String> = Zeroizing::new(secret.iter().map(|byte| format!("{byte:02x}")).collect());
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| at(path, &error))?;
    writeln!(file, "{}", text.as_str()).and_then(|()| file.sync_all()).map_err(|error| at(path, &error))
}

fn read_master_key(path: &Path) -> Result<MasterKey, Failure> {
    let wrong = |what: &str| Failure::new(Kind::Config, format!("{}: {what}", path.display()));
    let mut file = fs::File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            wrong("it is missing; put the copy back. Without it no address that was given out opens")
        }
        _ => at(path, &error),
    })?;
    let mode = file.metadata().map_err(|error| at(path, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(wrong(&format!("others can read it; run `chmod 600 {}`", path.display())));
    }
    let mut text = Zeroizing::new(String::new());
    Read::by_ref(&mut file).take(128).read_to_string(&mut text).map_err(|error| at(path, &error))?;
    let digits = text.trim();
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong("it must be 64 hexadecimal digits; put the copy back"));
    }
    let mut secret = Zeroizing::new([0; 32]);
    for (byte, pair) in secret.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
        *byte = digit(pair[0]) << 4 | digit(pair[1]);
    }
    Ok(MasterKey::from_bytes(*secret))
}

/// A failure of reading or writing a file of the deployment.
pub fn at(path: &Path, error: &io::Error) -> Failure {
    let kind = if error.kind() == io::ErrorKind::StorageFull { Kind::Temporary } else { Kind::Config };
    Failure::new(kind, format!("{}: {error}", path.display()))
}

impl Deployment {
    /// Opens a deployment. A mistake in its settings names file, line and mend.
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        let layout = Layout::of(dir);
        let config = Config::load(dir)?;
        let master = Arc::new(read_master_key(&layout.master_key())?);
        Ok(Self { layout, config, master })
    }

    /// Opens the registry.
    pub async fn registry(&self) -> Result<Registry, Failure> {
        Ok(Registry::open(&self.config.store.registry, self.layout.dir()).await?)
    }

    /// The sites as the web trap serves them.
    pub async fn sites(&self, registry: &Registry) -> Result<Sites, Failure> {
        let domains: Vec<String> = registry.domains().await?.into_iter().map(|domain| domain.name).collect();
        let sites = registry.sites().await?.into_iter().map(|site| self.site(&site, &domains));
        Sites::new(sites).map_err(|error| Failure::new(Kind::Config, error.to_string()))
    }

    /// One site as the web trap serves it.
    pub fn site(&self, site: &registry::Site, domains: &[String]) -> web_trap::Site {
        web_trap::Site {
            id: site.id,
            slug: site.slug.clone(),
            hosts: site.hosts.clone(),
            domains: domains.to_vec(),
            owner: site.owner.clone(),
            seed: self.master.site_secret(site.id, "page"),
            sealer: self.master.sealer(site.id, site.key_generation),
        }
    }

    /// What recipients are traps.
    pub async fn traps(&self, registry: &Registry) -> Result<Traps, Failure> {
        let sites = registry.sites().await?;
        let opener = Opener::new(&self.master, sites.iter().map(|site| (site.id, site.key_generation)));
        let domains = registry.domains().await?.into_iter().map(|domain| domain.name);
        let statics = registry.static_traps().await?.into_iter().map(|trap| trap.address);
        Ok(Traps::new(opener, domains, statics))
    }

    /// The key under which passwords that bots try are hashed.
    pub fn password_key(&self) -> [u8; 32] {
        self.master.secret("password")
    }
}

/// The site that a person means: by its slug, a host name of its own, or its number.
pub fn find_site<'a>(sites: &'a [registry::Site], named: &str) -> Result<&'a registry::Site, Failure> {
    let number = named.parse().ok().and_then(SiteId::new);
    let means = |site: &&registry::Site| {
        site.slug == named || site.hosts.iter().any(|host| host.eq_ignore_ascii_case(named)) || Some(site.id) == number
    };
    sites
        .iter()
        .find(means)
        .ok_or_else(|| Failure::not_found(format!("there is no site {named:?}; `trapline site list` shows the sites")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_new_deployment_opens_and_keeps_its_secret_to_itself() {
        let dir = tempfile::tempdir().unwrap();
        let layout = init(&dir.path().join("new"), Some("mx.example")).unwrap();
        let deployment = Deployment::open(layout.dir()).unwrap();
        assert_eq!(deployment.config.smtp.hostname, "mx.example");
        assert_eq!(fs::metadata(layout.master_key()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_second_init_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let layout = init(dir.path(), None).unwrap();
        let secret = fs::read(layout.master_key()).unwrap();
        assert_eq!(init(dir.path(), None).unwrap_err().kind, Kind::Config);
        assert_eq!(fs::read(layout.master_key()).unwrap(), secret);
    }

    #[test]
    fn a_secret_that_others_can_read_or_that_is_damaged_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let layout = init(dir.path(), None).unwrap();
        let said = || Deployment::open(dir.path()).err().unwrap().to_string();
        fs::set_permissions(layout.master_key(), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(said().contains("chmod 600"));
        fs::set_permissions(layout.master_key(), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(layout.master_key(), "12ab").unwrap();
        assert!(said().contains("64 hexadecimal digits"));
    }

    #[test]
    fn a_deep_directory_still_has_a_socket_that_can_be_bound() {
        let deep = Layout::of(Path::new(&format!("/tmp/{}", "d/".repeat(100))));
        assert!(deep.control_socket().as_os_str().len() < SOCKET_PATH_LIMIT);
        assert_eq!(Layout::of(Path::new("/srv/trapline")).control_socket(), Path::new("/srv/trapline/control.sock"));
    }
}
