//! What other rules would have given (政策推演): every recorded assessment computed again under other readings, caps,
//! rates and budgets.
//!
//! Each claim keeps its facts, its day and the rules of that day; only what a [`Variant`] names is changed. Claims are
//! taken in the order they were assessed in, so that what an earlier claim of a firm is now awarded counts towards the
//! cap of its later ones, and a budget is shared out when the last claim on it is assessed. A variant that changes
//! nothing gives every recorded award to the fen.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{CreditCode, Date, Digest, DivisionCode, Money, Rate, Year};

use crate::account::{Account, Origin, counts_towards};
use crate::bare::{Awards, Bare, Columns};
use crate::benefit::{BenefitId, ClaimId, DecisionId};
use crate::decision::{AssessError, Decision, Grounds};
use crate::facts::{Claim, ClaimError};
use crate::interpretation::Overrides;
use crate::parameters::Grant;
use crate::program::{Cap, Program};
use crate::rulebook::{Rulebook, RulebookError};
use crate::settings::{Reduction, Settings};
use crate::state::State;

/// What is otherwise; what is not named stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variant {
    /// Other readings.
    pub readings: Overrides,
    /// Other caps, over the same scope and period.
    pub caps: BTreeMap<BenefitId, Money>,
    /// Other rates (比例).
    pub rates: BTreeMap<BenefitId, Rate>,
    /// Money there is for a benefit, for each year of claims.
    pub budgets: BTreeMap<BenefitId, Budget>,
}

/// Money for the claims of one year, and how it is shared out when they ask for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How much.
    pub amount: Money,
    /// How it is shared out; a queue stands in the order of assessment, and its last gets what is left.
    pub sharing: Reduction,
}

/// Why a variant cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfError {
    /// A reading that the rules of some recorded assessment do not have, or that a clause cannot be carried out under.
    #[error(transparent)]
    Rulebook(#[from] RulebookError),
    /// Amounts that cannot be computed under the variant.
    #[error("测算 {0}：{1}")]
    Claim(DecisionId, ClaimError),
}

/// What a variant gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// For each claim of [`History::claims`].
    pub awards: Vec<Money>,
    /// What became of each budget that the variant names.
    pub budgets: Vec<BudgetUse>,
}

/// A budget and what it was used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetUse {
    /// For which benefit.
    pub benefit: BenefitId,
    /// For the claims of which year.
    pub year: Year,
    /// What there was.
    pub amount: Money,
    /// What the claims came to.
    pub asked: Money,
    /// What was shared out.
    pub shared: Money,
}

/// What one benefit comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Claims assessed.
    pub claims: usize,
    /// Claims that get something.
    pub supported: usize,
    /// What they get altogether.
    pub total: Money,
}

/// What a variant means for one firm, over all its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub firm: CreditCode,
    /// What it got.
    pub before: Money,
    /// What it would get.
    pub after: Money,
}

/// Every recorded assessment, laid out for computing again.
#[derive(Debug)]
pub struct History<'a> {
    rulebooks: Vec<Rulebook>,
    groups: Vec<Group<'a>>,
    steps: Vec<Step<'a>>,
    /// The last recorded decision on each claim.
    claims: Vec<&'a Decision>,
    pools: Vec<Pool<'a>>,
}

/// Assessments under one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group<'a> {
    rulebook: usize,
    on: Date,
    benefit: &'a BenefitId,
    district: Option<DivisionCode>,
}

/// One recorded assessment.
#[derive(Debug)]
struct Step<'a> {
    decision: &'a Decision,
    claim: usize,
    group: usize,
    /// Received for something that is not computed again: (year, project), how much.
    outside: Vec<((Year, Option<&'a str>), Money)>,
    /// Claims of the same firm and benefit that were assessed before.
    earlier: Vec<Earlier<'a>>,
}

/// What an earlier claim counts for.
#[derive(Debug)]
struct Earlier<'a> {
    claim: usize,
    of: (Year, Option<&'a str>),
    /// What it counted for where that was not its award: an office had reduced or withdrawn it.
    at_most: Option<Money>,
}

/// The claims that share a budget.
#[derive(Debug)]
struct Pool<'a> {
    benefit: &'a BenefitId,
    year: Year,
    /// In the order of assessment.
    claims: Vec<usize>,
    /// The step after which it is shared out.
    closes: usize,
}

