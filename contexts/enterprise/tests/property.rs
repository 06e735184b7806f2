//! Random commands on filings agree with a table kept the naive way.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics")]

mod common;

use common::*;
use enterprise::filing::StageKind;
use enterprise::revenue::revenue;
use enterprise::{Command, State};
use kernel::{Actor, Money, Year};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Act {
    File { corrects: Option<u128>, year: Year, contract: i64, captive: i64 },
    Resubmit { contract: i64 },
    Withdraw,
    Verify,
    Return,
    SignOff,
}

/// An act on filing `id` of firm `of`, by somebody.
#[derive(Clone, Copy, Debug)]
struct Try {
    act: Act,
    id: u128,
    of: u32,
    who: Who,
    person: u128,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Firm(u32),
    Agent(u32),
    District(&'static str),
    Department,
    Elsewhere,
}

impl Who {
    fn actor(self, person: u128) -> Actor {
        match self {
            Self::Firm(n) => enterprise(person, firm(n)),
            Self::Agent(n) => agent(person, firm(n)),
            Self::District(code) => district(person, code),
            Self::Department => department(person),
            Self::Elsewhere => other_department(person),
        }
    }
}

/// Where each of the two firms stands.
const HOME: [&str; 2] = [YONGCHUAN, BEIBEI];

/// A row of the naive table.
#[derive(Clone, Debug)]
struct Row {
    id: u128,
    firm: u32,
    year: Year,
    corrects: Option<u128>,
    stage: StageKind,
    amount: i64,
    senders: Vec<u128>,
    verifier: u128,
}

#[derive(Default)]
struct Table(Vec<Row>);

impl Table {
    /// Does what is allowed; answers whether it was.
    fn attempt(&mut self, attempt: Try) -> bool {
        let Try { act, id, of, who, person } = attempt;
        let at = self.0.iter().position(|row| row.id == id);
        if let Act::File { corrects, year, contract, .. } = act {
            // Captive work is not in the sum.
            return at.is_none() && self.file(attempt, corrects, year, contract, of);
        }
        let Some(at) = at else { return false };
        let row = self.0[at].clone();
        let owner = matches!(who, Who::Firm(n) | Who::Agent(n) if n == row.firm);
        let local = who == Who::District(HOME[row.firm as usize]);
        let sent = row.senders.contains(&person);
        let to = match (act, row.stage) {
            (Act::Resubmit { .. }, StageKind::Returned) if owner => StageKind::Filed,
            (Act::Withdraw, StageKind::Filed) if owner => StageKind::Returned,
            (Act::Verify, StageKind::Filed) if local && !sent => StageKind::Verified,
            (Act::Return, StageKind::Filed) if local => StageKind::Returned,
            (Act::Return, StageKind::Verified) if who == Who::Department => StageKind::Returned,
            (Act::SignOff, StageKind::Verified) if who == Who::Department && !sent && person != row.verifier => {
                StageKind::SignedOff
            }
            _ => return false,
        };
        self.0[at].stage = to;
        match act {
            Act::Resubmit { contract } => {
                self.0[at].amount = contract;
                self.0[at].senders.push(person);
            }
            Act::Verify => self.0[at].verifier = person,
            Act::SignOff => {
                for old in self.0.iter_mut().filter(|old| Some(old.id) == row.corrects) {
                    old.stage = StageKind::Superseded;
                }
            }
            _ => {}
        }
        true
    }

    fn file(&mut self, attempt: Try, corrects: Option<u128>, year: Year, amount: i64, firm: u32) -> bool {
        let Try { id, who, person, .. } = attempt;
        let same = |row: &&Row| row.firm == firm && row.year == year;
        let open = [StageKind::Filed, StageKind::Returned, StageKind::Verified];
        let counting = self.0.iter().filter(same).find(|row| row.stage == StageKind::SignedOff).map(|row| row.id);
        let allowed = matches!(who, Who::Firm(n) | Who::Agent(n) if n == firm)
            && !self.0.iter().filter(same).any(|row| open.contains(&row.stage))
            && counting == corrects;
        if allowed {
            let (stage, senders) = (StageKind::Filed, vec![person]);
            self.0.push(Row { id, firm, year, corrects, stage, amount, senders, verifier: 0 });
        }
        allowed
    }

