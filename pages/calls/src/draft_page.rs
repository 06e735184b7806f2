//! Drafting a call: which benefit, then its terms, prefilled from the last call of the same benefit.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::call::{Act, Stage, Terms};
use cases::{BenefitId, Call, CallId};
use kernel::{Date, Role};
use office::State;
use register::Light;
use web::{Answer, Counter, Draft, Failure, Field, Form, Page, go};

use super::shown::{benefit_title, found_in_charge, sentence_text};
use super::terms_form::{ItemRow, MODE_LABELS, REDUCTIONS, Typed, fill, item_rows, shared_with};

struct Choice {
    benefit: String,
    title: String,
    standing: Light,
    advice: String,
    last: Option<String>,
}

#[derive(Template)]
#[template(path = "choose.html")]
struct ChoosePage {
    choices: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "terms.html")]
struct TermsPage {
    heading: String,
    action: String,
    benefit: String,
    prefilled: Option<String>,
    draft: Draft,
    first: Vec<Field>,
    window: Vec<Field>,
    money: Vec<Field>,
    route: Vec<Field>,
    items: Vec<ItemRow>,
    checklist_error: bool,
    sharing: Vec<(String, String, String)>,
}

/// Fund rules under which a benefit may be called for on a day, each with the sentences it carries out.
fn bases(state: &State, benefit: &BenefitId, today: Date) -> Vec<(String, String)> {
    let promised: BTreeSet<_> = super::shown::promises(state, today)
        .into_iter()
        .filter(|promise| promise.benefit == *benefit)
        .map(|promise| (promise.plan, promise.anchor))
        .collect();
    let rules = state.cases.fund_rules().filter(|rule| rule.benefits.contains(benefit));
    let rules = rules.filter(|rule| rule.document.holds_on(today));
    let of_rule = |rule: &cases::basis::FundRule| {
        let own = rule.anchors.iter().filter(|anchor| promised.contains(&(rule.plan, (*anchor).clone())));
        let label = |anchor: &kernel::Anchor| {
            let sentence = cases::call::PlanSentence { plan: rule.plan, anchor: anchor.clone() };
            let document = &rule.document;
            format!("《{}》（{}），落实 {anchor}：{}", document.title, document.number, sentence_text(state, &sentence))
        };
        own.map(|anchor| (format!("{}|{anchor}", rule.id), label(anchor))).collect::<Vec<_>>()
    };
    rules.flat_map(of_rule).collect()
}

/// The latest call for a benefit by the same department.
fn last_call<'a>(state: &'a State, benefit: &BenefitId, counter: &Counter) -> Option<&'a Call> {
    let own = counter.visitor.organisation();
    let same = |call: &&Call| call.terms.benefit == *benefit && Some(&call.terms.issuer) == own;
    state.cases.calls().filter(same).max_by_key(|call| call.terms.window.from())
}

fn choice(state: &State, counter: &Counter, benefit: &BenefitId, today: Date) -> Choice {
    let rules: Vec<_> = state.cases.fund_rules().filter(|rule| rule.benefits.contains(benefit)).collect();
    let reviewed = rules.iter().any(|rule| state.cases.fair_competition(benefit, rule.id, today).is_some());
    let (standing, advice) = match (rules.is_empty(), reviewed) {
        (true, _) => (Light::bad("没有办法"), "请先登记支持本事项的资金管理办法。"),
        (false, false) => (Light::watch("未审查"), "可以拟制；发布前须登记有效的公平竞争审查结论。"),
        (false, true) => (Light::good("可以拟制"), "办法和公平竞争审查均有效。"),
    };
    Choice {
        benefit: benefit.to_string(),
        title: benefit_title(state, benefit),
        standing,
        advice: advice.to_owned(),
        last: last_call(state, benefit, counter).map(|call| call.terms.title.clone()),
    }
}

/// Which benefit, or its form.
pub async fn new(counter: Counter, page: Page) -> Answer {
    let (state, today) = (counter.state()?, counter.as_of.day());
    let asked = page.query().split('&').find_map(|pair| pair.strip_prefix("benefit="));
    let Some(benefit) = asked.and_then(|key| key.parse::<BenefitId>().ok()) else {
        let benefits = state.subsidy.clauses().filter_map(|clause| clause.benefit.as_str().parse().ok());
        let choices = benefits.map(|benefit| choice(&state, &counter, &benefit, today)).collect();
        return page.title("拟制申报通知").crumb("申报批次", "/calls").show(&ChoosePage { choices });
    };
    let blank = page.form();
    let (draft, prefilled) = match last_call(&state, &benefit, &counter) {
        Some(call) => (fill(blank, &next_year(&call.terms, today)), Some(call.terms.title.clone())),
        None => {
            let notice = [("benefit", benefit.to_string()), ("experts", "0".to_owned()), ("district", "on".to_owned())];
            (blank.fill(notice), None)
        }
    };
    show(&counter, page, Shown { action: "/calls/new".to_owned(), prefilled, benefit, draft })
}

/// The same terms for the year after, in a window that has not begun.
fn next_year(terms: &Terms, today: Date) -> Terms {
    let year = jiff::Span::new().years(1);
    let shifted = |day: Date| day.saturating_add(year);
    let (from, until) = (shifted(terms.window.from()).max(today), shifted(terms.window.until()).max(today));
    let window = kernel::Period::new(from, until).unwrap_or(terms.window);
    let title = terms.title.replace(&terms.year.to_string(), &(terms.year + 1).to_string());
    Terms { year: terms.year + 1, window, title, ..terms.clone() }
}

