//! The journal's consumer that makes the state: judges each message, folds each event in, keeps the position.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use attribution::Judge;
use journal::{Entry, FileJournal, Journal, Position, ReadError};
use lake::Recorded;
use model::{Event, Judgement};
use state::{State, StateBuilder};
use tokio::sync::{Mutex, MutexGuard, OwnedRwLockReadGuard, RwLock, watch};
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::networks::Networks;
use crate::failure::{Failure, Kind};

/// The name under which the journal knows it.
const CONSUMER: &str = "correlate";
/// Entries folded in at once. More share the reads and the write; fewer are seen sooner and hold less memory.
const BATCH: usize = 1_024;
/// How long to wait before trying again what failed, as on a full disk.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The state to read from. While somebody holds it, it isn't replaced.
pub type Reading = OwnedRwLockReadGuard<Option<State>, State>;

/// Keeps the state up to the journal.
pub struct Correlator {
    journal: Arc<FileJournal>,
    networks: Arc<Networks>,
    folder: PathBuf,
    /// `None` only if the state could not be opened again after a rebuild.
    state: Arc<RwLock<Option<State>>>,
    /// One at a time moves the state on: the running loop or a rebuild.
    turn: Mutex<()>,
    position: watch::Sender<Position>,
    checkpoint: Duration,
}

impl Correlator {
    /// Opens the state.
    pub async fn open(
        journal: Arc<FileJournal>,
        networks: Arc<Networks>,
        folder: PathBuf,
        checkpoint: Duration,
    ) -> Result<Self, Failure> {
        // Makes the consumer known, so that nothing past its position is trimmed.
        journal.acknowledged(CONSUMER).await?;
        let state = State::open(&folder)?;
        if state.position() > journal.end() {
            return Err(Failure::new(
                Kind::Config,
                format!(
                    "the state has events up to {} and the journal ends at {}: they are not of one deployment; run `trapline rebuild`",
                    state.position(),
                    journal.end()
                ),
            ));
        }
        let position = watch::Sender::new(state.position());
        let state = Arc::new(RwLock::new(Some(state)));
        Ok(Self { journal, networks, folder, state, turn: Mutex::new(()), position, checkpoint })
    }

    /// The state as it is now.
    pub async fn state(&self) -> Result<Reading, Failure> {
        let guard = Arc::clone(&self.state).read_owned().await;
        OwnedRwLockReadGuard::try_map(guard, Option::as_ref)
            .map_err(|_| Failure::new(Kind::Config, "the state could not be opened after a rebuild; the log says why"))
    }

    /// A digest of the state's content, in hexadecimal.
    pub async fn digest(&self) -> Result<String, Failure> {
        let state = self.state().await?;
        let digest = spawn_blocking(move || state.digest()).await.map_err(anyhow::Error::from)??;
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Resolves once the state has all up to `position`.
    pub async fn reached(&self, position: Position) {
        let mut positions = self.position.subscribe();
        // The sender lives as long as self does.
        let _ = positions.wait_for(|reached| *reached >= position).await;
    }

    /// Folds in whatever the journal has until `stop`, then to the journal's end, and saves.
    pub async fn run(&self, stop: CancellationToken) {
        let mut checkpointed = Instant::now();
        let mut moved = self.position.subscribe();
        loop {
            let position = *moved.borrow_and_update();
            let woken = async {
                tokio::select! {
                    () = self.journal.wait_past(position) => {}
                    // A rebuild has set the state back to what the lake has.
                    _ = moved.changed() => {}
                }
            };
            if stop.run_until_cancelled(woken).await.is_none() {
                break;
            }
            if let Err(failure) = self.step().await {
                tracing::error!(%failure, "events could not be folded into the state; trying again");
                stop.run_until_cancelled(tokio::time::sleep(PAUSE_AFTER_FAILURE)).await;
            }
            if checkpointed.elapsed() >= self.checkpoint {
                self.save().await;
                checkpointed = Instant::now();
            }
        }
        let finished = async {
            while self.step().await? {}
            Ok::<(), Failure>(())
        };
        if let Err(failure) = finished.await {
            tracing::error!(%failure, "the state is behind the journal; it catches up at the next start");
        }
        self.save().await;
    }

    /// Folds in one batch. Whether there was one.
    async fn step(&self) -> Result<bool, Failure> {
        let _turn = self.turn.lock().await;
        let state = self.state().await?;
        let reached = match self.journal.read(state.position(), BATCH).await {
            Ok(entries) if entries.is_empty() => return Ok(false),
            Ok(entries) => {
                let judge = self.networks.judge();
                spawn_blocking(move || fold(&state, &judge, &entries)).await.map_err(anyhow::Error::from)??
            }
            Err(ReadError::Damaged { position, detail }) => {
                tracing::error!(%position, detail, "an event is damaged beyond reading and is left out");
                spawn_blocking(move || state.skip_to(position)).await.map_err(anyhow::Error::from)??;
                position
            }
            Err(ReadError::Trimmed(begins)) => {
                let ends = state.position();
                return Err(Failure::new(
                    Kind::Config,
                    format!("the state ends at {ends}, and the journal begins at {begins}: run `trapline rebuild`"),
                ));
            }
            Err(error) => return Err(error.into()),
        };
        self.position.send_replace(reached);
        Ok(true)
    }

    /// Puts the state on disk, and tells the journal that it need not keep what is in there.
    async fn save(&self) {
        let saved = async {
            let state = self.state().await?;
            let position = spawn_blocking(move || state.persist()).await.map_err(anyhow::Error::from)??;
            Ok::<_, Failure>(self.journal.acknowledge(CONSUMER, position).await?)
        };
        if let Err(failure) = saved.await {
            tracing::error!(%failure, "the state could not be saved; the journal keeps its events");
        }
    }

    /// Begins to make the state again beside the one in use, which stands still meanwhile.
    pub async fn begin_rebuild(&self) -> Result<Rebuilding<'_>, Failure> {
        let turn = self.turn.lock().await;
        let folder = self.folder.clone();
        let builder = spawn_blocking(move || StateBuilder::create(&folder)).await.map_err(anyhow::Error::from)??;
        Ok(Rebuilding { correlator: self, builder: Arc::new(builder), _turn: turn })
    }
}

