//! What a firm does with a case of its own: takes it back, answers an offer, speaks against an intended decision.

use axum::extract::Path;
use cases::adverse::{self, Statement};
use cases::case::Act;
use cases::support::Received;
use cases::{AdverseId, Case, CaseId, Command, Stage};
use kernel::Money;
use subsidy_pages::precheck_answers::{amount, yes_no};
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Page, Reader, Upload, go};

use super::my_case::found;
use super::my_case_page::show;
use super::taken::{self, ACCEPT};

/// Fields of money received elsewhere: department, document, amount.
const RECEIVED: [[&str; 3]; 2] = [["department", "document", "amount"], ["department-2", "document-2", "amount-2"]];

/// The forms a firm finds beside its case; those it has no use for now are empty.
#[derive(Default)]
pub struct Forms {
    /// Taking the claim back.
    pub withdraw: Option<Field>,
    /// Accepting an offer.
    pub consent: Vec<Field>,
    /// Declining it.
    pub decline: Option<Field>,
    /// Speaking against an intended decision.
    pub speak: Vec<Field>,
}

/// What the visitor can do with a case now.
pub fn forms(counter: &Counter, case: &Case, draft: &Draft) -> Forms {
    if !counter.as_of.is_now() {
        return Forms::default();
    }
    let offered = matches!(case.stage, Stage::Offered { .. });
    let reason = |name, label: &'static str| draft.lines(name, label).rows(2).required();
    let elsewhere = draft.radios("elsewhere", "同一事项获得过其他财政资金吗？", &[("no", "没有"), ("yes", "有")]);
    let rows = RECEIVED.iter().flat_map(|[department, document, amount]| {
        [
            draft.text(department, "资金来源部门"),
            draft.text(document, "资金下达文号"),
            draft.money(amount, "金额（元）"),
        ]
    });
    let consent = [elsewhere.hint("选“有”的，在下面列明").required()].into_iter().chain(rows);
    let speak = [
        draft.lines("statement", "陈述和申辩").hint("写明事实、理由和证据；也可以上传书面意见").rows(5),
        draft.upload("file", "书面意见", ACCEPT),
        draft.tick("hearing", "要求举行听证"),
    ];
    Forms {
        withdraw: case.stage.may_be_withdrawn().then(|| reason("withdraw-reason", "撤回原因")),
        consent: if offered { consent.collect() } else { Vec::new() },
        decline: offered.then(|| reason("decline-reason", "放弃原因")),
        speak: speak.into(),
    }
}

/// Why a claim is taken back.
pub struct WithdrawReason(String);
/// Why an offer is declined.
pub struct DeclineReason(String);
/// What a firm received elsewhere for what it is offered.
pub struct Consent(Vec<Received>);
/// What a firm says against an intended decision.
pub struct Spoken {
    text: String,
    file: Option<Upload>,
    hearing: bool,
}

impl FromFields for WithdrawReason {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text("withdraw-reason", "撤回原因", 500, true).map(Self)
    }
}

impl FromFields for DeclineReason {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text("decline-reason", "放弃原因", 500, true).map(Self)
    }
}

impl FromFields for Consent {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let any = yes_no(reader, ("elsewhere", "是否获得其他财政资金"))?;
        let is_filled = |reader: &Reader<'_>, names: &[&str; 3]| {
            names.iter().any(|name| reader.all(name).iter().any(|typed| !typed.trim().is_empty()))
        };
        let mut received = Vec::new();
        for (index, names) in RECEIVED.iter().enumerate() {
            if any && (index == 0 || is_filled(reader, names)) {
                let [department, document, money] = *names;
                let department = reader.required(department, "资金来源部门");
                let document = reader.required(document, "资金下达文号");
                let money = amount(reader, (money, "金额"));
                received.push((department, document, money));
            }
        }
        let rows = received.into_iter().map(|(department, document, amount): (_, _, Option<Money>)| {
            Some(Received { department: department?, document: document?, amount: amount? })
        });
        rows.collect::<Option<Vec<_>>>().map(Self)
    }
}

impl FromFields for Spoken {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text("statement", "陈述和申辩", 5_000, false);
        let file = reader.optional_file("file");
        let text = text?;
        if text.is_empty() && file.is_none() {
            reader.refuse("statement", "陈述和申辩", "请写明意见，或上传书面意见");
            return None;
        }
        Some(Self { text, file, hearing: reader.ticked("hearing") })
    }
}

/// Where a case of a firm stands in an address.
type Place = Path<(String, CaseId)>;

/// Carries out an act on the firm's own case, or shows the case with what stands in its way.
async fn carry_out<T: FromFields>(
    counter: Counter,
    (firm, case): (String, CaseId),
    page: Page,
    form: Form<T>,
    act: impl FnOnce(T) -> Act,
) -> Answer {
    let state = counter.state()?;
    let found = found(&counter, &state, &firm, case)?;
    let Form { read, draft, command, revision } = form;
    let Some(read) = read else { return show(&counter, &state, page, found, draft) };
    let sent = counter.submit(command, Command::Case { case, expected: revision, act: act(read) }).await;
    match draft.unless_done(sent)? {
        Some(draft) => show(&counter, &state, page, found, draft),
        None => Ok(go(&format!("/my-cases/{firm}/{case}"))),
    }
}

/// The firm takes its claim back.
pub async fn withdraw(counter: Counter, Path(place): Place, page: Page, form: Form<WithdrawReason>) -> Answer {
    carry_out(counter, place, page, form, |WithdrawReason(reason)| Act::Withdraw { reason }).await
}

/// The firm accepts an offer.
pub async fn consent(counter: Counter, Path(place): Place, page: Page, form: Form<Consent>) -> Answer {
    carry_out(counter, place, page, form, |Consent(received)| Act::Consent { received }).await
}

/// The firm declines an offer.
pub async fn decline(counter: Counter, Path(place): Place, page: Page, form: Form<DeclineReason>) -> Answer {
    carry_out(counter, place, page, form, |DeclineReason(reason)| Act::Decline { reason }).await
}

/// The firm speaks, or asks for a hearing.
pub async fn speak(
    counter: Counter,
    Path((firm, case, adverse)): Path<(String, CaseId, AdverseId)>,
    page: Page,
    form: Form<Spoken>,
) -> Answer {
    let state = counter.state()?;
    let found = found(&counter, &state, &firm, case)?;
    let of_case = state.cases.adverse(adverse).filter(|decision| decision.intended.case == case);
    let decision = of_case.ok_or_else(Failure::not_found)?;
    let Form { read, draft, command, .. } = form;
    let Some(spoken) = read else { return show(&counter, &state, page, found, draft) };
    let file = match &spoken.file {
        Some(upload) => match taken::take(&counter.hall, upload).await? {
            Ok(taken) => taken.evidence,
            Err(refusal) => {
                return show(&counter, &state, page, found, draft.complain_at("file", refusal));
            }
        },
        None => counter.hall.keep_file("陈述申辩.txt", spoken.text.as_bytes()).await?,
    };
    let act = adverse::Act::Speak(Statement { file, hearing: spoken.hearing });
    let sent = Command::Adverse { adverse, expected: Some(decision.revision), act };
    match draft.unless_done(counter.submit(command, sent).await)? {
        Some(draft) => show(&counter, &state, page, found, draft),
        None => Ok(go(&format!("/my-cases/{firm}/{case}#{adverse}"))),
    }
}
