//! What people type, as values of the domain, with errors they can act on.

use std::str::FromStr;

use kernel::{Date, Money, Rate};
use subsidy::facts::Score;

/// Why something typed cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypedError {
    /// Not a day.
    #[error("“{0}”不是日期，请写成 2026-10-31 这样的形式")]
    Day(String),
    /// Not a year.
    #[error("“{0}”不是年度，请写成 2025 这样的四位数字")]
    Year(String),
    /// Not a score.
    #[error("“{0}”不是得分，请填 0 至 100 之间的数，最多两位小数")]
    Points(String),
    /// Not a share.
    #[error("“{0}”不是百分比，请填 0 至 100 之间的数，例如 85 或 85%")]
    Percent(String),
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub Date);

impl FromStr for Day {
    type Err = TypedError;
    fn from_str(text: &str) -> Result<Self, TypedError> {
        text.trim().parse().map(Self).map_err(|_| TypedError::Day(text.to_owned()))
    }
}

/// A calendar year of this or the last century's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarYear(pub kernel::Year);

impl FromStr for CalendarYear {
    type Err = TypedError;
    fn from_str(text: &str) -> Result<Self, TypedError> {
        let year = text.trim().parse().ok().filter(|year| (1990..=2100).contains(year));
        year.map(Self).ok_or_else(|| TypedError::Year(text.to_owned()))
    }
}

/// A score of 0 to 100 points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points(pub Score);

impl FromStr for Points {
    type Err = TypedError;
    fn from_str(text: &str) -> Result<Self, TypedError> {
        // Hundredths of a point are written as fen are: at most two decimals.
        let hundredths = text.parse::<Money>().ok().and_then(|typed| u16::try_from(typed.fen()).ok());
        let score = hundredths.and_then(Score::from_hundredths);
        score.map(Self).ok_or_else(|| TypedError::Points(text.to_owned()))
    }
}

/// A share of 0 to 100 %, typed with or without the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub Rate);

impl FromStr for Percent {
    type Err = TypedError;
    fn from_str(text: &str) -> Result<Self, TypedError> {
        let digits = text.trim().trim_end_matches(['%', '％']);
        let rate = format!("{digits}%").parse::<Rate>().ok();
        let rate = rate.filter(|rate| (0..=Rate::WHOLE).contains(&rate.parts_per_million()));
        rate.map(Self).ok_or_else(|| TypedError::Percent(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_a_value_or_advice() {
        assert_eq!("86.5".parse::<Points>().map(|points| points.0.hundredths()), Ok(8650));
        assert_eq!("85".parse::<Percent>().map(|share| share.0.parts_per_million()), Ok(850_000));
        assert_eq!("85.5％".parse::<Percent>().map(|share| share.0.parts_per_million()), Ok(855_000));
        assert_eq!("2025".parse(), Ok(CalendarYear(2025)));
        for bad in ["-1", "100.01", "八十", ""] {
            assert!(bad.parse::<Points>().is_err(), "{bad}");
        }
        assert!("101%".parse::<Percent>().is_err() && "25".parse::<CalendarYear>().is_err());
        assert_eq!("2026-02-30".parse::<Day>(), Err(TypedError::Day("2026-02-30".into())));
    }
}
