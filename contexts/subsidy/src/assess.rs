//! One claim assessed with a trace (资金测算): what an official reads line by line.
//!
//! [`crate::bare`] computes the same amounts without words, for many claims; the two are written apart and tested to
//! agree.

use kernel::{Date, Money, Rate, Year};
use serde::{Deserialize, Serialize};

use crate::account::{Account, CapPeriod, CapScope};
use crate::benefit::BenefitId;
use crate::clause::{Base, Measure, Place, Requirement};
use crate::facts::{Claim, ClaimError, Facts, LoanInterest, OperatingCost};
use crate::interpretation::Point;
use crate::parameters::Grant;
use crate::program::{AwardRule, Cap, Program, ThresholdTest};
use crate::settings::RecognitionReading;
use crate::trace::{Basis, Trace, Writer};

/// What came out for a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// For what.
    pub benefit: BenefitId,
    /// For which year.
    pub year: Year,
    /// How much, or why not.
    pub outcome: Outcome,
    /// Step by step.
    pub trace: Trace,
}

/// How much, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All conditions are met.
    Eligible {
        /// The most the clause allows.
        ceiling: Money,
        /// What the readings and the score give; never above the ceiling.
        award: Money,
    },
    /// Some condition is not met.
    NotEligible {
        /// Each condition that is not met.
        failed: Vec<Failure>,
        /// What the award would be if every failed condition were met and nothing else changed.
        potential: Money,
    },
}

/// A condition that is not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Where it stands.
    pub place: Place,
    /// What is missing, in words.
    pub reason: String,
    /// The first day on which it could be met, where the facts tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<Date>,
}

impl Outcome {
    /// What is awarded; nothing when not eligible.
    pub const fn award(&self) -> Money {
        match self {
            Self::Eligible { award, .. } => *award,
            Self::NotEligible { .. } => Money::ZERO,
        }
    }

    /// The ceiling; nothing when not eligible.
    pub const fn ceiling(&self) -> Money {
        match self {
            Self::Eligible { ceiling, .. } => *ceiling,
            Self::NotEligible { .. } => Money::ZERO,
        }
    }

    /// The first day on which every failed condition could be met; `None` when one has no such day, or none failed.
    pub fn earliest(&self) -> Option<Date> {
        match self {
            Self::Eligible { .. } => None,
            Self::NotEligible { failed, .. } => {
                failed.iter().map(|failure| failure.earliest).collect::<Option<Vec<_>>>()?.into_iter().max()
            }
        }
    }
}

/// A step's words and its failures.
pub(crate) struct Run<'a> {
    pub program: &'a Program,
    pub writer: Writer<'a>,
    pub failed: Vec<Failure>,
}

impl Run<'_> {
    /// Records a condition; `reason` and `earliest` matter when it does not hold.
    pub(crate) fn condition(
        &mut self,
        place: Place,
        step: String,
        basis: Vec<Basis>,
        holds: bool,
        otherwise: impl FnOnce() -> (String, Option<Date>),
    ) {
        self.writer.test(place, step, basis, holds);
        if !holds {
            let (reason, earliest) = otherwise();
            self.failed.push(Failure { place, reason, earliest });
        }
    }
}

/// Assesses a claim with a trace. The account must not hold the claim's own earlier decision
/// ([`Account::without`]).
pub fn assess(program: &Program, claim: &Claim, account: &Account) -> Result<Assessment, ClaimError> {
    claim.check(program.base.1)?;
    let mut run = Run { program, writer: Writer::new(&program.settings), failed: Vec::new() };
    crate::district::set_and_parties(&mut run);
    if let (Some(test), Facts::LoanInterest(facts)) = (&program.threshold, &claim.facts)
        && test.measure == Measure::PaidInInvestment
    {
        investment(&mut run, test, facts);
    }
    for (place, requirement) in &program.requirements {
        require(&mut run, *place, *requirement, claim);
    }
    let base = base(&mut run, claim)?;
    if let Some(test) = &program.threshold
        && test.measure == Measure::ClaimedBase
    {
        let comparison = if test.inclusive { "≥" } else { ">" };
        let step = format!("{base} {comparison} {}", test.value);
        run.condition(test.place, step, Vec::new(), test.holds(base), || {
            (format!("基数 {base} 元，未达到 {} 元", test.value), None)
        });
    }
    let (ceiling, award) = amounts(&mut run, claim, account, base)?;
    let Run { mut writer, failed, .. } = run;
    let outcome = if failed.is_empty() {
        writer.amount(None, "本次上限".into(), Vec::new(), ceiling);
        writer.amount(None, "本次测算".into(), Vec::new(), award);
        let (cap, used) = (program.cap, program.used(account, claim));
        let after = format!("测算后{} {} − 已享受 {}，尚余", over(cap), cap.value, used + award);
        writer.amount(cap.place, after, Vec::new(), cap.value.saturating_less(used + award));
        Outcome::Eligible { ceiling, award }
    } else {
        writer.amount(None, format!("有 {} 项条件不符合，本次不予支持", failed.len()), Vec::new(), Money::ZERO);
        Outcome::NotEligible { failed, potential: award }
    };
    let trace = writer.trace;
    Ok(Assessment { benefit: claim.benefit.clone(), year: claim.year, outcome, trace })
}

