//! A firm's annual filing: what it earned, spent and employed in a year, checked twice.

use std::sync::Arc;

use kernel::{
    Context, CreditCode, Deadline, DivisionCode, Evidence, Impossible, Money, PersonId, Recorded, Refusal, Revision,
    Role, Year,
};
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::history::Entry;
use crate::state::State;
use crate::{authority, text};

kernel::uuid_id!(
    /// One filing. A correction is a filing of its own.
    FilingId
);

/// A year in figures. Claim material: a statistical return never becomes one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// 营业收入, all business, without VAT.
    pub revenue: Money,
    /// 封测收入：对外代工, packaging and test done for others.
    pub contract: Money,
    /// 封测收入：自封自测, of the firm's own products, at internal settlement prices.
    pub captive: Money,
    /// 研发费用.
    pub research: Money,
    /// 资产总计 at the end of the year.
    pub assets: Money,
    /// 从业人员 at the end of the year, persons.
    pub staff: u32,
    /// Of these in research and development, persons.
    pub research_staff: u32,
}

impl Figures {
    /// Packaging-and-test revenue, contract and captive.
    pub fn packaging(&self) -> Money {
        self.contract + self.captive
    }
}

/// What a firm sends in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// The year in figures.
    pub figures: Figures,
    /// The version of what counts as revenue, by its key in the catalog.
    pub scope: String,
    /// Audit report, financial statements.
    pub evidence: Vec<Evidence>,
}

/// One version of the material as it was sent in; none is ever overwritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Submission {
    /// What was sent.
    pub material: Material,
    /// When and by whom.
    pub recorded: Recorded,
}

/// Who sent a filing back to the firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ReturnedBy {
    /// The firm took it back before the district verified it.
    Firm,
    /// The district.
    District,
    /// The city.
    City,
}

/// Where a filing stands. Transitions consume the stage they start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Stage {
    /// 待区县核实
    Filed {
        /// By when the district answers.
        due: Deadline,
    },
    /// 退回企业
    Returned {
        /// By whom.
        by: ReturnedBy,
        /// What to do.
        reason: String,
    },
    /// 待市级签核
    Verified {
        /// Who verified: may not sign off.
        by: PersonId,
        /// The district in charge on that day.
        division: DivisionCode,
        /// By when the city answers.
        due: Deadline,
    },
    /// 已签核: counts.
    SignedOff {
        /// Who verified.
        verified_by: PersonId,
        /// Who signed off.
        by: PersonId,
        /// The district that verified.
        division: DivisionCode,
    },
    /// 已被更正: a later filing of the same year counts instead.
    Superseded {
        /// The correction.
        by: FilingId,
    },
}

/// The stages without their content, for columns, filters and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageKind {
    /// 待区县核实
    Filed,
    /// 退回企业
    Returned,
    /// 待市级签核
    Verified,
    /// 已签核
    SignedOff,
    /// 已被更正
    Superseded,
}

impl StageKind {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Filed => "待区县核实",
            Self::Returned => "退回企业",
            Self::Verified => "待市级签核",
            Self::SignedOff => "已签核",
            Self::Superseded => "已被更正",
        }
    }
}

impl Stage {
    /// Which stage.
    pub const fn kind(&self) -> StageKind {
        match self {
            Self::Filed { .. } => StageKind::Filed,
            Self::Returned { .. } => StageKind::Returned,
            Self::Verified { .. } => StageKind::Verified,
            Self::SignedOff { .. } => StageKind::SignedOff,
            Self::Superseded { .. } => StageKind::Superseded,
        }
    }

    /// What is due, when somebody is expected to act.
    pub const fn due(&self) -> Option<Deadline> {
        match self {
            Self::Filed { due } | Self::Verified { due, .. } => Some(*due),
            _ => None,
        }
    }

