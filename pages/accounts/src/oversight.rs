//! What administrators look at: the access log and who holds which role.

use accounts::Grant;
use askama::Template;
use office::State;
use office::hall::{Seen, Seer};
use register::{Cell, Column, Kind, Register, Viewer};
use web::{Answer, Counter, Page};

#[derive(Template)]
#[template(path = "access_log.html")]
struct AccessLog {
    rows: Vec<Row>,
}

struct Row {
    sequence: String,
    at: String,
    who: String,
    what: String,
}

/// The latest entries of the access log. Looking is itself recorded.
pub async fn access_log(counter: Counter, page: Page) -> Answer {
    let state = counter.state()?;
    let entries = counter.hall.latest_sightings(200).await?;
    let rows = entries.into_iter().map(|recorded| Row {
        sequence: recorded.sequence.to_string(),
        at: kernel::date::minute(recorded.entry.at),
        who: seer(&state, &recorded.entry.who),
        what: seen(&state, &recorded.entry.what),
    });
    page.title("访问日志").show(&AccessLog { rows: rows.collect() })
}

fn seer(state: &State, who: &Seer) -> String {
    match who {
        Seer::Actor(kernel::Actor::Person { role, organisation, person }) => {
            let organisation = state.organisation_name(organisation);
            format!("{organisation} · {}（{}）", role.label(), short(&person.to_string()))
        }
        Seer::Actor(kernel::Actor::System) => "系统".to_owned(),
        Seer::Person(person) => format!("未选身份（{}）", short(&person.to_string())),
        Seer::Unknown(login) => format!("不存在的登录名（{}）", login.short()),
        Seer::Visitor => "未登录".to_owned(),
    }
}

fn short(id: &str) -> String {
    id.chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect()
}

fn seen(state: &State, what: &Seen) -> String {
    match what {
        Seen::Read { firm, purpose, path, .. } => {
            let firm = firm.as_ref().map(|firm| format!("：{}", state.organisation_name(firm))).unwrap_or_default();
            format!("{purpose}{firm}（{path}）")
        }
        Seen::Refused { reason, path, .. } => format!("被拒绝：{reason}（{path}）"),
        Seen::SignedIn { second_factor } => {
            if *second_factor {
                "登录（双因素）".to_owned()
            } else {
                "登录".to_owned()
            }
        }
        Seen::SignInFailed(_) => "登录失败".to_owned(),
        Seen::SignedOut { expired } => if *expired { "会话超时" } else { "退出" }.to_owned(),
        Seen::Reauthenticated => "再次验证身份".to_owned(),
        Seen::CredentialGiven { .. } => "为他人开通登录、重置密码或解锁".to_owned(),
        Seen::CredentialChanged => "更改密码或双因素".to_owned(),
        Seen::Erased { reason, .. } => format!("清除个人信息：{reason}"),
    }
}

/// 授权台账.
pub fn grants() -> Register<State> {
    let rows = |state: &State, _: &Viewer| -> Vec<(Grant, String)> {
        let grants = state.accounts.grants();
        grants.map(|grant| (grant.clone(), state.organisation_name(&grant.organisation))).collect()
    };
    Register::declare("grants", "授权台账", "谁在何时以何种角色代表哪个单位。人员以编号出现，姓名在保险库中。", rows)
        .column(
            Column::new("person", "人员编号", |(grant, _): &(Grant, String)| Cell::text(grant.person.to_string()))
                .filterable(),
        )
        .column(
            Column::new("role", "角色", |(grant, _): &(Grant, String)| Cell::text(grant.role.label()))
                .choices(kernel::Role::ALL.map(kernel::Role::label))
                .sortable(),
        )
        .column(
            Column::new("organisation", "单位", |(_, name): &(Grant, String)| Cell::text(name.clone()))
                .filterable()
                .sortable(),
        )
        .column(
            Column::new("from", "起始日", |(grant, _): &(Grant, String)| Cell::Date(grant.from))
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .column(
            Column::new("until", "截止日", |(grant, _): &(Grant, String)| {
                grant.until.map_or(Cell::None, Cell::Date)
            })
            .kind(Kind::Date)
            .sortable()
            .filterable(),
        )
        .finish()
}
