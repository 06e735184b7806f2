//! Who is related to an applicant, and may therefore not touch its case.
//!
//! The caller hands over plain ties around the firm, as other contexts know them on the day: holdings, posts,
//! employment, kinship declared. How far recusal reaches over them is a dated rule, so the closure is computed here
//! and what it found is what the ledger keeps. A caller that hands over more than is reached does no harm.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kernel::{Actor, Date, Digest, OrganisationId, PersonId, Rate, Role};
use serde::{Deserialize, Serialize};

/// A firm, an organisation or a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// A firm by its credit code, an institution, an office.
    Organisation(OrganisationId),
    /// Somebody who has an account here.
    Person(PersonId),
    /// Somebody or something without one; by the digest under which its own context knows it.
    Outside(Digest),
}

/// What ties two parties together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tie {
    /// 持股, with the share.
    Shareholder(Rate),
    /// 任职, with the post.
    Officer(String),
    /// 实际控制
    Controller,
    /// 受雇, now or within the time the rules count.
    Employee,
    /// 近亲属
    Kin,
    /// What somebody declared, in words.
    Declared(String),
}

impl std::fmt::Display for Tie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shareholder(share) => write!(f, "持股 {share}"),
            Self::Officer(post) => write!(f, "任{post}"),
            Self::Controller => f.write_str("实际控制"),
            Self::Employee => f.write_str("受雇"),
            Self::Kin => f.write_str("近亲属"),
            Self::Declared(what) => f.write_str(what),
        }
    }
}

/// One tie; it leads both ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// One end.
    pub one: Party,
    /// The other end.
    pub other: Party,
    /// What it is.
    pub tie: Tie,
}

/// The ties around a firm, as known on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relations {
    /// In any order.
    pub links: Vec<Link>,
    /// As known on this day.
    pub as_of: Date,
}

/// A party within reach, and the shortest way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Who.
    pub party: Party,
    /// The ties from the firm on; never empty.
    pub ties: Vec<Tie>,
}

impl Related {
    /// The way in words: “任董事、持股 60%”.
    pub fn way(&self) -> String {
        let ties: Vec<_> = self.ties.iter().map(ToString::to_string).collect();
        ties.join("、")
    }
}

/// Every party at most `steps` ties away from the firm, nearest first.
pub fn related(firm: &OrganisationId, links: &[Link], steps: u8) -> Vec<Related> {
    let mut web: BTreeMap<&Party, Vec<(&Party, &Tie)>> = BTreeMap::new();
    for Link { one, other, tie } in links {
        web.entry(one).or_default().push((other, tie));
        web.entry(other).or_default().push((one, tie));
    }
    let start = Party::Organisation(firm.clone());
    let mut reached = BTreeSet::from([&start]);
    let mut queue = VecDeque::from([(&start, Vec::new())]);
    let mut found = Vec::new();
    while let Some((at, ties)) = queue.pop_front() {
        if ties.len() == usize::from(steps) {
            continue;
        }
        for (party, tie) in web.get(at).into_iter().flatten() {
            if reached.insert(party) {
                let ties: Vec<Tie> = ties.iter().chain([*tie]).cloned().collect();
                found.push(Related { party: (*party).clone(), ties: ties.clone() });
                queue.push_back((party, ties));
            }
        }
    }
    found
}

/// The relation that bars whoever acts: their own, or that of the institution they act for. Officers of a government
/// are barred by their own relations only: the competent office cannot recuse itself, its people can, and a state
/// holding in a firm would otherwise leave nobody to decide.
pub fn barring<'a>(related: &'a [Related], actor: &Actor) -> Option<&'a Related> {
    let institution = matches!(actor.role(), Some(Role::Expert | Role::AuditFirm | Role::Enterprise | Role::Agent));
    related.iter().find(|related| match &related.party {
        Party::Person(person) => actor.person() == Some(*person),
        Party::Organisation(organisation) => institution && actor.organisation() == Some(organisation),
        Party::Outside(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn organisation(id: &str) -> OrganisationId {
        id.parse().unwrap()
    }

    fn person(n: u128) -> PersonId {
        PersonId(Uuid::from_u128(n))
    }

    fn link(one: Party, other: Party, tie: Tie) -> Link {
        Link { one, other, tie }
    }

    #[test]
    fn two_steps_reach_a_parents_officer_and_no_further() {
        let (firm, parent, sister) = (organisation("firm"), organisation("parent"), organisation("sister"));
        let of = |organisation: &OrganisationId| Party::Organisation(organisation.clone());
        let links = [
            link(of(&parent), of(&firm), Tie::Controller),
            link(Party::Person(person(1)), of(&parent), Tie::Officer("董事".into())),
            link(of(&parent), of(&sister), Tie::Controller),
            link(Party::Person(person(2)), of(&sister), Tie::Employee),
        ];
        let found = related(&firm, &links, 2);
        let parties: Vec<_> = found.iter().map(|related| related.party.clone()).collect();
        assert_eq!(parties, [of(&parent), Party::Person(person(1)), of(&sister)]);
        assert_eq!(found[1].way(), "实际控制、任董事");
        assert_eq!(related(&firm, &links, 3).len(), 4, "one step more reaches the sister's employee");
    }

    #[test]
    fn an_institution_bars_its_experts_and_an_office_does_not_bar_its_officers() {
        let holder = organisation("500118");
        let related = [Related { party: Party::Organisation(holder.clone()), ties: vec![Tie::Controller] }];
        let acting = |role| Actor::Person { person: person(1), role, organisation: holder.clone() };
        assert!(barring(&related, &acting(Role::Expert)).is_some());
        assert!(barring(&related, &acting(Role::DistrictOfficer)).is_none());
    }
}
