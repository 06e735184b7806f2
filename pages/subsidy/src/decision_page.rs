//! One assessment: outcome, trace, what it was made from, and proof that it can be made again.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use kernel::CreditCode;
use office::State;
use register::Light;
use subsidy::account::{Account, Origin};
use subsidy::facts::{CostPart, Facts};
use subsidy::{Claim, Decision, DecisionId, Overrides, Rulebook, recompute};
use web::{Answer, Counter, Failure, Page};

use crate::decision_register::{address, is_replaced, standing};
use crate::outcome_view::OutcomeView;
use crate::trace_table::TraceTable;
use crate::viewer::{FIRM, actor_name, firm_name, may_see};

/// Fee lines and loans shown one by one; a claim can have many more.
const MOST_LINES: usize = 200;

#[derive(Template)]
#[template(path = "decision.html")]
struct DecisionPage {
    title: String,
    year: kernel::Year,
    firm: String,
    code: String,
    standing: Light,
    recorded: String,
    outcome: OutcomeView,
    trace: Option<TraceTable>,
    recomputed: Light,
    recomputed_note: String,
    grounds: Vec<(&'static str, String, String)>,
    entries: Vec<EntryRow>,
    used: Option<String>,
    after: Option<String>,
    inputs: Vec<(String, String)>,
    others: Vec<OtherReading>,
}

/// One amount in the cap account.
pub struct EntryRow {
    /// Where it comes from.
    pub origin: String,
    /// Where that is read.
    pub href: Option<String>,
    /// Which year it counts for.
    pub year: kernel::Year,
    /// When.
    pub on: String,
    /// How much.
    pub amount: String,
}

struct OtherReading {
    number: String,
    label: String,
    outcome: String,
}

/// The entries of a cap account, oldest first.
pub fn entry_rows(state: &State, firm: CreditCode, account: &Account) -> Vec<EntryRow> {
    let mut entries: Vec<_> = account.entries().collect();
    entries.sort_by_key(|(_, entry)| entry.on);
    let rows = entries.into_iter().map(|(origin, entry)| {
        let (origin, href) = match origin {
            Origin::Voucher(number) => (format!("凭证 {number}"), None),
            Origin::Claim(_) => {
                let known = entry.decision.filter(|id| state.subsidy.decision(*id).is_some());
                ("本系统测算".to_owned(), known.map(|id| format!("/decisions/{firm}/{id}")))
            }
        };
        EntryRow { origin, href, year: entry.year, on: entry.on.to_string(), amount: entry.amount.to_string() }
    });
    rows.collect()
}

/// A decision by its id alone leads to its page, whose address names the firm, so that the firm sees who looked.
pub async fn find(counter: Counter, Path(id): Path<String>) -> Answer {
    let state = counter.state()?;
    let id: DecisionId = id.parse().map_err(|_| Failure::not_found())?;
    let record = state.subsidy.decision(id).ok_or_else(Failure::not_found)?;
    let decision = &record.decision;
    if !may_see(&state, &counter.visitor.viewer(), decision.firm, &decision.claim.benefit) {
        return Err(Failure::not_found());
    }
    Ok(Redirect::to(&format!("{}{}", address(decision), counter.as_of.suffix())).into_response())
}

/// The assessment.
pub async fn decision(counter: Counter, Path((firm, id)): Path<(String, String)>, page: Page) -> Answer {
    let state = counter.state()?;
    let id: DecisionId = id.parse().map_err(|_| Failure::not_found())?;
    let record = state.subsidy.decision(id).filter(|record| record.decision.firm.as_str() == firm);
    let record = record.cloned().ok_or_else(Failure::not_found)?;
    let decision = &record.decision;
    let viewer = counter.visitor.viewer();
    if !may_see(&state, &viewer, decision.firm, &decision.claim.benefit) {
        return Err(Failure::Forbidden("测算只对企业本身、责任部门、财政、审计与专班开放。".into()));
    }
    let content = page_of(&state, decision, &record.recorded, &counter.as_of.suffix())?;
    let is_firm = viewer.role.is_some_and(|role| FIRM.contains(&role));
    let (label, path) = if is_firm { ("我的惠企资金", "/my-benefits") } else { ("测算台账", "/decisions") };
    page.title(format!("{} {} 测算", content.firm, content.title)).crumb(label, path).show(&content)
}

fn page_of(
    state: &State,
    decision: &Decision,
    recorded: &kernel::Recorded,
    suffix: &str,
) -> Result<DecisionPage, Failure> {
    let rulebook = state.subsidy.rulebook_of(&decision.grounds);
    let rulebook = rulebook.map_err(|error| Failure::Fault(error.to_string()))?;
    let benefit = &decision.claim.benefit;
    let clause = rulebook.clauses.get(benefit).cloned().ok_or_else(Failure::not_found)?;
    let explained = format!("/benefits/{benefit}{suffix}");
    let again = recompute(&state.subsidy, decision.id);
    let (recomputed, recomputed_note, trace) = match again {
        Ok(again) => {
            let trace = TraceTable::new(&clause, &again.assessment.trace, note_of(decision), &explained);
            let (light, note) = match again.agrees {
                true => (Light::good("可重算一致"), "金额、理由与每一步的文字，都与当时记录的相同。"),
                false => (Light::bad("重算不一致"), "现在重算的结果与当时的记录不同，请报告审计监督。"),
            };
            (light, note.to_owned(), Some(trace))
        }
        Err(error) => (Light::bad("无法重算"), error.to_string(), None),
    };
    let grounds = decision.grounds;
    let named = |name, digest: kernel::Digest| (name, digest.short(), digest.to_string());
    let program = rulebook.program_for(&decision.claim, decision.on, &Overrides::new()).ok();
    let used = program.as_ref().map(|program| program.used(&decision.account, &decision.claim));
    Ok(DecisionPage {
        title: clause.title.to_string(),
        year: decision.claim.year,
        firm: firm_name(state, decision.firm),
        code: decision.firm.to_string(),
        standing: standing(decision, is_replaced(state, decision)),
        recorded: format!("{} · {}", kernel::date::minute(recorded.at), actor_name(state, &recorded.actor)),
        outcome: OutcomeView::new(&clause, &decision.outcome, decision.claim.year, "本次测算"),
        trace,
        recomputed,
        recomputed_note,
        grounds: [
            Some(named("条款文件", grounds.clause)),
            Some(named("解释口径", grounds.interpretations)),
            Some(named("利率表", grounds.rates)),
            grounds.parameters.map(|set| named("区县细则", set)),
            Some(named("申报与账户", grounds.inputs)),
            Some(named("测算过程", decision.trace)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        entries: entry_rows(state, decision.firm, &decision.account),
        used: used.map(|used| used.to_string()),
        after: used.map(|used| (used + decision.outcome.award()).to_string()),
        inputs: claim_in_words(&decision.claim),
        others: other_readings(&rulebook, decision),
    })
}

/// What would come out if a point were read otherwise; readings that change nothing are left out.
fn other_readings(rulebook: &Rulebook, decision: &Decision) -> Vec<OtherReading> {
    let mut others = Vec::new();
    for (point, interpretation) in rulebook.interpretations.iter() {
        let current = interpretation.on(decision.on).map(|choice| choice.chosen.clone());
        for option in interpretation.options.iter().filter(|option| current.as_ref() != Some(&option.key)) {
            let overrides = Overrides::from([(point, option.key.clone())]);
            let Ok(program) = rulebook.program_for(&decision.claim, decision.on, &overrides) else { continue };
            let Ok(assessed) = subsidy::assess(&program, &decision.claim, &decision.account) else { continue };
            if assessed.outcome == decision.outcome {
                continue;
            }
            let outcome = match &assessed.outcome {
                subsidy::Outcome::Eligible { award, .. } => format!("{award} 元"),
                subsidy::Outcome::NotEligible { failed, .. } => format!("不符合（{} 项）", failed.len()),
            };
            others.push(OtherReading {
                number: interpretation.number.to_string(),
                label: option.label.to_string(),
                outcome,
            });
        }
    }
    others
}

/// The trace of a recorded assessment, made again; `None` when it cannot be. `explained` explains the clause.
pub fn trace_of(state: &State, decision: &Decision, explained: &str) -> Option<TraceTable> {
    let rulebook = state.subsidy.rulebook_of(&decision.grounds).ok()?;
    let clause = rulebook.clauses.get(&decision.claim.benefit)?;
    let again = recompute(&state.subsidy, decision.id).ok()?;
    Some(TraceTable::new(clause, &again.assessment.trace, note_of(decision), explained))
}

fn note_of(decision: &Decision) -> String {
    format!("{} 的条款、口径与利率 · 规则引擎第 {} 版", decision.on, decision.grounds.engine)
}

/// What was claimed, and what offices added to it.
fn claim_in_words(claim: &Claim) -> Vec<(String, String)> {
    let verified = claim.verified.map(|verified| ("审计审定基数".to_owned(), format!("{verified} 元")));
    let score = claim.score.map(|score| ("评审或绩效得分".to_owned(), score.to_string()));
    facts_in_words(&claim.facts).into_iter().chain(verified).chain(score).collect()
}

/// What was claimed, line by line.
pub fn facts_in_words(facts: &Facts) -> Vec<(String, String)> {
    match facts {
        Facts::LoanInterest(facts) => {
            let investment = facts.investment;
            let mut rows = vec![
                ("实际到位投资".to_owned(), format!("{} 元", investment.paid_in)),
                ("投资证明".to_owned(), format!("{} {}", investment.proof.label(), investment.proven_on)),
                ("建设进度".to_owned(), investment.progress.to_string()),
            ];
            rows.extend(facts.loans.iter().take(MOST_LINES).enumerate().map(|(index, loan)| {
                let words = format!(
                    "{} · {} · 本金 {} 元 · 实付利息 {} 元 · 放款 {} · 计息期 {} 至 {}",
                    loan.kind.label(),
                    loan.term.label(),
                    loan.principal,
                    loan.paid,
                    loan.disbursed,
                    loan.from,
                    loan.until
                );
                (format!("第 {} 笔借款", index + 1), words)
            }));
            rows
        }
        Facts::TestFees(facts) => {
            let opens = if facts.opens_capacity { "是" } else { "否" };
            let mut rows = vec![
                ("开放产能".to_owned(), opens.to_owned()),
                ("费用明细".to_owned(), format!("{} 行", facts.lines.len())),
            ];
            rows.extend(facts.lines.iter().take(MOST_LINES).map(|line| {
                let number = line.number.as_deref().unwrap_or("全年合计");
                let attributes = line.attributes;
                let marks = [
                    (attributes.related, "关联方"),
                    (!attributes.in_city, "市外客户"),
                    (!attributes.design_firm, "非设计企业"),
                    (!attributes.open_capacity, "非专门开放的产能"),
                    (attributes.supports_platform, "已用于平台奖励"),
                ];
                let marks: String =
                    marks.iter().filter(|(holds, _)| *holds).map(|(_, word)| format!(" · {word}")).collect();
                (number.to_owned(), format!("{} · 不含税 {} 元 · 税额 {} 元{marks}", line.invoiced, line.net, line.tax))
            }));
            rows
        }
        Facts::OperatingCost(cost) => {
            let serves = if cost.public_service { "是" } else { "否" };
            let recognition = cost.recognition.map_or_else(
                || "无".to_owned(),
                |recognition| {
                    let checked = if recognition.checked { "考核合格" } else { "考核未合格" };
                    format!("{} 至 {} · {checked}", recognition.from, recognition.until)
                },
            );
            let mut rows = vec![("公共服务".to_owned(), serves.to_owned()), ("市级平台认定".to_owned(), recognition)];
            let parts = CostPart::ALL.iter().zip(cost.parts);
            rows.extend(parts.map(|(part, amount)| (part.label().to_owned(), format!("{amount} 元"))));
            rows
        }
        Facts::AnnualRevenue(facts) => vec![
            ("营业收入".to_owned(), format!("{} 元", facts.revenue)),
            ("以前年度最高".to_owned(), format!("{} 元", facts.highest_before)),
        ],
        Facts::ProjectInvestment(facts) => vec![("项目总投资".to_owned(), format!("{} 元", facts.total))],
        Facts::EntryCost(facts) => {
            let mut rows = vec![
                ("入驻协议签订日".to_owned(), facts.entered.to_string()),
                ("费用明细".to_owned(), format!("{} 行", facts.lines.len())),
            ];
            rows.extend(facts.lines.iter().take(MOST_LINES).map(|line| {
                let number = line.number.as_deref().map(|number| format!(" · 发票 {number}")).unwrap_or_default();
                (line.part.label().to_owned(), format!("{} · {} 元{number}", line.paid, line.amount))
            }));
            rows
        }
        Facts::TrainedPersons(facts) => vec![
            ("培训人数".to_owned(), format!("{} 人", facts.trained)),
            ("用工人数".to_owned(), format!("{} 人", facts.hired)),
        ],
    }
}
