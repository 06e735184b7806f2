//! Who is asked about a claim, and what they say: audit firm, experts; and who steps aside.

use std::collections::BTreeMap;
use std::str::FromStr;

use accounts::OrganisationKind;
use cases::Stage;
use cases::case::Act as CaseAct;
use cases::relation::Party;
use kernel::{Money, OrganisationId, PersonId, Role};
use office::Act;
use web::{Draft, Failure, Field, FromFields, Reader, Upload};

use super::handling::{on, on_case};
use super::seen::Seen;
use super::step::{DEPARTMENT, PAPERS, Sent, Step};
use super::typed::Points;

const LONGEST: usize = 1000;

/// 确定审计机构.
pub struct ChooseAuditor(OrganisationId);

impl FromFields for ChooseAuditor {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.required("auditor", "审计机构").map(Self)
    }
}

/// Audit firms that exist on the day, and why one may not be asked.
fn audit_firms(seen: &Seen<'_>) -> Vec<(OrganisationId, String, Option<String>)> {
    let related = seen.case.related.as_deref().unwrap_or_default();
    let firms = seen.state.accounts.organisations();
    let firms = firms.filter(|firm| firm.kind == OrganisationKind::AuditFirm && firm.exists_on(seen.day));
    let one = |firm: &accounts::Organisation| {
        let own = Party::Organisation(firm.id.clone());
        let way = related.iter().find(|related| related.party == own).map(|related| related.way());
        (firm.id.clone(), firm.name.clone(), way)
    };
    firms.map(one).collect()
}

impl Step for ChooseAuditor {
    on_case!("auditor");
    const TITLE: &'static str = "确定审计机构";
    const BUTTON: &'static str = "委托审计";
    const ROLES: &'static [Role] = DEPARTMENT;

    fn fits(seen: &Seen<'_>) -> bool {
        seen.is_department() && matches!(seen.case.stage, Stage::Audit { .. })
    }

    fn barred(seen: &Seen<'_>) -> Option<String> {
        seen.unfit()
    }

    fn intro(seen: &Seen<'_>) -> Vec<String> {
        let barred = audit_firms(seen).into_iter().filter_map(|(_, name, way)| Some((name, way?)));
        barred.map(|(name, way)| format!("{name}与申报企业有关联（{way}），应当回避。")).collect()
    }

    fn fields(draft: &Draft, seen: &Seen<'_>) -> Vec<Field> {
        let free: Vec<_> = audit_firms(seen)
            .into_iter()
            .filter(|(_, _, way)| way.is_none())
            .map(|(id, name, _)| (id.to_string(), name))
            .collect();
        vec![draft.select("auditor", "审计机构", &free).required()]
    }

    fn act(self, seen: &Seen<'_>, sent: Sent) -> Result<Act, Failure> {
        Ok(on(seen, &sent, CaseAct::ChooseAuditor { auditor: self.0 }))
    }
}

/// 提交审计报告.
pub struct FileAudit {
    verified: Money,
    opinion: String,
    report: Upload,
}

impl FromFields for FileAudit {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let verified = reader.required("verified", "核定基数");
        let opinion = reader.text("opinion", "审计意见", LONGEST, true);
        let report = reader.file("report", "审计报告");
        Some(Self { verified: verified?, opinion: opinion?, report: report? })
    }
}

impl Step for FileAudit {
    on_case!("audit");
    const TITLE: &'static str = "提交审计报告";
    const BUTTON: &'static str = "提交报告";
    const ROLES: &'static [Role] = &[Role::AuditFirm];
    const FILES: bool = true;

    fn fits(seen: &Seen<'_>) -> bool {
        matches!(&seen.case.stage, Stage::Audit { auditor: Some(auditor), .. } if seen.viewer.organisation.as_ref() == Some(auditor))
    }

