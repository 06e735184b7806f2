//! What district and city decide on a claim: it is true, it is to be completed, it is recommended, it is assessed again,
//! its project is accepted.

use std::collections::BTreeSet;

use cases::case::Act as CaseAct;
use cases::{ItemKey, Stage, StageKind};
use kernel::Role;
use office::Act;
use subsidy::DecisionId;
use web::{Draft, Failure, Field, FromFields, Reader, Upload};

use super::seen::Seen;
use super::step::{DEPARTMENT, PAPERS, Sent, Step};

/// The longest opinion, in characters; the context says the same.
const LONGEST: usize = 1000;

/// The address of an act on a case, and the same where every route is tried.
macro_rules! on_case {
    ($key:literal) => {
        const PATTERN: &'static str = concat!("/cases/{firm}/{case}/", $key);
        const SAMPLE: &'static str = concat!("/cases/91500118000000001G/00000000-0000-7000-8000-0000000000c2/", $key);
    };
}
pub(super) use on_case;

/// An act of the context on the case that is seen.
pub(super) fn on(seen: &Seen<'_>, sent: &Sent, act: CaseAct) -> Act {
    cases::Command::Case { case: seen.case.id, expected: sent.revision, act }.into()
}

/// 区县初审通过.
pub struct PassDistrict(String);

impl FromFields for PassDistrict {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text("opinion", "初审意见", LONGEST, true).map(Self)
    }
}

impl Step for PassDistrict {
    on_case!("pass");
    const TITLE: &'static str = "初审通过";
    const BUTTON: &'static str = "通过初审";
    const ROLES: &'static [Role] = &[Role::DistrictOfficer];

    fn fits(seen: &Seen<'_>) -> bool {
        matches!(seen.case.stage, Stage::DistrictReview { .. })
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        let opinion = draft.lines("opinion", "初审意见").hint("写明核对了哪些材料、是否真实").required();
        vec![opinion]
    }

    fn act(self, seen: &Seen<'_>, sent: Sent) -> Result<Act, Failure> {
        Ok(on(seen, &sent, CaseAct::PassDistrict { opinion: self.0 }))
    }
}

/// 退回补正.
pub struct SendBack {
    reason: String,
    wanted: BTreeSet<ItemKey>,
}

impl FromFields for SendBack {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let reason = reader.text("reason", "退回原因", LONGEST, true);
        let wanted = reader.all("wanted").iter().map(|key| key.parse()).collect::<Result<_, _>>();
        let wanted = wanted.map_err(|error: cases::key::KeyError| {
            reader.refuse("wanted", "需要补正的材料", &error.to_string());
        });
        Some(Self { reason: reason?, wanted: wanted.ok()? })
    }
}

impl Step for SendBack {
    on_case!("return");
    const TITLE: &'static str = "退回补正";
    const BUTTON: &'static str = "退回企业补正";
    const ROLES: &'static [Role] = &[Role::DistrictOfficer, Role::CityOfficer];

    fn fits(seen: &Seen<'_>) -> bool {
        match seen.case.stage.kind() {
            StageKind::DistrictReview => seen.role() == Some(Role::DistrictOfficer),
            StageKind::CityReview => seen.is_department(),
            _ => false,
        }
    }

    fn intro(_: &Seen<'_>) -> Vec<String> {
        vec!["企业只需补正所选材料，其余内容保留，不必重填。".to_owned()]
    }

    fn fields(draft: &Draft, seen: &Seen<'_>) -> Vec<Field> {
        let items = seen.call.terms.checklist.iter().map(|item| (item.key.to_string(), item.title.clone()));
        let items: Vec<_> = items.collect();
        vec![
            draft.ticks("wanted", "需要补正的材料", &items).hint("只改填报内容的，可以不选"),
            draft.lines("reason", "退回原因").hint("写给企业看得懂的话：缺什么、为什么、怎样补").required(),
        ]
    }

    fn act(self, seen: &Seen<'_>, sent: Sent) -> Result<Act, Failure> {
        Ok(on(seen, &sent, CaseAct::Return { reason: self.reason, wanted: self.wanted }))
    }
}

/// 市级复核通过.
pub struct Recommend(String);

impl FromFields for Recommend {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text("opinion", "复核意见", LONGEST, true).map(Self)
    }
}

impl Step for Recommend {
    on_case!("recommend");
    const TITLE: &'static str = "复核通过";
    const BUTTON: &'static str = "建议支持";
    const ROLES: &'static [Role] = DEPARTMENT;
    const PROOF: bool = true;

    fn fits(seen: &Seen<'_>) -> bool {
        seen.is_department() && matches!(seen.case.stage, Stage::CityReview { .. })
    }

