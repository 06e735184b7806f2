//! Fund rules (资金管理办法): the register, one rule with its reviews, and how either is recorded.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::Path;
use cases::basis::{Command, Conclusion, FairCompetitionReview, FundRule};
use cases::document::Document;
use cases::{BenefitId, FundRuleId};
use kernel::{Anchor, Date, Digest};
use office::State;
use register::{Cell, Column, Kind, Light, Register, Viewer};
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Markup, Page, Reader, Upload, go};

use super::shown::{PAPERS, RULE_KEEPERS, benefit_title, keep, promises, send, sentence_address};

struct Row {
    id: FundRuleId,
    title: String,
    number: String,
    issuer: String,
    from: Date,
    until: Option<Date>,
    benefits: String,
    standing: Light,
}

fn row(state: &State, rule: &FundRule, today: Date) -> Row {
    let titles: Vec<_> = rule.benefits.iter().map(|benefit| benefit_title(state, benefit)).collect();
    let document = &rule.document;
    Row {
        id: rule.id,
        title: document.title.clone(),
        number: document.number.clone(),
        issuer: state.organisation_name(&document.issuer),
        from: document.from,
        until: document.until,
        benefits: titles.join("、"),
        standing: standing(state, rule, today),
    }
}

fn standing(state: &State, rule: &FundRule, today: Date) -> Light {
    if !rule.document.holds_on(today) {
        return Light::unknown("不在有效期");
    }
    let reviewed = |benefit: &BenefitId| state.cases.fair_competition(benefit, rule.id, today).is_some();
    let count = rule.benefits.iter().filter(|benefit| reviewed(benefit)).count();
    match count {
        0 => Light::bad("未经公平竞争审查"),
        count if count == rule.benefits.len() => Light::good("已审查"),
        count => Light::watch(format!("已审查 {count} 项，共 {} 项", rule.benefits.len())),
    }
}

/// The last day on which a rule or a review of one came in force.
fn last_day(state: &State) -> Date {
    let reviewed = |rule: &FundRule| {
        let reviews = rule.benefits.iter().flat_map(|benefit| state.cases.reviews_of(benefit));
        reviews.map(|record| record.recorded.day()).max()
    };
    let days = state.cases.fund_rules().flat_map(|rule| [Some(rule.document.from), reviewed(rule)]);
    days.flatten().max().unwrap_or(Date::MIN)
}

/// 资金管理办法台账, as of the page's day; without one, of the last day on which something was recorded.
pub fn fund_rules(day: Option<Date>) -> Register<State> {
    let rows = move |state: &State, _: &Viewer| {
        let day = day.unwrap_or_else(|| last_day(state));
        state.cases.fund_rules().map(|rule| row(state, rule, day)).collect()
    };
    let description = "支付惠企资金所依据的办法。没有有效公平竞争审查结论的事项，不能发布申报通知，也不能汇总测算。";
    Register::declare("fund-rules", "资金管理办法台账", description, rows)
        .column(
            Column::new("title", "办法", |row: &Row| {
                Cell::link(row.title.clone(), format!("/fund-rules/{}", row.id))
            })
            .filterable()
            .sortable(),
        )
        .column(Column::new("number", "文号", |row: &Row| Cell::text(row.number.clone())).filterable())
        .column(Column::new("issuer", "制发机构", |row: &Row| Cell::text(row.issuer.clone())).filterable().sortable())
        .column(Column::new("from", "施行日", |row: &Row| Cell::Date(row.from)).kind(Kind::Date).sortable())
        .column(
            Column::new("until", "失效日", |row: &Row| row.until.map_or(Cell::None, Cell::Date))
                .kind(Kind::Date)
                .sortable()
                .describe("长期有效的为空"),
        )
        .column(Column::new("benefits", "支持事项", |row: &Row| Cell::text(row.benefits.clone())).filterable())
        .column(
            Column::new("standing", "公平竞争审查", |row: &Row| row.standing.clone().into())
                .kind(Kind::Light)
                .describe("按所有支持事项计"),
        )
        .finish()
}

