//! Whether a command on filings is allowed.

use kernel::{Context, CreditCode, Deadline, DivisionCode, Refusal, Revision, Role, Year};

use super::{Command, Event, Filing, FilingId, Material, Stage};
use crate::catalog::Catalog;
use crate::state::State;
use crate::{authority, text};

/// Decides a command on filings.
pub(crate) fn decide(state: &State, context: &Context, catalog: &Catalog, command: Command) -> Result<Event, Refusal> {
    match command {
        Command::File { id, firm, year, corrects, material } => {
            authority::firm(context, firm, &[Role::Enterprise, Role::Agent])?;
            may_file(state, context, id, firm, year, corrects.as_ref())?;
            let material = checked(catalog, year, material)?.into();
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
            let material = checked(catalog, filing.year, material)?.into();
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
