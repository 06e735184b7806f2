//! The people of the demonstration: officers by office, and one account for every role.

use std::collections::BTreeMap;

use accounts::{GrantId, OrganisationKind};
use kernel::{Date, Digest, DivisionCode, OrganisationId, PersonId, Role};
use plan::parts::UnitKind;

use super::World;
use super::agenda::{Agenda, Hand};
use super::generator::Generator;
use crate::founding;

/// Somebody a visitor can sign in as.
#[derive(Clone, Debug)]
pub struct Account {
    /// What to type.
    pub login: &'static str,
    /// Who it is.
    pub person: PersonId,
    /// In which role.
    pub role: Role,
    /// For whom, in words.
    pub office: String,
    /// What can be tried.
    pub tries: &'static str,
}

/// Organisations that stand in no plan: key, kind, name.
const OTHERS: [(&str, OrganisationKind, &str); 6] = [
    ("tax-office", OrganisationKind::CentralAgency, "示例税务机关"),
    ("audit-office", OrganisationKind::MunicipalDepartment, "示例审计机关"),
    ("discipline-office", OrganisationKind::MunicipalDepartment, "示例机关纪委"),
    ("expert-pool", OrganisationKind::ExpertBody, "示例评审专家库"),
    ("audit-firm", OrganisationKind::AuditFirm, "示例会计师事务所"),
    ("agency", OrganisationKind::Agency, "示例企业服务代办中心"),
];

/// Surnames that are not: 甲, 乙, 丙 … so that nobody's name is used.
pub const STEMS: [&str; 10] = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"];
/// Given names of the same kind.
pub const BRANCHES: [&str; 12] = ["子", "丑", "寅", "卯", "辰", "巳", "午", "未", "申", "酉", "戌", "亥"];

/// An expert, and the keyed digest of the identity document by which enterprise files know the same person.
#[derive(Clone, Debug)]
pub struct Expert {
    /// Who reviews.
    pub hand: Hand,
    /// As holdings name them.
    pub identity: Digest,
}

/// Everybody who holds an office.
pub struct Cast {
    ids: Generator,
    named: usize,
    /// Names for the vault.
    pub names: Vec<(PersonId, String)>,
    /// Who signs in to try things.
    pub accounts: Vec<Account>,
    /// The responsible department's first officer.
    pub city: Hand,
    /// A colleague, for what takes two.
    pub second_city: Hand,
    /// Another one: no two following steps of a case are taken by the same person.
    pub third_city: Hand,
    /// The working group's office.
    pub working_group: Hand,
    /// The treasury.
    pub finance: Hand,
    /// A colleague: who orders a payment does not find it paid.
    pub second_finance: Hand,
    /// Experts of the pool; the first has an account.
    pub experts: Vec<Expert>,
    /// The audit firm.
    pub auditor: Hand,
    /// The discipline office.
    pub discipline: Hand,
    /// The agent who serves several firms.
    pub agent: PersonId,
    /// One officer for every department of the plan.
    pub departments: BTreeMap<OrganisationId, Hand>,
    /// One officer for every district with firms.
    pub districts: BTreeMap<DivisionCode, Hand>,
}

/// The first administrators.
pub fn system_administrator() -> Hand {
    Hand::new(founding::administrator("xitong"), Role::SystemAdministrator, system())
}

/// Grants roles.
pub fn security_administrator() -> Hand {
    Hand::new(founding::administrator("anquan"), Role::SecurityAdministrator, system())
}

fn system() -> OrganisationId {
    key(founding::SYSTEM)
}

/// A key written in this program.
#[allow(clippy::expect_used, reason = "literals of this program, all used by the tests")]
pub fn key(text: &str) -> OrganisationId {
    text.parse().expect("an organisation key")
}

