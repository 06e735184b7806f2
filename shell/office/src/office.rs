//! The handle through which everything else reads State and sends commands.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use kernel::{Date, Timestamp};
use ledger::{Head, Log};
use tokio::sync::{mpsc, oneshot, watch};

use crate::carry_out::Envelope;
use crate::clock::Clock;
use crate::earlier::Earlier;
use crate::measures::Measures;
use crate::published::Published;
use crate::replay::{ReplayError, replay};
use crate::state::State;
use crate::writer::{Health, Job, Outcome, SubmitError, Writer};

/// Commands waiting at most; senders beyond wait their turn.
const QUEUE: usize = 4096;

/// One city's office: one writer, many readers.
pub struct Office {
    published: Arc<ArcSwap<Published>>,
    queue: mpsc::Sender<Job>,
    health: watch::Receiver<Health>,
    durable: watch::Receiver<Head>,
    clock: Arc<dyn Clock>,
    measures: Arc<Measures>,
    log: Arc<dyn Log>,
    earlier: Earlier,
}

impl Office {
    /// Replays the ledger and starts the writer on the current runtime. `progress` hears how many events are replayed.
    pub async fn open(
        log: Arc<dyn Log>,
        clock: Arc<dyn Clock>,
        progress: impl FnMut(u64),
    ) -> Result<Self, ReplayError> {
        let (measures, begun) = (Arc::new(Measures::default()), Instant::now());
        let (published, outcomes) = replay(log.as_ref(), progress).await?;
        measures.replay.set(begun.elapsed().as_secs_f64());
        let (durable_sender, durable) = watch::channel(published.head);
        let (health_sender, health) = watch::channel(Health::Working);
        let published = Arc::new(ArcSwap::from_pointee(published));
        let (queue, jobs) = mpsc::channel(QUEUE);
        let writer = Writer {
            log: log.clone(),
            clock: clock.clone(),
            published: published.clone(),
            outcomes,
            health: health_sender,
            durable: durable_sender,
            measures: measures.clone(),
        };
        tokio::spawn(writer.run(jobs));
        Ok(Self { published, queue, health, durable, clock, measures, log, earlier: Earlier::default() })
    }

    /// What is durable now. Never waits.
    pub fn published(&self) -> Arc<Published> {
        self.published.load_full()
    }

    /// The State at the end of a day in China; `None` before the first event. A day that ended is replayed from the
    /// mark before it when it is not among those kept.
    pub async fn state_on(&self, day: Date) -> Result<Option<State>, ReplayError> {
        let published = self.published.load_full();
        if published.head != Head::EMPTY && kernel::date::civil(published.at) <= day {
            return Ok(Some(published.state.clone()));
        }
        self.earlier.on(day, &published, self.log.as_ref()).await
    }

    /// The current instant, never before the last recorded command.
    pub fn now(&self) -> Timestamp {
        self.clock.now().max(self.published.load().at)
    }

    /// Sends a command and waits until it is durable or refused.
    pub async fn submit(&self, envelope: Envelope) -> Result<Outcome, SubmitError> {
        let (reply, answer) = oneshot::channel();
        let job = Job { envelope, reply };
        self.queue.send(job).await.map_err(|_| SubmitError::Uncertain)?;
        answer.await.map_err(|_| SubmitError::Uncertain)?
    }

    /// Changes when the writer can no longer work; the process must then exit and replay.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// What is counted since the process started.
    pub fn measures(&self) -> &Measures {
        &self.measures
    }

    /// Commands that wait to be carried out.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Changes with every durable batch.
    pub fn durable(&self) -> watch::Receiver<Head> {
        self.durable.clone()
    }
}
