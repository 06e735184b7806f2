//! What is claimed: invoices, loans and costs of every claim, and which invented firm makes it.
//!
//! Claims 1–16 ask for test fees, 17–23 for loan interest, 24–26 for a platform, 27–30 are offered without being asked,
//! 49–51 ask for what districts grant; these are the year. 31 and above are on their way today. What each comes to is worked out by hand in the tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cases::support::Support;
use jiff::civil::date;
use kernel::{Date, Money, Rate, Year};
use subsidy::Claim;
use subsidy::facts::{
    AnnualRevenue, Facts, FeeAttributes, FeeLine, Investment, InvestmentProof, LoanInterest, OperatingCost,
    Recognition, TestFees,
};

use super::super::World;
use super::super::benefits::{BORROWERS, BREAKTHROUGH, Borrower, INTEREST, PLATFORM, TEST_FEE, loan};
use super::super::firms::Firm;
use super::districts::TIERS;

/// A claim's number in the story.
pub type Number = u8;

/// All claims, with those on their way today.
pub const ALL: std::ops::RangeInclusive<Number> = 1..=51;
/// For the first breakthrough in revenue; the last one passed no higher tier.
pub const BREAKTHROUGHS: [Number; 3] = [49, 50, 51];
/// Its firm belongs to another of which an expert of the panel is an officer.
pub const RELATED: Number = 4;
/// Wait for the two districts with an account.
pub const AT_DISTRICTS: [(Number, &str); 2] = [(39, "500902"), (40, "500157")];
/// Made by firms that the agent serves.
pub const BY_AGENT: [Number; 2] = [41, 47];

/// Net invoice amounts of test fees in fen: two invoices at most.
const FEES: [(Number, [i64; 2]); 38] = [
    (1, [648_000_000, 321_560_000]),
    (2, [412_680_000, 200_445_050]),
    (3, [900_000_000, 0]),
    (4, [1_130_400_000, 125_000_040]),
    (5, [777_777_770, 0]),
    (6, [506_000_000, 64_032_000]),
    (7, [399_999_999, 0]),
    (8, [1_260_000_000, 0]),
    (9, [246_801_357, 0]),
    // The second is a related party's.
    (10, [805_000_000, 100_000_000]),
    (11, [1_001_001_010, 0]),
    // The second is of December of the year before.
    (12, [660_000_000, 50_000_000]),
    (13, [1_425_000_000, 0]),
    (14, [188_888_888, 0]),
    (15, [2_050_000_000, 0]),
    (16, [314_159_265, 0]),
    (27, [2_300_000_000, 2_300_000_000]),
    (28, [999_999_999, 0]),
    (29, [543_210_987, 0]),
    (30, [321_000_000, 0]),
    (31, [400_000_000, 0]),
    (32, [654_321_098, 0]),
    (33, [275_000_000, 0]),
    (34, [820_000_020, 0]),
    (35, [555_555_555, 0]),
    (36, [330_000_000, 0]),
    (37, [700_000_000, 0]),
    (38, [909_090_909, 0]),
    (39, [480_000_000, 0]),
    (40, [362_500_000, 0]),
    (41, [298_000_000, 0]),
    (42, [615_000_000, 0]),
    (43, [730_250_000, 0]),
    (44, [1_140_000_000, 0]),
    (45, [266_660_000, 0]),
    (46, [505_050_505, 0]),
    (47, [384_000_000, 0]),
    (48, [612_000_000, 0]),
];

/// Two more borrowers; the first five are those of the year before.
const MORE_BORROWERS: [(Number, Borrower); 2] = [
    (22, Borrower { paid_in: 53_000_000_000, principal: 15_000_000_000, ..BORROWERS[0] }),
    (23, Borrower { paid_in: 74_500_000_000, principal: 6_600_000_000, ..BORROWERS[1] }),
];

/// Operating cost in fen, in the order of the parts: 人工、水电气、材料、维修、房租、折旧、已由其他财政资金承担、其他.
const COSTS: [(Number, [i64; 8]); 3] = [
    (24, [900_000_000, 320_000_000, 280_000_000, 250_000_000, 200_000_000, 600_000_000, 150_000_000, 50_000_000]),
    (25, [612_345_600, 241_000_000, 187_654_400, 120_000_000, 150_000_000, 480_000_000, 0, 46_924_680]),
    (26, [2_210_000_000, 940_000_000, 810_000_000, 560_000_000, 500_000_000, 1_450_000_000, 260_000_000, 180_000_000]),
];

