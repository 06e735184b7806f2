//! The JSON of every event, pinned: what is in a ledger must be read for ever.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use cases::adverse::{self, Intended, Kind, Made, Method, Remedy, Route as Turn, Service, Statement};
use cases::call::{self, Settlement};
use cases::case::{AuditReport, Complete, Happened, Level, Next, Offer, Submission};
use cases::challenge::{self, Against, Complaint, Objection, Report};
use cases::material::Changes;
use cases::meeting::Meeting;
use cases::notice::Notice;
use cases::payment::{self, Channel, FundingPlan, Order};
use cases::performance::{Attained, Figure, IndicatorKind, Sheet, Target};
use cases::proactive::ProvenFact;
use cases::reduction::{Last, Order as QueueOrder, Reduction};
use cases::relation::{Party, Related, Tie};
use cases::support::{OtherFunding, Received, Support};
use cases::voucher::{Payee, Voucher};
use cases::{AdverseId, ComplaintId, Event, FundingPlanId, MeetingId, NoticeId, ObjectionId, OrderId, ReportId, basis};
use common::*;
use kernel::{Deadline, Digest, Money};

fn due() -> Deadline {
    Deadline { due: day("2026-03-16"), started: day("2026-03-02") }
}

fn words() -> String {
    "说明".to_owned()
}

fn yuan() -> Money {
    Money::from_yuan(1)
}

fn received() -> Received {
    Received { department: "示例部门".into(), document: "示例〔2025〕7号".into(), amount: yuan() }
}

/// One of everything that happens to a call. The match fails to compile when a variant is new: add its sample, then
/// its arm.
fn calls() -> Vec<call::Happened> {
    let mut queued = terms(yuan(), route());
    queued.reduction = Reduction::Queue { order: QueueOrder::Score, last: Last::Partly };
    queued.sharing = BTreeMap::from([("platform".parse().unwrap(), words())]);
    let settlement =
        Settlement { reduction: Reduction::Proportional, available: yuan(), asked: yuan(), given: yuan(), cases: 3 };
    let target =
        Target { name: words(), kind: IndicatorKind::Satisfaction, target: Figure::Share("90%".parse().unwrap()) };
    let attained = |value| Attained { name: words(), value, deviation: Some(words()) };
    let samples = vec![
        call::Happened::Drafted(terms(yuan(), route()).into()),
        call::Happened::Amended(queued.into()),
        call::Happened::Published { notice: document("申报通知", "2026-01-04").into() },
        call::Happened::Opened,
        call::Happened::Closed { due: due() },
        call::Happened::Settled(settlement),
        call::Happened::SheetFiled(Sheet::Targets(vec![target])),
        call::Happened::SheetFiled(Sheet::MidYear(vec![attained(Figure::Count(3))])),
        call::Happened::SheetFiled(Sheet::SelfAssessment {
            attained: vec![attained(Figure::Amount(yuan()))],
            score: 90,
            conclusion: words(),
        }),
    ];
    let kind = |happened: &call::Happened| match happened {
        call::Happened::Drafted(_) => 0,
        call::Happened::Amended(_) => 1,
        call::Happened::Published { .. } => 2,
        call::Happened::Opened => 3,
        call::Happened::Closed { .. } => 4,
        call::Happened::Settled(_) => 5,
        call::Happened::SheetFiled(Sheet::Targets(_)) => 6,
        call::Happened::SheetFiled(Sheet::MidYear(_)) => 7,
        call::Happened::SheetFiled(Sheet::SelfAssessment { .. }) => 8,
    };
    complete(samples, kind, 9)
}

/// All samples, if there is one of every kind.
fn complete<T>(samples: Vec<T>, kind: impl Fn(&T) -> usize, kinds: usize) -> Vec<T> {
    let seen: BTreeSet<_> = samples.iter().map(kind).collect();
    assert_eq!(seen, (0..kinds).collect(), "a sample of every kind");
    samples
}

