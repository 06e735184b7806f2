//! A public notice is registered: which cases, where it was published, and what the public will read of them.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::case::Stage;
use cases::notice::Publication;
use cases::{Call, CaseId, NoticeId};
use kernel::{Date, Deadline, Money};
use office::State;
use web::{Answer, Counter, Draft, Field, Form, FromFields, Page, Reader, Upload, go};

use super::notice_pages::{Line, public_line};
use super::shown::{PAPERS, found_in_charge, keep};
use cases_pages::viewer::firm_name;

/// A notice as typed.
pub struct Typed {
    url: String,
    on: Date,
    capture: Upload,
    cases: Vec<CaseId>,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let url = reader.required("url", "公示网址");
        let on = reader.day("on", "公示日期");
        let capture = reader.file("capture", "网页留存件");
        let cases = reader.all("cases").iter().filter_map(|typed| typed.parse().ok()).collect();
        Some(Self { url: url?, on: on?, capture: capture?, cases })
    }
}

struct Choice {
    case: CaseId,
    firm: String,
    amount: Money,
    ticked: bool,
    barred: Option<String>,
}

#[derive(Template)]
#[template(path = "notice_form.html")]
struct NoticeForm {
    id: String,
    title: String,
    days: u16,
    until: String,
    choices: Vec<Choice>,
    lines: Vec<Line>,
    total: Money,
    fields: Vec<Field>,
    draft: Draft,
}

fn show(state: &State, counter: &Counter, page: Page, call: &Call, draft: Draft) -> Answer {
    let context = counter.context()?;
    let typed: Vec<_> = draft.all("cases").map(str::to_owned).collect();
    let first_time = typed.is_empty() && !draft.has_errors();
    let decided = || state.cases.cases_of(call.id).filter(|case| matches!(case.stage, Stage::Decided { .. }));
    let choice = |case: &cases::Case| {
        let barred = cases::view::barred(&context, case);
        let ticked = if first_time { barred.is_none() } else { typed.contains(&case.id.to_string()) };
        let firm = firm_name(state, case.applicant.firm);
        Choice { case: case.id, firm, amount: case.stage.decided(), ticked, barred }
    };
    let days = call.terms.route.notice_working_days;
    let until = Deadline::working_days(&context.calendar, counter.as_of.day(), days);
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let content = NoticeForm {
        id: call.id.to_string(),
        title: call.terms.title.clone(),
        days,
        until: until.due.to_string(),
        choices: decided().map(choice).collect(),
        lines: decided().map(|case| public_line(state, case, case.stage.decided())).collect(),
        total: decided().map(|case| case.stage.decided()).sum(),
        fields: vec![
            draft.text("url", "公示网址").hint("部门官方网站上公示页的完整网址").required(),
            draft.date("on", "公示日期").hint("公示期自次日起算").required(),
            draft.upload("capture", "网页留存件", PAPERS).hint("公示页的截图或 PDF，不超过 20 MB").required(),
        ],
        draft,
    };
    let page = page.title("发布公示").status(status);
    page.crumb(call.terms.title.clone(), format!("/calls/{}/desk", call.id)).show(&content)
}

/// The form.
pub async fn ask(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let draft = page.form().fill([("on", counter.as_of.day().to_string())]);
    show(&state, &counter, page, call, draft)
}

/// Registers the notice.
pub async fn publish(counter: Counter, Path(key): Path<String>, page: Page, form: Form<Typed>) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let Form { read, draft, command, .. } = form;
    let Some(Typed { url, on, capture, cases }) = read else { return show(&state, &counter, page, call, draft) };
    let capture = keep(&counter, &capture).await?;
    let id = NoticeId(command.0);
    let publication = Publication { id, call: call.id, url, capture, on, cases };
    let sent = counter.submit(command, cases::Command::PublishNotice(publication)).await;
    match draft.unless_done(sent)? {
        Some(draft) => show(&state, &counter, page, call, draft),
        None => Ok(go(&format!("/notices/{id}"))),
    }
}
