//! How long steps take, and what went where. Offices read all of it; the public reads a step only where enough firms took
//! it, applications as of a month's end that hides single firms, and what notices and vouchers made public anyway.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use cases::statistics::{by_district, days_per_step, days_to_payment, sums};
use cases::{Case, StageKind};
use enterprise::publication::at_month_ends;
use kernel::{CreditCode, Money, Role};
use office::State;
use office::evidence::Audience;
use office::spending::{Spending, noticed, spending};
use web::{Answer, Counter, Figure, Page};

/// Who reads figures of single firms.
const OFFICES: &[Role] = &[Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor];

struct StepRow {
    label: &'static str,
    left: u32,
    median: i32,
    longest: i32,
    standing: Option<u32>,
}

struct DistrictRow {
    name: String,
    cases: u32,
    firms: u32,
    small: Option<u32>,
    applied: Option<Money>,
    decided: Money,
    paid: Money,
}

#[derive(Template)]
#[template(path = "statistics.html")]
struct StatisticsPage {
    figures: Vec<Figure>,
    is_public: bool,
    least: u32,
    steps: Vec<StepRow>,
    hidden_steps: usize,
    districts: Vec<DistrictRow>,
    total: DistrictRow,
}

/// Steps in which days mean something: not those that end a case.
fn steps(state: &State, audience: Audience, least: u32) -> (Vec<StepRow>, usize) {
    let cases = || state.cases.cases().map(AsRef::as_ref);
    let taken = days_per_step(cases(), state.city.calendar());
    let mut firms: BTreeMap<StageKind, BTreeSet<CreditCode>> = BTreeMap::new();
    for case in cases() {
        for pair in case.passages.windows(2) {
            firms.entry(pair[0].stage).or_default().insert(case.applicant.firm);
        }
    }
    let many = |stage: &StageKind| firms.get(stage).map_or(0, BTreeSet::len) >= least as usize;
    let left = taken.into_iter().filter(|(_, taken)| taken.left > 0);
    let (shown, hidden): (Vec<_>, Vec<_>) = left.partition(|(stage, _)| audience == Audience::Offices || many(stage));
    let row = |(stage, taken): (StageKind, cases::statistics::Taken)| StepRow {
        label: stage.label(),
        left: taken.left,
        median: taken.median,
        longest: taken.longest,
        standing: (audience == Audience::Offices).then_some(taken.standing),
    };
    (shown.into_iter().map(row).collect(), hidden.len())
}

fn row(name: String, sums: &cases::statistics::Sums, applied: Option<Money>, may_tell: bool) -> DistrictRow {
    DistrictRow {
        name,
        cases: sums.cases,
        firms: sums.firms,
        small: may_tell.then_some(sums.small_and_medium),
        applied,
        decided: sums.decided,
        paid: sums.paid,
    }
}

fn districts(state: &State, audience: Audience, least: u32) -> (Vec<DistrictRow>, DistrictRow) {
    let cases: Vec<&Case> = match audience {
        Audience::Offices => state.cases.cases().map(AsRef::as_ref).collect(),
        Audience::Public => noticed(state).into_keys().filter_map(|case| state.cases.case(case)).collect(),
    };
    let may_tell = |firms: u32| audience == Audience::Offices || firms >= least;
    let applied = |sums: &cases::statistics::Sums| (audience == Audience::Offices).then_some(sums.applied);
    let catalog = state.enterprise.catalog();
    let rows = by_district(cases.iter().copied()).into_iter().map(|(code, sums)| {
        let division = catalog.and_then(|catalog| catalog.divisions.get(code));
        let name = division.map_or_else(|| code.to_string(), |division| division.name.clone());
        row(name, &sums, applied(&sums), may_tell(sums.firms))
    });
    let total = sums(cases.iter().copied());
    (rows.collect(), row("合计".to_owned(), &total, applied(&total), may_tell(total.firms)))
}

/// What was applied for, as the public may read it.
fn applied_in_public(state: &State, today: kernel::Date) -> (String, String) {
    let entries = state.cases.cases().filter_map(|case| {
        let first = case.versions.first()?;
        Some((first.recorded.day(), case.applicant.firm, first.material.applied))
    });
    let closed = state.enterprise.catalog().map(|catalog| at_month_ends(&catalog.filing.publication, entries, today));
    match closed {
        Some(Ok(Some(closed))) => {
            (closed.total.ten_thousands(), format!("截至 {} · {} 户，按月公布", closed.until, closed.firms))
        }
        Some(Err(why)) => ("—".to_owned(), why.label().to_owned()),
        _ => ("—".to_owned(), "尚无".to_owned()),
    }
}

fn figures(state: &State, audience: Audience, today: kernel::Date, least: u32) -> Vec<Figure> {
    let Spending { decided, paid } = spending(state, None, audience);
    let all = || state.cases.cases().map(AsRef::as_ref);
    let (applied, told) = match audience {
        Audience::Offices => {
            let sums = sums(all());
            (sums.applied.ten_thousands(), format!("截至 {today} · {} 件，{} 户", sums.cases, sums.firms))
        }
        Audience::Public => applied_in_public(state, today),
    };
    let finished = all().filter_map(|case| Some((case.applicant.firm, days_to_payment(case, state.city.calendar())?)));
    let finished: Vec<_> = finished.collect();
    let firms: BTreeSet<_> = finished.iter().map(|(firm, _)| *firm).collect();
    let mut days: Vec<_> = finished.iter().map(|(_, days)| *days).collect();
    days.sort_unstable();
    let may_tell = audience == Audience::Offices || firms.len() >= least as usize;
    let median = days.get(days.len() / 2).filter(|_| may_tell).map_or_else(|| "—".to_owned(), ToString::to_string);
    let part = |part: office::spending::Part| format!("截至 {today} · {} 件，{} 户", part.cases, part.firms);
    vec![
        Figure::new("申请", applied, "万元", told),
        Figure::new(
            if audience == Audience::Public { "公示审定" } else { "审定" },
            decided.amount.ten_thousands(),
            "万元",
            part(decided),
        )
        .source("公示", "/notices"),
        Figure::new("到账", paid.amount.ten_thousands(), "万元", part(paid)).source("凭证", "/payments"),
        Figure::new("申报到到账", median, "工作日", format!("{} 件到账办件的中位数", days.len()))
            .source("指标定义", "/plan/indicators/payment-days"),
    ]
}

/// Statistics.
pub async fn statistics(counter: Counter, page: Page) -> Answer {
    let (state, today) = (counter.state()?, counter.as_of.day());
    let is_office = counter.visitor.role().is_some_and(|role| OFFICES.contains(&role));
    let audience = if is_office { Audience::Offices } else { Audience::Public };
    let least = state.enterprise.catalog().map_or(u32::MAX, |catalog| catalog.filing.publication.firms_at_least);
    let (steps, hidden_steps) = steps(&state, audience, least);
    let (districts, total) = districts(&state, audience, least);
    let content = StatisticsPage {
        figures: figures(&state, audience, today, least),
        is_public: audience == Audience::Public,
        least,
        steps,
        hidden_steps,
        districts,
        total,
    };
    page.title("政策兑现统计").crumb("申报批次", "/calls").show(&content)
}
