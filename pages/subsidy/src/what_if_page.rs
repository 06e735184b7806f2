//! 政策推演: what other readings, caps, rates or budgets would have given, over every recorded assessment. The address
//! holds the question, so that an answer can be kept and passed on.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use kernel::{CreditCode, Date, Money};
use office::State;
use register::{Cell, Column, Found, Register};
use subsidy::what_if::{BudgetUse, Change, History, Projection, Totals, Variant};
use subsidy::{BenefitId, Overrides, Rulebook};
use web::{Answer, Counter, Empty, Failure, Figure, Markup, Page, show_rows};

use crate::viewer::{benefit_title, firm_name, may_see_benefit};
use crate::what_if_choices::{Asked, Choices, is_read, others};

/// Firms shown on each side; the figures above count all of them.
const MOST_FIRMS: usize = 100;

#[derive(Template)]
#[template(path = "what_if.html")]
struct WhatIfPage {
    day: Date,
    as_of: Option<Date>,
    choices: Choices,
    claims: usize,
    empty: Option<Empty>,
    result: Option<Answered>,
    /// The question with an ending for a file.
    files: String,
    single: Option<Single>,
}

/// What the variant gives.
struct Answered {
    figures: Vec<Figure>,
    totals: Vec<TotalsRow>,
    budgets: Vec<BudgetRow>,
    sides: [Side; 2],
}

struct TotalsRow {
    benefit: String,
    claims: usize,
    before: Totals,
    after: Totals,
    difference: String,
}

struct BudgetRow {
    benefit: String,
    used: BudgetUse,
    share: String,
}

/// Firms that gain, or that lose.
struct Side {
    heading: &'static str,
    nobody: &'static str,
    count: usize,
    total: Money,
    rows: Vec<FirmRow>,
}

#[derive(Clone)]
struct FirmRow {
    name: String,
    code: CreditCode,
    change: Change,
}

/// Every reading changed alone.
struct Single {
    rows: Vec<SingleRow>,
    without_effect: usize,
}

struct SingleRow {
    number: String,
    label: String,
    href: String,
    total: Money,
    difference: Money,
    supported: usize,
    gain: usize,
    lose: usize,
}

/// `+1,000.00`, `−1,000.00`, or nothing changed.
fn signed(amount: Money) -> String {
    match amount.fen() {
        0 => "不变".to_owned(),
        fen if fen > 0 => format!("+{amount}"),
        _ => format!("−{}", -amount),
    }
}

/// What a side's firms gain or lose together.
fn together(side: &Side) -> String {
    if side.count == 0 { "没有".to_owned() } else { format!("合计 {} 元", signed(side.total)) }
}

fn sum(projection: &Projection) -> Money {
    projection.awards.iter().copied().sum()
}

/// The rules cannot be applied: a reading is missing, or an amount leaves every range.
fn not_ready(error: impl std::fmt::Display) -> Failure {
    Failure::Unavailable(format!("{error}。请改用别的读法，或联系责任部门补全后再试。").into())
}

/// The question and, where something is chosen, its answer.
pub async fn what_if(counter: Counter, Query(asked): Query<Asked>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let rulebook = state.subsidy.rulebook().ok_or_else(Failure::not_found)?;
    let settings = rulebook.interpretations.settings(day, &Overrides::new()).map_err(not_ready)?;
    let viewer = counter.visitor.viewer();
    let history = History::of(&state.subsidy, |benefit| may_see_benefit(&state, &viewer, benefit));
    let history = history.map_err(|error| Failure::Fault(error.to_string()))?;
    let choices = Choices::read(&asked, &rulebook, &settings, day);
    let is_wrong = !choices.errors.is_empty();
    if asked.contains_key("format") && choices.is_changed() && !is_wrong {
        return file(&counter, page, &state, &history, &choices);
    }
    let (result, single) = if history.claims().is_empty() || is_wrong {
        (None, None)
    } else if choices.is_changed() {
        (Some(answered(&state, &history, &choices.variant)?), None)
    } else {
        let suffix = counter.as_of.chosen().map(|day| format!("&as_of={day}")).unwrap_or_default();
        (None, Some(single(&history, &rulebook, day, &suffix)?))
    };
    let empty = history.claims().is_empty().then(|| {
        Empty::new("还没有可以推演的测算", "正式测算记入账本以后，就能在这里看换一种规则的结果。")
            .action("测算台账", "/decisions")
    });
    let claims = history.claims().len();
    let files = format!("/what-if?{}&format=", page.query());
    let content = WhatIfPage { day, as_of: counter.as_of.chosen(), choices, claims, empty, result, files, single };
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.title("政策推演").status(status).crumb("测算台账", "/decisions").show(&content)
}

