//! The city and the table side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cases::adverse::{self, Kind, Method, Remedy, Route as Turn};
use cases::call::{self, Route};
use cases::case::{Act, StageKind};
use cases::challenge;
use cases::material::Changes;
use cases::meeting::Meeting;
use cases::notice::Publication;
use cases::payment::{Channel, NewOrder, OrderStage};
use cases::support::Support;
use cases::voucher::{Payee, Use, Voucher};
use cases::{AdverseId, CaseId, Command, FundingPlanId, MeetingId, NoticeId, ObjectionId, OrderId, VoucherNumber};
use kernel::{Actor, Money, Period};

use crate::common::{self, City, acting, file, id, person};
use crate::table::{Adverse, At, Op, Role, Row, Who, shares, working_days};

const BUDGET: i64 = 1_000;

/// Both, in step.
pub struct World {
    pub city: City,
    pub rows: Vec<Row>,
    pub closed: bool,
    settled: bool,
    serial: u32,
}

fn award(firm: u32) -> i64 {
    100 + i64::from(firm) * 137
}

fn part(of: i64, part: u8) -> i64 {
    [of, of / 2, 1, of + 1][usize::from(part)]
}

fn case(key: u32) -> CaseId {
    CaseId(id(u128::from(key)))
}

impl World {
    pub fn new() -> Self {
        let mut city = City::new();
        city.calendar = Arc::default();
        city.links.push(common::kin(1, person(1)));
        let owner = cases::relation::Party::Organisation(common::organisation("institute-2"));
        let owned = cases::relation::Party::Organisation(common::firm(3).into());
        let tie = cases::relation::Tie::Controller;
        city.links.push(cases::relation::Link { one: owner, other: owned, tie });
        let window = Period::new(common::day("2026-01-05"), common::day("2026-01-12")).unwrap();
        let route = Route { experts: 1, ..common::route() };
        let terms = call::Terms { window, ..common::terms(Money::from_fen(BUDGET), route) };
        city.publish(common::CALL, terms);
        city.on("2026-01-05");
        Self { city, rows: Vec::new(), closed: false, settled: false, serial: 0 }
    }

    /// The latest case of a firm.
    pub fn row_of(&self, firm: u32) -> Option<&Row> {
        self.rows.iter().rev().find(|row| row.firm == firm)
    }

    /// One step in both; they must agree on whether it is allowed and on every figure after it.
    pub fn step(&mut self, firm: u32, who: Who, op: Op) {
        self.serial += 1;
        let shown = format!("{} firm {firm} {who:?} {op:?} {:?}", self.city.today, self.row_of(firm).map(|row| row.at));
        if let Op::Days { days } = op {
            let until = self.city.today.saturating_add(jiff::Span::new().days(days));
            self.city.reach(until);
            self.days_went_by();
        } else if let Some(command) = self.command(firm, op) {
            let actor = self.actor(who);
            self.city.awards.insert(case(self.serial), Money::from_fen(award(firm)));
            let mut after = self.rows.clone();
            let allowed = self.carry(&mut after, firm, who, op);
            let real = self.city.try_send(&actor, command);
            assert_eq!(allowed, real.is_ok(), "{shown}: {real:?}");
            if allowed {
                self.rows = after;
                self.settled |= op == Op::Settle;
            }
        }
        self.agrees(&shown);
    }

    fn actor(&self, who: Who) -> Actor {
        let at = match who.role {
            Role::Firm => common::firm(who.at).to_string(),
            Role::District => common::DISTRICTS[who.at as usize].to_owned(),
            Role::City => common::ISSUER.to_owned(),
            Role::Finance => common::FINANCE.to_owned(),
            Role::Expert => format!("institute-{}", who.at),
        };
        let role = match who.role {
            Role::Firm => kernel::Role::Enterprise,
            Role::District => kernel::Role::DistrictOfficer,
            Role::City => kernel::Role::CityOfficer,
            Role::Finance => kernel::Role::Finance,
            Role::Expert => kernel::Role::Expert,
        };
        acting(u128::from(who.person), role, &at)
    }