fn cases_() -> Vec<Happened> {
    let fact = ProvenFact {
        what: words(),
        supplier: organisation("taxation"),
        authorisation: words(),
        file: file("汇总.csv"),
        as_of: day("2026-01-10"),
    };
    let mut loans = material(1, yuan());
    (loans.project, loans.received) = (Some(words()), vec![received()]);
    loans.supports = BTreeSet::from([Support::Loan("示例银行 2024-1".into())]);
    let offer = Offer { call: CALL, applicant: applicant(2), material: loans.into(), facts: vec![fact], due: due() };
    let next = Next::DistrictReview { due: due() };
    let submission = Submission { call: CALL, applicant: applicant(1), material: material(1, yuan()).into(), next };
    let changes = Changes {
        claim: Some(Digest::ZERO),
        applied: Some(yuan()),
        items: BTreeMap::from([("contract".parse().unwrap(), vec![file("合同.pdf")])]),
        supports: Some(BTreeSet::new()),
        received: Some(Vec::new()),
    };
    let audit = AuditReport {
        auditor: organisation("audit-firm"),
        verified: yuan(),
        opinion: words(),
        report: file("审计.pdf"),
    };
    let party = |party, tie| Related { party, ties: vec![tie] };
    let related = vec![
        party(Party::Person(person(1)), Tie::Kin),
        party(Party::Organisation(organisation("parent")), Tie::Shareholder("60%".parse().unwrap())),
        party(Party::Outside(Digest::ZERO), Tie::Officer("董事".into())),
        party(Party::Person(person(2)), Tie::Controller),
        party(Party::Person(person(3)), Tie::Employee),
        party(Party::Person(person(4)), Tie::Declared(words())),
    ];
    let finished = Complete { average: 8_750, due: due() };
    let (order, voucher) = (OrderId(id(1)), || "GK-1".parse().unwrap());
    let (adverse, objection) = (AdverseId(id(1)), ObjectionId(id(1)));
    let scored = |complete| Happened::Scored { expert: person(41), points: 88, opinion: words(), complete };
    let paid =
        |acceptance| Happened::Paid { order, voucher: voucher(), amount: yuan(), on: day("2026-04-14"), acceptance };
    let samples = vec![
        Happened::Submitted(Box::new(submission)),
        Happened::Offered(Box::new(offer)),
        Happened::Consented { received: vec![received()] },
        Happened::Declined { reason: words() },
        Happened::Withdrawn { reason: words() },
        Happened::DistrictPassed { opinion: words(), next: Next::Audit { due: due() } },
        Happened::DistrictPassed { opinion: words(), next: Next::ExpertReview { due: due() } },
        Happened::Returned {
            by: Level::City,
            reason: words(),
            wanted: BTreeSet::from(["contract".parse().unwrap()]),
            due: due(),
        },
        Happened::Resubmitted { changes: changes.into(), due: due() },
        Happened::AuditorChosen { auditor: organisation("audit-firm") },
        Happened::Audited { audit: audit.into(), next: Next::CityReview { due: due() } },
        Happened::ExpertsSeated { seats: BTreeMap::from([(person(41), organisation("institute-1"))]) },
        scored(None),
        scored(Some(finished)),
        Happened::Recused { person: person(41), grounds: words(), complete: None },
        Happened::RelationsRecorded { related: related.into(), as_of: day("2026-01-12") },
        Happened::Assessed(assessment(case(1), claim(1), yuan())),
        Happened::Reassigned { district: "500157".parse().unwrap() },
        Happened::Recommended { opinion: words() },
        Happened::Settled { rank: 1, share: yuan(), due: due() },
        Happened::Decided { amount: yuan(), meeting: MeetingId(id(1)), due: due() },
        Happened::Noticed { notice: NoticeId(id(1)), until: due() },
        Happened::Objected { objection },
        Happened::ObjectionDismissed { objection, reasons: words() },
        Happened::ObjectionUpheld { objection, reasons: words(), share: yuan(), due: due() },
        Happened::Confirmed { due: due() },
        Happened::Planned { plan: FundingPlanId(id(1)), due: due() },
        Happened::Ordered { order, amount: yuan(), due: due() },
        Happened::OrderCancelled { order, reason: words(), due: due() },
        paid(None),
        paid(Some(due())),
        Happened::ReturnedByBank { order, voucher: voucher(), amount: yuan(), reason: words(), due: due() },
        Happened::Accepted { passed: true, opinion: words(), report: file("验收.pdf") },
        Happened::AdverseProposed { adverse, clawback: true },
        Happened::AdverseDropped { adverse },
        Happened::Rejected { adverse },
        Happened::ClawbackDecided { adverse, owed: yuan(), due: due() },
        Happened::AdverseRevoked { adverse, due: due() },
        Happened::InstalmentReceived { receipt: "JK-1".parse().unwrap(), amount: yuan(), on: day("2026-10-12") },
    ];
    let kind = |happened: &Happened| match happened {
        Happened::Submitted(_) => 0,
        Happened::Offered(_) => 1,
        Happened::Consented { .. } => 2,
        Happened::Declined { .. } => 3,
        Happened::Withdrawn { .. } => 4,
        Happened::DistrictPassed { .. } => 5,
        Happened::Returned { .. } => 6,
        Happened::Resubmitted { .. } => 7,
        Happened::AuditorChosen { .. } => 8,
        Happened::Audited { .. } => 9,
        Happened::ExpertsSeated { .. } => 10,
        Happened::Scored { .. } => 11,
        Happened::Recused { .. } => 12,
        Happened::RelationsRecorded { .. } => 13,
        Happened::Assessed(_) => 14,
        Happened::Reassigned { .. } => 15,
        Happened::Recommended { .. } => 16,
        Happened::Settled { .. } => 17,
        Happened::Decided { .. } => 18,
        Happened::Noticed { .. } => 19,
        Happened::Objected { .. } => 20,
        Happened::ObjectionDismissed { .. } => 21,
        Happened::ObjectionUpheld { .. } => 22,
        Happened::Confirmed { .. } => 23,
        Happened::Planned { .. } => 24,
        Happened::Ordered { .. } => 25,
        Happened::OrderCancelled { .. } => 26,
        Happened::Paid { .. } => 27,
        Happened::ReturnedByBank { .. } => 28,
        Happened::Accepted { .. } => 29,
        Happened::AdverseProposed { .. } => 30,
        Happened::AdverseDropped { .. } => 31,
        Happened::Rejected { .. } => 32,
        Happened::ClawbackDecided { .. } => 33,
        Happened::AdverseRevoked { .. } => 34,
        Happened::InstalmentReceived { .. } => 35,
    };
    complete(samples, kind, 36)
}

