//! The JSON of every event, pinned: what is in a ledger must be read for ever.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics")]

use std::collections::BTreeSet;

use accounts::erasure::{self, Ground};
use accounts::{AuthorisationId, DelegationId, Event, GrantId, OrganisationKind, Scope};
use kernel::{Digest, PersonId, Role};
use uuid::Uuid;

/// One of every event. The match fails to compile when a variant is new: add its sample, then its arm.
fn samples() -> Vec<Event> {
    let day = |text: &str| text.parse().unwrap();
    let (from, until, on) = (day("2026-03-02"), day("2026-12-31"), day("2026-06-01"));
    let person = |n| PersonId(Uuid::from_u128(n));
    let (grant, authorisation) = (GrantId(Uuid::from_u128(10)), AuthorisationId(Uuid::from_u128(20)));
    let delegation = DelegationId(Uuid::from_u128(30));
    let firm = "91330100799655058B".parse().unwrap();
    let district = || "500118".parse().unwrap();
    let reason = || "原因".to_owned();
    let samples = vec![
        Event::OrganisationOpened {
            id: district(),
            kind: OrganisationKind::DistrictGovernment,
            name: "永川区".into(),
            from,
        },
        Event::OrganisationRenamed { id: district(), name: "永川区人民政府".into() },
        Event::OrganisationClosed { id: district(), until, reason: reason() },
        Event::PersonRegistered { person: person(1), identity: Some(Digest::ZERO) },
        Event::PersonSuspended { person: person(1), reason: reason() },
        Event::PersonRestored { person: person(1) },
        Event::Erasure(erasure::Event::Proposed { person: person(1), ground: Ground::PeriodOver }),
        Event::Erasure(erasure::Event::Rejected { person: person(1) }),
        Event::Erasure(erasure::Event::Erased { person: person(1), ground: Ground::PeriodOver }),
        Event::Granted {
            id: grant,
            person: person(1),
            role: Role::DistrictOfficer,
            organisation: district(),
            from,
            until: Some(until),
            proposed: false,
        },
        Event::GrantConfirmed { id: grant },
        Event::GrantRejected { id: grant, reason: reason() },
        Event::GrantRevoked { id: grant, on, reason: reason() },
        Event::LegalPersonAppointed { firm, person: person(2), from, evidence: Vec::new() },
        Event::Authorised {
            id: authorisation,
            firm,
            person: person(3),
            agency: Some("agency-1".parse().unwrap()),
            scopes: BTreeSet::from(Scope::ALL),
            from,
            until,
        },
        Event::AuthorisationAccepted { id: authorisation },
        Event::AuthorisationDeclined { id: authorisation },
        Event::AuthorisationRevoked { id: authorisation, on, reason: reason() },
        Event::HandedOver { firm, from: person(3), to: person(4), on, authorisations: vec![authorisation] },
        Event::Delegated { id: delegation, grant, to: person(5), from, until },
        Event::DelegationEnded { id: delegation, on },
    ];
    let kinds: BTreeSet<u8> = samples.iter().map(kind).collect();
    assert_eq!(kinds.len(), 21, "a sample of every event");
    samples
}

fn kind(event: &Event) -> u8 {
    match event {
        Event::OrganisationOpened { .. } => 0,
        Event::OrganisationRenamed { .. } => 1,
        Event::OrganisationClosed { .. } => 2,
        Event::PersonRegistered { .. } => 3,
        Event::PersonSuspended { .. } => 4,
        Event::PersonRestored { .. } => 5,
        Event::Granted { .. } => 6,
        Event::GrantConfirmed { .. } => 7,
        Event::GrantRejected { .. } => 8,
        Event::GrantRevoked { .. } => 9,
        Event::LegalPersonAppointed { .. } => 10,
        Event::Authorised { .. } => 11,
        Event::AuthorisationAccepted { .. } => 12,
        Event::AuthorisationDeclined { .. } => 13,
        Event::AuthorisationRevoked { .. } => 14,
        Event::HandedOver { .. } => 15,
        Event::Delegated { .. } => 16,
        Event::DelegationEnded { .. } => 17,
        Event::Erasure(erasure::Event::Proposed { .. }) => 18,
        Event::Erasure(erasure::Event::Rejected { .. }) => 19,
        Event::Erasure(erasure::Event::Erased { .. }) => 20,
    }
}

#[test]
fn every_event_keeps_its_json() {
    let lines: Vec<String> = samples().iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    for (line, event) in lines.iter().zip(samples()) {
        assert_eq!(serde_json::from_str::<Event>(line).unwrap(), event, "{line}");
    }
    insta::assert_snapshot!(lines.join("\n"));
}