    /// The command for an operation on the firm's latest case; `None` where it cannot even be written down.
    fn command(&self, firm: u32, op: Op) -> Option<Command> {
        let serial = id(u128::from(self.serial));
        if let Op::Submit { shared } = op {
            let mut material = common::material(firm * 1000 + self.serial, Money::from_fen(award(firm)));
            if shared {
                material.supports.insert(Support::Invoice("shared".into()));
            }
            let (case, applicant) = (case(self.serial), common::applicant(firm));
            return Some(Command::Submit { case, call: common::CALL, applicant, material });
        }
        if op == Op::Settle {
            return Some(Command::Call { call: common::CALL, expected: None, act: call::Act::Settle });
        }
        let row = self.row_of(firm)?;
        let of_case = |act| Some(Command::Case { case: case(row.key), expected: None, act });
        let of_adverse = |act| {
            let adverse = AdverseId(id(u128::from(row.adverse?.0)));
            Some(Command::Adverse { adverse, expected: None, act })
        };
        let words = || "说明".to_owned();
        match op {
            Op::Submit { .. } | Op::Settle | Op::Days { .. } => None,
            Op::Pass => of_case(Act::PassDistrict { opinion: words() }),
            Op::Return => {
                let wanted = BTreeSet::from(["contract".parse().unwrap()]);
                of_case(Act::Return { reason: words(), wanted })
            }
            Op::Resubmit => {
                let items = BTreeMap::from([("contract".parse().unwrap(), vec![file("合同.pdf")])]);
                of_case(Act::Resubmit { changes: Changes { items, ..Changes::default() } })
            }
            Op::Seat { expert } => {
                let at = common::organisation(&format!("institute-{}", expert - 40));
                of_case(Act::SeatExperts { seats: BTreeMap::from([(person(u128::from(expert)), at)]) })
            }
            Op::Score { points } => of_case(Act::Score { points, opinion: words() }),
            Op::Recuse => of_case(Act::Recuse { person: person(41), grounds: words() }),
            Op::Recommend => of_case(Act::Recommend { opinion: words() }),
            Op::Decide { part: of } => {
                let meeting = Meeting {
                    id: MeetingId(serial),
                    call: common::CALL,
                    on: self.city.today,
                    minutes: file("纪要.pdf"),
                    attendees: BTreeSet::from([person(51)]),
                    recused: BTreeMap::new(),
                };
                let resolutions = BTreeMap::from([(case(row.key), Money::from_fen(part(row.share, of)))]);
                Some(Command::HoldMeeting { meeting, resolutions })
            }
            Op::Notice => Some(Command::PublishNotice(Publication {
                id: NoticeId(serial),
                call: common::CALL,
                url: "https://example.org".into(),
                capture: file("截图.pdf"),
                on: self.city.today,
                cases: vec![case(row.key)],
            })),
            Op::Object => {
                let id = ObjectionId(serial);
                let (case, statement) = (case(row.key), file("异议.pdf"));
                Some(Command::Challenge(challenge::Command::Object { id, case, statement, contact: None }))
            }
            Op::Answer { upheld } => {
                let id = ObjectionId(id(u128::from(*row.open.first()?)));
                Some(Command::Challenge(challenge::Command::AnswerObjection { id, upheld, reasons: words() }))
            }
            Op::Plan => Some(Command::PlanFunding {
                plan: FundingPlanId(serial),
                call: common::CALL,
                number: words(),
                document: file("计划.pdf"),
                cases: vec![case(row.key)],
            }),
            Op::Order => Some(Command::IssueOrders(vec![NewOrder {
                id: OrderId(serial),
                case: case(row.key),
                channel: Channel::Treasury,
                account: kernel::Digest::ZERO,
            }])),
            Op::Cancel => Some(Command::CancelOrder { order: OrderId(id(u128::from(row.order?.0))), reason: words() }),
            Op::Voucher { named, short } => {
                let (order, amount) = row.order.unwrap_or((0, 77));
                let voucher = Voucher {
                    number: self.voucher(self.serial),
                    amount: Money::from_fen(amount + i64::from(short)),
                    on: self.city.today,
                    payee: Payee::Firm(common::firm(row.firm)),
                    order: (named && order > 0).then(|| OrderId(id(u128::from(order)))),
                };
                let file = file(&format!("回单-{}.csv", self.serial));
                Some(Command::ImportVouchers { file, vouchers: vec![voucher] })
            }
            Op::BankReturn => Some(Command::ReturnVoucher {
                voucher: self.voucher(row.voucher?),
                on: self.city.today,
                reason: words(),
                proof: file("退票.pdf"),
            }),
            Op::Accept { passed } => of_case(Act::Accept { passed, opinion: words(), report: file("验收.pdf") }),
            Op::Reject => Some(self.propose(row, Kind::Rejection)),
            Op::Claw { part: of } => Some(self.propose(row, Kind::Clawback(Money::from_fen(part(row.net(), of))))),
            Op::Drop => of_adverse(adverse::Act::Drop { reason: words() }),
            Op::Make => of_adverse(adverse::Act::Make {
                document: file("决定.pdf"),
                answer: None,
                remedy: Remedy { reconsideration: words(), court: words() },
            }),
            Op::Serve => {
                let (method, on) = (Method::Post, self.city.today);
                of_adverse(adverse::Act::Serve { method, on, proof: file("回证.pdf") })
            }
            Op::Contest => {
                let (route, document) = (Turn::Litigation, file("应诉.pdf"));
                of_adverse(adverse::Act::Contest { route, document })
            }
            Op::Resolve { upheld } => of_adverse(adverse::Act::Resolve { upheld, document: file("判决.pdf") }),
            Op::Instalment { part: of } => Some(Command::ReceiveInstalment {
                receipt: self.voucher(self.serial),
                case: case(row.key),
                amount: Money::from_fen(part(row.owed - row.got, of)),
                on: self.city.today,
                proof: file("缴款.pdf"),
            }),
            Op::Withdraw => of_case(Act::Withdraw { reason: words() }),
        }
    }

