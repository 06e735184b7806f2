//! The one writer: takes commands from the queue, carries them out, commits them together, then publishes.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use kernel::{CommandId, Refusal, Sequence, Timestamp};
use ledger::{AppendError, Batch, Head, Log};
use tokio::sync::{mpsc, oneshot, watch};

use crate::carry_out::{CarryError, Envelope, carry_out};
use crate::clock::Clock;
use crate::measures::{Ending, Measures};
use crate::published::Published;
use crate::replay::Outcomes;
use crate::state::State;

/// What a command led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its first event.
    pub first: Sequence,
    /// Its last event.
    pub last: Sequence,
    /// The command had been carried out before; nothing was written now.
    pub repeated: bool,
}

/// Why a command led to nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitError {
    /// Not allowed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger could not be written (disk full, read-only): nothing was recorded, and nothing will be until an
    /// operator has helped.
    #[error("账本暂时不能写入，您的操作没有记录：{0}")]
    Unwritable(String),
    /// Whether the command was recorded is unknown: the process stops and replays; send the same command again.
    #[error("系统正在重新核对账本，请稍后用同一页面重新提交，不会重复办理。")]
    Uncertain,
}

/// Whether the writer still works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Commands are accepted.
    Working,
    /// An append ended without a certain answer: the process must exit and replay.
    MustRestart(String),
}

/// Where the sender waits for the outcome.
type Reply = oneshot::Sender<Result<Outcome, SubmitError>>;

pub(crate) struct Job {
    pub envelope: Envelope,
    pub reply: Reply,
}

pub(crate) struct Writer {
    pub log: Arc<dyn Log>,
    pub clock: Arc<dyn Clock>,
    pub published: Arc<ArcSwap<Published>>,
    pub outcomes: Outcomes,
    pub health: watch::Sender<Health>,
    pub durable: watch::Sender<Head>,
    pub measures: Arc<Measures>,
}

/// Commands committed together at most: bounds how much is lost to one refused commit.
const MOST_TOGETHER: usize = 1024;

/// A round of commands decided but not yet durable.
struct Round {
    state: State,
    head: Head,
    now: Timestamp,
    drafts: Vec<ledger::Draft>,
    waiting: Vec<(CommandId, Reply, Outcome)>,
}

impl Writer {
    pub async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::new();
        while queue.recv_many(&mut jobs, MOST_TOGETHER).await > 0 {
            let round = self.decide(jobs.drain(..));
            if round.drafts.is_empty() {
                continue;
            }
            if let Err(why) = self.commit(round).await {
                tracing::error!(%why, "an append ended without a certain answer; stopping");
                self.health.send_replace(Health::MustRestart(why));
                return;
            }
        }
    }

    /// Carries out each command on the working State. Those refused or repeated are answered at once.
    fn decide(&mut self, jobs: impl Iterator<Item = Job>) -> Round {
        let published = self.published.load_full();
        let mut round = Round {
            state: published.state.clone(),
            head: published.head,
            now: self.clock.now().max(published.at),
            drafts: Vec::new(),
            waiting: Vec::new(),
        };
        let mut next = published.head.sequence.0 + 1;
        for Job { envelope, reply } in jobs {
            let id = envelope.id;
            let earlier = self.outcomes.get(&id).copied();
            if let Some((first, last)) = earlier {
                self.measures.ended(Ending::REPEATED);
                let outcome = Outcome { first, last, repeated: true };
                if last.0 > round.head.sequence.0 {
                    // Decided in this round: it becomes true only when the round is durable.
                    round.waiting.push((id, reply, outcome));
                } else {
                    let _ = reply.send(Ok(outcome));
                }
                continue;
            }
            match carry_out(&round.state, Sequence(next), round.now, envelope) {
                Ok(carried) if carried.events == 0 => {
                    self.measures.ended(Ending::REFUSED);
                    let unchanged = Refusal::conflict("没有需要变更的内容。");
                    let _ = reply.send(Err(unchanged.into()));
                }
                Ok(carried) => {
                    let outcome =
                        Outcome { first: Sequence(next), last: Sequence(next + carried.events - 1), repeated: false };
                    next += carried.events;
                    round.state = carried.state;
                    round.drafts.extend(carried.drafts);
                    self.outcomes.insert(id, (outcome.first, outcome.last));
                    round.waiting.push((id, reply, outcome));
                }
                Err(CarryError::Refused(refusal)) => {
                    self.measures.ended(Ending::REFUSED);
                    let _ = reply.send(Err(refusal.into()));
                }
                Err(fault) => {
                    self.measures.ended(Ending::FAILED);
                    tracing::error!(%fault, "a decided command could not be carried out");
                    let _ = reply.send(Err(SubmitError::Unwritable(fault.to_string())));
                }
            }
        }
        round
    }

    /// Makes the round durable, publishes it, and answers. `Err` when the outcome is unknown.
    async fn commit(&mut self, round: Round) -> Result<(), String> {
        let batch = Batch::seal(&round.head, round.now, &round.drafts);
        let commands: Vec<_> = round.drafts.iter().map(|draft| draft.command).collect();
        let begun = Instant::now();
        match self.log.append(&batch, &commands).await {
            Ok(()) => {
                self.measures.appended(batch.events, begun.elapsed());
                let published = self.published.load().advanced(round.state, batch.head(), round.now);
                self.published.store(Arc::new(published));
                self.durable.send_replace(batch.head());
                for (_, reply, outcome) in round.waiting {
                    if !outcome.repeated {
                        self.measures.ended(Ending::RECORDED);
                    }
                    let _ = reply.send(Ok(outcome));
                }
                Ok(())
            }
            Err(AppendError::Uncertain { reason }) => {
                for (_, reply, _) in round.waiting {
                    self.measures.ended(Ending::FAILED);
                    let _ = reply.send(Err(SubmitError::Uncertain));
                }
                Err(reason)
            }
            Err(refused) => {
                // Nothing was written: the working State is dropped and readers never saw it.
                tracing::error!(%refused, "the ledger refused a batch");
                for (id, reply, _) in round.waiting {
                    self.measures.ended(Ending::FAILED);
                    self.outcomes.remove(&id);
                    let _ = reply.send(Err(SubmitError::Unwritable(refused.to_string())));
                }
                Ok(())
            }
        }
    }
}
