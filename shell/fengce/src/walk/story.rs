//! Who acts in the stories of cases, what they are to the firm, and an act as its form is filled in: refused to everybody
//! it has to be refused to, then done by whoever may.

use std::collections::{BTreeMap, BTreeSet};

use accounts::{GrantId, OrganisationKind};
use axum::http::StatusCode;
use cases::{CaseId, StageKind};
use enterprise::relation::{Holder, HoldingId, SubjectId};
use enterprise::{Change, Holding, HoldingKind, LegalForm, Registration, Site};
use kernel::{Actor, CreditCode, Digest, PersonId, Role};
use uuid::Uuid;
use web::ports::Desk as _;
use web::testing::{Bench, Browser, PASSWORD, Seen};

use super::cases::{colleague, finance, officer, second_finance};
use super::{City, FIRM, acting, day, firm, founder, person};

/// Roles in which somebody handles a case, with where they sit.
const SEATS: [(Role, &str); 7] = [
    (Role::DistrictOfficer, "500118"),
    (Role::CityOfficer, "economy-information"),
    (Role::Expert, "experts"),
    (Role::AuditFirm, "audit-firm"),
    (Role::Finance, "finance"),
    (Role::WorkingGroup, "working-group"),
    (Role::Discipline, "discipline"),
];

/// Somebody in every role at once, so that only what they are to the case stands in their way.
pub(super) fn numbered(number: u128, role: Role) -> Actor {
    let seat = SEATS.iter().find(|(own, _)| *own == role).map_or("", |(_, seat)| seat);
    acting(PersonId(Uuid::from_u128(number)), role, seat)
}

/// 董事 of the firm itself.
pub(super) const OF_THE_FIRM: u128 = 201;
/// 董事 of the firm that owns it.
pub(super) const OF_ITS_OWNER: u128 = 202;
/// An expert of an institution that the same firm owns.
pub(super) const OF_A_SISTER: u128 = 203;

pub(super) fn code(number: u32) -> CreditCode {
    let organisation = format!("0000{number:04}");
    let first_17 = format!("91500118{organisation}{}", CreditCode::organisation_check(&organisation));
    CreditCode::complete(&first_17).unwrap()
}

pub(super) struct Story {
    pub(super) city: City,
    pub(super) bench: Bench,
    /// Actions of the route table that were refused to the barred and done by somebody else.
    pub(super) tried: BTreeSet<&'static str>,
    /// What stands for a parameter of a path, where the case does not say it.
    pub(super) places: BTreeMap<&'static str, String>,
}

/// An act on a case, as its form is filled in.
pub(super) struct Filled<'a> {
    pub(super) pattern: &'static str,
    pub(super) case: &'a str,
    pub(super) fields: &'a [(&'a str, &'a str)],
    pub(super) file: Option<&'a str>,
    /// Whether it is a step that may not follow another by the same person.
    pub(super) follows: bool,
}

impl Story {
    pub(super) async fn begin() -> Self {
        let city = City::founded().await;
        let bench = city.bench().await;
        let story = Self { city, bench, tried: BTreeSet::new(), places: BTreeMap::new() };
        story.people().await;
        story.owners().await;
        story
    }

