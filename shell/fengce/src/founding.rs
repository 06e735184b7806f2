//! What every new city begins with: catalogs, the plan, clauses, rates, and three administrators.
//!
//! Each command has a stable key, and that the city is founded is recorded last: a founding that was cut short is
//! simply done again.

use kernel::id::OrganisationIdError;
use kernel::{Date, Digest, OrganisationId, PersonId, Role};
use ledger::desk::Credential;
use office::city::{self, Identity};
use office::{Command, Hall, SubmitError};

use crate::foundation::Foundation;

/// The key of this system as an organisation: its three administrators act for it.
pub const SYSTEM: &str = "system";

/// One of the three administrators (三员) and how they sign in the first time.
#[derive(Clone, Debug)]
pub struct FirstLogin {
    /// In which role.
    pub role: Role,
    /// What they type.
    pub login: &'static str,
    /// To be changed when first used.
    pub password: String,
}

/// A city could not be founded.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    /// A command was refused.
    #[error("建立城市时“{what}”未能办理：{source}")]
    Refused {
        /// Which, in words.
        what: &'static str,
        /// Why.
        source: SubmitError,
    },
    /// The files of the plan or the catalogs cannot be used.
    #[error("规划或目录文件不能使用：{0}")]
    Files(String),
    /// The directory holds another plan than the one asked for.
    #[error("数据目录中的城市采纳的是“{0}”，不是 --plan 指定的规划：--plan 和 --catalog 只用于空目录。")]
    OtherPlan(String),
    /// The directory holds other catalogs than those asked for.
    #[error("数据目录中的城市采用的不是 --catalog 指定的目录数据：--plan 和 --catalog 只用于空目录。")]
    OtherCatalog,
    /// A password could not be made.
    #[error(transparent)]
    Password(#[from] web::PasswordError),
    /// The vault.
    #[error(transparent)]
    Hall(#[from] office::hall::HallError),
    /// The desk.
    #[error(transparent)]
    Desk(#[from] ledger::desk::DeskError),
    /// A key of the program itself is malformed.
    #[error(transparent)]
    Organisation(#[from] OrganisationIdError),
}

/// The administrators a city begins with: key, log-in, name, role.
const ADMINISTRATORS: [(&str, &str, Role); 3] = [
    ("xitong", "系统管理员", Role::SystemAdministrator),
    ("anquan", "安全管理员", Role::SecurityAdministrator),
    ("anshen", "安全审计员", Role::AuditAdministrator),
];

/// The pseudonym of one of the first administrators: derived, so that founding twice registers nobody twice.
pub fn administrator(login: &str) -> PersonId {
    PersonId(uuid_of("administrator", login))
}

fn uuid_of(kind: &str, name: &str) -> uuid::Uuid {
    let digest = Digest::of_parts([b"founding:", kind.as_bytes(), b":", name.as_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Whether the directory already holds a city.
pub fn is_founded(hall: &Hall) -> bool {
    hall.office.published().state.city.identity().is_some()
}

/// Founds the city in an empty ledger, or finishes a founding that was cut short. `admit` lets the administrators in
/// before the founding is recorded as complete, so that a city is never founded with nobody who can enter it.
pub async fn found(
    hall: &Hall,
    foundation: &Foundation,
    identity: Identity,
    admit: impl AsyncFnOnce() -> Result<(), FoundError>,
) -> Result<(), FoundError> {
    for (what, key, command) in beginnings(foundation, kernel::date::civil(hall.office.now()))? {
        hall.submit_as_system(&key, command).await.map_err(|source| FoundError::Refused { what, source })?;
    }
    admit().await?;
    let founded = hall.submit_as_system("founding:city", city::Command::Found(identity)).await;
    founded.map(drop).map_err(|source| FoundError::Refused { what: "建立城市", source })
}

/// Every command but the founding itself, in order: what it is in words, its key, itself.
pub fn beginnings(foundation: &Foundation, today: Date) -> Result<Vec<(&'static str, String, Command)>, FoundError> {
    let plan = foundation.document()?;
    let system: OrganisationId = SYSTEM.parse()?;
    let calendar = city::Command::AdoptCalendar { text: foundation.calendar().to_owned() };
    let catalog = enterprise::Command::AdoptCatalog { files: foundation.enterprise_catalog() };
    let adopt = plan::Command::Adopt { effective_on: plan.meta.issued, files: foundation.plan().clone() };
    let rates = subsidy::Command::AdoptRates { text: foundation.rates().to_owned() };
    let clauses = subsidy::Command::AdoptClauses { files: foundation.clauses() };
    let case_rules = cases::Command::AdoptRules { text: foundation.case_rules().to_owned() };
    let own = accounts::Command::OpenOrganisation {
        id: system.clone(),
        kind: accounts::OrganisationKind::System,
        name: "本系统".to_owned(),
        from: today,
    };
    let mut commands: Vec<(&str, String, Command)> = vec![
        ("采用工作日历", "founding:calendar".into(), calendar.into()),
        ("采用区划、规模、产业链与申报规则", "founding:catalog".into(), catalog.into()),
        ("采纳行动计划", "founding:plan".into(), adopt.into()),
        ("采用利率表", "founding:rates".into(), rates.into()),
        ("采用条款与解释口径", "founding:clauses".into(), clauses.into()),
        ("采用办件时限与回避规则", "founding:case-rules".into(), case_rules.into()),
        ("登记本系统", "founding:system".into(), own.into()),
    ];
    for (login, _, role) in ADMINISTRATORS {
        let person = administrator(login);
        let register = accounts::Command::RegisterPerson { person, identity: None };
        let grant = accounts::Command::Grant {
            id: accounts::GrantId(uuid_of("grant", login)),
            person,
            role,
            organisation: system.clone(),
            from: today,
            until: None,
        };
        commands.push(("登记管理员", format!("founding:person:{login}"), register.into()));
        commands.push(("任命管理员", format!("founding:grant:{login}"), grant.into()));
    }
    Ok(commands)
}

async fn first_logins(hall: &Hall) -> Result<Vec<FirstLogin>, FoundError> {
    let passwords = web::Passwords::new()?;
    let mut logins = Vec::new();
    for (login, name, role) in ADMINISTRATORS {
        let person = administrator(login);
        hall.name_person(person, name).await?;
        let password = web::one_time_password()?;
        let hash = passwords.hash(&password).await?;
        keep_credential(hall, person, login, &hash, true).await?;
        logins.push(FirstLogin { role, login, password });
    }
    Ok(logins)
}

/// Lets a person in under a log-in name, or gives them another password. `must_change`: somebody else set it.
pub async fn keep_credential(
    hall: &Hall,
    person: PersonId,
    login: &str,
    hash: &str,
    must_change: bool,
) -> Result<(), FoundError> {
    let credential = Credential {
        person,
        login: login.to_owned(),
        password_hash: hash.to_owned(),
        password_changed_at: hall.office.now(),
        must_change,
        sealed_totp: None,
        last_totp_step: None,
    };
    Ok(hall.store().desk.credentials().keep(&credential).await?)
}

/// Founds the city unless it is founded, finishing a founding that was cut short, and prints the administrators'
/// one-time passwords. Refuses a directory in which another plan is adopted.
pub async fn found_unless_founded(hall: &Hall, foundation: &Foundation) -> Result<(), FoundError> {
    if is_founded(hall) {
        return Ok(());
    }
    hold_to(hall, foundation)?;
    let name = foundation.document()?.meta.place;
    let admit = async || {
        println!("{}", crate::terminal::first_logins(&first_logins(hall).await?));
        Ok(())
    };
    found(hall, foundation, Identity { name, demonstration: false }, admit).await
}

/// Refuses a directory whose plan or catalogs, where it has them, are not those of the foundation.
pub fn hold_to(hall: &Hall, foundation: &Foundation) -> Result<(), FoundError> {
    let wanted = foundation.document()?.digest;
    let published = hall.office.published();
    let catalog = enterprise::Catalog::parse(&foundation.enterprise_catalog());
    let catalog = catalog.map_err(|error| FoundError::Files(error.to_string()))?;
    if published.state.enterprise.catalog().is_some_and(|adopted| adopted.digest != catalog.digest) {
        return Err(FoundError::OtherCatalog);
    }
    let mut adopted = published.state.plan.plans().peekable();
    let Some((key, _)) = adopted.peek() else { return Ok(()) };
    let other = key.to_string();
    let is_wanted =
        |record: &plan::adoption::PlanRecord| record.editions.iter().any(|edition| edition.digest == wanted);
    if adopted.any(|(_, record)| is_wanted(record)) { Ok(()) } else { Err(FoundError::OtherPlan(other)) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use office::{Hall, SystemClock};

    use super::*;

    async fn open(dir: &std::path::Path) -> Hall {
        Hall::open(dir, Arc::new(SystemClock), |_| ()).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_empty_directory_becomes_a_city_once_and_stays_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let hall = open(dir.path()).await;
        // A founding that was cut short after some of its commands.
        let today = kernel::date::civil(hall.office.now());
        let foundation = Foundation::embedded();
        for (_, key, command) in beginnings(&foundation, today).unwrap().into_iter().take(4) {
            hall.submit_as_system(&key, command).await.unwrap();
        }
        assert!(!is_founded(&hall));
        found_unless_founded(&hall, &foundation).await.unwrap();
        let published = hall.office.published();
        for (login, _, role) in ADMINISTRATORS {
            let choices = accounts::grants_of(&published.state.accounts, administrator(login), today);
            assert_eq!(choices.iter().map(|choice| choice.role).collect::<Vec<_>>(), [role]);
            let credential = hall.store().desk.credentials().by_login(login).await.unwrap().unwrap();
            assert!(credential.must_change);
        }
        assert!(published.state.plan.plans().count() == 1 && published.state.subsidy.rulebook().is_some());
        found_unless_founded(&hall, &foundation).await.unwrap();
        assert_eq!(hall.office.published().head, published.head, "founding again changes nothing");
        let digest = published.state.digest();
        drop(published);
        crate::demonstration::making::close(hall).await;
        assert_eq!(open(dir.path()).await.office.published().state.digest(), digest);
    }
}
