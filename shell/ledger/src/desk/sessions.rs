//! Who is signed in.

use kernel::{Digest, OrganisationId, PersonId, Role, Timestamp};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Desk, DeskError, id, person, stored};
use crate::database::{self, instant};

/// The role and organisation a person chose to act in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// In which role.
    pub role: Role,
    /// For whom.
    pub organisation: OrganisationId,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SM3 of the token in the cookie. The token itself is never stored.
    pub token: Digest,
    /// Who signed in.
    pub person: PersonId,
    /// What they act in; `None` until chosen.
    pub chosen: Option<Grant>,
    /// The password is to be changed before anything else.
    pub must_change: bool,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When they were last active.
    pub last_seen_at: Timestamp,
    /// When they last proved again who they are.
    pub reauthenticated_at: Timestamp,
}

/// The table of sessions.
pub struct Sessions<'a>(pub(super) &'a Desk);

impl Sessions<'_> {
    /// Keeps a session, replacing what was kept under its token. A durable write: to note mere activity, call it at
    /// most once a minute.
    pub async fn keep(&self, session: &Session) -> Result<(), DeskError> {
        let role = session.chosen.as_ref().map(|grant| role_text(grant.role)).transpose()?;
        sqlx::query("insert or replace into session values (?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(token(&session.token))
            .bind(id(session.person))
            .bind(role)
            .bind(session.chosen.as_ref().map(|grant| grant.organisation.as_str()))
            .bind(session.must_change)
            .bind(stored(session.created_at))
            .bind(stored(session.last_seen_at))
            .bind(stored(session.reauthenticated_at))
            .execute(&mut *self.0.writer().await)
            .await?;
        Ok(())
    }

    /// The session of a token's digest. Whether it has expired is the caller's to judge.
    pub async fn find(&self, digest: &Digest) -> Result<Option<Session>, DeskError> {
        let row = sqlx::query("select * from session where token = ?")
            .bind(token(digest))
            .fetch_optional(self.0.readers())
            .await?;
        Ok(row.map(|row| session(&row)).transpose()?)
    }

    /// Ends a session.
    pub async fn end(&self, digest: &Digest) -> Result<(), DeskError> {
        let query = sqlx::query("delete from session where token = ?");
        query.bind(token(digest)).execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    /// Ends all sessions of a person but, where given, the one they are in; answers how many.
    pub async fn end_all(&self, person: PersonId, except: Option<&Digest>) -> Result<u64, DeskError> {
        let query = sqlx::query("delete from session where person = ? and token is not ?");
        let query = query.bind(id(person)).bind(except.map(token));
        Ok(query.execute(&mut *self.0.writer().await).await?.rows_affected())
    }

    /// Ends sessions last seen before `idle` or begun before `begun`, and answers whose they were.
    pub async fn expire(&self, idle: Timestamp, begun: Timestamp) -> Result<Vec<PersonId>, DeskError> {
        let query = sqlx::query_scalar("delete from session where last_seen_at < ? or created_at < ? returning person");
        let query = query.bind(stored(idle)).bind(stored(begun));
        let ended: Vec<Vec<u8>> = query.fetch_all(&mut *self.0.writer().await).await?;
        Ok(ended.iter().map(|bytes| person(bytes)).collect::<Result<_, _>>()?)
    }
}

fn token(digest: &Digest) -> Vec<u8> {
    digest.as_bytes().to_vec()
}

/// A role as JSON spells it.
fn role_text(role: Role) -> Result<String, sqlx::Error> {
    let text = serde_json::to_string(&role).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    Ok(text.trim_matches('"').to_owned())
}

fn session(row: &SqliteRow) -> Result<Session, sqlx::Error> {
    let chosen: (Option<String>, Option<&str>) = (row.try_get("chosen_role")?, row.try_get("chosen_organisation")?);
    let chosen = match chosen {
        (Some(role), Some(organisation)) => {
            let role = serde_json::from_value(role.into()).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            Some(Grant { role, organisation: database::parse(organisation)? })
        }
        _ => None,
    };
    Ok(Session {
        token: database::digest(row.try_get("token")?)?,
        person: person(row.try_get("person")?)?,
        chosen,
        must_change: row.try_get("must_change")?,
        created_at: instant(row.try_get("created_at")?),
        last_seen_at: instant(row.try_get("last_seen_at")?),
        reauthenticated_at: instant(row.try_get("reauthenticated_at")?),
    })
}
