//! A firm files a year, corrects it, or sends a returned one again.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use enterprise::filing::{Command, Figures, Filing, FilingId, Material, Stage};
use kernel::{CreditCode, Money, Year};
use office::{State, SubmitError};
use serde::Deserialize;
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Page, Reader, Upload};

/// Files of one filing, in bytes.
pub const UPLOAD: usize = 20 << 20;

/// What a firm types.
pub struct Typed {
    year: Year,
    figures: Figures,
    correction: Option<String>,
    evidence: Option<Upload>,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let year = reader.required("year", "年度");
        let revenue = reader.required::<Money>("revenue", "营业收入");
        let contract = reader.required::<Money>("contract", "封测收入：对外代工");
        let captive = reader.required::<Money>("captive", "封测收入：自封自测");
        let research = reader.required::<Money>("research", "研发费用");
        let assets = reader.required::<Money>("assets", "资产总计");
        let staff = reader.required("staff", "从业人员");
        let research_staff = reader.required("research_staff", "其中研发人员");
        let correction = reader.optional::<String>("correction", "更正理由");
        let evidence = reader.optional_file("evidence");
        let confirmed = reader.must_tick("not_secret", "确认材料不含涉密内容");
        let figures = Figures {
            revenue: revenue?,
            contract: contract?,
            captive: captive?,
            research: research?,
            assets: assets?,
            staff: staff?,
            research_staff: research_staff?,
        };
        confirmed?;
        Some(Self { year: year?, figures, correction: correction?, evidence })
    }
}

/// What the address asks for: a new year, a correction of a filing, or a returned filing again.
#[derive(Deserialize)]
pub struct Asked {
    corrects: Option<FilingId>,
}

#[derive(Template)]
#[template(path = "filing_form.html")]
struct FormPage {
    heading: String,
    action: String,
    draft: Draft,
    returned: Option<String>,
    correcting: bool,
    scope: String,
    years: Vec<(String, String)>,
    kept_files: Vec<String>,
}

fn own_firm(counter: &Counter) -> Result<CreditCode, Failure> {
    let organisation = counter.visitor.organisation().ok_or(Failure::SignInFirst)?;
    organisation.as_str().parse().map_err(|_| Failure::Forbidden("申报由企业或其授权的代办人员填写。".into()))
}

/// Years that can still be reported: over, and not before the first scope version.
fn years(state: &State, counter: &Counter) -> Vec<(String, String)> {
    let today = counter.as_of.day();
    let scoped =
        |year: &Year| state.enterprise.catalog().is_some_and(|catalog| catalog.filing.scope_of(*year).is_some());
    (today.year() - 6..today.year()).rev().filter(scoped).map(|year| (year.to_string(), format!("{year} 年"))).collect()
}

fn show(page: Page, state: &State, counter: &Counter, draft: Draft, kind: &Kind) -> Answer {
    let year = draft.value("year").parse().unwrap_or(counter.as_of.day().year() - 1);
    let scope = state.enterprise.catalog().and_then(|catalog| catalog.filing.scope_of(year));
    let scope = scope.map(|scope| format!("口径 {}：{}", scope.id, scope.definition)).unwrap_or_default();
    let (heading, action, returned, kept) = match kind {
        Kind::New => ("报送年度数据".to_owned(), "/filings/new".to_owned(), None, Vec::new()),
        Kind::Correct(filing) => {
            (format!("更正 {} 年度申报", filing.year), format!("/filings/new?corrects={}", filing.id), None, Vec::new())
        }
        Kind::Again(filing) => {
            let reason = match &filing.stage {
                Stage::Returned { reason, .. } => Some(reason.clone()),
                _ => None,
            };
            let kept = filing.current().map(|current| current.material.evidence.clone()).unwrap_or_default();
            let kept = kept.into_iter().map(|file| file.name).collect();
            (format!("重新报送 {} 年度数据", filing.year), format!("/filings/{}/again", filing.id), reason, kept)
        }
    };
    let correcting = matches!(kind, Kind::Correct(_));
    let status =
        if draft.has_errors() { axum::http::StatusCode::UNPROCESSABLE_ENTITY } else { axum::http::StatusCode::OK };
    let years = years(state, counter);
    let content =
        FormPage { heading: heading.clone(), action, draft, returned, correcting, scope, years, kept_files: kept };
    page.title(heading).crumb("年度申报", "/filings").status(status).show(&content)
}

enum Kind {
    New,
    Correct(Box<Filing>),
    Again(Box<Filing>),
}

fn own_filing(state: &State, firm: CreditCode, id: FilingId) -> Result<Box<Filing>, Failure> {
    let filing = state.enterprise.filing(id).filter(|filing| filing.firm == firm);
    filing.cloned().map(Box::new).ok_or_else(Failure::not_found)
}

