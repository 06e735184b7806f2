//! A city with an open call, carried out in memory, which remembers what it was sent.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by stories and a benchmark; what cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cases::call::{self, Mode, PlanSentence, Route, Terms};
use cases::document::Document;
use cases::material::{Item, Material};
use cases::performance::{Figure, IndicatorKind, Sheet, Target};
use cases::reduction::Reduction;
use cases::{CallId, CaseId, FundRuleId, basis};
use enterprise::{LegalForm, Registration, Site};
use kernel::{
    Actor, CommandId, CreditCode, Date, Digest, Evidence, Money, OrganisationId, Period, PersonId, Role, Sequence,
    Timestamp,
};
use office::{Act, Command, Envelope, State, carry_out, claims};
use subsidy::facts::{Facts, FeeAttributes, FeeLine, TestFees};
use subsidy::{Claim, ClaimId, Filed};
use uuid::Uuid;

pub const CALL: CallId = CallId(Uuid::from_u128(0xc1));
pub const RULE: FundRuleId = FundRuleId(Uuid::from_u128(0xc3));

/// A city in memory.
pub struct City {
    pub state: State,
    pub today: Date,
    /// Everything it was sent and accepted, with when.
    pub sent: Vec<(Timestamp, Actor, Act)>,
    tried: u128,
    events: u64,
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn organisation(key: &str) -> OrganisationId {
    key.parse().unwrap()
}

pub fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

pub fn acting(n: u128, role: Role, key: &str) -> Actor {
    Actor::Person { person: person(n), role, organisation: organisation(key) }
}

pub fn firm(n: u32) -> CreditCode {
    CreditCode::complete(&format!("91500118TE5T{n:05}")).unwrap()
}

pub fn file(name: &str) -> Evidence {
    Evidence { digest: Digest::of(name.as_bytes()), name: name.to_owned(), size: 1 }
}

pub fn texts(folder: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
    };
    entries.filter(|path| path.is_file()).map(read).collect()
}

impl City {
    pub fn try_send(&mut self, actor: &Actor, act: impl Into<Act>) -> Result<usize, String> {
        self.tried += 1;
        let act = act.into();
        let at = kernel::date::end_of(self.today.yesterday().unwrap()) + jiff::SignedDuration::from_hours(10);
        let id = CommandId(Uuid::from_u128(self.tried));
        let envelope = Envelope { id, actor: actor.clone(), reauthenticated: true, act: act.clone() };
        let carried = carry_out(&self.state, Sequence(self.events + 1), at, envelope).map_err(|why| why.to_string())?;
        self.events += carried.events;
        self.state = carried.state;
        self.sent.push((at, actor.clone(), act));
        Ok(carried.drafts.len())
    }

    pub fn send(&mut self, actor: &Actor, act: impl Into<Act>) -> usize {
        self.try_send(actor, act).unwrap()
    }

    pub fn system(&mut self, command: impl Into<Command>) {
        self.send(&Actor::System, Act::from(command.into()));
    }

    /// Plan, clauses, rules, offices, two firms and an open call.
    pub fn with_an_open_call(firms: u32, route: Route) -> Self {
        let mut city =
            Self { state: State::default(), today: day("2026-01-04"), sent: Vec::new(), tried: 0, events: 0 };
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
        city.firms(firms);
        city.open_call(route);
        let identity = office::city::Identity { name: "示例市".to_owned(), demonstration: true };
        city.system(office::city::Command::Found(identity));
        city
    }

    pub fn people(&mut self) {
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
            (6, Role::Finance, "finance"),
            (8, Role::Expert, "experts"),
        ] {
            self.send(&guard, grant(n, role, key));
        }
    }

    pub fn firms(&mut self, firms: u32) {
        let district = acting(4, Role::DistrictOfficer, "500118");
        let site = Site { district: "500118".parse().unwrap(), township: "示例镇".to_owned(), zone: None };
        for n in 1..=firms {
            let registration = Registration {
                name: format!("示例封测{n}有限公司"),
                legal_form: LegalForm::LimitedLiability,
                registered_on: day("2020-01-02"),
                site: site.clone(),
            };
            self.send(&district, enterprise::Command::Register { firm: firm(n), registration, scope: None });
            let (person, evidence) = (legal_person(n), vec![file("执照")]);
            self.system(accounts::Command::RegisterPerson { person, identity: None });
            self.system(accounts::Command::AppointLegalPerson { firm: firm(n), person, from: self.today, evidence });
        }
    }

    pub fn open_call(&mut self, route: Route) {
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
            parameters: None,
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
            route,
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

pub fn officer(n: u128) -> Actor {
    acting(n, Role::CityOfficer, "economy-information")
}

/// Acts for a firm.
pub fn legal_person(n: u32) -> PersonId {
    person(10_000 + u128::from(n))
}

pub fn of_firm(n: u32) -> Actor {
    acting(10_000 + u128::from(n), Role::Enterprise, firm(n).as_str())
}

/// The case of a firm's claim.
pub fn case(n: u32) -> CaseId {
    CaseId(Uuid::from_u128(0xca5e_0000 + u128::from(n)))
}

pub fn fees(net: i64) -> Claim {
    let attributes = FeeAttributes {
        related: false,
        in_city: true,
        design_firm: true,
        open_capacity: true,
        supports_platform: false,
    };
    let line = FeeLine {
        number: None,
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
        district: None,
        facts: Facts::TestFees(TestFees { opens_capacity: true, lines: vec![line] }),
    }
}

/// What a form sends: the facts and the application, together.
pub fn application(city: &City, n: u32, claim: Claim) -> Act {
    let material = Material {
        claim: claim.filed_digest(),
        applied: Money::from_yuan(1_200_000),
        project: None,
        items: BTreeMap::from([("application".parse().unwrap(), vec![file("申请表")])]),
        supports: BTreeSet::new(),
        received: Vec::new(),
    };
    let applicant = claims::applicant(&city.state, firm(n), city.today).unwrap();
    let submit = cases::Command::Submit { case: case(n), call: CALL, applicant, material };
    let filed = Filed { claim_id: ClaimId(case(n).0), firm: firm(n), claim };
    Act::from(subsidy::Command::FileClaim(filed)).and(submit)
}
