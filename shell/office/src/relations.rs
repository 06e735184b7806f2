//! Ties around a firm as the other contexts know them, for the rule of recusal in `cases`: holdings from the enterprise
//! file, and who acts for which firm from accounts.

use std::collections::BTreeSet;

use accounts::authorisation::Authorisation;
use cases::relation::{Link, Party, Relations, Tie};
use enterprise::HoldingKind;
use enterprise::relation::Party as Holder;
use kernel::{CreditCode, Date, Digest, OrganisationId, PersonId};

use crate::state::State;

/// Every tie within `steps` of a firm on a day; one more does no harm.
pub fn around(state: &State, firm: CreditCode, today: Date, steps: u8) -> Relations {
    let mut links = Vec::new();
    let mut firms = BTreeSet::from([firm]);
    for related in enterprise::relation::related(&state.enterprise, firm, today, steps) {
        if let Holder::Firm(code) = related.party {
            firms.insert(code);
        }
        let Some(last) = related.path.last() else { continue };
        firms.insert(last.firm);
        let tie = match &last.kind {
            HoldingKind::Shareholder(share) => Tie::Shareholder(*share),
            HoldingKind::Officer(post) => Tie::Officer(post.clone()),
            HoldingKind::Controller => Tie::Controller,
        };
        links.push(Link { one: party(state, &last.holder), other: organisation(last.firm), tie });
    }
    // People lead on to further firms, as far as the rule reaches: each round of these costs at least a step.
    let mut seen = BTreeSet::new();
    for _ in 0..steps {
        let new: Vec<_> = firms.iter().copied().filter(|firm| seen.insert(*firm)).collect();
        for firm in new {
            for (person, tie) in acting(state, firm, today) {
                links.push(Link { one: Party::Person(person), other: organisation(firm), tie });
                firms.extend(acted_for(state, person, today));
            }
        }
    }
    Relations { links, as_of: today }
}

fn organisation(firm: CreditCode) -> Party {
    Party::Organisation(firm.into())
}

fn party(state: &State, holder: &Holder) -> Party {
    match holder {
        Holder::Firm(code) => organisation(*code),
        Holder::Foreign(name) => Party::Outside(Digest::of(name.as_bytes())),
        Holder::Person(identity) => {
            state.accounts.identified(*identity).map_or(Party::Outside(*identity), Party::Person)
        }
    }
}

/// Who acts for a firm: its legal person, its staff, its agents.
fn acting(state: &State, firm: CreditCode, today: Date) -> Vec<(PersonId, Tie)> {
    let legal = state.accounts.legal_person(firm, today);
    let legal = legal.map(|person| (person, Tie::Officer("法定代表人".to_owned())));
    let authorised = state.accounts.authorisations_of(firm).filter_map(|given| {
        let person = given.holder_on(today).filter(|person| given.lets_act(*person, today))?;
        Some((person, tie_of(given)))
    });
    legal.into_iter().chain(authorised).collect()
}

fn tie_of(given: &Authorisation) -> Tie {
    match given.agency {
        None => Tie::Employee,
        Some(_) => Tie::Declared("受托代办".to_owned()),
    }
}

fn acted_for(state: &State, person: PersonId, today: Date) -> Vec<CreditCode> {
    let legal = state.accounts.firms_of_legal_person(person, today);
    let given = state.accounts.authorisations_held_by(person).filter(|given| given.lets_act(person, today));
    legal.chain(given.map(|given| given.firm)).collect()
}

/// Whether these ties lead to other parties, or over other ways, than those known of a case.
pub(crate) fn differs(case: &cases::Case, relations: &Relations, steps: u8) -> bool {
    let found = cases::relation::related(&OrganisationId::from(case.applicant.firm), &relations.links, steps);
    case.related.as_deref() != Some(&found[..])
}
