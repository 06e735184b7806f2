//! Whether a command on a call is allowed.

use std::collections::BTreeSet;
use std::sync::Arc;

use kernel::{Actor, Context, Money, Refusal, Revision};

use super::{Act, Call, Happened, Settlement, Stage, Terms};
use crate::case::{self, Case};
use crate::document::Document;
use crate::key::{CallId, CaseId};
use crate::performance::{Sheet, checked_attained, checked_targets};
use crate::reduction::{Claimed, Share, share_out};
use crate::rules::TimeLimit;
use crate::state::{Event, State};
use crate::text;

/// Decides a command on a call.
pub(crate) fn decide(
    state: &State,
    context: &Context,
    id: CallId,
    expected: Option<Revision>,
    act: Act,
) -> Result<Vec<Event>, Refusal> {
    let happened = match act {
        Act::Draft(terms) => {
            if state.call(id).is_some() {
                return Err(Refusal::conflict("这一编号的申报批次已经存在，请刷新页面。"));
            }
            Happened::Drafted(Arc::new(checked(state, context, terms)?))
        }
        Act::Amend(terms) => {
            let call = department(state, context, id, expected)?;
            in_stage(call, matches!(call.stage, Stage::Draft), "修改；发布后的申报通知请另发补充通知")?;
            Happened::Amended(Arc::new(checked(state, context, terms)?))
        }
        Act::Publish { notice } => publish(state, context, department(state, context, id, expected)?, notice)?,
        Act::Open => {
            let call = by_program(state, context, id)?;
            in_stage(call, matches!(call.stage, Stage::Published { .. }), "开始申报")?;
            if context.today() < call.terms.window.from() {
                return Err(Refusal::conflict(format!("申报自 {} 开始，今天还不能开放。", call.terms.window.from())));
            }
            Happened::Opened
        }
        Act::Close => {
            let call = by_program(state, context, id)?;
            in_stage(call, matches!(call.stage, Stage::Open { .. }), "截止")?;
            if context.today() <= call.terms.window.until() {
                return Err(Refusal::conflict(format!("申报期到 {} 为止，还没有结束。", call.terms.window.until())));
            }
            Happened::Closed { due: state.required_rules()?.deadline(context, TimeLimit::Settlement)? }
        }
        Act::Settle => return settle(state, context, department(state, context, id, expected)?),
        Act::FileSheet(sheet) => file_sheet(department(state, context, id, expected)?, sheet)?,
    };
    Ok(vec![Event::Call { call: id, happened }])
}

fn found(state: &State, id: CallId) -> Result<&Call, Refusal> {
    state.call(id).ok_or_else(|| Refusal::not_found("没有这个申报批次，请从列表中重新打开。"))
}

fn department<'a>(
    state: &'a State,
    context: &Context,
    id: CallId,
    expected: Option<Revision>,
) -> Result<&'a Call, Refusal> {
    let call = found(state, id)?;
    call.require_department(context)?;
    call.revision.expect(expected)?;
    Ok(call)
}

fn by_program<'a>(state: &'a State, context: &Context, id: CallId) -> Result<&'a Call, Refusal> {
    if context.actor != Actor::System {
        return Err(Refusal::not_allowed("申报的开始和截止由系统按申报通知的日期办理，无需人工操作。"));
    }
    found(state, id)
}

fn in_stage(call: &Call, fits: bool, act: &str) -> Result<(), Refusal> {
    if fits {
        return Ok(());
    }
    Err(Refusal::conflict(format!("“{}”现在是“{}”，不能{act}。", call.terms.title, call.stage.label())))
}

/// Refuses terms that contradict themselves, the rule they follow or the law's periods.
fn checked(state: &State, context: &Context, terms: Terms) -> Result<Terms, Refusal> {
    super::require_organisation(context, kernel::Role::CityOfficer, &terms.issuer)?;
    let rule = state.fund_rule(terms.rule);
    let rule = rule.ok_or_else(|| Refusal::invalid("rule", "请先登记所依据的资金管理办法，再拟制申报通知。"))?;
    let name = &rule.document.title;
    if !rule.benefits.contains(&terms.benefit) {
        let what = format!("《{name}》不支持事项 {}，请另选办法或事项。", terms.benefit);
        return Err(Refusal::invalid("benefit", what));
    }
    let sentence = &terms.sentence;
    if rule.plan != sentence.plan || !rule.anchors.contains(&sentence.anchor) {
        let what = format!("《{name}》没有写明落实行动计划“{}”，请核对所引条款。", sentence.anchor);
        return Err(Refusal::invalid("sentence", what));
    }
    if terms.budget <= Money::ZERO || terms.budget > Money::LIMIT {
        return Err(Refusal::invalid("budget", "预算应大于 0 且不超过 90 万亿元，请检查单位是否填错。"));
    }
    let keys: BTreeSet<_> = terms.checklist.iter().map(|item| &item.key).collect();
    if keys.len() != terms.checklist.len() {
        return Err(Refusal::invalid("checklist", "材料清单中有重复的材料代号，请改正。"));
    }
    let least = state.required_rules()?.deadline(context, TimeLimit::PublicNotice)?;
    let days = terms.route.notice_working_days;
    if kernel::Deadline::working_days(&context.calendar, context.today(), days).due < least.due {
        let what = format!("公示期 {days} 个工作日短于现行规定的下限，请延长。");
        return Err(Refusal::invalid("notice_working_days", what));
    }
    if terms.route.acceptance_months == Some(0) {
        return Err(Refusal::invalid("acceptance_months", "验收期限至少 1 个月；不需要验收的请留空。"));
    }
    for authority in terms.sharing.values() {
        text::required("sharing", "允许重复使用凭证的口径依据", authority)?;
    }
    Ok(Terms {
        title: text::required("title", "申报通知名称", &terms.title)?,
        scope: text::required("scope", "申报范围", &terms.scope)?,
        ..terms
    })
}

