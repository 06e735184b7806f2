//! Working days as China really works them.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};

use serde::{Deserialize, Serialize};

use crate::date::Date;

/// Working days: Monday to Friday, less public holidays, plus the weekend days the State Council's yearly
/// notice turns into working days (调休). The adjustments are dated data from `catalog/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkingCalendar {
    /// Weekdays on which nobody works (`false`) and weekend days on which everybody does (`true`).
    adjusted: BTreeMap<Date, bool>,
    /// Last day covered by a published notice; later days are plain weeks and [`WorkingCalendar::is_settled`] says so.
    settled_until: Option<Date>,
}

impl WorkingCalendar {
    /// From holidays, adjusted working days, and the last day a published notice covers.
    pub fn new(
        holidays: impl IntoIterator<Item = Date>,
        working: impl IntoIterator<Item = Date>,
        settled_until: Option<Date>,
    ) -> Self {
        let holidays = holidays.into_iter().map(|day| (day, false));
        let working = working.into_iter().map(|day| (day, true));
        Self { adjusted: holidays.chain(working).collect(), settled_until }
    }

    /// Whether offices work on the day.
    pub fn works_on(&self, day: Date) -> bool {
        let weekday = day.weekday().to_monday_one_offset() <= 5;
        self.adjusted.get(&day).copied().unwrap_or(weekday)
    }

    /// Whether the year's holiday notice covering the day is known.
    pub fn is_settled(&self, day: Date) -> bool {
        self.settled_until.is_some_and(|until| day <= until)
    }

    /// The day on which the `count`-th working day after `start` falls; `start` itself does not count.
    /// `count` 0 gives `start`.
    pub fn after(&self, start: Date, count: u16) -> Date {
        let mut day = start;
        let mut left = count;
        // The adjustments are met in their order: a page asks for ten thousands of deadlines.
        let mut adjusted = self.adjusted.range((Excluded(start), Unbounded)).peekable();
        let mut weekday = start.weekday().to_monday_one_offset();
        while left > 0 {
            let Ok(next) = day.tomorrow() else { return day };
            day = next;
            weekday = weekday % 7 + 1;
            let works = adjusted.next_if(|(adjusted, _)| **adjusted == day).map_or(weekday <= 5, |(_, works)| *works);
            left -= u16::from(works);
        }
        day
    }

    /// Working days after `from`, up to and including `until`; negative when `until` is earlier.
    pub fn between(&self, from: Date, until: Date) -> i32 {
        let (first, last, sign) = if from <= until { (from, until, 1) } else { (until, from, -1) };
        // Plain weeks by arithmetic, then what the notices change: a register asks this for every row.
        let days = first.duration_until(last).as_hours() / 24;
        let (weeks, rest) = (days / 7, days % 7);
        let begins = i64::from(first.weekday().to_monday_one_offset());
        let in_rest = (1..=rest).filter(|day| (begins + day - 1) % 7 < 5).count() as i32;
        let changed = self.adjusted.range((Excluded(first), Included(last))).map(|(day, works)| {
            let weekday = day.weekday().to_monday_one_offset() <= 5;
            i32::from(*works) - i32::from(weekday)
        });
        sign * (weeks as i32 * 5 + in_rest + changed.sum::<i32>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn days_between_are_counted_as_one_by_one(from in -900_i64..900, span in -900_i64..900) {
            let from = date(2025, 10, 1).saturating_add(jiff::Span::new().days(from));
            let until = from.saturating_add(jiff::Span::new().days(span));
            let calendar = autumn_2025();
            let (first, last) = (from.min(until), from.max(until));
            let days = first.series(jiff::Span::new().days(1)).skip(1).take_while(|day| *day <= last);
            let counted = days.filter(|day| calendar.works_on(*day)).count() as i32;
            prop_assert_eq!(calendar.between(from, until), if span < 0 { -counted } else { counted });
        }
    }

    /// National Day 2025: closed 1–8 October, worked on Sunday 28 September and Saturday 11 October.
    fn autumn_2025() -> WorkingCalendar {
        WorkingCalendar::new(
            (1..=8).map(|day| date(2025, 10, day)),
            [date(2025, 9, 28), date(2025, 10, 11)],
            Some(date(2025, 12, 31)),
        )
    }

    #[test]
    fn seven_working_days_over_the_holiday() {
        let calendar = autumn_2025();
        assert!(calendar.works_on(date(2025, 9, 28)));
        assert!(!calendar.works_on(date(2025, 10, 8)));
        // 9, 10, 11 (adjusted), 13, 14, 15, 16 October.
        assert_eq!(calendar.after(date(2025, 9, 30), 7), date(2025, 10, 16));
        assert_eq!(calendar.between(date(2025, 9, 30), date(2025, 10, 16)), 7);
        assert_eq!(calendar.between(date(2025, 10, 16), date(2025, 9, 30)), -7);
        assert!(!calendar.is_settled(date(2026, 1, 1)));
    }
}
