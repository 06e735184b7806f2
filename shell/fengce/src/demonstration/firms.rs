//! The invented firms and their economy: who they are and what they earned, before anything is recorded.

use std::collections::{BTreeMap, BTreeSet};

use enterprise::{Figures, FirmType, LegalForm, Site};
use jiff::civil::date;
use kernel::{CreditCode, Date, DivisionCode, Money, Year};

use super::cast::{BRANCHES, STEMS};
use super::generator::Generator;

/// One invented firm.
#[derive(Clone, Debug)]
pub struct Firm {
    /// Valid, and impossible as a real one: its organisation part begins with four zeros.
    pub code: CreditCode,
    /// Holds 示例.
    pub name: String,
    /// In law.
    pub legal_form: LegalForm,
    /// Founded on.
    pub registered_on: Date,
    /// Where it stands.
    pub site: Site,
    /// Whether it packages or tests: industry code and products.
    pub scope: Option<(&'static str, &'static str)>,
    /// Kinds of firm.
    pub types: BTreeSet<FirmType>,
    /// Chain nodes.
    pub segments: BTreeSet<String>,
    /// Came after the baseline day.
    pub newcomer: bool,
    /// Year by year, only years in which it existed.
    pub years: BTreeMap<Year, Figures>,
}

/// The last day before the plan's newcomers count.
pub const BASELINE: Date = date(2023, 12, 31);
/// The first year filed for.
pub const FIRST_YEAR: Year = 2021;
/// Contract packaging-and-test revenue of the invented city by year, in 万元: about 160 亿元 in 2025.
const TOTALS: [(Year, i64); 5] =
    [(2021, 984_000), (2022, 1_087_000), (2023, 1_231_000), (2024, 1_402_000), (2025, 1_603_000)];
/// Growth after the last of [`TOTALS`].
const LATER_GROWTH: f64 = 1.12;

/// A kind of firm: share of all, word in its name, types, segments, what it makes, industry, and its usual size.
struct Trade {
    weight: i64,
    word: &'static str,
    types: &'static [FirmType],
    segments: &'static [&'static str],
    products: &'static str,
    industry: &'static str,
    packages: bool,
    /// Median revenue in 万元.
    median: f64,
}

const TRADES: [Trade; 10] = [
    Trade {
        weight: 5,
        word: "封测控股",
        types: &[FirmType::Headquarters, FirmType::Osat],
        segments: &["pkg-qfn", "pkg-wb-bga", "pkg-fc", "test-ft"],
        products: "引线键合与倒装封装、成品测试，面向汽车电子与终端",
        industry: "3973",
        packages: true,
        median: 62_000.0,
    },
    Trade {
        weight: 16,
        word: "半导体封装",
        types: &[FirmType::Osat],
        segments: &["pkg-sot", "pkg-qfp", "pkg-qfn"],
        products: "SOT、QFP、QFN 封装代工",
        industry: "3973",
        packages: true,
        median: 16_000.0,
    },
    Trade {
        weight: 14,
        word: "功率器件",
        types: &[FirmType::Speciality, FirmType::Osat],
        segments: &["pkg-power", "pkg-auto"],
        products: "功率器件与模块封装（铜夹、烧结银），车规级",
        industry: "3972",
        packages: true,
        median: 15_000.0,
    },
    Trade {
        weight: 6,
        word: "微系统",
        types: &[FirmType::Speciality],
        segments: &["pkg-mems", "pkg-compound"],
        products: "MEMS 空腔封装与射频模组封装",
        industry: "3973",
        packages: true,
        median: 8_000.0,
    },
    Trade {
        weight: 4,
        word: "光电集成",
        types: &[FirmType::Speciality, FirmType::Advanced],
        segments: &["pkg-photonic", "pkg-sip"],
        products: "硅光器件耦合封装与系统级封装",
        industry: "3973",
        packages: true,
        median: 9_000.0,
    },
    Trade {
        weight: 7,
        word: "先进封装",
        types: &[FirmType::Advanced, FirmType::Osat],
        segments: &["pkg-bump", "pkg-wlcsp", "pkg-fanout"],
        products: "凸块、晶圆级与扇出型封装",
        industry: "3973",
        packages: true,
        median: 28_000.0,
    },
    Trade {
        weight: 14,
        word: "芯片测试技术",
        types: &[FirmType::IndependentTestHouse],
        segments: &["test-cp", "test-ft", "test-reliability"],
        products: "晶圆测试、成品测试与可靠性试验服务",
        industry: "7452",
        packages: true,
        median: 5_000.0,
    },
    Trade {
        weight: 6,
        word: "集成电路",
        types: &[FirmType::Idm],
        segments: &["idm", "pkg-power", "test-ft"],
        products: "自有功率与模拟产品的封装测试，部分产能对外",
        industry: "3973",
        packages: true,
        median: 40_000.0,
    },
    Trade {
        weight: 16,
        word: "电子材料",
        types: &[FirmType::Material],
        segments: &["mat-leadframe", "mat-emc", "mat-wire"],
        products: "引线框架、塑封料、键合丝",
        industry: "3985",
        packages: false,
        median: 7_000.0,
    },
    Trade {
        weight: 12,
        word: "半导体装备",
        types: &[FirmType::Equipment],
        segments: &["eq-die-bonder", "eq-handler", "eq-aoi"],
        products: "固晶、分选与外观检测设备",
        industry: "3562",
        packages: false,
        median: 4_500.0,
    },
];

