//! 一案一卷: the archive of a case, as a page that lists what is in it, as a PDF, and as a ZIP with every file.

mod gather;
mod ledger_lines;

use askama::Template;
use axum::extract::Path;
use cases::{Call, Case, CaseId};
use kernel::{Digest, Role};
use office::{Hall, State};
use report::archive::{Packed, Volume};
use report::{Press, ReportError};
use web::{Answer, Counter, Failure, Page, Route, file};

use super::readers::READERS;
use cases_pages::case_head::{number, official_path};
use cases_pages::viewer::may_see;
use gather::Part;

/// Bytes of files that one archive holds at most: it is made in memory.
const MOST_BYTES: u64 = 512 << 20;

/// Its pages.
pub fn routes() -> Vec<Route<Hall>> {
    const CASE: &str = "/cases/91500118000000001G/00000000-0000-7000-8000-0000000000c2/archive";
    const PDF: &str = "/cases/91500118000000001G/00000000-0000-7000-8000-0000000000c2/archive.pdf";
    const ZIP: &str = "/cases/91500118000000001G/00000000-0000-7000-8000-0000000000c2/archive.zip";
    let own = |route: Route<Hall>| route.roles(READERS).hidden().reads("查看一案一卷").firm("firm");
    vec![
        own(Route::get("/cases/{firm}/{case}/archive", index)).sample(CASE),
        own(Route::get("/cases/{firm}/{case}/archive.pdf", pdf)).sample(PDF),
        own(Route::get("/cases/{firm}/{case}/archive.zip", zip)).sample(ZIP),
    ]
}

fn found<'a>(counter: &Counter, state: &'a State, firm: &str, id: &str) -> Result<(&'a Call, &'a Case), Failure> {
    let id: CaseId = id.parse().map_err(|_| Failure::not_found())?;
    let case = state.cases.case(id).filter(|case| case.applicant.firm.as_str() == firm);
    let case = case.filter(|case| may_see(state, &counter.visitor.viewer(), case)).ok_or_else(Failure::not_found)?;
    let call = state.cases.call(case.call).ok_or_else(Failure::not_found)?;
    Ok((call, case))
}

#[derive(Template)]
#[template(path = "archive.html")]
struct Index {
    title: String,
    path: String,
    sections: Vec<(String, usize)>,
    files: Vec<(String, String, String, u64, String)>,
    total: u64,
    lines: usize,
    may_prove: bool,
}

/// What the archive holds.
pub async fn index(counter: Counter, Path((firm, id)): Path<(String, String)>, page: Page) -> Answer {
    let state = counter.state()?;
    let (call, case) = found(&counter, &state, &firm, &id)?;
    let (volume, parts) = gather::volume(&state, call, case, counter.as_of.day());
    let files = parts.iter().map(|part| {
        let filed = &part.filed;
        (filed.what.clone(), filed.name.clone(), filed.path.clone(), filed.size, part.evidence.digest.short())
    });
    let content = Index {
        title: volume.title.clone(),
        path: official_path(case),
        sections: volume.sections.iter().map(|section| (section.title.clone(), section.blocks.len())).collect(),
        files: files.collect(),
        total: parts.iter().map(|part| part.evidence.size).sum(),
        lines: ledger_lines::sequences(&state, case).len(),
        may_prove: counter.visitor.role() == Some(Role::Auditor),
    };
    let title = format!("一案一卷 {}", number(case));
    page.title(title).crumb("办件", "/cases").crumb(number(case), official_path(case)).show(&content)
}

/// Without a font there is no paper: said to the person; anything else is a fault.
fn unprinted(error: ReportError) -> Failure {
    match error {
        ReportError::NoChineseFont | ReportError::FontFolder(_) => Failure::Unavailable(error.to_string().into()),
        other => Failure::Fault(other.to_string()),
    }
}

/// Work that would hold up others, on a thread of its own.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ReportError> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Fault(error.to_string()))?;
    done.map_err(unprinted)
}

async fn print(volume: &Volume) -> Result<Vec<u8>, Failure> {
    let document = volume.document();
    apart(move || Press::installed()?.print(&document)).await
}

/// The archive as a PDF.
pub async fn pdf(counter: Counter, Path((firm, id)): Path<(String, String)>) -> Answer {
    let state = counter.state()?;
    let (call, case) = found(&counter, &state, &firm, &id)?;
    let (volume, _) = gather::volume(&state, call, case, counter.as_of.day());
    let bytes = print(&volume).await?;
    Ok(file(bytes, "application/pdf", &format!("案卷-{}.pdf", number(case))))
}

fn packed(path: &str, what: &str, content: Vec<u8>) -> Packed {
    let digest = Digest::of(&content).to_string();
    Packed { path: path.to_owned(), what: what.to_owned(), digest, content }
}

async fn contents(counter: &Counter, parts: &[Part]) -> Result<Vec<Packed>, Failure> {
    let total: u64 = parts.iter().map(|part| part.evidence.size).sum();
    if total > MOST_BYTES {
        let what = format!(
            "本案文件共 {} MB，超过一次打包的上限 {} MB。请下载 PDF 案卷，并在办件页逐个下载文件。",
            total >> 20,
            MOST_BYTES >> 20
        );
        return Err(Failure::Unacceptable(what.into()));
    }
    let mut contents = Vec::with_capacity(parts.len());
    for part in parts {
        let content = counter.hall.file(&part.evidence.digest).await?;
        let Part { filed, .. } = part;
        contents.push(Packed {
            path: filed.path.clone(),
            what: filed.what.clone(),
            digest: filed.digest.clone(),
            content,
        });
    }
    Ok(contents)
}

/// The archive as a ZIP: the PDF, every file, the case's lines of the ledger, a manifest.
pub async fn zip(counter: Counter, Path((firm, id)): Path<(String, String)>) -> Answer {
    let state = counter.state()?;
    let (call, case) = found(&counter, &state, &firm, &id)?;
    let (volume, parts) = gather::volume(&state, call, case, counter.as_of.day());
    let files = contents(&counter, &parts).await?;
    let lines = counter.hall.lines_of(&ledger_lines::sequences(&state, case)).await?;
    let lines = ledger_lines::written(&state, case.id, &lines);
    let mut all = vec![
        packed("00-案卷.pdf", "案卷", print(&volume).await?),
        packed("核对方法.txt", "怎样核对", ledger_lines::HOW_TO_CHECK.as_bytes().to_vec()),
        packed("账本/行.jsonl", "本案在账本中的行", lines),
    ];
    all.extend(files);
    let name = format!("案卷-{}.zip", number(case));
    let bytes = apart(move || volume.pack(&all)).await?;
    Ok(file(bytes, "application/zip", &name))
}