impl Cast {
    /// Engages everybody with an office, on the first day.
    pub fn engage(world: &World, agenda: &mut Agenda) -> Self {
        let first = agenda.from();
        let nobody = Hand::new(founding::administrator("nobody"), Role::CityOfficer, key("economy-information"));
        let mut cast = Self {
            ids: Generator::of_part(world.seed, "people"),
            named: 0,
            names: Vec::new(),
            accounts: Vec::new(),
            city: nobody.clone(),
            second_city: nobody.clone(),
            third_city: nobody.clone(),
            working_group: nobody.clone(),
            finance: nobody.clone(),
            second_finance: nobody.clone(),
            experts: Vec::new(),
            auditor: nobody.clone(),
            discipline: nobody.clone(),
            agent: nobody.person,
            departments: BTreeMap::new(),
            districts: BTreeMap::new(),
        };
        for (id, kind, name) in OTHERS {
            let (id, name) = (key(id), name.to_owned());
            let open = accounts::Command::OpenOrganisation { id, kind, name: name.clone(), from: first };
            agenda.note((first, 9), &system_administrator(), format!("登记{name}"), open);
        }
        cast.engage_city(world, agenda);
        cast.engage_districts(world, agenda);
        cast.engage_others(agenda);
        cast
    }

    /// A new person, entered by the system administrator.
    pub fn person(&mut self, agenda: &mut Agenda, day: Date) -> PersonId {
        self.identified(agenda, day, |_| None)
    }

    fn identified(
        &mut self,
        agenda: &mut Agenda,
        day: Date,
        identity: impl FnOnce(PersonId) -> Option<Digest>,
    ) -> PersonId {
        let person = PersonId(self.ids.uuid(day));
        let name = format!("示例{}{}", STEMS[self.named % 10], BRANCHES[self.named / 10 % 12]);
        let again = self.named / 120;
        let name = if again == 0 { name } else { format!("{name}{}", STEMS[again % 10]) };
        self.named += 1;
        self.names.push((person, name));
        let register = accounts::Command::RegisterPerson { person, identity: identity(person) };
        agenda.note((day, 9), &system_administrator(), "登记人员", register);
        person
    }

    /// Puts an account on the list that is printed.
    pub fn account(
        &mut self,
        login: &'static str,
        person: PersonId,
        role: Role,
        office: impl Into<String>,
        tries: &'static str,
    ) {
        self.accounts.push(Account { login, person, role, office: office.into(), tries });
    }

    /// A new person in a role, granted by the security administrator.
    fn officer(&mut self, agenda: &mut Agenda, day: Date, role: Role, organisation: &OrganisationId) -> Hand {
        let person = self.person(agenda, day);
        self.grant(agenda, day, Hand::new(person, role, organisation.clone()))
    }

    fn grant(&mut self, agenda: &mut Agenda, day: Date, hand: Hand) -> Hand {
        let id = GrantId(self.ids.uuid(day));
        let Hand { person, role, organisation } = hand.clone();
        let what = format!("授予{}", role.label());
        let grant = accounts::Command::Grant { id, person, role, organisation, from: day, until: None };
        agenda.note((day, 10), &security_administrator(), what, grant);
        hand
    }

    fn engage_city(&mut self, world: &World, agenda: &mut Agenda) {
        let first = agenda.from();
        for unit in &world.plan.units {
            if unit.kind == UnitKind::Districts {
                continue;
            }
            let role = if unit.kind == UnitKind::WorkingGroup { Role::WorkingGroup } else { Role::CityOfficer };
            let hand = self.officer(agenda, first, role, &unit.key);
            if unit.key == world.catalog.filing.responsible.department {
                self.city = hand.clone();
                self.account(
                    "shiji",
                    hand.person,
                    role,
                    &unit.full_name,
                    "签核年度申报、复核办件、退回补正、验收、公平竞争审查",
                );
                self.second_city = self.officer(agenda, first, role, &unit.key);
                let second = self.second_city.person;
                self.account(
                    "shiji2",
                    second,
                    role,
                    &unit.full_name,
                    "登记审定会议、编列资金计划、签认基数（四眼原则的第二人）",
                );
                self.third_city = self.officer(agenda, first, role, &unit.key);
                let third = self.third_city.person;
                self.account("shiji3", third, role, &unit.full_name, "发布公示、作出不利决定（办件相邻环节须换人）");
            }
            if unit.kind == UnitKind::WorkingGroup {
                self.working_group = hand.clone();
                self.account(
                    "zhuanban",
                    hand.person,
                    role,
                    &unit.full_name,
                    "审核月度进度、调整进度安排与亮灯规则、人工研判",
                );
            }
            self.departments.insert(unit.key.clone(), hand);
        }
    }