    /// Everybody who acts in this story, in every role that handles cases, and those who never should.
    async fn people(&self) {
        use accounts::Command as Accounts;
        let (system, guard) =
            (founder("xitong", Role::SystemAdministrator), founder("anquan", Role::SecurityAdministrator));
        let new = [OF_THE_FIRM, OF_ITS_OWNER, OF_A_SISTER].map(|number| PersonId(Uuid::from_u128(number)));
        for person in new {
            let identity = Some(Digest::of(person.0.as_bytes()));
            self.city.send(system.clone(), Accounts::RegisterPerson { person, identity }).await;
        }
        let sister = code(12);
        let (id, name, from) = (sister.into(), "示例研究院".to_owned(), day("2024-01-02"));
        let kind = OrganisationKind::ExpertBody;
        self.city.send(system, Accounts::OpenOrganisation { id, kind, name, from }).await;
        let handlers = [officer(), colleague(1), colleague(2), finance(), second_finance()];
        let handlers = handlers.map(|actor| actor.person().unwrap());
        let handlers = handlers
            .into_iter()
            .chain([Role::Enterprise, Role::DistrictOfficer, Role::Expert, Role::Auditor].map(person));
        for (n, person) in handlers.chain(new).enumerate() {
            let held = self.city.hall.office.published().state.clone();
            let held: Vec<_> = accounts::grants_of(&held.accounts, person, day("2026-11-23"));
            for (m, (role, seat)) in SEATS.into_iter().enumerate() {
                let organisation: kernel::OrganisationId =
                    if person == new[2] && role == Role::Expert { sister.into() } else { seat.parse().unwrap() };
                if held.iter().any(|choice| choice.role == role && choice.organisation == organisation) {
                    continue;
                }
                let id = GrantId(Uuid::from_u128(5_000 + 10 * n as u128 + m as u128));
                self.city
                    .send(guard.clone(), Accounts::Grant { id, person, role, organisation, from, until: None })
                    .await;
            }
        }
        let known = self.bench.memory.credential("role-0").await.unwrap().unwrap();
        let others = [colleague(1), colleague(2), second_finance()].map(|actor| actor.person().unwrap());
        for person in new.into_iter().chain(others) {
            let login = format!("person-{}", person.0.as_u128());
            self.bench.memory.keep_credential(web::ports::Known { person, login, ..known.clone() }).await.unwrap();
        }
    }

    /// One firm owns the applicant and a sister of it; two people sit on boards.
    async fn owners(&self) {
        let district = numbered(0, Role::DistrictOfficer);
        let Actor::Person { role, organisation, .. } = district else { return };
        let district = Actor::Person { person: person(Role::DistrictOfficer), role, organisation };
        let (owner, sister) = (code(11), code(12));
        for (firm, name) in [(owner, "示例控股有限公司"), (sister, "示例研究院")] {
            let site = Site { district: "500118".parse().unwrap(), township: "示例街道".to_owned(), zone: None };
            let (legal_form, registered_on) = (LegalForm::LimitedLiability, day("2020-01-06"));
            let registration = Registration { name: name.to_owned(), legal_form, registered_on, site };
            self.city.send(district.clone(), enterprise::Command::Register { firm, registration, scope: None }).await;
        }
        let owned = |number: u128, held: CreditCode| {
            let holder = Holder::Organisation { code: owner, name: "示例控股有限公司".to_owned() };
            (number, held, holder, HoldingKind::Shareholder("60%".parse().unwrap()))
        };
        let sits = |number: u128, at: CreditCode| {
            let id = Uuid::from_u128(number);
            let holder = Holder::Person { subject: SubjectId(id), identity: Digest::of(id.as_bytes()) };
            (number, at, holder, HoldingKind::Officer("董事".to_owned()))
        };
        let ties = [owned(1, firm()), owned(2, sister), sits(OF_THE_FIRM, firm()), sits(OF_ITS_OWNER, owner)];
        for (number, firm, holder, kind) in ties {
            let holding = Holding { holder, kind, from: day("2026-01-05"), until: None };
            let change = Change::Hold { id: HoldingId(Uuid::from_u128(number)), holding };
            self.city.send(district.clone(), enterprise::Command::Amend { firm, expected: None, change }).await;
        }
    }

    pub(super) fn case(&self, id: &str) -> cases::Case {
        let id: CaseId = id.parse().unwrap();
        self.city.hall.office.published().state.cases.case(id).unwrap().clone()
    }

    pub(super) fn stage(&self, id: &str) -> StageKind {
        self.case(id).stage.kind()
    }

    pub(super) fn sequence(&self) -> u64 {
        self.city.hall.office.published().head.sequence.0
    }

