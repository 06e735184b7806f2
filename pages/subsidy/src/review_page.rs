//! A fair-competition review of a clause is recorded, with its document.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use kernel::{Date, Digest};
use office::SubmitError;
use subsidy::event::{Conclusion, Review};
use subsidy::{BenefitId, Command};
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Page, Reader, Upload};

use crate::parameters_view::{self, SetRow};
use crate::sentence::Sentence;
use crate::typed::Day;

/// Bytes of a review document.
pub const UPLOAD: usize = 20 << 20;

#[derive(Clone, Copy)]
enum Verdict {
    Fair,
    Exception,
    Unfair,
}

const VERDICTS: [(&str, Verdict); 3] =
    [("fair", Verdict::Fair), ("exception", Verdict::Exception), ("unfair", Verdict::Unfair)];
const VERDICT_LABELS: [(&str, &str); 3] =
    [("fair", "未发现排除、限制竞争"), ("exception", "适用例外规定"), ("unfair", "不得实施")];

/// What an official types.
pub struct Typed {
    body: String,
    on: Date,
    conclusion: Conclusion,
    expires: Date,
    evidence: Upload,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let body = reader.required("body", "审查机构");
        let on = reader.required::<Day>("on", "审查日期");
        let verdict = reader.choice("conclusion", "审查结论", &VERDICTS);
        let is_exception = matches!(verdict, Some(Verdict::Exception));
        let basis = reader.text("basis", "例外规定的依据", 300, is_exception);
        let expires = reader.required::<Day>("expires", "有效期至");
        let evidence = reader.file("evidence", "审查表");
        let conclusion = match verdict? {
            Verdict::Fair => Conclusion::Fair,
            Verdict::Exception => Conclusion::Exception(basis?.into()),
            Verdict::Unfair => Conclusion::Unfair,
        };
        Some(Self { body: body?, on: on?.0, conclusion, expires: expires?.0, evidence: evidence? })
    }
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    action: String,
    title: String,
    sentence: Sentence,
    /// What is reviewed, by digest.
    text: String,
    /// The district's set, where that is what is reviewed.
    set: Option<SetRow>,
    draft: Draft,
    fields: Vec<Field>,
}

/// A clause, or a district's parameter set under it.
struct Subject {
    benefit: BenefitId,
    set: Option<Digest>,
}

impl Subject {
    fn of_clause(key: &str) -> Result<Self, Failure> {
        Ok(Self { benefit: key.parse().map_err(|_| Failure::not_found())?, set: None })
    }

    fn of_set(key: &str, set: &str) -> Result<Self, Failure> {
        Ok(Self { set: Some(set.parse().map_err(|_| Failure::not_found())?), ..Self::of_clause(key)? })
    }

    /// Where it is read.
    fn address(&self) -> String {
        let set = self.set.map(|set| format!("/parameters/{set}")).unwrap_or_default();
        format!("/benefits/{}{set}", self.benefit)
    }
}

fn show(counter: &Counter, page: &Page, subject: &Subject, draft: Draft) -> Answer {
    let state = counter.state()?;
    let benefit = &subject.benefit;
    let record = match subject.set {
        Some(set) => Some(parameters_view::found(&state, benefit, set)?),
        None => None,
    };
    let set = record.map(|record| parameters_view::row(&state, record, counter.as_of.day(), ""));
    let clause = state.subsidy.clause(benefit).ok_or_else(Failure::not_found)?;
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let fields = vec![
        draft.text("body", "审查机构").required(),
        draft.date("on", "审查日期").required(),
        draft.radios("conclusion", "审查结论", &VERDICT_LABELS).required(),
        draft.lines("basis", "例外规定的依据").hint("适用例外规定时必填：条款与理由").rows(2),
        draft.date("expires", "有效期至").hint("到期以后，须重新审查才能正式测算").required(),
        draft
            .upload("evidence", "审查表", ".pdf,.ofd,.docx,.png,.jpg,.txt")
            .hint("PDF、OFD、文档或图片，不超过 20 MB")
            .required(),
    ];
    let title = clause.title.to_string();
    let content = ReviewPage {
        action: format!("{}/review", subject.address()),
        title: title.clone(),
        sentence: Sentence::of(clause),
        text: subject.set.unwrap_or(clause.digest).to_string(),
        set,
        fields,
        draft,
    };
    let page = page.clone().title(format!("登记公平竞争审查：{title}")).status(status);
    page.crumb("惠企事项", "/benefits").crumb(title, format!("/benefits/{benefit}")).show(&content)
}

/// The form for a clause.
pub async fn new(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let draft = page.form();
    show(&counter, &page, &Subject::of_clause(&key)?, draft)
}

/// The form for a district's parameter set.
pub async fn new_of_set(counter: Counter, Path((key, set)): Path<(String, String)>, page: Page) -> Answer {
    let draft = page.form();
    show(&counter, &page, &Subject::of_set(&key, &set)?, draft)
}

/// The review of the clause text in force is recorded.
pub async fn record(counter: Counter, Path(key): Path<String>, page: Page, form: Form<Typed>) -> Answer {
    keep(counter, page, Subject::of_clause(&key)?, form).await
}

/// The review of a district's parameter set is recorded.
pub async fn record_of_set(
    counter: Counter,
    Path((key, set)): Path<(String, String)>,
    page: Page,
    form: Form<Typed>,
) -> Answer {
    keep(counter, page, Subject::of_set(&key, &set)?, form).await
}

async fn keep(counter: Counter, page: Page, subject: Subject, form: Form<Typed>) -> Answer {
    let (benefit, parameters) = (subject.benefit.clone(), subject.set);
    let state = counter.state()?;
    let clause = state.subsidy.clause(&benefit).ok_or_else(Failure::not_found)?.digest;
    let Form { read, draft, command, .. } = form;
    let Some(typed) = read else { return show(&counter, &page, &subject, draft) };
    let Typed { body, on, conclusion, expires, evidence } = typed;
    let evidence = vec![counter.keep(&evidence).await?];
    let body = body.into();
    let review = Review { benefit, clause, parameters, body, on, conclusion, expires, evidence };
    match counter.submit(command, Command::RecordReview(review)).await {
        Ok(_) => Ok(Redirect::to(&subject.address()).into_response()),
        Err(SubmitError::Refused(refusal)) => show(&counter, &page, &subject, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}
