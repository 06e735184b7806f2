//! Random commands over three contexts agree with tables kept the naive way: who holds which role, where each filing
//! stands, and how much of a cap each firm used. And the ledger they leave gives the same State again.
//!
//! The tables know nothing of the program: lists searched from end to end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use accounts::GrantId;
use enterprise::filing::{self, Figures, FilingId, Material, StageKind};
use enterprise::{LegalForm, Registration, Site};
use jiff::ToSpan;
use kernel::{
    Actor, CommandId, CreditCode, Date, Digest, Evidence, Money, OrganisationId, PersonId, Role, Sequence, Timestamp,
};
use ledger::memory::MemoryLog;
use ledger::{Batch, Head, Log as _};
use office::{Command, Envelope, State, carry_out};
use proptest::prelude::*;
use subsidy::event::{Conclusion, EarlierPayment, Review};
use subsidy::facts::{Facts, Investment, InvestmentProof, Loan, LoanInterest, LoanKind, TermClass};
use subsidy::{BenefitId, CapPeriod, CapScope, Claim, ClaimId};
use uuid::Uuid;

const BEGINS: Date = jiff::civil::date(2026, 3, 2);
/// Last day of the fair-competition review, without which nothing is assessed.
const REVIEWED_UNTIL: Date = jiff::civil::date(2027, 12, 31);
/// Who grants.
const GUARD: u128 = 900;
/// Officers to whom roles are granted.
const OFFICERS: u128 = 4;
/// Each firm, its legal person, and the district it stands in.
const HOMES: [(&str, &str); 2] = [("500118", "示例街道"), ("500109", "示例街道")];
/// What is granted: role and organisation.
const SEATS: [(Role, &str); 5] = [
    (Role::CityOfficer, "economy-information"),
    (Role::CityOfficer, "finance"),
    (Role::Finance, "finance"),
    (Role::DistrictOfficer, "500118"),
    (Role::DistrictOfficer, "500109"),
];
/// What one claim of these tests is worth without a cap, and the cap, in yuan.
const WORTH: i64 = 7_350_000;
const CAP: i64 = 20_000_000;

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn acting(number: u128, role: Role, organisation: &str) -> Actor {
    Actor::Person { person: person(number), role, organisation: organisation.parse().unwrap() }
}

fn firm(number: usize) -> CreditCode {
    CreditCode::complete(&format!("9150011800000000{}", number + 1)).unwrap()
}

/// The firm's legal person.
fn owner(number: usize) -> u128 {
    800 + number as u128
}

fn benefit() -> BenefitId {
    "interest".parse().unwrap()
}

/// Somebody tries something.
#[derive(Clone, Copy, Debug)]
enum Try {
    Wait { days: i32 },
    Grant { id: u128, to: u128, seat: usize, from: i32, lasts: Option<i32>, by: u128 },
    Revoke { id: u128 },
    File { id: u128, firm: usize, year: i16, contract: i64, by: usize },
    Withdraw { id: u128 },
    Verify { id: u128, by: u128, seat: usize },
    Return { id: u128, by: u128, seat: usize },
    SignOff { id: u128, by: u128, seat: usize },
    Pay { voucher: u32, firm: usize, millions: i64, by: u128, seat: usize },
    Assess { claim: u128, firm: usize, by: u128, seat: usize },
}

#[derive(Clone, Debug)]
struct GrantRow {
    id: u128,
    to: u128,
    seat: usize,
    from: Date,
    until: Option<Date>,
    revoked: Option<Date>,
}

#[derive(Clone, Debug)]
struct FilingRow {
    id: u128,
    firm: usize,
    year: i16,
    contract: i64,
    stage: StageKind,
    verified_by: Option<u128>,
}

/// The tables.
#[derive(Clone, Debug)]
struct Tables {
    today: Date,
    grants: Vec<GrantRow>,
    filings: Vec<FilingRow>,
    vouchers: Vec<(u32, usize, i64)>,
    /// Claims and what each was awarded, in fen.
    claims: Vec<(u128, usize, i64)>,
}