/// Which firm makes which claim; `None` where the city has too few.
pub fn claimants(world: &World, today: Date) -> Option<BTreeMap<Number, &Firm>> {
    let packaging: Vec<(usize, &Firm)> =
        world.firms.iter().enumerate().filter(|(_, firm)| firm.scope.is_some() && !firm.newcomer).collect();
    // The last two are renamed and at a standstill.
    let packaging = packaging.get(..packaging.len().checked_sub(2)?)?;
    let mut found: BTreeMap<Number, &Firm> = BTreeMap::new();
    found.extend((17..=21).zip(packaging.iter().map(|(_, firm)| *firm)));
    let served = packaging.iter().filter(|(index, _)| (2..=4).contains(index)).map(|(_, firm)| *firm);
    found.extend(BY_AGENT.into_iter().zip(served));
    let platforms: Vec<&Firm> = world.platforms().collect();
    found.extend((24..=26).zip(platforms.iter().copied()));
    let mut pool: Vec<(usize, &Firm)> = packaging.get(5..)?.to_vec();
    // A platform's claim needs all three experts.
    let is_platform = |firm: &Firm| platforms.iter().any(|platform| platform.code == firm.code);
    pool.retain(|(_, firm)| !is_platform(firm));
    let owned = |(index, firm): &(usize, &Firm)| {
        parent_of(world, *index)
            .is_some_and(|parent| parent.registered_on <= firm.registered_on && !is_platform(parent))
    };
    let at = pool.iter().position(owned)?;
    let (index, related) = pool.remove(at);
    found.insert(RELATED, related);
    let parent = parent_of(world, index)?;
    pool.retain(|(_, firm)| firm.code != parent.code);
    for (number, district) in AT_DISTRICTS {
        let here = |(_, firm): &(usize, &Firm)| {
            world.in_charge(&firm.site, today).is_some_and(|code| code.to_string() == district)
        };
        let at = pool.iter().rposition(here)?;
        found.insert(number, pool.remove(at).1);
    }
    let mut rest = pool.into_iter().map(|(_, firm)| firm);
    for number in ALL.filter(|number| !BREAKTHROUGHS.contains(number)) {
        if let std::collections::btree_map::Entry::Vacant(vacant) = found.entry(number) {
            vacant.insert(rest.next()?);
        }
    }
    let mut broke_through = packaging.iter().filter(|(_, firm)| tiers_of(firm).0 > tiers_of(firm).1);
    let two = broke_through.next().zip(broke_through.next());
    let grown = packaging.iter().find(|(_, firm)| tiers_of(firm).0 == tiers_of(firm).1 && tiers_of(firm).0 > 0);
    if let Some(((one, other), grown)) = two.zip(grown) {
        found.extend(BREAKTHROUGHS.into_iter().zip([one.1, other.1, grown.1]));
    }
    Some(found)
}

/// How many tiers a firm's revenue passed in 2025, and at most before.
fn tiers_of(firm: &Firm) -> (usize, usize) {
    let passed = |revenue: Money| TIERS.iter().filter(|(over, _)| revenue > Money::from_yuan(*over)).count();
    let AnnualRevenue { revenue, highest_before } = revenue(firm);
    (passed(revenue), passed(highest_before))
}

/// What a firm turned over in 2025, and at most before.
pub fn revenue(firm: &Firm) -> AnnualRevenue {
    let of = |years: &mut dyn Iterator<Item = Money>| years.max().unwrap_or_default();
    let all = || firm.years.iter().map(|(year, figures)| (*year, figures.revenue));
    AnnualRevenue {
        revenue: of(&mut all().filter(|(year, _)| *year == 2025).map(|(_, revenue)| revenue)),
        highest_before: of(&mut all().filter(|(year, _)| *year < 2025).map(|(_, revenue)| revenue)),
    }
}

/// The firm that owns 60 % of every sixth: as the enterprise files have it.
pub fn parent_of(world: &World, index: usize) -> Option<&Firm> {
    (index % 6 == 5).then(|| index.checked_sub(3)).flatten().and_then(|at| world.firms.get(at))
}

/// An invoice of a claim: number, net amount, day, and whether it counts for nothing.
pub struct Invoice {
    /// Twenty digits, as electronic invoices have.
    pub number: String,
    /// Without tax.
    pub net: Money,
    /// Value-added tax at 6 %.
    pub tax: Money,
    /// When it was issued.
    pub on: Date,
    /// From a related party.
    related: bool,
}

