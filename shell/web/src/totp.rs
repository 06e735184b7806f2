//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, thirty seconds, as authenticator apps expect.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::Timestamp;
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// Seconds of one step.
const STEP: i64 = 30;
/// Bytes of a new secret, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

/// The shared secret of a second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct Totp(Vec<u8>);

impl Totp {
    /// A new secret.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut secret = vec![0; SECRET_BYTES];
        getrandom::fill(&mut secret)?;
        Ok(Self(secret))
    }

    /// From a stored secret.
    pub fn from_secret(secret: Vec<u8>) -> Self {
        Self(secret)
    }

    /// From what a page showed for typing.
    pub fn from_base32(text: &str) -> Option<Self> {
        let secret = BASE32_NOPAD.decode(text.trim().to_ascii_uppercase().as_bytes()).ok()?;
        (secret.len() >= 16).then_some(Self(secret))
    }

    /// To be stored.
    pub fn secret(&self) -> &[u8] {
        &self.0
    }

    /// To be typed into an app that has no camera.
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// What the QR code holds (Key URI Format of authenticator apps).
    pub fn address(&self, login: &str) -> String {
        let login: String = form_urlencoded::byte_serialize(login.as_bytes()).collect();
        format!("otpauth://totp/fengce:{login}?secret={}&issuer=fengce", self.base32())
    }

    /// The code at an instant.
    pub fn code(&self, now: Timestamp) -> String {
        self.at_step(step_of(now))
    }

    /// The step whose code this is: the current one or a neighbour, for clocks that differ, but never one up to
    /// `last`, so that a code works once.
    pub fn accept(&self, code: &str, now: Timestamp, last: Option<u64>) -> Option<u64> {
        let typed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let current = step_of(now);
        let steps = [current.saturating_sub(1), current, current + 1];
        // Every step is compared, so that time tells nothing.
        let fits = steps.map(|step| bool::from(self.at_step(step).as_bytes().ct_eq(typed.as_bytes())));
        let found = steps.into_iter().zip(fits).filter(|(_, fits)| *fits).map(|(step, _)| step);
        found.filter(|step| last.is_none_or(|last| *step > last)).max()
    }

    fn at_step(&self, step: u64) -> String {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else { return String::new() };
        mac.update(&step.to_be_bytes());
        let bytes: [u8; 20] = mac.finalize().into_bytes().into();
        let offset = usize::from(bytes[19] & 0xf);
        let word = [bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]];
        format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
    }
}

fn step_of(now: Timestamp) -> u64 {
    u64::try_from(now.as_second() / STEP).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1, last six of eight digits.
        let totp = Totp::from_secret(b"12345678901234567890".to_vec());
        let table = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (second, code) in table {
            assert_eq!(totp.code(at(second)), code);
        }
    }

    #[test]
    fn a_code_works_once_and_only_near_its_time() {
        let totp = Totp::from_secret(b"12345678901234567890".to_vec());
        let code = totp.code(at(90));
        let step = totp.accept(&code, at(119), None).unwrap();
        assert_eq!(step, 3);
        assert_eq!(totp.accept(&code, at(119), Some(step)), None, "a replay is refused");
        assert!(totp.accept(&code, at(149), None).is_some() && totp.accept(&code, at(150), None).is_none());
        assert_eq!(totp.accept("000000", at(90), None), None);
    }

    #[test]
    fn a_secret_comes_back_from_its_text() {
        let totp = Totp::new().unwrap();
        assert!(Totp::from_base32(&totp.base32()) == Some(totp));
        assert!(Totp::from_base32("AAAA").is_none());
    }
}
