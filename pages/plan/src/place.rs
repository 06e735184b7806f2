//! Where the pages of this crate are found, as addresses fit for links and redirects.

use kernel::{Anchor, Date, OrganisationId};
use plan::judgement::About;
use plan::progress::ReportKey;
use plan::standing::Observation;
use plan::{GoalKey, IndicatorKey, Month};

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A task.
pub fn task(anchor: &Anchor) -> String {
    format!("/plan/tasks/{}", encoded(anchor.as_str()))
}

/// The sentence in the living document, on the day that `suffix` names.
pub fn sentence(anchor: &Anchor, suffix: &str) -> String {
    format!("/plan{suffix}#{}", encoded(anchor.as_str()))
}

/// The sentence in the living document with what stands behind it opened.
pub fn opened(key: &str, suffix: &str) -> String {
    let joint = if suffix.is_empty() { "?" } else { "&" };
    format!("/plan{suffix}{joint}open={key}#{key}", key = encoded(key))
}

/// An indicator.
pub fn indicator(key: &IndicatorKey) -> String {
    format!("/plan/indicators/{key}")
}

/// The records a value is made of, on the day they were seen.
pub fn records(observation: &Observation, day: Date) -> String {
    let reference = &observation.reference;
    if reference.contains("as_of=") {
        return reference.clone();
    }
    let (path, place) =
        reference.split_once('#').map_or((reference.as_str(), None), |(path, place)| (path, Some(place)));
    let joint = if path.contains('?') { '&' } else { '?' };
    let place = place.map(|place| format!("#{place}")).unwrap_or_default();
    format!("{path}{joint}as_of={day}{place}")
}

/// A unit.
pub fn unit(key: &OrganisationId) -> String {
    format!("/plan/units/{key}")
}

/// A report.
pub fn report(key: &ReportKey) -> String {
    let ReportKey { plan, subject, unit, month } = key;
    format!("/plan/reports/{plan}/{}/{unit}/{month}", encoded(subject.as_str()))
}

/// The form of a report.
pub fn new_report(subject: &Anchor, month: Month) -> String {
    format!("/plan/reports/new?subject={}&month={month}", encoded(subject.as_str()))
}

/// The form of a judgement.
pub fn judgement(about: &About) -> String {
    format!("/plan/judgements/{}", encoded(&about.to_string()))
}

/// The baseline of a goal.
pub fn baseline(goal: &GoalKey) -> String {
    format!("/plan/goals/{goal}/baseline")
}

/// A kept file that a record of the plan names.
pub fn kept(file: &kernel::Evidence) -> String {
    format!("/plan/files/{}", file.digest)
}