/// Judges and folds entries, and gives the position of the last.
fn fold(state: &State, judge: &Judge, entries: &[Entry]) -> Result<Position, Failure> {
    let judged: Vec<Option<Judgement>> = entries
        .iter()
        .map(|entry| match &entry.event {
            Event::Message(message) => Some(judge.judge(message)),
            _ => None,
        })
        .collect();
    state.apply(entries.iter().zip(&judged).map(|(entry, judged)| (entry.position, &entry.event, judged.as_ref())))?;
    Ok(state.position())
}

/// A state that is being made again.
pub struct Rebuilding<'a> {
    correlator: &'a Correlator,
    builder: Arc<StateBuilder>,
    _turn: MutexGuard<'a, ()>,
}

impl Rebuilding<'_> {
    /// Folds in events that the lake has, judged by what is known of networks now.
    pub async fn add(&self, events: Vec<Recorded>) -> Result<(), Failure> {
        let (builder, judge) = (Arc::clone(&self.builder), self.correlator.networks.judge());
        let folded = spawn_blocking(move || {
            let judged: Vec<Option<Judgement>> = events.iter().map(|recorded| again(&judge, recorded)).collect();
            builder.add(events.iter().zip(&judged).map(|(recorded, judged)| (&recorded.event, judged.as_ref())))
        });
        Ok(folded.await.map_err(anyhow::Error::from)??)
    }

    /// Puts the new state, which has all up to `position`, in the old one's place.
    pub async fn finish(self, position: Position) -> Result<(), Failure> {
        let Self { correlator, builder, _turn } = self;
        let builder = Arc::into_inner(builder).ok_or_else(|| anyhow::anyhow!("a rebuild is still being written"))?;
        // Readers end first; those that come now wait for the new state.
        let mut current = Arc::clone(&correlator.state).write_owned().await;
        let folder = correlator.folder.clone();
        let replaced = spawn_blocking(move || {
            let rebuilt = builder.finish(position)?;
            drop(current.take());
            let replaced = rebuilt.replace();
            // Whichever state is in place now, go on with it.
            let _ = current.insert(State::open(&folder)?);
            replaced
        });
        replaced.await.map_err(anyhow::Error::from)??;
        correlator.position.send_replace(position);
        Ok(())
    }
}

/// The judgement of a message that came back from the lake without its content, by what is known of networks now.
fn again(judge: &Judge, recorded: &Recorded) -> Option<Judgement> {
    match (&recorded.event, &recorded.judgement) {
        (Event::Message(message), Some(before)) => Some(judge.judge_with_summary(message, before.summary.clone())),
        _ => None,
    }
}
