//! Administrative divisions and functional zones, as dated data.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::date::{Date, Dated};

/// A six-digit division code (GB/T 2260) or an internal code of a functional zone of the same shape.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionCode(u32);

/// Not six digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是行政区划代码：应为 6 位数字，例如 500118")]
pub struct DivisionCodeError(String);

impl FromStr for DivisionCode {
    type Err = DivisionCodeError;
    fn from_str(text: &str) -> Result<Self, DivisionCodeError> {
        let text = text.trim();
        let digits = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(code) if digits && code >= 110_000 => Ok(Self(code)),
            _ => Err(DivisionCodeError(text.to_owned())),
        }
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl fmt::Debug for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DivisionCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DivisionCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether a division is one in law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DivisionKind {
    /// A district, county or autonomous county under GB/T 2260.
    District,
    /// A development zone with its own administration but no code in law.
    FunctionalZone,
}

/// A district or functional zone with the days on which it exists and is in charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Division {
    /// Its code.
    pub code: DivisionCode,
    /// Its full name.
    pub name: String,
    /// In law or functional.
    pub kind: DivisionKind,
    /// First day in law; `None`: since before the plan.
    #[serde(default)]
    pub established: Option<Date>,
    /// Last day in law.
    #[serde(default)]
    pub abolished: Option<Date>,
    /// First day on which it acts as authority, where that differs from `established`.
    #[serde(default)]
    pub authority_from: Option<Date>,
    /// Last day on which it acts as authority, where that differs from `abolished`.
    #[serde(default)]
    pub authority_until: Option<Date>,
}

impl Division {
    /// Whether it exists in law on the day.
    pub fn exists_on(&self, day: Date) -> bool {
        self.established.is_none_or(|from| from <= day) && self.abolished.is_none_or(|until| day <= until)
    }

    /// Whether its government decides on the day: authority can be handed over after the boundary changed.
    pub fn has_authority_on(&self, day: Date) -> bool {
        self.authority_from.or(self.established).is_none_or(|from| from <= day)
            && self.authority_until.or(self.abolished).is_none_or(|until| day <= until)
    }
}

/// All divisions of a city, and the townships that changed hands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divisions {
    divisions: BTreeMap<DivisionCode, Division>,
    /// Township name → division, by date of the boundary change. Only townships that moved are listed.
    #[serde(default)]
    townships: BTreeMap<String, Dated<DivisionCode>>,
}

impl Divisions {
    /// From a list, and the dated membership of townships that moved.
    pub fn new(
        divisions: impl IntoIterator<Item = Division>,
        townships: impl IntoIterator<Item = (String, Dated<DivisionCode>)>,
    ) -> Self {
        Self {
            divisions: divisions.into_iter().map(|division| (division.code, division)).collect(),
            townships: townships.into_iter().collect(),
        }
    }

    /// By code, whether or not it still exists.
    pub fn get(&self, code: DivisionCode) -> Option<&Division> {
        self.divisions.get(&code)
    }

    /// Those that exist in law on the day.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Division> {
        self.divisions.values().filter(move |division| division.exists_on(day))
    }

    /// The division a township that moved belongs to on the day.
    pub fn of_township(&self, township: &str, day: Date) -> Option<DivisionCode> {
        self.townships.get(township)?.on(day).map(|(_, code)| *code)
    }
}