impl Tables {
    fn holds(&self, who: u128, seat: usize) -> bool {
        self.grants.iter().any(|grant| {
            let begun = grant.from <= self.today && grant.until.is_none_or(|until| self.today <= until);
            let kept = grant.revoked.is_none_or(|revoked| self.today < revoked);
            grant.to == who && grant.seat == seat && begun && kept
        })
    }

    fn filing(&mut self, id: u128) -> Option<&mut FilingRow> {
        self.filings.iter_mut().find(|row| row.id == id)
    }

    fn used(&self, firm: usize) -> i64 {
        let paid = self.vouchers.iter().filter(|row| row.1 == firm).map(|row| row.2 * 100_000_000);
        let awarded = self.claims.iter().filter(|row| row.1 == firm).map(|row| row.2);
        paid.sum::<i64>() + awarded.sum::<i64>()
    }

    /// Whether it is allowed; and then it is done.
    fn allows(&mut self, attempt: Try) -> bool {
        let today = self.today;
        match attempt {
            Try::Wait { .. } => true,
            Try::Grant { id, to, seat, from, lasts, by } => {
                let from = day(today, from);
                let until = lasts.map(|lasts| day(from, lasts));
                let known = self.grants.iter().any(|row| row.id == id);
                let twice = self.grants.iter().any(|row| {
                    let open = row.revoked.is_none() && row.until.is_none_or(|until| today <= until);
                    row.to == to && row.seat == seat && open
                });
                let dates = until.is_none_or(|until| until >= from && until >= today);
                let allowed = by == GUARD && !known && !twice && dates;
                if allowed {
                    self.grants.push(GrantRow { id, to, seat, from, until, revoked: None });
                }
                allowed
            }
            Try::Revoke { id } => {
                let found = self.grants.iter_mut().find(|row| row.id == id && row.revoked.is_none());
                found.map(|row| row.revoked = Some(today)).is_some()
            }
            Try::File { id, firm, year, contract, by } => {
                let known = self.filings.iter().any(|row| row.id == id);
                let open = self.filings.iter().any(|row| row.firm == firm && row.year == year);
                let allowed = by == firm && !known && !open && year < today.year() && contract >= 0;
                if allowed {
                    let (stage, verified_by) = (StageKind::Filed, None);
                    self.filings.push(FilingRow { id, firm, year, contract, stage, verified_by });
                }
                allowed
            }
            Try::Withdraw { id } => self.moves(id, &[StageKind::Filed], StageKind::Returned, None),
            Try::Verify { id, by, seat } => {
                let home = self.filing(id).map(|row| HOMES[row.firm].0);
                let theirs = SEATS[seat].0 == Role::DistrictOfficer && Some(SEATS[seat].1) == home;
                self.holds(by, seat) && theirs && self.moves(id, &[StageKind::Filed], StageKind::Verified, Some(by))
            }
            Try::Return { id, by, seat } => {
                let home = self.filing(id).map(|row| HOMES[row.firm].0);
                let (role, organisation) = SEATS[seat];
                let from = match role {
                    Role::DistrictOfficer if Some(organisation) == home => StageKind::Filed,
                    Role::CityOfficer if organisation == "economy-information" => StageKind::Verified,
                    _ => return false,
                };
                self.holds(by, seat) && self.moves(id, &[from], StageKind::Returned, None)
            }
            Try::SignOff { id, by, seat } => {
                let other = self.filing(id).is_some_and(|row| row.verified_by != Some(by));
                let theirs = SEATS[seat] == (Role::CityOfficer, "economy-information");
                let may = self.holds(by, seat) && theirs && other;
                may && self.moves(id, &[StageKind::Verified], StageKind::SignedOff, None)
            }
            Try::Pay { voucher, firm, millions, by, seat } => {
                let known = self.vouchers.iter().any(|row| row.0 == voucher);
                let allowed = self.holds(by, seat) && pays(seat) && !known && millions > 0;
                if allowed {
                    self.vouchers.push((voucher, firm, millions));
                }
                allowed
            }
            Try::Assess { claim, firm, by, seat } => {
                let known = self.claims.iter().any(|row| row.0 == claim);
                let reviewed = today <= REVIEWED_UNTIL;
                let allowed = self.holds(by, seat) && SEATS[seat].0 == Role::CityOfficer && !known && reviewed;
                if allowed {
                    let left = (CAP * 100 - self.used(firm)).max(0);
                    self.claims.push((claim, firm, left.min(WORTH * 100)));
                }
                allowed
            }
        }
    }

