//! The workbench (工作间): long work of an organisation, done beside the pages, with progress, and ended at a wish.
//!
//! Somebody fills a folder with what the work needs and [`asks`](Workbench::ask) for it; a [`Worker`] of that kind does it on
//! a thread of its own and leaves its results in the same folder. Job and folder belong to the organisation: nobody
//! else's question is answered, and [`Workbench::discard`] removes both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kernel::{Digest, OrganisationId, Timestamp};
use ledger::Store;
use ledger::crypto::CryptoError;
use ledger::desk::{DeskError, Lease, Order};
use tokio::sync::Notify;

use crate::clock::Clock;

pub use ledger::desk::{Job, JobId, JobState, NewJob, Share, ShareToken};

/// A lease that is not renewed runs out after this: the work is begun anew.
const LEASE: Duration = Duration::from_secs(30);
/// How often progress is written down and the owner's wish is looked at.
const BREATH: Duration = Duration::from_millis(400);

/// Does work of one kind.
pub trait Worker: Send + Sync + 'static {
    /// Which kind.
    fn kind(&self) -> &'static str;

    /// Does it, from the start, and answers with the outcome in a few words. Runs on a thread of its own and may take as
    /// long as it needs, so long as it calls [`Assignment::progress`] now and then. What an earlier attempt left in the
    /// folder may be overwritten.
    fn work(&self, assignment: &Assignment) -> Result<String, Ended>;
}

/// Why work ended without an outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// Its owner wished so.
    #[error("已按您的要求停止。")]
    Cancelled,
    /// It cannot be done: what is wrong, where, and what to do.
    #[error("{0}")]
    Failed(String),
}

/// One piece of work in a worker's hands.
pub struct Assignment {
    /// Which job.
    pub job: JobId,
    /// Whose.
    pub organisation: OrganisationId,
    /// What was asked, as it was asked.
    pub input: String,
    /// Where its files are and its results go.
    pub folder: PathBuf,
    /// When it was asked for.
    pub asked_at: Timestamp,
    tally: Arc<Tally>,
}

impl Assignment {
    /// An assignment outside any workbench, for tests of workers and for the demonstration.
    pub fn alone(
        job: JobId,
        organisation: OrganisationId,
        input: String,
        folder: PathBuf,
        asked_at: Timestamp,
    ) -> Self {
        Self { job, organisation, input, folder, asked_at, tally: Arc::default() }
    }

    /// Tells how far the work is: `done` of `total` units (`total` 0: unknown). An error means: stop now, and return it.
    pub fn progress(&self, done: u64, total: u64, message: &str) -> Result<(), Ended> {
        self.tally.done.store(done, Ordering::Relaxed);
        self.tally.total.store(total, Ordering::Relaxed);
        message.clone_into(&mut self.tally.message.lock().unwrap_or_else(PoisonError::into_inner));
        if self.tally.stop.load(Ordering::Relaxed) { Err(Ended::Cancelled) } else { Ok(()) }
    }

    /// Whether the owner wishes it ended, for engines that ask instead of being told.
    pub fn is_unwanted(&self) -> bool {
        self.tally.stop.load(Ordering::Relaxed)
    }
}

/// Between the thread that works and the task that writes down how far it is.
#[derive(Default)]
struct Tally {
    done: AtomicU64,
    total: AtomicU64,
    message: Mutex<String>,
    stop: AtomicBool,
}

/// The workbench could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum WorkbenchError {
    /// The table of jobs.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// A folder of work.
    #[error("工作文件夹 {} 无法读写：{source}。请检查磁盘空间与权限。", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The work has not ended.
    #[error("这项工作还没有结束，请先停止它，再删除。")]
    NotEnded,
    /// The system gives no random numbers.
    #[error(transparent)]
    Random(#[from] CryptoError),
}

/// Long work of organisations. Clones share it.
#[derive(Clone)]
pub struct Workbench {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    asked: Arc<Notify>,
}

