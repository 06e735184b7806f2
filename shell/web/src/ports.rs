//! What the web shell needs of the rest of the program, as narrow traits.

use kernel::{Date, Digest, OrganisationId, PersonId, Role, Sequence, Timestamp};
pub use ledger::BoxFuture;
use ledger::access::{What, Who};
use ledger::desk::{Attempts, Session};

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
pub struct Known {
    /// Who they are.
    pub person: PersonId,
    /// What they type.
    pub login: String,
    /// PHC string of argon2id.
    pub password_hash: String,
    /// When it was last changed.
    pub password_changed_at: Timestamp,
    /// The password was set by someone else and must be changed first.
    pub must_change: bool,
    /// Shared secret of the second factor, where there is one.
    pub totp_secret: Option<Vec<u8>>,
    /// The last step of the second factor that was accepted; none is accepted twice.
    pub last_totp_step: Option<u64>,
}

/// The erasable desk tables the web shell keeps things in. Sessions are kept under the digest of their token, so that
/// who reads the table cannot take over a visit.
pub trait Desk: Send + Sync + 'static {
    /// The session under a token's digest.
    fn session(&self, key: Digest) -> BoxFuture<'_, Result<Option<Session>, PortError>>;
    /// Keeps or replaces a session.
    fn keep_session(&self, session: Session) -> BoxFuture<'_, Result<(), PortError>>;
    /// Forgets a session.
    fn end_session(&self, key: Digest) -> BoxFuture<'_, Result<(), PortError>>;
    /// Forgets all sessions of a person but one.
    fn end_other_sessions(&self, person: PersonId, but: Digest) -> BoxFuture<'_, Result<(), PortError>>;
    /// What lets this login in.
    fn credential<'a>(&'a self, login: &'a str) -> BoxFuture<'a, Result<Option<Known>, PortError>>;
    /// What lets this person in.
    fn credential_of(&self, person: PersonId) -> BoxFuture<'_, Result<Option<Known>, PortError>>;
    /// What the head of each page calls them, as the vault has it; `None` once it was erased.
    fn display_name(&self, person: PersonId) -> BoxFuture<'_, Result<Option<String>, PortError>>;
    /// Keeps or replaces what lets a person in; the second factor's secret is sealed.
    fn keep_credential(&self, known: Known) -> BoxFuture<'_, Result<(), PortError>>;
    /// Failed sign-ins of a login, whether or not somebody has it.
    fn attempts<'a>(&'a self, login: &'a str) -> BoxFuture<'a, Result<Option<Attempts>, PortError>>;
    /// Keeps failed sign-ins; `None` forgets them.
    fn keep_attempts<'a>(&'a self, login: &'a str, attempts: Option<Attempts>) -> BoxFuture<'a, Result<(), PortError>>;
}

/// What the access log is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: AccessBy,
    /// What happened.
    pub what: What,
}

/// Who did what the access log is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessBy {
    /// As far as a page knows.
    Who(Who),
    /// A login that belongs to nobody, as typed: it may be a password, and is only recorded as a pseudonym.
    Stranger(String),
}

/// The second chained log.
pub trait AccessLog: Send + Sync + 'static {
    /// Writes an entry. A page that reads personal data is only sent when this succeeded.
    fn record(&self, access: Access) -> BoxFuture<'_, Result<(), PortError>>;
}
