//! Parameter sets (区县细则): what a district fixes where the plan leaves the amount to it.
//!
//! A set is a dated document of one district for one benefit. It counts once a fair-competition review of its very
//! text allows it; the set reviewed last among those whose dates cover a day is the one in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Date, Digest, DivisionCode, Money, Period, Rate, Recorded, Refusal};
use serde::{Deserialize, Serialize};

use crate::account::{CapPeriod, CapScope};
use crate::benefit::BenefitId;
use crate::clause::Base;
use crate::facts::EntryPart;

/// What one district grants under one benefit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterSet {
    /// Under which benefit.
    pub benefit: BenefitId,
    /// The district whose firms and projects it is for.
    pub district: DivisionCode,
    /// Title and number of the district's document.
    pub document: Arc<str>,
    /// First day on which claims are assessed by it.
    pub from: Date,
    /// Last day, where one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// How the amount follows from the base.
    pub grant: Grant,
    /// No more than this.
    pub cap: SetCap,
}

/// How an amount follows from the base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// A share of the base (一定比例).
    Share(Rate),
    /// A fixed amount (一定额度) by how far the base goes, lowest tier first.
    Tiers(Vec<Tier>),
    /// A share of each part of entry cost, in the order of [`EntryPart::ALL`].
    ByPart([Rate; EntryPart::ALL.len()]),
    /// A fixed amount for each person.
    PerPerson {
        /// For one who was trained.
        trained: Money,
        /// For one who was taken on.
        hired: Money,
    },
}

/// Beyond this, that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// The base must pass it: 突破 excludes the number itself.
    pub over: Money,
    /// What is then granted.
    pub amount: Money,
}

/// The most a set grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetCap {
    /// How much.
    pub value: Money,
    /// Over what.
    pub scope: CapScope,
    /// How long.
    pub period: CapPeriod,
}

/// A set and where it was adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParameterRecord {
    /// The set.
    pub set: Arc<ParameterSet>,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

impl Grant {
    /// Whether this kind of grant can be computed from this kind of base.
    pub const fn fits(&self, base: Base) -> bool {
        matches!(
            (self, base),
            (Self::Tiers(_), Base::AnnualRevenue)
                | (Self::Share(_) | Self::Tiers(_), Base::ProjectInvestment)
                | (Self::ByPart(_), Base::EntryCost)
                | (Self::PerPerson { .. }, Base::TrainedPersons)
        )
    }
}

/// The highest tier an amount passes, with its place.
pub(crate) fn reached(tiers: &[Tier], amount: Money) -> Option<(usize, Tier)> {
    tiers.iter().copied().enumerate().rfind(|(_, tier)| amount > tier.over)
}

impl ParameterSet {
    /// The set as JSON: what its digest is taken over.
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Names the set.
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical().as_bytes())
    }

    /// Whether its dates cover a day.
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Refuses a set no computation should start from.
    pub fn check(&self, base: Base) -> Result<(), Refusal> {
        if self.document.trim().is_empty() {
            return Err(Refusal::invalid("document", "请写明区县文件的名称与文号。"));
        }
        if let Some(until) = self.until {
            Period::new(self.from, until).map_err(|error| Refusal::invalid("until", error.to_string()))?;
        }
        let money = |field: &'static str, amount: Money| match amount > Money::ZERO && amount <= Money::LIMIT {
            true => Ok(()),
            false => Err(Refusal::invalid(field, format!("金额 {amount} 应大于 0 且不超过 90 万亿元。"))),
        };
        money("cap", self.cap.value)?;
        if !self.grant.fits(base) {
            let reason = format!("此事项以{}为准，不能用这种给付方式。", base.label());
            return Err(Refusal::invalid("grant", reason));
        }
        let whole = Rate::from_parts_per_million(Rate::WHOLE);
        let share = |rate: &Rate| rate.parts_per_million() >= 0 && *rate <= whole;
        let wrong = |reason: &'static str| Err(Refusal::invalid("grant", reason));
        match &self.grant {
            Grant::Share(rate) if *rate == Rate::default() || !share(rate) => wrong("比例须大于 0 且不超过 100%。"),
            Grant::ByPart(rates) if !rates.iter().all(share) => wrong("各项比例须在 0 与 100% 之间。"),
            Grant::ByPart(rates) if rates.iter().all(|rate| *rate == Rate::default()) => {
                wrong("至少一项费用的比例须大于 0。")
            }
            Grant::Share(_) | Grant::ByPart(_) => Ok(()),
            Grant::Tiers(tiers) => check_tiers(tiers).and_then(|()| {
                tiers.iter().try_for_each(|tier| money("grant", tier.amount).and_then(|()| not_below_zero(tier.over)))
            }),
            Grant::PerPerson { trained, hired } => {
                if *trained == Money::ZERO && *hired == Money::ZERO {
                    return wrong("培训与用工至少一项的每人金额须大于 0。");
                }
                [*trained, *hired].into_iter().try_for_each(not_below_zero)
            }
        }
    }
}

fn not_below_zero(amount: Money) -> Result<(), Refusal> {
    // A person's grant times a million people stays within an i64.
    let fits = !amount.is_negative() && amount <= Money::from_fen(Money::LIMIT.fen() / 1_000);
    if fits {
        Ok(())
    } else {
        Err(Refusal::invalid("grant", format!("金额 {amount} 不能为负数，也不能超过 900 亿元。")))
    }
}

fn check_tiers(tiers: &[Tier]) -> Result<(), Refusal> {
    let rises = |pair: &[Tier]| pair[0].over < pair[1].over && pair[0].amount < pair[1].amount;
    if tiers.is_empty() || !tiers.windows(2).all(rises) {
        return Err(Refusal::invalid("grant", "至少写一档；各档从低到高，金额也须逐档提高。"));
    }
    Ok(())
}

/// The sets that were reviewed, in the order of their reviews.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterSets {
    sets: BTreeMap<(BenefitId, DivisionCode), Vec<Arc<ParameterSet>>>,
}

impl ParameterSets {
    /// Puts a set in force from its first day on.
    pub fn put(&mut self, set: Arc<ParameterSet>) {
        self.take(&set);
        self.sets.entry((set.benefit.clone(), set.district)).or_default().push(set);
    }

    /// Takes a set out: its review found against it.
    pub fn take(&mut self, set: &ParameterSet) {
        if let Some(sets) = self.sets.get_mut(&(set.benefit.clone(), set.district)) {
            sets.retain(|known| known.as_ref() != set);
        }
    }

    /// The set in force.
    pub fn on(&self, benefit: &BenefitId, district: DivisionCode, day: Date) -> Option<&Arc<ParameterSet>> {
        self.sets.get(&(benefit.clone(), district))?.iter().rfind(|set| set.covers(day))
    }
}

impl From<Arc<ParameterSet>> for ParameterSets {
    fn from(set: Arc<ParameterSet>) -> Self {
        let mut sets = Self::default();
        sets.put(set);
        sets
    }
}
