//! A benefit explained: its sentence term by term, the formula, readings, rates, review, and what was decided so far.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::Path;
use enterprise::publication::{Cell, publish_one};
use kernel::{Date, Money};
use office::State;
use register::Light;
use subsidy::clause::{Base, Binding};
use subsidy::event::Conclusion;
use subsidy::facts::TermClass;
use subsidy::interpretation::{Confidence, Interpretation};
use subsidy::{BenefitId, Clause, Overrides, Point, Settings};
use web::{Answer, Counter, Empty, Failure, Page};

use crate::parameters_view::{self, SetRow};
use crate::sentence::{Sentence, words_at};
use crate::viewer::{FIRM, IN_CHARGE, OFFICIALS, SETTERS, approver_name};
use crate::words;

#[derive(Template)]
#[template(path = "benefits.html")]
struct BenefitsPage {
    benefits: Vec<BenefitCard>,
    empty: Option<Empty>,
    suffix: String,
    links: Vec<(&'static str, &'static str)>,
}

struct BenefitCard {
    key: String,
    title: String,
    sentence: Sentence,
    review: Light,
}

#[derive(Template)]
#[template(path = "benefit.html")]
struct BenefitPage {
    key: String,
    title: String,
    document: String,
    anchor: String,
    sentence: Sentence,
    terms: Vec<TermRow>,
    prose: Vec<(String, String)>,
    formula: Vec<String>,
    readings: Vec<ReadingRow>,
    rates: Vec<RateTableRows>,
    review: Review,
    totals: Totals,
    /// What districts grant, where the plan leaves it to them.
    sets: Option<Vec<SetRow>>,
    can_set: bool,
    can_review: bool,
    day: Date,
    /// Keeps the day in addresses that already have a query.
    and_day: String,
}

/// A part of the sentence, or a rule beside it, that is carried out.
struct TermRow {
    words: String,
    class: &'static str,
    is_term: bool,
    kind: &'static str,
    meaning: String,
    points: Vec<String>,
}

/// A point with its options and the reading that holds.
pub struct ReadingRow {
    /// How officials cite it.
    pub number: String,
    /// What is open.
    pub question: String,
    /// Options and whether they hold.
    pub options: Vec<(String, bool)>,
    /// What the reading rests on.
    pub authority: String,
    /// Who approved it.
    pub approver: String,
    /// From when until when it holds.
    pub period: String,
    /// How sure its source is.
    pub confidence: Light,
}

