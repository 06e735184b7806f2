//! Files of a case, opened where they are: each by whoever may see the case, and unscanned ones only on a click that
//! says so.

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use kernel::Digest;
use web::{Answer, Counter, Failure, Page};

use super::claim_view::size_in_words;
use super::seen::{Address, Seen};
use cases_pages::case_head::number;

#[derive(Template)]
#[template(path = "file.html")]
struct Unscanned {
    name: String,
    size: String,
    digest: String,
    case: String,
    in_place: bool,
    kind: Option<&'static str>,
    remarks: Vec<String>,
}

/// What browsers show by themselves, by its first bytes; never by its name.
fn shown_as(content: &[u8]) -> Option<&'static str> {
    match content {
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        _ => None,
    }
}

/// What a file is by its content, and what whoever opens it should know.
fn looked_at(name: &str, content: &[u8]) -> (Option<&'static str>, Vec<String>) {
    match upload::inspect(name, content, &upload::Limits::default()) {
        Ok(found) => (Some(found.kind.label()), found.remarks.iter().map(ToString::to_string).collect()),
        Err(unacceptable) => (None, vec![unacceptable.to_string()]),
    }
}

/// The file, or first the page that asks whether to open what no scanner found clean.
pub async fn file(counter: Counter, Path(address): Path<Address>, page: Page) -> Answer {
    let state = counter.state()?;
    let seen = Seen::find(&counter, &state, &address).await?;
    let digest: Option<Digest> = address.get("digest").and_then(|digest| digest.parse().ok());
    let file = digest.and_then(|digest| seen.file(digest)).ok_or_else(Failure::not_found)?;
    let content = counter.hall.file(&file.digest).await?;
    let shown = shown_as(&content);
    let clean = matches!(counter.hall.verdict(file.digest).await?, upload::Verdict::Clean { .. });
    if !clean && !page.query().split('&').any(|pair| pair == "open=unscanned") {
        let (kind, remarks) = looked_at(&file.name, &content);
        let content = Unscanned {
            kind,
            remarks,
            name: file.name.clone(),
            size: size_in_words(file.size),
            digest: file.digest.to_string(),
            case: seen.path(),
            in_place: shown.is_some(),
        };
        return page.title(file.name).crumb("办件", "/cases").crumb(number(seen.case), seen.path()).show(&content);
    }
    let Some(kind) = shown else { return Ok(web::file(content, "application/octet-stream", &file.name)) };
    let mut response = content.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_opens_a_file_is_told_what_it_is() {
        let page = upload::example::pdf("示例", &["示例数据"]);
        assert_eq!(looked_at("合同.pdf", &page), (Some("PDF 文件"), Vec::new()));
        let (kind, remarks) = looked_at("合同.pdf", b"plain words");
        assert!(kind.is_none() && remarks.len() == 1, "{remarks:?}");
    }

    #[test]
    fn only_what_browsers_show_safely_is_shown() {
        assert_eq!(shown_as(b"%PDF-1.7\n"), Some("application/pdf"));
        assert_eq!(shown_as(b"<svg onload=1>"), None);
        assert_eq!(shown_as(b""), None);
    }
}
