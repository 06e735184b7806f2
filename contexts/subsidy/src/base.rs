//! The three bases, computed with words.

use std::collections::BTreeSet;

use kernel::{Date, Money, Year};

use crate::assess::Run;
use crate::facts::{ClaimError, CostPart, FeeLine, Loan, OperatingCost};
use crate::interpretation::Point;
use crate::settings::{FeeTax, FeeYear, InterestBase, InterestDays, RateDate};
use crate::trace::{Basis, StepResult};

fn add(sum: Money, amount: Money) -> Result<Money, ClaimError> {
    sum.checked_add(amount).ok_or(ClaimError::Overflow)
}

/// Days of interest from one day to another.
fn days(from: Date, until: Date, reading: InterestDays) -> i64 {
    let nights = from.duration_until(until).as_hours() / 24;
    match reading {
        InterestDays::FirstNotLast => nights,
        InterestDays::FirstAndLast => nights + 1,
    }
}

/// 贷款利息: loan by loan.
pub(crate) fn loan_interest(run: &mut Run<'_>, loans: &[Loan]) -> Result<Money, ClaimError> {
    let mut sum = Money::ZERO;
    for (index, loan) in loans.iter().enumerate() {
        sum = add(sum, one_loan(run, index + 1, loan)?)?;
    }
    if loans.len() > 1 {
        let step = format!("{} 笔借款可计利息合计", loans.len());
        run.writer.amount(run.program.base.0, step, Vec::new(), sum);
    }
    Ok(sum)
}

fn one_loan(run: &mut Run<'_>, number: usize, loan: &Loan) -> Result<Money, ClaimError> {
    let (program, place) = (run.program, run.program.base.0);
    let settings = &program.settings;
    if !settings.loan_kinds.accepts(loan.kind) {
        let basis = vec![run.writer.reading(Point::LoanKinds)];
        run.writer.line(place, format!("第 {number} 笔：{}", loan.kind.label()), basis, StepResult::LeftOut);
        return Ok(Money::ZERO);
    }
    let first = if program.window.is_some() { settings.first_eligible_date } else { loan.from };
    let from = loan.from.max(first);
    let outside = from >= loan.until || (from != loan.from && program.prorate.is_none());
    if outside {
        let basis = vec![run.writer.reading(Point::FirstEligibleDate)];
        let step = format!("第 {number} 笔：计息期 {} 至 {} 不在可申报期间", loan.from, loan.until);
        run.writer.line(program.window.unwrap_or(place), step, basis, StepResult::LeftOut);
        return Ok(Money::ZERO);
    }
    let (all, counted) =
        (days(loan.from, loan.until, settings.interest_days), days(from, loan.until, settings.interest_days));
    let paid = paid_interest(run, number, loan, counted, all)?;
    if settings.interest_base == InterestBase::Paid {
        let basis = vec![run.writer.reading(Point::InterestBase)];
        run.writer.amount(place, format!("第 {number} 笔：按实付利息计"), basis, paid);
        return Ok(paid);
    }
    let Some(benchmark) = benchmark_interest(run, number, loan, counted)? else { return Ok(Money::ZERO) };
    let counts = match settings.interest_base {
        InterestBase::LowerOfPaidAndBenchmark => paid.min(benchmark),
        InterestBase::Benchmark | InterestBase::Paid => benchmark,
    };
    let basis = vec![run.writer.reading(Point::InterestBase)];
    run.writer.amount(place, format!("第 {number} 笔：可计利息"), basis, counts);
    Ok(counts)
}

/// Interest paid for the days that count.
fn paid_interest(run: &mut Run<'_>, number: usize, loan: &Loan, counted: i64, all: i64) -> Result<Money, ClaimError> {
    let basis = vec![Basis::Material("利息单")];
    if counted == all {
        run.writer.amount(run.program.base.0, format!("第 {number} 笔：实付利息"), basis, loan.paid);
        return Ok(loan.paid);
    }
    let rounding = run.program.settings.rounding;
    let paid = loan.paid.times_ratio(counted, all, rounding).ok_or(ClaimError::Overflow)?;
    let step = format!("第 {number} 笔：实付利息 {} × {counted}/{all} 天", loan.paid);
    let place = run.program.prorate.unwrap_or(run.program.base.0);
    let basis = vec![Basis::Material("利息单"), run.writer.reading(Point::FirstEligibleDate)];
    run.writer.amount(place, step, basis, paid);
    Ok(paid)
}

