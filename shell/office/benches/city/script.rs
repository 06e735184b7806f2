//! What one firm does, step by step, for ever.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use enterprise::change::Change;
use enterprise::filing::Material;
use enterprise::standing::ConsentId;
use enterprise::{Figures, FilingId, filing};
use jiff::civil::date;
use kernel::{Actor, Date, Money, Period, Year};
use office::{Command, Envelope};
use plan::parts::Percent;
use plan::progress::{Progress, ReportCommand, ReportKey};
use subsidy::facts::{Facts, FeeAttributes, FeeLine, TestFees};
use subsidy::{Claim, ClaimId, DecisionId};

use super::{City, envelope, evidence, id, month_before, organisation, yuan};

/// The next steps of one firm.
pub struct Script {
    firm: usize,
    /// Steps taken.
    steps: u64,
    /// The filing under way: which, for which year.
    open: Option<(FilingId, Year)>,
    /// The filing that counts, by year.
    counting: BTreeMap<Year, FilingId>,
    /// The report under way.
    report: Option<(ReportKey, Actor)>,
    /// The last consent given.
    consent: ConsentId,
    /// Whether it stands.
    given: bool,
    /// Reports handed out to all scripts.
    reports: Arc<AtomicU64>,
}

/// Steps of one round; a filing comes every second round.
const ROUND: u64 = 10;

impl Script {
    /// One for each firm.
    pub fn of(city: &City) -> Vec<Self> {
        let reports = Arc::new(AtomicU64::new(0));
        let script = |firm| Self {
            firm,
            // Not all in step.
            steps: firm as u64 % 2 * 5,
            open: None,
            counting: BTreeMap::new(),
            report: None,
            consent: ConsentId(id("consent", 0)),
            given: false,
            reports: reports.clone(),
        };
        (0..city.firms.len()).map(script).collect()
    }

    /// Scripts over a city that others wrote to: `mark` keeps their ids apart from all earlier ones.
    pub fn resumed(city: &City, mark: u64) -> Vec<Self> {
        let mut scripts = Self::of(city);
        for script in &mut scripts {
            script.steps = mark.wrapping_mul(1_000_000_007) >> 1;
        }
        scripts
    }

    /// The next consent given or taken back, whatever the script says: allowed in every state of the firm.
    pub fn consents(&mut self, city: &City, day: Date) -> Option<Envelope> {
        self.steps += 1;
        let given = self.given;
        self.given = !given;
        let (actor, command) = if given { self.withdraw_consent(city, day) } else { self.give_consent(city, day) };
        Some(envelope("consents", self.number(), actor, command))
    }

    fn number(&self) -> u64 {
        (self.firm as u64 * 1_000_000).wrapping_add(self.steps)
    }

    /// The next command; `None` where this step has nothing to do today.
    pub fn next(&mut self, city: &City, day: Date) -> Option<Envelope> {
        for _ in 0..ROUND {
            let (round, step) = (self.steps / ROUND, self.steps % ROUND);
            self.steps += 1;
            let found = match step {
                0 if round % 2 == 0 => Some(self.file(city, day, round)),
                1 if self.open.is_some() && round % 10 == 2 => self.send_back(city),
                2 if self.open.is_some() && round % 10 == 2 => self.file_again(city),
                3 => self.verify(city),
                4 => self.sign_off(city),
                5 => self.submit(city, day),
                6 => self.accept(city),
                7 => Some(self.give_consent(city, day)),
                8 => Some(self.withdraw_consent(city, day)),
                9 if round % 40 == 9 => Some(self.assess(city, day)),
                9 if round % 3 == 0 => Some(self.classify(city, round)),
                _ => None,
            };
            if let Some((actor, command)) = found {
                return Some(envelope("script", self.number(), actor, command));
            }
        }
        None
    }

    fn file(&mut self, city: &City, day: Date, round: u64) -> (Actor, Command) {
        let firm = &city.firms[self.firm];
        let years = u64::from((day.year() - 2020).unsigned_abs());
        let year = 2020 + (round / 2 % years) as Year;
        let id = FilingId(id("filing", self.number()));
        let corrects = self.counting.get(&year).map(|old| (*old, "审计调整：封测收入口径复核（示例）".to_owned()));
        let material = self.material(year);
        self.open = Some((id, year));
        let command = filing::Command::File { id, firm: firm.code, year, corrects, material };
        (firm.person.clone(), enterprise::Command::Filing(command).into())
    }

    fn material(&self, year: Year) -> Material {
        let contract = yuan(self.number(), 90_000_000);
        let captive = yuan(self.number() + 7, 9_000_000);
        let figures = Figures {
            revenue: contract + captive + Money::from_yuan(3_000_000),
            contract,
            captive,
            research: yuan(self.number() + 3, 3_000_000),
            assets: yuan(self.number() + 5, 200_000_000),
            staff: 180 + (self.firm % 400) as u32,
            research_staff: 20 + (self.firm % 60) as u32,
        };
        Material { figures, scope: "2023-1".to_owned(), evidence: vec![evidence(&format!("{year}年度审计报告"))] }
    }

    fn send_back(&mut self, city: &City) -> Option<(Actor, Command)> {
        let (id, _) = self.open?;
        let reason = "请补充审计报告附注中的分部收入（示例）".to_owned();
        let command = filing::Command::Return { id, expected: None, reason };
        Some((self.district(city), enterprise::Command::Filing(command).into()))
    }

