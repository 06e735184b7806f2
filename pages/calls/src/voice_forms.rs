//! What anybody may say of a case, without an account: objection (异议), complaint (投诉), report (举报); and the answer,
//! for whoever holds the receipt.
//!
//! What is written and who can be reached are sealed before they are recorded, and the record is made by the program: who
//! sent a form, signed in or not, is not kept.

use askama::Template;
use axum::extract::Path;
use cases::challenge::{Against, Answer as Ended, Command};
use cases::receipt::{Receipt, Said};
use cases::{CaseId, ComplaintId, ObjectionId, ReportId};
use kernel::{CommandId, OrganisationId};
use office::{State, SubmitError};
use register::Light;
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Reader};

use super::notice_pages::notice_of;
use cases_pages::viewer::firm_name;

/// Characters of what somebody writes.
const MOST: usize = 3000;
const ANONYMOUS: &str = "可以不留。留下的联系方式加密保存，只有办理人员看得到。";

/// What somebody wrote.
pub struct Spoken {
    case: CaseId,
    against: Option<OrganisationId>,
    statement: String,
    contact: Option<String>,
}

impl FromFields for Spoken {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let case = reader.required::<TypedCase>("case", "办件");
        let against = reader.optional("against", "投诉对象");
        let statement = reader.text("statement", "内容", MOST, true);
        let contact = reader.text("contact", "联系方式", 100, false);
        Some(Self {
            case: case?.0,
            against: against?,
            statement: statement?,
            contact: contact.map(|contact| (!contact.is_empty()).then_some(contact))?,
        })
    }
}

/// The number of a case as typed.
struct TypedCase(CaseId);

impl std::str::FromStr for TypedCase {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "办件编号不完整，请从公示名单或办件页面进入")
    }
}

/// The value of a query parameter.
fn asked<'a>(page: &'a Page, name: &str) -> Option<&'a str> {
    page.query().split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Cases the public knows of through a notice, as choices: of one notice, or of all.
fn noticed(state: &State, of: Option<&str>) -> Vec<(CaseId, String)> {
    let notices = state.cases.notices().filter(|notice| of.is_none_or(|of| notice.id.to_string() == of));
    let mut choices = std::collections::BTreeMap::new();
    for notice in notices {
        let title = state.cases.call(notice.call).map(|call| call.terms.title.as_str()).unwrap_or_default();
        for case in notice.cases.keys().filter_map(|id| state.cases.case(*id)) {
            choices.insert(case.id, format!("{}（{title}）", firm_name(state, case.applicant.firm)));
        }
    }
    choices.into_iter().collect()
}

/// The case a form is about: chosen from what is public, or the sender's own that its page linked from.
fn choices(state: &State, counter: &Counter, page: &Page) -> Vec<(CaseId, String)> {
    let mut choices = noticed(state, asked(page, "notice"));
    let named = asked(page, "case").and_then(|key| key.parse::<CaseId>().ok());
    let own = named.and_then(|id| state.cases.case(id)).filter(|case| {
        let firm = counter.visitor.organisation().map(OrganisationId::as_str);
        firm == Some(case.applicant.firm.as_str())
    });
    if let Some(case) = own.filter(|case| choices.iter().all(|(id, _)| *id != case.id)) {
        choices.insert(0, (case.id, format!("{}（本企业办件）", firm_name(state, case.applicant.firm))));
    }
    choices
}

/// Offices a complaint may be about: those that handle cases which the public knows of.
fn offices(state: &State) -> Vec<(String, String)> {
    let of_calls = state.cases.calls().flat_map(|call| [call.terms.issuer.clone(), call.terms.finance.clone()]);
    let of_cases = state.cases.cases().map(|case| case.applicant.district.into());
    let all: std::collections::BTreeSet<OrganisationId> = of_calls.chain(of_cases).collect();
    all.iter().map(|office| (office.to_string(), state.organisation_name(office))).collect()
}