/// Interest at the published rate; `None` when none was published for the loan.
fn benchmark_interest(
    run: &mut Run<'_>,
    number: usize,
    loan: &Loan,
    counted: i64,
) -> Result<Option<Money>, ClaimError> {
    let (program, place) = (run.program, run.program.base.0);
    let settings = &program.settings;
    let day = match settings.rate_date {
        RateDate::Disbursement => loan.disbursed,
        RateDate::PeriodStart => loan.from,
    };
    let table = program.rate_table();
    let row = table.and_then(|table| table.rows.on(day));
    let Some((from, rate)) = row.and_then(|(from, row)| Some((from, row.rate(loan.term)?))) else {
        let step = format!("第 {number} 笔：{day} {}没有公布利率", loan.term.label());
        let basis = vec![run.writer.reading(Point::RateSeries)];
        run.writer.line(place, step, basis, StepResult::LeftOut);
        return Ok(None);
    };
    let interest = rate
        .parts_per_million()
        .checked_mul(counted)
        .and_then(|factor| {
            loan.principal.times_ratio(factor, kernel::Rate::WHOLE * settings.day_count, settings.rounding)
        })
        .ok_or(ClaimError::Overflow)?;
    let step = format!("第 {number} 笔：本金 {} × {rate} × {counted}/{}", loan.principal, settings.day_count);
    let title = table.map_or_else(|| "".into(), |table| table.title.clone());
    let mut basis = vec![Basis::Material("借据"), Basis::RateRow { title, from }];
    basis.extend(run.writer.readings(&[Point::RateDate, Point::InterestDays, Point::DayCount]));
    run.writer.amount(place, step, basis, interest);
    Ok(Some(interest))
}

/// 封测费用: the lines that count, and a line for each reason others do not.
pub(crate) fn test_fees(run: &mut Run<'_>, year: Year, lines: &[FeeLine]) -> Result<Money, ClaimError> {
    let settings = &run.program.settings;
    let mut seen = BTreeSet::new();
    let mut sum = Money::ZERO;
    let mut counted = 0_usize;
    let mut left_out: Vec<(LeftOut, usize, Money)> = Vec::new();
    for line in lines {
        let amount = match settings.fee_tax {
            FeeTax::Net => line.net,
            FeeTax::Gross => add(line.net, line.tax)?,
        };
        match leaves_out(run, year, line, &mut seen) {
            None => {
                sum = add(sum, amount)?;
                counted += 1;
            }
            Some(why) => match left_out.iter_mut().find(|(known, ..)| *known == why) {
                Some((_, count, total)) => {
                    *count += 1;
                    *total = add(*total, amount)?;
                }
                None => left_out.push((why, 1, amount)),
            },
        }
    }
    for (why, count, amount) in left_out {
        let (place, words, point) = match why {
            LeftOut::Point(point) => (run.program.base.0, "不符合口径", Some(point)),
            LeftOut::Twice => (run.program.dedupe.unwrap_or(run.program.base.0), "发票号重复", None),
            LeftOut::OtherYear => (run.program.base.0, "不属于申报年度", Some(Point::FeeYear)),
            LeftOut::TooEarly => {
                (run.program.window.unwrap_or(run.program.base.0), "早于可申报的起始日", Some(Point::FirstEligibleDate))
            }
        };
        let basis = point.map(|point| run.writer.reading(point)).into_iter().collect();
        run.writer.line(place, format!("{words} {count} 行，共 {amount}"), basis, StepResult::LeftOut);
    }
    let basis = run.writer.readings(&[Point::FeeTax, Point::FeeYear]);
    run.writer.amount(run.program.base.0, format!("{year} 年封测费用 {counted} 行合计"), basis, sum);
    Ok(sum)
}

#[derive(Clone, Copy, PartialEq)]
enum LeftOut {
    Point(Point),
    Twice,
    OtherYear,
    TooEarly,
}

fn leaves_out<'a>(run: &Run<'_>, year: Year, line: &'a FeeLine, seen: &mut BTreeSet<&'a str>) -> Option<LeftOut> {
    let settings = &run.program.settings;
    if let (Some(_), Some(number)) = (run.program.dedupe, &line.number)
        && !seen.insert(number.as_ref())
    {
        return Some(LeftOut::Twice);
    }
    if let Some(point) = settings.leaves_out(line.attributes)
        && (point != Point::InvoiceSharing || run.program.dedupe.is_some())
    {
        return Some(LeftOut::Point(point));
    }
    let day = match settings.fee_year {
        FeeYear::InvoiceDate => Some(line.invoiced),
        FeeYear::PerformanceDate => line.performed,
    };
    match day {
        Some(day) if day.year() == year => {
            let early = run.program.window.is_some() && day < settings.first_eligible_date;
            early.then_some(LeftOut::TooEarly)
        }
        _ => Some(LeftOut::OtherYear),
    }
}

/// 企业运营费: the parts that count.
pub(crate) fn operating_cost(run: &mut Run<'_>, facts: &OperatingCost) -> Result<Money, ClaimError> {
    let place = run.program.base.0;
    let reading = run.program.settings.operating_cost;
    let mut sum = Money::ZERO;
    for (part, amount) in CostPart::ALL.into_iter().zip(facts.parts) {
        if reading.includes(part) {
            sum = add(sum, amount)?;
        } else if amount != Money::ZERO {
            let basis = vec![run.writer.reading(Point::OperatingCost)];
            run.writer.line(place, format!("{} {amount}", part.label()), basis, StepResult::LeftOut);
        }
    }
    let basis = vec![Basis::Material("专项审计报告"), run.writer.reading(Point::OperatingCost)];
    run.writer.amount(place, "计入的运营费合计".into(), basis, sum);
    Ok(sum)
}
