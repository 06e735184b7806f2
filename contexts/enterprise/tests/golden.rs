//! The JSON of every event, pinned: what is in a ledger must be read for ever.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use common::*;
use enterprise::baseline::{Baseline, BaselineId};
use enterprise::firm::Operation;
use enterprise::relation::{Holder, Holding, HoldingId, HoldingKind, SubjectId};
use enterprise::standing::{
    AnnualCheck, Consent, ConsentId, Honour, HonourId, HonourLevel, Recognition, RecognitionId,
};
use enterprise::{Change, Event, FirmType, filing};
use kernel::{Deadline, Digest, Period};
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn day(text: &str) -> kernel::Date {
    text.parse().unwrap()
}

fn due() -> Deadline {
    Deadline { due: day("2026-03-16"), started: day("2026-03-02") }
}

/// One of every change. The match fails to compile when a variant is new: add its sample, then its arm.
fn changes() -> Vec<Change> {
    let valid = Period::new(day("2026-01-01"), day("2026-12-31")).unwrap();
    let (on, from, reason) = (day("2026-02-01"), day("2026-02-01"), || "原因".to_owned());
    let honour = Honour {
        title: "专精特新中小企业".into(),
        level: HonourLevel::City,
        document: "示例1号".into(),
        valid,
        revoked: None,
    };
    let recognition = Recognition {
        kind: "platform".into(),
        document: "示例2号".into(),
        valid,
        checks: BTreeMap::new(),
        withdrawn: None,
    };
    let holder = Holder::Organisation { code: firm(2), name: "示例控股".into() };
    let person = Holder::Person { subject: SubjectId(id(7)), identity: Digest::ZERO };
    let foreign = Holder::Foreign { name: "Example Ltd".into() };
    let hold =
        |n, holder, kind| Change::Hold { id: HoldingId(id(n)), holding: Holding { holder, kind, from, until: None } };
    let consent = Consent {
        to: DEPARTMENT.parse().unwrap(),
        what: "订单".into(),
        purpose: "对接".into(),
        valid,
        withdrawn: None,
    };
    let samples = vec![
        Change::Rename { name: "新名".into(), from },
        Change::Move { site: site(BEIBEI, "水土街道"), from },
        Change::EnterScope(entry("2024-01-01")),
        Change::LeaveScope { from, reason: reason() },
        Change::Operate { operation: Operation::Suspended, from, reason: reason() },
        Change::Classify { types: BTreeSet::from([FirmType::Osat]), segments: BTreeSet::from(["pkg-qfn".to_owned()]) },
        Change::AwardHonour { id: HonourId(id(1)), honour, evidence: vec![evidence("授牌.pdf")] },
        Change::RevokeHonour { id: HonourId(id(1)), on, reason: reason() },
        Change::Recognise { id: RecognitionId(id(2)), recognition, evidence: Vec::new() },
        Change::CheckRecognition {
            id: RecognitionId(id(2)),
            year: 2025,
            check: AnnualCheck { on, passed: true, opinion: "合格".into() },
        },
        Change::WithdrawRecognition { id: RecognitionId(id(2)), on, reason: reason() },
        hold(3, holder, HoldingKind::Shareholder("60%".parse().unwrap())),
        hold(4, person, HoldingKind::Officer("董事".into())),
        hold(5, foreign, HoldingKind::Controller),
        Change::EndHolding { id: HoldingId(id(3)), until: on },
        Change::GiveConsent { id: ConsentId(id(6)), consent },
        Change::WithdrawConsent { id: ConsentId(id(6)), on },
    ];
    let mut kinds = BTreeSet::new();
    for sample in &samples {
        kinds.insert(match sample {
            Change::Rename { .. } => 0,
            Change::Move { .. } => 1,
            Change::EnterScope(_) => 2,
            Change::LeaveScope { .. } => 3,
            Change::Operate { .. } => 4,
            Change::Classify { .. } => 5,
            Change::AwardHonour { .. } => 6,
            Change::RevokeHonour { .. } => 7,
            Change::Recognise { .. } => 8,
            Change::CheckRecognition { .. } => 9,
            Change::WithdrawRecognition { .. } => 10,
            Change::Hold { .. } => 11,
            Change::EndHolding { .. } => 12,
            Change::GiveConsent { .. } => 13,
            Change::WithdrawConsent { .. } => 14,
        });
    }
    assert_eq!(kinds.len(), 15, "a sample of every change");
    samples
}