fn of(claim: &Claim) -> (Year, Option<&str>) {
    (claim.year, claim.project.as_deref())
}

impl<'a> History<'a> {
    /// The assessments of some benefits that stand in the ledger, in their order.
    pub fn of(state: &'a State, benefits: impl Fn(&BenefitId) -> bool) -> Result<Self, AssessError> {
        let mut records: Vec<_> = state.decisions().filter(|record| benefits(&record.decision.claim.benefit)).collect();
        records.sort_by_key(|record| record.recorded.sequence);
        Self::new(records.into_iter().map(|record| &record.decision), |grounds| state.rulebook_of(grounds))
    }

    /// From assessments in the order they were made in, and the rules each was made under.
    pub fn new(
        decisions: impl IntoIterator<Item = &'a Decision>,
        rulebook_of: impl Fn(&Grounds) -> Result<Rulebook, AssessError>,
    ) -> Result<Self, AssessError> {
        let mut history = Self {
            rulebooks: Vec::new(),
            groups: Vec::new(),
            steps: Vec::new(),
            claims: Vec::new(),
            pools: Vec::new(),
        };
        let mut rulebooks: BTreeMap<[Digest; 4], usize> = BTreeMap::new();
        let mut groups: BTreeMap<Group<'a>, usize> = BTreeMap::new();
        let mut ids: BTreeMap<ClaimId, usize> = BTreeMap::new();
        let mut accounts: BTreeMap<(CreditCode, &'a BenefitId), Vec<usize>> = BTreeMap::new();
        for decision in decisions {
            let Grounds { clause, interpretations, rates, parameters, .. } = decision.grounds;
            let rules = [clause, interpretations, rates, parameters.unwrap_or(Digest::ZERO)];
            let rulebook = match rulebooks.get(&rules) {
                Some(known) => *known,
                None => {
                    history.rulebooks.push(rulebook_of(&decision.grounds)?);
                    *rulebooks.entry(rules).or_insert(history.rulebooks.len() - 1)
                }
            };
            let (benefit, district) = (&decision.claim.benefit, decision.claim.district);
            let group = Group { rulebook, on: decision.on, benefit, district };
            let count = groups.len();
            let group = *groups.entry(group).or_insert(count);
            let claim = *ids.entry(decision.claim_id).or_insert(history.claims.len());
            let others = accounts.entry((decision.firm, &decision.claim.benefit)).or_default();
            let (outside, earlier) = received(&decision.account, &history.claims, others, claim);
            history.steps.push(Step { decision, claim, group, outside, earlier });
            match history.claims.get_mut(claim) {
                Some(last) => *last = decision,
                None => {
                    others.push(claim);
                    history.claims.push(decision);
                }
            }
        }
        history.groups = sorted_by_index(groups);
        history.pools = pools(&history.steps, &history.claims);
        Ok(history)
    }

    /// The last recorded assessment of each claim.
    pub fn claims(&self) -> &[&'a Decision] {
        &self.claims
    }

    /// What stands in the ledger.
    pub fn recorded(&self) -> Projection {
        let awards = self.claims.iter().map(|decision| decision.outcome.award()).collect();
        Projection { awards, budgets: Vec::new() }
    }

    /// Computes every claim again under a variant.
    pub fn project(&self, variant: &Variant) -> Result<Projection, WhatIfError> {
        let programs = self.programs(variant)?;
        let bares: Vec<Bare<'_>> = programs.iter().map(Bare::new).collect();
        let mut awards = vec![Money::ZERO; self.claims.len()];
        let mut budgets = Vec::new();
        let (mut columns, mut computed) = (Columns::with_capacity(1), Awards::default());
        let mut open = self.pools.iter().peekable();
        for (number, step) in self.steps.iter().enumerate() {
            let used = step.used(programs[step.group].cap, &awards);
            columns.clear();
            let pushed = columns.push(&bares[step.group], step.decision.claim.as_ref(), used);
            pushed.map_err(|error| WhatIfError::Claim(step.decision.id, error))?;
            columns.run(&bares[step.group], &mut computed);
            awards[step.claim] = Money::from_fen(computed.award().first().copied().unwrap_or_default());
            while let Some(pool) = open.next_if(|pool| pool.closes == number) {
                let budget = variant.budgets.get(pool.benefit);
                budgets.extend(budget.map(|budget| pool.share_out(budget, &mut awards)));
            }
        }
        budgets.sort_by(|a, b| (&a.benefit, a.year).cmp(&(&b.benefit, b.year)));
        Ok(Projection { awards, budgets })
    }

    /// One program for each group, with what the variant changes.
    fn programs(&self, variant: &Variant) -> Result<Vec<Program>, WhatIfError> {
        let mut settings: BTreeMap<(Digest, Date), Arc<Settings>> = BTreeMap::new();
        let compile = |group: &Group<'_>| {
            let rulebook = &self.rulebooks[group.rulebook];
            let key = (rulebook.interpretations_digest(), group.on);
            let settings = match settings.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let read = rulebook.interpretations.settings(group.on, &variant.readings);
                    settings.entry(key).or_insert(Arc::new(read.map_err(RulebookError::from)?)).clone()
                }
            };
            let mut program = rulebook.program_under(&settings, group.benefit, group.district, group.on)?;
            program.cap.value = *variant.caps.get(group.benefit).unwrap_or(&program.cap.value);
            // An amount that is no share has no rate to change.
            if program.parameters.as_ref().is_none_or(|set| matches!(set.grant, Grant::Share(_))) {
                program.rate.1 = *variant.rates.get(group.benefit).unwrap_or(&program.rate.1);
            }
            Ok(program)
        };
        self.groups.iter().map(compile).collect()
    }

    /// What each benefit comes to.
    pub fn totals(&self, projection: &Projection) -> BTreeMap<&'a BenefitId, Totals> {
        let mut totals: BTreeMap<&BenefitId, Totals> = BTreeMap::new();
        for (decision, award) in self.claims.iter().zip(&projection.awards) {
            let of = totals.entry(&decision.claim.benefit).or_default();
            of.claims += 1;
            of.supported += usize::from(*award > Money::ZERO);
            of.total = of.total + *award;
        }
        totals
    }

    /// Whom the second gives more or less than the first: largest difference first, equal ones by credit code.
    pub fn changes(&self, before: &Projection, after: &Projection) -> Vec<Change> {
        let mut firms: BTreeMap<CreditCode, Change> = BTreeMap::new();
        for (decision, (before, after)) in self.claims.iter().zip(before.awards.iter().zip(&after.awards)) {
            let firm = decision.firm;
            let change = firms.entry(firm).or_insert(Change { firm, before: Money::ZERO, after: Money::ZERO });
            change.before = change.before + *before;
            change.after = change.after + *after;
        }
        let mut changes: Vec<Change> = firms.into_values().filter(|change| change.before != change.after).collect();
        changes.sort_by_key(|change| (std::cmp::Reverse(change.difference().fen().unsigned_abs()), change.firm));
        changes
    }
}