fn decisions() -> Vec<adverse::Happened> {
    let intended = |kind| {
        adverse::Happened::Proposed(
            Intended {
                case: case(1),
                firm: firm(1),
                kind,
                reasons: words(),
                basis: vec![citation()],
                notice: file("告知.pdf"),
                until: due(),
            }
            .into(),
        )
    };
    let made = Made {
        document: file("决定.pdf"),
        answer: Some(words()),
        remedy: Remedy { reconsideration: words(), court: words() },
        bar_until: Some(day("2029-09-28")),
    };
    let service = |method| Service {
        method,
        on: day("2026-03-06"),
        proof: file("回证.pdf"),
        reconsideration: due(),
        litigation: due(),
    };
    let methods = [Method::Direct, Method::Post, Method::Electronic, Method::Left, Method::Announcement];
    let mut samples = vec![
        intended(Kind::Rejection),
        intended(Kind::Clawback(yuan())),
        intended(Kind::Bar),
        adverse::Happened::Spoke(Statement { file: file("申辩.pdf"), hearing: true }),
        adverse::Happened::Heard { record: file("笔录.pdf"), due: due() },
        adverse::Happened::Dropped { reason: words() },
        adverse::Happened::Made { made: made.into(), due: due() },
        adverse::Happened::Contested { route: Turn::Reconsideration, document: file("受理.pdf") },
        adverse::Happened::Contested { route: Turn::Litigation, document: file("应诉.pdf") },
        adverse::Happened::Resolved { upheld: false, document: file("判决.pdf") },
        adverse::Happened::BecameFinal,
    ];
    samples.extend(methods.map(|method| adverse::Happened::Served(service(method).into())));
    let kind = |happened: &adverse::Happened| match happened {
        adverse::Happened::Proposed(_) => 0,
        adverse::Happened::Spoke(_) => 1,
        adverse::Happened::Heard { .. } => 2,
        adverse::Happened::Dropped { .. } => 3,
        adverse::Happened::Made { .. } => 4,
        adverse::Happened::Served(_) => 5,
        adverse::Happened::Contested { .. } => 6,
        adverse::Happened::Resolved { .. } => 7,
        adverse::Happened::BecameFinal => 8,
    };
    complete(samples, kind, 9)
}

