//! Long work: done, told of, stopped, refused, shared, removed; and nobody else's.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kernel::{OrganisationId, PersonId};
use office::workbench::{Assignment, Ended, Job, JobId, JobState, NewJob, WorkbenchError, Worker};
use office::{Hall, SetClock, Workbench};
use uuid::Uuid;

/// Counts to what it was asked for; `for ever` never ends by itself, `break` breaks off.
struct Counting;

impl Worker for Counting {
    fn kind(&self) -> &'static str {
        "count"
    }

    fn work(&self, assignment: &Assignment) -> Result<String, Ended> {
        match assignment.input.as_str() {
            "for ever" => loop {
                assignment.progress(1, 0, "counting")?;
                std::thread::sleep(Duration::from_millis(5));
            },
            "break" => panic!("a fault of the worker"),
            to => {
                let to: u64 = to.parse().map_err(|_| Ended::Failed(format!("“{to}” is no number")))?;
                (1..=to).try_for_each(|number| assignment.progress(number, to, "counting"))?;
                std::fs::write(assignment.folder.join("sum"), (to * (to + 1) / 2).to_string()).unwrap();
                Ok(format!("{to}"))
            }
        }
    }
}

fn firm(name: &str) -> OrganisationId {
    name.parse().unwrap()
}

async fn open(dir: &Path) -> Hall {
    let clock = SetClock::at("2026-03-02T02:00:00Z".parse().unwrap());
    Hall::open(dir, Arc::new(clock), |_| ()).await.unwrap()
}

async fn ask(bench: &Workbench, number: u128, input: &str) -> JobId {
    let job = NewJob {
        id: JobId(Uuid::from_u128(number)),
        owner: PersonId(Uuid::from_u128(7)),
        organisation: firm("firm-a"),
        kind: "count".to_owned(),
        title: "示例".to_owned(),
        input: input.to_owned(),
    };
    bench.ask(&job).await.unwrap();
    job.id
}

async fn look(bench: &Workbench, id: JobId) -> Job {
    bench.get(&firm("firm-a"), "count", id).await.unwrap().unwrap().0
}

async fn wait(bench: &Workbench, id: JobId, is_so: impl Fn(&Job) -> bool) -> Job {
    loop {
        let job = look(bench, id).await;
        if is_so(&job) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn has_ended(job: &Job) -> bool {
    !matches!(job.state, JobState::Waiting | JobState::Running)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_is_done_stopped_or_failed_and_each_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let hall = open(dir.path()).await;
    let bench = hall.workbench().clone();
    let running = tokio::spawn({
        let bench = bench.clone();
        async move { bench.run(&[Arc::new(Counting)], "one").await }
    });
    let counted = wait(&bench, ask(&bench, 1, "100").await, has_ended).await;
    assert_eq!((counted.state, counted.message.as_str()), (JobState::Done, "100"));
    let (_, folder) = bench.get(&firm("firm-a"), "count", counted.job.id).await.unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(folder.join("sum")).unwrap(), "5050");

    let endless = ask(&bench, 2, "for ever").await;
    let under_way = wait(&bench, endless, |job| job.message == "counting").await;
    assert!(matches!(bench.discard(&under_way).await, Err(WorkbenchError::NotEnded)));
    bench.cancel(&under_way).await.unwrap();
    assert_eq!(wait(&bench, endless, has_ended).await.state, JobState::Cancelled);

    let wrong = wait(&bench, ask(&bench, 3, "many").await, has_ended).await;
    assert_eq!((wrong.state, wrong.message.as_str()), (JobState::Failed, "“many” is no number"));
    let broken = wait(&bench, ask(&bench, 4, "break").await, has_ended).await;
    assert_eq!(broken.state, JobState::Failed, "and the bench goes on");
    let again = wait(&bench, ask(&bench, 5, "3").await, has_ended).await;
    assert_eq!(again.state, JobState::Done);
    running.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_is_its_owners_alone_until_shared_and_leaves_nothing_when_removed() {
    let dir = tempfile::tempdir().unwrap();
    let hall = open(dir.path()).await;
    let bench = hall.workbench();
    let id = ask(bench, 1, "9").await;
    assert!(bench.get(&firm("firm-b"), "count", id).await.unwrap().is_none());
    assert!(bench.get(&firm("firm-a"), "another kind", id).await.unwrap().is_none());
    assert!(bench.of(&firm("firm-b"), "count", 9).await.unwrap().is_empty());
    let job = look(bench, id).await;
    let until = "2026-04-01T00:00:00Z".parse().unwrap();
    let token = bench.share(&job, "客户", until).await.unwrap();
    assert_eq!(bench.follow(&token).await.unwrap().unwrap().0.job, job.job);

    bench.cancel(&job).await.unwrap();
    let folder = bench.folder(id).unwrap();
    let stray = bench.folder(JobId(Uuid::from_u128(2))).unwrap();
    bench.tidy().await.unwrap();
    assert!(folder.exists() && !stray.exists(), "only a folder without a job is tidied away");
    bench.discard(&look(bench, id).await).await.unwrap();
    assert!(!folder.exists());
    assert!(bench.follow(&token).await.unwrap().is_none());
    assert!(bench.get(&firm("firm-a"), "count", id).await.unwrap().is_none());
}