    fn moves(&mut self, id: u128, from: &[StageKind], to: StageKind, by: Option<u128>) -> bool {
        let found = self.filing(id).filter(|row| from.contains(&row.stage));
        let moved = found.map(|row| {
            row.stage = to;
            row.verified_by = by.or(row.verified_by.filter(|_| to == StageKind::SignedOff));
        });
        moved.is_some()
    }
}

/// Who enters payments made elsewhere.
fn pays(seat: usize) -> bool {
    matches!(SEATS[seat].0, Role::Finance | Role::CityOfficer)
}

fn day(from: Date, days: i32) -> Date {
    from.checked_add(i64::from(days).days()).unwrap()
}

fn morning(day: Date) -> Timestamp {
    jiff::tz::offset(8).to_timestamp(day.at(9, 0, 0, 0)).unwrap()
}

fn filing_id(id: u128) -> FilingId {
    FilingId(Uuid::from_u128(id))
}

fn facts() -> Facts {
    let investment = Investment {
        paid_in: Money::from_yuan(680_000_000),
        proven_on: "2025-11-30".parse().unwrap(),
        proof: InvestmentProof::SpecialAudit,
        progress: "100%".parse().unwrap(),
    };
    let loan = Loan {
        principal: Money::from_yuan(300_000_000),
        paid: Money::from_yuan(15_000_000),
        disbursed: "2024-03-01".parse().unwrap(),
        from: "2025-01-01".parse().unwrap(),
        until: "2026-01-01".parse().unwrap(),
        term: TermClass::OverFiveYears,
        kind: LoanKind::Bank,
    };
    Facts::LoanInterest(LoanInterest { investment, planned: None, loans: vec![loan] })
}

/// The attempt as a command of somebody.
fn command(attempt: Try, today: Date) -> Option<(Actor, Command)> {
    let seat = |by: u128, seat: usize| acting(by, SEATS[seat].0, SEATS[seat].1);
    let guard = |by| acting(by, Role::SecurityAdministrator, "system");
    let of_filing = |command| -> Command { enterprise::Command::Filing(command).into() };
    Some(match attempt {
        Try::Wait { .. } => return None,
        Try::Grant { id, to, seat, from, lasts, by } => {
            let from = day(today, from);
            let (role, organisation) = (SEATS[seat].0, SEATS[seat].1.parse().unwrap());
            let until = lasts.map(|lasts| day(from, lasts));
            let id = GrantId(Uuid::from_u128(id));
            (guard(by), accounts::Command::Grant { id, person: person(to), role, organisation, from, until }.into())
        }
        Try::Revoke { id } => {
            let (id, reason) = (GrantId(Uuid::from_u128(id)), "调离".to_owned());
            (guard(GUARD), accounts::Command::RevokeGrant { id, expected: None, reason }.into())
        }
        Try::File { id, firm: number, year, contract, by } => {
            let figures = Figures {
                revenue: Money::from_yuan(contract.max(0) + 1),
                contract: Money::from_yuan(contract),
                captive: Money::ZERO,
                research: Money::ZERO,
                assets: Money::from_yuan(1),
                staff: 3,
                research_staff: 1,
            };
            let evidence = vec![Evidence { digest: Digest::of(b"proof"), name: "审计报告.pdf".into(), size: 5 }];
            let material = Material { figures, scope: "2023-1".into(), evidence };
            let actor = acting(owner(by), Role::Enterprise, firm(number).as_str());
            let file = filing::Command::File { id: filing_id(id), firm: firm(number), year, corrects: None, material };
            (actor, of_filing(file))
        }
        Try::Withdraw { id } => {
            let reason = "填错".to_owned();
            let command = filing::Command::Withdraw { id: filing_id(id), expected: None, reason };
            // Sent by whoever owns the first firm when nobody filed it.
            (acting(owner(0), Role::Enterprise, firm(0).as_str()), of_filing(command))
        }
        Try::Verify { id, by, seat: at } => {
            let command = filing::Command::Verify { id: filing_id(id), expected: None, opinion: None };
            (seat(by, at), of_filing(command))
        }
        Try::Return { id, by, seat: at } => {
            let reason = "请附审计报告".to_owned();
            let command = filing::Command::Return { id: filing_id(id), expected: None, reason };
            (seat(by, at), of_filing(command))
        }
        Try::SignOff { id, by, seat: at } => {
            let command = filing::Command::SignOff { id: filing_id(id), expected: None, opinion: None };
            (seat(by, at), of_filing(command))
        }
        Try::Pay { voucher, firm: number, millions, by, seat: at } => {
            let payment = EarlierPayment {
                voucher: format!("示例-{voucher}").into(),
                firm: firm(number),
                benefit: benefit(),
                year: 2022,
                project: None,
                amount: Money::from_yuan(millions * 1_000_000),
                on: "2022-12-20".parse().unwrap(),
            };
            (seat(by, at), subsidy::Command::ImportEarlierPayment(payment).into())
        }
        Try::Assess { claim, firm: number, by, seat: at } => {
            let facts = facts();
            let of = Claim {
                benefit: benefit(),
                year: 2025,
                project: None,
                packaging_test_firm: true,
                score: None,
                verified: None,
                district: None,
                facts,
            };
            let (decision, claim_id) = (Uuid::from_u128(5000 + claim), ClaimId(Uuid::from_u128(claim)));
            let decision = decision.to_string().parse().unwrap();
            let assess = subsidy::Command::Assess { decision, claim_id, firm: firm(number), claim: of };
            (seat(by, at), assess.into())
        }
    })
}

