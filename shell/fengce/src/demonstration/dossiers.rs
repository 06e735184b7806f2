//! Opening the enterprise files: registration, people, owners, honours, recognitions.

use std::collections::{BTreeMap, BTreeSet};

use accounts::{AuthorisationId, Scope};
use enterprise::change::Change;
use enterprise::firm::Operation;
use enterprise::relation::{Holder, Holding, HoldingId, HoldingKind, SubjectId};
use enterprise::standing::{
    AnnualCheck, Consent, ConsentId, Honour, HonourId, HonourLevel, Recognition, RecognitionId,
};
use enterprise::{Command, FirmType, LegalForm, Registration, ScopeEntry, baseline};
use jiff::civil::date;
use kernel::{CreditCode, Date, Digest, Period, PersonId, Rate, Role};

use super::World;
use super::agenda::{Agenda, Hand};
use super::cast::{Cast, key, security_administrator};
use super::firms::{BASELINE, Firm};
use super::generator::Generator;

/// What the platform clause asks for, under the key by which recognitions are found.
pub const PLATFORM: &str = "municipal-platform";

/// Who acts for a firm.
#[derive(Clone, Debug)]
pub struct Staff {
    /// 法定代表人.
    pub legal_person: PersonId,
    /// Who sends in its filings, and as what.
    pub filer: Hand,
    /// The day on which its file was opened.
    pub opened: Date,
}

struct Opening<'a> {
    world: &'a World,
    cast: &'a mut Cast,
    agenda: &'a mut Agenda,
    generator: Generator,
}

/// Opens every file. Answers with who acts for each firm.
pub fn open_files(world: &World, cast: &mut Cast, agenda: &mut Agenda) -> BTreeMap<CreditCode, Staff> {
    let generator = Generator::of_part(world.seed, "dossiers");
    let mut opening = Opening { world, cast, agenda, generator };
    let mut staff = BTreeMap::new();
    for (index, firm) in world.firms.iter().enumerate() {
        let day = opening.opening_day(firm);
        let people = opening.open(index, firm, day);
        opening.owners(index, firm, day, &people);
        opening.titles(index, firm);
        staff.insert(firm.code, people);
    }
    opening.turns();
    opening.take_baseline();
    staff
}