fn investment(run: &mut Run<'_>, test: &ThresholdTest, claimed: &LoanInterest) {
    let facts = claimed.investment;
    let comparison = if test.inclusive { "≥" } else { ">" };
    let planned = claimed.planned.filter(|planned| planned.by > run.program.on);
    let step = format!("到位投资 {} {comparison} {}", facts.paid_in, test.value);
    let basis = vec![Basis::Material("投资证明"), run.writer.reading(Point::ThresholdInclusive)];
    run.condition(test.place, step, basis, test.holds(facts.paid_in), || {
        let earliest = planned.filter(|planned| test.holds(planned.paid_in)).map(|planned| planned.by);
        (format!("实际到位投资 {} 元，未达到 {} 元", facts.paid_in, test.value), earliest)
    });
    let known = facts.proven_on <= run.program.on;
    run.condition(test.place, format!("投资证明日期 {}", facts.proven_on), Vec::new(), known, || {
        (format!("投资证明日期 {} 在测算日之后", facts.proven_on), Some(facts.proven_on))
    });
    if test.proof {
        let accepted = run.program.settings.investment_proof.accepts(facts.proof);
        let basis = vec![run.writer.reading(Point::InvestmentProof)];
        run.condition(test.place, format!("证明为{}", facts.proof.label()), basis, accepted, || {
            ("到位投资须有验资报告或专项审计报告证明".to_owned(), None)
        });
    }
    if let Some(needed) = test.progress {
        let basis = vec![run.writer.reading(Point::InvestmentProgress)];
        let step = format!("建设进度 {} ≥ {needed}", facts.progress);
        run.condition(test.place, step, basis, facts.progress >= needed, || {
            let earliest = planned.filter(|planned| planned.progress >= needed).map(|planned| planned.by);
            (format!("建设进度 {}，未达到 {needed}", facts.progress), earliest)
        });
    }
}

fn require(run: &mut Run<'_>, place: Place, requirement: Requirement, claim: &Claim) {
    match (requirement, &claim.facts) {
        (Requirement::PackagingTestFirm, _) => {
            let basis = vec![Basis::Material("产品证明")];
            run.condition(place, "封装测试类企业".into(), basis, claim.packaging_test_firm, || {
                ("未证明属于集成电路封装测试类企业（以产品与业务为准，行业代码不作依据）".to_owned(), None)
            });
        }
        (Requirement::OpensCapacity, facts) => {
            let opens = matches!(facts, Facts::TestFees(fees) if fees.opens_capacity);
            run.condition(place, "为行业企业提供封装测试服务".into(), Vec::new(), opens, || {
                ("没有向行业企业开放产能".to_owned(), None)
            });
        }
        (Requirement::PublicService, facts) => {
            let serves = matches!(facts, Facts::OperatingCost(cost) if cost.public_service);
            run.condition(
                place,
                "为封测企业提供测试与验证等公共服务".into(),
                Vec::new(),
                serves,
                || ("没有为封测企业提供芯片测试与验证等公共服务".to_owned(), None),
            );
        }
        (Requirement::MunicipalPlatform, Facts::OperatingCost(cost)) => recognition(run, place, claim.year, cost),
        (Requirement::MunicipalPlatform, _) => {
            run.condition(place, "市级平台认定".into(), Vec::new(), false, || {
                ("没有市级平台认定".to_owned(), None)
            });
        }
    }
}

