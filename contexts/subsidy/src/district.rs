//! What a district grants, computed with words: the set, who pays, and the bases a set is applied to.

use std::collections::BTreeSet;

use kernel::{Date, Money, Year};

use crate::assess::{Failure, Run};
use crate::clause::Place;
use crate::facts::{AnnualRevenue, ClaimError, EntryCost, EntryLine, EntryPart, TrainedPersons};
use crate::interpretation::Point;
use crate::parameters::{Grant, ParameterSet, reached};
use crate::parties::Payer;
use crate::settings::Breakthrough;
use crate::trace::{Basis, StepResult};

/// The set an assessment follows, and who pays to whom: a grant out of other funds is not this plan's to make.
pub(crate) fn set_and_parties(run: &mut Run<'_>) {
    let Some(set) = &run.program.parameters else { return };
    let place = run.program.cap.place;
    let until = set.until.map_or_else(|| "起".to_owned(), |until| format!("至 {until}"));
    let basis = vec![Basis::Parameters(set.document.clone())];
    run.writer.line(place, format!("按区县细则（{} {until}）定额", set.from), basis, StepResult::Met);
    let (payer, payee, points) = run.program.parties();
    let basis = run.writer.readings(points);
    let step = format!("由{}拨付给{}", payer.label(), payee.label());
    let place = run.program.payer().map_or(place, |(place, _)| place);
    run.condition(place, step, basis, payer != Payer::TalentFunds, || {
        ("按现行口径由人才与就业资金列支，不从本计划资金测算，请向市人力社保局申报".to_owned(), None)
    });
}

/// 年度营收, as stated.
pub(crate) fn revenue(run: &mut Run<'_>, year: Year, facts: &AnnualRevenue) -> Money {
    let basis = vec![Basis::Material("审计报告")];
    run.writer.amount(run.program.base.0, format!("{year} 年营业收入"), basis, facts.revenue);
    facts.revenue
}

/// The amount of the tier the base passes; nothing, with the reason, where it passes none anew. Other grants keep the
/// base.
pub(crate) fn granted(run: &mut Run<'_>, before: Option<Money>, base: Money) -> Money {
    let Some(set) = run.program.parameters.clone() else { return base };
    let Grant::Tiers(tiers) = &set.grant else { return base };
    let place = run.program.cap.place;
    let earlier = before.and_then(|before| reached(tiers, before));
    let now = reached(tiers, base).filter(|(tier, _)| earlier.is_none_or(|(earlier, _)| *tier > earlier));
    let Some((_, tier)) = now else {
        let reason = match before {
            Some(before) => format!("营业收入 {base} 元，没有首次突破更高一档（以前年度最高 {before} 元）"),
            None => format!("{base} 元，没有达到最低一档"),
        };
        run.writer.line(place, reason.clone(), document(&set), StepResult::NotMet);
        run.failed.push(Failure { place, reason, earliest: None });
        return Money::ZERO;
    };
    let step = format!("{base} > {}，该档", tier.over);
    run.writer.amount(place, step, document(&set), tier.amount);
    let (Some(before), Some((_, earlier))) = (before, earlier) else { return tier.amount };
    let basis = vec![run.writer.reading(Point::FirstBreakthrough)];
    if run.program.settings.first_breakthrough == Breakthrough::Full {
        run.writer.amount(place, format!("以前年度最高 {before}，新突破的一档全额"), basis, tier.amount);
        return tier.amount;
    }
    let difference = tier.amount - earlier.amount;
    let step = format!("以前年度最高 {before}，补差 {} − {}", tier.amount, earlier.amount);
    run.writer.amount(place, step, basis, difference);
    difference
}

fn document(set: &ParameterSet) -> Vec<Basis> {
    vec![Basis::Parameters(set.document.clone())]
}

