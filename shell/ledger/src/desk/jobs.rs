//! Long work: who wants it, who does it, how far it is.
//!
//! A worker leases a job for a while and renews the lease with each report of progress. When it dies, the lease runs
//! out and another worker takes the job from the start: work done twice must have one effect.
//!
//! A job belongs to the organisation it was asked for; the person who asked may leave it without the work being lost.

use kernel::{OrganisationId, PersonId, Timestamp};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Desk, DeskError, id, person, stored};
use crate::database::{self, instant};

kernel::uuid_id!(
    /// One piece of long work. Its effects outside are keyed by it.
    JobId
);

/// Work to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Chosen by the caller: putting it again changes nothing.
    pub id: JobId,
    /// Who asked for it.
    pub owner: PersonId,
    /// To whom it and its results belong.
    pub organisation: OrganisationId,
    /// Which work: the name of its worker function.
    pub kind: String,
    /// What its owners call it.
    pub title: String,
    /// What it works on, as JSON.
    pub input: String,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Nobody has begun.
    Waiting,
    /// A worker holds a lease, or held one that ran out.
    Running,
    /// Finished; the message tells the outcome.
    Done,
    /// Given up; the message tells why and what to do.
    Failed,
    /// Ended at its owner's wish.
    Cancelled,
}

/// A job and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What was asked for.
    pub job: NewJob,
    /// Where it stands.
    pub state: JobState,
    /// Units of work done, as the worker counts them.
    pub done: u64,
    /// Units of work in all; 0 while unknown.
    pub total: u64,
    /// What is being done, or the outcome.
    pub message: String,
    /// Whether its owner wants it ended.
    pub cancel: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// A worker's right to a job until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Name of the worker, unique among those running.
    pub worker: String,
    /// The right ends then unless renewed.
    pub until: Timestamp,
}

/// What a worker is to do after reporting progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Go on; the lease is renewed.
    Continue,
    /// The owner wants it ended: stop and call [`Jobs::finish`] with [`JobState::Cancelled`].
    Cancel,
    /// The lease was lost to another worker: stop without effects.
    Lost,
}

/// The table of jobs.
pub struct Jobs<'a>(pub(super) &'a Desk);

