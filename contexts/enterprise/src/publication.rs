//! What may be said in public: sums that show no single firm.
//!
//! A cell is withheld when fewer firms than the rule's minimum contribute, or one firm makes up more than its dominant
//! share. When withheld cells could be found by subtracting the rest from the total, further cells are withheld until
//! what is left over is itself safe to publish. Nor may two days' figures be subtracted: a figure that changes is
//! published anew only when what changed is itself safe to publish ([`told_by_difference`], [`at_month_ends`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::{CreditCode, Date, DivisionCode, Money, Rate, Year};

use crate::authority;
use crate::catalog::PublicationRule;
use crate::revenue::revenue;
use crate::state::State;

/// A figure for the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// May be shown.
    Published {
        /// How many firms stand behind it.
        firms: u32,
        /// Their sum.
        total: Money,
    },
    /// May not.
    Withheld(Withheld),
}

/// Why a figure is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// Too few firms.
    FewFirms,
    /// One firm is most of it.
    DominantFirm,
    /// It would give away another cell by subtraction.
    Complement,
}

impl Withheld {
    /// In Chinese, for the cell's note.
    pub const fn label(self) -> &'static str {
        match self {
            Self::FewFirms => "企业户数过少，不公布",
            Self::DominantFirm => "单户占比过高，不公布",
            Self::Complement => "可由合计推算其他格，不公布",
        }
    }
}

/// Labelled cells and their total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<L> {
    /// In the order given.
    pub cells: Vec<(L, Cell)>,
    /// Over all cells, the withheld ones included.
    pub total: Cell,
}

/// One figure on its own: the sum of these amounts, one per firm, none negative.
pub fn publish_one(rule: &PublicationRule, amounts: &[Money]) -> Cell {
    match objection(rule, amounts.iter().copied()) {
        Some(why) => Cell::Withheld(why),
        None => published(amounts),
    }
}

/// Figures that add up to a published total, each the amounts of its firms.
pub fn publish<L>(rule: &PublicationRule, cells: Vec<(L, Vec<Money>)>) -> Table<L> {
    let everything: Vec<Money> = cells.iter().flat_map(|(_, amounts)| amounts.iter().copied()).collect();
    let mut total = publish_one(rule, &everything);
    let mut withheld: Vec<Option<Withheld>> =
        cells.iter().map(|(_, amounts)| objection(rule, amounts.iter().copied())).collect();
    loop {
        let hidden: Vec<Money> = (cells.iter().zip(&withheld))
            .filter(|(_, why)| why.is_some())
            .flat_map(|((_, amounts), _)| amounts.iter().copied())
            .collect();
        let gives_away = matches!(total, Cell::Published { .. }) && objection(rule, hidden.iter().copied()).is_some();
        if !gives_away {
            break;
        }
        let shown = cells.iter().zip(&withheld).enumerate();
        let shown = shown.filter(|(_, ((_, amounts), why))| why.is_none() && !amounts.is_empty());
        let smallest = shown.min_by_key(|(_, ((_, amounts), _))| amounts.iter().copied().sum::<Money>());
        match smallest.map(|(index, _)| index) {
            Some(index) => withheld[index] = Some(Withheld::Complement),
            None => total = Cell::Withheld(Withheld::Complement),
        }
    }
    let cells = cells.into_iter().zip(withheld).map(|((label, amounts), why)| {
        let cell = why.map_or_else(|| published(&amounts), Cell::Withheld);
        (label, cell)
    });
    Table { cells: cells.collect(), total }
}

/// Signed-off packaging-and-test revenue of a year by the district in which each firm lay at the end of that year.
/// `None` while no catalog or scope applies.
pub fn revenue_by_division(state: &State, year: Year) -> Option<Table<DivisionCode>> {
    let catalog = state.catalog()?;
    let revenue = revenue(state, year, None)?;
    let day = kernel::Period::year(year).until();
    let mut cells: BTreeMap<DivisionCode, Vec<Money>> = BTreeMap::new();
    for row in revenue.counting() {
        let Some(site) = state.firm(row.firm).and_then(|file| file.site_on(day)) else { continue };
        let lying = catalog.divisions.lying_in(site.district, &site.township, day);
        // Where boundaries cannot tell, whoever is in charge can.
        let division = lying.or_else(|| authority::competent(catalog, site, day)).unwrap_or(site.district);
        cells.entry(division).or_default().push(row.amount(revenue.captive_counts));
    }
    Some(publish(&catalog.filing.publication, cells.into_iter().collect()))
}

/// What each firm adds to a figure.
pub type Amounts = BTreeMap<CreditCode, Money>;