/// 入驻费用: each part that counts at the district's share of it.
pub(crate) fn entry_cost(run: &mut Run<'_>, year: Year, facts: &EntryCost) -> Result<Money, ClaimError> {
    let Some(set) = run.program.parameters.clone() else { return Err(ClaimError::NoParameters) };
    let Grant::ByPart(rates) = &set.grant else { return Err(ClaimError::NoParameters) };
    let mut sums = [Money::ZERO; EntryPart::ALL.len()];
    let mut seen = BTreeSet::new();
    let mut left_out: Vec<(LeftOut, usize, Money)> = Vec::new();
    for line in &facts.lines {
        let total = match leaves_out(run, year, facts.entered, line, &mut seen) {
            None => &mut sums[line.part as usize],
            Some(why) => match left_out.iter().position(|(known, ..)| *known == why) {
                Some(known) => {
                    left_out[known].1 += 1;
                    &mut left_out[known].2
                }
                None => {
                    left_out.push((why, 1, Money::ZERO));
                    let last = left_out.len() - 1;
                    &mut left_out[last].2
                }
            },
        };
        *total = total.checked_add(line.amount).ok_or(ClaimError::Overflow)?;
    }
    for (why, lines, amount) in left_out {
        let (place, words, point) = why.words(run);
        let basis = point.map(|point| run.writer.reading(point)).into_iter().collect();
        run.writer.line(place, format!("{words} {lines} 行，共 {amount}"), basis, StepResult::LeftOut);
    }
    let mut granted = Money::ZERO;
    for ((part, sum), rate) in EntryPart::ALL.into_iter().zip(sums).zip(rates) {
        let sum = Money::from_fen(sum.fen().max(0));
        if sum == Money::ZERO {
            continue;
        }
        let share = rate.of(sum, run.program.settings.rounding).ok_or(ClaimError::Overflow)?;
        run.writer.amount(run.program.cap.place, format!("{} {sum} × {rate}", part.label()), document(&set), share);
        granted = granted.checked_add(share).ok_or(ClaimError::Overflow)?;
    }
    run.writer.amount(run.program.base.0, "入驻费用按比例合计".into(), Vec::new(), granted);
    Ok(granted)
}

#[derive(Clone, Copy, PartialEq)]
enum LeftOut {
    Twice,
    OtherYear,
    TooEarly,
    OutsidePeriod,
}

impl LeftOut {
    fn words(self, run: &Run<'_>) -> (Place, &'static str, Option<Point>) {
        let (place, program) = (run.program.base.0, run.program);
        match self {
            Self::Twice => (program.dedupe.unwrap_or(place), "发票号重复", None),
            Self::OtherYear => (place, "不属于申报年度", None),
            Self::TooEarly => (program.window.unwrap_or(place), "早于可申报的起始日", Some(Point::FirstEligibleDate)),
            Self::OutsidePeriod => (place, "不在入驻后的支持期内", Some(Point::EntryPeriod)),
        }
    }
}

fn leaves_out<'a>(
    run: &Run<'_>,
    year: Year,
    entered: Date,
    line: &'a EntryLine,
    seen: &mut BTreeSet<&'a str>,
) -> Option<LeftOut> {
    let (program, settings) = (run.program, &run.program.settings);
    if let (Some(_), Some(number)) = (program.dedupe, &line.number)
        && !seen.insert(number.as_ref())
    {
        Some(LeftOut::Twice)
    } else if line.paid.year() != year {
        Some(LeftOut::OtherYear)
    } else if program.window.is_some() && line.paid < settings.first_eligible_date {
        Some(LeftOut::TooEarly)
    } else if line.paid < entered || after_months(entered, settings.entry_period, line.paid) {
        Some(LeftOut::OutsidePeriod)
    } else {
        None
    }
}

/// Whether a day is after the last day of so many months from another: the day of the same number, or the last of the
/// month where there is none (民法典第二百零二条).
fn after_months(from: Date, months: i32, day: Date) -> bool {
    let month = |day: Date| i32::from(day.year()) * 12 + i32::from(day.month());
    (month(day), day.day()) > (month(from) + months, from.day())
}

/// 培训与用工: so much for each person.
pub(crate) fn persons(run: &mut Run<'_>, facts: &TrainedPersons) -> Result<Money, ClaimError> {
    let Some(set) = run.program.parameters.clone() else { return Err(ClaimError::NoParameters) };
    let Grant::PerPerson { trained, hired } = &set.grant else { return Err(ClaimError::NoParameters) };
    let mut sum = Money::ZERO;
    for (words, count, each) in [("培训", facts.trained, *trained), ("用工", facts.hired, *hired)] {
        if count == 0 || each == Money::ZERO {
            continue;
        }
        let amount = each.times_ratio(i64::from(count), 1, run.program.settings.rounding);
        let amount = amount.ok_or(ClaimError::Overflow)?;
        run.writer.amount(run.program.cap.place, format!("{words} {count} 人 × {each}"), document(&set), amount);
        sum = sum.checked_add(amount).ok_or(ClaimError::Overflow)?;
    }
    run.writer.amount(run.program.base.0, "按人数合计".into(), vec![Basis::Material("名册与证书、劳动合同")], sum);
    Ok(sum)
}
