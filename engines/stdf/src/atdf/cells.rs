//! Single values as ATDF says them

use crate::field::OwnedPacked;
use crate::generic::Generic;
use crate::text::Text;
use crate::value::Value;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

pub(super) fn is_time(name: &str) -> bool {
    matches!(name, "setup_t" | "start_t" | "finish_t" | "mod_tim")
}

pub(super) fn cell(name: &str, value: &Value) -> String {
    match value {
        Value::Unsigned(0) if is_time(name) => String::new(),
        Value::Unsigned(seconds) if is_time(name) => time_text(*seconds as i64),
        Value::Unsigned(number) => number.to_string(),
        Value::Signed(-32_768) => String::new(),
        Value::Signed(number) => number.to_string(),
        Value::Real4(number) => number.to_string(),
        Value::Real8(number) => number.to_string(),
        Value::Flags(flags) => flags.to_string(),
        Value::Character(b' ') => String::new(),
        Value::Character(character) => escape(&[*character], false),
        Value::Text(text) => escape(text.as_bytes(), false),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        Value::Bits(bits) => {
            let set: Vec<String> = bits.as_view().set_bits().map(|bit| bit.to_string()).collect();
            set.join(",")
        }
        Value::Nibbles(nibbles) => {
            let states: Vec<String> = nibbles.as_view().nibbles().map(|state| format!("{state:X}")).collect();
            states.join(",")
        }
        Value::List(values) if values.iter().any(|value| matches!(value, Value::Generic(_))) => {
            let fields: Vec<String> = values
                .iter()
                .map(|value| if let Value::Generic(g) = value { generic_cell(g) } else { String::new() })
                .collect();
            fields.join("|")
        }
        Value::List(values) => {
            let cells: Vec<String> = values
                .iter()
                .map(
                    |value| if let Value::Text(text) = value { escape(text.as_bytes(), true) } else { cell("", value) },
                )
                .collect();
            cells.join(",")
        }
        Value::Generic(generic) => generic_cell(generic),
    }
}

pub(super) fn generic_cell(generic: &Generic) -> String {
    match generic {
        Generic::Pad => "P".into(),
        Generic::U1(number) => format!("U{number}"),
        Generic::U2(number) => format!("M{number}"),
        Generic::U4(number) => format!("B{number}"),
        Generic::I1(number) => format!("I{number}"),
        Generic::I2(number) => format!("S{number}"),
        Generic::I4(number) => format!("L{number}"),
        Generic::R4(number) => format!("F{number}"),
        Generic::R8(number) => format!("D{number}"),
        Generic::Text(text) => format!("T{}", escape(text.as_bytes(), false)),
        Generic::Bytes(bytes) => format!("X{}", cell("", &Value::Bytes(bytes.clone()))),
        Generic::Bits(bits) => format!("Y{}", cell("", &Value::Bits(bits.clone()))),
        Generic::Nibble(nibble) => format!("N{nibble:X}"),
    }
}

pub(super) fn escape(bytes: &[u8], in_list: bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let count = chunk.valid().chars().count();
        for (index, character) in chunk.valid().chars().enumerate() {
            let edge = character == ' ' && (index == 0 || index + 1 == count);
            if matches!(character, '\\' | '|') || (character == ',' && in_list) || character.is_ascii_control() || edge
            {
                out.push_str(&format!("\\x{:02X}", character as u32));
            } else {
                out.push(character);
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02X}"));
        }
    }
    out
}

pub(super) fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let code = rest.get(at + 1..at + 4)?.strip_prefix('x')?;
        out.push(u8::from_str_radix(code, 16).ok()?);
        rest = rest.get(at + 4..)?;
    }
    out.extend_from_slice(rest.as_bytes());
    Some(out)
}

/// `hh:mm:ss dd-MMM-yyyy`; the date arithmetic is the proleptic Gregorian calendar's, counted from 0000-03-01
pub(super) fn time_text(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12;
    let year = year_of_era + era * 400 + i64::from(month < 2);
    let name = MONTHS.get(month as usize).copied().unwrap_or("JAN");
    format!("{:02}:{:02}:{:02} {day:02}-{name}-{year:04}", rest / 3600, rest / 60 % 60, rest % 60)
}

