//! The naive model: one table of cases, rules written down again without looking at the crate.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Weekday;
use kernel::Date;

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    District,
    Experts,
    City,
    ReturnedByDistrict,
    ReturnedByCity,
    Recommended,
    Waitlisted,
    Proposed,
    Decided,
    Noticed,
    Confirmed,
    Planned,
    Ordered,
    Paid,
    Failed,
    Closed,
    Adverse,
    Rejected,
    Repaying,
    Repaid,
    Withdrawn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Firm,
    District,
    City,
    Finance,
    Expert,
}

/// Who acts: person, role, and the number of the firm, district or institute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    pub person: u32,
    pub role: Role,
    pub at: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Submit { shared: bool },
    Pass,
    Return,
    Resubmit,
    Seat { expert: u32 },
    Score { points: u8 },
    Recuse,
    Recommend,
    Settle,
    Decide { part: u8 },
    Notice,
    Object,
    Answer { upheld: bool },
    Plan,
    Order,
    Cancel,
    Voucher { named: bool, short: bool },
    BankReturn,
    Accept { passed: bool },
    Reject,
    Claw { part: u8 },
    Drop,
    Make,
    Serve,
    Contest,
    Resolve { upheld: bool },
    Instalment { part: u8 },
    Withdraw,
    Days { days: u8 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adverse {
    Notified,
    Made,
    Served,
    Contested,
    Over,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub key: u32,
    pub firm: u32,
    pub shared: bool,
    pub award: i64,
    pub at: At,
    pub share: i64,
    pub decided: i64,
    pub paid: i64,
    pub returned: i64,
    pub recovered: i64,
    pub owed: i64,
    pub got: i64,
    pub filers: BTreeSet<u32>,
    pub recused: BTreeSet<u32>,
    pub last: BTreeSet<u32>,
    pub step: BTreeSet<u32>,
    pub seats: BTreeMap<u32, Option<u8>>,
    pub score: u32,
    pub until: Option<Date>,
    pub open: BTreeSet<u32>,
    pub order: Option<(u32, i64)>,
    pub voucher: Option<u32>,
    pub before: Option<At>,
    pub adverse: Option<(u32, Adverse)>,
    pub proposer: u32,
    pub hearing: Option<Date>,
    pub clawback: Option<i64>,
}

impl Row {
    pub fn new(key: u32, firm: u32, shared: bool, award: i64, filer: u32) -> Self {
        Self {
            key,
            firm,
            shared,
            award,
            at: At::District,
            share: 0,
            decided: 0,
            paid: 0,
            returned: 0,
            recovered: 0,
            owed: 0,
            got: 0,
            filers: BTreeSet::from([filer]),
            recused: BTreeSet::new(),
            last: BTreeSet::from([filer]),
            step: BTreeSet::new(),
            seats: BTreeMap::new(),
            score: 0,
            until: None,
            open: BTreeSet::new(),
            order: None,
            voucher: None,
            before: None,
            adverse: None,
            proposer: 0,
            hearing: None,
            clawback: None,
        }
    }

    /// The stage that counts for money and rules: an intended decision suspends it.
    pub fn effective(&self) -> At {
        if self.at == At::Adverse { self.before.unwrap() } else { self.at }
    }

    pub fn standing(&self) -> bool {
        !matches!(self.at, At::Rejected | At::Withdrawn)
    }

    pub fn under_review(&self) -> bool {
        use At::{City, District, Experts, ReturnedByCity, ReturnedByDistrict};
        matches!(self.effective(), District | Experts | City | ReturnedByDistrict | ReturnedByCity)
    }

    pub fn has_award(&self) -> bool {
        use At::{Closed, Confirmed, Decided, Failed, Noticed, Ordered, Paid, Planned, Repaid, Repaying};
        let with = [Decided, Noticed, Confirmed, Planned, Ordered, Paid, Failed, Closed, Repaying, Repaid];
        with.contains(&self.effective())
    }

    pub fn committed(&self) -> i64 {
        match self.effective() {
            At::Proposed => self.share,
            _ if self.has_award() => self.decided,
            _ => 0,
        }
    }

    pub fn net(&self) -> i64 {
        self.paid - self.returned - self.recovered
    }

    /// Firm 1 is kin of person 1; institute 2, for which person 42 works, owns firm 3.
    pub fn free(&self, who: Who) -> bool {
        let own = self.filers.contains(&who.person) || (who.role == Role::Firm && who.at == self.firm);
        let related = self.firm == 1 && who.person == 1 || self.firm == 3 && who.role == Role::Expert && who.at == 2;
        !own && !related && !self.recused.contains(&who.person)
    }

    pub fn may_handle(&self, who: Who) -> bool {
        self.free(who) && !self.last.contains(&who.person)
    }

    /// A judgement of this person; when the row moved on, whoever acted in the step is barred from the next.
    pub fn hand(&mut self, who: Option<Who>, to: At) {
        self.step.extend(who.map(|who| who.person));
        if self.at != to && !self.step.is_empty() {
            self.last = std::mem::take(&mut self.step);
        }
        self.at = to;
    }

    pub fn may_be_rejected(&self) -> bool {
        use At::{Confirmed, Planned, Proposed, Recommended, Waitlisted};
        self.under_review() && self.at != At::Adverse
            || matches!(self.at, Recommended | Waitlisted | Proposed | Confirmed | Planned)
    }

    pub fn may_be_withdrawn(&self) -> bool {
        self.under_review() && self.at != At::Adverse
            || matches!(self.at, At::Recommended | At::Waitlisted | At::Proposed)
    }
}

/// Working days of plain weeks, counted one by one.
pub fn working_days(from: Date, days: u32) -> Date {
    let (mut day, mut left) = (from, days);
    while left > 0 {
        day = day.tomorrow().unwrap();
        left -= u32::from(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday));
    }
    day
}

/// The same share for everybody, and a fen at a time to whoever lost most by rounding, the better ranked first.
pub fn shares(available: i64, awards: &[i64]) -> Vec<i64> {
    let asked: i64 = awards.iter().sum();
    if asked <= available {
        return awards.to_vec();
    }
    let mut shares: Vec<i64> = awards.iter().map(|award| award * available / asked).collect();
    let mut lost: Vec<i64> = awards.iter().map(|award| award * available % asked).collect();
    while shares.iter().sum::<i64>() < available {
        let most = *lost.iter().max().unwrap();
        let first = lost.iter().position(|lost| *lost == most).unwrap();
        shares[first] += 1;
        lost[first] = -1;
    }
    shares
}