fn objection_form(state: &State, page: Page, key: &str, draft: Draft) -> Answer {
    let notice = notice_of(state, key)?;
    let form = FormPage::new("提出异议", format!("/notices/{key}/objection"), draft.clone())
        .intro(format!("公示到 {} 为止。有异议的办件，答复之前不拨付。", notice.until.due))
        .field(draft.select("case", "对哪一家", &noticed(state, Some(key))).required())
        .field(
            draft
                .lines("statement", "异议内容")
                .rows(8)
                .hint("哪里不当、依据是什么；不要写与此无关的个人信息")
                .required(),
        )
        .field(draft.text("contact", "联系方式").hint(ANONYMOUS))
        .button("提交异议");
    form.show(page.crumb("公示", "/notices").crumb("公示名单", format!("/notices/{key}")))
}

/// The form of an objection.
pub async fn new_objection(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let case = asked(&page, "case").unwrap_or_default().to_owned();
    let draft = page.form().fill([("case", case)]);
    objection_form(&state, page, &key, draft)
}

/// Somebody objects.
pub async fn object(counter: Counter, Path(key): Path<String>, page: Page, form: Form<Spoken>) -> Answer {
    let state = counter.state()?;
    let Form { read, draft, command, .. } = form;
    let Some(spoken) = read else { return objection_form(&state, page, &key, draft) };
    let sent = say(&counter, command, spoken, |id, spoken, (statement, contact)| Command::Object {
        id: ObjectionId(id.0),
        case: spoken.case,
        statement,
        contact,
    });
    match retold(draft, sent.await?)? {
        Some(draft) => objection_form(&state, page, &key, draft),
        None => thank(page, Said::Objection, command),
    }
}

fn complaint_form(state: &State, counter: &Counter, page: Page, draft: Draft) -> Answer {
    let form = FormPage::new("提出投诉", "/complaints/new", draft.clone())
        .intro("投诉针对经办单位和人员，由没有参与办理该件的人员答复，被投诉的单位看不到。")
        .field(draft.select("case", "与哪一件有关", &choices(state, counter, &page)).required())
        .field(draft.select("against", "投诉哪个单位", &offices(state)).hint("具体人员请写在内容里").required())
        .field(draft.lines("statement", "投诉内容").rows(8).required())
        .field(draft.text("contact", "联系方式").hint(ANONYMOUS))
        .button("提交投诉");
    form.show(page.crumb("公示", "/notices"))
}

/// The form of a complaint.
pub async fn new_complaint(counter: Counter, page: Page) -> Answer {
    let state = counter.state()?;
    let case = asked(&page, "case").unwrap_or_default().to_owned();
    let draft = page.form().fill([("case", case)]);
    complaint_form(&state, &counter, page, draft)
}

/// Somebody complains.
pub async fn complain(counter: Counter, page: Page, form: Form<Spoken>) -> Answer {
    let state = counter.state()?;
    let Form { read, draft, command, .. } = form;
    let Some(spoken) = read else { return complaint_form(&state, &counter, page, draft) };
    let Some(office) = spoken.against.clone() else {
        return complaint_form(&state, &counter, page, draft.complain("请选择投诉哪个单位。"));
    };
    let sent = say(&counter, command, spoken, |id, spoken, (statement, contact)| Command::Complain {
        id: ComplaintId(id.0),
        case: spoken.case,
        against: Against::Office(office),
        statement,
        contact,
    });
    match retold(draft, sent.await?)? {
        Some(draft) => complaint_form(&state, &counter, page, draft),
        None => thank(page, Said::Complaint, command),
    }
}

fn report_form(state: &State, counter: &Counter, page: Page, draft: Draft) -> Answer {
    let form = FormPage::new("提出举报", "/reports/new", draft.clone())
        .intro("举报直接送机关纪委；经办人员看不到，办件上也没有任何痕迹。可以匿名。")
        .field(draft.select("case", "举报哪一件", &choices(state, counter, &page)).required())
        .field(draft.lines("statement", "举报内容").rows(8).hint("时间、事实、证据线索").required())
        .field(draft.text("contact", "联系方式").hint(ANONYMOUS))
        .button("提交举报");
    form.show(page.crumb("公示", "/notices"))
}

/// The form of a report.
pub async fn new_report(counter: Counter, page: Page) -> Answer {
    let state = counter.state()?;
    let case = asked(&page, "case").unwrap_or_default().to_owned();
    let draft = page.form().fill([("case", case)]);
    report_form(&state, &counter, page, draft)
}

