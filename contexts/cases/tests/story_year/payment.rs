//! Money goes out, part of it through a district, some of it twice.

use cases::payment::{Channel, NewOrder};
use cases::voucher::{Payee, Voucher};
use cases::{Command, FundingPlanId, StageKind};
use kernel::{Money, Role};

use crate::common::*;
use crate::{fen, number, order, share, survivors};

pub fn plan(n: u128, cases: impl IntoIterator<Item = u32>) -> Command {
    Command::PlanFunding {
        plan: FundingPlanId(id(n)),
        call: CALL,
        number: "示例资金计划 1 号".into(),
        document: file("资金计划.pdf"),
        cases: cases.into_iter().map(case).collect(),
    }
}

pub fn orders(orders: impl IntoIterator<Item = (u128, u32)>) -> Command {
    let new = |(n, of): (u128, u32)| NewOrder {
        id: order(n),
        case: case(of),
        channel: if of == 9 { Channel::District(DISTRICTS[1].parse().unwrap()) } else { Channel::Treasury },
        account: kernel::Digest::of(&of.to_be_bytes()),
    };
    Command::IssueOrders(orders.into_iter().map(new).collect())
}

pub fn paid(name: &str, payee: Payee, amount: Money, on: &str) -> Voucher {
    Voucher { number: number(name), amount, on: day(on), payee, order: None }
}

pub fn import(name: &str, vouchers: Vec<Voucher>) -> Command {
    Command::ImportVouchers { file: file(name), vouchers }
}

pub fn money_goes_out(city: &mut City) {
    city.on("2026-04-08");
    let all = || survivors().filter(|n| *n != 5);
    city.send(&officer(2), plan(1, all()));
    let total = city.state.funding_plan(FundingPlanId(id(1))).unwrap().plan.total();
    assert_eq!(total, fen(2_880_000_000 - 33_333_333));
    city.on("2026-04-10");
    city.send(&finance(1), orders(all().map(|n| (u128::from(n), n))));
    city.on("2026-04-15");
    let voucher = |n: u32, amount| paid(&format!("GK-{n}"), Payee::Firm(firm(n)), amount, "2026-04-14");
    let mut rows: Vec<_> = all().filter(|n| *n != 12).map(|n| voucher(n, share(n))).collect();
    // Firm 9 is paid through its district; for firm 12 the file is a fen short.
    rows.push(paid("QX-9", Payee::District(DISTRICTS[1].parse().unwrap()), share(9), "2026-04-13"));
    rows.push(voucher(12, share(12) - fen(1)));
    let district_first = rows.len() - 2;
    rows.swap(0, district_first);
    assert!(city.refused(&officer(1), import("国库回单.csv", rows.clone())).contains("财政"));
    city.send(&finance(2), import("国库回单.csv", rows.clone()));
    assert!(city.refused(&finance(2), import("国库回单.csv", rows.clone())).contains("已经导入过"));
    assert!(city.refused(&finance(2), import("国库回单-副本.csv", rows)).contains("凭证"), "not under another name");
    assert_eq!(city.stage(9), StageKind::Paid, "both legs in one file");
    assert_eq!(city.stage(12), StageKind::Ordered);
    assert_eq!(city.state.in_transit().count(), 1);
    let by_hand =
        |voucher: &str, n: u32| Command::MatchVoucher { voucher: number(voucher), order: order(u128::from(n)) };
    assert!(city.refused(&finance(2), by_hand("GK-12", 12)).contains("不符"), "a fen is a fen");
    assert!(city.refused(&finance(2), by_hand("GK-1", 12)).contains("已经对应"));
    let elsewhere = acting(39, Role::Finance, "another-finance");
    let missing = paid("GK-12B", Payee::Firm(firm(12)), share(12), "2026-04-15");
    city.send(&elsewhere, import("国库补单.csv", vec![missing]));
    assert_eq!(city.stage(12), StageKind::Ordered, "another finance office imports and does not match");
    assert!(city.refused(&elsewhere, by_hand("GK-12B", 12)).contains("由该机构人员办理"));
    city.send(&finance(2), by_hand("GK-12B", 12));
    assert_eq!(city.stage(12), StageKind::Paid);
    assert!(city.refused(&finance(1), import("空.csv", Vec::new())).contains("没有凭证"));

    // The bank sends firm 7's money back; it is ordered and paid again.
    city.on("2026-04-20");
    let back = Command::ReturnVoucher {
        voucher: number("GK-7"),
        on: day("2026-04-17"),
        reason: "户名不符".into(),
        proof: file("退票通知.pdf"),
    };
    city.send(&finance(1), back.clone());
    assert!(city.refused(&finance(1), back).contains("已经退回"));
    let sent_back = city.state.voucher(&number("GK-7")).unwrap().back.clone().unwrap();
    assert_eq!((sent_back.on, &sent_back.proof), (day("2026-04-17"), &file("退票通知.pdf")));
    assert_eq!((city.stage(7), city.state.case(case(7)).unwrap().purse.net()), (StageKind::Planned, Money::ZERO));
    city.send(&finance(2), orders([(107, 7)]));
    city.on("2026-04-24");
    let again = paid("GK-7B", Payee::Firm(firm(7)), share(7), "2026-04-23");
    city.send(&finance(2), import("国库回单-2.csv", vec![again]));
    assert_eq!(city.stage(7), StageKind::Ordered, "whoever ordered does not match: it stays in transit");
    city.send(&finance(1), by_hand("GK-7B", 107));
    assert_eq!(city.stage(7), StageKind::Paid);
}
