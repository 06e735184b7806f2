//! From one stage to the next. A transition consumes the stage it starts from; there is no other way to change one, and
//! `decide` asks the same table as `apply`.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Money, OrganisationId, PersonId};

use super::happened::Happened;
use super::stage::{Award, Level, Seat, Stage};

impl Stage {
    /// The stage after what happened; `None` where it cannot happen.
    pub(crate) fn after(self, happened: &Happened) -> Option<Self> {
        match happened {
            Happened::Submitted(_)
            | Happened::Offered(_)
            | Happened::Consented { .. }
            | Happened::Declined { .. }
            | Happened::Withdrawn { .. }
            | Happened::DistrictPassed { .. }
            | Happened::Returned { .. }
            | Happened::Resubmitted { .. }
            | Happened::AuditorChosen { .. }
            | Happened::Audited { .. }
            | Happened::ExpertsSeated { .. }
            | Happened::Scored { .. }
            | Happened::Recused { .. }
            | Happened::RelationsRecorded { .. }
            | Happened::Assessed(_)
            | Happened::Reassigned { .. }
            | Happened::Recommended { .. } => self.reviewed(happened),
            Happened::Settled { .. }
            | Happened::Decided { .. }
            | Happened::Noticed { .. }
            | Happened::Objected { .. }
            | Happened::ObjectionDismissed { .. }
            | Happened::ObjectionUpheld { .. }
            | Happened::Confirmed { .. } => self.decided_on(happened),
            Happened::Planned { .. }
            | Happened::Ordered { .. }
            | Happened::OrderCancelled { .. }
            | Happened::Paid { .. }
            | Happened::ReturnedByBank { .. }
            | Happened::Accepted { .. }
            | Happened::InstalmentReceived { .. } => self.paid_for(happened),
            Happened::AdverseProposed { .. }
            | Happened::AdverseDropped { .. }
            | Happened::Rejected { .. }
            | Happened::ClawbackDecided { .. }
            | Happened::AdverseRevoked { .. } => self.adversely(happened),
        }
    }

    /// From the claim to the recommendation.
    fn reviewed(self, happened: &Happened) -> Option<Self> {
        match (self, happened) {
            (Self::Offered { .. }, Happened::Consented { .. }) => Some(Self::Recommended),
            (Self::Offered { .. }, Happened::Declined { .. }) => Some(Self::Declined),
            (stage, Happened::Withdrawn { .. }) => stage.may_be_withdrawn().then_some(Self::Withdrawn),
            (Self::DistrictReview { .. }, Happened::DistrictPassed { next, .. }) => Some(next.into()),
            (Self::DistrictReview { .. }, Happened::Returned { by: Level::District, reason, wanted, due })
            | (Self::CityReview { .. }, Happened::Returned { by: Level::City, reason, wanted, due }) => {
                let by = if let Happened::Returned { by, .. } = happened { *by } else { return None };
                Some(Self::Returned { due: *due, by, reason: reason.clone(), wanted: wanted.clone() })
            }
            (Self::Returned { by: Level::District, .. }, Happened::Resubmitted { due, .. }) => {
                Some(Self::DistrictReview { due: *due })
            }
            (Self::Returned { by: Level::City, .. }, Happened::Resubmitted { due, .. }) => {
                Some(Self::CityReview { due: *due })
            }
            (Self::Audit { due, .. }, Happened::AuditorChosen { auditor }) => {
                Some(Self::Audit { due, auditor: Some(auditor.clone()) })
            }
            (Self::Audit { auditor: Some(_), .. }, Happened::Audited { next, .. }) => Some(next.into()),
            (Self::ExpertReview { due, seats }, Happened::ExpertsSeated { seats: named }) => {
                Some(Self::ExpertReview { due, seats: reseated(seats, named) })
            }
            (Self::ExpertReview { due, mut seats }, Happened::Scored { expert, points, complete, .. }) => {
                seats.get_mut(expert)?.points = Some(*points);
                Some(complete.as_ref().map_or(Self::ExpertReview { due, seats }, |complete| complete.into()))
            }
            (Self::ExpertReview { due, mut seats }, Happened::Recused { person, complete, .. }) => {
                seats.remove(person);
                Some(complete.as_ref().map_or(Self::ExpertReview { due, seats }, |complete| complete.into()))
            }
            (Self::CityReview { .. }, Happened::Recommended { .. }) => Some(Self::Recommended),
            (stage, Happened::Assessed(_)) => stage.is_under_review().then_some(stage),
            (stage, Happened::RelationsRecorded { .. } | Happened::Recused { .. } | Happened::Reassigned { .. }) => {
                Some(stage)
            }
            _ => None,
        }
    }