#[derive(Template)]
#[template(
    source = r#"<p class="actions"><a class="button" href="/fund-rules/new">登记资金管理办法</a></p>"#,
    ext = "html"
)]
struct Actions;

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let keeps = counter.visitor.role().is_some_and(|role| RULE_KEEPERS.contains(&role));
    let actions = if keeps { Markup::of(&Actions)? } else { Markup::default() };
    web::show_register(&counter, page, &fund_rules(Some(counter.as_of.day())), actions)
}

struct ReviewRow {
    benefit: String,
    title: String,
    standing: Light,
    body: String,
    on: Option<Date>,
    expires: Option<Date>,
    basis: Option<String>,
    file: Option<String>,
}

#[derive(Template)]
#[template(path = "fund_rule.html")]
struct RulePage {
    id: FundRuleId,
    row: Row,
    file: String,
    sentences: Vec<(String, String, String)>,
    reviews: Vec<ReviewRow>,
    calls: Vec<(String, String, &'static str)>,
    keeps: bool,
}

fn rule_of<'a>(state: &'a State, key: &str) -> Result<&'a FundRule, Failure> {
    let id: FundRuleId = key.parse().map_err(|_| Failure::not_found())?;
    state.cases.fund_rule(id).ok_or_else(Failure::not_found)
}

fn review_row(state: &State, rule: &FundRule, benefit: &BenefitId, today: Date) -> ReviewRow {
    let reviews = state.cases.reviews_of(benefit).filter(|record| record.review.rule == rule.id);
    let latest = reviews.filter(|record| record.review.on <= today).last().map(|record| &record.review);
    let standing = match latest {
        None => Light::bad("未审查"),
        Some(review) if !review.conclusion.allows() => Light::bad(review.conclusion.label()),
        Some(review) if review.expires < today => Light::bad("已过期"),
        Some(review) => Light::good(review.conclusion.label()),
    };
    ReviewRow {
        benefit: benefit.to_string(),
        title: benefit_title(state, benefit),
        standing,
        body: latest.map(|review| review.body.clone()).unwrap_or_default(),
        on: latest.map(|review| review.on),
        expires: latest.map(|review| review.expires),
        basis: latest.and_then(|review| match &review.conclusion {
            Conclusion::Exception(basis) => Some(basis.clone()),
            _ => None,
        }),
        file: latest.map(|review| review.evidence.name.clone()),
    }
}

/// A rule: what it is, what it carries out, whether it may be carried out.
pub async fn rule(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let (state, today) = (counter.state()?, counter.as_of.day());
    let rule = rule_of(&state, &key)?;
    let promised = promises(&state, today);
    let sentence = |anchor: &Anchor| {
        let text = state.plan.document(&rule.plan).and_then(|plan| Some(plan.sentence(anchor)?.text()));
        let promise = promised.iter().find(|promise| promise.anchor == *anchor);
        let href = promise.map_or_else(|| "/plan".to_owned(), |promise| sentence_address(&promise.benefit));
        (anchor.to_string(), text.unwrap_or_default(), href)
    };
    let is_public = |call: &&cases::Call| !matches!(call.stage, cases::call::Stage::Draft);
    let calls = state.cases.calls().filter(|call| call.terms.rule == rule.id).filter(is_public);
    let content = RulePage {
        id: rule.id,
        row: row(&state, rule, today),
        file: rule.document.file.name.clone(),
        sentences: rule.anchors.iter().map(sentence).collect(),
        reviews: rule.benefits.iter().map(|benefit| review_row(&state, rule, benefit, today)).collect(),
        calls: calls.map(|call| (call.id.to_string(), call.terms.title.clone(), call.stage.label())).collect(),
        keeps: counter.as_of.is_now() && counter.visitor.role().is_some_and(|role| RULE_KEEPERS.contains(&role)),
    };
    page.title(content.row.title.clone()).show(&content)
}

/// The rule itself.
pub async fn rule_file(counter: Counter, Path(key): Path<String>) -> Answer {
    let state = counter.state()?;
    send(&counter, &rule_of(&state, &key)?.document.file).await
}

/// The document of the latest review of a benefit.
pub async fn review_file(counter: Counter, Path((key, benefit)): Path<(String, String)>) -> Answer {
    let state = counter.state()?;
    let rule = rule_of(&state, &key)?;
    let benefit: BenefitId = benefit.parse().map_err(|_| Failure::not_found())?;
    let latest = state.cases.reviews_of(&benefit).filter(|record| record.review.rule == rule.id).last();
    send(&counter, &latest.ok_or_else(Failure::not_found)?.review.evidence).await
}