/// A cluster: share of firms, district as written down, township, functional zone.
const CLUSTERS: [(i64, u32, &str, Option<u32>); 12] = [
    (24, 500_106, "西永街道", Some(500_902)),
    (18, 500_109, "水土街道", Some(500_901)),
    (14, 500_112, "玉峰山镇", None),
    (8, 500_109, "歇马街道", None),
    (6, 500_107, "含谷镇", Some(500_902)),
    (6, 500_113, "界石镇", None),
    (6, 500_118, "大安街道", None),
    (5, 500_120, "璧泉街道", None),
    (4, 500_102, "李渡街道", None),
    (4, 500_116, "双福街道", None),
    (3, 500_117, "草街街道", None),
    (2, 500_101, "高峰街道", None),
];

fn division(code: u32) -> DivisionCode {
    #[allow(clippy::expect_used, reason = "literals of this program, all used by the tests")]
    code.to_string().parse().expect("a division code")
}

/// Invents the firms: `count` in all, with their figures for every year up to `last`.
pub fn invent(seed: u64, count: usize, today: Date) -> Vec<Firm> {
    let mut generator = Generator::of_part(seed, "firms");
    let newcomers = if count >= 40 { 8 } else { 2.min(count / 3) };
    let mut firms: Vec<(Firm, f64)> =
        (0..count).map(|index| invent_one(&mut generator, index, count - newcomers)).collect();
    for year in FIRST_YEAR..today.year() {
        let drawn: Vec<f64> = firms.iter().map(|(firm, size)| draw_year(&mut generator, firm, *size, year)).collect();
        settle_year(&mut generator, &mut firms, &drawn, year, count);
    }
    let mut firms: Vec<Firm> = firms.into_iter().map(|(firm, _)| firm).collect();
    firms.retain(|firm| firm.registered_on < today);
    firms
}

