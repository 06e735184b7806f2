//! What people type into the forms of this crate, with errors they can act on.

use std::str::FromStr;

use kernel::Date;

/// A day.
#[derive(Clone, Copy)]
pub struct Day(pub Date);

impl FromStr for Day {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "不是日期，请写成 2026-10-31 的形式")
    }
}

/// A whole number from 0 to 100: points, percent, months, days.
#[derive(Clone, Copy)]
pub struct UpToHundred(pub u8);

impl FromStr for UpToHundred {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim_end_matches(['%', '％']).parse().ok().filter(|number| *number <= 100);
        number.map(Self).ok_or("请填 0 至 100 的整数")
    }
}

/// A number of firms or projects.
#[derive(Clone, Copy)]
pub struct Count(pub i64);

impl FromStr for Count {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.replace(',', "").parse().map(Self).map_err(|_| "请填整数，例如 41")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_or_refused_in_chinese() {
        assert_eq!("15%".parse::<UpToHundred>().map(|number| number.0), Ok(15));
        for bad in ["101", "-1", "", "一成"] {
            assert_eq!(bad.parse::<UpToHundred>().map(|number| number.0), Err("请填 0 至 100 的整数"), "{bad}");
        }
        assert!("2026-02-30".parse::<Day>().is_err());
        assert_eq!("1,041".parse::<Count>().map(|count| count.0), Ok(1041));
    }
}
