//! Clauses in words: what each operator asks for, with which value, and the formula they make together.

use kernel::{Money, Rate};
use subsidy::account::{CapPeriod, CapScope};
use subsidy::clause::{Band, Base, Clause, Measure, Operator, Requirement};
use subsidy::facts::EntryPart;
use subsidy::parties::parties;
use subsidy::settings::{AwardReading, Breakthrough, CostReading, FeeTax, InterestBase, Settings, Threshold};
use subsidy::{Grant, ParameterSet, Point};

/// Class that colours a term of the sentence by what it is: condition, base, share, cap. None for what must be so.
pub const fn class(operator: &Operator) -> &'static str {
    match operator {
        Operator::AtLeast(..) | Operator::MoreThan(..) => "term-1",
        Operator::Base(_) => "term-2",
        Operator::Rate(_) | Operator::Discretionary | Operator::Tier(_) => "term-3",
        Operator::Cap(..) | Operator::District => "term-4",
        _ => "",
    }
}

/// What kind of demand it is.
pub const fn kind(operator: &Operator) -> &'static str {
    match operator {
        Operator::AtLeast(..) | Operator::MoreThan(..) | Operator::Require(_) => "条件",
        Operator::Base(_) => "基数",
        Operator::Rate(_) => "比例",
        Operator::Discretionary => "裁量",
        Operator::Cap(..) => "上限",
        Operator::FloorExclude => "起付额",
        Operator::Prorate => "按天折算",
        Operator::Window => "可申报期间",
        Operator::Dedupe => "不重复计",
        Operator::Tier(_) => "分档",
        Operator::Payer => "拨付",
        Operator::District => "区县定额",
    }
}

/// What it asks for, with its value, under the readings of the day.
pub fn meaning(operator: &Operator, points: &[Point], settings: &Settings) -> String {
    match operator {
        Operator::AtLeast(measure, value) => {
            let excludes =
                points.contains(&Point::ThresholdInclusive) && settings.threshold_inclusive == Threshold::Exclusive;
            let sign = if excludes { ">" } else { "≥" };
            let progress = points.contains(&Point::InvestmentProgress);
            let progress = progress.then(|| format!("，建设进度 ≥ {}", settings.investment_progress));
            format!("{} {sign} {value} 元{}", measured(*measure), progress.unwrap_or_default())
        }
        Operator::MoreThan(measure, value) => format!("{} > {value} 元", measured(*measure)),
        Operator::Require(requirement) => required(*requirement).to_owned(),
        Operator::Base(base) => base_words(*base, settings),
        Operator::Rate(rate) => format!("基数的 {rate}"),
        Operator::Discretionary => "原文的比例是上限，实际比例由得分决定".to_owned(),
        Operator::Cap(value, scope, period) => {
            let (scope, period) = cap_reading(points, settings, (*scope, *period));
            format!("不超过 {value} 元，按{}", over(scope, period))
        }
        Operator::FloorExclude if settings.minimum_award == Money::ZERO => "不设起付额".to_owned(),
        Operator::FloorExclude => format!("低于 {} 元不予拨付", settings.minimum_award),
        Operator::Prorate => "计息期跨过起始日的，按天数折算".to_owned(),
        Operator::Window => format!("{} 起发生的才计入", settings.first_eligible_date),
        Operator::Dedupe => "同一发票号只计一次".to_owned(),
        Operator::Tier(bands) => tiers(bands),
        Operator::Payer => {
            let (payer, payee) = parties(points, settings);
            format!("由{}拨付给{}", payer.label(), payee.label())
        }
        Operator::District => "比例、额度与上限由区县细则规定，细则须经公平竞争审查".to_owned(),
    }
}

const fn measured(measure: Measure) -> &'static str {
    match measure {
        Measure::PaidInInvestment => "实际到位投资",
        Measure::ClaimedBase => "申报基数",
    }
}

const fn required(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::PackagingTestFirm => "属于集成电路封装测试类企业，以产品与业务为准",
        Requirement::OpensCapacity => "向行业企业开放产能，提供封装测试服务",
        Requirement::PublicService => "为封测企业提供芯片测试与验证等公共服务",
        Requirement::MunicipalPlatform => "市级集成电路公共服务平台",
    }
}

/// What a base is called in a formula.
pub const fn base_name(base: Base) -> &'static str {
    match base {
        Base::LoanInterest => "可计利息",
        Base::TestFees => "可计封测费用",
        Base::OperatingCost => "可计运营费",
        Base::AnnualRevenue | Base::ProjectInvestment | Base::TrainedPersons => base.label(),
        Base::EntryCost => "可计入驻费用",
    }
}

fn base_words(base: Base, settings: &Settings) -> String {
    let days = settings.day_count;
    match base {
        Base::LoanInterest => match settings.interest_base {
            InterestBase::LowerOfPaidAndBenchmark => {
                format!("逐笔取小：实付利息；本金 × 公布利率 × 天数 ÷ {days}")
            }
            InterestBase::Benchmark => format!("逐笔：本金 × 公布利率 × 天数 ÷ {days}"),
            InterestBase::Paid => "逐笔：实付利息".to_owned(),
        },
        Base::TestFees => match settings.fee_tax {
            FeeTax::Net => "当年封测费用合计，不含增值税".to_owned(),
            FeeTax::Gross => "当年封测费用合计，含增值税".to_owned(),
        },
        Base::OperatingCost => match settings.operating_cost {
            CostReading::LessDepreciationAndPublic => "当年运营费，不含折旧摊销与其他财政资金承担的支出".to_owned(),
            CostReading::LessPublic => "当年运营费，不含其他财政资金承担的支出".to_owned(),
            CostReading::All => "当年全部运营支出".to_owned(),
        },
        Base::AnnualRevenue => "申报年度经审计的营业收入".to_owned(),
        Base::ProjectInvestment => "项目备案的总投资".to_owned(),
        Base::EntryCost => format!("申报年度支付的各项费用，自入驻协议签订日起 {} 个月内", settings.entry_period),
        Base::TrainedPersons => "申报年度取得证书的培训人数、签订合同并参保的用工人数".to_owned(),
    }
}

