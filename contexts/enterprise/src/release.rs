//! What was made public of a year's revenue, and when.
//!
//! A figure that followed every sign-off would give a firm away: one day's total less the day before's is that firm's
//! revenue. So the public reads the latest [`Release`], and a new one is made only when what changed since *every*
//! earlier release of that year may itself be published under the rule ([`publication`]): enough firms, none dominant.
//! A release is a record like any other: it names its filings, it is decided once, and it is never taken back.

use std::sync::Arc;

use kernel::{Context, CreditCode, Date, Money, Recorded, Refusal, Year};
use serde::{Deserialize, Serialize};

use crate::catalog::PublicationRule;
use crate::filing::FilingId;
use crate::publication::{Amounts, Cell, Withheld, publish_one, told_by_difference};
use crate::revenue::revenue;
use crate::state::State;

/// A year's packaging-and-test revenue as it was made public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The year reported on.
    pub year: Year,
    /// The scope version, by its key in the catalog.
    pub scope: String,
    /// Revenue under the scope.
    pub total: Money,
    /// 自封自测, shown apart; `None` where it would give a firm away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captive: Option<Money>,
    /// The signed-off filings it is made of, one for each firm.
    pub filings: Vec<FilingId>,
}

/// A release with its place in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Released {
    /// When it was made public.
    pub recorded: Recorded,
    /// What.
    pub release: Release,
    /// What each firm adds to it; follows from the filings, which never change once they are signed off.
    #[serde(skip)]
    shares: Shares,
}

/// What each firm adds to a year: under the scope, and captive work apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shares {
    counted: Amounts,
    captive: Amounts,
}

impl Shares {
    fn add(&mut self, firm: CreditCode, counted: Money, captive: Money) {
        self.counted.insert(firm, counted);
        if captive != Money::ZERO {
            self.captive.insert(firm, captive);
        }
    }
}

/// Makes public what may be.
pub(crate) fn decide(state: &State, context: &Context) -> Result<Vec<Release>, Refusal> {
    if context.actor != kernel::Actor::System {
        return Err(Refusal::not_allowed("公布由系统按公布规则办理，不由个人决定哪一户何时公开。"));
    }
    let due = due(state, context.today());
    if due.is_empty() { Err(Refusal::conflict("没有可以公布的变化。")) } else { Ok(due) }
}

/// The releases that may be made on a day, at most one for each year. What is signed off later waits for the next.
pub fn due(state: &State, today: Date) -> Vec<Release> {
    let months = state.catalog().map_or(0, |catalog| catalog.filing.publication.months_between);
    let rested = |last: &Released| {
        let next = last.recorded.day().first_of_month().saturating_add(jiff::Span::new().months(i64::from(months)));
        last.recorded.day() < today && next <= today
    };
    let open = state.years().filter(|year| state.released(*year).is_none_or(rested));
    open.filter_map(|year| candidate(state, year).ok().flatten()).collect()
}

/// Why a year with signed-off filings has no figure for the public.
pub fn withheld(state: &State, year: Year) -> Option<Withheld> {
    if state.released(year).is_some() { None } else { candidate(state, year).err() }
}

/// The year as it stands now: `Ok(None)` when there is nothing new to say, `Err` when saying it would tell on a firm.
fn candidate(state: &State, year: Year) -> Result<Option<Release>, Withheld> {
    let Some((catalog, revenue)) = state.catalog().zip(revenue(state, year, None)) else { return Ok(None) };
    let rule = &catalog.filing.publication;
    let mut now = Shares::default();
    for row in revenue.counting() {
        now.add(row.firm, row.amount(revenue.captive_counts), row.captive);
    }
    let earlier: Vec<_> = state.releases(year).map(|released| &released.shares).collect();
    let is_news = earlier.last().map_or(!now.counted.is_empty(), |last| last.counted != now.counted);
    if !is_news {
        return Ok(None);
    }
    let counted: Vec<Money> = now.counted.values().copied().collect();
    if let Cell::Withheld(why) = publish_one(rule, &counted) {
        return Err(why);
    }
    if let Some(why) = earlier.iter().find_map(|then| told_by_difference(rule, &then.counted, &now.counted)) {
        return Err(why);
    }
    let shown = state.releases(year).zip(&earlier).filter(|(released, _)| released.release.captive.is_some());
    let captive = captive(rule, &now.captive, shown.map(|(_, then)| &then.captive));
    let filings = revenue.counting().map(|row| row.filing).collect();
    Ok(Some(Release { year, scope: revenue.scope.clone(), total: revenue.total(), captive, filings }))
}

/// The captive part, where neither it nor its difference to what was public before gives a firm away.
fn captive<'a>(rule: &PublicationRule, now: &Amounts, mut shown: impl Iterator<Item = &'a Amounts>) -> Option<Money> {
    let amounts: Vec<Money> = now.values().copied().collect();
    let Cell::Published { total, .. } = publish_one(rule, &amounts) else { return None };
    let is_told = shown.any(|then| told_by_difference(rule, then, now).is_some());
    (!is_told).then_some(total)
}

/// What each firm adds to a release. A filing that was signed off never changes, so neither does this.
fn shares(state: &State, release: &Release) -> Shares {
    let scope = state.catalog().and_then(|catalog| catalog.filing.scope(&release.scope));
    let captive_counts = scope.is_some_and(|scope| scope.captive_counts);
    let mut shares = Shares::default();
    for filing in release.filings.iter().filter_map(|id| state.filing(*id)) {
        let figures = filing.figures();
        let counted = if captive_counts { figures.packaging() } else { figures.contract };
        shares.add(filing.firm, counted, figures.captive);
    }
    shares
}

impl State {
    /// What was made public of a year, oldest first.
    pub fn releases(&self, year: Year) -> impl DoubleEndedIterator<Item = &Released> {
        self.releases.get(&year).into_iter().flatten().map(AsRef::as_ref)
    }

    /// What the public reads of a year.
    pub fn released(&self, year: Year) -> Option<&Released> {
        self.releases(year).next_back()
    }

    /// The years of which anything is public, oldest first.
    pub fn released_years(&self) -> impl Iterator<Item = Year> {
        self.releases.keys().copied()
    }

    /// Each firm's revenue in what the public reads of a year, under the scope.
    pub fn released_amounts(&self, year: Year) -> Option<&Amounts> {
        self.released(year).map(|released| &released.shares.counted)
    }

    pub(crate) fn apply_release(&mut self, recorded: &Recorded, releases: &[Release]) {
        for release in releases {
            let shares = shares(self, release);
            let released = Released { recorded: recorded.clone(), release: release.clone(), shares };
            self.releases.entry(release.year).or_default().push_back(Arc::new(released));
        }
    }
}
