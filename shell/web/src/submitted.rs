//! What a browser sent with a form.

use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart};
use axum::http::{Request, header};
use kernel::CommandId;

use crate::failure::Failure;
use crate::incoming::{self, Incoming};

/// Fields in one form at most.
const MOST_FIELDS: usize = 2_000;

/// A file sent with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// As the person who sent it calls it; the last part of any path.
    pub name: String,
    /// Its content.
    pub bytes: Bytes,
}

/// Fields and files of one form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Submitted {
    pub fields: Vec<(String, String)>,
    /// Files held in memory, by field.
    pub files: Vec<(String, Upload)>,
    /// Files that went to disk as they came in, by field.
    pub incoming: Vec<(String, Incoming)>,
}

/// In the extensions of every request that changes something.
pub(crate) type Shared = Arc<Submitted>;

/// What a route takes besides fields.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Takes<'a> {
    /// Fields only.
    Fields,
    /// Files, held in memory.
    Files,
    /// Large files, written into this folder as they come in.
    LargeFiles(&'a Path),
}

/// Counts what comes in, so that no body is longer than allowed whatever its header says.
struct Allowance {
    left: u64,
    limit: usize,
}

impl Allowance {
    fn take(&mut self, bytes: usize) -> Result<(), Failure> {
        let left = self.left.checked_sub(bytes as u64);
        self.left = left.ok_or(Failure::TooLarge(self.limit))?;
        Ok(())
    }
}

impl Submitted {
    /// Reads a body of at most `limit` bytes.
    pub async fn read(request: Request<Body>, limit: usize, takes: Takes<'_>) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("multipart/form-data") && !matches!(takes, Takes::Fields) {
            return Self::read_parts(request, limit, takes).await;
        }
        let bytes = to_bytes(request.into_body(), limit).await.map_err(|_| Failure::TooLarge(limit))?;
        if !kind.starts_with("application/x-www-form-urlencoded") && !bytes.is_empty() {
            return Err(unreadable());
        }
        let fields: Vec<_> = form_urlencoded::parse(&bytes).into_owned().take(MOST_FIELDS + 1).collect();
        Self { fields, ..Self::default() }.bounded()
    }

    async fn read_parts(mut request: Request<Body>, limit: usize, takes: Takes<'_>) -> Result<Self, Failure> {
        // The allowance counts instead: it can tell a body that is too long from one that is broken.
        DefaultBodyLimit::disable().apply(&mut request);
        let mut allowance = Allowance { left: limit as u64, limit };
        let mut parts = Multipart::from_request(request, &()).await.map_err(|_| unreadable())?;
        let mut submitted = Self::default();
        while let Some(mut part) = parts.next_field().await.map_err(|_| unreadable())? {
            let Some(field) = part.name().map(str::to_owned) else { continue };
            let Some(file) = part.file_name().map(str::to_owned) else {
                let bytes = gather(&mut part, &mut allowance).await?;
                let text = String::from_utf8(bytes).map_err(|_| unreadable())?;
                submitted.fields.push((field, text));
                if submitted.fields.len() > MOST_FIELDS {
                    break;
                }
                continue;
            };
            let name = file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            match takes {
                Takes::LargeFiles(folder) => {
                    let mut writing = incoming::Writing::begin(folder).await?;
                    while let Some(chunk) = part.chunk().await.map_err(|_| unreadable())? {
                        allowance.take(chunk.len())?;
                        writing.write(&chunk).await?;
                    }
                    submitted.incoming.extend(writing.finish(name).await?.map(|incoming| (field, incoming)));
                }
                _ => {
                    let bytes = Bytes::from(gather(&mut part, &mut allowance).await?);
                    // An empty file field is sent as a file without name or content.
                    if !(name.is_empty() && bytes.is_empty()) {
                        submitted.files.push((field, Upload { name, bytes }));
                    }
                }
            }
        }
        submitted.bounded()
    }

    fn bounded(self) -> Result<Self, Failure> {
        let fits = self.fields.len() <= MOST_FIELDS;
        if fits { Ok(self) } else { Err(Failure::Unacceptable("表单的字段过多，请分次提交。".into())) }
    }

    /// The first value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The command that this form means to send: what the form was given when it was shown, and what was typed into it.
    /// Sent again as it is, it is the same command; sent again with something changed, after going back in the browser,
    /// it is another, which the office then decides on its own.
    pub fn command(&self) -> Option<CommandId> {
        let shown: CommandId = self.field("_command")?.parse().ok()?;
        let sizes: Vec<_> = self.incoming.iter().map(|(_, file)| file.size.to_be_bytes()).collect();
        let shown = [shown.0.as_bytes().as_slice()].into_iter();
        let typed = self.fields.iter().filter(|(name, _)| name != "_csrf" && name != "_command");
        let typed = typed.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let files = self.files.iter().flat_map(|(field, file)| [field.as_bytes(), file.name.as_bytes(), &file.bytes]);
        let incoming = self.incoming.iter().zip(&sizes);
        let incoming =
            incoming.flat_map(|((field, file), size)| [field.as_bytes(), file.name.as_bytes(), size.as_slice()]);
        Some(CommandId::derived(shown.chain(typed).chain(files).chain(incoming)))
    }

    /// The last file sent in a field.
    pub fn file(&self, name: &str) -> Option<&Upload> {
        self.files.iter().rev().find(|(field, _)| field == name).map(|(_, file)| file)
    }

    /// Whether any file came along.
    pub fn has_files(&self) -> bool {
        !self.files.is_empty() || !self.incoming.is_empty()
    }

    /// Takes the fields the gate itself asks for out of the form, so that no handler and no kept copy has them.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let place = self.fields.iter().position(|(field, _)| field == name)?;
        Some(self.fields.remove(place).1)
    }
}

async fn gather(part: &mut Field<'_>, allowance: &mut Allowance) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|_| unreadable())? {
        allowance.take(chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn unreadable() -> Failure {
    Failure::Unacceptable(
        "无法读取提交的内容：可能是上传中断，或者不是从本站的表单页面提交的。请重新打开表单再试。".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(fields: &[(&str, &str)]) -> Submitted {
        let mut submitted =
            Submitted { fields: vec![("_command".into(), uuid::Uuid::from_u128(7).to_string())], ..Default::default() };
        submitted.fields.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        submitted
    }

    #[test]
    fn the_same_form_is_the_same_command_and_a_changed_one_is_not() {
        let first = sent(&[("_csrf", "a"), ("revenue", "5"), ("year", "2025")]);
        assert_eq!(first.command(), sent(&[("_csrf", "b"), ("revenue", "5"), ("year", "2025")]).command());
        assert_ne!(first.command(), sent(&[("_csrf", "a"), ("revenue", "6"), ("year", "2025")]).command());
        assert_ne!(first.command(), sent(&[("_csrf", "a"), ("revenue", "52"), ("year", "025")]).command());
        let mut with_file = first.clone();
        let file =
            |bytes: &'static [u8]| ("report".to_owned(), Upload { name: "报告.pdf".into(), bytes: bytes.into() });
        with_file.files.push(file(b"one"));
        let mut other_file = first.clone();
        other_file.files.push(file(b"two"));
        assert_ne!(with_file.command(), first.command());
        assert_ne!(with_file.command(), other_file.command());
        assert_eq!(sent(&[]).command(), sent(&[]).command());
        assert_eq!(Submitted::default().command(), None, "a form that was given no id has none");
    }
}
