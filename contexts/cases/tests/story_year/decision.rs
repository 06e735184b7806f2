//! A meeting decides, the public is asked, and an objection leads to less.

use std::collections::BTreeMap;

use cases::challenge::{self, Against};
use cases::meeting::Meeting;
use cases::notice::Publication;
use cases::voucher::Payee;
use cases::{Command, ComplaintId, MeetingId, NoticeId, ObjectionId, ReportId, StageKind};
use kernel::{Actor, Money, Role};

use crate::common::*;
use crate::payment::{import, orders, paid, plan};
use crate::{fen, share, survivors};

fn meeting(n: u128, attendees: &[u128], amounts: impl IntoIterator<Item = (u32, Money)>, on: &str) -> Command {
    let meeting = Meeting {
        id: MeetingId(id(n)),
        call: CALL,
        on: day(on),
        minutes: file("会议纪要.pdf"),
        attendees: attendees.iter().map(|n| person(*n)).collect(),
        recused: BTreeMap::new(),
    };
    let resolutions = amounts.into_iter().map(|(n, amount)| (case(n), amount)).collect();
    Command::HoldMeeting { meeting, resolutions }
}

fn notice(n: u128, cases: impl IntoIterator<Item = u32>, on: &str) -> Command {
    Command::PublishNotice(Publication {
        id: NoticeId(id(n)),
        call: CALL,
        url: "https://example.org/notice".into(),
        capture: file("公示截图.pdf"),
        on: day(on),
        cases: cases.into_iter().map(case).collect(),
    })
}

pub fn the_meeting_decides_and_the_public_is_asked(city: &mut City) {
    city.on("2026-03-24");
    let more = [(1, share(1) + fen(1))];
    assert!(city.refused(&officer(2), meeting(1, &[51, 52], more, "2026-03-24")).contains("超过"));
    let related = meeting(1, &[41, 51], [(4, share(4))], "2026-03-24");
    assert!(city.refused(&officer(2), related).contains("回避"), "expert 1 sits in the meeting");
    let all = || survivors().map(|n| (n, share(n)));
    assert!(city.refused(&officer(1), meeting(1, &[51], all(), "2026-03-24")).contains("相邻"), "recommended them");
    city.send(&officer(2), meeting(1, &[51, 52], all(), "2026-03-24"));
    city.on("2026-03-25");
    assert!(city.refused(&officer(2), notice(1, survivors(), "2026-03-25")).contains("相邻"));
    city.send(&officer(3), notice(1, survivors(), "2026-03-25"));
    assert_eq!(city.state.notice(NoticeId(id(1))).unwrap().until.due, day("2026-04-03"), "seven working days");

    city.on("2026-03-30");
    let object = |n: u32| challenge::Command::Object {
        id: ObjectionId(id(u128::from(n))),
        case: case(n),
        statement: file("异议书.pdf"),
        contact: None,
    };
    for n in [5, 6] {
        city.send(&Actor::System, Command::Challenge(object(n)));
    }
    let before = city.state.case(case(11)).unwrap().clone();
    let report = challenge::Command::Report {
        id: ReportId(id(11)),
        case: case(11),
        statement: file("举报信.pdf"),
        contact: None,
    };
    city.send(&Actor::System, Command::Challenge(report));
    assert_eq!(*city.state.case(case(11)).unwrap(), before, "a report leaves no trace on the case");
    let discipline = acting(60, Role::Discipline, "discipline-office");
    assert_eq!(city.state.reports_for(&officer(1)).count(), 0);
    assert_eq!(city.state.reports_for(&discipline).count(), 1);
    let close = |id| challenge::Command::CloseReport { id, upheld: false, reasons: "查无实据".into() };
    assert!(city.try_send(&officer(1), Command::Challenge(close(ReportId(id(11))))).is_err());
    city.send(&discipline, Command::Challenge(close(ReportId(id(11)))));
    let complain = challenge::Command::Complain {
        id: ComplaintId(id(7)),
        case: case(7),
        against: Against::Person(person(2)),
        statement: file("投诉书.pdf"),
        contact: None,
    };
    city.send(&of_firm(7), Command::Challenge(complain));
    assert_eq!(city.state.complaints_for(&officer(2)).count(), 0, "not to whom it is about");
    let group = acting(70, Role::WorkingGroup, "working-group");
    assert_eq!(city.state.complaints_for(&group).count(), 1);

    city.on("2026-04-02");
    let answer = |n: u32, upheld| {
        let id = ObjectionId(id(u128::from(n)));
        Command::Challenge(challenge::Command::AnswerObjection { id, upheld, reasons: "经复核".into() })
    };
    assert!(city.refused(&officer(3), answer(6, false)).contains("相邻"), "published the notice");
    city.send(&officer(1), answer(6, false));
    city.send(&officer(1), answer(5, true));
    assert_eq!(city.stage(5), StageKind::Proposed, "a meeting decides again");
    city.on("2026-04-07");
    let confirmed = survivors().filter(|n| city.stage(*n) == StageKind::Confirmed).count();
    assert_eq!(confirmed, 27, "all but firm 5, the day after");
    assert!(city.refused(&Actor::System, Command::Challenge(object(29))).contains("公示期"));
}

pub fn the_objection_leads_to_less(city: &mut City) {
    city.on("2026-04-27");
    city.send(&officer(2), meeting(2, &[51, 52], [(5, Money::from_yuan(300_000))], "2026-04-27"));
    city.send(&officer(3), notice(2, [5], "2026-04-27"));
    assert_eq!(city.state.notice(NoticeId(id(2))).unwrap().until.due, day("2026-05-09"), "over Labour Day");
    city.on("2026-05-11");
    city.send(&officer(1), plan(2, [5]));
    city.send(&finance(1), orders([(105, 5)]));
    let voucher = paid("GK-5", Payee::Firm(firm(5)), Money::from_yuan(300_000), "2026-05-11");
    city.send(&finance(2), import("国库回单-3.csv", vec![voucher]));
    let call = city.state.call(CALL).unwrap();
    assert_eq!(call.available(), fen(33_333_333 - 30_000_000), "what the meeting saved");
}
