//! What a browser sent with a form.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Multipart};
use axum::http::{Request, header};

use crate::failure::Failure;

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
    pub files: BTreeMap<String, Upload>,
}

/// In the extensions of every request that changes something.
pub(crate) type Shared = Arc<Submitted>;

impl Submitted {
    /// Reads a body of at most `limit` bytes.
    pub async fn read(request: Request<Body>, limit: usize, takes_files: bool) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, limit).await.map_err(|_| Failure::TooLarge(limit))?;
        if kind.starts_with("multipart/form-data") && takes_files {
            return Self::read_parts(Request::from_parts(parts, Body::from(bytes))).await;
        }
        if !kind.starts_with("application/x-www-form-urlencoded") && !bytes.is_empty() {
            return Err(unreadable());
        }
        let fields: Vec<_> = form_urlencoded::parse(&bytes).into_owned().take(MOST_FIELDS + 1).collect();
        Self { fields, files: BTreeMap::new() }.bounded()
    }

    async fn read_parts(request: Request<Body>) -> Result<Self, Failure> {
        let mut parts = Multipart::from_request(request, &()).await.map_err(|_| unreadable())?;
        let mut submitted = Self::default();
        while let Some(part) = parts.next_field().await.map_err(|_| unreadable())? {
            let Some(name) = part.name().map(str::to_owned) else { continue };
            match part.file_name().map(str::to_owned) {
                Some(file) => {
                    let bytes = part.bytes().await.map_err(|_| unreadable())?;
                    let last = file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
                    // An empty file field is sent as a file without name or content.
                    if !(last.is_empty() && bytes.is_empty()) {
                        submitted.files.insert(name, Upload { name: last, bytes });
                    }
                }
                None => {
                    let text = part.text().await.map_err(|_| unreadable())?;
                    submitted.fields.push((name, text));
                }
            }
            if submitted.fields.len() > MOST_FIELDS {
                break;
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

    /// Takes the fields the gate itself asks for out of the form, so that no handler and no kept copy has them.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let place = self.fields.iter().position(|(field, _)| field == name)?;
        Some(self.fields.remove(place).1)
    }
}

fn unreadable() -> Failure {
    Failure::Unacceptable("无法读取提交的内容，请从本站的表单页面提交。".into())
}
