//! What a call rests on: the plan's sentence, the fund rule that carries it out, the fair-competition review.

use std::collections::BTreeSet;

use kernel::{Anchor, Context, Date, Digest, Evidence, Recorded, Refusal, Role};
use serde::{Deserialize, Serialize};

use crate::document::{Document, not_later};
use crate::key::{BenefitId, FundRuleId};
use crate::state::State;
use crate::text;

/// 专项资金管理办法: the rule under which a fund's money is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundRule {
    /// Its key.
    pub id: FundRuleId,
    /// The rule itself.
    pub document: Document,
    /// Of the plan it carries out.
    pub plan: Digest,
    /// Sentences of that plan.
    pub anchors: BTreeSet<Anchor>,
    /// Benefits it pays for.
    pub benefits: BTreeSet<BenefitId>,
}

/// Results of a fair-competition review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// 不具有排除、限制竞争效果
    Fair,
    /// 适用例外规定, with the basis.
    Exception(String),
    /// 不得实施
    Unfair,
}

impl Conclusion {
    /// Whether the programme may be carried out.
    pub const fn allows(&self) -> bool {
        !matches!(self, Self::Unfair)
    }

    /// In Chinese.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Fair => "未发现排除、限制竞争",
            Self::Exception(_) => "适用例外规定",
            Self::Unfair => "不得实施",
        }
    }
}

/// 公平竞争审查 of a programme: a benefit as a fund rule gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FairCompetitionReview {
    /// Which benefit.
    pub benefit: BenefitId,
    /// Under which rule.
    pub rule: FundRuleId,
    /// Of the rule's file: another text needs another review.
    pub reviewed: Digest,
    /// Who reviewed.
    pub body: String,
    /// When.
    pub on: Date,
    /// With what result.
    pub conclusion: Conclusion,
    /// Last day on which the review holds.
    pub expires: Date,
    /// The review document.
    pub evidence: Evidence,
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Records a fund rule.
    RecordRule(FundRule),
    /// Records a fair-competition review.
    RecordReview(FairCompetitionReview),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A fund rule was recorded.
    RuleRecorded(Box<FundRule>),
    /// A review was recorded.
    Reviewed(Box<FairCompetitionReview>),
}

/// A review with where it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewRecord {
    /// The review.
    pub review: FairCompetitionReview,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

pub(crate) fn decide(state: &State, context: &Context, command: Command) -> Result<Event, Refusal> {
    context.require(&[Role::CityOfficer, Role::WorkingGroup])?;
    context.require_reauthentication()?;
    match command {
        Command::RecordRule(rule) => {
            if state.fund_rule(rule.id).is_some() {
                return Err(Refusal::conflict("这一编号的资金管理办法已经登记；修订后的办法请另行登记。"));
            }
            if rule.anchors.is_empty() {
                return Err(Refusal::invalid("anchors", "请至少选择行动计划中的一句，写明办法落实的是哪一句。"));
            }
            if rule.benefits.is_empty() {
                return Err(Refusal::invalid("benefits", "请至少选择一个事项。"));
            }
            Ok(Event::RuleRecorded(Box::new(FundRule { document: rule.document.checked()?, ..rule })))
        }
        Command::RecordReview(review) => {
            let rule = state.fund_rule(review.rule);
            let rule = rule.ok_or_else(|| Refusal::invalid("rule", "没有这份资金管理办法，请先登记。"))?;
            if !rule.benefits.contains(&review.benefit) {
                let what = format!("《{}》不支持事项 {}，请核对。", rule.document.title, review.benefit);
                return Err(Refusal::invalid("benefit", what));
            }
            if review.reviewed != rule.document.file.digest {
                return Err(Refusal::conflict("审查针对的文本不是已登记的办法文本，请核对后重新审查。"));
            }
            not_later(context, "on", "审查日期", review.on)?;
            if review.expires < review.on {
                return Err(Refusal::invalid("expires", "审查结论的有效期截止日早于审查日期，请核对。"));
            }
            let body = text::required("body", "审查机构", &review.body)?;
            if let Conclusion::Exception(basis) = &review.conclusion {
                text::required("conclusion", "适用例外规定的依据", basis)?;
            }
            Ok(Event::Reviewed(Box::new(FairCompetitionReview { body, ..review })))
        }
    }
}

impl State {
    /// The latest review of a benefit under a rule that holds on the day and allows it.
    pub fn fair_competition(&self, benefit: &BenefitId, rule: FundRuleId, day: Date) -> Option<&ReviewRecord> {
        let concerned = |record: &&ReviewRecord| record.review.rule == rule && record.review.on <= day;
        let latest = self.reviews_of(benefit).filter(concerned).last()?;
        (latest.review.conclusion.allows() && day <= latest.review.expires).then_some(latest)
    }

    /// Refuses when the programme has no valid review on the day.
    pub(crate) fn require_fair_competition(
        &self,
        benefit: &BenefitId,
        rule: FundRuleId,
        day: Date,
    ) -> Result<(), Refusal> {
        if self.fair_competition(benefit, rule, day).is_some() {
            return Ok(());
        }
        Err(Refusal::forbidden(format!(
            "事项 {benefit} 在 {day} 没有有效的公平竞争审查结论（未审查、已过期或结论为不得实施），请先完成审查并登记。"
        )))
    }
}
