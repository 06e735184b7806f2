//! What reviewers type, with errors they can act on.

use std::str::FromStr;

/// Points of 100.
#[derive(Clone, Copy)]
pub struct Points(pub u8);

impl FromStr for Points {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().ok().filter(|points| *points <= 100).map(Self).ok_or("请填 0 至 100 的整数")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_or_refused_in_chinese() {
        assert_eq!("100".parse::<Points>().map(|points| points.0), Ok(100));
        for bad in ["101", "-1", "", "86.5", "优"] {
            assert!(bad.parse::<Points>().is_err(), "{bad}");
        }
    }
}