/// The firm and its usual revenue in 万元.
fn invent_one(generator: &mut Generator, index: usize, established: usize) -> (Firm, f64) {
    let newcomer = index >= established;
    let weights: Vec<i64> = TRADES.iter().map(|trade| trade.weight).collect();
    // The first firms and all newcomers package or test; the first newcomer is the large one.
    let trade = match (index, newcomer) {
        (0, _) => &TRADES[1],
        (_, true) if index == established => &TRADES[5],
        (_, true) => &TRADES[1 + generator.weighted(&weights[1..7])],
        _ => &TRADES[generator.weighted(&weights)],
    };
    let shares: Vec<i64> = CLUSTERS.iter().map(|cluster| cluster.0).collect();
    let cluster = if index == 0 {
        0
    } else if index == 1 {
        1
    } else {
        generator.weighted(&shares)
    };
    let (_, district, township, zone) = CLUSTERS[cluster];
    let site = Site { district: division(district), township: township.to_owned(), zone: zone.map(division) };
    let registered_on = if newcomer { newcomer_day(index - established) } else { old_day(generator) };
    let legal_form = match generator.between(1, 100) {
        1..=62 => LegalForm::LimitedLiability,
        63..=80 => LegalForm::JointStock,
        81..=88 => LegalForm::StateOwned,
        _ => LegalForm::ForeignInvested,
    };
    let suffix = if legal_form == LegalForm::JointStock { "股份有限公司" } else { "有限公司" };
    let number = format!("{}{}", STEMS[index % 10], BRANCHES[index % 12]);
    let round = ["", "二", "三", "四"][(index / 60).min(3)];
    let first_17 = {
        let organisation = format!("0000{:04}", index + 1);
        format!("91{district}{organisation}{}", CreditCode::organisation_check(&organisation))
    };
    #[allow(clippy::expect_used, reason = "seventeen characters of the alphabet, all used by the tests")]
    let code = CreditCode::complete(&first_17).expect("a credit code");
    let size = match (newcomer, index == established) {
        (true, true) => 110_000.0,
        (true, false) => (trade.median * 0.5).min(9_000.0) * (0.5 * generator.normal()).exp(),
        _ => trade.median * (0.75 * generator.normal()).exp(),
    };
    let firm = Firm {
        code,
        name: format!("重庆示例{number}{round}{}{suffix}", trade.word),
        legal_form,
        registered_on,
        site,
        scope: trade.packages.then_some((trade.industry, trade.products)),
        types: trade.types.iter().copied().collect(),
        segments: trade.segments.iter().map(|segment| (*segment).to_owned()).collect(),
        newcomer,
        years: BTreeMap::new(),
    };
    (firm, size)
}

/// Between 2005 and 2020: every established firm has filed since [`FIRST_YEAR`].
fn old_day(generator: &mut Generator) -> Date {
    let (year, month, day) = (generator.between(2005, 2020), generator.between(1, 12), generator.between(1, 28));
    date(i16::try_from(year).unwrap_or(2015), i8::try_from(month).unwrap_or(6), i8::try_from(day).unwrap_or(15))
}

/// About three a year from early 2024 on.
fn newcomer_day(nth: usize) -> Date {
    const DAYS: [Date; 8] = [
        date(2024, 2, 26),
        date(2024, 5, 14),
        date(2024, 9, 9),
        date(2025, 1, 16),
        date(2025, 4, 22),
        date(2025, 8, 11),
        date(2025, 12, 3),
        date(2026, 5, 19),
    ];
    DAYS[nth.min(7)]
}

/// Contract packaging revenue, or revenue of a supplier, in 万元 before the year's total is settled; 0 when it did not exist.
fn draw_year(generator: &mut Generator, firm: &Firm, size: f64, year: Year) -> f64 {
    let noise = (0.10 * generator.normal()).exp();
    if year < firm.registered_on.year() {
        return 0.0;
    }
    let age = f64::from(year - firm.registered_on.year());
    // A newcomer needs two years to fill its lines.
    let ramp = if firm.newcomer { (0.22 + 0.39 * age).min(1.0) } else { 1.0 };
    size * ramp * noise
}

/// Scales the year to the city's total and draws what else is filed.
fn settle_year(generator: &mut Generator, firms: &mut [(Firm, f64)], drawn: &[f64], year: Year, count: usize) {
    let counted = firms.iter().zip(drawn).filter(|((firm, _), _)| firm.scope.is_some() && !firm.newcomer);
    let sum: f64 = counted.map(|(_, amount)| amount).sum();
    let fresh = firms.iter().zip(drawn).filter(|((firm, _), _)| firm.scope.is_some() && firm.newcomer);
    let fresh: f64 = fresh.map(|(_, amount)| amount).sum();
    let total = total_of(year) * if count >= 40 { 1.0 } else { count as f64 / 120.0 };
    let scale = if sum > 0.0 { ((total - fresh).max(0.0)) / sum } else { 1.0 };
    for ((firm, _), amount) in firms.iter_mut().zip(drawn) {
        if *amount <= 0.0 {
            continue;
        }
        let scaled = if firm.newcomer { *amount } else { amount * scale };
        firm.years.insert(year, figures(generator, firm, scaled, year));
    }
}