/// A city that carries out commands and keeps the ledger they leave.
#[derive(Clone)]
struct City {
    state: State,
    head: Head,
    batches: Vec<Batch>,
    commands: Vec<(CommandId, u64)>,
    now: Timestamp,
    sent: u128,
}

impl City {
    fn send(&mut self, actor: Actor, command: impl Into<Command>) -> Result<(), String> {
        self.sent += 1;
        let id = CommandId(Uuid::from_u128(1_000_000 + self.sent));
        let envelope = Envelope { id, actor, reauthenticated: true, act: office::Act::from(command) };
        let next = Sequence(self.head.sequence.0 + 1);
        let carried = carry_out(&self.state, next, self.now, envelope).map_err(|error| error.to_string())?;
        let batch = Batch::seal(&self.head, self.now, &carried.drafts);
        self.commands.extend(carried.drafts.iter().map(|draft| (draft.command, batch.number)));
        (self.state, self.head) = (carried.state, batch.head());
        self.batches.push(batch);
        Ok(())
    }

    /// Plan, catalog, clauses and rates adopted; firms on file with their legal persons; a guard who grants.
    fn founded() -> Self {
        let (now, head) = (morning(BEGINS), Head::EMPTY);
        let mut city = Self { state: State::default(), head, batches: Vec::new(), commands: Vec::new(), now, sent: 0 };
        let plan = files("plans/chongqing-2023");
        let clauses = plan.iter().filter(|(name, _)| name.starts_with("benefits/") || *name == "interpretations.toml");
        let clauses = clauses.map(|(name, text)| (name.clone(), text.clone())).collect();
        let catalog: BTreeMap<String, String> = files("catalog");
        let rates = catalog["rates.toml"].clone();
        let of_enterprises =
            catalog.into_iter().filter(|(name, _)| enterprise::Catalog::FILES.contains(&name.as_str()));
        let adopt_catalog = enterprise::Command::AdoptCatalog { files: of_enterprises.collect() };
        let effective_on = "2023-12-29".parse().unwrap();
        let system: OrganisationId = "system".parse().unwrap();
        let own = accounts::Command::OpenOrganisation {
            id: system.clone(),
            kind: accounts::OrganisationKind::System,
            name: "本系统".to_owned(),
            from: BEGINS,
        };
        let commands: [Command; 5] = [
            adopt_catalog.into(),
            plan::Command::Adopt { effective_on, files: plan }.into(),
            subsidy::Command::AdoptRates { text: rates }.into(),
            subsidy::Command::AdoptClauses { files: clauses }.into(),
            own.into(),
        ];
        for command in commands {
            city.send(Actor::System, command).unwrap();
        }
        let people = (1..=OFFICERS).chain([GUARD, GUARD + 1]).chain((0..HOMES.len()).map(owner));
        for number in people {
            let register = accounts::Command::RegisterPerson { person: person(number), identity: None };
            city.send(Actor::System, register).unwrap();
        }
        let grant = |to: u128, role, organisation: OrganisationId| accounts::Command::Grant {
            id: GrantId(Uuid::from_u128(9000 + to)),
            person: person(to),
            role,
            organisation,
            from: BEGINS,
            until: None,
        };
        city.send(Actor::System, grant(GUARD, Role::SecurityAdministrator, system)).unwrap();
        // Somebody who registers firms and records the review, outside of the tables.
        let guard = acting(GUARD, Role::SecurityAdministrator, "system");
        let clerk = acting(GUARD + 1, Role::CityOfficer, "economy-information");
        let department = "economy-information".parse().unwrap();
        city.send(guard, grant(GUARD + 1, Role::CityOfficer, department)).unwrap();
        city.enter_firms(&clerk);
        city
    }

