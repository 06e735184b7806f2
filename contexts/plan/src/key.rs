//! Names a plan gives its own things.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Not a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是键名：应为 1 至 60 个英文字母、数字或连字符，例如 revenue-filing")]
pub struct KeyError(String);

fn checked(text: &str) -> Result<Arc<str>, KeyError> {
    let fits = (1..=60).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits { Ok(text.into()) } else { Err(KeyError(text.to_owned())) }
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// As text, fit for a URL.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = KeyError;
            fn from_str(text: &str) -> Result<Self, KeyError> {
                checked(text).map(Self)
            }
        }

        kernel::serialized_as_text!($name);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

key!(
    /// A plan: `chongqing-2023`. Several dated plans live side by side.
    PlanKey
);
key!(
    /// A goal: `G1`.
    GoalKey
);
key!(
    /// An indicator: `packaging-revenue`.
    IndicatorKey
);
key!(
    /// A benefit clause, which is also the name of its file: `interest` is `benefits/interest.toml`.
    BenefitKey
);
key!(
    /// A type of record that carries a measure: `revenue-filing`.
    RecordKey
);
