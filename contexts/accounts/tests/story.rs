//! Who may act for whom: administrators, officers, firms, agents, absence and succession.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics")]

use std::collections::BTreeSet;
use std::sync::Arc;

use accounts::erasure::{self, Ground};
use accounts::{
    AuthorisationId, Because, Command, DelegationId, Event, GrantId, OrganisationKind, Scope, State, decide, grants_of,
    permits,
};
use kernel::{
    Actor, Context, CreditCode, Date, Digest, OrganisationId, PersonId, Recorded, Refusal, Role, Sequence, Timestamp,
    WorkingCalendar,
};
use uuid::Uuid;

const FIRM: &str = "91330100799655058B";

struct Office {
    state: State,
    lines: Vec<String>,
    now: Timestamp,
}

fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

fn grant(n: u128) -> GrantId {
    GrantId(Uuid::from_u128(n))
}

fn authorisation(n: u128) -> AuthorisationId {
    AuthorisationId(Uuid::from_u128(n))
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn acting(n: u128, role: Role, organisation: &str) -> Actor {
    Actor::Person { person: person(n), role, organisation: organisation.parse().unwrap() }
}

fn firm() -> CreditCode {
    FIRM.parse().unwrap()
}

fn security() -> Actor {
    acting(2, Role::SecurityAdministrator, "system")
}

fn boss() -> Actor {
    acting(10, Role::Enterprise, FIRM)
}

fn give(n: u128, to: u128, role: Role, organisation: &str) -> Command {
    let organisation: OrganisationId = organisation.parse().unwrap();
    Command::Grant { id: grant(n), person: person(to), role, organisation, from: day("2026-03-02"), until: None }
}

impl Office {
    /// Organisations, twenty people, and the first three administrators: 1 system, 2 security, 3 audit.
    fn new() -> Self {
        let mut office = Self { state: State::default(), lines: Vec::new(), now: Timestamp::UNIX_EPOCH };
        office.today("2026-03-02");
        let kinds = [
            ("system", OrganisationKind::System),
            ("economy-information", OrganisationKind::MunicipalDepartment),
            ("500118", OrganisationKind::DistrictGovernment),
            ("agency-1", OrganisationKind::Agency),
            (FIRM, OrganisationKind::Firm),
        ];
        for (id, kind) in kinds {
            let id = id.parse().unwrap();
            let open = Command::OpenOrganisation { id, kind, name: kind.label().into(), from: day("2024-01-01") };
            office.accepts(Actor::System, open);
        }
        for n in 1..=20 {
            let identity = Some(Digest::of(&[n as u8]));
            office.accepts(Actor::System, Command::RegisterPerson { person: person(n), identity });
        }
        let roles = [Role::SystemAdministrator, Role::SecurityAdministrator, Role::AuditAdministrator];
        for (n, role) in (1..).zip(roles) {
            office.accepts(Actor::System, give(n, n, role, "system"));
        }
        let from = day("2024-01-01");
        let appoint = Command::AppointLegalPerson { firm: firm(), person: person(10), from, evidence: Vec::new() };
        office.accepts(Actor::System, appoint);
        office
    }

    fn today(&mut self, text: &str) {
        self.now = jiff::tz::offset(8).to_timestamp(day(text).at(9, 0, 0, 0)).unwrap();
    }

    fn send(&mut self, actor: Actor, command: Command) -> Result<(), Refusal> {
        let calendar = Arc::new(WorkingCalendar::default());
        let context = Context { now: self.now, actor: actor.clone(), reauthenticated: true, calendar };
        // As the office does: nobody acts in a role they do not have.
        if !command.needs_no_role() {
            permits(&self.state, &actor, None, context.today())?;
        }
        for event in decide(&self.state, &context, command)? {
            let recorded =
                Recorded { sequence: Sequence(self.lines.len() as u64 + 1), at: self.now, actor: actor.clone() };
            let line = serde_json::to_string(&(&recorded, &event)).unwrap();
            let (recorded, event): (Recorded, Event) = serde_json::from_str(&line).unwrap();
            self.state.apply(&recorded, &event).unwrap();
            self.lines.push(line);
        }
        Ok(())
    }

    #[track_caller]
    fn accepts(&mut self, actor: Actor, command: Command) {
        self.send(actor, command).unwrap();
    }

    #[track_caller]
    fn refuses(&mut self, actor: Actor, command: Command, because: &str) {
        let before = self.state.digest();
        let refusal = self.send(actor, command).expect_err("should have been refused");
        assert!(refusal.reason.contains(because), "refused, but because: {}", refusal.reason);
        assert_eq!(before, self.state.digest(), "a refusal changes nothing");
    }

    fn roles(&self, n: u128, on: &str) -> Vec<(Role, String)> {
        let choices = grants_of(&self.state, person(n), day(on));
        choices.into_iter().map(|choice| (choice.role, choice.organisation.to_string())).collect()
    }

    fn authorise(&mut self, n: u128, to: u128, agency: Option<&str>, scopes: &[Scope]) {
        let command = Command::Authorise {
            id: authorisation(n),
            firm: firm(),
            person: person(to),
            agency: agency.map(|agency| agency.parse().unwrap()),
            scopes: scopes.iter().copied().collect(),
            from: day("2026-03-02"),
            until: day("2026-12-31"),
        };
        self.accepts(boss(), command);
    }

    fn replayed(&self) -> State {
        let mut state = State::default();
        for line in &self.lines {
            let (recorded, event): (Recorded, Event) = serde_json::from_str(line).unwrap();
            state.apply(&recorded, &event).unwrap();
        }
        state
    }
}

#[test]
fn three_administrators_exclude_each_other_and_take_two_people() {
    let mut office = Office::new();
    office.refuses(security(), give(20, 1, Role::AuditAdministrator, "system"), "三员分立");
    office.refuses(security(), give(20, 2, Role::CityOfficer, "economy-information"), "不能为自己");
    office.accepts(security(), give(20, 4, Role::SystemAdministrator, "system"));
    assert!(office.roles(4, "2026-03-02").is_empty(), "proposed is not granted");
    office.refuses(security(), give(21, 4, Role::AuditAdministrator, "system"), "三员分立");
    office.refuses(security(), Command::ConfirmGrant { id: grant(20) }, "授予人不能复核");
    office.accepts(acting(3, Role::AuditAdministrator, "system"), Command::ConfirmGrant { id: grant(20) });
    assert_eq!(office.roles(4, "2026-03-02"), [(Role::SystemAdministrator, "system".to_owned())]);
    let revoke = |n| Command::RevokeGrant { id: grant(n), expected: None, reason: "调离".into() };
    office.accepts(security(), revoke(1));
    office.refuses(security(), revoke(20), "最后一位");
    office.refuses(security(), revoke(2), "最后一位");
    office.refuses(Actor::System, give(22, 5, Role::CityOfficer, "economy-information"), "安全管理员授予");
    office.refuses(Actor::System, give(22, 5, Role::SecurityAdministrator, "system"), "安全管理员授予");
    assert_eq!(office.replayed().digest(), office.state.digest());
}

#[test]
fn officers_roles_fit_their_organisation_and_end_with_it() {
    let mut office = Office::new();
    office.refuses(security(), give(20, 5, Role::DistrictOfficer, "economy-information"), "不能授予");
    office.refuses(security(), give(20, 5, Role::Enterprise, FIRM), "不能授予");
    office.refuses(
        acting(1, Role::SystemAdministrator, "system"),
        give(20, 5, Role::DistrictOfficer, "500118"),
        "安全管理员",
    );
    office.accepts(security(), give(20, 5, Role::DistrictOfficer, "500118"));
    office.refuses(security(), give(21, 5, Role::DistrictOfficer, "500118"), "已持有");
    assert!(office.roles(5, "2026-03-01").is_empty());
    assert_eq!(office.roles(5, "2026-03-02").len(), 1);
    office.today("2026-04-01");
    office.accepts(security(), Command::SuspendPerson { person: person(5), reason: "长期未登录".into() });
    assert!(office.roles(5, "2026-04-01").is_empty());
    office.accepts(security(), Command::RestorePerson { person: person(5) });
    let close = Command::CloseOrganisation {
        id: "500118".parse().unwrap(),
        expected: None,
        until: day("2026-04-30"),
        reason: "区划调整".into(),
    };
    office.accepts(acting(1, Role::SystemAdministrator, "system"), close);
    assert_eq!(office.roles(5, "2026-04-30").len(), 1);
    assert!(office.roles(5, "2026-05-01").is_empty());
    office.accepts(security(), Command::RevokeGrant { id: grant(20), expected: None, reason: "调离".into() });
    assert!(office.roles(5, "2026-04-01").is_empty(), "from today");
    let twice = Command::RegisterPerson { person: person(99), identity: Some(Digest::of(&[5])) };
    office.refuses(Actor::System, twice, "已经登记");
}

#[test]
fn a_firm_authorises_and_the_person_accepts() {
    let mut office = Office::new();
    assert_eq!(office.roles(10, "2026-03-02"), [(Role::Enterprise, FIRM.to_owned())]);
    office.authorise(1, 11, Some("agency-1"), &[Scope::Filings]);
    let accept = || Command::AcceptAuthorisation { id: authorisation(1) };
    let agent = || acting(11, Role::Agent, FIRM);
    assert!(office.roles(11, "2026-03-02").is_empty(), "not before accepting");
    office.refuses(acting(12, Role::Agent, FIRM), accept(), "没有给您");
    office.accepts(agent(), accept());
    let allowed = |office: &Office, scope| permits(&office.state, &agent(), Some(scope), day("2026-03-02"));
    assert!(allowed(&office, Scope::Filings).is_ok());
    let refusal = allowed(&office, Scope::Claim).unwrap_err();
    assert!(refusal.reason.contains("申报事项"), "an agent outside its scope: {}", refusal.reason);
    assert!(permits(&office.state, &boss(), Some(Scope::Claim), day("2026-03-02")).is_ok(), "the legal person may");
    assert!(office.roles(11, "2027-01-01").is_empty(), "expired");
    let revoke =
        || Command::RevokeAuthorisation { id: authorisation(1), expected: None, reason: "更换代办".into() };
    office.refuses(acting(12, Role::Agent, FIRM), revoke(), "没有以");
    office.accepts(boss(), revoke());
    assert!(office.roles(11, "2026-03-02").is_empty());
    office.refuses(boss(), revoke(), "已撤销");
    assert_eq!(office.state.timeline(firm()).len(), 4, "appointed, authorised, accepted, revoked");
    assert_eq!(office.replayed().digest(), office.state.digest());
}

#[test]
fn a_handover_leaves_nothing_behind() {
    let mut office = Office::new();
    office.authorise(1, 11, None, &[Scope::Filings]);
    office.authorise(2, 11, None, &[Scope::Claim, Scope::Order]);
    for n in [1, 2] {
        office.accepts(acting(11, Role::Enterprise, FIRM), Command::AcceptAuthorisation { id: authorisation(n) });
    }
    let hand = |from, to| Command::HandOver { firm: firm(), from: person(from), to: person(to) };
    office.today("2026-06-01");
    office.refuses(acting(12, Role::Enterprise, FIRM), hand(11, 12), "没有以");
    office.refuses(boss(), hand(12, 13), "没有可移交");
    office.accepts(acting(11, Role::Enterprise, FIRM), hand(11, 12));
    assert_eq!(office.roles(11, "2026-05-31").len(), 2);
    assert!(office.roles(11, "2026-06-01").is_empty());
    assert!(office.roles(12, "2026-05-31").is_empty());
    let scopes: BTreeSet<Scope> = grants_of(&office.state, person(12), day("2026-06-01"))
        .into_iter()
        .flat_map(|choice| match choice.because {
            Because::Authorisation { scopes, .. } => scopes,
            _ => BTreeSet::new(),
        })
        .collect();
    assert_eq!(scopes, BTreeSet::from(Scope::ALL), "all of it passed");
    let open = office.state.authorisations_of(firm()).filter(|given| given.holder() == Some(person(11)));
    assert_eq!(open.count(), 0);
    office.accepts(boss(), hand(12, 11));
    assert_eq!(office.roles(11, "2026-06-01").len(), 2, "and back, each once");
}

#[test]
fn a_new_legal_person_takes_over() {
    let mut office = Office::new();
    office.authorise(1, 11, None, &[Scope::Filings]);
    office.today("2026-04-01");
    let appoint =
        |evidence| Command::AppointLegalPerson { firm: firm(), person: person(13), from: day("2026-04-01"), evidence };
    office.refuses(security(), appoint(Vec::new()), "营业执照");
    office.accepts(Actor::System, appoint(Vec::new()));
    assert!(office.roles(10, "2026-04-01").is_empty() && office.roles(10, "2026-03-31").len() == 1);
    let revoke = Command::RevokeAuthorisation { id: authorisation(1), expected: None, reason: "换人".into() };
    office.refuses(boss(), revoke.clone(), "没有以");
    office.accepts(acting(13, Role::Enterprise, FIRM), revoke);
}

#[test]
fn a_desk_is_lent_to_a_colleague_only() {
    let mut office = Office::new();
    office.accepts(security(), give(20, 5, Role::CityOfficer, "economy-information"));
    office.accepts(security(), give(21, 6, Role::WorkingGroup, "economy-information"));
    office.accepts(security(), give(22, 7, Role::DistrictOfficer, "500118"));
    let officer = || acting(5, Role::CityOfficer, "economy-information");
    let lend = |n, grant_of, to| {
        let (from, until) = (day("2026-03-10"), day("2026-03-12"));
        Command::Delegate { id: DelegationId(Uuid::from_u128(n)), grant: grant(grant_of), to: person(to), from, until }
    };
    office.refuses(officer(), lend(1, 20, 7), "同一机构");
    office.refuses(officer(), lend(1, 21, 6), "本人现有");
    office.refuses(acting(1, Role::SystemAdministrator, "system"), lend(1, 1, 3), "三员");
    office.accepts(officer(), lend(1, 20, 6));
    office.refuses(officer(), lend(2, 20, 6), "已有委托");
    let both = [Role::CityOfficer, Role::WorkingGroup].map(|role| (role, "economy-information".to_owned()));
    assert_eq!(office.roles(6, "2026-03-10"), both);
    assert_eq!(office.roles(6, "2026-03-13").len(), 1);
    office.today("2026-03-11");
    office.refuses(acting(6, Role::CityOfficer, "economy-information"), lend(3, 20, 7), "本人现有");
    office.accepts(officer(), Command::EndDelegation { id: DelegationId(Uuid::from_u128(1)) });
    assert_eq!(office.roles(6, "2026-03-11").len(), 1);
    office.accepts(officer(), lend_again());
    office.accepts(security(), Command::RevokeGrant { id: grant(20), expected: None, reason: "调离".into() });
    assert_eq!(office.roles(6, "2026-03-12").len(), 1, "a lent desk ends with the grant");
}

fn lend_again() -> Command {
    let (from, until) = (day("2026-03-12"), day("2026-03-20"));
    Command::Delegate { id: DelegationId(Uuid::from_u128(9)), grant: grant(20), to: person(6), from, until }
}

#[test]
fn a_person_is_forgotten_by_two_people_and_never_acts_again() {
    let mut office = Office::new();
    office.accepts(security(), give(20, 5, Role::CityOfficer, "economy-information"));
    let propose = |n| Command::Erasure(erasure::Command::Propose { person: person(n), ground: Ground::PeriodOver });
    let confirm = |n| Command::Erasure(erasure::Command::Confirm { person: person(n) });
    let reject = |n| Command::Erasure(erasure::Command::Reject { person: person(n) });
    let audit = || acting(3, Role::AuditAdministrator, "system");
    office.refuses(audit(), propose(5), "安全管理员");
    office.refuses(security(), propose(10), "法定代表人");
    office.refuses(security(), propose(2), "不能为自己");
    office.refuses(security(), propose(1), "最后一位系统管理员");
    office.refuses(audit(), confirm(5), "没有待复核");
    office.accepts(security(), propose(5));
    office.refuses(security(), propose(5), "已有一项");
    office.refuses(security(), confirm(5), "不能复核自己");
    office.accepts(audit(), reject(5));
    assert_eq!(office.roles(5, "2026-03-02").len(), 1, "nothing happened to them");
    office.accepts(security(), propose(5));
    office.accepts(audit(), confirm(5));
    assert_eq!(office.roles(5, "2026-03-02"), []);
    for command in [
        Command::RestorePerson { person: person(5) },
        give(21, 5, Role::WorkingGroup, "economy-information"),
        Command::SuspendPerson { person: person(5), reason: "再次".into() },
    ] {
        office.refuses(security(), command, "已清除");
    }
}