    /// Whether it is still on its way.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Filed { .. } | Self::Returned { .. } | Self::Verified { .. })
    }

    fn resubmit(self, due: Deadline) -> Option<Self> {
        matches!(self, Self::Returned { .. }).then_some(Self::Filed { due })
    }

    fn withdraw(self, reason: String) -> Option<Self> {
        matches!(self, Self::Filed { .. }).then_some(Self::Returned { by: ReturnedBy::Firm, reason })
    }

    fn verify(self, by: PersonId, division: DivisionCode, due: Deadline) -> Option<Self> {
        matches!(self, Self::Filed { .. }).then_some(Self::Verified { by, division, due })
    }

    fn send_back(self, reason: String) -> Option<Self> {
        match self {
            Self::Filed { .. } => Some(Self::Returned { by: ReturnedBy::District, reason }),
            Self::Verified { .. } => Some(Self::Returned { by: ReturnedBy::City, reason }),
            _ => None,
        }
    }

    fn sign_off(self, by: PersonId) -> Option<Self> {
        match self {
            Self::Verified { by: verified_by, division, .. } => Some(Self::SignedOff { verified_by, by, division }),
            _ => None,
        }
    }

    fn supersede(self, by: FilingId) -> Option<Self> {
        matches!(self, Self::SignedOff { .. }).then_some(Self::Superseded { by })
    }
}

/// One filing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Filing {
    /// Its key.
    pub id: FilingId,
    /// Whose.
    pub firm: CreditCode,
    /// The year reported on.
    pub year: Year,
    /// The signed-off filing it corrects, and why.
    pub corrects: Option<(FilingId, String)>,
    /// Every version sent in, oldest first; never empty.
    pub submissions: Vec<Submission>,
    /// Where it stands.
    pub stage: Stage,
    /// What happened to it.
    pub history: Vec<Arc<Entry>>,
    /// Of this filing.
    pub revision: Revision,
}

impl Filing {
    /// The version that counts.
    pub fn current(&self) -> Option<&Submission> {
        self.submissions.last()
    }

    /// The figures that count.
    pub fn figures(&self) -> Figures {
        self.current().map(|submission| submission.material.figures).unwrap_or_default()
    }

    /// The scope version of the figures.
    pub fn scope(&self) -> &str {
        self.current().map_or("", |submission| &submission.material.scope)
    }
}

/// What may be asked of filings.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// The firm files a year, or corrects a signed-off one.
    File {
        /// Chosen by the caller.
        id: FilingId,
        /// For which firm.
        firm: CreditCode,
        /// The year reported on; over by now.
        year: Year,
        /// The signed-off filing this corrects, and why.
        corrects: Option<(FilingId, String)>,
        /// What is sent in.
        material: Material,
    },
    /// The firm sends a returned filing again.
    Resubmit {
        /// Which.
        id: FilingId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// What is sent in now.
        material: Material,
    },
    /// The firm takes a filing back before the district verified it.
    Withdraw {
        /// Which.
        id: FilingId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// Why.
        reason: String,
    },
    /// The district in charge finds it true.
    Verify {
        /// Which.
        id: FilingId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// In words.
        opinion: Option<String>,
    },
    /// The district or the city sends it back to the firm.
    Return {
        /// Which.
        id: FilingId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// What to put right.
        reason: String,
    },
    /// The city accepts it: from now on it counts.
    SignOff {
        /// Which.
        id: FilingId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// In words.
        opinion: Option<String>,
    },
}

/// What happened to filings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A firm filed.
    Filed {
        /// Which.
        id: FilingId,
        /// Whose.
        firm: CreditCode,
        /// The year reported on.
        year: Year,
        /// What it corrects, and why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        corrects: Option<(FilingId, String)>,
        /// What was sent in.
        material: Material,
        /// By when the district answers.
        due: Deadline,
    },
    /// A firm filed again after a return.
    Resubmitted {
        /// Which.
        id: FilingId,
        /// What was sent in.
        material: Material,
        /// By when the district answers.
        due: Deadline,
    },
    /// A firm took its filing back.
    Withdrawn {
        /// Which.
        id: FilingId,
        /// Why.
        reason: String,
    },
    /// The district verified.
    Verified {
        /// Which.
        id: FilingId,
        /// The district in charge on that day.
        division: DivisionCode,
        /// In words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
        /// By when the city answers.
        due: Deadline,
    },
    /// The district or the city sent it back.
    Returned {
        /// Which.
        id: FilingId,
        /// What to put right.
        reason: String,
    },
    /// The city signed off.
    SignedOff {
        /// Which.
        id: FilingId,
        /// In words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
        /// The filing that stops counting.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supersedes: Option<FilingId>,
    },
}

