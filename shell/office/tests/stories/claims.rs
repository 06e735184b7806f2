//! One claim over all contexts: filed and submitted in one act, its relations known and its award computed in the same
//! batch, counted at what was decided, released when withdrawn.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cases::call::{self, Mode, PlanSentence, Route, Terms};
use cases::case::Act as CaseAct;
use cases::document::Document;
use cases::material::{Item, Material};
use cases::performance::{Figure, IndicatorKind, Sheet, Target};
use cases::reduction::Reduction;
use cases::{CallId, CaseId, FundRuleId, StageKind, basis};
use enterprise::relation::{Holder, HoldingId, SubjectId};
use enterprise::{Change, Holding, HoldingKind, LegalForm, Registration, Site};
use kernel::{
    Actor, CommandId, CreditCode, Date, Digest, Evidence, Money, OrganisationId, Period, PersonId, Role, Sequence,
};
use office::{Act, Command, Envelope, State, carry_out, claims};
use subsidy::facts::{Facts, FeeAttributes, FeeLine, TestFees};
use subsidy::{Claim, ClaimId, Filed};
use uuid::Uuid;

const CALL: CallId = CallId(Uuid::from_u128(0xc1));
const CASE: CaseId = CaseId(Uuid::from_u128(0xc2));
const RULE: FundRuleId = FundRuleId(Uuid::from_u128(0xc3));

struct City {
    state: State,
    today: Date,
    sent: u128,
    events: u64,
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn organisation(key: &str) -> OrganisationId {
    key.parse().unwrap()
}

fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

fn acting(n: u128, role: Role, key: &str) -> Actor {
    Actor::Person { person: person(n), role, organisation: organisation(key) }
}

fn firm(n: u32) -> CreditCode {
    CreditCode::complete(&format!("91500118TE5T{n:05}")).unwrap()
}

fn file(name: &str) -> Evidence {
    Evidence { digest: Digest::of(name.as_bytes()), name: name.to_owned(), size: 1 }
}

fn texts(folder: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
    };
    entries.filter(|path| path.is_file()).map(read).collect()
}

impl City {
    fn try_send(&mut self, actor: &Actor, act: impl Into<Act>) -> Result<usize, String> {
        self.sent += 1;
        let at = kernel::date::end_of(self.today.yesterday().unwrap()) + jiff::SignedDuration::from_hours(10);
        let id = CommandId(Uuid::from_u128(self.sent));
        let envelope = Envelope { id, actor: actor.clone(), reauthenticated: true, act: act.into() };
        let carried = carry_out(&self.state, Sequence(self.events + 1), at, envelope).map_err(|why| why.to_string())?;
        self.events += carried.events;
        self.state = carried.state;
        Ok(carried.drafts.len())
    }

    fn send(&mut self, actor: &Actor, act: impl Into<Act>) -> usize {
        self.try_send(actor, act).unwrap()
    }

    fn system(&mut self, command: impl Into<Command>) {
        self.send(&Actor::System, Act::from(command.into()));
    }

    fn awarded(&self) -> Money {
        let account = self.state.subsidy.account(firm(1), &"test-fee".parse().unwrap());
        account.entries().map(|(_, entry)| entry.amount).sum()
    }

    fn case(&self) -> &cases::Case {
        self.state.cases.case(CASE).unwrap()
    }

    /// Plan, clauses, rules, offices, two firms and an open call.
    fn with_an_open_call() -> Self {
        let mut city = Self { state: State::default(), today: day("2026-01-04"), sent: 0, events: 0 };
        let catalog = texts("catalog");
        let mut plan = texts("plans/chongqing-2023");
        let benefits = texts("plans/chongqing-2023/benefits");
        plan.extend(benefits.into_iter().map(|(name, text)| (format!("benefits/{name}"), text)));
        let of_clauses =
            |(name, _): &(&String, &String)| name.starts_with("benefits/") || *name == "interpretations.toml";
        let clauses = plan.iter().filter(of_clauses).map(|(name, text)| (name.clone(), text.clone())).collect();
        let of_enterprises = enterprise::Catalog::FILES.map(|name| (name.to_owned(), catalog[name].clone()));
        city.system(office::city::Command::AdoptCalendar { text: catalog["calendar.toml"].clone() });
        city.system(enterprise::Command::AdoptCatalog { files: of_enterprises.into() });
        city.system(plan::Command::Adopt { effective_on: day("2023-12-29"), files: plan });
        city.system(subsidy::Command::AdoptRates { text: catalog["rates.toml"].clone() });
        city.system(subsidy::Command::AdoptClauses { files: clauses });
        city.system(cases::Command::AdoptRules { text: catalog["case-rules.toml"].clone() });
        city.people();
        city.firms();
        city.open_call();
        city
    }

