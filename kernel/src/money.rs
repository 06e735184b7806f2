//! Exact money in fen.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount of renminbi in whole fen (0.01 元). May be negative (a return, a difference).
///
/// Bounded to ±90 万亿元 by parsing, so that sums over a city's firms cannot overflow an `i64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i64);

/// Why a text is not an amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not digits with at most two decimals.
    #[error("“{0}”不是金额：请写成以元为单位的数字，最多两位小数，例如 12345678.90")]
    Malformed(String),
    /// More than two decimals: rounding is a decision, not a parse.
    #[error("“{0}”超过两位小数：金额精确到分，请先按规定舍入")]
    TooPrecise(String),
    /// Beyond [`Money::LIMIT`].
    #[error("“{0}”超出可受理的范围（绝对值不超过 90 万亿元），请检查单位是否填错")]
    TooLarge(String),
}

/// How a product that is not a whole number of fen becomes one. Which one applies is an interpretation record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// 四舍五入: half away from zero.
    HalfUp,
    /// 舍去: towards zero.
    Down,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Largest amount accepted from outside, in fen.
    pub const LIMIT: Self = Self(9_000_000_000_000_000);

    /// From whole fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// From whole yuan.
    pub const fn from_yuan(yuan: i64) -> Self {
        Self(yuan * 100)
    }

    /// In whole fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// `self × numerator ÷ denominator`, computed in 128 bits and rounded once.
    /// `None` when the denominator is zero or the result leaves the range of an `i64`.
    pub fn times_ratio(self, numerator: i64, denominator: i64, rounding: Rounding) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let product = i128::from(self.0) * i128::from(numerator);
        let denominator = i128::from(denominator);
        let quotient = product / denominator;
        let remainder = product % denominator;
        let rounded = match rounding {
            Rounding::HalfUp if remainder.abs() * 2 >= denominator.abs() => {
                quotient + if (product < 0) == (denominator < 0) { 1 } else { -1 }
            }
            _ => quotient,
        };
        i64::try_from(rounded).ok().map(Self)
    }

    /// Shares an amount out in proportion to what each asks for, in whole fen: nobody gets more than they ask, nothing
    /// is left lying, and fen left over go to the largest remainders, of equal ones to the first.
    pub fn apportion(self, asked: &[Self]) -> Vec<Self> {
        let sum: i128 = asked.iter().map(|amount| i128::from(amount.0)).sum();
        let available = i128::from(self.0.max(0));
        if sum <= available {
            return asked.to_vec();
        }
        let exact: Vec<i128> = asked.iter().map(|amount| i128::from(amount.0) * available).collect();
        let mut fen: Vec<i128> = exact.iter().map(|product| product / sum).collect();
        let left_over = available - fen.iter().sum::<i128>();
        let mut by_remainder: Vec<usize> = (0..asked.len()).collect();
        by_remainder.sort_by_key(|index| (std::cmp::Reverse(exact[*index] % sum), *index));
        for index in by_remainder.into_iter().take(usize::try_from(left_over).unwrap_or_default()) {
            fen[index] += 1;
        }
        // Below what was asked, which fits.
        fen.into_iter().map(|fen| Self(i64::try_from(fen).unwrap_or_default())).collect()
    }

    /// The sum, or `None` on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// `self − other`, but never below zero.
    pub fn saturating_less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    /// Whether the amount is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// As `1234567.89`, without separators, for files and forms.
    pub fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", fen / 100, fen % 100)
    }

    /// In 亿元 with two decimals, rounded half up: `163.40`. For headline figures only.
    pub fn hundred_millions(self) -> String {
        Self::scaled(self.0, 100_000_000)
    }

    /// In 万元 with two decimals, rounded half up.
    pub fn ten_thousands(self) -> String {
        Self::scaled(self.0, 10_000)
    }

    fn scaled(fen: i64, unit_yuan: i64) -> String {
        Self(fen).times_ratio(1, unit_yuan, Rounding::HalfUp).unwrap_or_default().to_string()
    }
}

impl fmt::Display for Money {
    /// In yuan with thousands separators: `7,350,000.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fen = self.0.unsigned_abs();
        let yuan = (fen / 100).to_string();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        for (position, digit) in yuan.chars().enumerate() {
            if position > 0 && (yuan.len() - position).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{:02}", fen % 100)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Yuan with at most two decimals; thousands commas (also full-width) are accepted where they stand rightly.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let malformed = || MoneyError::Malformed(text.to_owned());
        let trimmed = text.trim();
        let (negative, digits) = match trimmed.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        if digits.ends_with('.') {
            return Err(malformed());
        }
        let whole = without_separators(whole).ok_or_else(malformed)?;
        if whole.is_empty() || !decimals.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed());
        }
        if decimals.len() > 2 {
            return Err(MoneyError::TooPrecise(text.to_owned()));
        }
        let too_large = || MoneyError::TooLarge(text.to_owned());
        let fen: i64 = format!("{whole}{decimals:0<2}").parse().map_err(|_| too_large())?;
        if fen > Self::LIMIT.0 {
            return Err(too_large());
        }
        Ok(Self(if negative { -fen } else { fen }))
    }
}