/// A rule as typed.
pub struct TypedRule {
    title: String,
    number: String,
    from: Date,
    until: Option<Date>,
    sentences: Vec<(Digest, Anchor)>,
    benefits: BTreeSet<BenefitId>,
    file: Upload,
}

impl FromFields for TypedRule {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let title = reader.text("title", "办法名称", 100, true);
        let number = reader.text("number", "文号", 60, true);
        let from = reader.day("from", "施行日");
        let until = reader.optional_day("until", "失效日");
        let sentence = |typed: &String| {
            let (plan, anchor) = typed.split_once('|')?;
            Some((plan.parse().ok()?, anchor.parse().ok()?))
        };
        let sentences = reader.all("anchors").iter().filter_map(sentence).collect();
        let benefits = reader.all("benefits").iter().filter_map(|typed| typed.parse().ok()).collect();
        let file = reader.file("file", "办法全文");
        Some(Self { title: title?, number: number?, from: from?, until: until?, sentences, benefits, file: file? })
    }
}

fn show_rule_form(counter: &Counter, page: Page, draft: Draft) -> Answer {
    let (state, today) = (counter.state()?, counter.as_of.day());
    let promised = promises(&state, today);
    let sentences: Vec<_> = promised
        .iter()
        .map(|promise| {
            (format!("{}|{}", promise.plan, promise.anchor), format!("{}　{}", promise.anchor, promise.text))
        })
        .collect();
    let benefits: Vec<_> =
        state.subsidy.clauses().map(|clause| (clause.benefit.to_string(), clause.title.to_string())).collect();
    let form = FormPage::new("登记资金管理办法", "/fund-rules/new", draft.clone())
        .intro("办法一经登记即进入账本，不能改写；修订后的办法请另行登记。")
        .field(draft.text("title", "办法名称").required())
        .field(draft.text("number", "文号").hint("例如 渝经信规范〔2023〕2号").required())
        .field(draft.date("from", "施行日").required())
        .field(draft.date("until", "失效日").hint("长期有效的留空"))
        .field(draft.ticks("anchors", "落实行动计划的条款", &sentences).required())
        .field(draft.ticks("benefits", "支持事项", &benefits).required())
        .field(draft.upload("file", "办法全文", PAPERS).hint("PDF、OFD、文档或图片，不超过 20 MB").required())
        .files()
        .button("登记（需再次验证身份）");
    form.show(page.crumb("资金管理办法", "/fund-rules"))
}

/// The form of a rule.
pub async fn new_rule(counter: Counter, page: Page) -> Answer {
    let draft = page.form();
    show_rule_form(&counter, page, draft)
}

/// Records a rule.
pub async fn record_rule(counter: Counter, page: Page, form: Form<TypedRule>) -> Answer {
    let Form { read, draft, command, .. } = form;
    let Some(typed) = read else { return show_rule_form(&counter, page, draft) };
    let issuer = counter.visitor.organisation().cloned().ok_or_else(Failure::not_found)?;
    let TypedRule { title, number, from, until, sentences, benefits, file } = typed;
    let file = keep(&counter, &file).await?;
    let plan = sentences.first().map(|(plan, _)| *plan);
    if sentences.iter().any(|(other, _)| Some(*other) != plan) {
        let told = draft.complain("一份办法落实同一个行动计划，所选条款分属不同的计划，请分别登记。");
        return show_rule_form(&counter, page, told);
    }
    let rule = FundRule {
        id: FundRuleId(command.0),
        document: Document { title, number, issuer, file, from, until },
        plan: plan.unwrap_or(Digest::ZERO),
        anchors: sentences.into_iter().map(|(_, anchor)| anchor).collect(),
        benefits,
    };
    let id = rule.id;
    let sent = counter.submit(command, cases::Command::Basis(Command::RecordRule(rule))).await;
    match draft.unless_done(sent)? {
        Some(draft) => show_rule_form(&counter, page, draft),
        None => Ok(go(&format!("/fund-rules/{id}"))),
    }
}

