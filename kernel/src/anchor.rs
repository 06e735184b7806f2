//! Stable places in a plan's text.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A place in the plan, in the document's own numbering: `三(二)1-句1` is part 三, section （二）, item 1, sentence 1.
/// Half-width brackets and digits, so that it can be typed; never changed once published.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Anchor(Arc<str>);

/// Empty, too long, or with white space.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是条款锚点：应为 1 至 40 个字符且不含空白，例如 三(二)1-句1")]
pub struct AnchorError(String);

impl Anchor {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this place lies inside `outer`, or is it: `三(二)1-句1` is inside `三(二)` and `三`.
    pub fn is_within(&self, outer: &Self) -> bool {
        let digit = |c: char| c.is_ascii_digit();
        // “10” does not lie inside “1”.
        let splits_number = |rest: &str| outer.0.ends_with(digit) && rest.starts_with(digit);
        self.0.strip_prefix(outer.as_str()).is_some_and(|rest| !splits_number(rest))
    }
}

impl FromStr for Anchor {
    type Err = AnchorError;
    fn from_str(text: &str) -> Result<Self, AnchorError> {
        let length = text.chars().count();
        let fits = (1..=40).contains(&length) && !text.contains(char::is_whitespace);
        if fits { Ok(Self(text.into())) } else { Err(AnchorError(text.to_owned())) }
    }
}

crate::serialized_as_text!(Anchor);

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_nest_by_the_documents_numbering() {
        let sentence: Anchor = "二(一)1-句2".parse().unwrap();
        for outer in ["二", "二(一)", "二(一)1", "二(一)1-句2"] {
            assert!(sentence.is_within(&outer.parse().unwrap()), "{outer}");
        }
        let tenth: Anchor = "二(三)10-句1".parse().unwrap();
        assert!(!tenth.is_within(&"二(三)1".parse().unwrap()), "10 is not inside 1");
    }
}
