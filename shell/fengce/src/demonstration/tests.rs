//! The demonstration rehearsed on a State alone, and once, small, in a data directory.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use enterprise::{Stage, view};
use exports::{Standing, write_registers};
use kernel::{Actor, CommandId, Money, Sequence};
use office::evidence::Audience;
use office::{Envelope, State, carry_out};
use plan::lights::{Light, Signal};
use subsidy::{CapPeriod, CapScope};

use super::agenda::{Act, instant};
use super::cast::Account;
use super::*;
use crate::foundation::Foundation;
use crate::founding;

/// Everything that happens, decided and applied without a ledger.
pub(super) fn rehearse(recipe: &Recipe) -> (State, Cast) {
    let foundation = Foundation::embedded();
    let world = World::invent(recipe, &foundation).unwrap();
    let (agenda, cast) = world.agenda(recipe.today);
    let mut city = (State::default(), Sequence(1));
    fn perform(city: &mut (State, Sequence), at: kernel::Timestamp, what: &str, envelope: Envelope) {
        let carried = carry_out(&city.0, city.1, at, envelope).unwrap_or_else(|error| panic!("{what}: {error}"));
        *city = (carried.state, Sequence(city.1.0 + carried.events));
    }
    for (index, (what, _, command)) in founding::beginnings(&foundation, BEGINS).unwrap().into_iter().enumerate() {
        let id = CommandId(uuid::Uuid::from_u128(index as u128 + 1));
        let envelope = Envelope { id, actor: Actor::System, reauthenticated: true, act: office::Act::from(command) };
        perform(&mut city, instant(BEGINS, 8), what, envelope);
    }
    let mut began = None;
    for ((day, hour), acts) in agenda.into_parts().waves {
        if began != Some(day) {
            began = Some(day);
            for (key, command) in office::due::commands(&city.0, day) {
                let id = CommandId(uuid::Uuid::from_u128(u128::from(city.1.0) << 64));
                let envelope =
                    Envelope { id, actor: Actor::System, reauthenticated: true, act: office::Act::from(command) };
                perform(&mut city, instant(day, hour), &key, envelope);
            }
        }
        for Act { envelope, what } in acts {
            perform(&mut city, instant(day, hour), &what, envelope);
        }
    }
    (city.0, cast)
}

const SMALL: Recipe = Recipe { seed: 7, firms: 14, today: date(2024, 7, 15) };
pub(super) const FULL: Recipe = Recipe { seed: 2023, firms: FIRMS, today: date(2026, 11, 23) };

/// The full city, rehearsed once for all tests.
pub(super) static CITY: LazyLock<(State, Vec<Account>)> = LazyLock::new(|| {
    let (state, cast) = rehearse(&FULL);
    (state, cast.accounts)
});

#[test]
fn the_same_seed_makes_the_same_city_and_another_another() {
    let digest = |recipe: &Recipe| rehearse(recipe).0.digest();
    assert_eq!(digest(&SMALL), digest(&SMALL));
    assert_ne!(digest(&SMALL), digest(&Recipe { seed: 8, ..SMALL }));
}

#[test]
fn the_full_city_shows_what_a_visitor_comes_for() {
    let (state, accounts) = &*CITY;
    let today = FULL.today;
    let plan = state.plan.plan_on(&"chongqing-2023".parse().unwrap(), today).unwrap().clone();
    // Goals: five comparable years, about 160 亿元, newcomers of whom one is large.
    let standing = |goal: &str| {
        let goal = plan.goal(&goal.parse().unwrap()).unwrap();
        let indicator = plan.indicator(&goal.indicator).unwrap();
        office::evidence::observations(state, indicator, today, Audience::Offices)
    };
    let revenue: Vec<f64> = standing("G1").iter().map(|seen| yuan(seen.value) / 1e8).collect();
    assert_eq!(revenue.len(), 5, "{revenue:?}");
    assert!((150.0..165.0).contains(&revenue[4]), "{revenue:?}");
    assert!(revenue.windows(2).all(|pair| pair[0] < pair[1]), "{revenue:?}");
    // The public reads releases: every year, the last one near what is signed off, captive work apart.
    let g1 = plan.goal(&"G1".parse().unwrap()).unwrap();
    let indicator = plan.indicator(&g1.indicator).unwrap();
    let public = office::evidence::observations(state, indicator, today, Audience::Public);
    assert_eq!(public.len(), 5);
    for (seen, live) in public.iter().zip(&revenue) {
        let gap = (yuan(seen.value) / 1e8 - live).abs();
        assert!(gap < 0.03 * live && seen.apart.is_some(), "{seen:?} beside {live}");
    }
    let count = |goal| standing(goal).last().map(|seen| seen.value);
    assert!(matches!(count("G2"), Some(plan::parts::Figure::Count(6..=8))), "{:?}", count("G2"));
    assert_eq!(count("G3"), Some(plan::parts::Figure::Count(1)));
    // Lights of every colour, each with a reason.
    let calendar = state.city.calendar();
    let mut lights = BTreeSet::new();
    for task in &plan.tasks {
        let standing = plan::lights::standing(&state.plan, &plan, &task.anchor, calendar, today);
        if let Some(standing) = standing
            && let Signal::Light(light) = standing.signal
        {
            lights.insert(light);
        }
    }
    assert_eq!(lights, BTreeSet::from([Light::Green, Light::Yellow, Light::Red]));
    // Work for everybody.
    let district = "500902".parse().unwrap();
    assert!(!view::waiting_for_district(&state.enterprise, district, today).is_empty());
    assert!(!view::waiting_for_city(&state.enterprise).is_empty());
    let second = accounts.iter().find(|account| account.login == "qiye2").unwrap();
    let returned = state.enterprise.open_filings().filter(|filing| matches!(filing.stage, Stage::Returned { .. }));
    let firms: Vec<_> = returned.map(|filing| filing.firm).collect();
    assert!(firms.iter().any(|firm| state.accounts.legal_person(*firm, today) == Some(second.person)));
    let reminders = office::due::due(state, today);
    assert!(reminders.iter().any(|due| due.to == second.person && due.key.starts_with("returned:")));
    let once: BTreeSet<_> = reminders.iter().map(|due| (due.to, &due.key)).collect();
    assert_eq!(once.len(), reminders.len());
}