    /// From the settled call to the end of public notice.
    fn decided_on(self, happened: &Happened) -> Option<Self> {
        match (self, happened) {
            (Self::Recommended | Self::Waitlisted, Happened::Settled { share, due, .. }) => {
                let served = *share > Money::ZERO;
                Some(if served { Self::Proposed { share: *share, due: *due } } else { Self::Waitlisted })
            }
            (Self::Proposed { share, .. }, Happened::Decided { amount, meeting, due, .. }) => {
                let award = Award { amount: *amount, share, meeting: *meeting };
                (*amount <= share).then_some(Self::Decided { award, due: *due })
            }
            (Self::Decided { award, .. }, Happened::Noticed { notice, until }) => {
                Some(Self::Noticed { award, notice: *notice, until: *until, open: BTreeSet::new() })
            }
            (Self::Noticed { award, notice, until, mut open }, Happened::Objected { objection }) => {
                open.insert(*objection);
                Some(Self::Noticed { award, notice, until, open })
            }
            (Self::Noticed { award, notice, until, mut open }, Happened::ObjectionDismissed { objection, .. }) => {
                open.remove(objection).then_some(Self::Noticed { award, notice, until, open })
            }
            (Self::Noticed { award, open, .. }, Happened::ObjectionUpheld { objection, share, due, .. }) => {
                let fits = open.contains(objection) && *share <= award.share;
                fits.then_some(Self::Proposed { share: *share, due: *due })
            }
            (Self::Noticed { award, open, .. }, Happened::Confirmed { due }) => {
                open.is_empty().then_some(Self::Confirmed { award, due: *due })
            }
            _ => None,
        }
    }

    /// From the funding plan to acceptance.
    fn paid_for(self, happened: &Happened) -> Option<Self> {
        match (self, happened) {
            (Self::Confirmed { award, .. }, Happened::Planned { plan, due }) => {
                Some(Self::Planned { award, plan: *plan, due: *due })
            }
            (Self::Planned { award, plan, .. }, Happened::Ordered { order, due, .. }) => {
                Some(Self::Ordered { award, plan, order: *order, due: *due })
            }
            (Self::Ordered { award, plan, order, .. }, Happened::OrderCancelled { order: of, due, .. }) => {
                (order == *of).then_some(Self::Planned { award, plan, due: *due })
            }
            (Self::Ordered { award, plan, order, .. }, Happened::Paid { order: of, acceptance, .. }) => {
                let paid = acceptance.map_or(Self::Closed { award, plan }, |due| Self::Paid { award, plan, due });
                (order == *of).then_some(paid)
            }
            (Self::Paid { award, plan, .. } | Self::Closed { award, plan }, Happened::ReturnedByBank { due, .. }) => {
                Some(Self::Planned { award, plan, due: *due })
            }
            (
                Self::Paid { award, plan, .. } | Self::AcceptanceFailed { award, plan },
                Happened::Accepted { passed, .. },
            ) => Some(if *passed { Self::Closed { award, plan } } else { Self::AcceptanceFailed { award, plan } }),
            (
                Self::Repaying { award, plan, adverse, owed, received, due },
                Happened::InstalmentReceived { amount, .. },
            ) => {
                let received = received + *amount;
                match received.cmp(&owed) {
                    std::cmp::Ordering::Less => Some(Self::Repaying { award, plan, adverse, owed, received, due }),
                    std::cmp::Ordering::Equal => Some(Self::Repaid { award, plan, adverse, received }),
                    std::cmp::Ordering::Greater => None,
                }
            }
            _ => None,
        }
    }

    /// Rejection and clawback, with the way back.
    fn adversely(self, happened: &Happened) -> Option<Self> {
        match (self, happened) {
            (stage, Happened::AdverseProposed { adverse, clawback }) => {
                let fits = if *clawback { stage.may_be_clawed_back() } else { stage.may_be_rejected() };
                fits.then(|| Self::UnderAdverse { adverse: *adverse, before: Box::new(stage) })
            }
            (Self::UnderAdverse { adverse, before }, Happened::AdverseDropped { adverse: of }) => {
                (adverse == *of).then_some(*before)
            }
            (Self::UnderAdverse { adverse, before }, Happened::Rejected { adverse: of }) => {
                (adverse == *of && before.may_be_rejected()).then_some(Self::Rejected { adverse })
            }
            (Self::UnderAdverse { adverse, before }, Happened::ClawbackDecided { adverse: of, owed, due }) => {
                let of_this = adverse == *of && before.may_be_clawed_back();
                let (award, plan) = before.paid_under().filter(|_| of_this)?;
                Some(Self::Repaying { award, plan, adverse, owed: *owed, received: Money::ZERO, due: *due })
            }
            (Self::Rejected { adverse }, Happened::AdverseRevoked { adverse: of, due }) => {
                (adverse == *of).then_some(Self::CityReview { due: *due })
            }
            (
                Self::Repaying { award, plan, adverse, received, .. } | Self::Repaid { award, plan, adverse, received },
                Happened::AdverseRevoked { adverse: of, due },
            ) => {
                // What came back is owed to the firm again.
                let again = Self::Planned { award, plan, due: *due };
                let next = if received > Money::ZERO { again } else { Self::Closed { award, plan } };
                (adverse == *of).then_some(next)
            }
            _ => None,
        }
    }
}

/// The panel with the experts named; whoever scored already stays.
fn reseated(seats: BTreeMap<PersonId, Seat>, named: &BTreeMap<PersonId, OrganisationId>) -> BTreeMap<PersonId, Seat> {
    let scored = seats.into_iter().filter(|(_, seat)| seat.points.is_some());
    let fresh = |(person, organisation): (&PersonId, &OrganisationId)| {
        (*person, Seat { organisation: organisation.clone(), points: None })
    };
    let mut panel: BTreeMap<_, _> = named.iter().map(fresh).collect();
    panel.extend(scored);
    panel
}
