//! A decision against a firm is intended: what, why, by which rule; and its notice as a draft to print.

use std::str::FromStr;

use axum::extract::Path;
use cases::AdverseId;
use cases::adverse::Kind;
use cases::document::Citation;
use kernel::{Money, Role};
use office::Act;
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Page, Reader, Upload};

use super::handling::on_case;
use super::paper;
use super::seen::{Address, Seen};
use super::step::{PAPERS, Sent, Step, again};

const LONGEST: usize = 1000;
/// Who may propose: the department, and a district that finds in its own review that a claim is not true.
pub const PROPOSERS: &[Role] = &[Role::DistrictOfficer, Role::CityOfficer];

/// The kinds, as forms name them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Rejection,
    Clawback,
    Bar,
}

const SORTS: [(&str, Sort); 3] = [("rejection", Sort::Rejection), ("clawback", Sort::Clawback), ("bar", Sort::Bar)];

/// What is intended, without the notice.
pub struct Intention {
    /// What.
    pub kind: Kind,
    /// 事实和理由
    pub reasons: String,
    /// 依据
    pub basis: Vec<Citation>,
}

impl FromFields for Intention {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let sort = reader.choice("kind", "拟作决定", &SORTS);
        let amount = match sort {
            Some(Sort::Clawback) => reader.required::<Money>("amount", "追回金额"),
            _ => Some(Money::ZERO),
        };
        let reasons = reader.text("reasons", "事实和理由", LONGEST, true);
        let first = citation(reader, ["document", "number", "article"], true);
        let second = citation(reader, ["document2", "number2", "article2"], false);
        let kind = match sort? {
            Sort::Rejection => Kind::Rejection,
            Sort::Clawback => Kind::Clawback(amount?),
            Sort::Bar => Kind::Bar,
        };
        let basis = [first?, second?].into_iter().flatten().collect();
        Some(Self { kind, reasons: reasons?, basis })
    }
}

/// A cited place; `Some(None)` where nothing was typed and nothing has to be.
fn citation(reader: &mut Reader<'_>, names: [&'static str; 3], required: bool) -> Option<Option<Citation>> {
    const LABELS: [&str; 3] = ["文件名称", "文号", "条款"];
    let typed: [Option<Option<Line>>; 3] = std::array::from_fn(|n| reader.optional(names[n], LABELS[n]));
    let [document, number, article] = typed;
    let lines = [document?, number?, article?];
    if !required && lines.iter().all(Option::is_none) {
        return Some(None);
    }
    for ((line, name), label) in lines.iter().zip(names).zip(LABELS) {
        if line.is_none() {
            reader.refuse(name, label, "请填写");
        }
    }
    let [document, number, article] = lines.map(|line| line.map(|line| line.0));
    Some(Some(Citation { document: document?, number: number?, article: article? }))
}

/// A line of text.
struct Line(String);

impl FromStr for Line {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// 拟作不利决定.
pub struct Propose {
    intention: Intention,
    notice: Upload,
}

impl FromFields for Propose {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let intention = Intention::from_fields(reader);
        let notice = reader.file("notice", "事先告知书");
        Some(Self { intention: intention?, notice: notice? })
    }
}

/// What may be intended where the case stands.
fn sorts(seen: &Seen<'_>) -> Vec<(&'static str, &'static str)> {
    let mut sorts = Vec::new();
    let stage = &seen.case.stage;
    let is_own = match seen.role() {
        Some(Role::DistrictOfficer) => matches!(stage, cases::Stage::DistrictReview { .. }),
        _ => seen.is_department(),
    };
    if is_own && stage.may_be_rejected() {
        sorts.push(("rejection", "不予支持"));
    }
    if seen.is_department() && stage.may_be_clawed_back() {
        sorts.push(("clawback", "追回资金"));
    }
    if seen.is_department() {
        sorts.push(("bar", "限制申报"));
    }
    sorts
}

impl Step for Propose {
    on_case!("adverse");
    const TITLE: &'static str = "拟作不利决定";
    const BUTTON: &'static str = "登记告知";
    const ROLES: &'static [Role] = PROPOSERS;
    const FILES: bool = true;
    const APART: bool = true;
    const DRAFT: Option<(&'static str, &'static str)> =
        Some(("生成告知书代拟稿", "/cases/{firm}/{case}/adverse-draft"));

    fn fits(seen: &Seen<'_>) -> bool {
        !sorts(seen).is_empty()
    }

    fn intro(_: &Seen<'_>) -> Vec<String> {
        vec![
            "先生成代拟稿，经本单位办公系统正式行文后，上传发给企业的告知书。登记之日起企业可以陈述申辩、要求听证。"
                .to_owned(),
        ]
    }

    fn filled(seen: &Seen<'_>) -> Vec<(&'static str, String)> {
        let only = sorts(seen);
        let kind = (only.len() == 1).then(|| ("kind", only[0].0.to_owned()));
        let rule = seen.state.cases.fund_rule(seen.call.terms.rule);
        let cited =
            rule.map(|rule| [("document", rule.document.title.clone()), ("number", rule.document.number.clone())]);
        let net = seen.case.purse.net();
        let amount = (net > Money::ZERO).then(|| ("amount", net.to_string()));
        kind.into_iter().chain(cited.into_iter().flatten()).chain(amount).collect()
    }

    fn fields(draft: &Draft, seen: &Seen<'_>) -> Vec<Field> {
        let sorts = sorts(seen);
        let mut fields = vec![draft.radios("kind", "拟作决定", &sorts).required()];
        if sorts.iter().any(|(sort, _)| *sort == "clawback") {
            let most = format!("企业实得 {} 元；选择追回资金时必填", seen.case.purse.net());
            fields.push(draft.money("amount", "追回金额（元）").hint(most));
        }
        fields.extend([
            draft.lines("reasons", "事实和理由").rows(6).required(),
            draft.text("document", "依据的文件").required(),
            draft.text("number", "文号").required(),
            draft.text("article", "条款").hint("例如 第十二条第二款").required(),
            draft.text("document2", "另一依据的文件"),
            draft.text("number2", "另一依据的文号"),
            draft.text("article2", "另一依据的条款"),
            draft.upload("notice", "发给企业的事先告知书", PAPERS).required(),
        ]);
        fields
    }

    fn document(&self) -> Option<&Upload> {
        Some(&self.notice)
    }

    fn act(self, seen: &Seen<'_>, mut sent: Sent) -> Result<Act, Failure> {
        let Intention { kind, reasons, basis } = self.intention;
        let (adverse, notice) = (AdverseId(sent.id.0), sent.document()?);
        Ok(cases::Command::ProposeAdverse { adverse, case: seen.case.id, kind, reasons, basis, notice }.into())
    }
}

/// The notice of the intended decision as a draft, from what was typed; nothing is recorded.
pub async fn draft(counter: Counter, Path(address): Path<Address>, page: Page, form: Form<Intention>) -> Answer {
    let state = counter.state()?;
    let seen = Seen::find(&counter, &state, &address).await?;
    let Form { read, draft, .. } = form;
    match read {
        Some(intention) => paper::notice(&seen, page, &intention),
        None => again::<Propose>(&seen, page, draft),
    }
}