    fn intro(seen: &Seen<'_>) -> Vec<String> {
        let line = |award| format!("按资金测算拟支持 {award} 元；最终数额由汇总和会议审定。");
        seen.case.assessment.map(|assessment| line(assessment.award)).into_iter().collect()
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        vec![draft.lines("opinion", "复核意见").required()]
    }

    fn act(self, seen: &Seen<'_>, sent: Sent) -> Result<Act, Failure> {
        Ok(on(seen, &sent, CaseAct::Recommend { opinion: self.0 }))
    }
}

/// 重新测算: the claim as filed, under what is in force today.
pub struct AssessAgain;

impl FromFields for AssessAgain {
    fn from_fields(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// What makes the assessment of a case one to be made anew, in words.
pub fn outdated(seen: &Seen<'_>) -> Option<&'static str> {
    let Some(assessment) = seen.case.assessment else { return Some("还没有资金测算") };
    let record = seen.state.subsidy.decision(DecisionId(assessment.id.0))?;
    let (made, rulebook) = (record.decision.grounds, seen.state.subsidy.rulebook()?);
    let clause = rulebook.clauses.get(&record.decision.claim.benefit)?;
    let same = made.clause == clause.digest
        && made.interpretations == rulebook.interpretations.digest()
        && made.rates == rulebook.rates.digest();
    if !same {
        return Some("测算后条款、口径或利率有变化");
    }
    let (firm, benefit) = (seen.case.applicant.firm, &record.decision.claim.benefit);
    let account = seen.state.subsidy.account(firm, benefit).without(record.decision.claim_id);
    (account != record.decision.account).then_some("测算后该企业的累计享受有变化")
}

impl Step for AssessAgain {
    on_case!("assess");
    const TITLE: &'static str = "重新测算";
    const BUTTON: &'static str = "按今天的条款和口径测算";
    const ROLES: &'static [Role] = DEPARTMENT;

    fn fits(seen: &Seen<'_>) -> bool {
        seen.is_department() && seen.case.stage.is_under_review() && outdated(seen).is_some()
    }

    fn barred(seen: &Seen<'_>) -> Option<String> {
        seen.unfit()
    }

    fn intro(seen: &Seen<'_>) -> Vec<String> {
        let why = outdated(seen).map(|why| format!("{why}。"));
        let how = "测算依据企业申报的内容、评分和核定基数，不能另填。".to_owned();
        why.into_iter().chain([how]).collect()
    }

    fn fields(_: &Draft, _: &Seen<'_>) -> Vec<Field> {
        Vec::new()
    }

    fn act(self, seen: &Seen<'_>, sent: Sent) -> Result<Act, Failure> {
        let claim = office::claims::assessable(seen.state, seen.case);
        let claim = claim.ok_or_else(|| Failure::Stale("这一办件没有申报内容，不能测算。".into()))?;
        let claim_id = office::claims::claim_of(seen.case.id);
        let firm = seen.case.applicant.firm;
        Ok(subsidy::Command::Assess { decision: DecisionId(sent.id.0), claim_id, firm, claim }.into())
    }
}

/// 验收.
pub struct Accept {
    passed: bool,
    opinion: String,
    report: Upload,
}

impl FromFields for Accept {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let passed = reader.choice("passed", "验收结论", &[("yes", true), ("no", false)]);
        let opinion = reader.text("opinion", "验收意见", LONGEST, true);
        let report = reader.file("report", "验收报告");
        Some(Self { passed: passed?, opinion: opinion?, report: report? })
    }
}

impl Step for Accept {
    on_case!("accept");
    const TITLE: &'static str = "项目验收";
    const BUTTON: &'static str = "登记验收";
    const ROLES: &'static [Role] = DEPARTMENT;
    const PROOF: bool = true;
    const FILES: bool = true;

    fn fits(seen: &Seen<'_>) -> bool {
        seen.is_department() && matches!(seen.case.stage, Stage::Paid { .. })
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        vec![
            draft.radios("passed", "验收结论", &[("yes", "通过"), ("no", "未通过，另行处理")]).required(),
            draft.lines("opinion", "验收意见").required(),
            draft.upload("report", "验收报告", PAPERS).required(),
        ]
    }

    fn document(&self) -> Option<&Upload> {
        Some(&self.report)
    }

    fn act(self, seen: &Seen<'_>, mut sent: Sent) -> Result<Act, Failure> {
        let report = sent.document()?;
        Ok(on(seen, &sent, CaseAct::Accept { passed: self.passed, opinion: self.opinion, report }))
    }
}