fn filled(draft: Draft, filing: &Filing) -> Draft {
    let figures = filing.figures();
    draft.revision(filing.revision).fill([
        ("year", filing.year.to_string()),
        ("revenue", figures.revenue.plain()),
        ("contract", figures.contract.plain()),
        ("captive", figures.captive.plain()),
        ("research", figures.research.plain()),
        ("assets", figures.assets.plain()),
        ("staff", figures.staff.to_string()),
        ("research_staff", figures.research_staff.to_string()),
    ])
}

/// The empty form, prefilled with last year's number of staff, or with the filing it corrects.
pub async fn new(counter: Counter, Query(asked): Query<Asked>, page: Page) -> Answer {
    let (state, firm) = (counter.state()?, own_firm(&counter)?);
    let draft = page.form();
    match asked.corrects {
        Some(id) => {
            let filing = own_filing(&state, firm, id)?;
            let draft = filled(draft, &filing);
            show(page, &state, &counter, draft, &Kind::Correct(filing))
        }
        None => {
            let last = counter.as_of.day().year() - 1;
            let before = state.enterprise.latest_signed(firm, last);
            let staff = before.map(|filing| filing.figures().staff.to_string()).unwrap_or_default();
            let draft = draft.fill([("year", last.to_string()), ("staff", staff)]);
            show(page, &state, &counter, draft, &Kind::New)
        }
    }
}

/// The firm files.
pub async fn file(counter: Counter, Query(asked): Query<Asked>, page: Page, form: Form<Typed>) -> Answer {
    let (state, firm) = (counter.state()?, own_firm(&counter)?);
    let kind = match asked.corrects {
        Some(id) => Kind::Correct(own_filing(&state, firm, id)?),
        None => Kind::New,
    };
    let Form { read, draft, command, .. } = form;
    let Some(typed) = read else { return show(page, &state, &counter, draft, &kind) };
    let id = FilingId(command.0);
    let material = material(&counter, &state, &typed, Vec::new()).await?;
    let corrects = match &kind {
        Kind::Correct(filing) => Some((filing.id, typed.correction.unwrap_or_default())),
        _ => None,
    };
    let sent = Command::File { id, firm, year: typed.year, corrects, material };
    let sent = counter.submit(command, enterprise::Command::Filing(sent)).await;
    answered(sent, (firm, id), page, &state, &counter, draft, &kind)
}

/// The form of a returned filing.
pub async fn again(counter: Counter, Path(id): Path<FilingId>, page: Page) -> Answer {
    let (state, firm) = (counter.state()?, own_firm(&counter)?);
    let filing = own_filing(&state, firm, id)?;
    let draft = filled(page.form(), &filing);
    show(page, &state, &counter, draft, &Kind::Again(filing))
}

/// The firm sends it again; files already kept stay with it.
pub async fn resubmit(counter: Counter, Path(id): Path<FilingId>, page: Page, form: Form<Typed>) -> Answer {
    let (state, firm) = (counter.state()?, own_firm(&counter)?);
    let filing = own_filing(&state, firm, id)?;
    let Form { read, draft, command, revision } = form;
    let kept = filing.current().map(|current| current.material.evidence.clone()).unwrap_or_default();
    let kind = Kind::Again(filing);
    let Some(typed) = read else { return show(page, &state, &counter, draft, &kind) };
    let material = material(&counter, &state, &typed, kept).await?;
    let sent = Command::Resubmit { id, expected: revision, material };
    let sent = counter.submit(command, enterprise::Command::Filing(sent)).await;
    answered(sent, (firm, id), page, &state, &counter, draft, &kind)
}

async fn material(
    counter: &Counter,
    state: &State,
    typed: &Typed,
    mut evidence: Vec<kernel::Evidence>,
) -> Result<Material, Failure> {
    if let Some(upload) = &typed.evidence {
        evidence.push(counter.keep(upload).await?);
    }
    let catalog = state.enterprise.catalog();
    let scope = catalog.and_then(|catalog| catalog.filing.scope_of(typed.year)).map(|scope| scope.id.clone());
    Ok(Material { figures: typed.figures, scope: scope.unwrap_or_default(), evidence })
}

fn answered(
    sent: Result<office::Outcome, SubmitError>,
    (firm, id): (CreditCode, FilingId),
    page: Page,
    state: &State,
    counter: &Counter,
    draft: Draft,
    kind: &Kind,
) -> Answer {
    match sent {
        Ok(_) => Ok(Redirect::to(&format!("/firms/{firm}/filings/{id}")).into_response()),
        Err(SubmitError::Refused(refusal)) => show(page, state, counter, draft.refused(refusal)?, kind),
        Err(error) => Err(error.into()),
    }
}