    fn people(&mut self) {
        let from = self.today;
        for (key, kind) in
            [("system", accounts::OrganisationKind::System), ("experts", accounts::OrganisationKind::ExpertBody)]
        {
            let (id, name) = (organisation(key), "示例".to_owned());
            self.system(accounts::Command::OpenOrganisation { id, kind, name, from });
        }
        for n in 1..=8 {
            let identity = (n == 8).then(|| Digest::of(b"8"));
            self.system(accounts::Command::RegisterPerson { person: person(n), identity });
        }
        let grant = |n: u128, role, key: &str| accounts::Command::Grant {
            id: accounts::GrantId(Uuid::from_u128(n)),
            person: person(n),
            role,
            organisation: organisation(key),
            from,
            until: None,
        };
        self.system(grant(1, Role::SecurityAdministrator, "system"));
        let guard = acting(1, Role::SecurityAdministrator, "system");
        for (n, role, key) in [
            (2, Role::CityOfficer, "economy-information"),
            (3, Role::CityOfficer, "economy-information"),
            (4, Role::DistrictOfficer, "500118"),
            (8, Role::Expert, "experts"),
        ] {
            self.send(&guard, grant(n, role, key));
        }
    }

    fn firms(&mut self) {
        let district = acting(4, Role::DistrictOfficer, "500118");
        let site = Site { district: "500118".parse().unwrap(), township: "示例镇".to_owned(), zone: None };
        for n in 1..=2 {
            let registration = Registration {
                name: format!("示例封测{n}有限公司"),
                legal_form: LegalForm::LimitedLiability,
                registered_on: day("2020-01-02"),
                site: site.clone(),
            };
            self.send(&district, enterprise::Command::Register { firm: firm(n), registration, scope: None });
        }
        let person = person(5);
        self.system(accounts::Command::AppointLegalPerson {
            firm: firm(1),
            person,
            from: self.today,
            evidence: vec![file("照")],
        });
    }

