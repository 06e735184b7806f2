//! Returns under the Statistics Law: what was received, and handing one in. Their figures come out only as sums.

use std::collections::BTreeMap;

use askama::Template;
use enterprise::Command;
use enterprise::statistics::{self, Form as Survey, ReturnId};
use kernel::{CreditCode, Date, Money, Period, Role};
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Reader, go};

/// A return as typed.
pub struct Typed {
    firm: Option<CreditCode>,
    survey: Survey,
    period: Period,
    items: BTreeMap<String, Money>,
}

fn read_period(reader: &mut Reader<'_>, (from, until): (&'static str, &'static str)) -> Option<Period> {
    let first: Option<Date> = reader.required(from, "起");
    let last: Option<Date> = reader.required(until, "止");
    match Period::new(first?, last?) {
        Ok(period) => Some(period),
        Err(error) => {
            reader.refuse(until, "止", &error.to_string());
            None
        }
    }
}

/// One item a line: its code, a space or sign of equality, an amount in yuan.
fn read_items(reader: &mut Reader<'_>) -> Option<BTreeMap<String, Money>> {
    let text = reader.text("items", "指标", 8_000, true)?;
    let mut items = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let parts = line.trim().rsplit_once(['=', ' ', '\t', '，', '：']);
        let item = parts.and_then(|(code, amount)| Some((code.trim(), amount.trim().parse::<Money>().ok()?)));
        let Some((code, amount)) = item.filter(|(code, _)| !code.is_empty()) else {
            reader.refuse("items", "指标", &format!("第 {number} 行“{line}”应写成 指标代码=金额，例如 101=12345.67"));
            return None;
        };
        if items.insert(code.to_owned(), amount).is_some() {
            reader.refuse("items", "指标", &format!("第 {number} 行的指标 {code} 重复，请只保留一行"));
            return None;
        }
    }
    Some(items)
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let firm = reader.optional("firm", "统一社会信用代码");
        let number = reader.text("number", "表号", 40, true);
        let approval = reader.text("approval", "批准或备案文号", 60, true);
        let valid = read_period(reader, ("valid_from", "valid_until"));
        let period = read_period(reader, ("period_from", "period_until"));
        let items = read_items(reader);
        let survey = Survey { number: number?, approval: approval?, valid: valid? };
        Some(Self { firm: firm?, survey, period: period?, items: items? })
    }
}

#[derive(Template)]
#[template(path = "returns.html")]
struct Returns {
    rows: Vec<Row>,
    may_file: bool,
}

struct Row {
    firm: String,
    number: String,
    approval: String,
    from: Date,
    until: Date,
}

/// What was received: of one's own firm, or all of them for the responsible department. No figures.
pub async fn returns(counter: Counter, page: Page) -> Answer {
    let state = counter.state()?;
    let own = own_firm(&counter);
    let seen = state.enterprise.returns().filter(|one| own.is_none_or(|own| one.firm() == own));
    let rows = seen.map(|one| Row {
        firm: state.organisation_name(&one.firm().into()),
        number: one.form().number.clone(),
        approval: one.form().approval.clone(),
        from: one.period().from(),
        until: one.period().until(),
    });
    page.title("统计调查表").show(&Returns { rows: rows.collect(), may_file: counter.as_of.is_now() })
}

/// The firm acted for; none for officers.
fn own_firm(counter: &Counter) -> Option<CreditCode> {
    match counter.visitor.role() {
        Some(Role::Enterprise | Role::Agent) => counter.visitor.organisation()?.as_str().parse().ok(),
        _ => None,
    }
}

fn form(counter: &Counter, page: Page, draft: Draft) -> Answer {
    let survey = [
        draft.text("number", "表号").required(),
        draft.text("approval", "批准或备案文号").required(),
        draft.date("valid_from", "调查表有效期起").required(),
        draft.date("valid_until", "调查表有效期止").required(),
    ];
    let content = [
        draft.date("period_from", "报告期起").required(),
        draft.date("period_until", "报告期止").required(),
        draft.lines("items", "指标").rows(10).hint("一行一个：指标代码=金额（元），例如 101=12345.67").required(),
    ];
    let firm = draft.text("firm", "统一社会信用代码").hint("代企业录入时填写").required();
    let form = FormPage::new("报送统计调查表", "/returns/new", draft)
        .intro("依照统计法报送，只用于统计：单个企业的数字不对外提供，不作为申报、认定或处罚的依据，只以汇总数公布。");
    let form = if own_firm(counter).is_none() { form.field(firm) } else { form };
    form.group("调查表", survey).group("内容", content).button("报送").show(page.crumb("统计调查表", "/returns"))
}

/// The empty form.
pub async fn new(counter: Counter, page: Page) -> Answer {
    let draft = page.form();
    form(&counter, page, draft)
}

/// Hands it in.
pub async fn file(counter: Counter, page: Page, sent: Form<Typed>) -> Answer {
    let Form { read, draft, command, .. } = sent;
    let Some(Typed { firm, survey, period, items }) = read else { return form(&counter, page, draft) };
    let Some(firm) = own_firm(&counter).or(firm) else {
        return Err(Failure::Unacceptable("请填写企业的统一社会信用代码。".into()));
    };
    let id = ReturnId(command.0);
    let handed = statistics::Command { id, firm, form: survey, period, items };
    match draft.unless_done(counter.submit(command, Command::Return(handed)).await)? {
        Some(draft) => form(&counter, page, draft),
        None => Ok(go("/returns")),
    }
}