    fn propose(&self, row: &Row, kind: Kind) -> Command {
        let (adverse, case) = (AdverseId(id(u128::from(self.serial))), case(row.key));
        let (reasons, basis, notice) = ("事实".to_owned(), vec![common::citation()], file("告知.pdf"));
        Command::ProposeAdverse { adverse, case, kind, reasons, basis, notice }
    }

    fn voucher(&self, n: u32) -> VoucherNumber {
        format!("V-{n}").parse().unwrap()
    }

    /// The rules once more: whether it is allowed, and the rows after it.
    fn carry(&self, rows: &mut Vec<Row>, firm: u32, who: Who, op: Op) -> bool {
        match op {
            Op::Submit { shared } => {
                let standing = |row: &Row| row.standing() && (row.firm == firm || shared && row.shared);
                let open = !self.closed && who.role == Role::Firm && who.at == firm;
                if !open || rows.iter().any(standing) {
                    return false;
                }
                rows.push(Row::new(self.serial, firm, shared, award(firm), who.person));
                return true;
            }
            Op::Settle => return self.settle(rows, who),
            _ => {}
        }
        let twice = |row: &Row| {
            let other = |other: &Row| other.key != row.key && other.shared && other.standing();
            row.shared && rows.iter().any(other)
        };
        let Some(index) = rows.iter().rposition(|row| row.firm == firm) else { return false };
        let twice = twice(&rows[index]);
        let same_order = rows.iter().filter(|row| row.at == At::Ordered && row.firm == firm);
        let same_order =
            same_order.filter(|row| row.order.map(|order| order.1) == rows[index].order.map(|order| order.1));
        let same_order = same_order.count();
        let left = BUDGET - rows.iter().map(Row::committed).sum::<i64>();
        let row = &mut rows[index];
        let hands = row.may_handle(who);
        let Some(to) = self.target(row, who, op, (twice, same_order, hands, left)) else { return false };
        let judged = !matches!(op, Op::Seat { .. } | Op::Recuse | Op::Object | Op::Serve | Op::Contest);
        let judged = judged && !matches!(op, Op::Resolve { upheld: true });
        let judged = judged && !(matches!(op, Op::Voucher { .. }) && (row.at != At::Ordered || to == At::Ordered));
        if matches!(op, Op::Resubmit | Op::Withdraw) {
            row.filers.insert(who.person);
        }
        if judged {
            row.hand(Some(who), to);
        } else {
            row.hand(None, to);
        }
        true
    }