/// Decides a command on filings.
pub(crate) fn decide(state: &State, context: &Context, catalog: &Catalog, command: Command) -> Result<Event, Refusal> {
    match command {
        Command::File { id, firm, year, corrects, material } => {
            authority::firm(context, firm, &[Role::Enterprise, Role::Agent])?;
            may_file(state, context, id, firm, year, corrects.as_ref())?;
            let material = checked(catalog, year, material)?;
            let corrects = corrects
                .map(|(id, reason)| Ok((id, text::required("reason", "更正原因", &reason, 300)?)))
                .transpose()?;
            Ok(Event::Filed { id, firm, year, corrects, material, due: district_due(context, catalog) })
        }
        Command::Resubmit { id, expected, material } => {
            let filing = found(state, id)?;
            authority::firm(context, filing.firm, &[Role::Enterprise, Role::Agent])?;
            filing.revision.expect(expected)?;
            if !matches!(filing.stage, Stage::Returned { .. }) {
                return Err(wrong_stage(filing, "重新报送"));
            }
            let material = checked(catalog, filing.year, material)?;
            Ok(Event::Resubmitted { id, material, due: district_due(context, catalog) })
        }
        Command::Withdraw { id, expected, reason } => {
            let filing = found(state, id)?;
            authority::firm(context, filing.firm, &[Role::Enterprise, Role::Agent])?;
            filing.revision.expect(expected)?;
            if !matches!(filing.stage, Stage::Filed { .. }) {
                return Err(wrong_stage(filing, "撤回"));
            }
            Ok(Event::Withdrawn { id, reason: text::required("reason", "撤回原因", &reason, 300)? })
        }
        Command::Verify { id, expected, opinion } => {
            let filing = found(state, id)?;
            let division = district(state, context, catalog, filing)?;
            filing.revision.expect(expected)?;
            if !matches!(filing.stage, Stage::Filed { .. }) {
                return Err(wrong_stage(filing, "核实"));
            }
            not_the_filer(context, filing)?;
            let opinion = text::optional("opinion", "核实意见", opinion.as_deref(), 300)?;
            let days = catalog.filing.deadlines.city_working_days;
            let due = Deadline::working_days(&context.calendar, context.today(), days);
            Ok(Event::Verified { id, division, opinion, due })
        }
        Command::Return { id, expected, reason } => decide_return(state, context, catalog, id, expected, &reason),
        Command::SignOff { id, expected, opinion } => {
            let filing = found(state, id)?;
            authority::department(context, catalog)?;
            filing.revision.expect(expected)?;
            let Stage::Verified { by, .. } = &filing.stage else { return Err(wrong_stage(filing, "签核")) };
            if context.actor.person() == Some(*by) {
                return Err(Refusal::forbidden("区县核实与市级签核不能由同一人办理，请由另一位经办人员签核。"));
            }
            not_the_filer(context, filing)?;
            context.require_reauthentication()?;
            let opinion = text::optional("opinion", "签核意见", opinion.as_deref(), 300)?;
            Ok(Event::SignedOff { id, opinion, supersedes: filing.corrects.as_ref().map(|(id, _)| *id) })
        }
    }
}

fn decide_return(
    state: &State,
    context: &Context,
    catalog: &Catalog,
    id: FilingId,
    expected: Option<Revision>,
    reason: &str,
) -> Result<Event, Refusal> {
    let filing = found(state, id)?;
    match &filing.stage {
        Stage::Filed { .. } => district(state, context, catalog, filing).map(drop)?,
        Stage::Verified { .. } => authority::department(context, catalog)?,
        _ => {
            context.require(&[Role::DistrictOfficer, Role::CityOfficer])?;
            filing.revision.expect(expected)?;
            return Err(wrong_stage(filing, "退回"));
        }
    }
    filing.revision.expect(expected)?;
    Ok(Event::Returned { id, reason: text::required("reason", "退回原因", reason, 300)? })
}

