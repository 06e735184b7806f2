//! A fair-competition review of a clause is recorded, with its document.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use kernel::Date;
use office::SubmitError;
use subsidy::event::{Conclusion, Review};
use subsidy::{BenefitId, Command};
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Page, Reader, Upload};

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
    key: String,
    title: String,
    sentence: Sentence,
    clause: String,
    draft: Draft,
    fields: Vec<Field>,
}

fn show(counter: &Counter, page: &Page, benefit: &BenefitId, draft: Draft) -> Answer {
    let state = counter.state()?;
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
        key: benefit.to_string(),
        title: title.clone(),
        sentence: Sentence::of(clause),
        clause: clause.digest.to_string(),
        fields,
        draft,
    };
    let page = page.clone().title(format!("登记公平竞争审查：{title}")).status(status);
    page.crumb("惠企事项", "/benefits").crumb(title, format!("/benefits/{benefit}")).show(&content)
}

/// The form.
pub async fn new(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let benefit = key.parse().map_err(|_| Failure::not_found())?;
    let draft = page.form();
    show(&counter, &page, &benefit, draft)
}

/// The review of the clause text in force is recorded.
pub async fn record(counter: Counter, Path(key): Path<String>, page: Page, form: Form<Typed>) -> Answer {
    let benefit: BenefitId = key.parse().map_err(|_| Failure::not_found())?;
    let state = counter.state()?;
    let clause = state.subsidy.clause(&benefit).ok_or_else(Failure::not_found)?.digest;
    let Form { read, draft, command, .. } = form;
    let Some(typed) = read else { return show(&counter, &page, &benefit, draft) };
    let Typed { body, on, conclusion, expires, evidence } = typed;
    let evidence = vec![counter.keep(&evidence).await?];
    let review = Review { benefit: benefit.clone(), clause, body: body.into(), on, conclusion, expires, evidence };
    match counter.submit(command, Command::RecordReview(review)).await {
        Ok(_) => Ok(Redirect::to(&format!("/benefits/{benefit}")).into_response()),
        Err(SubmitError::Refused(refusal)) => show(&counter, &page, &benefit, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}
