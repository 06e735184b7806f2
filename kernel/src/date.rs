//! Civil dates in Asia/Shanghai, periods, and values that hold from a date on.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use jiff::civil::Date;

/// An instant. Shown to people in China Standard Time ([`civil`]).
pub type Timestamp = jiff::Timestamp;

/// A calendar year, such as the year a filing reports on.
pub type Year = i16;

/// China Standard Time: fixed +08:00, no daylight saving since 1991.
const CHINA_OFFSET: jiff::tz::Offset = jiff::tz::offset(8);

/// The civil date in China at an instant.
pub fn civil(instant: Timestamp) -> Date {
    CHINA_OFFSET.to_datetime(instant).date()
}

/// The civil date and time in China at an instant, as `2026-11-23 14:05`.
pub fn minute(instant: Timestamp) -> String {
    CHINA_OFFSET.to_datetime(instant).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The last instant of a civil day in China.
pub fn end_of(day: Date) -> Timestamp {
    let midnight = day.at(23, 59, 59, 999_999_999);
    CHINA_OFFSET.to_timestamp(midnight).unwrap_or(Timestamp::MAX)
}

/// Days from `from` to `until`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(Date, Date)", into = "(Date, Date)")]
pub struct Period {
    from: Date,
    until: Date,
}

/// A period that ends before it begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("期间的截止日 {until} 早于起始日 {from}")]
pub struct PeriodError {
    from: Date,
    until: Date,
}

impl Period {
    /// Both days included. Fails when `until` is before `from`.
    pub fn new(from: Date, until: Date) -> Result<Self, PeriodError> {
        if until < from { Err(PeriodError { from, until }) } else { Ok(Self { from, until }) }
    }

    /// A whole calendar year.
    pub fn year(year: Year) -> Self {
        Self { from: jiff::civil::date(year, 1, 1), until: jiff::civil::date(year, 12, 31) }
    }

    /// First day.
    pub const fn from(self) -> Date {
        self.from
    }

    /// Last day.
    pub const fn until(self) -> Date {
        self.until
    }

    /// Whether the day lies inside.
    pub fn contains(self, day: Date) -> bool {
        self.from <= day && day <= self.until
    }

    /// The days both periods share.
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.until.min(other.until)).ok()
    }
}

impl TryFrom<(Date, Date)> for Period {
    type Error = PeriodError;
    fn try_from((from, until): (Date, Date)) -> Result<Self, PeriodError> {
        Self::new(from, until)
    }
}

impl From<Period> for (Date, Date) {
    fn from(period: Period) -> Self {
        (period.from, period.until)
    }
}

/// A value that changes on known dates: rates, thresholds, divisions, interpretations.
///
/// Rows are kept in order of their date; a later row for the same date replaces the earlier. A clone shares the rows
/// until one of both changes: records keep such tables, and every change of a record copies it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dated<T> {
    rows: Arc<BTreeMap<Date, T>>,
}

impl<T> Default for Dated<T> {
    fn default() -> Self {
        Self { rows: Arc::default() }
    }
}

impl<T> Dated<T> {
    /// The value in force on a day, with the day it came into force.
    pub fn on(&self, day: Date) -> Option<(Date, &T)> {
        self.rows.range(..=day).next_back().map(|(from, value)| (*from, value))
    }

    /// From this day on, the value holds.
    pub fn set(&mut self, from: Date, value: T)
    where
        T: Clone,
    {
        Arc::make_mut(&mut self.rows).insert(from, value);
    }

    /// All rows, oldest first.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = (Date, &T)> {
        self.rows.iter().map(|(from, value)| (*from, value))
    }

    /// Whether nothing was ever set.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<T> FromIterator<(Date, T)> for Dated<T> {
    fn from_iter<I: IntoIterator<Item = (Date, T)>>(rows: I) -> Self {
        Self { rows: Arc::new(rows.into_iter().collect()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        let before: Timestamp = "2026-01-24T15:59:59Z".parse().unwrap();
        let after: Timestamp = "2026-01-24T16:00:00Z".parse().unwrap();
        assert_eq!(civil(before), date(2026, 1, 24));
        assert_eq!(civil(after), date(2026, 1, 25));
        assert!(end_of(date(2026, 1, 24)) < after && before < end_of(date(2026, 1, 24)));
    }

    #[test]
    fn the_row_in_force_is_the_latest_not_after_the_day() {
        let table: Dated<u8> = [(date(2015, 8, 26), 1), (date(2015, 10, 24), 2)].into_iter().collect();
        assert_eq!(table.on(date(2015, 8, 25)), None);
        assert_eq!(table.on(date(2015, 10, 23)), Some((date(2015, 8, 26), &1)));
        assert_eq!(table.on(date(2030, 1, 1)), Some((date(2015, 10, 24), &2)));
    }

    #[test]
    fn a_period_cannot_end_before_it_begins() {
        assert!(Period::new(date(2024, 1, 2), date(2024, 1, 1)).is_err());
        assert_eq!(Period::year(2024).intersection(Period::year(2025)), None, "years do not overlap");
    }
}
