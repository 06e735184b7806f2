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
    /// Secret from which form tokens are made.
    pub csrf: Vec<u8>,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When they were last active.
    pub last_seen_at: Timestamp,
    /// When they last proved again who they are.
    pub reauthenticated_at: Option<Timestamp>,
}

/// The table of sessions.
pub struct Sessions<'a>(pub(super) &'a Desk);

impl Sessions<'_> {
    /// Begins a session.
    pub async fn begin(&self, session: &Session) -> Result<(), DeskError> {
        let role = session.chosen.as_ref().map(|grant| role_text(grant.role)).transpose()?;
        sqlx::query("insert into session values (?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(token(&session.token))
            .bind(id(session.person))
            .bind(role)
            .bind(session.chosen.as_ref().map(|grant| grant.organisation.as_str()))
            .bind(&session.csrf)
            .bind(stored(session.created_at))
            .bind(stored(session.last_seen_at))
            .bind(session.reauthenticated_at.map(stored))
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

    /// The person was active. Call it at most once a minute: it is a durable write.
    pub async fn seen(&self, digest: &Digest, at: Timestamp) -> Result<(), DeskError> {
        let query = sqlx::query("update session set last_seen_at = ? where token = ?");
        query.bind(stored(at)).bind(token(digest)).execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    /// The person chose what to act in.
    pub async fn choose(&self, digest: &Digest, grant: &Grant) -> Result<(), DeskError> {
        let query = sqlx::query("update session set chosen_role = ?, chosen_organisation = ? where token = ?");
        let query = query.bind(role_text(grant.role)?).bind(grant.organisation.as_str()).bind(token(digest));
        query.execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    /// The person proved again who they are.
    pub async fn reauthenticated(&self, digest: &Digest, at: Timestamp) -> Result<(), DeskError> {
        let query = sqlx::query("update session set reauthenticated_at = ? where token = ?");
        query.bind(stored(at)).bind(token(digest)).execute(&mut *self.0.writer().await).await?;
        Ok(())
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
        csrf: row.try_get("csrf")?,
        created_at: instant(row.try_get("created_at")?),
        last_seen_at: instant(row.try_get("last_seen_at")?),
        reauthenticated_at: row.try_get::<Option<i64>, _>("reauthenticated_at")?.map(instant),
    })
}
