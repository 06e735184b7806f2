//! What stands in a cell.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use kernel::{Date, Money, Rate, Timestamp};

/// A status that is shown as a symbol and a word, never by colour alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Light {
    /// Which of the four.
    pub tone: Tone,
    /// The word beside the symbol: “按期”, “滞后 12 个百分点”.
    pub word: Cow<'static, str>,
}

/// The four lights. Their order is that of urgency: what is bad sorts last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// Nothing can be said yet.
    Unknown,
    /// As it should be.
    Good,
    /// Needs attention.
    Watch,
    /// Late, failed or refused.
    Bad,
}

impl Tone {
    /// The symbol, each of its own shape.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Unknown => "○",
            Self::Good => "●",
            Self::Watch => "▲",
            Self::Bad => "■",
        }
    }

    /// Name of the style class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Good => "good",
            Self::Watch => "watch",
            Self::Bad => "bad",
        }
    }
}

impl Light {
    /// A light with its word.
    pub fn new(tone: Tone, word: impl Into<Cow<'static, str>>) -> Self {
        Self { tone, word: word.into() }
    }

    /// ● as it should be.
    pub fn good(word: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Tone::Good, word)
    }

    /// ▲ needs attention.
    pub fn watch(word: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Tone::Watch, word)
    }

    /// ■ late, failed or refused.
    pub fn bad(word: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Tone::Bad, word)
    }

    /// ○ nothing can be said yet.
    pub fn unknown(word: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Tone::Unknown, word)
    }
}

/// What kind of value a column holds; follows how it is aligned, filtered and written to files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// Renminbi, shown in yuan.
    Money,
    /// A whole number.
    Count,
    /// A percentage.
    Rate,
    /// A measured number.
    Real,
    /// A civil day.
    Date,
    /// A moment, shown in China Standard Time to the minute.
    Instant,
    /// A status.
    Light,
}

impl Kind {
    /// Whether values stand at the right edge.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Money | Self::Count | Self::Rate | Self::Real)
    }

    /// Whether a filter gives bounds (`key.from`, `key.to`) rather than words to contain.
    pub const fn is_ordered(self) -> bool {
        !matches!(self, Self::Text | Self::Light)
    }

    /// In Chinese, for the data dictionary.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Text => "文字",
            Self::Money => "金额（元，精确到分）",
            Self::Count => "整数",
            Self::Rate => "百分比",
            Self::Real => "测量值",
            Self::Date => "日期",
            Self::Instant => "时间（北京时间）",
            Self::Light => "状态",
        }
    }
}

/// A measured number. People see five significant digits, files all of them.
#[derive(Clone, Copy, Debug)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0.total_cmp(&other.0).is_eq()
    }
}

impl Eq for Real {}

impl fmt::Display for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if !self.0.is_finite() {
            return f.write_str("—");
        }
        if size != 0.0 && !(1e-4..1e7).contains(&size) {
            return write!(f, "{:.4e}", self.0);
        }
        let whole = if size >= 1.0 { size.log10().floor() as usize + 1 } else { 1 };
        let text = format!("{:.*}", 5_usize.saturating_sub(whole) + if size < 1.0 { 1 } else { 0 }, self.0);
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        f.write_str(if text == "-0" { "0" } else { text })
    }
}

/// One value in a register.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing is known, or does not apply.
    #[default]
    None,
    /// Words.
    Text(Cow<'static, str>),
    /// Words that lead somewhere.
    Link {
        /// What is read.
        text: String,
        /// Where it leads: a path of this site.
        href: String,
    },
    /// Renminbi.
    Money(Money),
    /// A whole number.
    Count(i64),
    /// A percentage.
    Rate(Rate),
    /// A measured number; never an amount of money.
    Real(Real),
    /// A civil day.
    Date(Date),
    /// A moment.
    Instant(Timestamp),
    /// A status.
    Light(Light),
}