fn payments() -> Vec<payment::Event> {
    let (order, voucher) = (OrderId(id(1)), || "GK-1".parse().unwrap());
    let issued = |channel| {
        let account = Digest::ZERO;
        let order = Order { id: order, case: case(1), firm: firm(1), amount: yuan(), channel, account };
        payment::Event::Issued(Box::new(order))
    };
    let paid = |payee, order| Voucher { number: voucher(), amount: yuan(), on: day("2026-04-14"), payee, order };
    let samples = vec![
        issued(Channel::Treasury),
        issued(Channel::District("500112".parse().unwrap())),
        payment::Event::Cancelled { order, reason: words() },
        payment::Event::Imported {
            file: file("国库回单.csv"),
            vouchers: vec![
                paid(Payee::Firm(firm(1)), None),
                paid(Payee::District("500112".parse().unwrap()), Some(order)),
            ],
        },
        payment::Event::Matched { voucher: voucher(), order },
        payment::Event::Returned {
            voucher: voucher(),
            order,
            on: day("2026-04-17"),
            reason: words(),
            proof: file("退票.pdf"),
        },
        payment::Event::Received {
            receipt: "JK-1".parse().unwrap(),
            case: case(1),
            amount: yuan(),
            on: day("2026-10-12"),
            proof: file("缴款.pdf"),
        },
    ];
    let kind = |event: &payment::Event| match event {
        payment::Event::Issued(_) => 0,
        payment::Event::Cancelled { .. } => 1,
        payment::Event::Imported { .. } => 2,
        payment::Event::Matched { .. } => 3,
        payment::Event::Returned { .. } => 4,
        payment::Event::Received { .. } => 5,
    };
    complete(samples, kind, 6)
}

fn challenges() -> Vec<challenge::Event> {
    let (statement, contact, due) = (|| file("书面.pdf"), Some(Digest::ZERO), due());
    let objection = ObjectionId(id(1));
    let complaint = |against| {
        let complaint =
            Complaint { id: ComplaintId(id(1)), case: case(1), against, statement: statement(), contact, due };
        challenge::Event::Complained(Box::new(complaint))
    };
    let samples = vec![
        challenge::Event::Objected(Box::new(Objection {
            id: objection,
            case: case(1),
            notice: NoticeId(id(1)),
            statement: statement(),
            contact,
            due,
        })),
        challenge::Event::ObjectionAnswered { id: objection, upheld: true, reasons: words() },
        complaint(Against::Person(person(2))),
        complaint(Against::Office(organisation(ISSUER))),
        challenge::Event::ComplaintAnswered { id: ComplaintId(id(1)), upheld: false, reasons: words() },
        challenge::Event::Reported(Box::new(Report {
            id: ReportId(id(1)),
            case: case(1),
            statement: statement(),
            contact: None,
            due,
        })),
        challenge::Event::ReportClosed { id: ReportId(id(1)), upheld: false, reasons: words() },
    ];
    let kind = |event: &challenge::Event| match event {
        challenge::Event::Objected(_) => 0,
        challenge::Event::ObjectionAnswered { .. } => 1,
        challenge::Event::Complained(_) => 2,
        challenge::Event::ComplaintAnswered { .. } => 3,
        challenge::Event::Reported(_) => 4,
        challenge::Event::ReportClosed { .. } => 5,
    };
    complete(samples, kind, 6)
}