/// Every firm that gains or loses, as a file: `format=xlsx`, `csv` or `json`.
fn file(counter: &Counter, page: Page, state: &State, history: &History<'_>, choices: &Choices) -> Answer {
    let after = history.project(&choices.variant).map_err(not_ready)?;
    let changes = history.changes(&history.recorded(), &after);
    let row = |change: Change| FirmRow { name: firm_name(state, change.firm), code: change.firm, change };
    let rows: Vec<FirmRow> = changes.into_iter().map(row).collect();
    let title = format!("政策推演：{}", choices.changed.join("；"));
    let description = "换一种规则重算全部测算，得到更多或更少的企业，每户一行。";
    let register = Register::declare_long("what-if", title, description, |rows: &Vec<FirmRow>, _| {
        Found::each(rows.iter().collect(), |row: &&FirmRow| Some((*row).clone()))
    })
    .column(Column::new("firm", "企业", |row: &FirmRow| Cell::text(row.name.clone())))
    .column(Column::new("code", "统一社会信用代码", |row: &FirmRow| Cell::text(row.code.to_string())))
    .column(Column::new("before", "记录", |row: &FirmRow| row.change.before.into()).money())
    .column(Column::new("after", "推演", |row: &FirmRow| row.change.after.into()).money())
    .column(Column::new("difference", "增减", |row: &FirmRow| row.change.difference().into()).money())
    .finish();
    show_rows(counter, page, &register, &rows, &register::Query::default(), |_| Ok(Markup::default()))
}

fn answered(state: &State, history: &History<'_>, variant: &Variant) -> Result<Answered, Failure> {
    let before = history.recorded();
    let after = history.project(variant).map_err(not_ready)?;
    let changes = history.changes(&before, &after);
    let side = |heading, nobody, gains: bool| {
        let of_side = || changes.iter().filter(|change| (change.difference() > Money::ZERO) == gains);
        let row = |change: &Change| FirmRow { name: firm_name(state, change.firm), code: change.firm, change: *change };
        Side {
            heading,
            nobody,
            count: of_side().count(),
            total: of_side().map(Change::difference).sum(),
            rows: of_side().take(MOST_FIRMS).map(row).collect(),
        }
    };
    let sides = [side("谁得到更多", "没有企业得到更多。", true), side("谁得到更少", "没有企业得到更少。", false)];
    let [gains, losses] = &sides;
    let supported = |projection: &Projection| projection.awards.iter().filter(|award| **award > Money::ZERO).count();
    let figure = |label, value: String, unit| Figure::new(label, value, unit, "全部年度");
    let figures = vec![
        figure("推演合计", sum(&after).to_string(), "元")
            .delta(format!("比记录的 {} 元：{}", sum(&before), signed(sum(&after) - sum(&before))))
            .source("测算台账", "/decisions"),
        figure("支持份数", supported(&after).to_string(), "份").delta(format!("记录的为 {} 份", supported(&before))),
        figure("得到更多", gains.count.to_string(), "户").note(together(gains)),
        figure("得到更少", losses.count.to_string(), "户").note(together(losses)),
    ];
    let (of_before, of_after) = (history.totals(&before), history.totals(&after));
    let row = |(benefit, before): (&&BenefitId, &Totals)| {
        let after = of_after.get(*benefit).copied().unwrap_or_default();
        TotalsRow {
            benefit: benefit_title(state, benefit),
            claims: before.claims,
            before: *before,
            after,
            difference: signed(after.total - before.total),
        }
    };
    let budgets = after.budgets.iter().map(|used| BudgetRow {
        benefit: benefit_title(state, &used.benefit),
        used: used.clone(),
        share: share(used.shared, used.amount),
    });
    Ok(Answered { figures, totals: of_before.iter().map(row).collect(), budgets: budgets.collect(), sides })
}