    fn open_call(&mut self) {
        let (one, two) = (officer(2), officer(3));
        let benefit: cases::BenefitId = "test-fee".parse().unwrap();
        let (_, edition) = self
            .state
            .plan
            .plans()
            .next()
            .map(|(key, _)| (key.clone(), self.state.plan.plan_on(key, self.today).unwrap()))
            .unwrap();
        let (plan, issuer) = (edition.digest, organisation("economy-information"));
        let anchor: kernel::Anchor = "三(二)1-句2".parse().unwrap();
        let document = |title: &str| Document {
            title: title.to_owned(),
            number: "示例〔2026〕1号".to_owned(),
            issuer: issuer.clone(),
            file: file(title),
            from: day("2024-01-01"),
            until: None,
        };
        let rule = basis::FundRule {
            id: RULE,
            document: document("示例办法"),
            plan,
            anchors: BTreeSet::from([anchor.clone()]),
            benefits: BTreeSet::from([benefit.clone()]),
        };
        let review = basis::FairCompetitionReview {
            benefit: benefit.clone(),
            rule: RULE,
            reviewed: rule.document.file.digest,
            body: "示例审查小组".to_owned(),
            on: day("2025-12-01"),
            conclusion: basis::Conclusion::Fair,
            expires: day("2028-12-31"),
            evidence: file("审查"),
        };
        let of_clause = subsidy::event::Review {
            benefit: "test-fee".parse().unwrap(),
            clause: self.state.subsidy.clause(&"test-fee".parse().unwrap()).unwrap().digest,
            body: "示例审查小组".into(),
            on: day("2025-12-01"),
            conclusion: subsidy::event::Conclusion::Fair,
            expires: day("2028-12-31"),
            evidence: vec![file("审查")],
        };
        self.send(&one, cases::Command::Basis(basis::Command::RecordRule(rule)));
        self.send(&one, cases::Command::Basis(basis::Command::RecordReview(review)));
        self.send(&one, subsidy::Command::RecordReview(of_clause));
        let terms = Terms {
            title: "示例批次".to_owned(),
            year: 2025,
            issuer: issuer.clone(),
            finance: organisation("finance"),
            benefit,
            sentence: PlanSentence { plan, anchor },
            rule: RULE,
            mode: Mode::Open,
            window: Period::new(day("2026-01-05"), day("2026-02-10")).unwrap(),
            scope: "示例".to_owned(),
            checklist: vec![Item {
                key: "application".parse().unwrap(), title: "申请表".to_owned(), required: true
            }],
            budget: Money::from_yuan(10_000_000),
            reduction: Reduction::Proportional,
            route: Route { district: true, audit: false, experts: 1, notice_working_days: 7, acceptance_months: None },
            sharing: BTreeMap::new(),
        };
        let of_call = |act| cases::Command::Call { call: CALL, expected: None, act };
        let target =
            Target { name: "支持企业数".to_owned(), kind: IndicatorKind::Output, target: Figure::Count(1) };
        self.send(&one, of_call(call::Act::Draft(terms)));
        self.send(&one, of_call(call::Act::FileSheet(Sheet::Targets(vec![target]))));
        self.send(&two, of_call(call::Act::Publish { notice: document("示例通知") }));
        self.today = day("2026-01-06");
        for (_, command) in office::due::commands(&self.state, self.today) {
            self.system(command);
        }
    }
}

fn officer(n: u128) -> Actor {
    acting(n, Role::CityOfficer, "economy-information")
}

fn of_firm(n: u32) -> Actor {
    acting(5, Role::Enterprise, firm(n).as_str())
}

fn fees(net: i64) -> Claim {
    let attributes = FeeAttributes {
        related: false,
        in_city: true,
        design_firm: true,
        open_capacity: true,
        supports_platform: false,
    };
    let line = FeeLine {
        number: Some("示例0001".into()),
        customer: None,
        net: Money::from_yuan(net),
        tax: Money::ZERO,
        invoiced: day("2025-05-06"),
        performed: None,
        attributes,
    };
    Claim {
        benefit: "test-fee".parse().unwrap(),
        year: 2025,
        project: None,
        packaging_test_firm: true,
        score: None,
        verified: None,
        facts: Facts::TestFees(TestFees { opens_capacity: true, lines: vec![line] }),
    }
}

/// What a form sends: the facts and the application, together.
fn application(city: &City, claim: Claim) -> Act {
    let material = Material {
        claim: claim.filed_digest(),
        applied: Money::from_yuan(1_200_000),
        project: None,
        items: BTreeMap::from([("application".parse().unwrap(), vec![file("申请表")])]),
        supports: BTreeSet::new(),
        received: Vec::new(),
    };
    let applicant = claims::applicant(&city.state, firm(1), city.today).unwrap();
    let submit = cases::Command::Submit { case: CASE, call: CALL, applicant, material };
    let filed = Filed { claim_id: ClaimId(CASE.0), firm: firm(1), claim };
    Act::from(subsidy::Command::FileClaim(filed)).and(submit)
}

fn of_case(act: CaseAct) -> cases::Command {
    cases::Command::Case { case: CASE, expected: None, act }
}