impl Workbench {
    pub(crate) fn new(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, asked: Arc::default() }
    }

    /// The folder of a job, made if it is not there: for files the work needs, before it is asked for.
    pub fn folder(&self, job: JobId) -> Result<PathBuf, WorkbenchError> {
        let path = self.place(job);
        match std::fs::create_dir_all(&path) {
            Ok(()) => Ok(path),
            Err(source) => Err(WorkbenchError::Folder { path, source }),
        }
    }

    fn place(&self, job: JobId) -> PathBuf {
        self.store.layout().work().join(job.0.simple().to_string())
    }

    /// Asks for work; a job asked for before is left alone.
    pub async fn ask(&self, job: &NewJob) -> Result<(), WorkbenchError> {
        self.folder(job.id)?;
        self.store.desk.jobs().ask(job, self.clock.now()).await?;
        self.asked.notify_one();
        Ok(())
    }

    /// An organisation's jobs of one kind, newest first.
    pub async fn of(&self, owner: &OrganisationId, kind: &str, limit: u32) -> Result<Vec<Job>, WorkbenchError> {
        Ok(self.store.desk.jobs().of(owner, kind, limit).await?)
    }

    /// A job and its folder, if it is the organisation's own and of this kind: to everybody else there is none.
    pub async fn get(
        &self,
        owner: &OrganisationId,
        kind: &str,
        job: JobId,
    ) -> Result<Option<(Job, PathBuf)>, WorkbenchError> {
        let found = self.store.desk.jobs().get(job).await?;
        let own = found.filter(|found| found.job.organisation == *owner && found.job.kind == kind);
        Ok(own.map(|found| (found, self.place(job))))
    }

    /// Wishes a job ended. It ends at its worker's next report.
    pub async fn cancel(&self, job: &Job) -> Result<(), WorkbenchError> {
        Ok(self.store.desk.jobs().cancel(job.job.id, self.clock.now()).await?)
    }

    /// Removes a job that has ended: its folder, every link to it, itself.
    pub async fn discard(&self, job: &Job) -> Result<(), WorkbenchError> {
        // The row goes first: a folder without a job is removed when the workbench is next opened.
        if !self.store.desk.jobs().remove(job.job.id).await? {
            return Err(WorkbenchError::NotEnded);
        }
        remove(&self.place(job.job.id))
    }

    /// Makes a link by which somebody without an account sees the outcome until then. The token is told only here.
    pub async fn share(&self, job: &Job, label: &str, until: Timestamp) -> Result<ShareToken, WorkbenchError> {
        let token = ShareToken::random()?;
        let created_at = self.clock.now();
        let share = Share { digest: token.digest(), job: job.job.id, label: label.to_owned(), created_at, until };
        self.store.desk.shares().create(&share).await?;
        Ok(token)
    }

    /// Where a link leads to, if it works now.
    pub async fn follow(&self, token: &ShareToken) -> Result<Option<(Job, PathBuf)>, WorkbenchError> {
        let found = self.store.desk.shares().follow(token, self.clock.now()).await?;
        Ok(found.map(|job| (self.place(job.job.id), job)).map(|(folder, job)| (job, folder)))
    }

    /// The links to a job, newest first.
    pub async fn shares(&self, job: &Job) -> Result<Vec<Share>, WorkbenchError> {
        Ok(self.store.desk.shares().of(job.job.id).await?)
    }

    /// Ends a link.
    pub async fn revoke(&self, job: &Job, share: &Digest) -> Result<(), WorkbenchError> {
        Ok(self.store.desk.shares().revoke(job.job.id, share).await?)
    }

    /// Removes folders that belong to no job: what was left when filling one or removing one was cut short.
    pub async fn tidy(&self) -> Result<(), WorkbenchError> {
        let root = self.store.layout().work();
        let failed = |source| WorkbenchError::Folder { path: root.clone(), source };
        for entry in std::fs::read_dir(&root).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let named = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
            let known = match named {
                Some(id) => self.store.desk.jobs().get(JobId(id)).await?.is_some(),
                None => false,
            };
            if !known {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Does what is asked for, one piece of work at a time on this task, until dropped. Run it as often as pieces of work
    /// may be under way at once; `name` tells them apart.
    pub async fn run(&self, workers: &[Arc<dyn Worker>], name: &str) {
        let workers: BTreeMap<_, _> = workers.iter().map(|worker| (worker.kind(), worker.clone())).collect();
        loop {
            match self.store.desk.jobs().lease(&self.lease(name), self.clock.now()).await {
                Ok(Some(job)) => self.carry_through(&workers, name, job).await,
                Ok(None) => {
                    // Also looks by itself: a lease may have run out.
                    let _ = tokio::time::timeout(LEASE, self.asked.notified()).await;
                }
                Err(error) => {
                    tracing::error!(%error, "the table of jobs could not be read");
                    tokio::time::sleep(LEASE).await;
                }
            }
        }
    }

    fn lease(&self, name: &str) -> Lease {
        let until = self.clock.now().checked_add(LEASE).unwrap_or(Timestamp::MAX);
        Lease { worker: name.to_owned(), until }
    }

    async fn carry_through(&self, workers: &BTreeMap<&str, Arc<dyn Worker>>, name: &str, job: Job) {
        let id = job.job.id;
        let ended = match workers.get(job.job.kind.as_str()) {
            Some(worker) => self.supervise(worker.clone(), name, job).await,
            None => Err(Ended::Failed(format!("本程序不会做“{}”类工作，请用提交它的版本办理。", job.job.kind))),
        };
        let (state, message) = match ended {
            Ok(outcome) => (JobState::Done, outcome),
            Err(Ended::Cancelled) => (JobState::Cancelled, Ended::Cancelled.to_string()),
            Err(Ended::Failed(why)) => (JobState::Failed, why),
        };
        let finished = self.store.desk.jobs().finish(id, name, state, &message, self.clock.now()).await;
        if let Err(error) = finished {
            tracing::error!(%id, %error, "the end of a job could not be written down");
        }
    }

    /// Lets the worker work on a thread of its own, writes down how far it is, and hands on its owner's wish.
    async fn supervise(&self, worker: Arc<dyn Worker>, name: &str, job: Job) -> Result<String, Ended> {
        let id = job.job.id;
        let tally = Arc::new(Tally::default());
        let assignment = Assignment {
            job: id,
            organisation: job.job.organisation,
            input: job.job.input,
            folder: self.place(id),
            asked_at: job.created_at,
            tally: tally.clone(),
        };
        let mut working = tokio::task::spawn_blocking(move || worker.work(&assignment));
        let mut breath = tokio::time::interval(BREATH);
        loop {
            tokio::select! {
                ended = &mut working => {
                    return ended.unwrap_or_else(|fault| {
                        tracing::error!(%id, %fault, "a worker broke off");
                        Err(Ended::Failed("程序内部出错，工作中断。请再试一次；仍然出错时请联系系统管理员。".to_owned()))
                    });
                }
                _ = breath.tick() => {
                    let (done, total) = (tally.done.load(Ordering::Relaxed), tally.total.load(Ordering::Relaxed));
                    let message = tally.message.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    let told = self.store.desk.jobs().progress(id, &self.lease(name), done, total, &message).await;
                    match told {
                        Ok(Order::Continue) => {}
                        Ok(Order::Cancel | Order::Lost) => tally.stop.store(true, Ordering::Relaxed),
                        Err(error) => tracing::warn!(%id, %error, "progress could not be written down"),
                    }
                }
            }
        }
    }
}

fn remove(path: &Path) -> Result<(), WorkbenchError> {
    match std::fs::remove_dir_all(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(WorkbenchError::Folder { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
