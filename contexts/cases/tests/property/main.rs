//! Random commands, thousands of steps: what the crate allows and what a naive table allows are the same, and the money
//! invariants hold after each.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

#[path = "../common/mod.rs"]
mod common;
mod table;
mod world;

use proptest::prelude::*;
use table::{At, Op, Role, Who};
use world::World;

/// A step: what, with whom, about which firm, with which quantity; all taken modulo what there is.
type Step = (u8, u8, u8, u8);

/// Everybody who acts: three officers, one of whom files for firm 2 too; an officer of each district; two of finance;
/// two experts.
const PEOPLE: [Who; 9] = [
    Who { person: 1, role: Role::City, at: 0 },
    Who { person: 2, role: Role::City, at: 0 },
    Who { person: 3, role: Role::City, at: 0 },
    Who { person: 20, role: Role::District, at: 0 },
    Who { person: 21, role: Role::District, at: 1 },
    Who { person: 31, role: Role::Finance, at: 0 },
    Who { person: 32, role: Role::Finance, at: 0 },
    Who { person: 41, role: Role::Expert, at: 1 },
    Who { person: 42, role: Role::Expert, at: 2 },
];

/// Who files for a firm: for firm 2, officer 2.
fn filer(firm: u32) -> Who {
    let person = if firm == 2 { 2 } else { 10_000 + firm };
    Who { person, role: Role::Firm, at: firm }
}

fn pick(people: &[Who], n: u8) -> Who {
    people[n as usize % people.len()]
}

fn of(role: Role, n: u8) -> Who {
    let people: Vec<_> = PEOPLE.into_iter().filter(|who| who.role == role).collect();
    pick(&people, n)
}

/// What would come next for the firm's case, by somebody of the right office.
fn natural(world: &World, firm: u32, who: u8, n: u8) -> (Who, Op) {
    let part = n % 4;
    let Some(row) = world.row_of(firm) else { return (filer(firm), Op::Submit { shared: n.is_multiple_of(5) }) };
    let district = of(Role::District, (firm % 2) as u8);
    let (city, finance) = (of(Role::City, who), of(Role::Finance, who));
    match row.at {
        At::District => (district, if n.is_multiple_of(8) { Op::Return } else { Op::Pass }),
        At::Experts => {
            let unscored = row.seats.iter().find(|(_, points)| points.is_none());
            match unscored {
                Some((person, _)) => {
                    let expert = PEOPLE.into_iter().find(|who| who.person == *person).unwrap();
                    (expert, Op::Score { points: n % 100 })
                }
                None => (city, Op::Seat { expert: 41 + u32::from(n % 2) }),
            }
        }
        At::City | At::Confirmed if n % 6 == 1 => (city, Op::Reject),
        At::Proposed if n % 16 == 5 => (filer(firm), Op::Withdraw),
        At::City => (city, if n.is_multiple_of(8) { Op::Return } else { Op::Recommend }),
        At::ReturnedByDistrict | At::ReturnedByCity => (filer(firm), Op::Resubmit),
        At::Recommended if !world.closed => (city, Op::Days { days: 3 }),
        At::Recommended | At::Waitlisted => (city, Op::Settle),
        At::Proposed => (city, Op::Decide { part: n % 3 }),
        At::Decided => (city, Op::Notice),
        At::Noticed if !row.open.is_empty() => (city, Op::Answer { upheld: n.is_multiple_of(3) }),
        At::Noticed => (city, if n.is_multiple_of(4) { Op::Object } else { Op::Days { days: 5 } }),
        At::Confirmed => (city, Op::Plan),
        At::Planned => (finance, Op::Order),
        At::Ordered => (
            finance,
            if n.is_multiple_of(8) {
                Op::Cancel
            } else {
                Op::Voucher { named: n.is_multiple_of(2), short: n % 6 == 2 }
            },
        ),
        At::Paid if n.is_multiple_of(4) => (finance, Op::BankReturn),
        At::Paid => (city, Op::Accept { passed: n.is_multiple_of(2) }),
        At::Failed => (city, Op::Claw { part }),
        At::Closed => (city, if n.is_multiple_of(2) { Op::Claw { part } } else { Op::Days { days: 1 } }),
        At::Adverse => (
            city,
            if n.is_multiple_of(6) {
                Op::Drop
            } else if n.is_multiple_of(3) {
                Op::Days { days: 4 }
            } else {
                Op::Make
            },
        ),
        At::Repaying if !n.is_multiple_of(4) => (finance, Op::Instalment { part }),
        At::Rejected | At::Repaying | At::Repaid => {
            (city, [Op::Serve, Op::Contest, Op::Resolve { upheld: n.is_multiple_of(3) }][n as usize % 3])
        }
        At::Withdrawn => (filer(firm), Op::Submit { shared: n.is_multiple_of(5) }),
    }
}

/// Anything, by anybody.
fn anything(firm: u32, kind: u8, who: u8, n: u8) -> (Who, Op) {
    let part = n % 4;
    let ops = [
        Op::Submit { shared: n.is_multiple_of(2) },
        Op::Pass,
        Op::Return,
        Op::Resubmit,
        Op::Seat { expert: 41 + u32::from(n % 2) },
        Op::Score { points: n },
        Op::Recuse,
        Op::Recommend,
        Op::Settle,
        Op::Decide { part },
        Op::Notice,
        Op::Object,
        Op::Answer { upheld: n.is_multiple_of(2) },
        Op::Plan,
        Op::Order,
        Op::Cancel,
        Op::Voucher { named: n.is_multiple_of(2), short: n.is_multiple_of(3) },
        Op::BankReturn,
        Op::Accept { passed: n.is_multiple_of(2) },
        Op::Reject,
        Op::Claw { part },
        Op::Drop,
        Op::Make,
        Op::Serve,
        Op::Contest,
        Op::Resolve { upheld: n.is_multiple_of(2) },
        Op::Instalment { part },
        Op::Withdraw,
        Op::Days { days: 1 + n % 8 },
    ];
    let everybody: Vec<_> = PEOPLE.into_iter().chain([filer(firm), filer(2)]).collect();
    (pick(&everybody, who), ops[kind as usize % ops.len()])
}

fn run(steps: Vec<Step>) {
    let mut world = World::new();
    for (kind, who, firm, n) in steps {
        let firm = u32::from(firm % 5) + 1;
        let (who, op) = if kind < 190 { natural(&world, firm, who, n) } else { anything(firm, kind, who, n) };
        world.step(firm, who, op);
    }
    world.replayed();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_shrink_iters: 2_000, ..ProptestConfig::default() })]
    #[test]
    fn the_crate_and_the_table_agree(steps in proptest::collection::vec(any::<Step>(), 300..500)) {
        run(steps);
    }
}

/// Many steps of one fixed sequence: every stage is reached, or the test proves little.
#[test]
fn the_steps_reach_every_stage() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_be_bytes()
    };
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let mut world = World::new();
        for _ in 0..500 {
            let [kind, who, firm, n, ..] = next();
            let firm = u32::from(firm % 5) + 1;
            let (who, op) = if kind < 210 { natural(&world, firm, who, n) } else { anything(firm, kind, who, n) };
            world.step(firm, who, op);
            reached.extend(world.rows.iter().map(|row| format!("{:?}", row.at)));
        }
    }
    assert_eq!(reached.len(), 21, "{reached:?}");
}
