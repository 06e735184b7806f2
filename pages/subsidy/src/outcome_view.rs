//! What came out of an assessment: how much, or which condition fails and from when it could be met.

use askama::Template;
use askama::filters::HtmlSafe;
use kernel::Year;
use register::Light;
use subsidy::{Clause, Outcome};
use web::Figure;

use crate::sentence::words_at;

/// An outcome in words and figures.
#[derive(Clone, Debug, Template)]
#[template(path = "outcome.html")]
pub struct OutcomeView {
    figure: Figure,
    ceiling: Option<String>,
    failed: Vec<Failed>,
    potential: Option<String>,
    earliest: Option<String>,
}

impl HtmlSafe for OutcomeView {}

#[derive(Clone, Debug)]
struct Failed {
    words: String,
    class: &'static str,
    reason: String,
    earliest: Option<String>,
}

impl OutcomeView {
    /// `label` names the figure: an estimate, or an assessment.
    pub fn new(clause: &Clause, outcome: &Outcome, year: Year, label: &str) -> Self {
        let figure = Figure::new(label, outcome.award().to_string(), "元", format!("{year} 年度"));
        let (ceiling, potential, failed) = match outcome {
            Outcome::Eligible { ceiling, .. } => (Some(ceiling.to_string()), None, &[][..]),
            Outcome::NotEligible { failed, potential } => (None, Some(potential.to_string()), failed.as_slice()),
        };
        let light = match failed.len() {
            0 => Light::good("条件符合"),
            count => Light::bad(format!("{count} 项条件不符合")),
        };
        let failed = failed.iter().map(|failure| {
            let (words, class) = words_at(clause, failure.place);
            let earliest = failure.earliest.map(|day| day.to_string());
            Failed { words, class, reason: failure.reason.clone(), earliest }
        });
        Self {
            figure: figure.light(light),
            ceiling,
            failed: failed.collect(),
            potential,
            earliest: outcome.earliest().map(|day| day.to_string()),
        }
    }
}