/// The invoices behind a claim for test fees.
pub fn invoices(number: Number, year: Year) -> Vec<Invoice> {
    let amounts = FEES.iter().find(|(of, _)| *of == number).map_or([0, 0], |(_, amounts)| *amounts);
    let amounts = amounts.into_iter().enumerate().filter(|(_, fen)| *fen > 0);
    let one = |(nth, fen): (usize, i64)| Invoice {
        number: format!("{:02}509{number:010}{:05}", year % 100, nth + 1),
        net: Money::from_fen(fen),
        tax: Money::from_fen((fen * 6 + 50) / 100),
        on: match (number, nth) {
            (12, 1) => date(year - 1, 12, 26),
            (_, 0) => date(year, 3, 18),
            _ => date(year, 7, 22),
        },
        related: (number, nth) == (10, 1),
    };
    amounts.map(one).collect()
}

/// Whom the invoices are for: a firm that claims nothing, for it makes materials or equipment.
pub fn customer(world: &World) -> Option<&Firm> {
    world.firms.iter().find(|firm| firm.scope.is_none())
}

/// What a claim states. `proof` is how a borrower's investment is proven, where it is not as it was at first.
pub fn claim(
    world: &World,
    (number, firm): (Number, &Firm),
    year: Year,
    proof: Option<InvestmentProof>,
) -> Option<(Claim, BTreeSet<Support>)> {
    let (benefit, facts, supports) = match number {
        17..=23 => {
            let borrower = borrower(number)?;
            let proof = proof.unwrap_or(borrower.proof);
            (INTEREST, interest(&borrower, year, proof), BTreeSet::from([Support::Loan(contract(number))]))
        }
        24..=26 => (PLATFORM, cost(number)?, BTreeSet::new()),
        49..=51 => (BREAKTHROUGH, Facts::AnnualRevenue(revenue(firm)), BTreeSet::new()),
        _ => {
            let invoices = invoices(number, year);
            let supports = invoices.iter().map(|invoice| Support::Invoice(invoice.number.clone())).collect();
            (TEST_FEE, fees(world, invoices), supports)
        }
    };
    let benefit = benefit.parse().ok()?;
    let claim = Claim {
        benefit,
        year,
        project: None,
        packaging_test_firm: true,
        score: None,
        verified: None,
        district: None,
        facts,
    };
    Some((claim, supports))
}

/// Of a claim for interest.
pub fn contract(number: Number) -> String {
    format!("示例银行 示例贷字〔2023〕{number:03}号")
}

/// Who borrowed how much.
pub fn borrower(number: Number) -> Option<Borrower> {
    let of_last_year = number.checked_sub(17).and_then(|nth| BORROWERS.get(usize::from(nth)));
    of_last_year.copied().or_else(|| MORE_BORROWERS.iter().find(|(of, _)| *of == number).map(|(_, borrower)| *borrower))
}

fn interest(borrower: &Borrower, year: Year, proof: InvestmentProof) -> Facts {
    let investment = Investment {
        paid_in: Money::from_fen(borrower.paid_in),
        proven_on: date(year, 11, 30),
        proof,
        progress: Rate::from_parts_per_million(850_000),
    };
    Facts::LoanInterest(LoanInterest { investment, planned: None, loans: vec![loan(borrower, year)] })
}

fn cost(number: Number) -> Option<Facts> {
    let parts = COSTS.iter().find(|(of, _)| *of == number)?.1.map(Money::from_fen);
    let recognition = Recognition { from: date(2024, 1, 1), until: date(2027, 12, 31), checked: true };
    Some(Facts::OperatingCost(OperatingCost { public_service: true, recognition: Some(recognition), parts }))
}

fn fees(world: &World, invoices: Vec<Invoice>) -> Facts {
    let line = |invoice: Invoice| FeeLine {
        number: Some(Arc::from(invoice.number)),
        customer: customer(world).map(|firm| Box::new(firm.code)),
        net: invoice.net,
        tax: invoice.tax,
        invoiced: invoice.on,
        performed: Some(invoice.on),
        attributes: FeeAttributes {
            related: invoice.related,
            in_city: true,
            design_firm: false,
            open_capacity: true,
            supports_platform: false,
        },
    };
    Facts::TestFees(TestFees { opens_capacity: true, lines: invoices.into_iter().map(line).collect() })
}
