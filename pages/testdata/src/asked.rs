//! What a page's address asks for: retest policy, and everything else a page of its own knows.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use form_urlencoded::Serializer;
use testdata::selection::Retest;
use web::Failure;

use crate::words::POLICIES;

/// The query part of an address. What is not understood is left out.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pairs: Vec<(String, String)>,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Asked {
    /// From the query part of an address.
    pub fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        Self { pairs: pairs.filter(|(_, value)| !value.trim().is_empty()).collect() }
    }

    /// A parameter as typed.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// A parameter that is a number or the like; `None` when it is missing or is none.
    pub fn value<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// Which attempts count; the last of each unless asked otherwise.
    pub fn retest(&self) -> Retest {
        let asked = self.text("retest").unwrap_or_default();
        POLICIES.iter().find(|(_, key, _)| *key == asked).map_or(Retest::Last, |(retest, _, _)| *retest)
    }

    /// Behind a path: the policy alone, so that links keep it; nothing for the usual one.
    pub fn suffix(&self) -> String {
        match POLICIES.iter().find(|(retest, _, _)| *retest == self.retest()) {
            Some((retest, key, _)) if *retest != Retest::Last => format!("?retest={key}"),
            _ => String::new(),
        }
    }

    /// Behind a path: the policy and these.
    pub fn with<'a>(&self, pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
        let kept = self.text("retest").filter(|_| self.retest() != Retest::Last);
        let kept = kept.map(|retest| ("retest", retest.to_owned()));
        let query = Serializer::new(String::new()).extend_pairs(kept.into_iter().chain(pairs)).finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// Behind a path: the same address with one parameter replaced or, when `None`, left out.
    pub fn replaced(&self, name: &str, value: Option<&str>) -> String {
        let others = self.pairs.iter().filter(|(key, _)| key != name && key != "page");
        let pairs = others.map(|(key, value)| (key.as_str(), value.as_str())).chain(value.map(|value| (name, value)));
        let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// The parameters but for these, as hidden fields of a form.
    pub fn besides(&self, names: &[&str]) -> Vec<(String, String)> {
        self.pairs.iter().filter(|(key, _)| !names.contains(&key.as_str())).cloned().collect()
    }

    /// Whether a parameter is there.
    pub fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }
}