/// Why a figure may not be published after an earlier one: their difference would tell on a firm. Where nothing
/// differs there is nothing to tell.
pub fn told_by_difference(rule: &PublicationRule, then: &Amounts, now: &Amounts) -> Option<Withheld> {
    let firms: BTreeSet<_> = then.keys().chain(now.keys()).collect();
    let amount = |amounts: &Amounts, firm| amounts.get(firm).copied().unwrap_or_default();
    let changes = firms.into_iter().map(|firm| change(amount(then, firm), amount(now, firm)));
    objection(rule, changes.filter(|change| *change != Money::ZERO))
}

/// A growing sum as the public reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The month's end up to which it counts.
    pub until: Date,
    /// How many firms stand behind it.
    pub firms: u32,
    /// Their sum.
    pub total: Money,
}

/// A sum of entries that are only ever added (an amount taken back is a negative entry), as the public reads it: up to
/// the latest month's end before `today` whose difference to every earlier one hides single firms. `Ok(None)` when
/// nothing was recorded by then.
pub fn at_month_ends(
    rule: &PublicationRule,
    entries: impl IntoIterator<Item = (Date, CreditCode, Money)>,
    today: Date,
) -> Result<Option<Closed>, Withheld> {
    let over = entries.into_iter().filter(|(day, ..)| *day < today.first_of_month());
    let mut entries: Vec<_> = over.collect();
    entries.sort_by_key(|(day, ..)| *day);
    // Firms by their place of first appearance: a sum of earlier is shorter, and what it lacks is zero.
    let (mut places, mut now) = (HashMap::<CreditCode, usize>::new(), Vec::<Money>::new());
    let (mut closed, mut last) = (Vec::<(Closed, Vec<Money>)>::new(), Ok(None));
    for month in entries.chunk_by(|a, b| a.0.first_of_month() == b.0.first_of_month()) {
        for (_, firm, amount) in month {
            let place = *places.entry(*firm).or_insert(now.len());
            match now.get_mut(place) {
                Some(sum) => *sum = *sum + *amount,
                None => now.push(*amount),
            }
        }
        let told = closed.iter().find_map(|(_, then)| objection(rule, changes(then, &now)));
        match (publish_one(rule, &now), told, month.first()) {
            (Cell::Published { firms, total }, None, Some((day, ..))) => {
                let step = Closed { until: day.last_of_month(), firms, total };
                closed.push((step, now.clone()));
                last = Ok(Some(step));
            }
            (Cell::Withheld(why), ..) if closed.is_empty() => last = Err(why),
            _ => {}
        }
    }
    last
}

/// By how much each firm's part changed, where it did.
fn changes<'a>(then: &'a [Money], now: &'a [Money]) -> impl Iterator<Item = Money> + 'a {
    let then = then.iter().copied().chain(std::iter::repeat(Money::ZERO));
    let changes = now.iter().zip(then).map(|(now, then)| change(then, *now));
    changes.filter(|change| *change != Money::ZERO)
}

fn change(then: Money, now: Money) -> Money {
    Money::from_fen((now.fen() - then.fen()).saturating_abs())
}

fn published(amounts: &[Money]) -> Cell {
    Cell::Published { firms: u32::try_from(amounts.len()).unwrap_or(u32::MAX), total: amounts.iter().copied().sum() }
}