    fn file_again(&mut self, city: &City) -> Option<(Actor, Command)> {
        let (id, year) = self.open?;
        let command = filing::Command::Resubmit { id, expected: None, material: self.material(year) };
        Some((city.firms[self.firm].person.clone(), enterprise::Command::Filing(command).into()))
    }

    fn verify(&mut self, city: &City) -> Option<(Actor, Command)> {
        let (id, _) = self.open?;
        let opinion = Some("已与审计报告核对一致（示例）".to_owned());
        let command = filing::Command::Verify { id, expected: None, opinion };
        Some((self.district(city), enterprise::Command::Filing(command).into()))
    }

    fn sign_off(&mut self, city: &City) -> Option<(Actor, Command)> {
        let (id, year) = self.open.take()?;
        self.counting.insert(year, id);
        let command = filing::Command::SignOff { id, expected: None, opinion: None };
        Some((city.city.clone(), enterprise::Command::Filing(command).into()))
    }

    fn district(&self, city: &City) -> Actor {
        city.districts[city.firms[self.firm].district].clone()
    }

    /// The next report of the city that is not written yet: months one after another.
    fn submit(&mut self, city: &City, day: Date) -> Option<(Actor, Command)> {
        let first = plan::Month::of(date(2023, 12, 1));
        let over = first.until(month_before(day)).count() as u64 * city.reports.len() as u64;
        let next = |number: u64| (number < over).then_some(number + 1);
        let number = self.reports.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()?;
        let (nth, months) = (number % city.reports.len() as u64, number / city.reports.len() as u64);
        let month = first.until(month_before(day)).nth(months as usize)?;
        let (subject, unit) = &city.reports[nth as usize];
        let key = ReportKey { plan: city.key(), subject: subject.clone(), unit: unit.organisation().cloned()?, month };
        let percent = Percent::try_from((2 * months).min(99) as u8).ok()?;
        let narrative = format!("围绕“{subject}”开展企业走访与要素协调，累计完成 {}%（示例）。", percent.get());
        let command = ReportCommand::Submit(Progress { percent, narrative, evidence: Vec::new() });
        self.report = Some((key.clone(), unit.clone()));
        Some((unit.clone(), plan::Command::Report { report: key, expected: None, command }.into()))
    }

    fn accept(&mut self, city: &City) -> Option<(Actor, Command)> {
        let (report, _) = self.report.take()?;
        let command = plan::Command::Report { report, expected: None, command: ReportCommand::Accept };
        Some((city.working_group.clone(), command.into()))
    }

    fn amend(&self, city: &City, actor: Actor, change: Change) -> (Actor, Command) {
        let firm = city.firms[self.firm].code;
        (actor, enterprise::Command::Amend { firm, expected: None, change }.into())
    }

    fn give_consent(&mut self, city: &City, day: Date) -> (Actor, Command) {
        self.consent = ConsentId(id("consent", self.number()));
        let consent = enterprise::standing::Consent {
            to: organisation("finance"),
            what: "年度审计报告与研发费用明细".to_owned(),
            purpose: "贷款贴息核对（示例）".to_owned(),
            valid: Period::new(day, day.saturating_add(jiff::Span::new().days(90))).unwrap(),
            withdrawn: None,
        };
        let change = Change::GiveConsent { id: self.consent, consent };
        self.amend(city, city.firms[self.firm].person.clone(), change)
    }

    fn withdraw_consent(&mut self, city: &City, day: Date) -> (Actor, Command) {
        let change = Change::WithdrawConsent { id: self.consent, on: day };
        self.amend(city, city.firms[self.firm].person.clone(), change)
    }

    fn classify(&mut self, city: &City, round: u64) -> (Actor, Command) {
        let types = enterprise::FirmType::ALL.into_iter().skip(round as usize % 5).take(2).collect();
        let segments = ["pkg-qfn", "pkg-power", "test-ft", "pkg-sip"];
        let segments = segments.into_iter().skip(round as usize % 3).take(2).map(str::to_owned).collect();
        self.amend(city, self.district(city), Change::Classify { types, segments })
    }

    fn assess(&mut self, city: &City, day: Date) -> (Actor, Command) {
        let year = day.year() - 1;
        let line = FeeLine {
            number: Some(format!("示例{:012}", self.number()).into()),
            customer: None,
            net: yuan(self.number(), 4_000_000),
            tax: yuan(self.number(), 240_000),
            invoiced: date(year, 5, 20),
            performed: Some(date(year, 5, 8)),
            attributes: FeeAttributes {
                related: false,
                in_city: true,
                design_firm: true,
                open_capacity: true,
                supports_platform: false,
            },
        };
        let command = subsidy::Command::Assess {
            decision: DecisionId(id("decision", self.number())),
            claim_id: ClaimId(id("claim", self.number())),
            firm: city.firms[self.firm].code,
            claim: Claim {
                benefit: "test-fee".parse().unwrap(),
                year,
                project: None,
                packaging_test_firm: true,
                score: None,
                verified: None,
                district: None,
                facts: Facts::TestFees(TestFees { opens_capacity: true, lines: vec![line] }),
            },
        };
        (city.city.clone(), command.into())
    }
}