    fn engage_districts(&mut self, world: &World, agenda: &mut Agenda) {
        for code in world.divisions() {
            let Some(division) = world.catalog.divisions.get(code) else { continue };
            let begins = division.authority_from.or(division.established).unwrap_or(agenda.from());
            let hand = self.officer(agenda, begins.max(agenda.from()), Role::DistrictOfficer, &code.into());
            match code.to_string().as_str() {
                "500902" => {
                    let tries = "核实辖区企业的年度申报、初审办件、退回并说明原因、报送任务进度";
                    self.account("quxian", hand.person, Role::DistrictOfficer, &division.name, tries);
                }
                "500157" => {
                    let tries = "另一区县：只看得到自己辖区的企业（2026年1月承接原有申报）";
                    self.account("quxian2", hand.person, Role::DistrictOfficer, &division.name, tries);
                }
                _ => {}
            }
            self.districts.insert(code, hand);
        }
    }

    fn engage_others(&mut self, agenda: &mut Agenda) {
        let first = agenda.from();
        self.finance = self.officer(agenda, first, Role::Finance, &key("finance"));
        let finance = self.finance.person;
        self.account("caizheng", finance, Role::Finance, "财政部门", "下达拨付指令、导入凭证、核对在途、查看限额账户");
        self.second_finance = self.officer(agenda, first, Role::Finance, &key("finance"));
        let second = self.second_finance.person;
        self.account("caizheng2", second, Role::Finance, "财政部门", "核对同事下达的拨付指令、登记银行退回与退款");
        self.engage_experts(agenda);
        let others = [
            ("sanfang", Role::AuditFirm, "audit-firm", "对交给本所的办件提交审计报告"),
            ("shenji", Role::Auditor, "audit-office", "查阅全部记录与账本，不能改动"),
            ("jijian", Role::Discipline, "discipline-office", "受理举报（其他角色不可见）"),
        ];
        for (login, role, organisation, tries) in others {
            let hand = self.officer(agenda, first, role, &key(organisation));
            let office = OTHERS.iter().find(|(id, ..)| *id == organisation).map_or("", |(_, _, name)| name);
            self.account(login, hand.person, role, office, tries);
            match role {
                Role::AuditFirm => self.auditor = hand,
                Role::Discipline => self.discipline = hand,
                _ => {}
            }
        }
        self.agent = self.person(agenda, first);
        let agent = self.agent;
        self.account("daili", agent, Role::Agent, OTHERS[5].2, "替授权的几家企业报送材料、补正办件、确认免申即享");
        let administrators = [
            ("xitong", Role::SystemAdministrator, "登记机构与人员"),
            ("anquan", Role::SecurityAdministrator, "授予与收回角色、核验法定代表人"),
            ("anshen", Role::AuditAdministrator, "查看访问日志"),
        ];
        for (login, role, tries) in administrators {
            self.account(login, founding::administrator(login), role, "本系统", tries);
        }
    }

    /// Three experts: the panel of a call, and one more for when somebody is related to an applicant.
    fn engage_experts(&mut self, agenda: &mut Agenda) {
        let first = agenda.from();
        let pool = key("expert-pool");
        let identity = |person: PersonId| Digest::of_parts(["示例身份".as_bytes(), person.0.as_bytes()]);
        for nth in 0..3 {
            let person = self.identified(agenda, first, |person| Some(identity(person)));
            let hand = self.grant(agenda, first, Hand::new(person, Role::Expert, pool.clone()));
            if nth == 0 {
                self.account("zhuanjia", person, Role::Expert, "示例评审专家库", "为交给自己的办件评分、申请回避");
            }
            self.experts.push(Expert { hand, identity: identity(person) });
        }
    }
}
