//! Calendar months: the rhythm of progress reports.

use std::fmt;
use std::str::FromStr;

use kernel::{Date, Period};

/// A calendar month, written `2026-05`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

/// Not a month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是月份：请写成 2026-05 的形式（1900 年至 2999 年）")]
pub struct MonthError(String);

impl Month {
    pub(crate) const MIN: Self = Self(0);
    pub(crate) const MAX: Self = Self(12 * 9999 + 11);

    /// The month in which a day lies.
    pub fn of(day: Date) -> Self {
        Self(i32::from(day.year()) * 12 + i32::from(day.month()) - 1)
    }

    /// Calendar year.
    pub const fn year(self) -> i16 {
        self.0.div_euclid(12) as i16
    }

    /// Month of the year, 1 to 12.
    pub const fn number(self) -> i8 {
        self.0.rem_euclid(12) as i8 + 1
    }

    /// First day.
    pub fn first_day(self) -> Date {
        jiff::civil::date(self.year(), self.number(), 1)
    }

    /// Last day.
    pub fn last_day(self) -> Date {
        self.first_day().last_of_month()
    }

    /// First to last day.
    pub fn period(self) -> Option<Period> {
        Period::new(self.first_day(), self.last_day()).ok()
    }

    /// The month after.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The month before.
    pub const fn previous(self) -> Self {
        Self(self.0 - 1)
    }

    /// How many months `self` is after `earlier`; negative when it is before.
    pub const fn since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// Every month from `self` to `last`, both included.
    pub fn until(self, last: Self) -> impl DoubleEndedIterator<Item = Self> {
        (self.0..=last.0).map(Self)
    }

    /// As people read it: `2026年5月`.
    pub fn label(self) -> String {
        format!("{}年{}月", self.year(), self.number())
    }
}

impl FromStr for Month {
    type Err = MonthError;
    fn from_str(text: &str) -> Result<Self, MonthError> {
        let error = || MonthError(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(error)?;
        let plain = text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let (year, month): (i32, i32) = (year.parse().map_err(|_| error())?, month.parse().map_err(|_| error())?);
        let fits = plain && (1900..3000).contains(&year) && (1..=12).contains(&month);
        if fits { Ok(Self(year * 12 + month - 1)) } else { Err(error()) }
    }
}

kernel::serialized_as_text!(Month);

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_count_across_years() {
        let month: Month = "2023-12".parse().unwrap();
        assert_eq!(month.next().to_string(), "2024-01");
        assert_eq!(month.next().previous(), month);
        assert_eq!("2024-02".parse::<Month>().unwrap().last_day().to_string(), "2024-02-29");
        assert_eq!("2027-12".parse::<Month>().unwrap().since(month), 48);
        assert_eq!(Month::of(month.last_day()), month);
        assert_eq!(month.until(month.next()).count(), 2);
        for bad in ["2026-13", "2026-00", "26-05", "2026-5", "2026", "２０２６-05", "+026-05"] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }
}
