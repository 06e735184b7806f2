//! A decision against a firm on its way: hearing, decision, service, remedies.

use axum::extract::Path;
use cases::adverse::{Act as OnDecision, AdverseDecision, Method, Remedy, Route as Turned, Stage};
use kernel::{Date, Role};
use office::Act;
use subsidy_pages::typed::Day;
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Page, Reader, Upload};

use super::paper;
use super::seen::{Address, Seen};
use super::step::{DEPARTMENT, PAPERS, Sent, Step, again};

const LONGEST: usize = 1000;

macro_rules! on_decision {
    ($key:literal) => {
        const PATTERN: &'static str = concat!("/cases/{firm}/{case}/adverse/{adverse}/", $key);
        const SAMPLE: &'static str = concat!(
            "/cases/91500118000000001G/00000000-0000-7000-8000-0000000000a2/adverse/00000000-0000-7000-8000-0000000000c8/",
            $key
        );
        const ROLES: &'static [Role] = DEPARTMENT;
    };
}

fn on(seen: &Seen<'_>, sent: &Sent, act: OnDecision) -> Result<Act, Failure> {
    let decision = seen.adverse.ok_or_else(Failure::not_found)?;
    Ok(cases::Command::Adverse { adverse: decision.id, expected: sent.revision, act }.into())
}

fn stands(seen: &Seen<'_>, fits: impl Fn(&Stage) -> bool) -> bool {
    seen.is_department() && seen.adverse.is_some_and(|decision| fits(&decision.stage))
}

/// Why whoever looks may not take an act that another than the proposer takes.
fn second_person(seen: &Seen<'_>) -> Option<String> {
    let proposer = seen.adverse.and_then(|decision| decision.proposer);
    let own = proposer.is_some() && proposer == seen.viewer.person;
    let why = || "这一决定由您拟作，须由另一位人员办理。".to_owned();
    own.then(why).or_else(|| seen.barred())
}

/// 举行听证.
pub struct RecordHearing(Upload);

impl FromFields for RecordHearing {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.file("record", "听证笔录").map(Self)
    }
}

impl Step for RecordHearing {
    on_decision!("hearing");
    const TITLE: &'static str = "登记听证";
    const BUTTON: &'static str = "登记听证笔录";
    const FILES: bool = true;

    fn fits(seen: &Seen<'_>) -> bool {
        stands(seen, |stage| matches!(stage, Stage::Notified { statement: Some(said) } if said.hearing))
    }

    fn barred(seen: &Seen<'_>) -> Option<String> {
        second_person(seen)
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        vec![draft.upload("record", "听证笔录", PAPERS).required()]
    }

    fn document(&self) -> Option<&Upload> {
        Some(&self.0)
    }

    fn act(self, seen: &Seen<'_>, mut sent: Sent) -> Result<Act, Failure> {
        let record = sent.document()?;
        on(seen, &sent, OnDecision::RecordHearing { record })
    }
}

/// 不再作出.
pub struct DropIt(String);

impl FromFields for DropIt {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text("reason", "不再作出的理由", LONGEST, true).map(Self)
    }
}

impl Step for DropIt {
    on_decision!("drop");
    const TITLE: &'static str = "不再作出";
    const BUTTON: &'static str = "不再作出这一决定";

    fn fits(seen: &Seen<'_>) -> bool {
        stands(seen, |stage| matches!(stage, Stage::Notified { .. } | Stage::Heard { .. }))
    }

    fn barred(seen: &Seen<'_>) -> Option<String> {
        second_person(seen)
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        vec![draft.lines("reason", "不再作出的理由").required()]
    }

    fn act(self, seen: &Seen<'_>, sent: Sent) -> Result<Act, Failure> {
        on(seen, &sent, OnDecision::Drop { reason: self.0 })
    }
}

/// What a decision says besides what was intended.
pub struct Answered {
    /// How the firm's statement was considered.
    pub answer: Option<String>,
    /// Where the firm may turn.
    pub remedy: Remedy,
}

