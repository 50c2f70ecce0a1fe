//! What the demo shows in the end.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use picture::{Measure, Picture};
use serde::Serialize;
use world::{Plan, Score, Truth};

use super::slope::blocks;
use crate::cli::{PictureShown, grouped};
use crate::engine::Engine;
use crate::failure::Failure;

/// What Trapline makes of the world, beside the truth.
#[derive(Serialize)]
pub struct Shown {
    /// Everything in it is simulated.
    simulated: bool,
    seed: u64,
    scale: f64,
    seconds: f64,
    directory: PathBuf,
    visits: u64,
    messages: u64,
    deliveries: u64,
    deliveries_attributed: u64,
    /// Against the truth.
    score: Score,
    /// Deliveries to harvested addresses on each day, from the first to the last.
    deliveries_by_day: Vec<Day>,
    /// The hosting firm that is cut off in this world.
    firm: Option<String>,
    picture: Picture,
    /// A harvester to look up, and a delivery that is due to it.
    example: Option<Example>,
}

#[derive(Serialize)]
struct Day {
    day: String,
    deliveries: u64,
}

#[derive(Serialize)]
struct Example {
    harvester: String,
    delivery: String,
}

impl Shown {
    /// Asks the engine.
    pub async fn draw(
        engine: &Engine,
        plan: &Plan,
        truth: &Truth,
        score: Score,
        took: Duration,
        dir: &Path,
    ) -> Result<Self, Failure> {
        let count = async |sql: &str| -> Result<u64, Failure> {
            let rows = engine.records(sql).await?;
            Ok(rows.first().and_then(|row| row.get("n")).and_then(serde_json::Value::as_u64).unwrap_or_default())
        };
        Ok(Self {
            simulated: true,
            seed: plan.seed(),
            scale: plan.scale(),
            seconds: took.as_secs_f64(),
            directory: dir.to_owned(),
            visits: count("select count(*) as n from visits").await?,
            messages: count("select count(*) as n from messages").await?,
            deliveries: count("select count(*) as n from deliveries").await?,
            deliveries_attributed: count("select count(*) as n from deliveries where harvester is not null").await?,
            score,
            deliveries_by_day: by_day(engine).await?,
            firm: plan.firm().map(|firm| firm.name.clone()),
            picture: engine.picture().await?,
            example: example(engine, truth).await?,
        })
    }

    /// Deliveries in the week before the firm was cut off, and in the days after, for each day.
    fn drop(&self) -> Option<(f64, f64)> {
        let mean = |days: Vec<&Day>| {
            let sum: u64 = days.iter().map(|day| day.deliveries).sum();
            (!days.is_empty()).then(|| sum as f64 / days.len() as f64)
        };
        let within = |from: &str, to: &str| {
            mean(
                self.deliveries_by_day
                    .iter()
                    .filter(|day| day.day.as_str() >= from && day.day.as_str() <= to)
                    .collect(),
            )
        };
        Some((within("2008-11-04", "2008-11-10")?, within("2008-11-12", "2008-11-14")?))
    }
}

async fn by_day(engine: &Engine) -> Result<Vec<Day>, Failure> {
    let rows = engine
        .records("select day, count(*) as n from deliveries where trap = 'issued' group by day order by day")
        .await?;
    let day = |row: serde_json::Map<String, serde_json::Value>| Day {
        day: row.get("day").and_then(|day| day.as_str()).unwrap_or_default().to_owned(),
        deliveries: row.get("n").and_then(serde_json::Value::as_u64).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(day).collect())
}

async fn example(engine: &Engine, _truth: &Truth) -> Result<Option<Example>, Failure> {
    let sql = "select harvester, min(id) as delivery, count(*) as n from deliveries where harvester is not null \
               and confidence >= 50 group by harvester order by n desc, harvester limit 1";
    let rows = engine.records(sql).await?;
    let text = |column: &str| rows.first()?.get(column)?.as_str().map(str::to_owned);
    Ok(text("harvester").zip(text("delivery")).map(|(harvester, delivery)| Example { harvester, delivery }))
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Autumn 2008, simulated (seed {}, scale {}): all addresses, networks and figures are made up.\n",
            self.seed, self.scale
        )?;
        let [visits, messages, deliveries, attributed] =
            [self.visits, self.messages, self.deliveries, self.deliveries_attributed].map(grouped);
        writeln!(
            f,
            "In {:.0} s, {visits} visits and {messages} messages came in over real connections.",
            self.seconds
        )?;
        writeln!(f, "{attributed} of {deliveries} deliveries open to a visit; the others went to guessed names.")?;
        let score = &self.score;
        writeln!(
            f,
            "Who harvested it, against the truth: precision {:.2} %, recall {:.2} % of {} deliveries.\n",
            100.0 * score.precision,
            100.0 * score.recall,
            grouped(score.attributable)
        )?;
        self.days(f)?;
        let picture = self.picture.clone();
        writeln!(f, "{}\n", PictureShown { picture, by: Measure::HarvestedMessages, top: 8 })?;
        self.firm(f)?;
        self.next(f)
    }
}

impl Shown {
    fn days(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(first), Some(last)) = (self.deliveries_by_day.first(), self.deliveries_by_day.last()) else {
            return Ok(());
        };
        let numbers: Vec<u64> = self.deliveries_by_day.iter().map(|day| day.deliveries).collect();
        writeln!(f, "Spam to harvested addresses, day by day, {} to {}:\n  {}", first.day, last.day, blocks(&numbers))?;
        if let Some((before, after)) = self.drop() {
            let change = 100.0 * (after - before) / before;
            writeln!(
                f,
                "  {before:.0} a day in the week before 11 November, {after:.0} in the three days after it: {change:+.0} %\n"
            )?;
        }
        Ok(())
    }

    fn firm(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(provider) =
            self.picture.by(Measure::HarvestedMessages).into_iter().find(|provider| provider.is_known())
        else {
            return Ok(());
        };
        let percent = |measure| 100.0 * provider.shares.get(measure);
        let truth = match &self.firm {
            Some(firm) if *firm == provider.name => " (it is the one that was cut off)",
            Some(_) => " (it is not the one that was cut off)",
            None => "",
        };
        writeln!(
            f,
            "One provider stands out: {}{truth}. Its harvesters are behind {:.0} % of the mail, and {:.0} % of the\n\
             spam servers are there: a list of spam servers would not have shown it.\n",
            provider.name,
            percent(Measure::HarvestedMessages),
            percent(Measure::SpamServers)
        )
    }

    fn next(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(example) = &self.example else { return Ok(()) };
        let dir = self.directory.display();
        writeln!(f, "Try next (target/debug/trapline, or `cargo run --quiet --bin trapline --`):")?;
        writeln!(f, "  trapline --dir {dir} lookup {}", example.harvester)?;
        writeln!(f, "  trapline --dir {dir} mail show {}", example.delivery)?;
        write!(
            f,
            "  trapline --dir {dir} query \"select sender_country, count(*) as messages from deliveries group by 1 order by 2 desc limit 5\""
        )
    }
}
