//! The real files, worked claims, and seeded random ones. 示例数据：all figures and firms are invented.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use kernel::{Date, DivisionCode, Money, Rate};
use subsidy::account::{CapPeriod, CapScope};
use subsidy::facts::{
    AnnualRevenue, Claim, CostPart, EntryCost, EntryLine, EntryPart, Facts, FeeAttributes, FeeLine, Investment,
    InvestmentProof, Loan, LoanInterest, LoanKind, OperatingCost, PlannedInvestment, ProjectInvestment, Recognition,
    Score, TermClass, TestFees, TrainedPersons,
};
use subsidy::parameters::{Grant, ParameterSet, ParameterSets, SetCap, Tier};
use subsidy::{Account, BenefitId, Overrides, Program, Rulebook};

macro_rules! plan_file {
    ($name:literal) => {
        ($name.to_owned(), include_str!(concat!("../../../../plans/chongqing-2023/", $name)).to_owned())
    };
}

pub const RATES: &str = include_str!("../../../../catalog/rates.toml");

pub fn files() -> BTreeMap<String, String> {
    [
        plan_file!("benefits/interest.toml"),
        plan_file!("benefits/test-fee.toml"),
        plan_file!("benefits/platform.toml"),
        plan_file!("benefits/breakthrough.toml"),
        plan_file!("benefits/complex.toml"),
        plan_file!("benefits/park.toml"),
        plan_file!("benefits/talent.toml"),
        plan_file!("interpretations.toml"),
    ]
    .into()
}

