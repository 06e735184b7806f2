//! The firm's runs, and the forms they begin with.

use askama::Template;
use office::workbench::JobState;
use web::{Answer, Counter, Page};

use crate::family::Family;
use crate::order::Order;
use crate::owner;
use crate::worker::KIND;

/// Runs shown at most; older ones are still there by their address.
const SHOWN: u32 = 200;

struct Row {
    id: String,
    path: String,
    title: String,
    family: &'static str,
    asked: String,
    state: register::Light,
    message: String,
    is_done: bool,
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    families: [Family; 7],
    rows: Vec<Row>,
}

impl ListPage {
    fn lamp<'a>(&self, light: &'a register::Light) -> web::component::Lamp<'a> {
        web::light(light)
    }
}

/// The list.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let jobs = counter.hall.workbench().of(&owner::firm(&counter)?, KIND, SHOWN).await?;
    let row = |job: office::workbench::Job| {
        let family = serde_json::from_str::<Order>(&job.job.input).map_or("", |order| order.family.label());
        let state = match job.state {
            JobState::Waiting => register::Light::unknown("等待"),
            JobState::Running => register::Light::watch("进行中"),
            JobState::Done => register::Light::good("完成"),
            JobState::Failed => register::Light::bad("未能完成"),
            JobState::Cancelled => register::Light::unknown("已停止"),
        };
        Row {
            id: job.job.id.to_string(),
            path: owner::path(job.job.id),
            title: job.job.title,
            family,
            asked: kernel::date::minute(job.created_at),
            state,
            message: job.message,
            is_done: job.state == JobState::Done,
        }
    };
    let content = ListPage { families: Family::ALL, rows: jobs.into_iter().map(row).collect() };
    page.title("仿真测试").show(&content)
}
