//! A city that carries out commands in memory, and does what the office does between contexts.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "shared by several tests; a test that cannot go on panics"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cases::call::{self, Mode, PlanSentence, Route, Terms};
use cases::case::{self, Act, Applicant, Assessment, Happened};
use cases::document::{Citation, Document};
use cases::material::{Item, Material};
use cases::performance::{Figure, IndicatorKind, Sheet, Target};
use cases::reduction::Reduction;
use cases::relation::{Link, Party, Relations, Tie};
use cases::support::Support;
use cases::{AssessmentId, CallId, CaseId, Command, Event, FundRuleId, State, basis, decide, due};
use kernel::{
    Actor, Context, CreditCode, Date, Digest, Evidence, Money, OrganisationId, Period, PersonId, Recorded, Refusal,
    Role, Sequence, WorkingCalendar,
};
use uuid::Uuid;

pub const ISSUER: &str = "economy-information";
pub const FINANCE: &str = "finance";
pub const DISTRICTS: [&str; 2] = ["500107", "500112"];

pub fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn person(n: u128) -> PersonId {
    PersonId(id(n))
}

pub fn organisation(text: &str) -> OrganisationId {
    text.parse().unwrap()
}

pub fn acting(n: u128, role: Role, at: &str) -> Actor {
    Actor::Person { person: person(n), role, organisation: organisation(at) }
}

/// 示例数据: firm n.
pub fn firm(n: u32) -> CreditCode {
    CreditCode::complete(&format!("91500000TE5T{n:05}")).unwrap()
}

/// Its legal person.
pub fn of_firm(n: u32) -> Actor {
    acting(10_000 + u128::from(n), Role::Enterprise, firm(n).as_str())
}

pub fn case(n: u32) -> CaseId {
    CaseId(id(u128::from(n)))
}

pub fn file(name: &str) -> Evidence {
    Evidence { digest: Digest::of(name.as_bytes()), name: name.to_owned(), size: 1024 }
}

pub fn document(title: &str, from: &str) -> Document {
    let (number, issuer) = ("示例〔2026〕1号".to_owned(), organisation(ISSUER));
    Document { title: title.to_owned(), number, issuer, file: file(title), from: day(from), until: None }
}

pub fn citation() -> Citation {
    Citation {
        document: "示例专项资金管理办法".into(), number: "示例〔2026〕1号".into(), article: "第十二条".into()
    }
}

pub const RULE: FundRuleId = FundRuleId(Uuid::from_u128(900));
pub const CALL: CallId = CallId(Uuid::from_u128(800));

pub fn route() -> Route {
    Route { district: true, audit: false, experts: 2, notice_working_days: 7, acceptance_months: Some(6) }
}

pub fn terms(budget: Money, route: Route) -> Terms {
    let item = |key: &str, title: &str, required| Item { key: key.parse().unwrap(), title: title.into(), required };
    Terms {
        title: "2025 年度封装测试费用支持（示例）".into(),
        year: 2025,
        issuer: organisation(ISSUER),
        finance: organisation(FINANCE),
        benefit: "test-fee".parse().unwrap(),
        sentence: PlanSentence { plan: Digest::ZERO, anchor: "三(二)1-句2".parse().unwrap() },
        rule: RULE,
        mode: Mode::Open,
        window: Period::new(day("2026-01-05"), day("2026-02-13")).unwrap(),
        scope: "开放产能的封测企业".into(),
        checklist: vec![
            item("application", "申请表", true),
            item("invoices", "发票清单", true),
            item("contract", "合同", false),
        ],
        budget,
        reduction: Reduction::Proportional,
        route,
        sharing: BTreeMap::new(),
    }
}

pub fn applicant(n: u32) -> Applicant {
    Applicant {
        firm: firm(n),
        district: DISTRICTS[n as usize % 2].parse().unwrap(),
        direct: false,
        small_or_medium: n % 2 == 1,
    }
}

