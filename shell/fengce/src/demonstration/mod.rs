//! The demonstration city: invented firms and figures, made only by sending commands through the users' path.
//!
//! Everything is written down first ([`agenda::Agenda`], a function of the seed and the day) and then carried out,
//! hour by hour, on a clock that is set: the same seed and day give the same State, but for what is sealed under the
//! vault's keys, which are every directory's own. A directory under construction holds a file named [`UNFINISHED`]; what was not finished is made anew.

pub mod agenda;
pub mod benefits;
pub mod cast;
#[cfg(test)]
mod checked;
pub mod dossiers;
pub mod filings;
pub mod firms;
pub mod generator;
pub mod lots;
pub mod making;
pub mod sealing;
pub mod subsidies;
pub mod supervision;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use enterprise::{Catalog, FirmType, Site};
use jiff::civil::date;
use kernel::{Date, DivisionCode};
use plan::Plan;

use agenda::{Agenda, Hand};
use cast::Cast;
use firms::Firm;

use crate::foundation::Foundation;
use crate::founding::FoundError;

pub use making::{MakeError, make, prepare};

/// The password of every demonstration account, printed with them.
pub const PASSWORD: &str = "fengce-shili-2023";
/// The day on which the demonstration begins: the first working day after the plan was issued.
pub const BEGINS: Date = date(2024, 1, 2);

/// Firms in the demonstration that `fengce demo` makes.
pub const FIRMS: usize = 120;

/// What decides how the city turns out.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// The same seed makes the same city.
    pub seed: u64,
    /// How many firms are invented.
    pub firms: usize,
    /// Nothing happens on this day or later.
    pub today: Date,
}

/// What is given before anything happens.
pub struct World {
    /// Of the recipe.
    pub seed: u64,
    /// The plan that is carried out.
    pub plan: Plan,
    /// Divisions, calendar, filing rules.
    pub catalog: Catalog,
    /// Clause files and interpretations.
    pub clauses: BTreeMap<String, String>,
    /// Who there is.
    pub firms: Vec<Firm>,
}

impl World {
    /// From the files a city begins with.
    pub fn invent(recipe: &Recipe, foundation: &Foundation) -> Result<Self, MakeError> {
        let plan = foundation.document()?;
        let catalog = Catalog::parse(&foundation.enterprise_catalog());
        let catalog = catalog.map_err(|error| FoundError::Files(error.to_string()))?;
        let firms = firms::invent(recipe.seed, recipe.firms, recipe.today);
        Ok(Self { seed: recipe.seed, plan, catalog, firms, clauses: foundation.clauses() })
    }

    /// The divisions in charge of some firm at some time, and those that report on tasks.
    pub fn divisions(&self) -> BTreeSet<DivisionCode> {
        let days = [BEGINS, date(2026, 2, 1)];
        let of_firms = self.firms.iter().flat_map(|firm| days.map(|day| self.in_charge(&firm.site, day)));
        of_firms.flatten().chain(supervision::districts()).collect()
    }

    /// The districts that report on tasks.
    pub fn reporting_districts(&self) -> Vec<DivisionCode> {
        supervision::districts()
    }

    /// The division in charge of the place on the day.
    pub fn in_charge(&self, site: &Site, day: Date) -> Option<DivisionCode> {
        enterprise::authority::competent(&self.catalog, site, day)
    }

    /// The officer of the district in charge of the place on the day.
    pub fn officer(&self, cast: &Cast, site: &Site, day: Date) -> Hand {
        let officer = self.in_charge(site, day).and_then(|code| cast.districts.get(&code));
        officer.unwrap_or(&cast.city).clone()
    }

    /// Three firms that run public platforms: test houses where there are any.
    pub fn platforms(&self) -> impl Iterator<Item = &Firm> {
        let house = |firm: &&Firm| firm.types.contains(&FirmType::IndependentTestHouse) && !firm.newcomer;
        self.firms.iter().filter(house).take(3)
    }

    /// The day, or the next one on which offices work.
    pub fn working_day(&self, day: Date) -> Date {
        if self.catalog.calendar.works_on(day) { day } else { self.catalog.calendar.after(day, 1) }
    }

    /// So many working days later.
    pub fn working_days_after(&self, day: Date, days: i64) -> Date {
        self.catalog.calendar.after(day, u16::try_from(days).unwrap_or(0))
    }

    /// So many working days earlier.
    pub fn working_days_before(&self, day: Date, days: i64) -> Date {
        let earlier = day.series(jiff::Span::new().days(-1)).skip(1);
        let mut working = earlier.filter(|day| self.catalog.calendar.works_on(*day));
        working.nth(usize::try_from(days - 1).unwrap_or(0)).unwrap_or(day)
    }

    /// Everything that is going to happen.
    pub fn agenda(&self, today: Date) -> (Agenda, Cast) {
        let mut agenda = Agenda::new(self.seed, BEGINS, today);
        let mut cast = Cast::engage(self, &mut agenda);
        let staff = dossiers::open_files(self, &mut cast, &mut agenda);
        filings::file(self, &cast, &staff, &mut agenda);
        supervision::supervise(self, &cast, &mut agenda);
        benefits::pay(self, &cast, &mut agenda);
        subsidies::carry_out(self, &cast, &staff, &mut agenda);
        (agenda, cast)
    }
}