fn samples() -> Vec<Event> {
    let rule = basis::FundRule {
        id: RULE,
        document: document("办法", "2024-01-01"),
        plan: Digest::ZERO,
        anchors: BTreeSet::from(["三(二)1-句2".parse().unwrap()]),
        benefits: BTreeSet::from(["test-fee".parse().unwrap()]),
    };
    let mut exception = review("test-fee");
    exception.conclusion = basis::Conclusion::Exception(words());
    let meeting = Meeting {
        id: MeetingId(id(1)),
        call: CALL,
        on: day("2026-03-24"),
        minutes: file("纪要.pdf"),
        attendees: BTreeSet::from([person(51)]),
        recused: BTreeMap::from([(case(4), BTreeSet::from([person(51)]))]),
    };
    let notice = Notice {
        id: NoticeId(id(1)),
        call: CALL,
        url: "https://example.org/notice".into(),
        capture: file("截图.pdf"),
        on: day("2026-03-25"),
        until: due(),
        cases: BTreeMap::from([(case(1), yuan())]),
    };
    let plan = FundingPlan {
        id: FundingPlanId(id(1)),
        call: CALL,
        number: words(),
        document: file("计划.pdf"),
        amounts: BTreeMap::from([(case(1), yuan())]),
    };
    let funding = OtherFunding {
        firm: firm(1),
        department: words(),
        programme: words(),
        document: "示例〔2025〕7号".into(),
        amount: yuan(),
        on: day("2025-11-03"),
        supports: BTreeSet::from([Support::Invoice("1".into())]),
        file: Digest::ZERO,
    };
    let mut samples = vec![
        Event::RulesAdopted { digest: Digest::ZERO, text: "…".into() },
        Event::Basis(basis::Event::RuleRecorded(Box::new(rule))),
        Event::Basis(basis::Event::Reviewed(Box::new(review("test-fee")))),
        Event::Basis(basis::Event::Reviewed(Box::new(exception))),
        Event::Invited { call: CALL, firm: firm(1), missing: vec![words()] },
        Event::MeetingHeld(Box::new(meeting)),
        Event::NoticePublished(Box::new(notice)),
        Event::Planned(Box::new(plan)),
        Event::OtherFundingImported(vec![funding]),
    ];
    samples.extend(calls().into_iter().map(|happened| Event::Call { call: CALL, happened }));
    samples.extend(cases_().into_iter().map(|happened| Event::Case { case: case(1), happened }));
    samples.extend(payments().into_iter().map(Event::Payment));
    samples.extend(decisions().into_iter().map(|happened| Event::Adverse { adverse: AdverseId(id(1)), happened }));
    samples.extend(challenges().into_iter().map(Event::Challenge));
    let kind = |event: &Event| match event {
        Event::RulesAdopted { .. } => 0,
        Event::Basis(basis::Event::RuleRecorded(_)) => 1,
        Event::Basis(basis::Event::Reviewed(_)) => 2,
        Event::Invited { .. } => 3,
        Event::MeetingHeld(_) => 4,
        Event::NoticePublished(_) => 5,
        Event::Planned(_) => 6,
        Event::OtherFundingImported(_) => 7,
        Event::Call { .. } => 8,
        Event::Case { .. } => 9,
        Event::Payment(_) => 10,
        Event::Adverse { .. } => 11,
        Event::Challenge(_) => 12,
    };
    complete(samples, kind, 13)
}

#[test]
fn every_event_keeps_its_json() {
    let lines: Vec<String> = samples().iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    for (line, event) in lines.iter().zip(samples()) {
        assert_eq!(serde_json::from_str::<Event>(line).unwrap(), event, "{line}");
    }
    insta::assert_snapshot!(lines.join("\n"));
}