#[test]
fn every_reminder_leads_to_a_page() {
    let (state, _) = &*CITY;
    let registers = std::sync::Arc::new(crate::pages::registers());
    let exports = exports::Exports::new(std::path::PathBuf::new(), 0, registers);
    let routes = crate::pages::routes(&std::sync::Arc::new(exports));
    let pages = routes.iter().map(web::Route::card).filter(|card| card.method == web::Method::Get);
    let patterns: Vec<Vec<&str>> = pages.map(|card| card.pattern.split('/').collect()).collect();
    let exists = |link: &str| {
        let parts: Vec<&str> = link.split('/').collect();
        let fits = |(pattern, part): (&&str, &&str)| pattern.starts_with('{') || pattern == part;
        patterns.iter().any(|pattern| pattern.len() == parts.len() && pattern.iter().zip(&parts).all(fits))
    };
    let reminders = office::due::due(state, FULL.today);
    let astray: BTreeSet<_> = reminders.iter().map(|due| &due.link).filter(|link| !exists(link)).collect();
    assert!(!reminders.is_empty() && astray.is_empty(), "{astray:?}");
}

fn yuan(figure: plan::parts::Figure) -> f64 {
    match figure {
        plan::parts::Figure::Money(money) => money.fen() as f64 / 100.0,
        plan::parts::Figure::Count(count) => count as f64,
    }
}

#[test]
fn awards_stop_exactly_at_their_caps() {
    let (state, _) = &*CITY;
    let reached = |benefit: &str, period, year, cap| {
        let benefit = benefit.parse().unwrap();
        let accounts = state.subsidy.accounts().filter(|((_, key), _)| *key == benefit);
        let used: Vec<Money> =
            accounts.map(|(_, account)| account.used(CapScope::Enterprise, period, year, None)).collect();
        assert!(used.iter().all(|used| *used <= cap), "{used:?}");
        used.contains(&cap)
    };
    assert!(reached("interest", CapPeriod::Lifetime, 2025, Money::from_yuan(20_000_000)));
    assert!(reached("test-fee", CapPeriod::Year, 2025, Money::from_yuan(2_000_000)));
    let decisions = state.subsidy.decisions().count();
    assert!((80..=120).contains(&decisions), "{decisions}");
}

#[test]
fn every_account_can_act_in_its_role_today() {
    let (state, accounts) = &*CITY;
    for account in accounts {
        let choices = accounts::grants_of(&state.accounts, account.person, FULL.today);
        assert!(choices.iter().any(|choice| choice.role == account.role), "{}", account.login);
    }
}

#[test]
fn whatever_is_done_is_done_by_somebody_who_may() {
    // The accounts permit each act on its day, whatever the office checks.
    let world = World::invent(&SMALL, &Foundation::embedded()).unwrap();
    let (agenda, _) = world.agenda(SMALL.today);
    let (state, _) = rehearse(&SMALL);
    for ((day, _), acts) in agenda.into_parts().waves {
        for Act { envelope, what } in acts {
            let needs_no_role = |command: &office::Command| matches!(command, office::Command::Accounts(command) if command.needs_no_role());
            let free = envelope.act.commands().iter().all(needs_no_role);
            let permitted = accounts::choice::permits(&state.accounts, &envelope.actor, None, day);
            assert!(free || permitted.is_ok(), "{what} {day}: {permitted:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_city_in_a_directory_reopens_verifies_and_exports() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("demo");
    let recipe = Recipe { firms: 6, today: date(2024, 3, 20), ..SMALL };
    assert!(!prepare(&dir).unwrap());
    let made = make(&dir, &recipe, &Foundation::embedded()).await.unwrap();
    assert!(prepare(&dir).unwrap(), "it is there now");
    let clock = std::sync::Arc::new(office::SystemClock);
    let hall = office::Hall::open(&dir, clock, |_| ()).await.unwrap();
    let published = hall.office.published();
    assert_eq!(published.state.digest(), made.digest, "replay gives the same State");
    assert!(published.state.city.identity().is_some_and(|identity| identity.demonstration));
    let log = hall.store().log.clone();
    let report = ledger::verify::verify(log.as_ref(), &[], |_| ()).await.unwrap();
    assert_eq!(report.events, made.events);
    let out = place.path().join("registers.sqlite");
    let standing = Standing { as_of: recipe.today, made_at: hall.office.now() };
    let written = write_registers(&crate::pages::registers(), &published.state, standing, &out).await;
    assert!(written.is_ok() && out.exists());
    crate::tick::tick(&hall, &[]).await;
    crate::tick::tick(&hall, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_finished_is_made_anew_and_what_is_foreign_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("demo");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(making::UNFINISHED), "").unwrap();
    std::fs::write(dir.join("rest"), "half").unwrap();
    assert!(!prepare(&dir).unwrap());
    assert!(!dir.exists());
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("letter.txt"), "mine").unwrap();
    assert!(matches!(prepare(&dir), Err(MakeError::Foreign(_))));
    assert!(dir.join("letter.txt").exists());
}
