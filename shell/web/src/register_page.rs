//! A page that is one register: the table, and the same rows as a file.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use office::State;
use register::{Provenance, Query, Register};

use crate::Answer;
use crate::component::RegisterTable;
use crate::counter::Counter;
use crate::failure::Failure;
use crate::markup::Markup;
use crate::page::Page;

#[derive(Template)]
#[template(
    source = r#"<div class="wide"><h1>{{ title }}</h1><p class="quiet-text">{{ description }}</p>{{ before }}{{ table }}</div>"#,
    ext = "html"
)]
struct RegisterPage<'a> {
    title: &'a str,
    description: &'a str,
    before: Markup,
    table: RegisterTable<'a>,
}

/// Shows a register as its address asks: a page of the table, or all matching rows as `format=xlsx`, `csv`, `json`.
/// `before` stands between the description and the table: buttons, notes.
pub fn show_register(counter: &Counter, page: Page, register: &Register<State>, before: Markup) -> Answer {
    let state = counter.state()?;
    let query = Query::parse(register, &counter.visitor.viewer(), page.query());
    let page = page.title(register.title.clone());
    let framed = |table: RegisterTable<'_>| {
        Markup::of(&RegisterPage { title: &register.title, description: &register.description, before, table })
    };
    show_rows(counter, page, register, &state, &query, framed)
}

/// Shows a register over something else than the State, such as the tests of one data set. `content` puts the table into
/// its page.
pub fn show_rows<S: 'static>(
    counter: &Counter,
    page: Page,
    register: &Register<S>,
    over: &S,
    query: &Query,
    content: impl FnOnce(RegisterTable<'_>) -> Result<Markup, askama::Error>,
) -> Answer {
    let viewer = counter.visitor.viewer();
    let format = form_urlencoded::parse(page.query().as_bytes()).find(|(name, _)| name == "format");
    let Some((_, format)) = format else {
        let rows = register.page(over, &viewer, query);
        let path = page.path().to_owned();
        let content = content(RegisterTable::new(&register.title, &path, &rows, query))?;
        return Ok(page.with(content)?);
    };
    let rows = register.all(over, &viewer, query);
    let day = counter.as_of.day();
    let failed = |error: &dyn std::fmt::Display| Failure::Fault(error.to_string());
    match format.as_ref() {
        "xlsx" => {
            let line = |label: &str, value: String| (label.to_owned(), value);
            let mut lines = vec![line("截至", day.to_string()), line("筛选", query.address())];
            if counter.state()?.city.identity().is_some_and(|city| city.demonstration) {
                lines.push(line("说明", "示例数据：企业与数字均为演示生成".to_owned()));
            }
            let made_at = counter.hall.office.now();
            let provenance = Provenance { title: register.title.to_string(), lines, made_at };
            let bytes = rows.excel(&provenance).map_err(|error| failed(&error))?;
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            Ok(file(bytes, kind, &format!("{}-{day}.xlsx", register.key)))
        }
        "csv" => Ok(file(rows.csv(true), "text/csv; charset=utf-8", &format!("{}-{day}.csv", register.key))),
        "json" => {
            let bytes = rows.json().to_string().into_bytes();
            Ok(file(bytes, "application/json", &format!("{}-{day}.json", register.key)))
        }
        other => Err(Failure::Unacceptable(format!("没有“{other}”这种格式，可选 xlsx、csv、json。").into())),
    }
}

/// A file to be kept rather than shown.
pub fn file(bytes: Vec<u8>, kind: &'static str, name: &str) -> Response {
    let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let encoded = encoded.replace('+', "%20");
    let disposition = format!("attachment; filename*=UTF-8''{encoded}");
    let mut response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
