//! 回执: with it whoever said something reads the answer, and nobody learns who they are.
//!
//! A receipt is the first 80 bits of the record's own id, in letters and digits that are not mistaken for each other.
//! Ids are made from random ones at the edge, so a receipt cannot be guessed; whoever loses it cannot be given another.

use std::fmt;
use std::str::FromStr;

use kernel::{Date, Deadline};
use uuid::Uuid;

use crate::challenge::{Answer, Answered};
use crate::key::{ComplaintId, ObjectionId, ReportId};
use crate::state::State;

/// Letters and digits of Crockford's base 32: without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 16;
/// Bits of an id that a receipt leaves out.
const LEFT_OUT: u32 = 48;

/// What somebody was given who objected, complained or reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt(u128);

/// Not 16 letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是回执编号：应为 16 位数字和字母，例如 7K3M-0T9V-2XQ8-HBN4，请核对")]
pub struct ReceiptError(String);

impl Receipt {
    /// Of what has this id.
    pub fn of(id: Uuid) -> Self {
        Self(id.as_u128() >> LEFT_OUT)
    }

    /// The least and the greatest id it may be of.
    fn range(self) -> (Uuid, Uuid) {
        let least = self.0 << LEFT_OUT;
        (Uuid::from_u128(least), Uuid::from_u128(least | ((1 << LEFT_OUT) - 1)))
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in 0..CHARACTERS {
            if place > 0 && place % 4 == 0 {
                f.write_str("-")?;
            }
            let shift = 5 * (CHARACTERS - 1 - place);
            let letter = ALPHABET.get((self.0 >> shift) as usize & 31).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

impl FromStr for Receipt {
    type Err = ReceiptError;
    /// Dashes and blanks do not count, nor does case; what is mistaken for a digit is taken for it.
    fn from_str(text: &str) -> Result<Self, ReceiptError> {
        let wrong = || ReceiptError(text.chars().take(40).collect());
        let mut bits: u128 = 0;
        let mut count = 0;
        for typed in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let letter = match typed.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let place = ALPHABET.iter().position(|known| char::from(*known) == letter).ok_or_else(wrong)?;
            count += 1;
            if count > CHARACTERS {
                return Err(wrong());
            }
            bits = bits << 5 | place as u128;
        }
        if count == CHARACTERS { Ok(Self(bits)) } else { Err(wrong()) }
    }
}

/// Which of the three somebody said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// 异议
    Objection,
    /// 投诉
    Complaint,
    /// 举报
    Report,
}

impl Said {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Objection => "异议",
            Self::Complaint => "投诉",
            Self::Report => "举报",
        }
    }
}

/// What a receipt tells: nothing of who said what, nor of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<'a> {
    /// Which of the three it is.
    pub said: Said,
    /// When it was received.
    pub on: Date,
    /// By when it is answered.
    pub due: Deadline,
    /// The answer.
    pub answer: &'a Answer,
}

impl State {
    /// What became of what the holder of a receipt said.
    pub fn told(&self, receipt: Receipt) -> Option<Told<'_>> {
        fn tell<T>(said: Said, found: &Answered<T>, due: Deadline) -> Told<'_> {
            Told { said, on: found.recorded.day(), due, answer: &found.answer }
        }
        let (least, greatest) = receipt.range();
        let objection = self.objections_between(ObjectionId(least), ObjectionId(greatest));
        if let Some(found) = objection {
            return Some(tell(Said::Objection, found, found.said.due));
        }
        if let Some(found) = self.complaints_between(ComplaintId(least), ComplaintId(greatest)) {
            return Some(tell(Said::Complaint, found, found.said.due));
        }
        let found = self.reports_between(ReportId(least), ReportId(greatest))?;
        Some(tell(Said::Report, found, found.said.due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_receipt_is_read_as_people_write_it() {
        let receipt = Receipt::of(Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef));
        assert_eq!(receipt.to_string(), "04HM-ASW9-NF6Y-Y093");
        assert_eq!("o4hm asw9 nf6y yo93".parse(), Ok(receipt));
        for bad in ["", "04HM", "04HM-ASW9-NF6Y-Y0930", "04HM-ASW9-NF6Y-Y09U", "回执"] {
            assert!(bad.parse::<Receipt>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_receipt_is_read_back_and_covers_its_id(id in any::<u128>()) {
            let receipt = Receipt::of(Uuid::from_u128(id));
            prop_assert_eq!(receipt.to_string().parse(), Ok(receipt));
            let (least, greatest) = receipt.range();
            prop_assert!(least.as_u128() <= id && id <= greatest.as_u128());
        }
    }
}