#[test]
fn a_claim_is_filed_assessed_and_known_in_one_batch() {
    let mut city = City::with_an_open_call();
    let lines = city.send(&of_firm(1), application(&city, fees(24_000_000)));
    assert_eq!(lines, 5, "filed, submitted, relations, assessment, and the assessment on the case");
    let assessment = city.case().assessment.unwrap();
    assert_eq!(assessment.award, Money::from_yuan(1_200_000), "5 % of 24 million");
    let decision = city.state.subsidy.decision_on(ClaimId(CASE.0)).unwrap();
    assert_eq!(decision.decision.digest(), assessment.digest);
    assert_eq!(city.awarded(), Money::from_yuan(1_200_000));
    let related = city.case().related.clone().unwrap();
    assert!(related.iter().any(|found| found.party == cases::relation::Party::Person(person(5))), "its legal person");

    city.send(&of_firm(1), of_case(CaseAct::Withdraw { reason: "示例".to_owned() }));
    assert_eq!(city.awarded(), Money::ZERO, "what is withdrawn takes no room under the cap");
}

#[test]
fn a_half_that_is_refused_leaves_nothing_of_the_whole() {
    let mut city = City::with_an_open_call();
    let before = city.state.digest();
    let mut lacking = fees(24_000_000);
    lacking.benefit = "interest".parse().unwrap();
    // The facts are of another benefit, and the call's window is over a month later.
    city.today = day("2026-03-20");
    let refused = city.try_send(&of_firm(1), application(&city, lacking)).unwrap_err();
    assert!(refused.contains("申报期"), "{refused}");
    assert_eq!(city.state.digest(), before, "the facts were not kept either");
    city.today = day("2026-01-07");
    let stranger = acting(4, Role::DistrictOfficer, "500118");
    assert!(city.try_send(&stranger, application(&city, fees(1))).is_err(), "nobody files for a firm but its people");
}

#[test]
fn a_score_and_a_tie_found_later_change_what_is_computed_and_who_may_act() {
    let mut city = City::with_an_open_call();
    city.send(&of_firm(1), application(&city, fees(24_000_000)));
    let district = acting(4, Role::DistrictOfficer, "500118");
    city.send(&district, of_case(CaseAct::PassDistrict { opinion: "属实".to_owned() }));
    let seats = BTreeMap::from([(person(8), organisation("experts"))]);
    city.send(&officer(2), of_case(CaseAct::SeatExperts { seats }));
    // Firm 2 owns firm 1, and the expert sits on its board: two ties away, found out only now.
    let id = |n| HoldingId(Uuid::from_u128(n));
    let holding = |holder, kind| Holding { holder, kind, from: day("2026-01-05"), until: None };
    let owner = Holder::Organisation { code: firm(2), name: "示例封测2有限公司".to_owned() };
    let owns = holding(owner, HoldingKind::Shareholder("60%".parse().unwrap()));
    let member = Holder::Person { subject: SubjectId(Uuid::from_u128(8)), identity: Digest::of(b"8") };
    let sits = holding(member, HoldingKind::Officer("董事".to_owned()));
    let hold =
        |firm, id, holding| enterprise::Command::Amend { firm, expected: None, change: Change::Hold { id, holding } };
    city.send(&district, hold(firm(1), id(1), owns));
    city.send(&district, hold(firm(2), id(2), sits));
    let expert = acting(8, Role::Expert, "experts");
    let score = || of_case(CaseAct::Score { points: 90, opinion: "好".to_owned() });
    let refused = city.try_send(&expert, score()).unwrap_err();
    assert!(refused.contains("应当回避") && refused.contains("持股"), "{refused}");

    let ended = Change::EndHolding { id: id(2), until: day("2026-01-05") };
    city.send(&district, enterprise::Command::Amend { firm: firm(2), expected: None, change: ended });
    let lines = city.send(&expert, score());
    assert_eq!(lines, 3, "the score, the assessment with it, and that on the case");
    assert_eq!(city.case().stage.kind(), StageKind::CityReview);
    let decision = city.state.subsidy.decision_on(ClaimId(CASE.0)).unwrap();
    assert_eq!(decision.decision.claim.score.map(subsidy::facts::Score::hundredths), Some(9_000));
    assert_eq!(city.case().assessment.unwrap().id.0, decision.decision.id.0);
}