impl Change {
    /// What the firm gains; below zero, what it loses.
    pub fn difference(&self) -> Money {
        self.after - self.before
    }
}

impl Step<'_> {
    /// What counts towards the cap of this claim.
    fn used(&self, cap: Cap, awards: &[Money]) -> Money {
        let over = (cap.scope, cap.period);
        let claimed = of(&self.decision.claim);
        let outside =
            self.outside.iter().filter(|(of, _)| counts_towards(over, *of, claimed)).map(|(_, amount)| *amount);
        let earlier = self.earlier.iter().filter(|earlier| counts_towards(over, earlier.of, claimed));
        let earlier = earlier.map(|earlier| {
            let award = awards[earlier.claim];
            earlier.at_most.map_or(award, |most| award.min(most))
        });
        outside.chain(earlier).sum()
    }
}

impl Pool<'_> {
    /// Puts shares in place of awards.
    fn share_out(&self, budget: &Budget, awards: &mut [Money]) -> BudgetUse {
        let asked: Vec<Money> = self.claims.iter().map(|claim| awards[*claim]).collect();
        let shares = match budget.sharing {
            Reduction::Proportional => budget.amount.apportion(&asked),
            Reduction::Queue => {
                let mut left = budget.amount.max(Money::ZERO);
                let serve = |award: &Money| {
                    let share = left.min(*award);
                    left = left - share;
                    share
                };
                asked.iter().map(serve).collect()
            }
        };
        for (claim, share) in self.claims.iter().zip(&shares) {
            awards[*claim] = *share;
        }
        BudgetUse {
            benefit: self.benefit.clone(),
            year: self.year,
            amount: budget.amount,
            asked: asked.into_iter().sum(),
            shared: shares.into_iter().sum(),
        }
    }
}

