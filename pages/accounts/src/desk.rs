//! 工作台: what waits for me, what is late, what I was told.

use accounts::Authorisation;
use askama::Template;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Redirect};
use enterprise::filing::StageKind;
use enterprise::view::{self, Waiting};
use kernel::deadline::Standing;
use kernel::{CreditCode, Date, Deadline, OrganisationId, PersonId, Role};
use office::{Hall, State};
use plan::due::Due;
use register::Light;
use web::{Answer, Counter, Failure, Page, Visitor};

/// The first page: the desk of those who signed in, the living document for everyone else.
pub async fn home(Shared(_): Shared<Hall>, visitor: Visitor) -> Answer {
    let to = if visitor.signed_in().is_some() { "/desk" } else { "/plan" };
    Ok(Redirect::to(to).into_response())
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk {
    who: String,
    day: Date,
    lists: Vec<List>,
    links: Vec<(&'static str, String)>,
    messages: Vec<Message>,
}

/// Things of one kind that wait.
struct List {
    title: &'static str,
    empty: &'static str,
    rows: Vec<Row>,
}

struct Row {
    title: String,
    href: String,
    note: String,
    light: Option<Light>,
}

struct Message {
    at: String,
    title: String,
    body: String,
    link: Option<String>,
}

/// The desk of the role acted in.
pub async fn desk(counter: Counter, page: Page) -> Answer {
    let signed_in = counter.visitor.signed_in().ok_or(Failure::SignInFirst)?;
    let (state, day) = (counter.state()?, counter.as_of.day());
    let seat = counter.visitor.seat();
    let mut lists = match seat {
        Some(seat) => lists(&state, day, seat.role, &seat.organisation),
        None => Vec::new(),
    };
    if counter.as_of.is_now() && seat.is_some_and(|seat| HANDLERS.contains(&seat.role)) {
        let of_cases = waiting_cases(&state, &counter.context()?, day);
        lists.insert(0, of_cases);
    }
    if let Some(seat) = seat.filter(|seat| seat.role == Role::Enterprise && counter.as_of.is_now()) {
        lists.extend(account_to_give(&counter, &state, &seat.organisation).await?);
    }
    lists.extend(offers(&state, signed_in.person));
    let inbox = counter.hall.inbox(signed_in.person, 12).await?;
    let messages = inbox.into_iter().map(|message| Message {
        at: kernel::date::minute(message.at),
        title: message.title,
        body: message.body,
        link: message.link,
    });
    let who = seat.map(|seat| format!("{} · {}", seat.organisation_name, seat.role.label())).unwrap_or_default();
    let mut links: Vec<(&'static str, String)> = seat
        .map(|seat| links(seat.role).into_iter().map(|(label, href)| (label, href.to_owned())).collect())
        .unwrap_or_default();
    if let Some(seat) = seat.filter(|seat| matches!(seat.role, Role::Enterprise | Role::Agent)) {
        links.push(("企业档案", format!("/firms/{}", seat.organisation)));
        links.push(("统计调查表", "/returns".to_owned()));
        links.push(("谁能为企业办事", format!("/firms/{}/acting", seat.organisation)));
        if seat.role == Role::Enterprise {
            links.push(("收款账户", "/payee-account".to_owned()));
        }
    }
    let content = Desk { who, day, lists, links, messages: messages.collect() };
    page.title("工作台").show(&content)
}

fn lists(state: &State, day: Date, role: Role, organisation: &OrganisationId) -> Vec<List> {
    match role {
        Role::Enterprise | Role::Agent => firm(state, day, organisation),
        Role::DistrictOfficer => {
            let division = organisation.as_str().parse().ok();
            let waiting =
                division.map(|code| view::waiting_for_district(&state.enterprise, code, day)).unwrap_or_default();
            vec![filings(state, day, "待核实的年度申报", waiting), reports(state, day, organisation)]
        }
        Role::CityOfficer => {
            let catalog = state.enterprise.catalog();
            let responsible = catalog.is_some_and(|catalog| catalog.filing.responsible.department == *organisation);
            let mut lists = vec![reports(state, day, organisation)];
            if responsible {
                lists.insert(0, filings(state, day, "待签核的年度申报", view::waiting_for_city(&state.enterprise)));
                lists.push(baselines(state, day));
                lists.push(proposals(state));
            }
            lists
        }
        Role::Finance => money(state, day, organisation),
        Role::WorkingGroup => vec![reviews(state, day), red_lights(state, day), baselines(state, day)],
        Role::SystemAdministrator | Role::SecurityAdministrator | Role::AuditAdministrator => {
            vec![second_people(state)]
        }
        _ => Vec::new(),
    }
}

/// A firm with a case that did not say yet where it is paid.
async fn account_to_give(counter: &Counter, state: &State, firm: &OrganisationId) -> Result<Option<List>, Failure> {
    let Ok(code) = firm.as_str().parse::<CreditCode>() else { return Ok(None) };
    if !state.cases.cases_of_firm(code).any(|case| case.stage.is_open()) || counter.hall.account(code).await?.is_some()
    {
        return Ok(None);
    }
    let row = Row {
        title: "填写收款账户".to_owned(),
        href: "/payee-account".to_owned(),
        note: "审定后按这个账户拨付；没有填写就无法下达拨付指令".to_owned(),
        light: Some(Light::watch("待填写")),
    };
    Ok(Some(List { title: "收款账户", empty: "", rows: vec![row] }))
}

/// Those whom cases may wait for.
const HANDLERS: &[Role] = &[Role::DistrictOfficer, Role::CityOfficer, Role::Finance, Role::Expert, Role::AuditFirm];

/// Cases that wait for whoever acts, most pressing first, and why somebody else has to.
fn waiting_cases(state: &State, context: &kernel::Context, day: Date) -> List {
    let row = |waiting: cases::view::Waiting| {
        let case = state.cases.case(waiting.case)?;
        let call = state.cases.call(case.call).map(|call| call.terms.title.clone()).unwrap_or_default();
        let firm = case.applicant.firm;
        Some(Row {
            title: format!("{} · {}", state.organisation_name(&firm.into()), waiting.step),
            href: format!("/cases/{firm}/{}", case.id),
            note: waiting.barred.unwrap_or(call),
            light: Some(deadline(state, day, waiting.due)),
        })
    };
    let rows = cases::view::queue(&state.cases, context).into_iter().filter_map(row).collect();
    List { title: "待办的办件", empty: "没有等待办理的办件。", rows }
}

/// What finance has to look after besides cases that wait: orders late in transit, vouchers without an order, money the
/// bank sent back and that is to be ordered again.
fn money(state: &State, day: Date, organisation: &OrganisationId) -> Vec<List> {
    use cases::payment::OrderStage;
    let own = |case: &cases::Case| state.cases.call(case.call).is_some_and(|call| call.terms.finance == *organisation);
    let late = state.cases.orders().filter_map(|record| {
        let waits = matches!(record.stage, OrderStage::Issued | OrderStage::Transferred { .. });
        let case = state.cases.case(record.order.case).filter(|case| waits && own(case))?;
        let due = case.stage.due().filter(|due| due.due < day)?;
        Some(Row {
            title: format!("{} · {} 元", state.organisation_name(&record.order.firm.into()), record.order.amount),
            href: format!("/orders/{}", record.order.id),
            note: record.stage.label().to_owned(),
            light: Some(deadline(state, day, due)),
        })
    });
    let loose = state.cases.in_transit().map(|record| Row {
        title: format!("凭证 {} · {} 元", record.voucher.number, record.voucher.amount),
        href: "/vouchers/in-transit#vouchers".to_owned(),
        note: record.voucher.on.to_string(),
        light: Some(Light::watch("在途")),
    });
    let back = state.cases.orders().filter_map(|record| {
        let OrderStage::Returned { voucher, reason } = &record.stage else { return None };
        let case = state.cases.case(record.order.case).filter(|case| own(case))?;
        matches!(case.stage, cases::Stage::Planned { .. }).then(|| Row {
            title: format!("{} · {} 元", state.organisation_name(&record.order.firm.into()), record.order.amount),
            href: "/orders/new".to_owned(),
            note: format!("凭证 {voucher}：{reason}"),
            light: Some(Light::bad("银行退回")),
        })
    });
    vec![
        List { title: "超期在途", empty: "没有超期在途的指令。", rows: late.collect() },
        List { title: "没有指令的凭证", empty: "每张凭证都对应到了指令。", rows: loose.collect() },
        List { title: "银行退回，待重新下达", empty: "没有退回待办的资金。", rows: back.collect() },
    ]
}

fn deadline(state: &State, day: Date, due: Deadline) -> Light {
    let standing = due.standing(state.city.calendar(), day);
    match standing {
        Standing::Late(_) => Light::bad(standing.to_string()),
        Standing::Left(days) if days <= 3 => Light::watch(standing.to_string()),
        Standing::Left(_) => Light::good(standing.to_string()),
    }
}

fn filings(state: &State, day: Date, title: &'static str, waiting: Vec<Waiting>) -> List {
    let row = |waiting: Waiting| Row {
        title: format!("{} {} 年度{}", waiting.name, waiting.year, if waiting.correction { "（更正）" } else { "" }),
        href: format!("/firms/{}/filings/{}", waiting.firm, waiting.filing),
        note: waiting.firm.to_string(),
        light: Some(deadline(state, day, waiting.due)),
    };
    List { title, empty: "没有等待办理的申报。", rows: waiting.into_iter().map(row).collect() }
}

/// Reports this unit has to write.
fn reports(state: &State, day: Date, unit: &OrganisationId) -> List {
    let due = plan::due::due(&state.plan, state.city.calendar(), day);
    let rows = due.into_iter().filter_map(|due| match due {
        Due::Report { report, deadline: by, returned, .. } if report.unit == *unit => Some(Row {
            title: format!("任务 {} {}进度", report.subject, report.month.label()),
            href: format!("/plan/reports/new?subject={}&month={}", report.subject, report.month),
            note: returned.map(|reason| format!("退回：{reason}")).unwrap_or_default(),
            light: Some(deadline(state, day, by)),
        }),
        _ => None,
    });
    List { title: "本单位待报送的任务进度", empty: "没有到期的进度报告。", rows: rows.collect() }
}

/// Reports the working group has to read.
fn reviews(state: &State, day: Date) -> List {
    let due = plan::due::due(&state.plan, state.city.calendar(), day);
    let rows = due.into_iter().filter_map(|due| match due {
        Due::Review { report } => Some(Row {
            title: format!("任务 {} {}进度", report.subject, report.month.label()),
            href: format!("/plan/reports/{}/{}/{}/{}", report.plan, report.subject, report.unit, report.month),
            note: state.organisation_name(&report.unit),
            light: None,
        }),
        _ => None,
    });
    List { title: "待审核的进度报告", empty: "没有等待审核的报告。", rows: rows.collect() }
}

fn red_lights(state: &State, day: Date) -> List {
    let plans = state.plan.plans().filter_map(|(key, _)| state.plan.plan_on(key, day));
    let rows = plans.flat_map(|plan| {
        let standing = |anchor| plan::lights::standing(&state.plan, plan, anchor, state.city.calendar(), day);
        plan.tasks.iter().filter_map(move |task| {
            let standing = standing(&task.anchor)?;
            let is_red = standing.signal == plan::lights::Signal::Light(plan::lights::Light::Red);
            is_red.then(|| Row {
                title: format!("{} {}", task.anchor, task.name),
                href: format!("/plan/tasks/{}", task.anchor),
                note: standing.reasons.first().cloned().unwrap_or_default(),
                light: Some(Light::bad("红灯")),
            })
        })
    });
    List { title: "红灯任务", empty: "没有红灯任务。", rows: rows.collect() }
}

fn baselines(state: &State, day: Date) -> List {
    let due = plan::due::due(&state.plan, state.city.calendar(), day);
    let rows = due.into_iter().filter_map(|due| {
        let label = due.label();
        let Due::Baseline { plan, goal, .. } = due else { return None };
        let indicator = state.plan.plan_on(&plan, day)?.goal(&goal)?.indicator.clone();
        Some(Row { title: label, href: format!("/plan/indicators/{indicator}"), note: String::new(), light: None })
    });
    List { title: "基数", empty: "各目标的基数都已签认，或原文已给出。", rows: rows.collect() }
}

/// Readings that wait for a second person.
fn proposals(state: &State) -> List {
    let open = state.subsidy.proposals().filter(|record| record.stage == subsidy::state::ProposalStage::Open);
    let row = |record: &std::sync::Arc<subsidy::state::ProposalRecord>| Row {
        title: "待批准的口径解释".to_owned(),
        href: "/interpretations".to_owned(),
        note: record.recorded.day().to_string(),
        light: None,
    };
    List { title: "口径解释（四眼）", empty: "没有等待批准的解释。", rows: open.map(row).collect() }
}

/// What firms offered this person and wait to hear about, whether or not the person has any seat yet.
fn offers(state: &State, person: PersonId) -> Option<List> {
    let waits = |given: &&Authorisation| {
        given.holder() == Some(person) && given.stage == accounts::authorisation::Stage::Offered
    };
    let row = |given: &Authorisation| Row {
        title: format!("{}授权您办事", state.organisation_name(&given.firm.into())),
        href: "/authorisations".to_owned(),
        note: format!("{} 至 {}", given.from, given.until),
        light: Some(Light::watch("待答复")),
    };
    let rows: Vec<Row> = state.accounts.authorisations_held_by(person).filter(waits).map(row).collect();
    (!rows.is_empty()).then_some(List { title: "待您答复的企业授权", empty: "", rows })
}

/// What waits for a second administrator. Whose it is stands on the person's page, where looking is recorded.
fn second_people(state: &State) -> List {
    let grants = state.accounts.grants().filter(|grant| grant.stage == accounts::grant::Stage::Proposed);
    let grants = grants.map(|grant| Row {
        title: format!("授予{}", grant.role.label()),
        href: format!("/people/{}", grant.person),
        note: format!("{} 提出", kernel::date::minute(grant.given.at)),
        light: Some(Light::watch("待复核")),
    });
    let erasures = state.accounts.people().filter_map(|person| Some((person.id, person.erasure.as_ref()?)));
    let erasures = erasures.map(|(person, proposal)| Row {
        title: "清除个人信息".to_owned(),
        href: format!("/people/{person}"),
        note: format!("{}，{} 提出", proposal.ground.label(), kernel::date::minute(proposal.recorded.at)),
        light: Some(Light::watch("待复核")),
    });
    List {
        title: "待另一位管理员复核", empty: "没有等待复核的事项。", rows: grants.chain(erasures).collect()
    }
}

/// What waits for a firm in its cases.
fn own_cases(state: &State, code: CreditCode, day: Date) -> List {
    use cases::due::{Subject, Who};
    let due = cases::due::due(&state.cases, state.city.calendar(), day);
    let rows = due.into_iter().filter(|due| due.who == Who::Firm(code)).filter_map(|due| {
        let case = match due.subject {
            Subject::Case(case) => case,
            Subject::Adverse(decision) => state.cases.adverse(decision)?.intended.case,
            _ => return None,
        };
        let call = state.cases.call(state.cases.case(case)?.call)?;
        Some(Row {
            title: due.step.to_owned(),
            href: format!("/my-cases/{code}/{case}"),
            note: call.terms.title.clone(),
            light: Some(deadline(state, day, due.deadline)),
        })
    });
    List { title: "我的办件待办", empty: "没有等您办理的办件。", rows: rows.collect() }
}

/// Cases of a firm that wait for somebody else, with what is done next and by when.
fn cases_on_their_way(state: &State, code: CreditCode, day: Date) -> Vec<Row> {
    use cases::due::{Subject, Who};
    let due = cases::due::due(&state.cases, state.city.calendar(), day);
    let open = state.cases.cases_of_firm(code).filter(|case| case.stage.is_open());
    let rows = open.filter_map(|case| {
        let next = due.iter().find(|due| due.subject == Subject::Case(case.id));
        // What waits for the firm itself stands in a list of its own.
        if next.is_some_and(|next| next.who == Who::Firm(code)) {
            return None;
        }
        Some(Row {
            title: state.cases.call(case.call)?.terms.title.clone(),
            href: format!("/my-cases/{code}/{}", case.id),
            note: next.map_or_else(|| case.stage.kind().label().to_owned(), |next| format!("等待{}", next.step)),
            light: next.map(|next| deadline(state, day, next.deadline)),
        })
    });
    rows.collect()
}

/// Calls a firm could apply to.
fn open_calls(state: &State, code: CreditCode, day: Date) -> List {
    let rows = cases::view::open_to(&state.cases, code, day).map(|call| {
        let window = call.terms.window;
        Row {
            title: call.terms.title.clone(),
            href: format!("/calls/{}", call.id),
            note: format!("预算 {} 万元", call.terms.budget.ten_thousands()),
            light: Some(deadline(state, day, Deadline { due: window.until(), started: window.from() })),
        }
    });
    List { title: "可申报的批次", empty: "现在没有可以申报的批次。", rows: rows.collect() }
}

/// What a firm has to do.
fn firm(state: &State, day: Date, organisation: &OrganisationId) -> Vec<List> {
    let Ok(code) = organisation.as_str().parse::<CreditCode>() else { return Vec::new() };
    let returned = view::returned_to_firm(&state.enterprise, code).into_iter().map(|(filing, reason)| Row {
        title: format!("{} 年度申报被退回", filing.year),
        href: format!("/filings/{}/again", filing.id),
        note: reason.to_owned(),
        light: Some(Light::watch("待补正")),
    });
    let year = day.year() - 1;
    let missing = view::not_filed(&state.enterprise, year).filter(|(_, firms)| firms.contains(&code));
    let missing = missing.map(|(due, _)| Row {
        title: format!("报送 {year} 年度数据"),
        href: "/filings/new".to_owned(),
        note: format!("截止 {due}"),
        light: Some(if day > due { Light::bad("已逾期") } else { Light::watch("待报送") }),
    });
    let open = view::filings(&state.enterprise, code);
    let on_their_way = open.iter().filter(|line| matches!(line.stage, StageKind::Filed | StageKind::Verified));
    let on_their_way = on_their_way.map(|line| Row {
        title: format!("{} 年度申报", line.year),
        href: format!("/firms/{code}/filings/{}", line.filing),
        note: line.stage.label().to_owned(),
        light: line.due.map(|due| deadline(state, day, due)),
    });
    vec![
        own_cases(state, code, day),
        open_calls(state, code, day),
        List {
            title: "需要您办理", empty: "没有需要办理的事项。", rows: returned.chain(missing).collect()
        },
        List {
            title: "正在办理中",
            empty: "没有在途的申报和办件。",
            rows: cases_on_their_way(state, code, day).into_iter().chain(on_their_way).collect(),
        },
    ]
}

/// Where each role usually goes next.
fn links(role: Role) -> Vec<(&'static str, &'static str)> {
    match role {
        Role::Enterprise | Role::Agent => {
            vec![
                ("申报批次", "/calls"),
                ("我的办件", "/my-cases"),
                ("报送年度数据", "/filings/new"),
                ("先看我能享受什么", "/precheck"),
                ("我的事项与限额", "/my-benefits"),
            ]
        }
        Role::DistrictOfficer => {
            vec![
                ("办件待办", "/reviews"),
                ("年度申报台账", "/filings"),
                ("企业建档", "/firms/new"),
                ("企业台账", "/firms"),
                ("报送任务进度", "/plan/reports/new"),
                ("外出委托", "/delegations"),
            ]
        }
        Role::CityOfficer => {
            vec![
                ("办件待办", "/reviews"),
                ("办件台账", "/cases"),
                ("资金计划", "/funding-plans"),
                ("年度申报台账", "/filings"),
                ("企业建档", "/firms/new"),
                ("测算", "/decisions"),
                ("口径解释", "/interpretations"),
                ("外出委托", "/delegations"),
            ]
        }
        Role::WorkingGroup => {
            vec![
                ("任务", "/plan/tasks"),
                ("指标", "/plan/indicators"),
                ("进度报告", "/plan/reports"),
                ("办件台账", "/cases"),
                ("投诉", "/complaints"),
                ("外出委托", "/delegations"),
            ]
        }
        Role::Finance => vec![
            ("下达指令", "/orders/new"),
            ("导入凭证", "/vouchers/import"),
            ("在途", "/vouchers/in-transit"),
            ("对账", "/payments/reconciliation"),
            ("其他部门资金", "/other-funding"),
            ("此前拨付", "/earlier-payments"),
        ],
        Role::Expert | Role::AuditFirm => vec![("待办", "/reviews"), ("我的办件", "/cases")],
        Role::Discipline => vec![("举报", "/reports"), ("投诉", "/complaints")],
        Role::Auditor => {
            vec![("办件台账", "/cases"), ("测算", "/decisions"), ("年度申报台账", "/filings"), ("企业台账", "/firms")]
        }
        Role::AuditAdministrator => vec![("访问日志", "/access-log"), ("人员", "/people")],
        Role::SecurityAdministrator => vec![("人员", "/people"), ("授权台账", "/grants"), ("机构", "/organisations")],
        Role::SystemAdministrator => {
            vec![("登记人员", "/people/new"), ("登记机构", "/organisations/new"), ("人员", "/people")]
        }
    }
}