pub fn rulebook() -> &'static Rulebook {
    static RULEBOOK: OnceLock<Rulebook> = OnceLock::new();
    RULEBOOK.get_or_init(|| {
        let plan = Rulebook::parse(&files(), "rates.toml", RATES).unwrap_or_else(|findings| {
            panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
        Rulebook { parameters: Arc::new(sets()), ..plan }
    })
}

/// The district of every claim a district sets the amount of.
pub fn district() -> DivisionCode {
    "500118".parse().unwrap()
}

/// What the district grants under one benefit. 示例数据.
pub fn set(key: &str) -> ParameterSet {
    let tier = |over, amount| Tier { over: yuan(over), amount: yuan(amount) };
    let share = |percent: i64| Rate::from_parts_per_million(percent * 10_000);
    let cap = |value, scope, period| SetCap { value: yuan(value), scope, period };
    let (grant, cap) = match key {
        "breakthrough" => {
            let tiers = vec![tier(100_000_000, 500_000), tier(500_000_000, 2_000_000), tier(1_000_000_000, 5_000_000)];
            (Grant::Tiers(tiers), cap(5_000_000, CapScope::Enterprise, CapPeriod::Lifetime))
        }
        "complex" => (Grant::Share(share(10)), cap(30_000_000, CapScope::Project, CapPeriod::Lifetime)),
        "park" => {
            (Grant::ByPart([50, 10, 20, 30, 0].map(share)), cap(2_000_000, CapScope::Enterprise, CapPeriod::Year))
        }
        _ => {
            let grant = Grant::PerPerson { trained: yuan(2_000), hired: yuan(1_500) };
            (grant, cap(1_000_000, CapScope::Enterprise, CapPeriod::Year))
        }
    };
    let document = format!("示例区〔2024〕{} 号（示例数据）", key.len()).into();
    ParameterSet {
        benefit: benefit(key),
        district: district(),
        document,
        from: day("2024-01-01"),
        until: None,
        grant,
        cap,
    }
}

pub const BY_DISTRICT: [&str; 4] = ["breakthrough", "complex", "park", "talent"];

fn sets() -> ParameterSets {
    let mut sets = ParameterSets::default();
    BY_DISTRICT.into_iter().for_each(|key| sets.put(Arc::new(set(key))));
    sets
}

pub fn benefit(key: &str) -> BenefitId {
    key.parse().unwrap()
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn yuan(amount: i64) -> Money {
    Money::from_yuan(amount)
}

/// Programs on 2026-06-30 in the sample district, with other readings where given. Talent is paid out of this plan's
/// money unless another reading is given: otherwise there would be nothing to compute.
pub fn programs(overrides: &[(&str, &str)]) -> BTreeMap<BenefitId, Program> {
    let overrides: Overrides = [("talent-fund", "plan-budget")]
        .iter()
        .chain(overrides)
        .map(|(point, option)| (serde_json::from_str(&format!("\"{point}\"")).unwrap(), Arc::from(*option)))
        .collect();
    let (rulebook, on) = (rulebook(), day("2026-06-30"));
    let mut programs = rulebook.programs(on, &overrides).unwrap();
    for key in BY_DISTRICT {
        let facts = Facts::ProjectInvestment(ProjectInvestment { total: Money::ZERO });
        programs.insert(benefit(key), rulebook.program_for(&claim(key, 2025, facts), on, &overrides).unwrap());
    }
    programs
}

pub fn claim(key: &str, year: i16, facts: Facts) -> Claim {
    let district = BY_DISTRICT.contains(&key).then(district);
    let (benefit, packaging_test_firm, score, verified) = (benefit(key), true, None, None);
    Claim { benefit, year, project: None, packaging_test_firm, score, verified, district, facts }
}

/// 3亿元 over five years, for the 365 days of 2025, paid above the benchmark.
pub fn worked_loan() -> Loan {
    Loan {
        principal: yuan(300_000_000),
        paid: yuan(15_000_000),
        disbursed: day("2024-03-01"),
        from: day("2025-01-01"),
        until: day("2026-01-01"),
        term: TermClass::OverFiveYears,
        kind: LoanKind::Bank,
    }
}

pub fn interest(year: i16, loans: Vec<Loan>) -> Claim {
    let investment = Investment {
        paid_in: yuan(680_000_000),
        proven_on: day("2025-11-30"),
        proof: InvestmentProof::SpecialAudit,
        progress: "100%".parse().unwrap(),
    };
    claim("interest", year, Facts::LoanInterest(LoanInterest { investment, planned: None, loans }))
}

pub const ORDINARY: FeeAttributes =
    FeeAttributes { related: false, in_city: true, design_firm: true, open_capacity: true, supports_platform: false };

pub fn fee(number: Option<&str>, net: Money, on: &str) -> FeeLine {
    let tax = Rate::from_parts_per_million(60_000).of(net, kernel::money::Rounding::HalfUp).unwrap();
    FeeLine {
        number: number.map(Into::into),
        customer: None,
        net,
        tax,
        invoiced: day(on),
        performed: None,
        attributes: ORDINARY,
    }
}

pub fn test_fees(year: i16, lines: Vec<FeeLine>) -> Claim {
    claim("test-fee", year, Facts::TestFees(TestFees { opens_capacity: true, lines }))
}

pub fn platform(year: i16, parts: [Money; CostPart::ALL.len()], score: u16) -> Claim {
    let recognition = Some(Recognition { from: day("2024-05-01"), until: day("2027-04-30"), checked: true });
    let facts = Facts::OperatingCost(OperatingCost { public_service: true, recognition, parts });
    Claim { score: Score::from_hundredths(score), ..claim("platform", year, facts) }
}

pub fn breakthrough(year: i16, revenue: Money, highest_before: Money) -> Claim {
    claim("breakthrough", year, Facts::AnnualRevenue(AnnualRevenue { revenue, highest_before }))
}

/// A small seeded generator (splitmix64): the same claims on every machine.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// True in so many of a hundred draws.
    pub fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// Up to the given yuan, to the fen; small amounts as likely as large ones.
    pub fn money(&mut self, most_yuan: u64) -> Money {
        let digits = self.below(8) as u32;
        Money::from_fen(self.below((most_yuan * 100 / 10_u64.pow(digits)).max(1)) as i64)
    }

    pub fn date(&mut self, first_year: i16, years: u64) -> Date {
        let year = first_year + self.below(years) as i16;
        Date::new(year, 1 + self.below(12) as i8, 1 + self.below(28) as i8).unwrap()
    }

    pub fn score(&mut self) -> Option<Score> {
        if self.percent(80) { Score::from_hundredths(self.below(10_001) as u16) } else { None }
    }

    fn investment(&mut self) -> Investment {
        let exact = self.percent(5);
        Investment {
            paid_in: if exact { yuan(500_000_000) } else { Money::from_fen(self.below(200_000_000_000) as i64) },
            proven_on: self.date(2024, 3),
            proof: [InvestmentProof::SpecialAudit, InvestmentProof::CapitalVerification, InvestmentProof::OwnStatement]
                [self.below(100) as usize / 45],
            progress: Rate::from_parts_per_million((self.below(21) * 50_000) as i64),
        }
    }

    fn planned(&mut self) -> Option<PlannedInvestment> {
        self.percent(30).then(|| PlannedInvestment {
            by: self.date(2026, 3),
            paid_in: self.money(2_000_000_000),
            progress: "100%".parse().unwrap(),
        })
    }

    fn loan(&mut self) -> Loan {
        let from = self.date(2023, 3);
        let nights = 1 + self.below(400) as i32;
        let kinds = [LoanKind::Bank, LoanKind::Entrusted, LoanKind::Affiliate, LoanKind::FinanceLease, LoanKind::Other];
        Loan {
            principal: self.money(1_000_000_000),
            paid: self.money(60_000_000),
            disbursed: self.date(2015, 11),
            from,
            until: from.checked_add(kernel_days(nights)).unwrap(),
            term: TermClass::ALL[self.below(3) as usize],
            kind: kinds[self.below(5) as usize],
        }
    }

    fn fee_line(&mut self) -> FeeLine {
        let number = self.percent(70).then(|| format!("示例{:04}", self.below(12)).into());
        let net = self.money(50_000_000);
        let net = if self.percent(5) { -net } else { net };
        FeeLine {
            number,
            customer: None,
            net,
            tax: Rate::from_parts_per_million(60_000).of(net, kernel::money::Rounding::HalfUp).unwrap(),
            invoiced: self.date(2023, 3),
            performed: self.percent(80).then(|| self.date(2023, 3)),
            attributes: FeeAttributes {
                related: self.percent(15),
                in_city: self.percent(70),
                design_firm: self.percent(70),
                open_capacity: self.percent(70),
                supports_platform: self.percent(10),
            },
        }
    }

    fn entry_line(&mut self) -> EntryLine {
        let number = self.percent(70).then(|| format!("示例{:04}", self.below(12)).into());
        let amount = self.money(4_000_000);
        let part = EntryPart::ALL[self.below(5) as usize];
        EntryLine { number, part, amount: if self.percent(5) { -amount } else { amount }, paid: self.date(2023, 3) }
    }

    pub fn claim(&mut self) -> Claim {
        let year = 2023 + self.below(3) as i16;
        let score = self.score();
        let packaging_test_firm = self.percent(95);
        let (key, facts) = match self.below(7) {
            0 => {
                let loans = (0..self.below(4)).map(|_| self.loan()).collect();
                (
                    "interest",
                    Facts::LoanInterest(LoanInterest { investment: self.investment(), planned: self.planned(), loans }),
                )
            }
            1 => {
                let lines = (0..self.below(6)).map(|_| self.fee_line()).collect();
                ("test-fee", Facts::TestFees(TestFees { opens_capacity: self.percent(95), lines }))
            }
            3 => {
                // Around a tier as often as anywhere.
                let tier = [yuan(100_000_000), yuan(500_000_000), yuan(1_000_000_000)][self.below(3) as usize];
                let near = Money::from_fen(tier.fen() + self.below(3) as i64 - 1);
                let revenue = if self.percent(40) { near } else { self.money(2_000_000_000) };
                let highest_before = if self.percent(20) { tier } else { self.money(900_000_000) };
                ("breakthrough", Facts::AnnualRevenue(AnnualRevenue { revenue, highest_before }))
            }
            4 => ("complex", Facts::ProjectInvestment(ProjectInvestment { total: self.money(500_000_000) })),
            5 => {
                let lines = (0..self.below(6)).map(|_| self.entry_line()).collect();
                ("park", Facts::EntryCost(EntryCost { entered: self.date(2022, 4), lines }))
            }
            6 => {
                let (trained, hired) = (self.below(600) as u32, self.below(300) as u32);
                ("talent", Facts::TrainedPersons(TrainedPersons { trained, hired }))
            }
            _ => {
                let recognition = self.percent(90).then(|| Recognition {
                    from: self.date(2023, 3),
                    until: self.date(2024, 4),
                    checked: self.percent(90),
                });
                let parts = CostPart::ALL.map(|_| self.money(30_000_000));
                (
                    "platform",
                    Facts::OperatingCost(OperatingCost { public_service: self.percent(95), recognition, parts }),
                )
            }
        };
        Claim { score, packaging_test_firm, ..claim(key, year, facts) }
    }

    /// The claim with a verified base, in about every third case; sometimes nothing could be verified.
    pub fn audited(&mut self, claim: Claim) -> Claim {
        let verified = self.percent(35).then(|| if self.percent(5) { Money::ZERO } else { self.money(60_000_000) });
        Claim { verified, ..claim }
    }

    /// Zero to three earlier amounts.
    pub fn account(&mut self) -> Account {
        let mut account = Account::default();
        for number in 0..self.below(4) {
            let entry = subsidy::account::Entry {
                year: 2022 + self.below(4) as i16,
                project: None,
                amount: self.money(12_000_000),
                on: self.date(2023, 3),
                decision: None,
            };
            account.set(subsidy::account::Origin::Voucher(format!("示例{number}").into()), entry);
        }
        account
    }
}

fn kernel_days(days: i32) -> std::time::Duration {
    std::time::Duration::from_secs(u64::from(days.unsigned_abs()) * 86_400)
}