    /// Where the row stands after the operation; `None` where it is not allowed. Figures change here.
    fn target(&self, row: &mut Row, who: Who, op: Op, given: (bool, usize, bool, i64)) -> Option<At> {
        let (twice, same_order, hands, left) = given;
        let today = self.city.today;
        let (city, finance) = (who.role == Role::City, who.role == Role::Finance);
        let district = who.role == Role::District && who.at == row.firm % 2;
        let own_firm = who.role == Role::Firm && who.at == row.firm;
        let when = |allowed: bool, to: At| allowed.then_some(to);
        match op {
            Op::Submit { .. } | Op::Settle | Op::Days { .. } => None,
            Op::Pass => when(district && hands && row.at == At::District, At::Experts),
            Op::Return if district => when(hands && row.at == At::District, At::ReturnedByDistrict),
            Op::Return => when(city && hands && row.at == At::City, At::ReturnedByCity),
            Op::Resubmit if !own_firm || twice => None,
            Op::Resubmit => match row.at {
                At::ReturnedByDistrict => Some(At::District),
                At::ReturnedByCity => Some(At::City),
                _ => None,
            },
            Op::Seat { expert } => {
                let seated = Who { person: expert, role: Role::Expert, at: expert - 40 };
                let allowed = city && row.free(who) && row.at == At::Experts && row.may_handle(seated);
                if allowed {
                    row.seats.retain(|_, points| points.is_some());
                    row.seats.entry(expert).or_insert(None);
                }
                when(allowed, At::Experts)
            }
            Op::Score { points } => {
                let unscored = who.role == Role::Expert && row.seats.get(&who.person) == Some(&None);
                if !(unscored && hands && row.at == At::Experts && points <= 100) {
                    return None;
                }
                row.seats.insert(who.person, Some(points));
                Some(Self::after_scoring(row))
            }
            Op::Recuse => {
                if !(who.person == 41 || city && row.free(who)) || !row.recused.insert(41) {
                    return None;
                }
                let seated = row.at == At::Experts && row.seats.remove(&41).is_some();
                Some(if seated { Self::after_scoring(row) } else { row.at })
            }
            Op::Recommend => when(city && hands && row.at == At::City && !twice, At::Recommended),
            Op::Decide { part: of } => {
                let amount = part(row.share, of);
                let allowed = city && hands && row.at == At::Proposed && !twice && 0 < amount && amount <= row.share;
                if allowed {
                    row.decided = amount;
                }
                when(allowed, At::Decided)
            }
            Op::Notice => {
                row.until = Some(working_days(today, 7));
                when(city && hands && row.at == At::Decided, At::Noticed)
            }
            Op::Object => {
                let allowed = row.at == At::Noticed && Some(today) <= row.until;
                row.open.extend(allowed.then_some(self.serial));
                when(allowed, At::Noticed)
            }
            Op::Answer { upheld } => {
                let allowed = city && hands && row.at == At::Noticed && row.open.pop_first().is_some();
                if upheld && allowed {
                    row.share = row.share.min(row.decided + left);
                    row.open.clear();
                }
                when(allowed, if upheld { At::Proposed } else { At::Noticed })
            }
            Op::Plan => when(city && hands && row.at == At::Confirmed, At::Planned),
            Op::Order => {
                let amount = row.decided - row.net();
                let allowed = finance && hands && row.at == At::Planned && !twice && amount > 0;
                if allowed {
                    row.order = Some((self.serial, amount));
                }
                when(allowed, At::Ordered)
            }
            Op::Cancel => when(finance && hands && row.at == At::Ordered && row.order.take().is_some(), At::Planned),
            Op::Voucher { named, short } => {
                if !finance {
                    return None;
                }
                let open = row.at == At::Ordered && !short && hands && (named || same_order == 1);
                if !open {
                    return Some(row.at);
                }
                row.paid += row.order.take().unwrap().1;
                row.voucher = Some(self.serial);
                let accepted = self.city.state.case(case(row.key)).unwrap().accepted;
                Some(if accepted { At::Closed } else { At::Paid })
            }
            Op::BankReturn => {
                let allowed = finance && hands && matches!(row.at, At::Paid | At::Closed) && row.voucher.is_some();
                if allowed {
                    let voucher = self.city.state.voucher(&self.voucher(row.voucher.take().unwrap())).unwrap();
                    row.returned += voucher.voucher.amount.fen();
                }
                when(allowed, At::Planned)
            }
            Op::Accept { passed } => {
                let to = if passed { At::Closed } else { At::Failed };
                when(city && hands && matches!(row.at, At::Paid | At::Failed), to)
            }
            Op::Withdraw => when(own_firm && row.may_be_withdrawn(), At::Withdrawn),
            _ => self.adversely(row, who, op, hands),
        }
    }

