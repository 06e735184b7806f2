//! A district sets what it grants; anyone reads it.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use kernel::{OrganisationId, Role};
use office::{State, SubmitError};
use subsidy::clause::Base;
use subsidy::{BenefitId, Clause, Command};
use web::{Answer, Counter, Draft, Failure, Field, Form, Page};

use crate::parameters_form::{Typed, groups};
use crate::parameters_view::{self, SetRow, districts};
use crate::precheck_answers::{BASE, BASES};
use crate::sentence::Sentence;
use crate::viewer::IN_CHARGE;

#[derive(Template)]
#[template(path = "parameters.html")]
struct SetPage {
    title: String,
    sentence: Sentence,
    row: SetRow,
    digest: String,
    reviews: Vec<(String, String, &'static str, String)>,
    /// Where a review is recorded, for those who may.
    review: Option<String>,
}

/// One set with its reviews.
pub async fn set(counter: Counter, Path((key, set)): Path<(String, String)>, page: Page) -> Answer {
    let state = counter.state()?;
    let (benefit, digest) = (parsed(&key)?, set.parse().map_err(|_| Failure::not_found())?);
    let record = parameters_view::found(&state, &benefit, digest)?;
    let clause = state.subsidy.clause(&benefit).ok_or_else(Failure::not_found)?;
    let reviews = state.subsidy.reviews(&benefit).filter(|record| record.review.parameters == Some(digest));
    let reviews = reviews.map(|record| {
        let review = &record.review;
        (review.body.to_string(), review.on.to_string(), review.conclusion.label(), review.expires.to_string())
    });
    let role = counter.visitor.role();
    let may = counter.as_of.is_now() && role.is_some_and(|role| IN_CHARGE.contains(&role));
    // Whoever adopted it does not review it.
    let own = counter.visitor.actor().is_ok_and(|actor| actor.person() == record.recorded.actor.person());
    let content = SetPage {
        title: clause.title.to_string(),
        sentence: Sentence::of(clause),
        row: parameters_view::row(&state, record, counter.as_of.day(), &counter.as_of.suffix()),
        digest: digest.to_string(),
        reviews: reviews.collect(),
        review: (may && !own).then(|| format!("/benefits/{benefit}/parameters/{digest}/review")),
    };
    let title = content.title.clone();
    let page = page.title(format!("{}：{title}", content.row.document)).crumb("惠企事项", "/benefits");
    page.crumb(title, format!("/benefits/{benefit}")).show(&content)
}

#[derive(Template)]
#[template(path = "parameters_form.html")]
struct FormPage {
    key: String,
    title: String,
    sentence: Sentence,
    base_field: &'static str,
    base: &'static str,
    draft: Draft,
    groups: Vec<(&'static str, Vec<Field>)>,
}

fn parsed(key: &str) -> Result<BenefitId, Failure> {
    key.parse().map_err(|_| Failure::not_found())
}

/// A benefit whose amount a district sets, with what it is computed from.
fn set_by_district(state: &State, benefit: &BenefitId) -> Result<(Arc<Clause>, Base), Failure> {
    let clause = state.subsidy.clause(benefit).filter(|clause| clause.by_district()).ok_or_else(Failure::not_found)?;
    let base = clause.base().ok_or_else(Failure::not_found)?;
    Ok((clause.clone(), base))
}

fn show(counter: &Counter, page: &Page, benefit: &BenefitId, draft: Draft) -> Answer {
    let state = counter.state()?;
    let (clause, base) = set_by_district(&state, benefit)?;
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut districts = districts(&state, counter.as_of.day());
    if counter.visitor.role() == Some(Role::DistrictOfficer) {
        let own = counter.visitor.organisation();
        districts.retain(|(code, _)| own == Some(&OrganisationId::from(*code)));
    }
    let title = clause.title.to_string();
    let content = FormPage {
        key: benefit.to_string(),
        title: title.clone(),
        sentence: Sentence::of(&clause),
        base_field: BASE,
        base: BASES.iter().find(|(_, of)| *of == base).map_or("", |(name, _)| name),
        groups: groups(&draft, base, &districts),
        draft,
    };
    let page = page.clone().title(format!("制定区县细则：{title}")).status(status);
    page.crumb("惠企事项", "/benefits").crumb(title, format!("/benefits/{benefit}")).show(&content)
}

/// The form.
pub async fn new(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let draft = page.form();
    show(&counter, &page, &parsed(&key)?, draft)
}

/// A set is adopted.
pub async fn adopt(counter: Counter, Path(key): Path<String>, page: Page, form: Form<Typed>) -> Answer {
    let benefit = parsed(&key)?;
    let base = set_by_district(&counter.state()?, &benefit)?.1;
    let Form { read, draft, command, .. } = form;
    let Some(typed) = read.filter(|typed| typed.base == base) else {
        let draft = if draft.has_errors() { draft } else { draft.complain("问题已经更新，请重新填写。") };
        return show(&counter, &page, &benefit, draft);
    };
    let set = typed.set(benefit.clone());
    let address = format!("/benefits/{benefit}/parameters/{}", set.digest());
    match counter.submit(command, Command::AdoptParameters(set)).await {
        Ok(_) => Ok(Redirect::to(&address).into_response()),
        Err(SubmitError::Refused(refusal)) => show(&counter, &page, &benefit, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}