#[derive(Clone, Copy)]
enum Verdict {
    Fair,
    Exception,
    Unfair,
}

const VERDICTS: [(&str, Verdict); 3] =
    [("fair", Verdict::Fair), ("exception", Verdict::Exception), ("unfair", Verdict::Unfair)];
const VERDICT_LABELS: [(&str, &str); 3] =
    [("fair", "未发现排除、限制竞争"), ("exception", "适用例外规定"), ("unfair", "不得实施")];

/// A review as typed.
pub struct TypedReview {
    body: String,
    on: Date,
    conclusion: Conclusion,
    expires: Date,
    evidence: Upload,
}

impl FromFields for TypedReview {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let body = reader.text("body", "审查机构", 100, true);
        let on = reader.day("on", "审查日期");
        let verdict = reader.choice("conclusion", "审查结论", &VERDICTS);
        let basis = reader.text("basis", "例外规定的依据", 300, matches!(verdict, Some(Verdict::Exception)));
        let expires = reader.day("expires", "有效期至");
        let evidence = reader.file("evidence", "审查表");
        let conclusion = match verdict? {
            Verdict::Fair => Conclusion::Fair,
            Verdict::Exception => Conclusion::Exception(basis?),
            Verdict::Unfair => Conclusion::Unfair,
        };
        Some(Self { body: body?, on: on?, conclusion, expires: expires?, evidence: evidence? })
    }
}

fn show_review_form(counter: &Counter, page: Page, (key, benefit): (&str, &BenefitId), draft: Draft) -> Answer {
    let state = counter.state()?;
    let rule = rule_of(&state, key)?;
    if !rule.benefits.contains(benefit) {
        return Err(Failure::not_found());
    }
    let title = &rule.document.title;
    let heading = format!("登记公平竞争审查：{}", benefit_title(&state, benefit));
    let form = FormPage::new(heading, format!("/fund-rules/{key}/review/{benefit}"), draft.clone())
        .intro(format!("审查对象：《{title}》给予本事项的支持。审查针对已登记的办法全文，办法修订后须重新审查。"))
        .field(draft.text("body", "审查机构").required())
        .field(draft.date("on", "审查日期").required())
        .field(draft.radios("conclusion", "审查结论", &VERDICT_LABELS).required())
        .field(draft.lines("basis", "例外规定的依据").hint("适用例外规定时必填：条款与理由").rows(2))
        .field(draft.date("expires", "有效期至").hint("到期以后，须重新审查才能发布通知和汇总测算").required())
        .field(draft.upload("evidence", "审查表", PAPERS).hint("不超过 20 MB").required())
        .files()
        .button("登记（需再次验证身份）");
    form.show(page.crumb("资金管理办法", "/fund-rules").crumb(title.clone(), format!("/fund-rules/{key}")))
}

/// The form of a review.
pub async fn new_review(counter: Counter, Path((key, benefit)): Path<(String, String)>, page: Page) -> Answer {
    let benefit = benefit.parse().map_err(|_| Failure::not_found())?;
    let draft = page.form();
    show_review_form(&counter, page, (&key, &benefit), draft)
}

/// Records a review.
pub async fn record_review(
    counter: Counter,
    Path((key, benefit)): Path<(String, String)>,
    page: Page,
    form: Form<TypedReview>,
) -> Answer {
    let benefit: BenefitId = benefit.parse().map_err(|_| Failure::not_found())?;
    let Form { read, draft, command, .. } = form;
    let Some(typed) = read else { return show_review_form(&counter, page, (&key, &benefit), draft) };
    let state = counter.state()?;
    let rule = rule_of(&state, &key)?;
    let TypedReview { body, on, conclusion, expires, evidence } = typed;
    let evidence = keep(&counter, &evidence).await?;
    let reviewed = rule.document.file.digest;
    let review = FairCompetitionReview {
        benefit: benefit.clone(),
        rule: rule.id,
        reviewed,
        body,
        on,
        conclusion,
        expires,
        evidence,
    };
    let sent = counter.submit(command, cases::Command::Basis(Command::RecordReview(review))).await;
    match draft.unless_done(sent)? {
        Some(draft) => show_review_form(&counter, page, (&key, &benefit), draft),
        None => Ok(go(&format!("/fund-rules/{key}"))),
    }
}