    fn enter_firms(&mut self, clerk: &Actor) {
        for (number, (district, township)) in HOMES.into_iter().enumerate() {
            let site = Site { district: district.parse().unwrap(), township: township.to_owned(), zone: None };
            let registration = Registration {
                name: format!("示例{number}号封装有限公司"),
                legal_form: LegalForm::LimitedLiability,
                registered_on: "2020-05-06".parse().unwrap(),
                site,
            };
            let firm = firm(number);
            self.send(clerk.clone(), enterprise::Command::Register { firm, registration, scope: None }).unwrap();
            let person = person(owner(number));
            let appoint = accounts::Command::AppointLegalPerson { firm, person, from: BEGINS, evidence: Vec::new() };
            self.send(Actor::System, appoint).unwrap();
        }
        let review = Review {
            parameters: None,
            benefit: benefit(),
            clause: self.state.subsidy.clause(&benefit()).unwrap().digest,
            body: "审查小组（示例）".into(),
            on: "2024-08-19".parse().unwrap(),
            conclusion: Conclusion::Fair,
            expires: REVIEWED_UNTIL,
            evidence: Vec::new(),
        };
        self.send(clerk.clone(), subsidy::Command::RecordReview(review)).unwrap();
    }

    /// Whether the State says what the tables say.
    fn agrees(&self, tables: &Tables) -> Result<(), TestCaseError> {
        for row in &tables.grants {
            let grant = self.state.accounts.grant(GrantId(Uuid::from_u128(row.id))).unwrap();
            let begun = row.from <= tables.today && row.until.is_none_or(|until| tables.today <= until);
            let holds = begun && row.revoked.is_none_or(|revoked| tables.today < revoked);
            prop_assert_eq!(grant.holds_on(tables.today), holds, "{:?}", row);
        }
        for row in &tables.filings {
            let filing = self.state.enterprise.filing(filing_id(row.id)).unwrap();
            prop_assert_eq!(filing.stage.kind(), row.stage, "{:?}", row);
            let contract = filing.submissions.last().unwrap().material.figures.contract;
            prop_assert_eq!(contract, Money::from_yuan(row.contract));
        }
        prop_assert_eq!(self.state.enterprise.filings().count(), tables.filings.len());
        for number in 0..HOMES.len() {
            let account = self.state.subsidy.account(firm(number), &benefit());
            let used = account.used(CapScope::Enterprise, CapPeriod::Lifetime, 2025, None).fen();
            prop_assert_eq!(used, tables.used(number), "firm {}", number);
        }
        prop_assert_eq!(self.state.subsidy.decisions().count(), tables.claims.len());
        Ok(())
    }
}

