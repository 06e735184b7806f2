//! The token of a visit, its cookie, and the cross-site token made from it.

use axum::http::{HeaderMap, HeaderValue, header};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::Digest;
use sm3::Sm3;

/// 32 random bytes known only to one browser.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token([u8; 32]);

impl Token {
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Of no visit: for the page that says that randomness has run out.
    pub const fn nobody() -> Self {
        Self([0; 32])
    }

    /// From the request's cookie; anything malformed is as good as none.
    pub fn from_cookie(headers: &HeaderMap, secure: bool) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == cookie_name(secure))?;
        BASE64URL_NOPAD.decode(value.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// Sets the cookie for this browser session.
    pub fn cookie(&self, secure: bool) -> Option<HeaderValue> {
        let (name, value) = (cookie_name(secure), BASE64URL_NOPAD.encode(&self.0));
        let ending = if secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{ending}").parse().ok()
    }

    /// Under which the desk keeps the session: who reads the desk learns no token.
    pub fn key(&self) -> Digest {
        Digest::of_parts([&b"session"[..], &self.0])
    }

    fn mac(&self, secret: &[u8; 32]) -> Hmac<Sm3> {
        // A shorter key is filled up with zeros (RFC 2104).
        let mut block = [0; 64];
        block[..32].copy_from_slice(secret);
        let mut mac = Hmac::<Sm3>::new(&block.into());
        mac.update(b"form");
        mac.update(&self.0);
        mac
    }

    /// What forms of this visit carry. Only a page of this site can know it.
    pub fn form_token(&self, secret: &[u8; 32]) -> String {
        BASE64URL_NOPAD.encode(&self.mac(secret).finalize().into_bytes())
    }

    /// Whether a form carries the token of this visit; takes the same time whatever was sent.
    pub fn accepts(&self, secret: &[u8; 32], sent: &str) -> bool {
        let decoded = BASE64URL_NOPAD.decode(sent.as_bytes());
        decoded.is_ok_and(|sent| self.mac(secret).verify_slice(&sent).is_ok())
    }
}

pub fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-fengce" } else { "fengce" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_from_its_cookie() {
        let token = Token::new().unwrap();
        let cookie = token.cookie(true).unwrap();
        let text = cookie.to_str().unwrap();
        assert!(text.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{text}");
        let mut headers = HeaderMap::new();
        let sent = format!("other=1; {}", text.split(';').next().unwrap());
        headers.insert(header::COOKIE, sent.parse().unwrap());
        assert!(Token::from_cookie(&headers, true) == Some(token));
        assert!(Token::from_cookie(&headers, false).is_none(), "the plain name is not taken over HTTPS");
    }

    #[test]
    fn a_form_token_fits_one_visit_and_one_key() {
        let (token, other) = (Token::new().unwrap(), Token::new().unwrap());
        let sent = token.form_token(&[1; 32]);
        assert!(token.accepts(&[1; 32], &sent));
        assert!(!token.accepts(&[2; 32], &sent) && !other.accepts(&[1; 32], &sent) && !token.accepts(&[1; 32], ""));
    }
}