    fn intro(_: &Seen<'_>) -> Vec<String> {
        vec!["核定基数是能够核实的支出或利息；测算时超过核定基数的部分不计。提交后不能更改。".to_owned()]
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        vec![
            draft.money("verified", "核定基数（元）").hint("例如 14,700,000.00").required(),
            draft.lines("opinion", "审计意见").required(),
            draft.upload("report", "审计报告", PAPERS).required(),
        ]
    }

    fn document(&self) -> Option<&Upload> {
        Some(&self.report)
    }

    fn act(self, seen: &Seen<'_>, mut sent: Sent) -> Result<Act, Failure> {
        let report = sent.document()?;
        let act = CaseAct::FileAudit { verified: self.verified, opinion: self.opinion, report };
        Ok(on(seen, &sent, act))
    }
}

/// An expert with the institution they sit for, as a form names both.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chosen(PersonId, OrganisationId);

impl FromStr for Chosen {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "名单已有变化，请重新选择";
        let (person, organisation) = text.split_once('@').ok_or(WRONG)?;
        Ok(Self(person.parse().map_err(|_| WRONG)?, organisation.parse().map_err(|_| WRONG)?))
    }
}

/// 确定评审专家.
pub struct SeatExperts(BTreeMap<PersonId, OrganisationId>);

impl FromFields for SeatExperts {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let chosen: Result<Vec<Chosen>, _> = reader.all("seats").iter().map(|one| one.parse()).collect();
        match chosen {
            Ok(chosen) if chosen.is_empty() => {
                reader.refuse("seats", "评审专家", "请至少选择一位专家");
                None
            }
            Ok(chosen) => Some(Self(chosen.into_iter().map(|Chosen(person, at)| (person, at)).collect())),
            Err(wrong) => {
                reader.refuse("seats", "评审专家", wrong);
                None
            }
        }
    }
}

impl Step for SeatExperts {
    on_case!("experts");
    const TITLE: &'static str = "确定评审专家";
    const BUTTON: &'static str = "确定名单";
    const ROLES: &'static [Role] = DEPARTMENT;

    fn fits(seen: &Seen<'_>) -> bool {
        seen.is_department() && matches!(seen.case.stage, Stage::ExpertReview { .. })
    }

    fn barred(seen: &Seen<'_>) -> Option<String> {
        seen.unfit()
    }

    fn intro(seen: &Seen<'_>) -> Vec<String> {
        let needed = format!("申报通知要求至少 {} 位专家；已评分的专家保留。", seen.call.terms.route.experts);
        let experts = seen.experts();
        let barred = cases::case::barred_experts(seen.case, &experts);
        let barred = barred.map(|(person, why)| format!("{}须回避：{why}。", seen.called(person)));
        [needed].into_iter().chain(barred).collect()
    }

    fn filled(seen: &Seen<'_>) -> Vec<(&'static str, String)> {
        let Stage::ExpertReview { seats, .. } = &seen.case.stage else { return Vec::new() };
        seats.iter().map(|(person, seat)| ("seats", format!("{person}@{}", seat.organisation))).collect()
    }

    fn fields(draft: &Draft, seen: &Seen<'_>) -> Vec<Field> {
        let experts = seen.experts();
        let barred: BTreeMap<_, _> = cases::case::barred_experts(seen.case, &experts).collect();
        let free = experts.iter().filter(|(person, _)| !barred.contains_key(person));
        let free: Vec<_> = free
            .map(|(person, at)| {
                let name = format!("{}（{}）", seen.called(*person), seen.state.organisation_name(at));
                (format!("{person}@{at}"), name)
            })
            .collect();
        vec![draft.ticks("seats", "评审专家", &free).required()]
    }

    fn act(self, seen: &Seen<'_>, sent: Sent) -> Result<Act, Failure> {
        Ok(on(seen, &sent, CaseAct::SeatExperts { seats: self.0 }))
    }
}

/// 专家评分.
pub struct Score {
    points: u8,
    opinion: String,
}