impl FromFields for Answered {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let answer = reader.text("answer", "对陈述申辩的采纳情况", LONGEST, false);
        let reconsideration = reader.required("reconsideration", "行政复议机关");
        let court = reader.required("court", "受理诉讼的法院");
        let answer = answer?;
        let remedy = Remedy { reconsideration: reconsideration?, court: court? };
        Some(Self { answer: (!answer.is_empty()).then_some(answer), remedy })
    }
}

/// 作出决定.
pub struct Make {
    said: Answered,
    document: Upload,
}

impl FromFields for Make {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let said = Answered::from_fields(reader);
        let document = reader.file("decision", "决定书");
        Some(Self { said: said?, document: document? })
    }
}

fn statement(decision: &AdverseDecision) -> bool {
    matches!(decision.stage, Stage::Notified { statement: Some(_) } | Stage::Heard { .. })
}

impl Step for Make {
    on_decision!("make");
    const TITLE: &'static str = "作出决定";
    const BUTTON: &'static str = "登记决定";
    const PROOF: bool = true;
    const FILES: bool = true;
    const DRAFT: Option<(&'static str, &'static str)> =
        Some(("生成决定书代拟稿", "/cases/{firm}/{case}/adverse/{adverse}/draft"));

    fn fits(seen: &Seen<'_>) -> bool {
        stands(seen, |stage| match stage {
            Stage::Notified { statement } => !statement.as_ref().is_some_and(|said| said.hearing),
            stage => matches!(stage, Stage::Heard { .. }),
        })
    }

    fn barred(seen: &Seen<'_>) -> Option<String> {
        let until = seen.adverse.map(|decision| decision.intended.until.due);
        let silent = seen.adverse.is_some_and(|decision| decision.stage == Stage::Notified { statement: None });
        let early = until.filter(|until| silent && seen.day <= *until);
        let why = |until| format!("企业在 {until} 前可以陈述申辩、要求听证，期满前不能作出决定。");
        early.map(why).or_else(|| second_person(seen))
    }

    fn fields(draft: &Draft, seen: &Seen<'_>) -> Vec<Field> {
        let spoke = seen.adverse.is_some_and(statement);
        let mut fields = Vec::new();
        if spoke {
            let hint = "逐条写明企业的意见是否采纳及理由";
            fields.push(draft.lines("answer", "对陈述申辩的采纳情况").hint(hint).required());
        }
        fields.extend([
            draft.text("reconsideration", "行政复议机关").required(),
            draft.text("court", "受理诉讼的法院").required(),
            draft.upload("decision", "正式行文的决定书", PAPERS).required(),
        ]);
        fields
    }

    fn document(&self) -> Option<&Upload> {
        Some(&self.document)
    }

    fn act(self, seen: &Seen<'_>, mut sent: Sent) -> Result<Act, Failure> {
        let (document, Answered { answer, remedy }) = (sent.document()?, self.said);
        on(seen, &sent, OnDecision::Make { document, answer, remedy })
    }
}

/// 送达.
pub struct Serve {
    method: Method,
    on: Date,
    proof: Upload,
}

const METHODS: [(&str, Method); 5] = [
    ("direct", Method::Direct),
    ("post", Method::Post),
    ("electronic", Method::Electronic),
    ("left", Method::Left),
    ("announcement", Method::Announcement),
];

/// How a decision is served, in Chinese.
pub const fn method_label(method: Method) -> &'static str {
    match method {
        Method::Direct => "直接送达",
        Method::Post => "邮寄送达",
        Method::Electronic => "电子送达（企业同意）",
        Method::Left => "留置送达",
        Method::Announcement => "公告送达",
    }
}

impl FromFields for Serve {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let method = reader.choice("method", "送达方式", &METHODS);
        let on = reader.required::<Day>("on", "送达日期");
        let proof = reader.file("proof", "送达回证");
        Some(Self { method: method?, on: on?.0, proof: proof? })
    }
}

impl Step for Serve {
    on_decision!("serve");
    const TITLE: &'static str = "登记送达";
    const BUTTON: &'static str = "登记送达";
    const FILES: bool = true;

    fn fits(seen: &Seen<'_>) -> bool {
        stands(seen, |stage| matches!(stage, Stage::Made { .. }))
    }

