//! Who looks, and as of when.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use kernel::{Actor, Date, OrganisationId, PersonId, Role, Timestamp};

use crate::failure::Failure;
use crate::page::Visit;
use crate::ports::Seat;

/// Who looks at a page.
#[derive(Clone, Debug, Default)]
pub enum Visitor {
    /// Someone who has not signed in.
    #[default]
    Public,
    /// A person who has.
    SignedIn(Arc<SignedIn>),
}

/// A person who has signed in, and the grant they act in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub person: PersonId,
    /// What the head of each page calls them.
    pub display_name: String,
    /// The grant they act in.
    pub seat: Option<Seat>,
    /// All grants they could act in.
    pub seats: Vec<Seat>,
    /// Whether they proved just before who they are.
    pub reauthenticated: bool,
    /// Whether they must change their password before anything else.
    pub must_change: bool,
}

impl Visitor {
    /// The person, when signed in.
    pub fn signed_in(&self) -> Option<&SignedIn> {
        match self {
            Self::Public => None,
            Self::SignedIn(signed_in) => Some(signed_in),
        }
    }

    /// The grant acted in.
    pub fn seat(&self) -> Option<&Seat> {
        self.signed_in().and_then(|signed_in| signed_in.seat.as_ref())
    }

    /// The role acted in.
    pub fn role(&self) -> Option<Role> {
        self.seat().map(|seat| seat.role)
    }

    /// The organisation acted for.
    pub fn organisation(&self) -> Option<&OrganisationId> {
        self.seat().map(|seat| &seat.organisation)
    }

    /// As the sender of a command.
    pub fn actor(&self) -> Result<Actor, Failure> {
        let signed_in = self.signed_in().ok_or(Failure::SignInFirst)?;
        let no_seat = || Failure::Forbidden("您的账号目前没有任何有效授权，请联系本单位的管理员。".into());
        let seat = signed_in.seat.as_ref().ok_or_else(no_seat)?;
        let Seat { role, organisation, .. } = seat.clone();
        Ok(Actor::Person { person: signed_in.person, role, organisation })
    }

    /// Whether they proved just before who they are.
    pub fn reauthenticated(&self) -> bool {
        self.signed_in().is_some_and(|signed_in| signed_in.reauthenticated)
    }

    /// As the access log knows them.
    pub(crate) fn who(&self) -> ledger::access::Who {
        use ledger::access::Who;
        match (self.signed_in(), self.actor()) {
            (None, _) => Who::Visitor,
            (Some(_), Ok(actor)) => Who::Actor(actor),
            (Some(signed_in), Err(_)) => Who::Person(signed_in.person),
        }
    }

    /// As registers see them.
    pub fn viewer(&self) -> register::Viewer {
        let seat = self.seat();
        register::Viewer {
            role: seat.map(|seat| seat.role),
            organisation: seat.map(|seat| seat.organisation.clone()),
            person: self.signed_in().map(|signed_in| signed_in.person),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Visit::of(parts).map(|visit| visit.visitor.clone())
    }
}

/// As of which day a page is asked for: `?as_of=2026-10-31`, or now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    chosen: Option<Date>,
    now: Timestamp,
}

impl AsOf {
    /// Now.
    pub fn now(now: Timestamp) -> Self {
        Self { chosen: None, now }
    }

    /// From the query part of an address. Refuses what is no date or lies in the future.
    pub fn parse(query: &str, now: Timestamp) -> Result<Self, Failure> {
        let value = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "as_of");
        let Some(value) = value.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty()) else {
            return Ok(Self::now(now));
        };
        let wrong = |why: &str| Failure::Unacceptable(format!("截至日期“{value}”{why}").into());
        let day: Date = value.parse().map_err(|_| wrong("不是日期，请写成 2026-10-31 这样的形式。"))?;
        let today = kernel::date::civil(now);
        if day > today {
            return Err(wrong(&format!("在将来，请选择 {today} 或更早的日期。")));
        }
        Ok(Self { chosen: (day < today).then_some(day), now })
    }

    /// The day in the past that was chosen; `None` is now.
    pub fn chosen(&self) -> Option<Date> {
        self.chosen
    }

    /// The day: the chosen one, or today.
    pub fn day(&self) -> Date {
        self.chosen.unwrap_or_else(|| kernel::date::civil(self.now))
    }

    /// Whether nothing but now was asked for.
    pub fn is_now(&self) -> bool {
        self.chosen.is_none()
    }

    /// To be put behind a path, so that links keep the day: `?as_of=2026-10-31`, or nothing.
    pub fn suffix(&self) -> String {
        self.chosen.map(|day| format!("?as_of={day}")).unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for AsOf {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Visit::of(parts).map(|visit| visit.as_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_taken_from_the_address_or_refused() {
        let now: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
        assert!(AsOf::parse("", now).unwrap().is_now());
        assert!(AsOf::parse("as_of=2026-11-23", now).unwrap().is_now());
        let past = AsOf::parse("sort=a&as_of=2026-10-31", now).unwrap();
        assert_eq!((past.day().to_string(), past.suffix()), ("2026-10-31".into(), "?as_of=2026-10-31".into()));
        for bad in ["as_of=2026-11-24", "as_of=x", "as_of=2026-02-30"] {
            assert!(AsOf::parse(bad, now).is_err(), "{bad}");
        }
    }
}