    /// A browser of somebody, in the role they act in.
    pub(super) async fn browser(&self, actor: &Actor) -> Browser<'_> {
        let Actor::Person { person, role, organisation } = actor else { panic!("the program has no browser") };
        let number = person.0.as_u128();
        let login = if number < 100 { format!("role-{number}") } else { format!("person-{number}") };
        let mut browser = self.bench.browser();
        let seen = browser.sign_in(&login, PASSWORD, "").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{login}");
        let published = self.city.hall.office.published();
        let today = kernel::date::civil(self.city.hall.office.now());
        let seats = accounts::grants_of(&published.state.accounts, *person, today);
        let seat = seats.iter().position(|seat| seat.role == *role && seat.organisation == *organisation);
        let seat = seat.unwrap_or_else(|| panic!("{actor:?} has no such seat: {seats:?}")).to_string();
        browser.post("/role", &[("seat", &seat)]).await;
        browser
    }

    pub(super) async fn post(&self, actor: &Actor, filled: &Filled<'_>, fields: &[(&str, &str)]) -> Seen {
        let path = filled.pattern.replace("{firm}", FIRM).replace("{case}", filled.case);
        let path = self.places.iter().fold(path, |path, (parameter, value)| path.replace(parameter, value));
        let published = self.city.hall.office.published();
        let of_case = published.state.cases.adverse_of_firm(firm());
        let of_case = of_case.filter(|decision| decision.intended.case.to_string() == filled.case);
        let adverse = of_case.last().map(|decision| decision.id.to_string()).unwrap_or_default();
        let path = path.replace("{adverse}", &adverse).replace("{objection}", "00000000-0000-7000-8000-0000000000c9");
        let mut browser = self.browser(actor).await;
        match filled.file {
            Some(field) => browser.post_files(&path, fields, &[(field, "示例.pdf", b"%PDF-1.7 example")]).await,
            None => browser.post(&path, fields).await,
        }
    }

    /// Whoever may not is refused and leaves no trace; then whoever may does it.
    pub(super) async fn act(&mut self, right: &Actor, filled: Filled<'_>) {
        self.tried.insert(filled.pattern);
        let (Actor::Person { role, .. }, case) = (right, self.case(filled.case)) else { return };
        let mut barred = vec![numbered(OF_THE_FIRM, *role), numbered(OF_ITS_OWNER, *role)];
        if *role == Role::Expert {
            barred.push(acting(PersonId(Uuid::from_u128(OF_A_SISTER)), *role, code(12).as_str()));
        }
        if filled.follows {
            let before = case.last_hands.iter().chain(&case.applicants);
            let before = before.filter(|person| !before_is_elsewhere(**person));
            barred.extend(before.map(|person| numbered(person.0.as_u128(), *role)));
        }
        for somebody in barred {
            let (before, pattern) = (self.sequence(), filled.pattern);
            let seen = self.post(&somebody, &filled, filled.fields).await;
            assert!(seen.status.is_client_error(), "{pattern} {somebody:?}: {}", seen.status);
            let said = ["回避", "相邻两个环节", "参与了这一申报"].iter().any(|why| seen.body.contains(why));
            // Experts and audit firms that are not asked see no case at all.
            let unseen = seen.status == StatusCode::NOT_FOUND && matches!(role, Role::Expert | Role::AuditFirm);
            assert!(said || unseen, "{pattern} {somebody:?}: {}", seen.words());
            assert_eq!(self.sequence(), before, "{pattern} {somebody:?}: something was recorded");
        }
        let seen = self.post(right, &filled, filled.fields).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{} {right:?}: {}", filled.pattern, seen.words());
    }

    /// What stands in the way is said in the form, beside the case.
    pub(super) async fn wrong(&self, right: &Actor, filled: &Filled<'_>, fields: &[(&str, &str)], because: &str) {
        let before = self.sequence();
        let seen = self.post(right, filled, fields).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{}: {}", filled.pattern, seen.words());
        assert!(seen.body.contains(because), "{}: {because} is not in {}", filled.pattern, seen.words());
        assert!(seen.body.contains("申报内容") && seen.body.contains("材料"), "the case stays in sight");
        assert_eq!(self.sequence(), before);
    }

    /// What cannot be done yet is refused whatever is typed.
    pub(super) async fn wrong_but(&self, right: &Actor, filled: &Filled<'_>, fields: &[(&str, &str)], because: &str) {
        let before = self.sequence();
        let seen = self.post(right, filled, fields).await;
        assert!(seen.status.is_client_error() && seen.body.contains(because), "{}", seen.words());
        assert_eq!(self.sequence(), before);
    }

    pub(super) async fn page(&self, actor: &Actor, path: &str) -> Seen {
        self.browser(actor).await.get(path).await
    }
}

/// The firm's own people have no seat here but the one who filed.
fn before_is_elsewhere(who: PersonId) -> bool {
    who == person(Role::Agent)
}

pub(super) fn filled<'a>(pattern: &'static str, case: &'a str, fields: &'a [(&'a str, &'a str)]) -> Filled<'a> {
    Filled { pattern, case, fields, file: None, follows: true }
}