impl Cell {
    /// Words; empty words are [`Cell::None`].
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::None } else { Self::Text(text) }
    }

    /// Words that lead to a path of this site.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link { text: text.into(), href: href.into() }
    }

    /// The order of two cells of one column; nothing known comes last.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::None, Self::None) => Ordering::Equal,
            (Self::None, _) => Ordering::Greater,
            (_, Self::None) => Ordering::Less,
            (Self::Money(a), Self::Money(b)) => a.cmp(b),
            (Self::Count(a), Self::Count(b)) => a.cmp(b),
            (Self::Rate(a), Self::Rate(b)) => a.cmp(b),
            (Self::Real(a), Self::Real(b)) => a.0.total_cmp(&b.0),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Instant(a), Self::Instant(b)) => a.cmp(b),
            (Self::Light(a), Self::Light(b)) => a.tone.cmp(&b.tone).then_with(|| a.word.cmp(&b.word)),
            _ => self.words().cmp(&other.words()),
        }
    }

    /// The words of the cell, as a filter sees them.
    pub fn words(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Link { text, .. } => Cow::Borrowed(text),
            Self::Light(light) => Cow::Borrowed(&light.word),
            other => Cow::Owned(other.to_string()),
        }
    }

    /// As plain text for files: no thousands separators, ISO dates, `%` rates, empty for nothing.
    pub fn plain(&self) -> String {
        match self {
            Self::Money(money) => money.plain(),
            Self::Real(real) => real.0.to_string(),
            other => other.words().into_owned(),
        }
    }
}

impl fmt::Display for Cell {
    /// As people read it, without markup.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Link { text, .. } => f.write_str(text),
            Self::Money(money) => money.fmt(f),
            Self::Count(count) => f.write_str(&grouped(*count)),
            Self::Rate(rate) => rate.fmt(f),
            Self::Real(real) => real.fmt(f),
            Self::Date(date) => date.fmt(f),
            Self::Instant(instant) => f.write_str(&kernel::date::minute(*instant)),
            Self::Light(light) => write!(f, "{} {}", light.tone.symbol(), light.word),
        }
    }
}

/// With thousands separators.
fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if count < 0 {
        text.push('-');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl From<Money> for Cell {
    fn from(money: Money) -> Self {
        Self::Money(money)
    }
}

impl From<i64> for Cell {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl From<Rate> for Cell {
    fn from(rate: Rate) -> Self {
        Self::Rate(rate)
    }
}

impl From<f64> for Cell {
    fn from(real: f64) -> Self {
        if real.is_finite() { Self::Real(Real(real)) } else { Self::None }
    }
}

impl From<Date> for Cell {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<Timestamp> for Cell {
    fn from(instant: Timestamp) -> Self {
        Self::Instant(instant)
    }
}

impl From<Light> for Cell {
    fn from(light: Light) -> Self {
        Self::Light(light)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_known_sorts_last_and_lights_by_urgency() {
        let mut cells =
            [Cell::None, Light::bad("逾期").into(), Light::good("按期").into(), Light::watch("滞后").into()];
        cells.sort_by(Cell::order);
        let words: Vec<_> = cells.iter().map(Cell::to_string).collect();
        assert_eq!(words, ["● 按期", "▲ 滞后", "■ 逾期", ""]);
    }

    #[test]
    fn measured_numbers_keep_five_digits_for_people_and_all_for_files() {
        let shown = |real: f64| Cell::from(real).to_string();
        let all = [0.0, 1.0, 4.669_201_6, 12_345.678, 0.012_3, -2.5e-9, 1.5e8].map(shown);
        assert_eq!(all, ["0", "1", "4.6692", "12346", "0.0123", "-2.5000e-9", "1.5000e8"]);
        assert_eq!(Cell::from(4.669_201_6).plain(), "4.6692016");
        assert_eq!(Cell::from(f64::NAN), Cell::None);
        assert!(Cell::from(-1.0).order(&Cell::from(2.0)).is_lt());
    }

    #[test]
    fn counts_are_grouped_for_people_only() {
        assert_eq!(Cell::Count(-1_234_567).to_string(), "-1,234,567");
        assert_eq!(Cell::Money(Money::from_yuan(7_350_000)).plain(), "7350000.00");
    }
}
