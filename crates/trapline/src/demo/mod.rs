//! The demo: a deployment of its own, a server whose clock the world drives, and the world run against it.

mod report;
mod slope;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use attribution::NamedRanges;
use listener::{Clock, ClockHand};
use registry::NewSite;
use world::{JudgedDelivery, Plan, Targets, Truth};

use crate::cli::Output;
use crate::deployment::{self, Deployment, at};
use crate::engine::Engine;
use crate::failure::{Failure, Kind};
use crate::serve::{Listen, Server};
pub use report::Shown;

/// A file that says that a directory is a demo's, and may be made anew.
const MARKER: &str = "made-by-trapline-demo";
/// A claim is made from this confidence on.
const CLAIMED_FROM: u8 = 50;

/// Which world, and where.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The same seed gives the same world.
    pub seed: u64,
    /// How much happens.
    pub scale: f64,
    /// The deployment's directory.
    pub dir: PathBuf,
}

/// A server with a world that is to be run against it.
pub struct Demonstration {
    setting: Setting,
    plan: Plan,
    server: Server,
    hand: ClockHand,
}

impl Demonstration {
    /// Makes the deployment, tells it of the world's networks and sites, and starts it.
    pub async fn prepare(setting: Setting) -> Result<Self, Failure> {
        let plan = Plan::new(setting.seed, setting.scale).map_err(|error| Failure::input(error.to_string()))?;
        clear(&setting.dir)?;
        deployment::init(&setting.dir, Some("mx.traps.example"))?;
        std::fs::write(setting.dir.join(MARKER), "").map_err(|error| at(&setting.dir, &error))?;
        let mut deployment = Deployment::open(&setting.dir)?;
        register(&deployment, &plan).await?;
        import_networks(&deployment, &plan)?;
        configure(&mut deployment, &plan)?;
        let loopback = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let listen = Listen { web: loopback, smtp: loopback, ..Listen::default() };
        let (clock, hand) = Clock::by_hand(plan.span().0);
        let server = Server::start(deployment, listen, clock).await?;
        Ok(Self { setting, plan, server, hand })
    }

    /// Runs the world, lets the server take in all of it, and says what it makes of it beside the truth.
    pub async fn run(&mut self, output: Output) -> Result<Shown, Failure> {
        let began = Instant::now();
        let truth = self.run_world(output).await?;
        let engine = self.server.engine();
        engine.settled().await;
        let took = began.elapsed();
        let score = truth.score(claims(engine).await?);
        Shown::draw(engine, &self.plan, &truth, score, took, &self.setting.dir).await
    }

    async fn run_world(&self, output: Output) -> Result<Truth, Failure> {
        let missing = || Failure::new(Kind::Failed, "the demo's server has no listeners");
        let (web, smtp) = self.server.web.zip(self.server.smtp).ok_or_else(missing)?;
        let targets = Targets::new(web, smtp).map_err(|error| Failure::new(Kind::Failed, error.to_string()))?;
        let bar = output.progress(self.plan.actions().len() as u64, "{msg} {wide_bar} {percent:>3} %  {eta} left");
        let mut clock = |now| self.hand.set(now);
        let mut progress = |so_far: world::Progress| {
            bar.set_position(so_far.actions as u64);
            bar.set_message(format!(
                "{}  {} pages, {} messages",
                so_far.at.strftime("%F"),
                so_far.pages,
                so_far.messages
            ));
        };
        let ran = world::run(&self.plan, targets, &mut clock, &mut progress).await;
        bar.finish_and_clear();
        ran.map_err(|error| Failure::new(Kind::Failed, error.to_string()))
    }

    /// Stops the server and leaves the directory.
    pub async fn end(self) -> Result<(), Failure> {
        self.server.stop().await
    }
}

/// Makes room for a deployment, if what is there is an earlier demo's.
fn clear(dir: &Path) -> Result<(), Failure> {
    let is_empty = std::fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_none());
    if is_empty {
        return Ok(());
    }
    if !dir.join(MARKER).exists() {
        let message =
            format!("{} is not a demo's directory, and is left as it is; name another with --dir", dir.display());
        return Err(Failure::new(Kind::Config, message));
    }
    std::fs::remove_dir_all(dir).map_err(|error| at(dir, &error))
}

async fn register(deployment: &Deployment, plan: &Plan) -> Result<(), Failure> {
    let registry = deployment.registry().await?;
    let begin = plan.span().0;
    let mut domains: Vec<&String> = plan.sites().iter().flat_map(|site| &site.domains).collect();
    domains.sort();
    domains.dedup();
    for domain in domains {
        registry.add_domain(domain, None, begin).await?;
    }
    for site in plan.sites() {
        let owner = Some(site.owner.clone());
        let new = NewSite { hosts: vec![site.host.clone()], slug: Some(site.slug.clone()), owner };
        registry.add_site(new, begin).await?;
    }
    Ok(())
}

fn import_networks(deployment: &Deployment, plan: &Plan) -> Result<(), Failure> {
    let files = plan.networks();
    let options = network::import::Options { date: Some(files.date), ..network::import::Options::default() };
    for (name, text) in [("prefixes.csv", &files.prefixes), ("providers.csv", &files.providers)] {
        let path = deployment.layout.dir().join(name);
        std::fs::write(&path, text).map_err(|error| at(&path, &error))?;
        network::import(&path, &deployment.layout.networks(), &options, &mut |_| {})
            .map_err(|error| Failure::input(error.to_string()))?;
    }
    Ok(())
}

/// What an operator would set: the proxies to believe, and the ranges that weaken an attribution.
fn configure(deployment: &mut Deployment, plan: &Plan) -> Result<(), Failure> {
    let named = |list: Vec<world::NamedRanges>| -> Vec<NamedRanges> {
        list.into_iter().map(|named| NamedRanges { name: named.name, ranges: named.ranges }).collect()
    };
    let config = &mut deployment.config;
    config.trusted_proxies = vec![ipnet::Ipv4Net::from(Ipv4Addr::LOCALHOST).into()];
    config.smtp.max_sessions_per_address = config.smtp.max_sessions;
    config.attribution.search_engines = named(plan.search_engine_ranges());
    config.attribution.forwarders = named(plan.forwarder_ranges());
    let text = toml::to_string(config).map_err(anyhow::Error::from)?;
    let header = "# Written by `trapline demo`. `trapline config` prints all settings with what they mean.\n\n";
    let path = deployment.layout.settings();
    std::fs::write(&path, format!("{header}{text}")).map_err(|error| at(&path, &error))
}

/// What Trapline asserts of each delivery: the harvester and the time of its visit.
async fn claims(engine: &Engine) -> Result<Vec<JudgedDelivery>, Failure> {
    let sql = format!(
        "select header_message_id as message_id, recipient, harvester, harvested_at from deliveries \
         where harvester is not null and confidence >= {CLAIMED_FROM}"
    );
    let rows = engine.records(&sql).await?.into_iter();
    let claims = rows.map(|row| serde_json::from_value(serde_json::Value::Object(row)));
    Ok(claims.collect::<Result<_, _>>().map_err(anyhow::Error::from)?)
}
