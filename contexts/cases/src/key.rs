//! Names of the things of this context.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

kernel::uuid_id!(
    /// One case (办件). The same id as its claim's, so that assessment and cap account know it too.
    CaseId
);
kernel::uuid_id!(
    /// One call (申报批次).
    CallId
);
kernel::uuid_id!(
    /// One fund rule (专项资金管理办法).
    FundRuleId
);
kernel::uuid_id!(
    /// One assessment (资金测算), as its own context names it.
    AssessmentId
);
kernel::uuid_id!(
    /// One meeting that decided on cases (审定会议).
    MeetingId
);
kernel::uuid_id!(
    /// One public notice (公示).
    NoticeId
);
kernel::uuid_id!(
    /// One funding plan (资金计划).
    FundingPlanId
);
kernel::uuid_id!(
    /// One payment order (拨付指令).
    OrderId
);
kernel::uuid_id!(
    /// One adverse decision (不利决定).
    AdverseId
);
kernel::uuid_id!(
    /// One objection (异议).
    ObjectionId
);
kernel::uuid_id!(
    /// One complaint (投诉).
    ComplaintId
);
kernel::uuid_id!(
    /// One report (举报).
    ReportId
);

/// A text that is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{text}”不是{what}：应为 {shape}")]
pub struct KeyError {
    text: String,
    what: &'static str,
    shape: &'static str,
}

/// Declares a key that is a short text, checked where it enters.
macro_rules! text_key {
    ($(#[$doc:meta])* $name:ident, $what:literal, $shape:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = KeyError;
            fn from_str(text: &str) -> Result<Self, KeyError> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(KeyError { text: text.to_owned(), what: $what, shape: $shape })
                }
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

fn is_slug(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (2..=40).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_number(text: &str) -> bool {
    (1..=40).contains(&text.chars().count()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

text_key!(
    /// A benefit (事项) by the key of its clause file: `interest`, `test-fee`, `platform`.
    BenefitId,
    "事项代号",
    "2 至 40 个小写英文字母、数字或连字符，例如 test-fee",
    is_slug
);
text_key!(
    /// An item of a call's material checklist: `audit-report`.
    ItemKey,
    "材料代号",
    "2 至 40 个小写英文字母、数字或连字符，例如 audit-report",
    is_slug
);
text_key!(
    /// The number of a treasury or bank voucher, of a return or of a receipt, as the bank writes it.
    VoucherNumber,
    "凭证号",
    "1 至 40 个字符且不含空白",
    is_number
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_checked_where_they_enter() {
        assert!("test-fee".parse::<BenefitId>().is_ok());
        for bad in ["", "a", "测试", "Test", "a b"] {
            assert!(bad.parse::<BenefitId>().is_err(), "{bad}");
        }
        assert!("渝国库-2026-0001".parse::<VoucherNumber>().is_ok());
        assert!("12 34".parse::<VoucherNumber>().unwrap_err().to_string().contains("凭证号"));
    }
}
