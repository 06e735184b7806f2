//! Who owns and runs a firm, and which firms are thereby related.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kernel::{CreditCode, Date, Digest, Rate};
use serde::{Deserialize, Serialize};

use crate::state::State;

kernel::uuid_id!(
    /// One person's or organisation's part in a firm.
    HoldingId
);
kernel::uuid_id!(
    /// A natural person in the vault, where the name is; erased there, it means nothing here.
    SubjectId
);

/// Who has a part in a firm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// An organisation with a unified social credit code.
    Organisation {
        /// Its code.
        code: CreditCode,
        /// As registered.
        name: String,
    },
    /// An organisation without one, such as a foreign company.
    Foreign {
        /// As registered where it is.
        name: String,
    },
    /// A natural person.
    Person {
        /// In the vault.
        subject: SubjectId,
        /// Keyed digest of the identity document: the same person in two firms has the same digest.
        identity: Digest,
    },
}

/// What the part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldingKind {
    /// 股东, with its share.
    Shareholder(Rate),
    /// 董监高, with the post.
    Officer(String),
    /// 实际控制人
    Controller,
}

/// A part in a firm, from a day to a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Whose.
    pub holder: Holder,
    /// What it is.
    pub kind: HoldingKind,
    /// First day.
    pub from: Date,
    /// Last day, once ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Holding {
    /// Whether it exists on the day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// A firm, organisation or person in the web of holdings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// By credit code, whether or not it has a file.
    Firm(CreditCode),
    /// By name.
    Foreign(String),
    /// By keyed identity digest.
    Person(Digest),
}

impl From<&Holder> for Party {
    fn from(holder: &Holder) -> Self {
        match holder {
            Holder::Organisation { code, .. } => Self::Firm(*code),
            Holder::Foreign { name } => Self::Foreign(name.clone()),
            Holder::Person { identity, .. } => Self::Person(*identity),
        }
    }
}

/// One step between two parties: `holder` has a part in `firm`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Who has the part.
    pub holder: Party,
    /// In which firm.
    pub firm: CreditCode,
    /// The record of it, in the firm's file.
    pub holding: HoldingId,
    /// What the part is.
    pub kind: HoldingKind,
}

/// A related party and the shortest way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Who.
    pub party: Party,
    /// The steps from the firm asked about; never empty.
    pub path: Vec<Link>,
}

impl Related {
    /// The path in words, with names where the state knows them: `甲公司 ←持股 60%— 乙公司 —实际控制→ 丙公司`.
    pub fn explained(&self, state: &State, from: CreditCode) -> String {
        let mut text = label(state, &Party::Firm(from));
        let mut at = Party::Firm(from);
        for link in &self.path {
            let how = match &link.kind {
                HoldingKind::Shareholder(share) => format!("持股 {share}"),
                HoldingKind::Officer(post) => format!("任{post}"),
                HoldingKind::Controller => "实际控制".to_owned(),
            };
            let upwards = at == Party::Firm(link.firm);
            at = if upwards { link.holder.clone() } else { Party::Firm(link.firm) };
            let name = label(state, &at);
            text += &if upwards { format!(" ←{how}— {name}") } else { format!(" —{how}→ {name}") };
        }
        text
    }
}

fn label(state: &State, party: &Party) -> String {
    match party {
        Party::Firm(code) => state.firm(*code).map_or_else(|| code.to_string(), |file| file.name().to_owned()),
        Party::Foreign(name) => name.clone(),
        Party::Person(identity) => format!("自然人 {}", identity.short()),
    }
}

/// Every party at most `steps` holdings away from the firm on the day, nearest first, each with its shortest path.
/// Two steps reach a parent's parent, and siblings under one shareholder, officer or controller.
pub fn related(state: &State, firm: CreditCode, day: Date, steps: u8) -> Vec<Related> {
    let web = web(state, day);
    let start = Party::Firm(firm);
    let mut reached = BTreeSet::from([start.clone()]);
    let mut queue = VecDeque::from([(start, Vec::new())]);
    let mut found = Vec::new();
    while let Some((at, path)) = queue.pop_front() {
        if path.len() == usize::from(steps) {
            continue;
        }
        for (party, link) in web.get(&at).into_iter().flatten() {
            if reached.insert(party.clone()) {
                let path: Vec<_> = path.iter().cloned().chain([link.clone()]).collect();
                found.push(Related { party: party.clone(), path: path.clone() });
                queue.push_back((party.clone(), path));
            }
        }
    }
    found
}

/// Both ends of every holding on the day.
fn web(state: &State, day: Date) -> BTreeMap<Party, Vec<(Party, Link)>> {
    let mut web: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for file in state.firms() {
        for (id, holding) in file.holdings.iter().filter(|(_, holding)| holding.holds_on(day)) {
            let holder = Party::from(&holding.holder);
            let link = Link { holder: holder.clone(), firm: file.code, holding: *id, kind: holding.kind.clone() };
            web.entry(Party::Firm(file.code)).or_default().push((holder.clone(), link.clone()));
            web.entry(holder).or_default().push((Party::Firm(file.code), link));
        }
    }
    web
}