impl Opening<'_> {
    fn opening_day(&mut self, firm: &Firm) -> Date {
        let day = if firm.registered_on > BASELINE {
            firm.registered_on.saturating_add(jiff::Span::new().days(self.generator.between(25, 40)))
        } else {
            // A dozen days of January 2024.
            let nth = self.generator.between(0, 11);
            self.agenda.from().saturating_add(jiff::Span::new().days(3 + 2 * nth))
        };
        self.world.working_day(day)
    }

    fn open(&mut self, index: usize, firm: &Firm, day: Date) -> Staff {
        let officer = self.world.officer(self.cast, &firm.site, day);
        let scope = firm.scope.map(|(industry, products)| {
            let text = format!("示例数据\n企业：{}\n主要产品与工艺：{products}\n", firm.name);
            let evidence = vec![self.agenda.paper("产品与工艺说明（示例）.txt", text)];
            ScopeEntry { from: firm.registered_on, industry: industry.into(), products: products.into(), evidence }
        });
        let registration = Registration {
            name: firm.name.clone(),
            legal_form: firm.legal_form,
            registered_on: firm.registered_on,
            site: firm.site.clone(),
        };
        let register = Command::Register { firm: firm.code, registration, scope };
        self.agenda.note((day, 10), &officer, format!("{}建档", firm.name), register);
        let classify = Change::Classify { types: firm.types.clone(), segments: firm.segments.clone() };
        self.amend((day, 11), &officer, firm, classify);
        let legal_person = self.cast.person(self.agenda, day);
        let licence = format!("示例数据\n营业执照核验记录\n{}\n{}\n", firm.name, firm.code);
        let appoint = accounts::Command::AppointLegalPerson {
            firm: firm.code,
            person: legal_person,
            from: firm.registered_on,
            evidence: vec![self.agenda.paper("营业执照核验（示例）.txt", licence)],
        };
        self.agenda.note((day, 11), &security_administrator(), "核验法定代表人", appoint);
        let owner = Hand::new(legal_person, Role::Enterprise, firm.code);
        let filer = match index {
            0 | 1 => owner.clone(),
            // Three firms are served by the agent, one in four has a clerk.
            2..=4 => self.authorise(firm, day, &owner, None),
            _ if index.is_multiple_of(4) => {
                let clerk = self.cast.person(self.agenda, day);
                self.authorise(firm, day, &owner, Some(clerk))
            }
            _ => owner.clone(),
        };
        self.sign_in(index, firm, legal_person);
        Staff { legal_person, filer, opened: day }
    }

    fn sign_in(&mut self, index: usize, firm: &Firm, legal_person: PersonId) {
        let (login, tries) = match index {
            0 => (
                "qiye",
                "在开放的批次申报、报送上一年度经营数据（还差这一份）、看谁查阅过本企业、授权员工、分析一批测试数据",
            ),
            1 => ("qiye2", "在开放的批次申报、补正被退回的年度申报并重新报送"),
            _ => return,
        };
        self.cast.account(login, legal_person, Role::Enterprise, &firm.name, tries);
    }

    /// The legal person lets a clerk, or the agent, send in filings; they accept.
    fn authorise(&mut self, firm: &Firm, day: Date, owner: &Hand, clerk: Option<PersonId>) -> Hand {
        let id = AuthorisationId(self.generator.uuid(day));
        let (person, role, agency) = match clerk {
            Some(clerk) => (clerk, Role::Enterprise, None),
            None => (self.cast.agent, Role::Agent, Some(key("agency"))),
        };
        let authorise = accounts::Command::Authorise {
            id,
            firm: firm.code,
            person,
            agency,
            scopes: BTreeSet::from([Scope::Filings, Scope::Claim]),
            from: day,
            until: date(2027, 12, 31),
        };
        let hand = Hand::new(person, role, firm.code);
        self.agenda.note((day, 14), owner, "企业授权", authorise);
        self.agenda.note((day, 15), &hand, "接受授权", accounts::Command::AcceptAuthorisation { id });
        hand
    }

    fn amend(&mut self, at: (Date, i8), hand: &Hand, firm: &Firm, change: Change) {
        let command = Command::Amend { firm: firm.code, expected: None, change };
        self.agenda.approve(at, hand, format!("{}变更档案", firm.name), command);
    }

    fn owners(&mut self, index: usize, firm: &Firm, day: Date, staff: &Staff) {
        let owner = Hand::new(staff.legal_person, Role::Enterprise, firm.code);
        // Every sixth firm belongs to the firm six places before it: chains of holdings, several steps long.
        let parent = (index % 6 == 5).then(|| index.checked_sub(3)).flatten().and_then(|at| self.world.firms.get(at));
        let (first, share) = match parent.filter(|parent| parent.registered_on <= firm.registered_on) {
            Some(parent) => (Holder::Organisation { code: parent.code, name: parent.name.clone() }, 60),
            None if firm.legal_form == LegalForm::ForeignInvested => {
                (Holder::Foreign { name: format!("Shili Example Holdings {}", index + 1) }, 75)
            }
            // Ten invented funds, so that firms are siblings.
            None => (Holder::Organisation { code: fund(index % 10), name: fund_name(index % 10) }, 45),
        };
        let person = |part: &str| Holder::Person {
            subject: SubjectId(staff.legal_person.0),
            identity: Digest::of_parts([part.as_bytes(), staff.legal_person.0.as_bytes()]),
        };
        let percent = |share: i64| HoldingKind::Shareholder(Rate::from_parts_per_million(share * 10_000));
        let holdings = [
            (first, percent(share)),
            (person("示例身份"), percent(100 - share)),
            (person("示例身份"), HoldingKind::Officer("执行董事".to_owned())),
        ];
        for (holder, kind) in holdings {
            let id = HoldingId(self.generator.uuid(day));
            let holding = Holding { holder, kind, from: firm.registered_on, until: None };
            self.amend((day, 16), &owner, firm, Change::Hold { id, holding });
        }
    }

    /// Honours, and for three test houses the recognition as a public platform with its yearly checks.
    fn titles(&mut self, index: usize, firm: &Firm) {
        let city = self.cast.city.clone();
        if index % 5 == 2 && !firm.newcomer {
            let day =
                self.world.working_day(date(2024, 9, 2).saturating_add(jiff::Span::new().days((index % 20) as i64)));
            let (title, level) = match index % 15 {
                2 => ("专精特新“小巨人”企业（示例）", HonourLevel::National),
                7 => ("专精特新中小企业（示例）", HonourLevel::City),
                _ => ("创新型中小企业（示例）", HonourLevel::City),
            };
            let until = day.saturating_add(jiff::Span::new().years(3)).saturating_sub(jiff::Span::new().days(1));
            let Ok(valid) = Period::new(day, until) else { return };
            let document = format!("示例经信〔2024〕{}号", 100 + index);
            let honour = Honour { title: title.to_owned(), level, document, valid, revoked: None };
            let id = HonourId(self.generator.uuid(day));
            self.amend((day, 15), &city, firm, Change::AwardHonour { id, honour, evidence: Vec::new() });
        }
        if self.world.platforms().any(|platform| platform.code == firm.code) {
            self.recognise(index, firm);
        }
    }

    fn recognise(&mut self, index: usize, firm: &Firm) {
        let city = self.cast.city.clone();
        let day = date(2024, 3, 12);
        let Ok(valid) = Period::new(date(2024, 1, 1), date(2027, 12, 31)) else { return };
        let document = format!("示例经信〔2024〕{}号", 30 + index);
        let text = format!("示例数据\n市级集成电路公共服务平台认定\n{}\n{document}\n", firm.name);
        let evidence = vec![self.agenda.paper("平台认定文件（示例）.txt", text)];
        let kind = PLATFORM.to_owned();
        let recognition = Recognition { kind, document, valid, checks: BTreeMap::new(), withdrawn: None };
        let id = RecognitionId(self.generator.uuid(day));
        self.amend((day, 15), &city, firm, Change::Recognise { id, recognition, evidence });
        for year in 2024..self.agenda.before().year() {
            let on = self.world.working_day(date(year + 1, 2, 20));
            let check = AnnualCheck { on, passed: true, opinion: "年度考核合格（示例）".to_owned() };
            self.amend((on, 15), &city, firm, Change::CheckRecognition { id, year, check });
        }
    }

    /// What befalls a few: a new name, a standstill, leaving the scope, a consent.
    fn turns(&mut self) {
        let packaging: Vec<Firm> =
            self.world.firms.iter().skip(6).filter(|firm| firm.scope.is_some() && !firm.newcomer).cloned().collect();
        let mut turns = packaging.iter().rev();
        if let Some(firm) = turns.next() {
            let day = date(2025, 7, 8);
            let name = firm.name.replace("重庆示例", "重庆示例新");
            let officer = self.world.officer(self.cast, &firm.site, day);
            self.amend((day, 15), &officer, firm, Change::Rename { name, from: day });
        }
        if let Some(firm) = turns.next() {
            let day = date(2026, 6, 16);
            let officer = self.world.officer(self.cast, &firm.site, day);
            let (operation, reason) = (Operation::Suspended, "搬迁改造停产（示例）".to_owned());
            self.amend((day, 15), &officer, firm, Change::Operate { operation, from: day, reason });
        }
        if let Some(firm) = self.world.firms.first() {
            let day = date(2026, 3, 10);
            let Ok(valid) = Period::new(day, date(2027, 12, 31)) else { return };
            let consent = Consent {
                to: key("audit-firm"),
                what: "年度申报与审计报告".to_owned(),
                purpose: "贴息事项第三方审计（示例）".to_owned(),
                valid,
                withdrawn: None,
            };
            let id = ConsentId(self.generator.uuid(day));
            let owner = self.cast.accounts.iter().find(|account| account.login == "qiye").map(|account| account.person);
            let Some(owner) = owner.map(|person| Hand::new(person, Role::Enterprise, firm.code)) else { return };
            self.amend((day, 15), &owner, firm, Change::GiveConsent { id, consent });
        }
        debug_assert!(packaging.iter().all(|firm| !firm.types.contains(&FirmType::Material)));
    }

    fn take_baseline(&mut self) {
        let day = date(2024, 6, 3);
        let text = "示例数据\n基期在营封测企业名单，以 2023-12-31 企业档案为准\n".to_owned();
        let evidence = vec![self.agenda.paper("基期名单签认（示例）.txt", text)];
        let command = baseline::Command {
            id: baseline::BaselineId(self.generator.uuid(day)),
            day: BASELINE,
            basis: "计划印发前一年末在营且纳入口径的企业（示例签认）".to_owned(),
            evidence,
        };
        let city = self.cast.city.clone();
        self.agenda.approve((day, 15), &city, "签认基期名单", Command::TakeBaseline(command));
    }
}

/// An invented fund that owns parts of several firms.
fn fund(number: usize) -> CreditCode {
    let organisation = format!("0000{:04}", 9000 + number);
    let first_17 = format!("91500103{organisation}{}", CreditCode::organisation_check(&organisation));
    #[allow(clippy::expect_used, reason = "seventeen characters of the alphabet, all used by the tests")]
    CreditCode::complete(&first_17).expect("a credit code")
}

fn fund_name(number: usize) -> String {
    format!("示例产业投资基金{}", super::cast::STEMS[number])
}
