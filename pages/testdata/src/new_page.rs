//! Tester files come in: sent by the browser, or chosen from the firm's folder on the server.

use std::path::{Path, PathBuf};

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use office::workbench::{JobId, NewJob};
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Incoming, Page, Reader};

use crate::lot::{beside, owner};
use crate::settings::tester_folder;
use crate::work::{KIND, Key, Place, Request, Source, firm_folder};

/// Files of a folder that are offered.
const OFFERED: usize = 400;

/// What was typed.
pub struct Typed {
    title: Option<String>,
    files: Vec<Incoming>,
    chosen: Vec<String>,
    key: Key,
}

const KEYS: [(&str, Key, &str); 3] = [
    ("number-and-name", Key::NumberAndName, "编号和名称都相同（常用）"),
    ("number", Key::Number, "编号相同即可（名称带动态后缀时）"),
    ("name", Key::Name, "名称相同即可（程序改版换了编号时）"),
];

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let title = reader.optional::<String>("title", "名称");
        let files = reader.incoming("files");
        let chosen = reader.all("chosen");
        let key = reader.choice("key", "测试项的识别", &KEYS.map(|(key, value, _)| (key, value)));
        if files.is_empty() && chosen.is_empty() {
            reader.refuse("files", "STDF 文件", "请选择至少一个文件");
        }
        Some(Self { title: title?, files, chosen, key: key? })
    }
}

#[derive(Template)]
#[template(path = "new.html")]
struct NewPage {
    draft: Draft,
    keys: Vec<(&'static str, &'static str)>,
    folder: Option<Offer>,
}

/// The firm's folder on the server.
struct Offer {
    files: Vec<OfferedFile>,
    more: bool,
}

struct OfferedFile {
    path: String,
    size: String,
    chosen: bool,
}

fn show(page: Page, draft: Draft, firm: &Path, is_open: bool) -> Answer {
    let folder = is_open.then(|| offer(firm, &draft));
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let keys = KEYS.iter().map(|(key, _, label)| (*key, *label)).collect();
    page.title("上传测试数据").crumb("测试数据", "/testdata").status(status).show(&NewPage { draft, keys, folder })
}

/// The files below the firm's folder, by path.
fn offer(folder: &Path, draft: &Draft) -> Offer {
    let mut found: Vec<(String, u64)> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        let entries = std::fs::read_dir(&inner).into_iter().flatten().flatten();
        for entry in entries {
            // Links are not followed: they would lead out of the firm's folder.
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && folders.len() < OFFERED {
                folders.push(entry.path());
            } else if kind.is_file()
                && let Ok(path) = entry.path().strip_prefix(folder)
                && let Some(path) = path.to_str()
            {
                found.push((path.to_owned(), entry.metadata().map_or(0, |of| of.len())));
            }
        }
        if found.len() > OFFERED {
            break;
        }
    }
    found.sort_unstable();
    let more = found.len() > OFFERED;
    let file = |(path, size): (String, u64)| OfferedFile {
        chosen: draft.all("chosen").any(|chosen| chosen == path),
        path,
        size: spoken_size(size),
    };
    Offer { files: found.into_iter().take(OFFERED).map(file).collect(), more }
}

/// A size for people.
pub fn spoken_size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.1} KB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

fn folder_of(counter: &Counter) -> Result<PathBuf, Failure> {
    let firm = owner(counter).ok_or_else(Failure::not_found)?;
    Ok(tester_folder().map(|folder| firm_folder(folder, firm)).unwrap_or_default())
}

/// The empty form.
pub async fn form(counter: Counter, page: Page) -> Answer {
    let firm = folder_of(&counter)?;
    let draft = page.form().fill([("key", "number-and-name")]);
    beside(move || show(page, draft, &firm, tester_folder().is_some())).await
}

