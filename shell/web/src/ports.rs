//! What the web shell needs of the rest of the program, as narrow traits.

use std::future::Future;
use std::pin::Pin;

use kernel::{Date, Digest, OrganisationId, PersonId, Role, Sequence, Timestamp};

/// A boxed future: keeps the traits usable behind `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The store behind a port did not answer. Shown to people only as “please try again later”, with a reference number.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct PortError(pub String);

/// A role a person holds for an organisation, as the accounts now stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// What they may be.
    pub role: Role,
    /// For whom.
    pub organisation: OrganisationId,
    /// What people call it: “市经济信息委”.
    pub organisation_name: String,
}

/// What stands at the foot of every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footing {
    /// Of the last durable event.
    pub sequence: Sequence,
    /// When the last checkpoint was signed.
    pub checkpoint: Option<Timestamp>,
}

/// The city whose pages these are.
pub trait City: Send + Sync + 'static {
    /// As the brand chip shows it: “重庆”.
    fn name(&self) -> String;
    /// Whether firms and figures are invented: every page then says 示例数据.
    fn is_demonstration(&self) -> bool;
    /// The current instant.
    fn now(&self) -> Timestamp;
    /// The earliest day that can be looked back to.
    fn first_day(&self) -> Option<Date>;
    /// Where the ledger stands.
    fn footing(&self) -> Footing;
    /// The grants in force of a person. Asked at every request: a grant that ends, ends at once.
    fn seats(&self, person: PersonId) -> Vec<Seat>;
}

/// What lets a person in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// What they type.
    pub login: String,
    /// Who they are.
    pub person: PersonId,
    /// What the page's head calls them.
    pub display_name: String,
    /// PHC string of argon2id.
    pub password_hash: String,
    /// Shared secret of the second factor, where there is one.
    pub totp_secret: Option<Vec<u8>>,
    /// The last step of the second factor that was accepted; none is accepted twice.
    pub totp_last_step: Option<u64>,
    /// The password was set by someone else and must be changed first.
    pub must_change: bool,
}

/// A person's visit, from sign-in to sign-out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub person: PersonId,
    /// What they typed to come in.
    pub login: String,
    /// What the page's head calls them.
    pub display_name: String,
    /// The grant they act in; none until chosen, or when it has ended.
    pub seat: Option<(Role, OrganisationId)>,
    /// When they signed in.
    pub started_at: Timestamp,
    /// Last request, to the minute.
    pub seen_at: Timestamp,
    /// When they last proved who they are.
    pub proved_at: Timestamp,
    /// The password must be changed before anything else.
    pub must_change: bool,
}

/// Failed sign-ins of a login, whether or not the login exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// In a row.
    pub failures: u32,
    /// The latest.
    pub last: Timestamp,
}

/// The erasable desk tables the web shell keeps things in. Sessions are kept under the digest of their token, so that
/// who reads the table cannot take over a visit.
pub trait Desk: Send + Sync + 'static {
    /// The session under a token's digest.
    fn session(&self, key: Digest) -> BoxFuture<'_, Result<Option<Session>, PortError>>;
    /// Keeps or replaces a session.
    fn keep_session(&self, key: Digest, session: Session) -> BoxFuture<'_, Result<(), PortError>>;
    /// Forgets a session.
    fn end_session(&self, key: Digest) -> BoxFuture<'_, Result<(), PortError>>;
    /// Forgets all sessions of a person but one.
    fn end_other_sessions(&self, person: PersonId, but: Digest) -> BoxFuture<'_, Result<(), PortError>>;
    /// What lets this login in.
    fn credential<'a>(&'a self, login: &'a str) -> BoxFuture<'a, Result<Option<Credential>, PortError>>;
    /// Keeps or replaces what lets a login in.
    fn keep_credential(&self, credential: Credential) -> BoxFuture<'_, Result<(), PortError>>;
    /// Failed sign-ins of a login.
    fn attempts<'a>(&'a self, login: &'a str) -> BoxFuture<'a, Result<Option<Attempts>, PortError>>;
    /// Keeps failed sign-ins; `None` forgets them.
    fn keep_attempts<'a>(
        &'a self,
        login: &'a str,
        attempts: Option<Attempts>,
    ) -> BoxFuture<'a, Result<(), PortError>>;
}

/// What the access log is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub at: Timestamp,
    /// Who, when known.
    pub person: Option<PersonId>,
    /// In which role, for whom.
    pub seat: Option<(Role, OrganisationId)>,
    /// Address of the other end.
    pub client: String,
    /// Of the page.
    pub path: String,
    /// What happened.
    pub kind: AccessKind,
}

/// What happened at the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// Personal or firm data was read.
    Read {
        /// Why the page exists: “区县初审”.
        purpose: &'static str,
        /// Whose data, as named in the address.
        subject: Option<String>,
    },
    /// Something was refused.
    Refused {
        /// In words.
        reason: String,
    },
    /// Someone signed in.
    SignedIn,
    /// Someone failed to sign in; the login as typed is not recorded, it may be a password.
    SignInFailed,
    /// Someone proved again who they are.
    Reauthenticated,
    /// Someone signed out.
    SignedOut,
    /// A password or second factor changed.
    CredentialChanged,
}

/// The second chained log.
pub trait AccessLog: Send + Sync + 'static {
    /// Writes an entry. A page that reads personal data is only sent when this succeeded.
    fn record(&self, access: Access) -> BoxFuture<'_, Result<(), PortError>>;
}