impl FromFields for Score {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let points = reader.required::<Points>("points", "评分");
        let opinion = reader.text("opinion", "评审意见", LONGEST, true);
        Some(Self { points: points?.0, opinion: opinion? })
    }
}

impl Step for Score {
    on_case!("score");
    const TITLE: &'static str = "评分";
    const BUTTON: &'static str = "提交评分";
    const ROLES: &'static [Role] = &[Role::Expert];

    fn fits(seen: &Seen<'_>) -> bool {
        let Stage::ExpertReview { seats, .. } = &seen.case.stage else { return false };
        let own = seen.viewer.person.and_then(|person| seats.get(&person));
        own.is_some_and(|seat| seat.points.is_none())
    }

    fn intro(_: &Seen<'_>) -> Vec<String> {
        vec!["评分提交后不能更改；其他专家的评分在您评分前后都不显示。".to_owned()]
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        vec![
            draft.count("points", "评分").hint("0 至 100 的整数").required(),
            draft.lines("opinion", "评审意见").required(),
        ]
    }

    fn act(self, seen: &Seen<'_>, sent: Sent) -> Result<Act, Failure> {
        Ok(on(seen, &sent, CaseAct::Score { points: self.points, opinion: self.opinion }))
    }
}

/// 回避: oneself, or for the department somebody else.
pub struct Recuse {
    person: Option<PersonId>,
    grounds: String,
}

impl FromFields for Recuse {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let person = reader.optional("person", "回避的人员");
        let grounds = reader.text("grounds", "回避理由", LONGEST, true);
        Some(Self { person: person?, grounds: grounds? })
    }
}

/// Whom the department may recuse: experts and its own officers, those who already are aside.
fn recusable(seen: &Seen<'_>) -> Vec<(String, String)> {
    let own = seen.viewer.person;
    let held = seen.state.accounts.grants().filter(|grant| grant.holds_on(seen.day));
    let concerned = held.filter(|grant| match grant.role {
        Role::Expert => true,
        Role::CityOfficer => grant.organisation == seen.call.terms.issuer,
        Role::DistrictOfficer => grant.organisation == seen.case.applicant.district.into(),
        _ => false,
    });
    let named = concerned.filter(|grant| Some(grant.person) != own && !seen.case.recused.contains_key(&grant.person));
    let named = named
        .map(|grant| (grant.person.to_string(), format!("{} · {}", seen.called(grant.person), grant.role.label())));
    named.collect()
}

impl Step for Recuse {
    on_case!("recuse");
    const TITLE: &'static str = "回避";
    const BUTTON: &'static str = "登记回避";
    const APART: bool = true;
    const ROLES: &'static [Role] = &[Role::DistrictOfficer, Role::CityOfficer, Role::Expert];

    fn fits(seen: &Seen<'_>) -> bool {
        let not_yet = seen.viewer.person.is_some_and(|person| !seen.case.recused.contains_key(&person));
        not_yet && seen.case.stage.is_open()
    }

    fn barred(_: &Seen<'_>) -> Option<String> {
        None
    }

    fn fields(draft: &Draft, seen: &Seen<'_>) -> Vec<Field> {
        let grounds = draft.lines("grounds", "回避理由").hint("写明与申报企业的关系").required();
        // Whoever has a part in the case sends nobody else away from it.
        if !seen.is_department() || seen.unfit().is_some() {
            return vec![grounds];
        }
        let person = draft.select("person", "回避的人员", &recusable(seen)).hint("不选即本人回避");
        vec![person, grounds]
    }

    fn act(self, seen: &Seen<'_>, sent: Sent) -> Result<Act, Failure> {
        let person = self.person.filter(|_| seen.is_department()).or(seen.viewer.person);
        let person = person.ok_or(Failure::SignInFirst)?;
        Ok(on(seen, &sent, CaseAct::Recuse { person, grounds: self.grounds }))
    }

    fn then(_: &Seen<'_>) -> String {
        // Whoever stepped aside may no longer see the case.
        "/reviews".to_owned()
    }
}