/// Every file below a folder of the project, by its path inside it.
fn files(folder: &str) -> BTreeMap<String, String> {
    fn walk(root: &Path, inside: &str, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(root.join(inside)).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
            if entry.file_type().unwrap().is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(path, std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut found = BTreeMap::new();
    walk(&root, "", &mut found);
    found
}

/// Founded once: every case begins with a copy.
static FOUNDED: LazyLock<City> = LazyLock::new(City::founded);

fn attempts() -> impl Strategy<Value = Try> {
    let (by, seat, firm) = (1..=OFFICERS, 0..SEATS.len(), 0..HOMES.len());
    let (grant, filed, claim) = (1..12_u128, 100..106_u128, 300..308_u128);
    let officer = || (by.clone(), seat.clone());
    prop_oneof![
        1 => (1..40).prop_map(|days| Try::Wait { days }),
        6 => (
            grant.clone(),
            by.clone(),
            seat.clone(),
            -3..10,
            proptest::option::of(-2..60),
            prop_oneof![9 => Just(GUARD), 1 => by.clone()],
        )
            .prop_map(|(id, to, seat, from, lasts, by)| Try::Grant { id, to, seat, from, lasts, by }),
        1 => grant.prop_map(|id| Try::Revoke { id }),
        3 => (filed.clone(), firm.clone(), 2023..2028_i16, -1..9_i64, firm.clone())
            .prop_map(|(id, firm, year, contract, by)| Try::File { id, firm, year, contract, by }),
        1 => filed.clone().prop_map(|id| Try::Withdraw { id }),
        4 => (filed.clone(), officer()).prop_map(|(id, (by, seat))| Try::Verify { id, by, seat }),
        1 => (filed.clone(), officer()).prop_map(|(id, (by, seat))| Try::Return { id, by, seat }),
        4 => (filed, officer()).prop_map(|(id, (by, seat))| Try::SignOff { id, by, seat }),
        2 => (0..6_u32, firm.clone(), 0..9_i64, officer())
            .prop_map(|(voucher, firm, millions, (by, seat))| Try::Pay { voucher, firm, millions, by, seat }),
        4 => (claim, firm, officer()).prop_map(|(claim, firm, (by, seat))| Try::Assess { claim, firm, by, seat }),
    ]
}

/// Roles to begin with, so that not everything is refused: the first officer verifies, the second signs off.
fn beginnings() -> Vec<Try> {
    let seat = |id, to, seat| Try::Grant { id, to, seat, from: 0, lasts: None, by: GUARD };
    vec![seat(50, 1, 3), seat(51, 2, 4), seat(52, 3, 0), seat(53, 4, 2), seat(54, 1, 0)]
}

proptest! {
    // A case is some forty commands on a whole city.
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_office_agrees_with_tables_and_its_ledger_gives_the_same_state(
        attempts in proptest::collection::vec(attempts(), 10..60),
    ) {
        let mut city = FOUNDED.clone();
        let mut tables =
            Tables { today: BEGINS, grants: vec![], filings: vec![], vouchers: vec![], claims: vec![] };
        let mut done = 0;
        for attempt in beginnings().into_iter().chain(attempts) {
            if let Try::Wait { days } = attempt {
                tables.today = day(tables.today, days);
                city.now = morning(tables.today);
            }
            // Only the first firm's legal person withdraws here.
            if let Try::Withdraw { id } = attempt && tables.filing(id).is_some_and(|row| row.firm != 0) {
                continue;
            }
            let before = city.state.digest();
            let allowed = tables.allows(attempt);
            if let Some((actor, command)) = command(attempt, tables.today) {
                let outcome = city.send(actor, command);
                prop_assert_eq!(outcome.is_ok(), allowed, "{:?} on {}: {:?}", attempt, tables.today, outcome);
                done += u32::from(allowed);
                if !allowed {
                    prop_assert_eq!(city.state.digest(), before, "a refusal changes nothing");
                }
            }
            city.agrees(&tables)?;
        }
        prop_assert!(done > 0);
        let log = MemoryLog::of(city.batches.clone(), city.commands.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (published, _) = runtime.block_on(office::replay::replay(&log, |_| ())).unwrap();
        prop_assert_eq!(published.state.digest(), city.state.digest());
        prop_assert_eq!(published.head, runtime.block_on(log.head()).unwrap());
    }
}