/// Recognition must hold on the last day of the claimed year, with that year's check passed.
fn recognition(run: &mut Run<'_>, place: Place, year: Year, cost: &OperatingCost) {
    let basis = vec![run.writer.reading(Point::PlatformRecognition)];
    if run.program.settings.platform_recognition == RecognitionReading::NotRequired {
        run.writer.test(place, "不以认定文件为前提".into(), basis, true);
        return;
    }
    let last = kernel::Period::year(year).until();
    let Some(recognition) = cost.recognition else {
        run.condition(place, "市级平台认定".into(), basis, false, || ("没有市级平台认定文件".to_owned(), None));
        return;
    };
    let holds = recognition.from <= last && last <= recognition.until;
    let step = format!("认定有效期 {} 至 {}，应含 {last}", recognition.from, recognition.until);
    run.condition(place, step, basis, holds, || {
        let earliest = (recognition.from > last).then_some(recognition.from);
        (format!("{last} 不在市级平台认定的有效期内"), earliest)
    });
    run.condition(place, format!("{year} 年度考核"), Vec::new(), recognition.checked, || {
        (format!("{year} 年度考核尚未合格"), None)
    });
}

fn base(run: &mut Run<'_>, claim: &Claim) -> Result<Money, ClaimError> {
    let place = run.program.base.0;
    let base = match &claim.facts {
        Facts::LoanInterest(facts) => crate::base::loan_interest(run, &facts.loans)?,
        Facts::TestFees(facts) => crate::base::test_fees(run, claim.year, &facts.lines)?,
        Facts::OperatingCost(facts) => crate::base::operating_cost(run, facts)?,
        Facts::AnnualRevenue(facts) => crate::district::revenue(run, claim.year, facts),
        Facts::ProjectInvestment(facts) => {
            run.writer.amount(place, "项目总投资".into(), vec![Basis::Material("项目备案与投资证明")], facts.total);
            facts.total
        }
        Facts::EntryCost(facts) => crate::district::entry_cost(run, claim.year, facts)?,
        Facts::TrainedPersons(facts) => crate::district::persons(run, facts)?,
    };
    let base = verified(run, claim, base);
    let base = match &claim.facts {
        Facts::AnnualRevenue(facts) => crate::district::granted(run, Some(facts.highest_before), base),
        _ => crate::district::granted(run, None, base),
    };
    if let (Some(window), Base::OperatingCost | Base::AnnualRevenue | Base::TrainedPersons) =
        (run.program.window, run.program.base.1)
    {
        let first = run.program.settings.first_eligible_date;
        let begins = kernel::Period::year(claim.year).from();
        let basis = vec![run.writer.reading(Point::FirstEligibleDate)];
        let name = run.program.base.1.label();
        run.condition(window, format!("费用年度 {} 起于 {begins}", claim.year), basis, begins >= first, || {
            let next = if first.day_of_year() == 1 { first } else { kernel::Period::year(first.year() + 1).from() };
            (format!("{} 年度的{name}早于可申报的起始日 {first}", claim.year), Some(next))
        });
    }
    if base.fen() <= 0 && run.failed.iter().all(|failure| failure.place != run.program.cap.place) {
        let reason = "没有可以计入的基数".to_owned();
        run.failed.push(Failure { place, reason, earliest: None });
    }
    Ok(Money::from_fen(base.fen().max(0)))
}

/// No more counts than an audit could verify.
fn verified(run: &mut Run<'_>, claim: &Claim, base: Money) -> Money {
    let Some(verified) = claim.verified else { return base };
    let counted = base.min(verified);
    let step = format!("审计审定基数 {verified}，与申报可计 {base} 取孰低");
    run.writer.amount(run.program.base.0, step, vec![Basis::Material("审计报告")], counted);
    counted
}