struct RateTableRows {
    title: String,
    source: String,
    is_used: bool,
    terms: [&'static str; 3],
    rows: Vec<(String, [String; 3], Light)>,
}

struct Review {
    light: Light,
    lines: Vec<String>,
}

/// What may be said in public of what was decided.
struct Totals {
    assessed: Result<(u32, Date, String), &'static str>,
    received: Result<String, &'static str>,
}

/// All benefits.
pub async fn benefits(counter: Counter, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let benefits = state.subsidy.clauses().map(|clause| BenefitCard {
        key: clause.benefit.to_string(),
        title: clause.title.to_string(),
        sentence: Sentence::of(clause),
        review: review(&state, &clause.benefit, day).light,
    });
    let benefits: Vec<_> = benefits.collect();
    let empty = benefits.is_empty().then(|| Empty::new("还没有惠企事项", "行动计划的条款文件采纳后，事项会列在这里。"));
    let mut links = vec![("先看我能否享受", "/precheck")];
    match counter.visitor.role() {
        Some(role) if FIRM.contains(&role) => links.push(("我的惠企资金", "/my-benefits")),
        Some(role) if OFFICIALS.contains(&role) => {
            links.extend([
                ("测算台账", "/decisions"),
                ("解释口径", "/interpretations"),
                ("此前拨款", "/earlier-payments"),
            ]);
        }
        _ => {}
    }
    page.title("惠企事项").show(&BenefitsPage { benefits, empty, suffix: counter.as_of.suffix(), links })
}

/// One benefit.
pub async fn benefit(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let benefit: BenefitId = key.parse().map_err(|_| Failure::not_found())?;
    let clause = state.subsidy.clause(&benefit).cloned().ok_or_else(Failure::not_found)?;
    let interpretations = state.subsidy.interpretations().ok_or_else(Failure::not_found)?;
    let settings = interpretations.settings(day, &Overrides::new());
    let settings = settings.map_err(|error| Failure::Unavailable(error.to_string().into()))?;
    let number = |point: &Point| interpretations.get(*point).map(|found| found.number.to_string());
    let terms = clause.operators().map(|(place, operator, points)| {
        let (words, class) = words_at(&clause, place);
        let is_term = matches!(place, subsidy::Place::Term(_));
        let meaning = words::meaning(operator, points, &settings);
        let points = points.iter().filter_map(number).collect();
        TermRow { words, class, is_term, kind: words::kind(operator), meaning, points }
    });
    let prose = clause.terms.iter().filter_map(|term| match &term.binding {
        Binding::Prose { reason, .. } => Some((term.text.to_string(), reason.to_string())),
        Binding::Carried(..) => None,
    });
    let points: BTreeSet<Point> = clause.operators().flat_map(|(_, _, points)| points.iter().copied()).collect();
    let readings = points.iter().filter_map(|point| Some(reading_row(&state, interpretations.get(*point)?, day)));
    let role = counter.visitor.role();
    let content = BenefitPage {
        key,
        title: clause.title.to_string(),
        document: clause.source.document.to_string(),
        anchor: clause.source.anchor.to_string(),
        sentence: Sentence::of(&clause),
        terms: terms.collect(),
        prose: prose.collect(),
        formula: words::formula(&clause, &settings),
        readings: readings.collect(),
        rates: rates(&state, &clause, &settings),
        review: review(&state, &benefit, day),
        totals: totals(&state, &benefit, day),
        sets: clause.by_district().then(|| parameters_view::rows(&state, &benefit, day, &counter.as_of.suffix())),
        can_set: counter.as_of.is_now() && role.is_some_and(|role| SETTERS.contains(&role)),
        can_review: counter.as_of.is_now() && role.is_some_and(|role| IN_CHARGE.contains(&role)),
        day,
        and_day: counter.as_of.chosen().map(|day| format!("&as_of={day}")).unwrap_or_default(),
    };
    page.title(content.title.clone()).crumb("惠企事项", "/benefits").show(&content)
}

/// A point as people read it on a day.
pub fn reading_row(state: &State, interpretation: &Interpretation, day: Date) -> ReadingRow {
    let choice = interpretation.on(day);
    let holds = |key: &str| choice.is_some_and(|choice| choice.chosen.as_ref() == key);
    let options = interpretation.options.iter();
    ReadingRow {
        number: interpretation.number.to_string(),
        question: interpretation.question.to_string(),
        options: options.map(|option| (option.label.to_string(), holds(&option.key))).collect(),
        authority: choice.map(|choice| choice.authority.to_string()).unwrap_or_default(),
        approver: choice.map(|choice| approver_name(state, &choice.approver)).unwrap_or_default(),
        period: choice.map_or_else(|| "当日没有生效的选择".to_owned(), |choice| period(choice.from, choice.until)),
        confidence: confidence(interpretation.confidence),
    }
}

/// From when until when.
pub fn period(from: Date, until: Option<Date>) -> String {
    until.map_or_else(|| format!("{from} 起"), |until| format!("{from} 至 {until}"))
}

/// How sure a source is, as a light.
pub fn confidence(confidence: Confidence) -> Light {
    match confidence {
        Confidence::Confirmed => Light::good("已见于来源"),
        Confidence::Recalled => Light::watch("待核实"),
    }
}

fn rates(state: &State, clause: &Clause, settings: &Settings) -> Vec<RateTableRows> {
    if clause.base() != Some(Base::LoanInterest) {
        return Vec::new();
    }
    let tables = state.subsidy.rates().into_iter().flat_map(|rates| rates.tables());
    let rows = tables.map(|(series, table)| {
        let rows = table.rows.rows().rev().map(|(from, row)| {
            let cell = |term: TermClass| row.rate(term).map_or_else(|| "—".to_owned(), |rate| rate.to_string());
            (from.to_string(), TermClass::ALL.map(cell), confidence(row.confidence))
        });
        RateTableRows {
            title: table.title.to_string(),
            source: table.source.to_string(),
            is_used: series == settings.rate_series,
            terms: TermClass::ALL.map(TermClass::label),
            rows: rows.collect(),
        }
    });
    rows.collect()
}

fn review(state: &State, benefit: &BenefitId, day: Date) -> Review {
    if let Some(record) = state.subsidy.review_on(benefit, day) {
        let review = &record.review;
        let mut lines = vec![format!("{} 于 {} 审查：{}", review.body, review.on, review.conclusion.label())];
        if let Conclusion::Exception(basis) = &review.conclusion {
            lines.push(format!("依据：{basis}"));
        }
        return Review { light: Light::good(format!("审查有效至 {}", review.expires)), lines };
    }
    let lines = vec!["现行条款文本没有有效的公平竞争审查记录：可以试算，不能正式测算。".to_owned()];
    match state.subsidy.reviews(benefit).last() {
        Some(last) if !last.review.conclusion.allows() => {
            Review { light: Light::bad(last.review.conclusion.label()), lines }
        }
        _ => Review { light: Light::watch("尚无有效的公平竞争审查"), lines },
    }
}

/// Sums over firms, withheld where the city's publication rule says that they would show a single firm. What was
/// assessed moves at month ends, so that two days do not tell on one firm either.
fn totals(state: &State, benefit: &BenefitId, day: Date) -> Totals {
    let Some(catalog) = state.enterprise.catalog() else {
        return Totals {
            assessed: Err("尚未采用公布规则，不公布"), received: Err("尚未采用公布规则，不公布")
        };
    };
    let rule = &catalog.filing.publication;
    let assessed = match office::evidence::public_awards(state, benefit, day) {
        Ok(Some(closed)) => Ok((closed.firms, closed.until, closed.total.to_string())),
        Ok(None) => Err("上月末以前没有测算"),
        Err(why) => Err(why.label()),
    };
    let accounts = state.subsidy.accounts().filter(|((_, of), _)| of == benefit);
    let earlier = accounts.map(|(_, account)| {
        let outside = account.entries().filter(|(_, entry)| entry.decision.is_none());
        outside.map(|(_, entry)| entry.amount).sum::<Money>()
    });
    let earlier: Vec<Money> = earlier.filter(|sum| *sum != Money::ZERO).collect();
    let received = match publish_one(rule, &earlier) {
        Cell::Published { total, .. } => Ok(total.to_string()),
        Cell::Withheld(why) => Err(why.label()),
    };
    Totals { assessed, received }
}