pub(super) fn time_value(text: &str) -> Option<u64> {
    let (clock, date) = text.trim().split_once(' ')?;
    let mut clock = clock.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let mut date = date.trim().splitn(3, '-');
    let day: i64 = date.next()?.parse().ok()?;
    let month = date.next()?.to_uppercase();
    let month = MONTHS.iter().position(|name| *name == month)? as i64;
    let year: i64 = date.next()?.parse().ok().filter(|year| (0..10_000).contains(year))?;
    let shifted_year = if month < 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    let seconds = days * 86_400 + clock.next()?? * 3600 + clock.next()?? * 60 + clock.next()??;
    u64::try_from(seconds).ok()
}

pub(super) fn element_width(value: &Value) -> u64 {
    let Value::List(values) = value else { return 1 };
    let widest = values.iter().map(|value| match value {
        Value::Unsigned(number) if *number > u64::from(u32::MAX) => 8,
        Value::Unsigned(number) if *number > 65_535 => 4,
        Value::Unsigned(number) if *number > 255 => 2,
        Value::Text(text) => text.as_bytes().len() as u64,
        _ => 1,
    });
    widest.max().unwrap_or(1)
}

pub(super) fn parse_cell(code: &str, name: &str, cell: &str) -> Option<Value> {
    Some(match code {
        "U*4" if is_time(name) => Value::Unsigned(time_value(cell)?),
        "U*1" | "U*2" | "U*4" | "U*8" | "U*f" => Value::Unsigned(cell.parse().ok()?),
        "I*1" | "I*2" | "I*4" => Value::Signed(cell.parse().ok()?),
        "R*4" => Value::Real4(cell.parse().ok()?),
        "R*8" => Value::Real8(cell.parse().ok()?),
        "B*1" => Value::Flags(cell.parse().ok()?),
        "C*1" => Value::Character(*unescape(cell)?.first()?),
        "C*n" | "S*n" | "C*f" => Value::Text(Text::from(unescape(cell)?.as_slice())),
        "kxC*n" => Value::List(cell.split(',').map(|cell| parse_cell("C*n", "", cell)).collect::<Option<_>>()?),
        "B*n" => Value::Bytes(parse_hex(cell)?),
        "D*n" => Value::Bits(parse_bits(cell)?),
        "N*1" => {
            let states: Option<Vec<u8>> = cell.split(',').map(|state| u8::from_str_radix(state, 16).ok()).collect();
            Value::Nibbles(OwnedPacked::from_nibbles(&states.filter(|states| states.len() <= 65_535)?))
        }
        _ => return None,
    })
}

pub(super) fn parse_hex(cell: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = cell.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

pub(super) fn parse_bits(cell: &str) -> Option<OwnedPacked> {
    let set: Vec<u16> = cell.split(',').map(|bit| bit.trim().parse().ok()).collect::<Option<_>>()?;
    let count = set.iter().max()?.checked_add(1)?;
    let mut bytes = vec![0u8; usize::from(count).div_ceil(8)];
    for bit in set {
        *bytes.get_mut(usize::from(bit / 8))? |= 1 << (bit % 8);
    }
    Some(OwnedPacked { count, bytes })
}

pub(super) fn parse_generic(cell: &str) -> Option<Generic> {
    let mut letters = cell.chars();
    let letter = letters.next()?;
    let rest = letters.as_str();
    Some(match letter {
        'P' => Generic::Pad,
        'U' => Generic::U1(rest.parse().ok()?),
        'M' => Generic::U2(rest.parse().ok()?),
        'B' => Generic::U4(rest.parse().ok()?),
        'I' => Generic::I1(rest.parse().ok()?),
        'S' => Generic::I2(rest.parse().ok()?),
        'L' => Generic::I4(rest.parse().ok()?),
        'F' => Generic::R4(rest.parse().ok()?),
        'D' => Generic::R8(rest.parse().ok()?),
        'T' => Generic::Text(Text::from(unescape(rest)?.as_slice())),
        'X' => Generic::Bytes(parse_hex(rest)?),
        'Y' => Generic::Bits(if rest.is_empty() { OwnedPacked::default() } else { parse_bits(rest)? }),
        'N' => Generic::Nibble(u8::from_str_radix(rest, 16).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn times_go_both_ways() {
        for seconds in [0, 951_782_399, 951_782_400, 1_700_000_000, 4_102_444_799] {
            assert_eq!(time_value(&time_text(seconds as i64)), Some(seconds));
        }
        assert_eq!(time_text(951_782_400), "00:00:00 29-FEB-2000");
    }
}
