//! 台账导出: files of all registers, for auditors.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect};
use exports::{Exports, Kept};
use futures::stream;
use kernel::Date;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use web::{Answer, Counter, Draft, Failure, Page};

#[derive(Template)]
#[template(path = "exports.html")]
struct ExportPage {
    rows: Vec<(String, String, String)>,
    tables: usize,
    keep: usize,
    today: String,
    draft: Draft,
}

/// The files there are.
pub async fn list(counter: Counter, page: Page, exports: Extension<Arc<Exports>>) -> Answer {
    let kept = exports.kept().await.map_err(|error| Failure::Fault(error.to_string()))?;
    let today = kernel::date::civil(counter.hall.office.now());
    let row = |kept: Kept| (kept.day.to_string(), Exports::name(kept.day), size(kept.bytes));
    let content = ExportPage {
        rows: kept.into_iter().map(row).collect(),
        tables: exports.registers().len(),
        keep: exports.keep(),
        today: today.to_string(),
        draft: page.form(),
    };
    page.title("台账导出").show(&content)
}

/// Writes today's file from what is recorded now.
pub async fn make(counter: Counter, exports: Extension<Arc<Exports>>) -> Answer {
    let today = kernel::date::civil(counter.hall.office.now());
    let made = exports.make(&counter.hall, today).await;
    made.map_err(|error| Failure::Unavailable(error.to_string().into()))?;
    Ok(Redirect::to("/exports").into_response())
}

/// A file, piece by piece.
pub async fn download(exports: Extension<Arc<Exports>>, Path(day): Path<String>) -> Answer {
    let day: Date = day.parse().map_err(|_| Failure::not_found())?;
    let found = exports.open(day).await.map_err(|error| Failure::Fault(error.to_string()))?;
    let (file, bytes) = found.ok_or_else(Failure::not_found)?;
    let disposition = format!("attachment; filename=\"{}\"", Exports::name(day));
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.sqlite3".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_LENGTH, bytes.to_string()),
    ];
    Ok((headers, body(file)).into_response())
}

/// Bytes read, and sent, at a time.
const PIECE: usize = 64 << 10;

fn body(file: File) -> Body {
    let pieces = stream::try_unfold(file, async |mut file| {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
    });
    Body::from_stream(pieces)
}

fn size(bytes: u64) -> String {
    if bytes < 1 << 20 {
        format!("{} KiB", bytes.div_ceil(1 << 10))
    } else {
        format!("{} MiB", bytes.div_ceil(1 << 20))
    }
}