fn tiers(bands: &[Band]) -> String {
    let band = |band: &Band| format!("{} 分起 {}", band.from.hundredths() / 100, band.rate);
    let bands: Vec<String> = bands.iter().map(band).collect();
    format!("按得分分档时：{}", bands.join("，"))
}

/// Scope and period of a cap under the readings of the day.
fn cap_reading(points: &[Point], settings: &Settings, written: (CapScope, CapPeriod)) -> (CapScope, CapPeriod) {
    if points.contains(&Point::InterestCapScope) { settings.interest_cap_scope.parts() } else { written }
}

/// What a cap counts over.
pub const fn over(scope: CapScope, period: CapPeriod) -> &'static str {
    match (scope, period) {
        (CapScope::Enterprise, CapPeriod::Lifetime) => "同一企业历年累计",
        (CapScope::Enterprise, CapPeriod::Year) => "同一企业每年",
        (CapScope::Project, CapPeriod::Lifetime) => "同一项目历年累计",
        (CapScope::Project, CapPeriod::Year) => "同一项目每年",
    }
}

/// A clause's cap under the readings of the day.
pub fn cap_of(clause: &Clause, settings: &Settings) -> Option<(Money, CapScope, CapPeriod)> {
    clause.operators().find_map(|(_, operator, points)| match operator {
        Operator::Cap(value, scope, period) => {
            let (scope, period) = cap_reading(points, settings, (*scope, *period));
            Some((*value, scope, period))
        }
        _ => None,
    })
}

/// How the award follows from the ceiling.
pub fn award_reading(clause: &Clause, settings: &Settings) -> AwardReading {
    let mut points = clause.operators().flat_map(|(_, _, points)| points.iter());
    let read = points.find_map(|point| match point {
        Point::InterestAward => Some(settings.interest_award),
        Point::PlatformPerformance => Some(settings.platform_performance),
        _ => None,
    });
    read.unwrap_or(AwardReading::AtCeiling)
}

/// The computation of what a district grants.
fn by_district(base: Base, settings: &Settings) -> Vec<String> {
    let name = base_name(base);
    let amount = match base {
        Base::AnnualRevenue => match settings.first_breakthrough {
            Breakthrough::Difference => "额度 = 首次超过的最高一档 − 以前年度已超过的一档；没有超过更高一档的为零",
            Breakthrough::Full => "额度 = 首次超过的最高一档全额；没有超过更高一档的为零",
        },
        Base::EntryCost => "额度 = 各类费用 × 细则中该类的比例，相加",
        Base::TrainedPersons => "额度 = 培训人数 × 每人金额 + 用工人数 × 每人金额",
        _ => "额度 = 细则的比例 × 项目总投资，或超过的最高一档的金额",
    };
    vec![
        format!("{name} = {}", base_words(base, settings)),
        amount.to_owned(),
        "上限余额 = 细则的上限 − 已享受".to_owned(),
        "本次测算 = 取小（额度，上限余额）".to_owned(),
    ]
}

/// What a district's set grants, one line each.
pub fn grant(set: &ParameterSet) -> Vec<String> {
    let mut lines: Vec<String> = match &set.grant {
        Grant::Share(rate) => vec![format!("按 {rate}")],
        Grant::Tiers(tiers) => tiers.iter().map(|tier| format!("超过 {} 元：{} 元", tier.over, tier.amount)).collect(),
        Grant::ByPart(rates) => EntryPart::ALL
            .iter()
            .zip(rates)
            .filter(|(_, rate)| **rate != Rate::default())
            .map(|(part, rate)| format!("{} {rate}", part.label()))
            .collect(),
        Grant::PerPerson { trained, hired } => {
            vec![format!("培训每人 {trained} 元"), format!("用工每人 {hired} 元")]
        }
    };
    lines.push(format!("不超过 {} 元，按{}", set.cap.value, over(set.cap.scope, set.cap.period)));
    lines
}

/// The computation in words, one line per step.
pub fn formula(clause: &Clause, settings: &Settings) -> Vec<String> {
    if let Some(base) = clause.base().filter(|_| clause.by_district()) {
        return by_district(base, settings);
    }
    let rate = clause.operators().find_map(|(_, operator, _)| match operator {
        Operator::Rate(rate) => Some(*rate),
        _ => None,
    });
    let (Some(base), Some(rate), Some((cap, scope, period))) = (clause.base(), rate, cap_of(clause, settings)) else {
        return Vec::new();
    };
    let name = base_name(base);
    let share = match award_reading(clause, settings) {
        AwardReading::AtCeiling => "本次测算 = 本次上限".to_owned(),
        AwardReading::ByScore => format!("本次测算 = 取小（{rate} × 得分 ÷ 100 × {name}，上限余额）"),
        AwardReading::Bands => format!("本次测算 = 取小（得分所在档的比例 × {name}，上限余额）"),
    };
    vec![
        format!("{name} = {}", base_words(base, settings)),
        format!("上限余额 = {cap} 元 − {}已享受", over(scope, period)),
        format!("本次上限 = 取小（{rate} × {name}，上限余额）"),
        share,
    ]
}