/// How much of a budget was used, in tenths of a percent.
fn share(used: Money, of: Money) -> String {
    let tenths = Money::from_fen(1_000).times_ratio(used.fen(), of.fen(), kernel::money::Rounding::Down);
    tenths.map_or_else(|| "—".to_owned(), |tenths| format!("{}.{}%", tenths.fen() / 10, tenths.fen() % 10))
}

fn single(history: &History<'_>, rulebook: &Rulebook, day: Date, suffix: &str) -> Result<Single, Failure> {
    let recorded = history.recorded();
    let (mut rows, mut without_effect) = (Vec::new(), 0);
    for (point, interpretation) in rulebook.interpretations.iter().filter(|(point, _)| is_read(rulebook, *point)) {
        for option in others(interpretation, day) {
            let readings = Overrides::from([(point, option.key.clone())]);
            let projection = history.project(&Variant { readings, ..Variant::default() }).map_err(not_ready)?;
            let changes = history.changes(&recorded, &projection);
            if projection.awards == recorded.awards {
                without_effect += 1;
                continue;
            }
            let gain = changes.iter().filter(|change| change.difference() > Money::ZERO).count();
            rows.push(SingleRow {
                number: interpretation.number.to_string(),
                label: option.label.to_string(),
                href: format!("/what-if?{point}={}{suffix}", option.key),
                total: sum(&projection),
                difference: sum(&projection) - sum(&recorded),
                supported: projection.awards.iter().filter(|award| **award > Money::ZERO).count(),
                gain,
                lose: changes.len() - gain,
            });
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.difference.fen().unsigned_abs()));
    Ok(Single { rows, without_effect })
}

#[cfg(test)]
mod tests {
    use kernel::Role;

    use crate::stories::City;

    #[tokio::test]
    async fn an_officer_asks_what_other_rules_would_have_given() {
        let city = City::open().await;
        let bench = city.bench().await;
        let mut officer = bench.signed_in(Role::CityOfficer).await;
        let every = officer.get("/what-if").await;
        assert_eq!(every.status, 200, "{}", every.body);
        for expected in ["1 份已测算的申报", "每次只改一个读法", "/what-if?interest-award=by-score", "−7,350,000.00"]
        {
            assert!(every.body.contains(expected), "{expected}\n{}", every.body);
        }
        // 12.6 million were received before: 15 million leave 2.4.
        let capped = officer.get("/what-if?cap-interest=15,000,000").await;
        for expected in ["上限改为 15,000,000.00 元", "2,400,000.00", "−4,950,000.00", "没有企业得到更多。"]
        {
            assert!(capped.body.contains(expected), "{expected}\n{}", capped.body);
        }
        let budget = officer.get("/what-if?budget-interest=5000000&sharing=queue&rate-interest=50%25").await;
        for expected in ["按测算先后，拨完为止", "100.0%", "−2,350,000.00"] {
            assert!(budget.body.contains(expected), "{expected}\n{}", budget.body);
        }
        assert!(!budget.body.contains("比例改为"), "the rate that holds anyway is no change");
        let csv = officer.get("/what-if?cap-interest=15,000,000&format=csv").await;
        assert!(csv.body.contains("91500118000000001") && csv.body.contains("-4950000.00"), "{}", csv.body);
        let wrong = officer.get("/what-if?rate-interest=150&interest-base=none").await;
        assert_eq!(wrong.status, 422);
        for expected in ["#field-rate-interest", "#field-interest-base", "aria-invalid", "value=\"150\""] {
            assert!(wrong.body.contains(expected), "{expected}\n{}", wrong.body);
        }
    }
}