struct Shown {
    action: String,
    prefilled: Option<String>,
    benefit: BenefitId,
    draft: Draft,
}

fn finance_offices(state: &State, today: Date) -> Vec<(String, String)> {
    let grants = state.accounts.grants().filter(|grant| grant.role == Role::Finance && grant.holds_on(today));
    let offices: BTreeSet<_> = grants.map(|grant| grant.organisation.clone()).collect();
    offices.iter().map(|office| (office.to_string(), state.organisation_name(office))).collect()
}

fn show(counter: &Counter, page: Page, shown: Shown) -> Answer {
    let Shown { action, prefilled, benefit, draft } = shown;
    let (state, today) = (counter.state()?, counter.as_of.day());
    let reductions: Vec<_> = REDUCTIONS.iter().map(|(key, _, label)| (*key, *label)).collect();
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let others = state.subsidy.clauses().filter(|clause| clause.benefit.as_str() != benefit.as_str());
    let sharing = others.map(|clause| {
        let key = clause.benefit.to_string();
        let typed = shared_with(&draft, &key);
        (key, clause.title.to_string(), typed)
    });
    let content = TermsPage {
        heading: format!("拟制申报通知：{}", benefit_title(&state, &benefit)),
        action,
        prefilled,
        first: vec![
            draft.text("title", "申报通知名称").required(),
            draft.count("year", "支持年度").hint("费用、利息发生的年度").required(),
            draft
                .radios("basis", "依据", &bases(&state, &benefit, today))
                .hint("资金管理办法及其落实的行动计划条款；没有可选项的，请先登记办法")
                .required(),
            draft.radios("mode", "方式", &MODE_LABELS).required(),
            draft.lines("scope", "申报范围和条件").rows(4).required(),
        ],
        window: vec![
            draft.date("from", "申报开始日").required(),
            draft.date("until", "申报截止日").hint("当天仍可申报").required(),
        ],
        money: vec![
            draft.money("budget", "预算（元）").required(),
            draft.radios("reduction", "预算不足时", &reductions).required(),
            draft.select("finance", "拨付的财政部门", &finance_offices(&state, today)).required(),
        ],
        route: vec![
            draft.tick("district", "先由区县初审").hint("中央、市属单位直接向市级申报"),
            draft.tick("audit", "由第三方审计机构出具报告"),
            draft.count("experts", "评审专家（位）").hint("不设专家评审的填 0").required(),
            draft.count("notice_working_days", "公示（工作日）").hint("不得少于现行规定的下限").required(),
            draft.count("acceptance_months", "拨付后多少个月内验收").hint("不需要验收的留空"),
        ],
        items: item_rows(&draft),
        checklist_error: draft.all("item_title").all(|title| title.trim().is_empty()) && draft.has_errors(),
        sharing: sharing.collect(),
        benefit: benefit.to_string(),
        draft,
    };
    page.title(content.heading.clone()).status(status).crumb("申报批次", "/calls").show(&content)
}

fn address(id: CallId) -> String {
    format!("/calls/{id}/desk")
}

/// Drafts a call.
pub async fn create(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let Form { read, draft, command, .. } = form;
    let Ok(benefit) = draft.value("benefit").parse::<BenefitId>() else { return Ok(go("/calls/new")) };
    let again = |draft| Shown { action: "/calls/new".to_owned(), prefilled: None, benefit, draft };
    let Some(typed) = read else { return show(&counter, page, again(draft)) };
    let issuer = counter.visitor.organisation().cloned().ok_or_else(Failure::not_found)?;
    let call = CallId(command.0);
    let act = Act::Draft(typed.terms(&counter.state()?, issuer));
    let sent = counter.submit(command, cases::Command::Call { call, expected: None, act }).await;
    match draft.unless_done(sent)? {
        Some(draft) => show(&counter, page, again(draft)),
        None => Ok(go(&address(call))),
    }
}

/// The form of a draft that is there already.
pub async fn edit(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    if call.stage != Stage::Draft {
        return Ok(go(&address(call.id)));
    }
    let draft = fill(page.form(), &call.terms).revision(call.revision);
    let action = format!("/calls/{}/edit", call.id);
    show(&counter, page, Shown { action, prefilled: None, benefit: call.terms.benefit.clone(), draft })
}

/// Changes a draft.
pub async fn change(counter: Counter, Path(key): Path<String>, page: Page, form: Form<Typed>) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let Form { read, draft, command, revision } = form;
    let action = format!("/calls/{}/edit", call.id);
    let again = |draft| Shown { action, prefilled: None, benefit: call.terms.benefit.clone(), draft };
    let Some(typed) = read else { return show(&counter, page, again(draft)) };
    let act = Act::Amend(typed.terms(&state, call.terms.issuer.clone()));
    let sent = counter.submit(command, cases::Command::Call { call: call.id, expected: revision, act }).await;
    match draft.unless_done(sent)? {
        Some(draft) => show(&counter, page, again(draft)),
        None => Ok(go(&address(call.id))),
    }
}
