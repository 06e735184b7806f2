//! What people type, as values of the domain, with errors they can act on.

use std::str::FromStr;

use kernel::{CommandId, Date, Digest};
use uuid::Uuid;

/// Not a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是日期，请写成 2026-10-31 这样的形式")]
pub struct NotADay(String);

/// A day, typed or as a table has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub Date);

impl FromStr for Day {
    type Err = NotADay;

    /// As `2026-10-31`, and as treasuries write it: `2026/10/31`, `2026.10.31`, `20261031`, with a time or without.
    fn from_str(text: &str) -> Result<Self, NotADay> {
        let plain = text.trim().replace(['/', '.'], "-");
        let spread = match plain.as_bytes() {
            digits if digits.len() == 8 && digits.iter().all(u8::is_ascii_digit) => {
                let (year, rest) = plain.split_at(4);
                let (month, day) = rest.split_at(2);
                format!("{year}-{month}-{day}")
            }
            _ => {
                let parts =
                    plain.split('-').map(|part| if part.len() == 1 { format!("0{part}") } else { part.to_owned() });
                parts.collect::<Vec<_>>().join("-")
            }
        };
        spread.parse().map(Self).map_err(|_| NotADay(text.to_owned()))
    }
}

/// The n-th id that follows from a form's command: the same when the form is sent again.
pub fn derived(command: CommandId, what: &str, number: usize) -> Uuid {
    let number = number.to_be_bytes();
    let digest = Digest::of_parts([what.as_bytes(), command.0.as_bytes(), number.as_slice()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_treasuries_write_them() {
        let day = Ok(Day(jiff_day()));
        for text in ["2026-03-09", "2026/3/9", "2026.03.09", "20260309", " 2026-3-9 ", "2026-03-09 10:22:33"] {
            assert_eq!(text.parse(), day, "{text}");
        }
        for bad in ["", "2026-02-30", "9/3/2026"] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }

    fn jiff_day() -> Date {
        "2026-03-09".parse().unwrap_or(Date::MAX)
    }
}
