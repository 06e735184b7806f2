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

crate::serialized_as_text!(DivisionCode);

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
    /// Where an abolished division's townships went, unless a [`Township`] says otherwise.
    #[serde(default)]
    pub successor: Option<DivisionCode>,
}

/// A township that changed hands: the boundary changed on one day, authority was taken over on another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Township {
    /// The division it lies in, in law.
    pub boundary: Dated<DivisionCode>,
    /// The division whose government decides there.
    pub authority: Dated<DivisionCode>,
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
    /// By name. Only townships that moved are listed; the division tells namesakes apart.
    #[serde(default)]
    townships: BTreeMap<String, Township>,
}

impl Divisions {
    /// From a list, and the townships that moved.
    pub fn new(
        divisions: impl IntoIterator<Item = Division>,
        townships: impl IntoIterator<Item = (String, Township)>,
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

    /// Every division ever, by code.
    pub fn all(&self) -> impl Iterator<Item = &Division> {
        self.divisions.values()
    }

    /// Those that exist in law on the day.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Division> {
        self.divisions.values().filter(move |division| division.exists_on(day))
    }

    /// The division in which a place lies in law on the day. `recorded` is the division under which the place was
    /// once written down, before or after a change; `None` when the data cannot tell.
    pub fn lying_in(&self, recorded: DivisionCode, township: &str, day: Date) -> Option<DivisionCode> {
        match self.moved(recorded, township) {
            Some(township) => township.boundary.on(day).map(|(_, code)| *code),
            None => self.follow(recorded, day, Division::exists_on),
        }
    }

    /// The division whose government decides for a place on the day: between a boundary change and the taking over
    /// of authority this is still the old one. Arguments as for [`Divisions::lying_in`].
    pub fn competent(&self, recorded: DivisionCode, township: &str, day: Date) -> Option<DivisionCode> {
        match self.moved(recorded, township) {
            Some(township) => township.authority.on(day).map(|(_, code)| *code),
            None => self.follow(recorded, day, Division::has_authority_on),
        }
    }

    fn moved(&self, recorded: DivisionCode, township: &str) -> Option<&Township> {
        let moved = self.townships.get(township)?;
        moved.boundary.rows().any(|(_, code)| *code == recorded).then_some(moved)
    }

    /// From a division to its successors until one holds on the day.
    fn follow(&self, recorded: DivisionCode, day: Date, holds: fn(&Division, Date) -> bool) -> Option<DivisionCode> {
        let mut division = self.divisions.get(&recorded)?;
        // A chain of successors is never longer than the list; a cycle in the data must not hang.
        for _ in 0..self.divisions.len() {
            if holds(division, day) {
                return Some(division.code);
            }
            division = self.divisions.get(&division.successor?)?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn code(text: &str) -> DivisionCode {
        text.parse().unwrap()
    }

    /// 渝北 was abolished on 2025-11-06; authority passed on 2026-01-25; one of its towns went to 北碚 instead.
    fn around_2025() -> Divisions {
        let plain = |text: &str, name: &str| Division {
            code: code(text),
            name: name.into(),
            kind: DivisionKind::District,
            established: None,
            abolished: None,
            authority_from: None,
            authority_until: None,
            successor: None,
        };
        let old = Division {
            abolished: Some(date(2025, 11, 5)),
            authority_until: Some(date(2026, 1, 24)),
            successor: Some(code("500157")),
            ..plain("500112", "渝北区")
        };
        let new = Division {
            established: Some(date(2025, 11, 6)),
            authority_from: Some(date(2026, 1, 25)),
            ..plain("500157", "两江新区")
        };
        let since = date(1997, 6, 18);
        let town = Township {
            boundary: [(since, code("500112")), (date(2025, 11, 6), code("500109"))].into_iter().collect(),
            authority: [(since, code("500112")), (date(2026, 1, 25), code("500109"))].into_iter().collect(),
        };
        Divisions::new([plain("500109", "北碚区"), old, new], [("统景镇".to_owned(), town)])
    }

    #[test]
    fn boundary_and_authority_pass_on_different_days() {
        let divisions = around_2025();
        let (old, new, north) = (code("500112"), code("500157"), code("500109"));
        let lying = |township, day| divisions.lying_in(old, township, day);
        let competent = |township, day| divisions.competent(old, township, day);
        assert_eq!(lying("悦来街道", date(2025, 11, 5)), Some(old));
        assert_eq!(lying("悦来街道", date(2025, 11, 6)), Some(new));
        assert_eq!(competent("悦来街道", date(2026, 1, 24)), Some(old));
        assert_eq!(competent("悦来街道", date(2026, 1, 25)), Some(new));
        assert_eq!(lying("统景镇", date(2025, 12, 1)), Some(north));
        assert_eq!(competent("统景镇", date(2025, 12, 1)), Some(old));
        assert_eq!(competent("统景镇", date(2026, 1, 25)), Some(north));
        assert_eq!(divisions.competent(new, "", date(2025, 12, 1)), None, "two predecessors: the data cannot tell");
        assert_eq!(divisions.competent(north, "统景镇", date(2025, 12, 1)), Some(old), "however it was written down");
    }
}
