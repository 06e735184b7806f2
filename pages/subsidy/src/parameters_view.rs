//! What districts grant, as people read it: sets of a benefit with their reviews.

use askama::Template;
use askama::filters::HtmlSafe;
use kernel::{Date, Digest, DivisionCode};
use office::State;
use register::Light;
use subsidy::BenefitId;
use subsidy::parameters::ParameterRecord;

use web::Failure;

use crate::benefit_page::period;
use crate::viewer::actor_name;
use crate::words;

/// One parameter set.
#[derive(Template)]
#[template(path = "set_row.html")]
pub struct SetRow {
    /// The district.
    pub district: String,
    /// Its document.
    pub document: String,
    /// Where the set is read.
    pub href: String,
    /// From when until when.
    pub period: String,
    /// What is granted, one line each.
    pub grant: Vec<String>,
    /// Whether it may be carried out.
    pub standing: Light,
    /// Who adopted it, when.
    pub adopted: String,
}

impl HtmlSafe for SetRow {}

/// Districts and functional zones in charge on a day, by code.
pub fn districts(state: &State, day: Date) -> Vec<(DivisionCode, String)> {
    let all = state.enterprise.catalog().into_iter().flat_map(|catalog| catalog.divisions.all());
    all.filter(|one| one.has_authority_on(day)).map(|one| (one.code, one.name.clone())).collect()
}

/// A set of a benefit by its digest.
pub fn found<'a>(state: &'a State, benefit: &BenefitId, set: Digest) -> Result<&'a ParameterRecord, Failure> {
    let record = state.subsidy.parameter_set(set).filter(|record| record.set.benefit == *benefit);
    record.map(AsRef::as_ref).ok_or_else(Failure::not_found)
}

/// Where a set stands on a day.
pub fn standing(state: &State, record: &ParameterRecord, day: Date) -> Light {
    let set = &record.set;
    let in_force = state.subsidy.parameters_on(&set.benefit, set.district, day);
    let reviewed = state.subsidy.review_of_parameters(set, day);
    let last =
        state.subsidy.reviews(&set.benefit).filter(|review| review.review.parameters == Some(set.digest())).last();
    match (reviewed, last) {
        (Some(_), _) if !set.covers(day) => {
            Light::unknown(if day < set.from { "尚未施行" } else { "已经期满" })
        }
        (Some(review), _) if in_force == Some(set) => {
            Light::good(format!("现行，审查有效至 {}", review.review.expires))
        }
        (Some(_), _) => Light::unknown("已由后来的细则代替"),
        (None, Some(last)) if !last.review.conclusion.allows() => Light::bad(last.review.conclusion.label()),
        (None, Some(_)) => Light::watch("审查已过期"),
        (None, None) => Light::watch("等待公平竞争审查"),
    }
}

/// All sets of a benefit, the latest first.
pub fn rows(state: &State, benefit: &BenefitId, day: Date, suffix: &str) -> Vec<SetRow> {
    let sets = state.subsidy.parameter_sets(benefit).into_iter().rev();
    sets.map(|record| row(state, record, day, suffix)).collect()
}

/// One set.
pub fn row(state: &State, record: &ParameterRecord, day: Date, suffix: &str) -> SetRow {
    let set = &record.set;
    SetRow {
        district: state.organisation_name(&set.district.into()),
        document: set.document.to_string(),
        href: format!("/benefits/{}/parameters/{}{suffix}", set.benefit, set.digest()),
        period: period(set.from, set.until),
        grant: words::grant(set),
        standing: standing(state, record, day),
        adopted: format!("{} · {}", record.recorded.day(), actor_name(state, &record.recorded.actor)),
    }
}
