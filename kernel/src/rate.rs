//! Exact shares and interest rates.

use std::fmt;
use std::str::FromStr;

use crate::money::{Money, Rounding};

/// A share or yearly rate in parts per million: 4.90 % is 49,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(i64);

/// Why a text is not a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是百分比：请写成 4.90% 这样的形式，最多四位小数")]
pub struct RateError(String);

impl Rate {
    /// Parts per million in one.
    pub const WHOLE: i64 = 1_000_000;

    /// From parts per million.
    pub const fn from_parts_per_million(parts: i64) -> Self {
        Self(parts)
    }

    /// In parts per million.
    pub const fn parts_per_million(self) -> i64 {
        self.0
    }

    /// This share of an amount, rounded once. `None` on overflow.
    pub fn of(self, base: Money, rounding: Rounding) -> Option<Money> {
        base.times_ratio(self.0, Self::WHOLE, rounding)
    }
}

impl fmt::Display for Rate {
    /// As a percentage with at least two decimals where they are not zero: `50%`, `4.90%`, `0.1234%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let parts = self.0.unsigned_abs();
        let (whole, rest) = (parts / 10_000, parts % 10_000);
        if rest == 0 {
            write!(f, "{sign}{whole}%")
        } else if rest % 100 == 0 {
            write!(f, "{sign}{whole}.{:02}%", rest / 100)
        } else {
            write!(f, "{sign}{whole}.{rest:04}%")
        }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let error = || RateError(text.to_owned());
        let digits = text.trim().strip_suffix('%').ok_or_else(error)?;
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(decimals) || decimals.len() > 4 || whole.len() > 6 {
            return Err(error());
        }
        format!("{whole}{decimals:0<4}").parse().map(Self).map_err(|_| error())
    }
}

crate::serialized_as_text!(Rate);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_round_trip() {
        for text in ["50%", "4.90%", "0.1234%", "100%"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for bad in ["50", "4.90123%", "-1%", "%", "1.%", "四%"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }
}