/// Digits of `1,234,567` or `1234567`; `None` when a separator stands in a wrong place.
fn without_separators(whole: &str) -> Option<String> {
    let normalised = whole.replace('，', ",");
    let groups: Vec<&str> = normalised.split(',').collect();
    let right_lengths =
        groups.len() == 1 || (matches!(groups[0].len(), 1..=3) && groups.iter().skip(1).all(|group| group.len() == 3));
    let digits: String = groups.concat();
    (right_lengths && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// Serialises money as a string in yuan (`"500000000.00"`), the form people write in plan and catalog files.
pub mod in_yuan {
    use super::Money;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// As `"500000000.00"`.
    pub fn serialize<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&money.plain())
    }

    /// From `"500000000.00"`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_parsed_exactly_or_refused() {
        assert_eq!("7,350,000.00".parse(), Ok(Money::from_yuan(7_350_000)));
        assert_eq!("0.1".parse(), Ok(Money::from_fen(10)));
        assert_eq!("-3".parse(), Ok(Money::from_fen(-300)));
        for bad in ["", "1.", ".5", "1e9", "12,34", "1,2345", "１２", "NaN", "--1", "1.2.3", "五亿", "+1"] {
            assert!(matches!(bad.parse::<Money>(), Err(MoneyError::Malformed(_))), "{bad}");
        }
        assert!(matches!("0.001".parse::<Money>(), Err(MoneyError::TooPrecise(_))));
        assert!(matches!("90000000000000.01".parse::<Money>(), Err(MoneyError::TooLarge(_))));
        assert!(matches!("99999999999999999999".parse::<Money>(), Err(MoneyError::TooLarge(_))));
    }

    #[test]
    fn the_worked_interest_award() {
        // 3亿元, over five years, one 365/365 year at 4.90 %.
        let interest = Money::from_yuan(300_000_000).times_ratio(49_000, 1_000_000, Rounding::HalfUp);
        assert_eq!(interest, Some(Money::from_yuan(14_700_000)));
        assert_eq!(interest.and_then(|i| i.times_ratio(1, 2, Rounding::HalfUp)), Some(Money::from_yuan(7_350_000)));
    }

    #[test]
    fn headline_units() {
        assert_eq!(Money::from_yuan(16_340_000_000).hundred_millions(), "163.40");
        assert_eq!(Money::from_fen(4_318_250_000).ten_thousands(), "4,318.25");
    }

    proptest! {
        #[test]
        fn display_and_parse_agree(fen in -Money::LIMIT.0..=Money::LIMIT.0) {
            let money = Money::from_fen(fen);
            prop_assert_eq!(money.to_string().parse::<Money>(), Ok(money));
            prop_assert_eq!(money.plain().parse::<Money>(), Ok(money));
        }

        #[test]
        fn shares_are_within_one_fen_of_the_exact_ones(
            asked in proptest::collection::vec(0..2_000_000_000_000i64, 0..40),
            available in 0..20_000_000_000_000i64,
        ) {
            let amounts: Vec<Money> = asked.iter().copied().map(Money).collect();
            let shares = Money(available).apportion(&amounts);
            let sum: i128 = asked.iter().map(|fen| i128::from(*fen)).sum();
            let shared = i128::from(available).min(sum);
            prop_assert_eq!(shares.iter().map(|share| i128::from(share.0)).sum::<i128>(), shared);
            for (share, asked) in shares.iter().zip(&asked) {
                prop_assert!((0..=*asked).contains(&share.0));
                prop_assert!((i128::from(share.0) * sum - i128::from(*asked) * shared).abs() < sum.max(1));
            }
        }

        #[test]
        fn rounding_is_within_half_a_fen(fen in -1_000_000_000_000i64..1_000_000_000_000, n in 0i64..2_000_000, d in 1i64..2_000_000) {
            let rounded = i128::from(Money::from_fen(fen).times_ratio(n, d, Rounding::HalfUp).unwrap().fen());
            let error = (rounded * i128::from(d) - i128::from(fen) * i128::from(n)).abs();
            prop_assert!(error * 2 <= i128::from(d));
        }
    }
}