fn found(state: &State, id: FilingId) -> Result<&Filing, Refusal> {
    state.filing(id).ok_or_else(|| Refusal::not_found("没有这份年度申报，请从列表中重新打开。"))
}

fn wrong_stage(filing: &Filing, act: &str) -> Refusal {
    Refusal::conflict(format!("这份申报现在是“{}”，不能{act}。请刷新页面查看最新状态。", filing.stage.kind().label()))
}

/// Passes officers of the district in charge of the firm today.
fn district(state: &State, context: &Context, catalog: &Catalog, filing: &Filing) -> Result<DivisionCode, Refusal> {
    let site = state.firm(filing.firm).and_then(|file| file.site_on(context.today()));
    let site = site.ok_or_else(|| Refusal::conflict("该企业没有登记地址，请先补充。"))?;
    authority::district(context, catalog, site)
}

fn not_the_filer(context: &Context, filing: &Filing) -> Result<(), Refusal> {
    let person = context.actor.person();
    if filing.submissions.iter().any(|submission| submission.recorded.actor.person() == person) {
        return Err(Refusal::forbidden("报送人不能核实或签核自己报送的申报，请由其他人员办理。"));
    }
    Ok(())
}

fn district_due(context: &Context, catalog: &Catalog) -> Deadline {
    let days = catalog.filing.deadlines.district_working_days;
    Deadline::working_days(&context.calendar, context.today(), days)
}

/// One open filing a year; a signed-off year is corrected, not filed again.
fn may_file(
    state: &State,
    context: &Context,
    id: FilingId,
    firm: CreditCode,
    year: Year,
    corrects: Option<&(FilingId, String)>,
) -> Result<(), Refusal> {
    let Some(file) = state.firm(firm) else {
        return Err(Refusal::not_found(format!("{firm} 还没有建立企业档案，请先完成建档。")));
    };
    if state.filing(id).is_some() {
        return Err(Refusal::conflict("这个申报编号已经用过，请刷新页面后重新填写。"));
    }
    if year >= context.today().year() {
        return Err(Refusal::invalid("year", format!("{year} 年尚未结束，年度申报只受理已结束的年度。")));
    }
    if year < file.registered_on.year() {
        return Err(Refusal::invalid("year", format!("企业成立于 {}，没有 {year} 年度。", file.registered_on)));
    }
    let earlier = || state.filings_of_year(firm, year);
    if let Some(open) = earlier().find(|filing| filing.stage.is_open()) {
        return Err(Refusal::conflict(format!(
            "{year} 年度已有一份在办的申报（{}），请在那份申报上办理。",
            open.stage.kind().label()
        )));
    }
    let counting = earlier().find(|filing| matches!(filing.stage, Stage::SignedOff { .. })).map(|filing| filing.id);
    match (counting, corrects) {
        (Some(_), None) => {
            Err(Refusal::conflict(format!("{year} 年度已签核。如需更改，请从原申报发起更正并说明原因。")))
        }
        (counting, Some((id, _))) if counting != Some(*id) => {
            Err(Refusal::conflict("只能更正本企业该年度现行有效的申报，请从最新的一份发起更正。"))
        }
        _ => Ok(()),
    }
}

/// Refuses figures that contradict themselves or cannot be.
fn checked(catalog: &Catalog, year: Year, material: Material) -> Result<Material, Refusal> {
    let limits = &catalog.filing.limits;
    let figures = &material.figures;
    let amounts = [
        ("revenue", "营业收入", figures.revenue),
        ("contract", "封测收入（对外代工）", figures.contract),
        ("captive", "封测收入（自封自测）", figures.captive),
        ("research", "研发费用", figures.research),
        ("assets", "资产总计", figures.assets),
    ];
    for (field, label, amount) in amounts {
        if amount.is_negative() {
            return Err(Refusal::invalid(field, format!("{label}不能为负数。")));
        }
        if amount > limits.amount_at_most {
            let most = limits.amount_at_most;
            return Err(Refusal::invalid(field, format!("{label} {amount} 元超过 {most} 元，请检查单位是否填错。")));
        }
    }
    if figures.contract > figures.revenue {
        return Err(Refusal::invalid("contract", "对外代工的封测收入大于营业收入，请核对两个数。"));
    }
    if figures.staff > limits.staff_at_most {
        let what = format!("从业人员超过 {} 人，请检查是否填错。", limits.staff_at_most);
        return Err(Refusal::invalid("staff", what));
    }
    if figures.research_staff > figures.staff {
        return Err(Refusal::invalid("research_staff", "研发人员多于从业人员，请核对两个数。"));
    }
    let in_force = catalog.filing.scope_of(year);
    let Some(scope) = in_force else {
        return Err(Refusal::invalid("year", format!("{year} 年没有可用的收入口径，不受理该年度的申报。")));
    };
    if material.scope != scope.id {
        return Err(Refusal::invalid("scope", format!("{year} 年度适用收入口径 {}，请按该口径填报。", scope.id)));
    }
    if material.evidence.is_empty() {
        return Err(Refusal::invalid("evidence", "请至少上传一份证明材料，例如审计报告或财务报表。"));
    }
    Ok(material)
}

