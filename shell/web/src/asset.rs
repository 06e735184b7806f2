//! Files that go with the pages: embedded, named by their content, kept by browsers for a year.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kernel::Digest;

use crate::failure::Failure;

struct Asset {
    path: String,
    content_type: &'static str,
    bytes: &'static [u8],
}

impl Asset {
    fn new(name: &str, ending: &str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let path = format!("/assets/{name}.{}.{ending}", Digest::of(bytes).short());
        Self { path, content_type, bytes }
    }
}

static STYLESHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", "text/css; charset=utf-8", include_bytes!("../assets/style.css")));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_bytes!("../assets/icon.svg")));

/// Path of the style sheet.
pub fn stylesheet() -> &'static str {
    &STYLESHEET.path
}

/// Path of the icon.
pub fn icon() -> &'static str {
    &ICON.path
}

/// Serves one of them. A name with another digest is an old page's: it gets 404 and a reload gets the new page.
pub(crate) async fn serve(Path(name): Path<String>) -> Result<Response, Failure> {
    let path = format!("/assets/{name}");
    let found = [&*STYLESHEET, &*ICON].into_iter().find(|asset| asset.path == path);
    let asset = found.ok_or_else(Failure::not_found)?;
    let headers =
        [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.bytes).into_response())
}