/// Why these amounts may not be shown as one sum. No firm at all is nothing to hide.
fn objection(rule: &PublicationRule, amounts: impl Iterator<Item = Money>) -> Option<Withheld> {
    let (mut all, mut contributing, mut total, mut largest) = (0, 0, Money::ZERO, Money::ZERO);
    for amount in amounts {
        all += 1;
        contributing += usize::from(amount != Money::ZERO);
        total = total + amount;
        largest = largest.max(amount);
    }
    if all == 0 {
        return None;
    }
    let count = if total == Money::ZERO { all } else { contributing };
    if count < rule.firms_at_least as usize {
        return Some(Withheld::FewFirms);
    }
    let share = i128::from(rule.dominant_share.parts_per_million());
    let dominates = i128::from(largest.fen()) * i128::from(Rate::WHOLE) > i128::from(total.fen()) * share;
    (dominates && total != Money::ZERO).then_some(Withheld::DominantFirm)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> PublicationRule {
        PublicationRule { firms_at_least: 3, dominant_share: "85%".parse().unwrap(), months_between: 1, status: None }
    }

    fn yuan(amounts: &[i64]) -> Vec<Money> {
        amounts.iter().copied().map(Money::from_yuan).collect()
    }

    #[test]
    fn few_firms_and_a_dominant_one_are_withheld() {
        let one = |amounts: &[i64]| publish_one(&rule(), &yuan(amounts));
        assert_eq!(one(&[]), Cell::Published { firms: 0, total: Money::ZERO });
        assert_eq!(one(&[5, 5]), Cell::Withheld(Withheld::FewFirms));
        assert_eq!(one(&[5, 5, 0]), Cell::Withheld(Withheld::FewFirms), "a firm with nothing hides nobody");
        assert_eq!(one(&[86, 7, 7]), Cell::Withheld(Withheld::DominantFirm));
        assert_eq!(one(&[85, 8, 7]), Cell::Published { firms: 3, total: Money::from_yuan(100) });
    }

    #[test]
    fn a_withheld_cell_cannot_be_found_by_subtraction() {
        let cells = vec![("甲", yuan(&[9])), ("乙", yuan(&[2, 2, 2])), ("丙", yuan(&[50, 50, 50]))];
        let table = publish(&rule(), cells);
        assert_eq!(table.cells[0].1, Cell::Withheld(Withheld::FewFirms));
        assert_eq!(table.cells[1].1, Cell::Withheld(Withheld::Complement), "the smallest cell covers the single firm");
        assert_eq!(table.cells[2].1, Cell::Published { firms: 3, total: Money::from_yuan(150) });
        assert_eq!(table.total, Cell::Published { firms: 7, total: Money::from_yuan(165) });
    }

    #[test]
    fn two_single_firms_do_not_cover_each_other() {
        let table = publish(&rule(), vec![("甲", yuan(&[9])), ("乙", yuan(&[9]))]);
        assert!(matches!(table.total, Cell::Withheld(_)));
    }

    fn firm(number: usize) -> CreditCode {
        CreditCode::complete(&format!("91500106{number:09}")).unwrap()
    }

    #[test]
    fn a_sum_moves_only_at_month_ends_that_hide_single_firms() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let entry = |date, number, amount| (day(date), firm(number), Money::from_yuan(amount));
        let entries = vec![
            entry("2026-01-10", 1, 5),
            entry("2026-02-10", 2, 5),
            entry("2026-02-20", 3, 6),
            entry("2026-03-02", 4, 7),
            entry("2026-04-02", 5, 7),
            entry("2026-04-03", 6, 7),
        ];
        let read = |today| at_month_ends(&rule(), entries.clone(), day(today));
        let total = |today| read(today).unwrap().map(|step| (step.until.to_string(), step.firms, step.total));
        assert_eq!(total("2026-01-20"), None, "the month is not over");
        assert_eq!(read("2026-02-27"), Err(Withheld::FewFirms));
        let february = Some(("2026-02-28".to_owned(), 3, Money::from_yuan(16)));
        assert_eq!(total("2026-03-31"), february);
        assert_eq!(total("2026-04-30"), february, "March alone would tell on the fourth firm");
        assert_eq!(total("2026-05-01"), Some(("2026-04-30".to_owned(), 6, Money::from_yuan(37))));
    }

    proptest::proptest! {
        /// Two readings on any two days never differ by what a few firms, or mostly one, did.
        #[test]
        fn two_days_never_tell_on_a_firm(
            acts in proptest::collection::vec((0_usize..9, 1_i64..1000, 0_i32..400), 0..40),
        ) {
            let first: Date = "2026-01-01".parse().unwrap();
            let on = |days: i32| first.checked_add(jiff::Span::new().days(days)).unwrap();
            let entries: Vec<_> = acts.iter().map(|(n, yuan, day)| (on(*day), firm(*n), Money::from_yuan(*yuan))).collect();
            let sums = |until: Date| {
                let mut sums = Amounts::new();
                for (_, firm, amount) in entries.iter().filter(|(day, ..)| *day <= until) {
                    let sum = sums.entry(*firm).or_default();
                    *sum = *sum + *amount;
                }
                sums
            };
            let mut seen: Vec<Closed> = Vec::new();
            for day in (0..440).step_by(13) {
                let Ok(Some(step)) = at_month_ends(&rule(), entries.clone(), on(day)) else { continue };
                assert_eq!(step.total, sums(step.until).values().copied().sum::<Money>());
                for earlier in &seen {
                    assert_eq!(told_by_difference(&rule(), &sums(earlier.until), &sums(step.until)), None);
                }
                seen.push(step);
            }
        }

        /// What a reader can subtract from a published total is itself publishable.
        #[test]
        fn nothing_is_left_to_subtract(
            cells in proptest::collection::vec(proptest::collection::vec(0_i64..1000, 0..6), 1..7),
        ) {
            let table = publish(&rule(), cells.iter().map(|amounts| ((), yuan(amounts))).collect());
            let withheld = table.cells.iter().zip(&cells).filter(|((_, cell), _)| matches!(cell, Cell::Withheld(_)));
            let hidden: Vec<_> = withheld.flat_map(|(_, amounts)| yuan(amounts)).collect();
            if let Cell::Published { .. } = table.total {
                assert_eq!(objection(&rule(), hidden.into_iter()), None);
            }
            for ((_, cell), amounts) in table.cells.iter().zip(&cells) {
                let open = objection(&rule(), yuan(amounts).into_iter()).is_none();
                assert!(open || matches!(cell, Cell::Withheld(_)), "{amounts:?} is shown");
            }
        }
    }
}