impl State {
    pub(crate) fn apply_filing(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::Filed { id, firm, year, corrects, material, due } => {
                let title = if corrects.is_some() { "企业报送更正" } else { "企业报送" };
                let note = corrects.as_ref().map(|(_, reason)| reason.as_str());
                self.insert_filing(Filing {
                    id: *id,
                    firm: *firm,
                    year: *year,
                    corrects: corrects.clone(),
                    submissions: vec![Submission { material: material.clone(), recorded: recorded.clone() }],
                    stage: Stage::Filed { due: *due },
                    history: vec![Entry::new(recorded, title, note, &material.evidence)],
                    revision: Revision(1),
                });
                Ok(())
            }
            Event::Resubmitted { id, material, due } => {
                let entry = Entry::new(recorded, "企业重新报送", None, &material.evidence);
                self.advance(recorded, *id, entry, |stage| stage.resubmit(*due))?;
                let submission = Submission { material: material.clone(), recorded: recorded.clone() };
                self.change_filing(recorded, *id, |filing| filing.submissions.push(submission))
            }
            Event::Withdrawn { id, reason } => {
                let entry = Entry::new(recorded, "企业撤回", Some(reason), &[]);
                self.advance(recorded, *id, entry, |stage| stage.withdraw(reason.clone()))
            }
            Event::Verified { id, division, opinion, due } => {
                let person = acting(recorded)?;
                let entry = Entry::new(recorded, "区县核实", opinion.as_deref(), &[]);
                self.advance(recorded, *id, entry, |stage| stage.verify(person, *division, *due))
            }
            Event::Returned { id, reason } => {
                let district = recorded.actor.role() == Some(Role::DistrictOfficer);
                let title = if district { "区县退回" } else { "市级退回" };
                let entry = Entry::new(recorded, title, Some(reason), &[]);
                self.advance(recorded, *id, entry, |stage| stage.send_back(reason.clone()))
            }
            Event::SignedOff { id, opinion, supersedes } => {
                let person = acting(recorded)?;
                if let Some(old) = supersedes {
                    let entry = Entry::new(recorded, "已被更正", None, &[]);
                    self.advance(recorded, *old, entry, |stage| stage.supersede(*id))?;
                }
                let entry = Entry::new(recorded, "市级签核", opinion.as_deref(), &[]);
                self.advance(recorded, *id, entry, |stage| stage.sign_off(person))
            }
        }
    }

    fn advance(
        &mut self,
        recorded: &Recorded,
        id: FilingId,
        entry: Arc<Entry>,
        step: impl FnOnce(Stage) -> Option<Stage>,
    ) -> Result<(), Impossible> {
        let mut moved = false;
        self.change_filing(recorded, id, |filing| {
            if let Some(next) = step(filing.stage.clone()) {
                filing.stage = next;
                filing.history.push(entry);
                filing.revision = filing.revision.next();
                moved = true;
            }
        })?;
        if moved { Ok(()) } else { Err(Impossible::at(recorded, format!("申报 {id} 的状态不允许这一步"))) }
    }
}

fn acting(recorded: &Recorded) -> Result<PersonId, Impossible> {
    recorded.actor.person().ok_or_else(|| Impossible::at(recorded, "核实和签核应由人办理"))
}