pub fn claim(n: u32) -> Digest {
    Digest::of(&n.to_be_bytes())
}

pub fn material(n: u32, applied: Money) -> Material {
    Material {
        claim: claim(n),
        applied,
        project: None,
        items: BTreeMap::from([
            ("application".parse().unwrap(), vec![file(&format!("{n}-申请表.pdf"))]),
            ("invoices".parse().unwrap(), vec![file(&format!("{n}-发票.xml"))]),
        ]),
        supports: BTreeSet::from([Support::Invoice(format!("{n:020}"))]),
        received: Vec::new(),
    }
}

/// Spring Festival 2026 as the State Council's notice has it, Qingming, Labour Day, National Day.
pub fn calendar() -> WorkingCalendar {
    let run = |from: &str, days: i64| {
        let from = day(from);
        (0..days).map(move |n| from.saturating_add(jiff::Span::new().days(n)))
    };
    let holidays = run("2026-02-15", 9).chain(run("2026-04-04", 3)).chain(run("2026-05-01", 5));
    let holidays = holidays.chain(run("2026-10-01", 7));
    let working = ["2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"].map(day);
    WorkingCalendar::new(holidays, working, Some(day("2026-12-31")))
}

/// State, clock and ledger; what other contexts know of firms.
pub struct City {
    pub state: State,
    pub today: Date,
    pub calendar: Arc<WorkingCalendar>,
    pub links: Vec<Link>,
    pub awards: BTreeMap<CaseId, Money>,
    pub events: Vec<(Recorded, Event)>,
}

impl City {
    /// A city with rules, a fund rule and its review.
    pub fn new() -> Self {
        let mut city = Self {
            state: State::default(),
            today: day("2026-01-04"),
            calendar: Arc::new(calendar()),
            links: Vec::new(),
            awards: BTreeMap::new(),
            events: Vec::new(),
        };
        let text = include_str!("../../../../catalog/case-rules.toml").to_owned();
        city.send(&Actor::System, Command::AdoptRules { text });
        let rule = basis::FundRule {
            id: RULE,
            document: document("示例专项资金管理办法", "2024-01-01"),
            plan: Digest::ZERO,
            anchors: BTreeSet::from(["三(二)1-句2".parse().unwrap()]),
            benefits: BTreeSet::from(["test-fee".parse().unwrap(), "platform".parse().unwrap()]),
        };
        city.send(&officer(1), Command::Basis(basis::Command::RecordRule(rule)));
        city.send(&officer(1), Command::Basis(basis::Command::RecordReview(review("test-fee"))));
        city
    }

    pub fn context(&self, actor: &Actor) -> Context {
        let now = kernel::date::end_of(self.today.yesterday().unwrap());
        let now = now + jiff::SignedDuration::from_hours(10);
        Context { now, actor: actor.clone(), reauthenticated: true, calendar: Arc::clone(&self.calendar) }
    }

    /// Carries out a command and what follows from it.
    pub fn try_send(&mut self, actor: &Actor, command: Command) -> Result<Vec<Event>, Refusal> {
        let context = self.context(actor);
        let events = decide(&self.state, &context, command)?;
        for event in &events {
            let sequence = Sequence(self.events.len() as u64 + 1);
            let recorded = Recorded { sequence, at: context.now, actor: actor.clone() };
            self.state.apply(&recorded, event).unwrap();
            self.events.push((recorded, event.clone()));
        }
        for event in &events {
            self.react(event);
        }
        Ok(events)
    }

    /// As `try_send`, and it is allowed.
    pub fn send(&mut self, actor: &Actor, command: Command) -> Vec<Event> {
        let shown = format!("{command:?}");
        self.try_send(actor, command).unwrap_or_else(|refusal| panic!("{} {actor:?} {shown}: {refusal}", self.today))
    }