impl Jobs<'_> {
    /// Asks for work; answers `false` when this job was asked for before.
    pub async fn ask(&self, job: &NewJob, now: Timestamp) -> Result<bool, DeskError> {
        let sql = "insert into job (id, owner, organisation, kind, title, input, state, created_at)
                   values (?, ?, ?, ?, ?, ?, 'waiting', ?) on conflict (id) do nothing";
        let query = sqlx::query(sql).bind(key(job.id)).bind(id(job.owner)).bind(job.organisation.as_str());
        let query = query.bind(&job.kind).bind(&job.title).bind(&job.input).bind(stored(now));
        Ok(query.execute(&mut *self.0.writer().await).await?.rows_affected() == 1)
    }

    /// Leases the oldest job that waits or whose lease ran out.
    pub async fn lease(&self, lease: &Lease, now: Timestamp) -> Result<Option<Job>, DeskError> {
        let sql = "update job set state = 'running', worker = ?, lease_until = ?, done = 0, total = 0, message = ''
                   where id = (
                       select id from job where state = 'waiting' or (state = 'running' and lease_until < ?)
                       order by created_at, id limit 1
                   ) returning *";
        let query = sqlx::query(sql).bind(&lease.worker).bind(stored(lease.until)).bind(stored(now));
        let row = query.fetch_optional(&mut *self.0.writer().await).await?;
        Ok(row.map(|row| job_of(&row)).transpose()?)
    }

    /// Reports progress and renews the lease.
    pub async fn progress(
        &self,
        job: JobId,
        lease: &Lease,
        done: u64,
        total: u64,
        message: &str,
    ) -> Result<Order, DeskError> {
        let sql = "update job set lease_until = ?, done = ?, total = ?, message = ?
                   where id = ? and worker = ? and state = 'running' returning cancel";
        let query = sqlx::query_scalar(sql).bind(stored(lease.until)).bind(count(done)).bind(count(total));
        let query = query.bind(message).bind(key(job)).bind(&lease.worker);
        let cancel: Option<bool> = query.fetch_optional(&mut *self.0.writer().await).await?;
        Ok(match cancel {
            None => Order::Lost,
            Some(true) => Order::Cancel,
            Some(false) => Order::Continue,
        })
    }

    /// Ends a job as `Done`, `Failed` or `Cancelled`; answers `false` when the lease was lost to another worker.
    pub async fn finish(
        &self,
        job: JobId,
        worker: &str,
        state: JobState,
        message: &str,
        at: Timestamp,
    ) -> Result<bool, DeskError> {
        let sql = "update job set state = ?, message = ?, finished_at = ?, lease_until = null
                   where id = ? and worker = ? and state = 'running'";
        let query = sqlx::query(sql).bind(state.text()).bind(message).bind(stored(at)).bind(key(job)).bind(worker);
        Ok(query.execute(&mut *self.0.writer().await).await?.rows_affected() == 1)
    }

    /// Asks for a job to be ended. One that nobody has begun ends at once.
    pub async fn cancel(&self, job: JobId, at: Timestamp) -> Result<(), DeskError> {
        let sql = "update job set cancel = 1,
                       finished_at = case state when 'waiting' then ? else finished_at end,
                       state = case state when 'waiting' then 'cancelled' else state end
                   where id = ? and state in ('waiting', 'running')";
        sqlx::query(sql).bind(stored(at)).bind(key(job)).execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    /// A job by its id.
    pub async fn get(&self, job: JobId) -> Result<Option<Job>, DeskError> {
        let query = sqlx::query("select * from job where id = ?").bind(key(job));
        let row = query.fetch_optional(self.0.readers()).await?;
        Ok(row.map(|row| job_of(&row)).transpose()?)
    }

    /// An organisation's jobs of one kind, newest first.
    pub async fn of(&self, organisation: &OrganisationId, kind: &str, limit: u32) -> Result<Vec<Job>, DeskError> {
        let sql = "select * from job where organisation = ? and kind = ? order by created_at desc, id desc limit ?";
        let query = sqlx::query(sql).bind(organisation.as_str()).bind(kind).bind(limit);
        let rows = query.fetch_all(self.0.readers()).await?;
        Ok(rows.iter().map(job_of).collect::<Result<_, _>>()?)
    }

    /// Removes a job that has ended, and with it every link to it; answers `false` while it waits or runs.
    pub async fn remove(&self, job: JobId) -> Result<bool, DeskError> {
        let sql = "delete from job where id = ? and state not in ('waiting', 'running')";
        let mut writer = self.0.writer().await;
        let removed = sqlx::query(sql).bind(key(job)).execute(&mut *writer).await?.rows_affected() == 1;
        if removed {
            sqlx::query("delete from share where job = ?").bind(key(job)).execute(&mut *writer).await?;
        }
        Ok(removed)
    }
}

impl JobState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    const fn text(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

pub(super) fn key(job: JobId) -> Vec<u8> {
    job.0.as_bytes().to_vec()
}

fn count(units: u64) -> i64 {
    i64::try_from(units).unwrap_or(i64::MAX)
}

pub(super) fn job_of(row: &SqliteRow) -> Result<Job, sqlx::Error> {
    let text: &str = row.try_get("state")?;
    let state = JobState::ALL.into_iter().find(|state| state.text() == text);
    Ok(Job {
        job: NewJob {
            id: JobId(database::uuid(row.try_get("id")?)?),
            owner: person(row.try_get("owner")?)?,
            organisation: database::parse(row.try_get("organisation")?)?,
            kind: row.try_get("kind")?,
            title: row.try_get("title")?,
            input: row.try_get("input")?,
        },
        state: state.ok_or_else(|| sqlx::Error::Decode(format!("job state {text}").into()))?,
        done: row.try_get::<i64, _>("done")?.unsigned_abs(),
        total: row.try_get::<i64, _>("total")?.unsigned_abs(),
        message: row.try_get("message")?,
        cancel: row.try_get("cancel")?,
        created_at: instant(row.try_get("created_at")?),
        finished_at: row.try_get::<Option<i64>, _>("finished_at")?.map(instant),
    })
}
