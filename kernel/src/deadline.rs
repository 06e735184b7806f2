//! The one deadline type.

use serde::{Deserialize, Serialize};

use crate::{calendar::WorkingCalendar, date::Date};

/// A day by which something is due, and what started the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Deadline {
    /// The last day on which doing it is in time.
    pub due: Date,
    /// The day the clock started.
    pub started: Date,
}

/// Where a deadline stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// This many working days are left; 0 is "today".
    Left(i32),
    /// This many working days late.
    Late(i32),
}

impl Deadline {
    /// `days` working days counted from the day after `started`.
    pub fn working_days(calendar: &WorkingCalendar, started: Date, days: u16) -> Self {
        Self { due: calendar.after(started, days), started }
    }

    /// Where it stands on `today`.
    pub fn standing(self, calendar: &WorkingCalendar, today: Date) -> Standing {
        if today <= self.due {
            Standing::Left(calendar.between(today, self.due))
        } else {
            Standing::Late(calendar.between(self.due, today).max(1))
        }
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Left(0) => f.write_str("今日到期"),
            Self::Left(days) => write!(f, "还剩 {days} 个工作日"),
            Self::Late(days) => write!(f, "逾期 {days} 个工作日"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_deadline_counts_working_days() {
        let calendar = WorkingCalendar::default();
        let deadline = Deadline::working_days(&calendar, date(2026, 11, 19), 3);
        assert_eq!(deadline.due, date(2026, 11, 24));
        assert_eq!(deadline.standing(&calendar, date(2026, 11, 23)), Standing::Left(1));
        assert_eq!(deadline.standing(&calendar, date(2026, 11, 24)).to_string(), "今日到期");
        assert_eq!(deadline.standing(&calendar, date(2026, 11, 28)).to_string(), "逾期 3 个工作日");
    }
}