    /// The reason for which it is not allowed.
    pub fn refused(&mut self, actor: &Actor, command: Command) -> String {
        match self.try_send(actor, command) {
            Err(refusal) => refusal.reason.into_owned(),
            Ok(events) => panic!("it was allowed: {events:?}"),
        }
    }

    pub fn act(&mut self, actor: &Actor, n: u32, act: Act) -> Vec<Event> {
        self.send(actor, Command::Case { case: case(n), expected: None, act })
    }

    /// What the office does: relations and assessment of what came in.
    fn react(&mut self, event: &Event) {
        let Event::Case { case, happened: Happened::Submitted(_) | Happened::Offered(_) } = event else { return };
        let relations = Relations { links: self.links.clone(), as_of: self.today };
        let record = |act| Command::Case { case: *case, expected: None, act };
        self.send(&Actor::System, record(Act::RecordRelations(relations)));
        if let Some(award) = self.awards.get(case).copied() {
            let claim = self.state.case(*case).unwrap().material().unwrap().claim;
            self.send(&Actor::System, record(Act::RecordAssessment(assessment(*case, claim, award))));
        }
    }

    /// The clock goes on to a day, and the program does what the days demand.
    pub fn on(&mut self, text: &str) {
        self.reach(day(text));
    }

    pub fn reach(&mut self, until: Date) {
        assert!(until >= self.today, "time never runs backwards");
        while self.today < until {
            self.today = self.today.tomorrow().unwrap();
            for (_, command) in due::commands(&self.state, self.today) {
                self.send(&Actor::System, command);
            }
        }
    }

    /// Drafts, targets and publishes a call.
    pub fn publish(&mut self, call: CallId, terms: Terms) {
        let act = |act| Command::Call { call, expected: None, act };
        self.send(&officer(1), act(call::Act::Draft(terms)));
        self.publish_drafted(call);
    }

    pub fn publish_drafted(&mut self, call: CallId) {
        let act = |act| Command::Call { call, expected: None, act };
        let targets =
            vec![Target { name: "支持企业数".into(), kind: IndicatorKind::Output, target: Figure::Count(25) }];
        self.send(&officer(1), act(call::Act::FileSheet(Sheet::Targets(targets))));
        self.send(&officer(1), act(call::Act::Publish { notice: document("申报通知", "2026-01-04") }));
    }

    pub fn stage(&self, n: u32) -> case::StageKind {
        self.state.case(case(n)).unwrap().stage.kind()
    }
}

pub fn assessment(case: CaseId, claim: Digest, award: Money) -> Assessment {
    let id = AssessmentId(case.0);
    Assessment { id, digest: Digest::of(case.0.as_bytes()), claim, ceiling: award, award }
}

pub fn review(benefit: &str) -> basis::FairCompetitionReview {
    basis::FairCompetitionReview {
        benefit: benefit.parse().unwrap(),
        rule: RULE,
        reviewed: file("示例专项资金管理办法").digest,
        body: "示例审查机构".into(),
        on: day("2026-01-03"),
        conclusion: basis::Conclusion::Fair,
        expires: day("2030-12-31"),
        evidence: file("公平竞争审查.pdf"),
    }
}

/// City officers 1, 2, 3.
pub fn officer(n: u128) -> Actor {
    acting(n, Role::CityOfficer, ISSUER)
}

/// The district officer in charge of firm n.
pub fn district_of(n: u32) -> Actor {
    let at = n as usize % 2;
    acting(20 + at as u128, Role::DistrictOfficer, DISTRICTS[at])
}

/// Finance officers 1, 2.
pub fn finance(n: u128) -> Actor {
    acting(30 + n, Role::Finance, FINANCE)
}

/// Experts 1, 2, 3, each of an institute of their own.
pub fn expert(n: u128) -> Actor {
    acting(40 + n, Role::Expert, &format!("institute-{n}"))
}

pub fn kin(n: u32, person: PersonId) -> Link {
    Link { one: Party::Organisation(firm(n).into()), other: Party::Person(person), tie: Tie::Kin }
}
