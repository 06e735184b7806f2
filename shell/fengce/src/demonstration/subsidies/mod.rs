//! A year of subsidies: fund rules, calls, thirty claims with every way a case can leave the straight path once, and what
//! is on its way today. Written down like everything else here: commands in the order of days.
//!
//! | module | what it writes |
//! |---|---|
//! | [`claims`] | who claims what |
//! | [`calls`] | fund rules, fair-competition reviews, the calls with their sheets |
//! | [`steps`] | single steps of a case, from the claim to the voucher |
//! | [`districts`] | what districts grant, and the call that rests on it |
//! | [`year`] | the four calls of the year that is over |
//! | [`today`] | the three calls under way, with a case at every stage |

pub mod calls;
pub mod claims;
#[cfg(test)]
mod crash;
pub mod districts;
pub mod steps;
#[cfg(test)]
mod tests;
pub mod today;
pub mod year;

use std::collections::BTreeMap;

use cases::{CallId, CaseId};
use enterprise::Size;
use jiff::civil::date;
use kernel::{CreditCode, Date, Evidence, Role};

use super::World;
use super::agenda::{Agenda, Hand};
use super::cast::Cast;
use super::dossiers::Staff;
use super::firms::Firm;
use super::generator::Generator;
use calls::Batch;
use claims::Number;

/// Everything is written with this at hand.
pub struct Story<'a> {
    world: &'a World,
    cast: &'a Cast,
    staff: &'a BTreeMap<CreditCode, Staff>,
    agenda: &'a mut Agenda,
    claimants: BTreeMap<Number, &'a Firm>,
}

/// Writes the year and what is under way; nothing where the city has too few firms for it.
pub fn carry_out(world: &World, cast: &Cast, staff: &BTreeMap<CreditCode, Staff>, agenda: &mut Agenda) {
    let Some(claimants) = claims::claimants(world, agenda.before()) else { return };
    if claimants.values().any(|firm| !staff.contains_key(&firm.code)) {
        return;
    }
    let mut story = Story { world, cast, staff, agenda, claimants };
    story.basis();
    story.director();
    story.fees();
    story.interest();
    story.platforms();
    story.proactive();
    story.breakthroughs();
    story.under_way();
}

/// An id that the same seed gives again.
pub fn id(seed: u64, what: &str) -> uuid::Uuid {
    Generator::of_part(seed, what).uuid(date(2026, 1, 5))
}

/// Of a claim's case, and of the claim.
pub fn case_id(seed: u64, number: Number) -> CaseId {
    CaseId(id(seed, &format!("case {number}")))
}

/// Of a call.
pub fn call_id(seed: u64, batch: Batch) -> CallId {
    CallId(id(seed, &format!("call {batch:?}")))
}

impl Story<'_> {
    fn id(&self, what: &str) -> uuid::Uuid {
        id(self.world.seed, what)
    }

    fn case(&self, number: Number) -> CaseId {
        case_id(self.world.seed, number)
    }

    fn call(&self, batch: Batch) -> CallId {
        call_id(self.world.seed, batch)
    }

    fn firm(&self, number: Number) -> &Firm {
        self.claimants[&number]
    }

    /// Who files for the firm.
    fn filer(&self, number: Number) -> Hand {
        self.staff[&self.firm(number).code].filer.clone()
    }

    /// The officer of the district in charge.
    fn district(&self, number: Number, day: Date) -> Hand {
        self.world.officer(self.cast, &self.firm(number).site, day)
    }

    fn applicant(&self, number: Number, day: Date) -> cases::case::Applicant {
        let firm = self.firm(number);
        cases::case::Applicant {
            firm: firm.code,
            district: self.world.in_charge(&firm.site, day).unwrap_or(firm.site.district),
            direct: false,
            small_or_medium: self.size(firm, day).is_some_and(|size| size != Size::Large),
        }
    }

    /// By the latest figures signed off: those of the last year are, by July.
    fn size(&self, firm: &Firm, day: Date) -> Option<Size> {
        let last = if day.month() >= 7 { day.year() - 1 } else { day.year() - 2 };
        let figures = firm.years.get(&last)?;
        let (_, rule) = self.world.catalog.sizes.on(day)?;
        Some(rule.size(figures.staff, figures.revenue))
    }

    /// So many working days before today.
    fn before(&self, days: i64) -> Date {
        self.world.working_days_before(self.agenda.before(), days)
    }

    fn after(&self, day: Date, days: i64) -> Date {
        self.world.working_days_after(day, days)
    }

    /// A document that says what it is and that it is invented.
    fn paper(&mut self, name: &str, text: &str) -> Evidence {
        let lines: Vec<&str> = text.lines().collect();
        self.agenda.file(format!("{name}（示例）.pdf"), upload::example::pdf(name, &lines))
    }

    /// An officer of the parent of one applicant sits on the experts' panel: two ties away.
    fn director(&mut self) {
        use enterprise::change::Change;
        use enterprise::relation::{Holder, Holding, HoldingId, HoldingKind, SubjectId};
        let related = self.firm(claims::RELATED).code;
        let index = self.world.firms.iter().position(|firm| firm.code == related);
        let Some(parent) = index.and_then(|index| claims::parent_of(self.world, index)) else { return };
        let Some((expert, staff)) = self.cast.experts.get(2).zip(self.staff.get(&parent.code)) else { return };
        let owner = Hand::new(staff.legal_person, Role::Enterprise, parent.code);
        let (subject, identity) = (SubjectId(expert.hand.person.0), expert.identity);
        let kind = HoldingKind::Officer("独立董事".to_owned());
        let from = date(2025, 6, 10);
        let holding = Holding { holder: Holder::Person { subject, identity }, kind, from, until: None };
        let change = Change::Hold { id: HoldingId(self.id("independent director")), holding };
        let command = enterprise::Command::Amend { firm: parent.code, expected: None, change };
        self.agenda.approve((date(2025, 6, 12), 15), &owner, "登记独立董事", command);
    }
}