    /// Sum and number of rows in a stage.
    fn sum(&self, year: Year, stage: StageKind) -> (i64, usize) {
        let rows: Vec<_> = self.0.iter().filter(|row| row.year == year && row.stage == stage).collect();
        (rows.iter().map(|row| row.amount).sum(), rows.len())
    }
}

fn attempts() -> impl Strategy<Value = Vec<Try>> {
    let amount = || 1_i64..1_000_000_000;
    let act = prop_oneof![
        4 => (proptest::option::weighted(0.7, 1_u128..7), prop_oneof![9 => Just(2025), 1 => Just(2024)], amount(), 0_i64..1_000_000).prop_map(
            |(corrects, year, contract, captive)| Act::File { corrects, year, contract, captive }
        ),
        2 => amount().prop_map(|contract| Act::Resubmit { contract }),
        1 => Just(Act::Withdraw),
        6 => Just(Act::Verify),
        1 => Just(Act::Return),
        6 => Just(Act::SignOff),
    ];
    // Mostly whoever may, so that sequences get somewhere.
    (proptest::collection::vec((act, 1_u128..7, 0_u32..2, 0_u8..30, 1_u128..8), 40..160)).prop_map(|tries| {
        tries.into_iter().map(|(act, id, of, chance, person)| fitting(act, id, of, chance, person)).collect()
    })
}

fn fitting(act: Act, id: u128, of: u32, chance: u8, person: u128) -> Try {
    // An id belongs to one firm, and a correction mostly names one of the same firm's.
    let owner = (id % 2) as u32;
    let act = match act {
        Act::File { corrects: Some(old), year, contract, captive } if chance > 3 => {
            Act::File { corrects: Some(old - old % 2 + id % 2), year, contract, captive }
        }
        other => other,
    };
    let right = match act {
        Act::File { .. } | Act::Resubmit { .. } | Act::Withdraw => Who::Firm(owner),
        Act::Verify => Who::District(HOME[owner as usize]),
        Act::SignOff => Who::Department,
        Act::Return => [Who::District(HOME[owner as usize]), Who::Department][chance as usize % 2],
    };
    let who = match chance {
        0 => Who::Agent(of),
        1 => Who::District(BEIBEI),
        2 => Who::Department,
        3 => Who::Elsewhere,
        _ => right,
    };
    Try { act, id, of: owner, who, person: person + if chance.is_multiple_of(2) { 10 } else { 0 } }
}

fn command(attempt: Try) -> Command {
    let Try { act, id, of, .. } = attempt;
    match act {
        Act::File { corrects: None, year, contract, captive } => file(id, firm(of), year, material(contract, captive)),
        Act::File { corrects: Some(old), year, contract, captive } => {
            correct(id, old, firm(of), year, material(contract, captive))
        }
        Act::Resubmit { contract } => resubmit(id, material(contract, 0)),
        Act::Withdraw => withdraw(id),
        Act::Verify => verify(id),
        Act::Return => send_back(id),
        Act::SignOff => sign_off(id),
    }
}

fn agrees(state: &State, table: &Table) {
    for year in [2024, 2025] {
        let revenue = revenue(state, year, None).unwrap();
        let (sum, count) = table.sum(year, StageKind::SignedOff);
        assert_eq!(revenue.total(), Money::from_yuan(sum));
        assert_eq!(revenue.signed_off.firms as usize, count, "each firm once");
        let stages = state.filings().filter(|filing| filing.year == year);
        let mut stages: Vec<_> = stages.map(|filing| filing.stage.kind()).collect();
        let mut expected: Vec<_> = table.0.iter().filter(|row| row.year == year).map(|row| row.stage).collect();
        stages.sort();
        expected.sort();
        assert_eq!(stages, expected);
    }
    assert_eq!(state.open_filings().count(), state.filings().filter(|filing| filing.stage.is_open()).count());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn filings_agree_with_a_naive_table(tries in attempts()) {
        let mut city = City::on("2026-03-02");
        for n in 0..2 {
            city.found(firm(n), "示例", site(HOME[n as usize], ""));
        }
        let mut table = Table::default();
        for attempt in tries {
            let allowed = table.attempt(attempt);
            let sent = city.send(attempt.who.actor(attempt.person), command(attempt));
            prop_assert_eq!(sent.is_ok(), allowed, "{:?}: {:?}", attempt, sent);
        }
        agrees(&city.state, &table);
        prop_assert_eq!(city.replayed().digest(), city.state.digest());
        agrees(&city.replayed(), &table);
    }
}

/// The generator must reach the interesting ends, or the property says little.
#[test]
fn sequences_reach_corrections() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut reached = (0, 0);
    for _ in 0..500 {
        let mut table = Table::default();
        for attempt in attempts().new_tree(&mut runner).unwrap().current() {
            table.attempt(attempt);
        }
        let has = |stage| i32::from(table.0.iter().any(|row| row.stage == stage));
        reached = (reached.0 + has(StageKind::SignedOff), reached.1 + has(StageKind::Superseded));
    }
    assert!(reached.0 > 200 && reached.1 > 20, "{reached:?}");
}