/// Takes the files and asks for the work.
pub async fn take(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let (firm, is_open) = (folder_of(&counter)?, tester_folder().is_some());
    let Form { read, draft, command, .. } = form;
    let Some(typed) = read else { return beside(move || show(page, draft, &firm, is_open)).await };
    let Some(chosen) = typed.chosen.iter().map(|path| inside(&firm, path)).collect::<Option<Vec<_>>>() else {
        let draft = draft.complain("所选的服务器文件已经不在了，请重新选择。");
        return beside(move || show(page, draft, &firm, is_open)).await;
    };
    let person = counter.visitor.signed_in().ok_or(Failure::SignInFirst)?.person;
    let organisation = owner(&counter).ok_or_else(Failure::not_found)?.clone();
    let id = JobId(command.0);
    let workbench = counter.hall.workbench();
    if workbench.get(&organisation, KIND, id).await?.is_some() {
        // The same form again: it was taken already.
        return Ok(Redirect::to(&format!("/testdata/{id}")).into_response());
    }
    let inputs = workbench.folder(id)?.join("inputs");
    let kept = |error: std::io::Error| Failure::Fault(format!("{}: {error}", inputs.display()));
    tokio::fs::create_dir_all(&inputs).await.map_err(kept)?;
    let mut files: Vec<Source> = Vec::new();
    for (number, file) in (1..).zip(&typed.files) {
        let place = format!("{number}.stdf");
        file.move_to(&inputs.join(&place)).await.map_err(kept)?;
        files.push(Source { name: own_name(&file.name, &files), place: Place::Uploaded(place) });
    }
    files
        .extend(chosen.into_iter().map(|path| Source { name: path.display().to_string(), place: Place::Server(path) }));
    let title = typed.title.unwrap_or_else(|| title_of(&files));
    let request = Request { files, key: typed.key };
    let input = serde_json::to_string(&request).map_err(|error| Failure::Fault(error.to_string()))?;
    workbench.ask(&NewJob { id, owner: person, organisation, kind: KIND.to_owned(), title, input }).await?;
    Ok(Redirect::to(&format!("/testdata/{id}")).into_response())
}

/// A name that no earlier file has: files are told apart by it.
fn own_name(name: &str, files: &[Source]) -> String {
    let is_taken = |name: &str| files.iter().any(|file| file.name == name);
    let numbered = (2..).map(|number| format!("{name} ({number})"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}

/// A path below the firm's folder that is there, is a file, and does not lead out.
fn inside(firm: &Path, path: &str) -> Option<PathBuf> {
    let root = firm.canonicalize().ok()?;
    let found = firm.join(path).canonicalize().ok()?;
    let inner = found.strip_prefix(&root).ok()?;
    found.is_file().then(|| inner.to_owned())
}

/// The first file's name without its endings, and how many more there are.
fn title_of(files: &[Source]) -> String {
    let first = files.first().map_or("测试数据", |file| file.name.as_str());
    let last = first.rsplit('/').next().unwrap_or(first);
    let stem = last.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(last);
    match files.len() {
        0 | 1 => stem.to_owned(),
        count => format!("{stem} 等 {count} 个文件"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_firms_folder() {
        let outer = tempfile::tempdir().unwrap();
        let firm = outer.path().join("firm");
        std::fs::create_dir_all(firm.join("lots")).unwrap();
        std::fs::write(firm.join("lots/a.stdf"), b"x").unwrap();
        std::fs::write(outer.path().join("secret.stdf"), b"x").unwrap();
        std::os::unix::fs::symlink(outer.path().join("secret.stdf"), firm.join("link.stdf")).unwrap();
        assert_eq!(inside(&firm, "lots/a.stdf"), Some(PathBuf::from("lots/a.stdf")));
        for path in ["../secret.stdf", "/etc/passwd", "link.stdf", "lots", "none"] {
            assert_eq!(inside(&firm, path), None, "{path}");
        }
    }

    #[test]
    fn a_title_comes_from_the_files() {
        let source = |name: &str| Source { name: name.into(), place: Place::Uploaded(String::new()) };
        assert_eq!(title_of(&[source("LOT7_w1.stdf.gz")]), "LOT7_w1");
        assert_eq!(title_of(&[source("day/a.stdf"), source("b.stdf")]), "a 等 2 个文件");
    }
}