/// One of every event on filings.
fn filings() -> Vec<filing::Event> {
    let (id, reason) = (filing_id(1), || "原因".to_owned());
    let samples = vec![
        filing::Event::Filed {
            id,
            firm: firm(1),
            year: 2025,
            corrects: None,
            material: material(60_000_000, 5_000_000).into(),
            due: due(),
        },
        filing::Event::Filed {
            id,
            firm: firm(1),
            year: 2025,
            corrects: Some((filing_id(2), reason())),
            material: material(1, 0).into(),
            due: due(),
        },
        filing::Event::Resubmitted { id, material: material(1, 0).into(), due: due() },
        filing::Event::Withdrawn { id, reason: reason() },
        filing::Event::Verified { id, division: BEIBEI.parse().unwrap(), opinion: Some("属实".into()), due: due() },
        filing::Event::Returned { id, reason: reason() },
        filing::Event::SignedOff { id, opinion: None, supersedes: Some(filing_id(2)) },
    ];
    let mut kinds = BTreeSet::new();
    for sample in &samples {
        kinds.insert(match sample {
            filing::Event::Filed { .. } => 0,
            filing::Event::Resubmitted { .. } => 1,
            filing::Event::Withdrawn { .. } => 2,
            filing::Event::Verified { .. } => 3,
            filing::Event::Returned { .. } => 4,
            filing::Event::SignedOff { .. } => 5,
        });
    }
    assert_eq!(kinds.len(), 6, "a sample of every filing event");
    samples
}

/// A statistical return can only be made by a command, or read from a ledger line.
const RETURNED: &str = r#"{"returned":{"id":"00000000-0000-0000-0000-000000000008","firm":"91330100799655058B",
    "form":{"number":"示例-101","approval":"国统制〔2025〕0号","valid":["2026-01-01","2026-12-31"]},
    "period":["2025-01-01","2025-12-31"],"items":{"A01":12345678}}}"#;

fn samples() -> Vec<Event> {
    let files = BTreeMap::from([("chain.toml".to_owned(), "…".to_owned())]);
    let baseline = Baseline {
        id: BaselineId(id(9)),
        day: day("2023-12-31"),
        firms: BTreeSet::from([firm(1)]),
        basis: "年度名录".into(),
        evidence: Vec::new(),
    };
    let mut samples = vec![
        Event::CatalogAdopted { digest: Digest::ZERO, files },
        Event::Registered {
            firm: firm(1),
            registration: registration("示例", site(BEIBEI, "水土街道")),
            scope: Some(entry("2021-06-01")),
        },
        serde_json::from_str(RETURNED).unwrap(),
        Event::BaselineTaken(Arc::new(baseline)),
    ];
    samples.extend(changes().into_iter().map(|change| Event::Amended { firm: firm(1), change }));
    samples.extend(filings().into_iter().map(Event::Filing));
    let mut kinds = BTreeSet::new();
    for sample in &samples {
        kinds.insert(match sample {
            Event::CatalogAdopted { .. } => 0,
            Event::Registered { .. } => 1,
            Event::Amended { .. } => 2,
            Event::Filing(_) => 3,
            Event::Returned(_) => 4,
            Event::BaselineTaken(_) => 5,
        });
    }
    assert_eq!(kinds.len(), 6, "a sample of every event");
    samples
}

#[test]
fn every_event_keeps_its_json() {
    let lines: Vec<String> = samples().iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    for (line, event) in lines.iter().zip(samples()) {
        assert_eq!(serde_json::from_str::<Event>(line).unwrap(), event, "{line}");
    }
    insta::assert_snapshot!(lines.join("\n"));
}
