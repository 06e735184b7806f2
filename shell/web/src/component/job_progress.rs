//! How far a piece of long work is.

use askama::Template;
use askama::filters::HtmlSafe;
use office::workbench::{Job, JobState};
use register::Light;

/// A job's standing: light, bar, what is being done or the outcome. Beside it a page puts its form to stop the work, and
/// shows itself again with [`crate::Page::again_after`] while the job [`is_under_way`](Self::is_under_way).
#[derive(Clone, Debug, Template)]
#[template(path = "component/job_progress.html")]
pub struct JobProgress {
    light: Light,
    /// Done, total and percent, once the total is known.
    share: Option<(u64, u64, u64)>,
    message: String,
    under_way: bool,
    stopping: bool,
}

impl HtmlSafe for JobProgress {}

impl JobProgress {
    /// Of this job.
    pub fn of(job: &Job) -> Self {
        let (light, under_way) = match job.state {
            JobState::Waiting => (Light::unknown("等待开始"), true),
            JobState::Running => (Light::watch("进行中"), true),
            JobState::Done => (Light::good("已完成"), false),
            JobState::Failed => (Light::bad("未能完成"), false),
            JobState::Cancelled => (Light::unknown("已停止"), false),
        };
        let done = job.done.min(job.total);
        let percent =
            (u128::from(done) * 100).checked_div(job.total.into()).and_then(|share| u64::try_from(share).ok());
        let share = percent.filter(|_| under_way).map(|percent| (done, job.total, percent));
        Self { light, share, message: job.message.clone(), under_way, stopping: under_way && job.cancel }
    }

    /// Whether it waits or runs.
    pub fn is_under_way(&self) -> bool {
        self.under_way
    }
}