    fn after_scoring(row: &mut Row) -> At {
        let points: Option<Vec<u8>> = row.seats.values().copied().collect();
        match points {
            Some(points) if !points.is_empty() => {
                let sum: u32 = points.iter().map(|points| u32::from(*points)).sum();
                row.score = sum * 100 / points.len() as u32;
                At::City
            }
            _ => At::Experts,
        }
    }

    fn adversely(&self, row: &mut Row, who: Who, op: Op, hands: bool) -> Option<At> {
        let (city, finance) = (who.role == Role::City, who.role == Role::Finance);
        let district = who.role == Role::District && who.at == row.firm % 2 && row.at == At::District;
        let intend = |row: &mut Row, clawback| {
            row.before = Some(row.at);
            row.adverse = Some((self.serial, Adverse::Notified));
            row.proposer = who.person;
            row.hearing = Some(working_days(self.city.today, 5));
            row.clawback = clawback;
            Some(At::Adverse)
        };
        let stage = row.adverse.map(|adverse| adverse.1);
        let becomes = |row: &mut Row, next: Adverse| {
            if let Some(adverse) = &mut row.adverse {
                adverse.1 = next;
            }
        };
        match op {
            Op::Reject => {
                let allowed = (city || district) && hands && row.may_be_rejected() && row.net() == 0;
                if allowed { intend(row, None) } else { None }
            }
            Op::Claw { part: of } => {
                let amount = part(row.net(), of);
                let paid = matches!(row.at, At::Paid | At::Failed | At::Closed) && 0 < amount && amount <= row.net();
                if city && hands && paid { intend(row, Some(amount)) } else { None }
            }
            Op::Drop if city && hands && stage == Some(Adverse::Notified) => {
                becomes(row, Adverse::Over);
                row.before.take()
            }
            Op::Make if city && hands && stage == Some(Adverse::Notified) && Some(self.city.today) > row.hearing => {
                becomes(row, Adverse::Made);
                row.before = None;
                let Some(owed) = row.clawback else { return Some(At::Rejected) };
                (row.owed, row.got) = (owed, 0);
                Some(At::Repaying)
            }
            Op::Serve if city && row.free(who) && stage == Some(Adverse::Made) => {
                becomes(row, Adverse::Served);
                Some(row.at)
            }
            Op::Contest if city && row.free(who) && stage == Some(Adverse::Served) => {
                becomes(row, Adverse::Contested);
                Some(row.at)
            }
            Op::Resolve { upheld } if city && stage == Some(Adverse::Contested) => {
                if !row.free(who) || !upheld && !hands {
                    return None;
                }
                becomes(row, Adverse::Over);
                Some(match row.at {
                    at if upheld => at,
                    At::Rejected => At::City,
                    _ if row.got > 0 => At::Planned,
                    _ => At::Closed,
                })
            }
            Op::Instalment { part: of } => {
                let amount = part(row.owed - row.got, of);
                let fits = row.at == At::Repaying && 0 < amount && amount <= row.owed - row.got;
                if !(finance && hands && fits) {
                    return None;
                }
                row.got += amount;
                row.recovered += amount;
                Some(if row.got == row.owed { At::Repaid } else { At::Repaying })
            }
            _ => None,
        }
    }

    fn settle(&self, rows: &mut [Row], who: Who) -> bool {
        let waits = |row: &&mut Row| matches!(row.at, At::Recommended | At::Waitlisted);
        let free = rows.iter().filter(|row| matches!(row.at, At::Recommended | At::Waitlisted));
        let (count, all_free) = free.fold((0, true), |(count, free), row| (count + 1, free && row.free(who)));
        let done = !rows.iter().any(Row::under_review);
        if !(who.role == Role::City && self.closed && done && count > 0 && all_free) {
            return false;
        }
        let available = BUDGET - rows.iter().map(Row::committed).sum::<i64>();
        let mut waiting: Vec<_> = rows.iter_mut().filter(waits).collect();
        waiting.sort_by_key(|row| (std::cmp::Reverse(row.score), row.key));
        let awards: Vec<_> = waiting.iter().map(|row| row.award).collect();
        for (row, share) in waiting.into_iter().zip(shares(available, &awards)) {
            row.share = share;
            row.hand(None, if share > 0 { At::Proposed } else { At::Waitlisted });
            row.last.insert(who.person);
        }
        true
    }