/// Somebody reports.
pub async fn report(counter: Counter, page: Page, form: Form<Spoken>) -> Answer {
    let state = counter.state()?;
    let Form { read, draft, command, .. } = form;
    let Some(spoken) = read else { return report_form(&state, &counter, page, draft) };
    let sent = say(&counter, command, spoken, |id, spoken, (statement, contact)| Command::Report {
        id: ReportId(id.0),
        case: spoken.case,
        statement,
        contact,
    });
    match retold(draft, sent.await?)? {
        Some(draft) => report_form(&state, &counter, page, draft),
        None => thank(page, Said::Report, command),
    }
}

type Sealed = (kernel::Evidence, Option<kernel::Digest>);

/// Seals what somebody wrote, and records it as the program: under the form's id, so that sending it twice says it once.
async fn say(
    counter: &Counter,
    id: CommandId,
    spoken: Spoken,
    command: impl FnOnce(CommandId, &Spoken, Sealed) -> Command,
) -> Result<Result<office::Outcome, SubmitError>, Failure> {
    let sealed = counter.hall.seal_statement(id.0, &spoken.statement, spoken.contact.as_deref()).await?;
    let command = cases::Command::Challenge(command(id, &spoken, sealed));
    Ok(counter.hall.submit_as_system(&format!("voice:{id}"), command).await)
}

/// A form whose command was refused, with why; whatever the reason, what was written is not lost.
fn retold(draft: Draft, sent: Result<office::Outcome, SubmitError>) -> Result<Option<Draft>, Failure> {
    match sent {
        Ok(_) => Ok(None),
        Err(SubmitError::Refused(refusal)) => Ok(Some(draft.complain(refusal.reason.into_owned()))),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage {
    said: &'static str,
    receipt: String,
}

fn thank(page: Page, said: Said, id: CommandId) -> Answer {
    let content = ReceiptPage { said: said.label(), receipt: Receipt::of(id.0).to_string() };
    page.title(format!("{}已收到", content.said)).show(&content)
}

/// A receipt as typed.
pub struct Held(Receipt);

impl FromFields for Held {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.required("receipt", "回执编号").map(Self)
    }
}

#[derive(Template)]
#[template(path = "told.html")]
struct ToldPage {
    said: &'static str,
    on: kernel::Date,
    due: kernel::Date,
    standing: Light,
    reasons: Option<(kernel::Date, String)>,
}

fn ask_receipt(page: Page, draft: Draft, told: Option<&ToldPage>) -> Answer {
    let form = FormPage::new("查询答复", "/receipts", draft.clone());
    let form = match told {
        Some(told) => form.above(told)?,
        None => form.intro("提交异议、投诉或举报时得到的编号。不需要登录，也不需要说明身份。"),
    };
    let form =
        form.field(draft.text("receipt", "回执编号").hint("16 位数字和字母，横线可以省略").required()).button("查询");
    form.show(page.crumb("公示", "/notices"))
}

/// Asks for a receipt.
pub async fn receipts(page: Page) -> Answer {
    let draft = page.form();
    ask_receipt(page, draft, None)
}

/// Tells what became of what the holder of a receipt said. The receipt comes in a form, so that no address keeps it.
pub async fn tell(counter: Counter, page: Page, form: Form<Held>) -> Answer {
    let Form { read, draft, .. } = form;
    let Some(Held(receipt)) = read else { return ask_receipt(page, draft, None) };
    let state = counter.state()?;
    let Some(told) = state.cases.told(receipt) else {
        return ask_receipt(page, draft.complain("没有这个编号的异议、投诉或举报，请核对回执。"), None);
    };
    let (standing, reasons) = match told.answer {
        Ended::Open => (Light::unknown("办理中"), None),
        Ended::Upheld { reasons, recorded } => (Light::good("成立"), Some((recorded.day(), reasons.clone()))),
        Ended::Dismissed { reasons, recorded } => (Light::unknown("不成立"), Some((recorded.day(), reasons.clone()))),
    };
    let content = ToldPage { said: told.said.label(), on: told.on, due: told.due.due, standing, reasons };
    ask_receipt(page, draft, Some(&content))
}
