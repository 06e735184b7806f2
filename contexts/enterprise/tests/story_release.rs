//! What the public reads of a year's revenue moves in steps that hide single firms.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics")]

mod common;

use common::*;
use enterprise::Command;
use enterprise::filing::Material;
use enterprise::publication::Withheld;
use enterprise::release::withheld;
use kernel::{Actor, Money};

/// A filing all the way to the signature.
fn signed(city: &mut City, id: u128, n: u32, material: Material) {
    city.accepts(enterprise(1, firm(n)), file(id, firm(n), 2025, material));
    city.accepts(district(20, YONGCHUAN), verify(id));
    city.accepts(department(30), sign_off(id));
}

fn corrected(city: &mut City, id: u128, old: u128, n: u32, material: Material) {
    city.accepts(enterprise(1, firm(n)), correct(id, old, firm(n), 2025, material));
    city.accepts(district(20, YONGCHUAN), verify(id));
    city.accepts(department(30), sign_off(id));
}

/// Total and captive part in yuan, as the public reads them.
fn read(city: &City) -> Option<(i64, Option<i64>)> {
    let release = &city.state.released(2025)?.release;
    let yuan = |money: Money| money.fen() / 100;
    Some((yuan(release.total), release.captive.map(yuan)))
}

#[test]
fn the_public_reads_the_last_release_and_no_release_tells_on_a_firm() {
    let mut city = City::on("2026-03-02");
    for n in 0..9 {
        city.found(firm(n), "示例封测厂", site(YONGCHUAN, "大安街道"));
    }
    let publish = |city: &mut City| city.send(Actor::System, Command::Publish);
    assert!(publish(&mut city).is_err(), "nothing is signed off");
    signed(&mut city, 1, 0, material(10_000_000, 1_000_000));
    signed(&mut city, 2, 1, material(12_000_000, 0));
    assert!(publish(&mut city).is_err());
    assert_eq!(withheld(&city.state, 2025), Some(Withheld::FewFirms));
    signed(&mut city, 3, 2, material(14_000_000, 2_000_000));
    city.refuses(department(30), Command::Publish, "由系统");
    publish(&mut city).unwrap();
    assert_eq!(read(&city), Some((36_000_000, None)), "two firms with captive work are too few");
    let first = city.state.digest();

    city.today("2026-04-01");
    signed(&mut city, 4, 3, material(16_000_000, 3_000_000));
    signed(&mut city, 5, 4, material(18_000_000, 0));
    assert!(publish(&mut city).is_err(), "two more would be told together");
    assert_eq!(read(&city), Some((36_000_000, None)));
    assert_ne!(city.state.digest(), first);
    signed(&mut city, 6, 5, material(20_000_000, 0));
    publish(&mut city).unwrap();
    assert_eq!(read(&city), Some((90_000_000, Some(6_000_000))));

    city.today("2026-05-06");
    corrected(&mut city, 7, 1, 0, material(9_000_000, 1_000_000));
    signed(&mut city, 8, 6, material(1_000, 0));
    signed(&mut city, 9, 7, material(1_000, 0));
    assert!(publish(&mut city).is_err(), "three firms changed, and one is nearly all of it");
    signed(&mut city, 10, 8, material(2_000_000, 4_000_000));
    publish(&mut city).unwrap();
    assert_eq!(read(&city), Some((91_002_000, Some(6_000_000))).map(|(total, _)| (total, None)), "a lone captive firm");
    assert_eq!(city.state.releases(2025).count(), 3);
    assert_eq!(city.state.released_amounts(2025).unwrap().get(&firm(0)), Some(&Money::from_yuan(9_000_000)));
    assert_eq!(city.replayed().digest(), city.state.digest());
}

#[test]
fn a_year_is_published_at_most_once_a_month() {
    let mut city = City::on("2026-03-02");
    for n in 0..6 {
        city.found(firm(n), "示例封测厂", site(YONGCHUAN, "大安街道"));
    }
    for n in 0..3 {
        signed(&mut city, u128::from(n) + 1, n, material(10_000_000, 0));
    }
    city.accepts(Actor::System, Command::Publish);
    for n in 3..6 {
        signed(&mut city, u128::from(n) + 1, n, material(10_000_000, 0));
    }
    city.refuses(Actor::System, Command::Publish, "没有可以公布的变化");
    city.today("2026-03-31");
    city.refuses(Actor::System, Command::Publish, "没有可以公布的变化");
    city.today("2026-04-01");
    city.accepts(Actor::System, Command::Publish);
    assert_eq!(read(&city), Some((60_000_000, Some(0))), "nobody has captive work: nothing to hide");
}