fn publish(state: &State, context: &Context, call: &Call, notice: Document) -> Result<Happened, Refusal> {
    in_stage(call, matches!(call.stage, Stage::Draft), "发布")?;
    context.require_reauthentication()?;
    let (terms, today) = (&call.terms, context.today());
    let rule = state.fund_rule(terms.rule).filter(|rule| rule.document.holds_on(today));
    if rule.is_none() {
        return Err(Refusal::forbidden("所依据的资金管理办法今天不在有效期内，不能发布；请登记现行办法后修改通知。"));
    }
    state.require_fair_competition(&terms.benefit, terms.rule, today)?;
    if call.targets().is_none() {
        return Err(Refusal::forbidden("还没有填报绩效目标表，请先填报再发布。"));
    }
    if terms.window.until() < today {
        return Err(Refusal::invalid("window", "申报期已经过去，请修改申报期后再发布。"));
    }
    let notice = notice.checked()?;
    if notice.issuer != terms.issuer {
        return Err(Refusal::invalid("issuer", format!("发文机构应为责任部门 {}，请核对。", terms.issuer)));
    }
    Ok(Happened::Published { notice: Arc::new(notice) })
}

fn file_sheet(call: &Call, sheet: Sheet) -> Result<Happened, Refusal> {
    let targets = || call.targets().ok_or_else(|| Refusal::conflict("还没有绩效目标表，请先填报。"));
    match &sheet {
        Sheet::Targets(lines) => {
            in_stage(call, matches!(call.stage, Stage::Draft), "更改绩效目标")?;
            checked_targets(lines)?;
        }
        Sheet::MidYear(attained) => {
            in_stage(call, !matches!(call.stage, Stage::Draft), "填报年中监控")?;
            checked_attained(targets()?, attained, false)?;
        }
        Sheet::SelfAssessment { attained, score, conclusion } => {
            in_stage(call, matches!(call.stage, Stage::Settled { .. }), "自评")?;
            checked_attained(targets()?, attained, true)?;
            if *score > 100 {
                return Err(Refusal::invalid("score", "自评得分不超过 100 分。"));
            }
            text::required("conclusion", "自评结论", conclusion)?;
        }
    }
    Ok(Happened::SheetFiled(sheet))
}

/// Shares out what the call has among the cases recommended, and among those who waited before.
fn settle(state: &State, context: &Context, call: &Call) -> Result<Vec<Event>, Refusal> {
    let closed = matches!(call.stage, Stage::Closed { .. } | Stage::Settled { .. });
    in_stage(call, closed, "汇总测算；请等申报截止")?;
    context.require_reauthentication()?;
    state.require_fair_competition(&call.terms.benefit, call.terms.rule, context.today())?;
    let on_the_way = state.cases_of(call.id).filter(|case| case.stage.is_under_review()).count();
    if on_the_way > 0 {
        let what = format!("还有 {on_the_way} 件没有完成审核，请办结（推荐、退出或作出不予支持决定）后再汇总。");
        return Err(Refusal::conflict(what));
    }
    let cases: Vec<_> = state.cases_of(call.id).filter(|case| case.stage.waits_for_settlement()).collect();
    if cases.is_empty() {
        return Err(Refusal::conflict("没有待汇总的办件。"));
    }
    for case in &cases {
        // Arithmetic, not a judgement: whoever recommended a case may settle the call, a related person may not. No case
        // can be left out, for what one gets is what others do not.
        case::hands::not_barred(context, case).map_err(|refusal| case::hands::named(case, refusal))?;
    }
    let (settlement, shares) = share(call, cases);
    let due = state.required_rules()?.deadline(context, TimeLimit::Meeting)?;
    let summary = Event::Call { call: call.id, happened: Happened::Settled(settlement) };
    let of_case = |case: CaseId, happened| Event::Case { case, happened };
    let settled = shares
        .into_iter()
        .map(|share| of_case(share.case, case::Happened::Settled { rank: share.rank, share: share.share, due }));
    Ok([summary].into_iter().chain(settled).collect())
}

/// What settling a call now would give: in all, and to each case that waits for it, best ranked first.
pub fn preview(state: &State, call: &Call) -> (Settlement, Vec<Share>) {
    share(call, state.cases_of(call.id).filter(|case| case.stage.waits_for_settlement()))
}

fn share<'a>(call: &Call, cases: impl IntoIterator<Item = &'a Case>) -> (Settlement, Vec<Share>) {
    let claims: Vec<_> = cases.into_iter().map(claimed).collect();
    let available = call.available();
    let asked = claims.iter().map(|claim| claim.award).sum();
    let shares = share_out(call.terms.reduction, available, claims);
    let settlement = Settlement {
        reduction: call.terms.reduction,
        available,
        asked,
        given: shares.iter().map(|share| share.share).sum(),
        cases: u32::try_from(shares.len()).unwrap_or(u32::MAX),
    };
    (settlement, shares)
}

fn claimed(case: &Case) -> Claimed {
    Claimed {
        case: case.id,
        award: case.assessment.as_ref().map(|assessment| assessment.award).unwrap_or_default(),
        score: case.score,
        received: case.received,
    }
}
