//! Unified social credit codes (统一社会信用代码, GB 32100-2015).

use std::fmt;
use std::str::FromStr;

/// A code whose 18th character is right. The inner organisation code may still disagree ([`CreditCode::warning`]):
/// such codes exist in the register and are accepted with a warning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode([u8; 18]);

/// Why a text is not a credit code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Not 18 characters.
    #[error("统一社会信用代码应为 18 位，填写的是 {0} 位")]
    Length(usize),
    /// A character outside the alphabet (I, O, S, V, Z are never used), with its 1-based position.
    #[error("统一社会信用代码第 {position} 位“{found}”不是可用字符（数字与大写字母，不含 I、O、S、V、Z）")]
    Character {
        /// 1-based position.
        position: usize,
        /// What stood there.
        found: char,
    },
    /// The 18th character does not match the first 17.
    #[error("统一社会信用代码校验位不符：按前 17 位应为“{expected}”，填写的是“{found}”，请对照营业执照检查")]
    Check {
        /// What GB 32100 computes.
        expected: char,
        /// What stood there.
        found: char,
    },
}

/// The check digit of the organisation code inside (characters 9–17, GB 11714) disagrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrganisationCodeWarning {
    /// What GB 11714 computes.
    pub expected: char,
    /// What stands at position 17.
    pub found: char,
}

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// The value of each ASCII character; [`NO_VALUE`] outside the alphabet.
const VALUES: [u8; 128] = {
    let mut values = [NO_VALUE; 128];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
};
const NO_VALUE: u8 = u8::MAX;
/// GB 32100-2015: 3^i mod 31.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// GB 11714.
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

impl CreditCode {
    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The code with these first 17 characters and the check character they demand; for generators and tests.
    pub fn complete(first_17: &str) -> Result<Self, CreditCodeError> {
        format!("{first_17}0").parse().or_else(|error| match error {
            CreditCodeError::Check { expected, .. } => format!("{first_17}{expected}").parse(),
            other => Err(other),
        })
    }

    /// The check character GB 11714 demands at position 17 for the eight characters before it.
    pub fn organisation_check(eight: &str) -> char {
        let sum: u32 = eight
            .bytes()
            .zip(ORGANISATION_WEIGHTS)
            // GB 11714 counts letters A=10 … Z=35 over the full alphabet.
            .map(|(byte, weight)| (byte as char).to_digit(36).unwrap_or(0) * weight)
            .sum();
        match 11 - sum % 11 {
            10 => 'X',
            11 => '0',
            digit => char::from_digit(digit, 10).unwrap_or('0'),
        }
    }

    /// Whether the organisation code inside has a wrong check digit of its own.
    pub fn warning(&self) -> Option<OrganisationCodeWarning> {
        let expected = Self::organisation_check(&self.as_str()[8..16]);
        let found = char::from(self.0[16]);
        (expected != found).then_some(OrganisationCodeWarning { expected, found })
    }
}

impl FromStr for CreditCode {
    type Err = CreditCodeError;

    fn from_str(text: &str) -> Result<Self, CreditCodeError> {
        let text = text.trim();
        // All characters of the alphabet are single bytes.
        let code: [u8; 18] = match text.as_bytes().try_into() {
            Ok(code) if text.is_ascii() => code,
            _ => return Err(not_eighteen_of_the_alphabet(text)),
        };
        let values = code.map(|byte| VALUES[usize::from(byte)]);
        if values.contains(&NO_VALUE) {
            return Err(not_eighteen_of_the_alphabet(text));
        }
        let sum: u32 = values.iter().zip(WEIGHTS).map(|(value, weight)| u32::from(*value) * weight).sum();
        let (expected, last) = ((31 - sum % 31) % 31, u32::from(values[17]));
        if expected != last {
            let expected = char::from(ALPHABET[expected as usize]);
            return Err(CreditCodeError::Check { expected, found: char::from(code[17]) });
        }
        Ok(Self(code))
    }
}

/// What is wrong with a text of another length or with another character.
fn not_eighteen_of_the_alphabet(text: &str) -> CreditCodeError {
    let length = text.chars().count();
    if length != 18 {
        return CreditCodeError::Length(length);
    }
    let known = |found: char| u8::try_from(found).is_ok_and(|byte| ALPHABET.contains(&byte));
    let position = text.chars().position(|found| !known(found)).unwrap_or_default();
    CreditCodeError::Character { position: position + 1, found: text.chars().nth(position).unwrap_or_default() }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

crate::serialized_as_text!(CreditCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_codes() {
        for good in [
            "91320200142248781B",
            "914403001922038216",
            "91330100799655058B",
            "9144030071526726XG",
            "91110000802100433B",
        ] {
            let code: CreditCode = good.parse().unwrap();
            assert_eq!(code.warning(), None, "{good}");
            assert_eq!(CreditCode::complete(&good[..17]), Ok(code));
        }
        assert_eq!(
            "913206001383081969".parse::<CreditCode>(),
            Err(CreditCodeError::Check { expected: '5', found: '9' })
        );
        let warned: CreditCode = "91320000608319784J".parse().unwrap();
        assert!(warned.warning().is_some(), "the organisation code inside is wrong");
    }

    #[test]
    fn other_texts_are_refused_with_the_position() {
        assert_eq!("123".parse::<CreditCode>(), Err(CreditCodeError::Length(3)));
        assert_eq!(
            "9132O200142248781B".parse::<CreditCode>(),
            Err(CreditCodeError::Character { position: 5, found: 'O' })
        );
        assert!("91320200142248781b".parse::<CreditCode>().is_err(), "lower case is not the code");
    }
}