/// What an account held: what is not computed again, and the claims that are.
#[expect(clippy::type_complexity, reason = "two fields of a step")]
fn received<'a>(
    account: &'a Account,
    claims: &[&'a Decision],
    others: &[usize],
    own: usize,
) -> (Vec<((Year, Option<&'a str>), Money)>, Vec<Earlier<'a>>) {
    let others: Vec<(usize, &'a Decision)> =
        others.iter().filter(|claim| **claim != own).map(|claim| (*claim, claims[*claim])).collect();
    let known = |id: &ClaimId| others.iter().any(|(_, decision)| decision.claim_id == *id);
    let mut held: BTreeMap<ClaimId, Money> = BTreeMap::new();
    let mut outside = Vec::new();
    for (origin, entry) in account.entries() {
        match origin {
            Origin::Claim(id) if known(id) => drop(held.insert(*id, entry.amount)),
            _ => outside.push(((entry.year, entry.project.as_deref()), entry.amount)),
        }
    }
    let earlier = others.into_iter().map(|(claim, decision)| {
        let counted = held.get(&decision.claim_id).copied().unwrap_or_default();
        let at_most = (counted != decision.outcome.award()).then_some(counted);
        Earlier { claim, of: of(&decision.claim), at_most }
    });
    (outside, earlier.collect())
}

fn sorted_by_index(groups: BTreeMap<Group<'_>, usize>) -> Vec<Group<'_>> {
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, index)| *index);
    groups.into_iter().map(|(group, _)| group).collect()
}

/// The claims of each benefit and year, in the order of closing.
fn pools<'a>(steps: &[Step<'a>], claims: &[&'a Decision]) -> Vec<Pool<'a>> {
    let mut pools: BTreeMap<(&'a BenefitId, Year), Pool<'a>> = BTreeMap::new();
    for (number, step) in steps.iter().enumerate() {
        let last = claims[step.claim];
        if !std::ptr::eq(last, step.decision) {
            continue;
        }
        let (benefit, year) = (&last.claim.benefit, last.claim.year);
        let pool = pools.entry((benefit, year)).or_insert(Pool { benefit, year, claims: Vec::new(), closes: number });
        pool.claims.push(step.claim);
        pool.closes = number;
    }
    let mut pools: Vec<_> = pools.into_values().collect();
    pools.sort_by_key(|pool| pool.closes);
    pools
}
