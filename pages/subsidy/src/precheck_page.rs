//! The public pre-claim check: nobody needs an account, nothing typed is kept.

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use kernel::Date;
use office::State;
use serde::Deserialize;
use subsidy::clause::Base;
use subsidy::{Answers, BenefitId, Clause, Overrides, Rulebook, Settings};
use web::{Answer, Counter, Draft, Empty, Failure, Form, Page};

use crate::outcome_view::OutcomeView;
use crate::parameters_view::districts;
use crate::precheck_answers::{BASE, BASES, Typed};
use crate::precheck_form::{Group, groups};
use crate::sentence::Sentence;
use crate::trace_table::TraceTable;

/// Which benefit is asked about; none yet: choose one.
#[derive(Deserialize)]
pub struct Asked {
    benefit: Option<String>,
}

#[derive(Template)]
#[template(path = "precheck_choose.html")]
struct ChoosePage {
    choices: Vec<Choice>,
    empty: Option<Empty>,
    suffix: String,
}

struct Choice {
    key: String,
    title: String,
    sentence: Sentence,
}

#[derive(Template)]
#[template(path = "precheck.html")]
struct PrecheckPage {
    key: String,
    title: String,
    sentence: Sentence,
    base_field: &'static str,
    base: &'static str,
    draft: Draft,
    groups: Vec<Group>,
    result: Option<PrecheckResult>,
    suffix: String,
    day: Date,
}

/// What the check answers.
pub struct PrecheckResult {
    outcome: OutcomeView,
    trace: TraceTable,
    estimate: Option<&'static str>,
}

/// A benefit one asks about, and under what it is computed.
struct Question {
    benefit: BenefitId,
    clause: Arc<Clause>,
    base: Base,
    rulebook: Rulebook,
    settings: Settings,
    day: Date,
}

/// The rules cannot be applied on the day: a reading is missing.
fn not_ready(error: impl std::fmt::Display) -> Failure {
    Failure::Unavailable(format!("{error}。请联系责任部门补全后再试。").into())
}

impl Question {
    fn of(state: &State, key: &str, day: Date) -> Result<Self, Failure> {
        let benefit: BenefitId = key.parse().map_err(|_| Failure::not_found())?;
        let rulebook = state.subsidy.rulebook().ok_or_else(Failure::not_found)?;
        let clause = rulebook.clauses.get(&benefit).cloned().ok_or_else(Failure::not_found)?;
        let base = clause.base().ok_or_else(Failure::not_found)?;
        let settings = rulebook.interpretations.settings(day, &Overrides::new()).map_err(not_ready)?;
        Ok(Self { benefit, clause, base, rulebook, settings, day })
    }

    /// The same computation as the formal assessment; a fact no computation should start from is said in the form.
    fn check(
        &self,
        state: &State,
        answers: &Answers,
        explained: &str,
    ) -> Result<Result<PrecheckResult, String>, Failure> {
        let granted = |benefit: &BenefitId| {
            let district = answers.district?;
            state.subsidy.parameters_on(benefit, district, self.day)
        };
        let activated = |benefit: &BenefitId| {
            state.subsidy.review_on(benefit, self.day).is_some()
                && (!self.clause.by_district() || granted(benefit).is_some())
        };
        let checked = subsidy::precheck(&self.rulebook, answers, self.day, activated).map_err(not_ready)?;
        let checked = checked.into_iter().next().ok_or_else(Failure::not_found)?;
        let estimate = checked.estimate;
        Ok(checked.assessment.map_err(|error| error.to_string()).map(|assessment| PrecheckResult {
            outcome: OutcomeView::new(&self.clause, &assessment.outcome, assessment.year, "预计可享受"),
            trace: TraceTable::new(
                &self.clause,
                &assessment.trace,
                format!("按 {} 的条款与口径试算", self.day),
                explained,
            ),
            estimate,
        }))
    }

    fn show(&self, page: &Page, state: &State, draft: Draft, result: Option<PrecheckResult>, suffix: String) -> Answer {
        let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let base = BASES.iter().find(|(_, base)| *base == self.base).map_or("", |(name, _)| name);
        let title = self.clause.title.to_string();
        let content = PrecheckPage {
            key: self.benefit.to_string(),
            title: title.clone(),
            sentence: Sentence::of(&self.clause),
            base_field: BASE,
            base,
            groups: groups(&draft, &self.clause, &self.settings, &districts(state, self.day)),
            draft,
            result,
            suffix,
            day: self.day,
        };
        let page = page.clone().title(format!("先看我能否享受：{title}")).status(status);
        page.crumb("惠企事项", "/benefits").crumb("先看我能否享受", "/precheck").show(&content)
    }
}

/// The benefits to choose from, or the questions of one.
pub async fn ask(counter: Counter, Query(asked): Query<Asked>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let Some(key) = asked.benefit.filter(|key| !key.is_empty()) else {
        let choices = state.subsidy.clauses().map(|clause| Choice {
            key: clause.benefit.to_string(),
            title: clause.title.to_string(),
            sentence: Sentence::of(clause),
        });
        let choices: Vec<_> = choices.collect();
        let empty =
            choices.is_empty().then(|| Empty::new("还没有可以试算的事项", "条款文件与利率表采纳后，就能在这里试算。"));
        let content = ChoosePage { choices, empty, suffix: suffix(&counter) };
        return page.title("先看我能否享受").crumb("惠企事项", "/benefits").show(&content);
    };
    let question = Question::of(&state, &key, day)?;
    let draft = page.form().fill([("year", (day.year() - 1).to_string())]);
    question.show(&page, &state, draft, None, suffix(&counter))
}

/// The answer, with what was typed below it.
pub async fn answer(counter: Counter, Query(asked): Query<Asked>, page: Page, form: Form<Typed>) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let question = Question::of(&state, asked.benefit.as_deref().unwrap_or_default(), day)?;
    let Form { read, draft, .. } = form;
    let Some(typed) = read.filter(|typed| typed.base == question.base) else {
        let draft = if draft.has_errors() { draft } else { draft.complain("问题已经更新，请重新填写。") };
        return question.show(&page, &state, draft, None, suffix(&counter));
    };
    let explained = format!("/benefits/{}{}", question.benefit, counter.as_of.suffix());
    match question.check(&state, &typed.answers(&question.benefit), &explained)? {
        Ok(result) => question.show(&page, &state, draft, Some(result), suffix(&counter)),
        Err(message) => question.show(&page, &state, draft.complain(message), None, suffix(&counter)),
    }
}

/// Keeps the day in addresses that already have a query.
fn suffix(counter: &Counter) -> String {
    counter.as_of.chosen().map(|day| format!("&as_of={day}")).unwrap_or_default()
}