/// Ceiling and award: rate, cap account, floor.
fn amounts(run: &mut Run<'_>, claim: &Claim, account: &Account, base: Money) -> Result<(Money, Money), ClaimError> {
    let program = run.program;
    let rounding = program.settings.rounding;
    let share_of = |rate: Rate| rate.of(base, rounding).ok_or(ClaimError::Overflow);
    let (rate_place, rate) = program.rate;
    let at_ceiling_rate = share_of(rate)?;
    let basis = vec![run.writer.reading(Point::Rounding)];
    // An amount a district sets is no share of anything.
    if program.parameters.as_ref().is_none_or(|set| matches!(set.grant, Grant::Share(_))) {
        run.writer.amount(rate_place, format!("{rate} × {base}"), basis, at_ceiling_rate);
    }
    let at_award_rate = match award_rate(run, claim, rate) {
        Some(award_rate) if award_rate == rate => at_ceiling_rate,
        Some(award_rate) => {
            let amount = share_of(award_rate)?;
            run.writer.amount(program.award.0, format!("{award_rate} × {base}"), Vec::new(), amount);
            amount
        }
        // Without a score the potential is the ceiling.
        None => at_ceiling_rate,
    };
    let remaining = remaining(run, claim, account);
    let (ceiling, award) = (at_ceiling_rate.min(remaining), at_award_rate.min(remaining));
    if let Some((place, minimum)) = program.floor.filter(|(_, minimum)| *minimum > Money::ZERO) {
        let basis = vec![run.writer.reading(Point::MinimumAward)];
        // Per award, after the cap: the order of claims can then decide about the last one before the cap is full.
        let step = format!("本笔扣除累计上限后 {award} ≥ 起付额 {minimum}（逐笔比较，不合并）");
        run.condition(place, step, basis, award >= minimum, || {
            (format!("测算金额 {award} 元低于起付额 {minimum} 元"), None)
        });
    }
    if award == Money::ZERO && run.failed.is_empty() {
        let reason = "按得分与比例测算的金额为零".to_owned();
        run.failed.push(Failure { place: program.award.0, reason, earliest: None });
    }
    Ok((ceiling, award))
}

/// The rate the score gives; a missing score is a failed condition.
fn award_rate(run: &mut Run<'_>, claim: &Claim, ceiling: Rate) -> Option<Rate> {
    let (place, rule) = &run.program.award;
    let point = match run.program.base.1 {
        Base::LoanInterest => Point::InterestAward,
        _ => Point::PlatformPerformance,
    };
    let rate = rule.rate(ceiling, claim.score);
    if matches!(rule, AwardRule::AtCeiling) {
        return rate;
    }
    let basis = vec![run.writer.reading(point)];
    match (claim.score, rate) {
        (Some(score), Some(rate)) => {
            run.writer.test(
                *place,
                format!("得分 {score}，比例 {rate}（不超过 {ceiling}）"),
                basis,
                rate > Rate::default(),
            );
            rate.into()
        }
        _ => {
            run.condition(*place, "得分".into(), basis, false, || ("还没有评审或绩效得分".to_owned(), None));
            None
        }
    }
}

/// What a cap counts over, in words.
const fn over(cap: Cap) -> &'static str {
    match (cap.scope, cap.period) {
        (CapScope::Enterprise, CapPeriod::Lifetime) => "企业历年累计上限",
        (CapScope::Enterprise, CapPeriod::Year) => "企业年度上限",
        (CapScope::Project, CapPeriod::Lifetime) => "项目历年累计上限",
        (CapScope::Project, CapPeriod::Year) => "项目年度上限",
    }
}

/// What the cap account leaves; an exhausted one is a failed condition.
fn remaining(run: &mut Run<'_>, claim: &Claim, account: &Account) -> Money {
    let cap = run.program.cap;
    let used = run.program.used(account, claim);
    let remaining = cap.value.saturating_less(used);
    let over = over(cap);
    let entries = account.counted(cap.scope, cap.period, claim.year, claim.project.as_deref()).count();
    let basis = vec![Basis::Account { entries }];
    run.writer.amount(cap.place, format!("{over} {} − 已享受 {used}", cap.value), basis, remaining);
    if remaining == Money::ZERO {
        let earliest = (cap.period == CapPeriod::Year).then(|| kernel::Period::year(claim.year + 1).from());
        let reason = format!("{over} {} 元已用完（已享受 {used} 元）", cap.value);
        run.failed.push(Failure { place: cap.place, reason, earliest });
    }
    remaining
}
