//! Whatever administrators try, nobody ever holds two of their roles, and each role stays held.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics")]

use std::sync::Arc;

use accounts::organisation::ADMINISTRATORS;
use accounts::{Command, GrantId, OrganisationKind, State, decide, grants_of, permits};
use kernel::{Actor, Context, Date, PersonId, Recorded, Role, Sequence, Timestamp, WorkingCalendar};
use proptest::prelude::*;
use uuid::Uuid;

fn person(n: u8) -> PersonId {
    PersonId(Uuid::from_u128(n.into()))
}

fn grant(n: u8) -> GrantId {
    GrantId(Uuid::from_u128(n.into()))
}

const TODAY: Date = jiff::civil::date(2026, 3, 2);

fn give(id: u8, to: u8, role: u8) -> Command {
    let (role, organisation) = (ADMINISTRATORS[usize::from(role % 3)], "system".parse().unwrap());
    Command::Grant { id: grant(id), person: person(to), role, organisation, from: TODAY, until: None }
}

fn send(state: &mut State, actor: Actor, command: Command) -> bool {
    let now: Timestamp = jiff::tz::offset(8).to_timestamp(TODAY.at(9, 0, 0, 0)).unwrap();
    let calendar = Arc::new(WorkingCalendar::default());
    let context = Context { now, actor: actor.clone(), reauthenticated: true, calendar };
    let decided = permits(state, &actor, None, TODAY).and_then(|()| decide(state, &context, command));
    let Ok(events) = decided else { return false };
    for event in events {
        state.apply(&Recorded { sequence: Sequence(1), at: now, actor: actor.clone() }, &event).unwrap();
    }
    true
}

/// Five people; 0, 1 and 2 begin as system, security and audit administrator.
fn founded() -> State {
    let mut state = State::default();
    let (id, kind) = ("system".parse().unwrap(), OrganisationKind::System);
    let open = Command::OpenOrganisation { id, kind, name: "本系统".into(), from: TODAY };
    assert!(send(&mut state, Actor::System, open));
    for n in 0..5 {
        assert!(send(&mut state, Actor::System, Command::RegisterPerson { person: person(n), identity: None }));
    }
    for n in 0..3 {
        assert!(send(&mut state, Actor::System, give(n, n, n)));
    }
    state
}

fn command(kind: u8, id: u8, to: u8, role: u8) -> Command {
    let reason = || "随机".to_owned();
    match kind {
        0 | 1 => give(id, to, role),
        2 | 3 => Command::ConfirmGrant { id: grant(id) },
        4 => Command::RejectGrant { id: grant(id), reason: reason() },
        5 => Command::RevokeGrant { id: grant(id), expected: None, reason: reason() },
        6 => Command::SuspendPerson { person: person(to), reason: reason() },
        _ => Command::RestorePerson { person: person(to) },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn administrators_stay_apart(tries in proptest::collection::vec((0_u8..5, 0_u8..8, 0_u8..12, 0_u8..5, 0_u8..3), 1..120)) {
        let mut state = founded();
        for (by, kind, id, to, role) in tries {
            // In whichever role that person holds, so that attempts get somewhere.
            let held = grants_of(&state, person(by), TODAY).first().map_or(Role::SecurityAdministrator, |choice| choice.role);
            let actor = Actor::Person { person: person(by), role: held, organisation: "system".parse().unwrap() };
            send(&mut state, actor, command(kind, id, to, role));
            let of = |n| grants_of(&state, person(n), TODAY);
            for n in 0..5 {
                prop_assert!(of(n).len() <= 1, "person {} holds {:?}", n, of(n));
            }
            for role in ADMINISTRATORS {
                prop_assert!((0..5).any(|n| of(n).iter().any(|choice| choice.role == role)), "nobody is {:?}", role);
            }
        }
    }
}