    fn barred(seen: &Seen<'_>) -> Option<String> {
        seen.unfit()
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        let methods = METHODS.map(|(key, method)| (key, method_label(method)));
        vec![
            draft.radios("method", "送达方式", &methods).required(),
            draft.date("on", "送达日期").hint("公告送达的，填公告发布之日，送达日由系统推算").required(),
            draft.upload("proof", "送达回证", PAPERS).required(),
        ]
    }

    fn document(&self) -> Option<&Upload> {
        Some(&self.proof)
    }

    fn act(self, seen: &Seen<'_>, mut sent: Sent) -> Result<Act, Failure> {
        let proof = sent.document()?;
        on(seen, &sent, OnDecision::Serve { method: self.method, on: self.on, proof })
    }
}

/// 复议、诉讼.
pub struct Contest {
    route: Turned,
    document: Upload,
}

const ROUTES: [(&str, Turned); 2] = [("reconsideration", Turned::Reconsideration), ("litigation", Turned::Litigation)];

/// Where a firm turned, in Chinese.
pub const fn route_label(route: Turned) -> &'static str {
    match route {
        Turned::Reconsideration => "行政复议",
        Turned::Litigation => "行政诉讼",
    }
}

impl FromFields for Contest {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let route = reader.choice("route", "途径", &ROUTES);
        let document = reader.file("document", "受理通知书或应诉通知书");
        Some(Self { route: route?, document: document? })
    }
}

impl Step for Contest {
    on_decision!("contest");
    const TITLE: &'static str = "登记复议、诉讼";
    const BUTTON: &'static str = "登记";
    const FILES: bool = true;

    fn fits(seen: &Seen<'_>) -> bool {
        stands(seen, |stage| {
            matches!(stage, Stage::Served { .. } | Stage::Contested { route: Turned::Reconsideration, .. })
        })
    }

    fn barred(seen: &Seen<'_>) -> Option<String> {
        seen.unfit()
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        let routes = ROUTES.map(|(key, route)| (key, route_label(route)));
        vec![
            draft.radios("route", "企业申请了", &routes).required(),
            draft.upload("document", "受理通知书或应诉通知书", PAPERS).required(),
        ]
    }

    fn document(&self) -> Option<&Upload> {
        Some(&self.document)
    }

    fn act(self, seen: &Seen<'_>, mut sent: Sent) -> Result<Act, Failure> {
        let document = sent.document()?;
        on(seen, &sent, OnDecision::Contest { route: self.route, document })
    }
}

/// 复议决定、判决.
pub struct Resolve {
    upheld: bool,
    document: Upload,
}

impl FromFields for Resolve {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let upheld = reader.choice("upheld", "结果", &[("upheld", true), ("revoked", false)]);
        let document = reader.file("document", "复议决定书或判决书");
        Some(Self { upheld: upheld?, document: document? })
    }
}

impl Step for Resolve {
    on_decision!("resolve");
    const TITLE: &'static str = "登记复议决定、判决";
    const BUTTON: &'static str = "登记结果";
    const PROOF: bool = true;
    const FILES: bool = true;

    fn fits(seen: &Seen<'_>) -> bool {
        stands(seen, |stage| matches!(stage, Stage::Contested { .. }))
    }

    fn barred(seen: &Seen<'_>) -> Option<String> {
        seen.unfit()
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        vec![
            draft.radios("upheld", "结果", &[("upheld", "维持原决定"), ("revoked", "撤销原决定")]).required(),
            draft.upload("document", "复议决定书或判决书", PAPERS).required(),
        ]
    }

    fn document(&self) -> Option<&Upload> {
        Some(&self.document)
    }

    fn act(self, seen: &Seen<'_>, mut sent: Sent) -> Result<Act, Failure> {
        let document = sent.document()?;
        on(seen, &sent, OnDecision::Resolve { upheld: self.upheld, document })
    }
}

/// The decision as a draft, from what was typed; nothing is recorded.
pub async fn draft(counter: Counter, Path(address): Path<Address>, page: Page, form: Form<Answered>) -> Answer {
    let state = counter.state()?;
    let seen = Seen::find(&counter, &state, &address).await?;
    let Form { read, draft, .. } = form;
    match (read, seen.adverse) {
        (Some(said), Some(decision)) => paper::decision(&seen, page, decision, &said),
        _ => again::<Make>(&seen, page, draft),
    }
}