    /// What the program did while days went by.
    fn days_went_by(&mut self) {
        let today = self.city.today;
        self.closed |= today > common::day("2026-01-12");
        for row in &mut self.rows {
            if row.at == At::Noticed && row.open.is_empty() && row.until < Some(today) {
                row.hand(None, At::Confirmed);
            }
            // Which day that is, is tested elsewhere.
            let decision =
                row.adverse.and_then(|adverse| self.city.state.adverse(AdverseId(id(u128::from(adverse.0)))));
            if decision.is_some_and(|decision| matches!(decision.stage, adverse::Stage::Final { .. })) {
                row.adverse = row.adverse.map(|(key, _)| (key, Adverse::Over));
            }
        }
    }

    /// Every figure, and the law of money.
    fn agrees(&self, shown: &str) {
        let mut committed = 0;
        for row in &self.rows {
            let case = self.city.state.case(case(row.key)).unwrap();
            let kind = case.stage.kind();
            assert_eq!(kind, kind_of(row.at), "{shown}: {row:?}");
            assert_eq!(case.last_hands, row.last.iter().map(|n| person(u128::from(*n))).collect(), "{shown}: {row:?}");
            let fen = |money: Money| money.fen();
            let purse = (fen(case.purse.paid), fen(case.purse.returned), fen(case.purse.recovered));
            assert_eq!(purse, (row.paid, row.returned, row.recovered), "{shown}");
            let decided = if row.has_award() { row.decided } else { 0 };
            assert_eq!(fen(case.stage.decided()), decided, "{shown}");
            let ceiling = if row.has_award() || row.effective() == At::Proposed { row.share } else { 0 };
            assert_eq!(fen(case.stage.ceiling()), ceiling, "{shown}");
            assert!(0 <= row.net() && row.net() <= decided && decided <= ceiling && ceiling <= row.award, "{shown}");
            assert!(case.related.is_some());
            committed += row.committed();
            // What the firm has, vouchers brought.
            let orders = self.city.state.orders().filter(|order| order.order.case == case.id);
            let by_voucher = orders.filter_map(|order| match &order.stage {
                OrderStage::Paid { voucher } => {
                    let voucher = self.city.state.voucher(voucher).unwrap();
                    assert_eq!(voucher.used, Use::Matched(order.order.id), "{shown}");
                    Some(voucher.voucher.amount.fen())
                }
                _ => None,
            });
            assert_eq!(by_voucher.sum::<i64>(), row.paid - row.returned, "{shown}");
        }
        let call = self.city.state.call(common::CALL).unwrap();
        assert_eq!(call.committed.fen(), committed, "{shown}");
        assert!(committed <= BUDGET, "{shown}");
        let decided: i64 = self.city.state.cases_of(call.id).map(|case| case.stage.decided().fen()).sum();
        let paid: i64 = self.city.state.cases_of(call.id).map(|case| case.purse.net().fen()).sum();
        assert!(paid <= decided && decided <= committed, "{shown}");
    }

    /// The ledger read again gives the same state.
    pub fn replayed(&self) {
        let mut state = cases::State::default();
        for (recorded, event) in &self.city.events {
            state.apply(recorded, event).unwrap();
        }
        assert_eq!(state.digest(), self.city.state.digest());
    }
}

fn kind_of(at: At) -> StageKind {
    match at {
        At::District => StageKind::DistrictReview,
        At::Experts => StageKind::ExpertReview,
        At::City => StageKind::CityReview,
        At::ReturnedByDistrict | At::ReturnedByCity => StageKind::Returned,
        At::Recommended => StageKind::Recommended,
        At::Waitlisted => StageKind::Waitlisted,
        At::Proposed => StageKind::Proposed,
        At::Decided => StageKind::Decided,
        At::Noticed => StageKind::Noticed,
        At::Confirmed => StageKind::Confirmed,
        At::Planned => StageKind::Planned,
        At::Ordered => StageKind::Ordered,
        At::Paid => StageKind::Paid,
        At::Failed => StageKind::AcceptanceFailed,
        At::Closed => StageKind::Closed,
        At::Adverse => StageKind::UnderAdverse,
        At::Rejected => StageKind::Rejected,
        At::Repaying => StageKind::Repaying,
        At::Repaid => StageKind::Repaid,
        At::Withdrawn => StageKind::Withdrawn,
    }
}