/// In 万元.
fn total_of(year: Year) -> f64 {
    let known = TOTALS.iter().find(|(known, _)| *known == year);
    match (known, TOTALS.last()) {
        (Some((_, total)), _) => *total as f64,
        (None, Some((last, total))) => *total as f64 * LATER_GROWTH.powi(i32::from(year - last)),
        (None, None) => 0.0,
    }
}

fn figures(generator: &mut Generator, firm: &Firm, main: f64, _year: Year) -> Figures {
    // 万元 with two decimals: whole hundreds of yuan, as accounts of this size are filed.
    let money = |amount: f64| Money::from_fen((amount * 100.0).round() as i64 * 10_000);
    let packages = firm.scope.is_some();
    // Beside what it does for others; the goal does not count it.
    let captive_share = if firm.types.contains(&FirmType::Idm) { 0.4 + 0.4 * generator.unit() } else { 0.0 };
    let other = 0.03 + 0.09 * generator.unit();
    let research_share = 0.03 + 0.05 * generator.unit();
    let per_head = 55.0 + 40.0 * generator.unit();
    let captive = if packages { main * captive_share } else { 0.0 };
    let revenue = (main + captive) * (1.0 + other);
    let staff = (((main + captive) / per_head).round() as u32).max(12);
    Figures {
        revenue: money(revenue),
        contract: money(if packages { main } else { 0.0 }),
        captive: money(captive),
        research: money(revenue * research_share),
        assets: money(revenue * (0.9 + generator.unit())),
        staff,
        research_staff: (f64::from(staff) * (0.06 + 0.1 * generator.unit())).round() as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn firms() -> Vec<Firm> {
        invent(2023, 120, date(2026, 11, 23))
    }

    #[test]
    fn every_firm_is_recognisably_invented() {
        for firm in firms() {
            assert!(firm.name.contains("示例"), "{}", firm.name);
            assert_eq!(&firm.code.as_str()[8..12], "0000", "{}", firm.code);
            assert_eq!(firm.code.warning(), None);
        }
    }

    #[test]
    fn names_and_codes_are_unique() {
        let firms = firms();
        let names: BTreeSet<_> = firms.iter().map(|firm| firm.name.clone()).collect();
        let codes: BTreeSet<_> = firms.iter().map(|firm| firm.code).collect();
        assert_eq!((names.len(), codes.len()), (firms.len(), firms.len()));
    }

    #[test]
    fn the_city_earns_160_in_2025_and_grows_by_a_tenth_and_more() {
        let firms = firms();
        let total = |year: Year| -> f64 {
            firms.iter().filter_map(|firm| firm.years.get(&year)).map(|f| f.contract.fen() as f64 / 1e10).sum()
        };
        assert!((159.0..162.0).contains(&total(2025)), "{}", total(2025));
        for year in 2022..=2025 {
            let growth = total(year) / total(year - 1);
            assert!((1.09..1.16).contains(&growth), "{year}: {growth}");
        }
    }

    #[test]
    fn eight_newcomers_one_of_them_above_500_million() {
        let firms = firms();
        let fresh: Vec<_> = firms.iter().filter(|firm| firm.newcomer && firm.registered_on > BASELINE).collect();
        assert_eq!(fresh.len(), 8);
        let large =
            |firm: &&&Firm| firm.years.get(&2025).is_some_and(|year| year.contract > Money::from_yuan(500_000_000));
        assert_eq!(fresh.iter().filter(large).count(), 1);
    }
}
