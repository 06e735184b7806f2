//! Files come in: whole, in several, too many bytes, by those who may not.

use std::io::Read as _;

use axum::http::StatusCode;
use kernel::Role;

use crate::testing::Bench;
use crate::{Answer, Failure, Form, FromFields, Incoming, Page, Reader, Route, Settings, Upload};

struct Small(Option<Upload>);
struct Large(Vec<Incoming>);

impl FromFields for Small {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self(reader.optional_file("file")))
    }
}

impl FromFields for Large {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self(reader.incoming("files")))
    }
}

/// Answers by failing: the text of a refusal is the easiest thing to read in a page.
fn tell(text: String) -> Answer {
    Err(Failure::Unacceptable(text.into()))
}

async fn small(_: Page, form: Form<Small>) -> Answer {
    let file = form.read.and_then(|Small(file)| file);
    tell(file.map_or("nothing".to_owned(), |file| format!("{} of {} bytes", file.name, file.bytes.len())))
}

async fn large(_: Page, form: Form<Large>) -> Answer {
    let mut told = Vec::new();
    for file in form.read.map(|Large(files)| files).unwrap_or_default() {
        let mut first = [0; 1];
        std::fs::File::open(file.path()).unwrap().read_exact(&mut first).unwrap();
        told.push(format!("{} of {} bytes beginning {}", file.name, file.size, first[0]));
    }
    tell(told.join(", "))
}

async fn bench(folder: &std::path::Path) -> Bench {
    let routes: Vec<Route> = vec![
        Route::post("/small", small).roles(&[Role::Enterprise]).upload(5 << 20),
        Route::post("/large", large).roles(&[Role::Enterprise]).large_files(),
    ];
    let settings = Settings {
        burst: u32::MAX,
        sign_ins_per_minute: u32::MAX,
        large_body_bytes: 6 << 20,
        incoming_folder: folder.to_owned(),
        ..Settings::default()
    };
    Bench::with(routes, (), settings).await.unwrap()
}

fn left(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[tokio::test]
async fn files_come_in_whole() {
    let folder = tempfile::tempdir().unwrap();
    let bench = bench(folder.path()).await;
    let mut firm = bench.signed_in(Role::Enterprise).await;
    let three = vec![7_u8; 3 << 20];
    let seen = firm.post_files("/small", &[], &[("file", "C:\\lots\\a.stdf", &three)]).await;
    assert!(seen.body.contains("a.stdf of 3145728 bytes"), "more than two megabytes: {}", seen.status);
    let files: [(&str, &str, &[u8]); 2] = [("files", "a.stdf", &three), ("files", "b.stdf", b"x")];
    let seen = firm.post_files("/large", &[], &files).await;
    assert!(seen.body.contains("a.stdf of 3145728 bytes beginning 7, b.stdf of 1 bytes beginning 120"));
    assert_eq!(left(folder.path()), 0, "what nobody took is gone");
    let seen = firm.post_files("/large", &[], &[("files", "", b"")]).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "an empty file field is no file");
}

#[tokio::test]
async fn too_much_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bench = bench(folder.path()).await;
    let mut firm = bench.signed_in(Role::Enterprise).await;
    let seven = vec![0_u8; 7 << 20];
    for (path, field) in [("/small", "file"), ("/large", "files")] {
        let seen = firm.post_files(path, &[], &[(field, "big.stdf", &seven)]).await;
        assert_eq!(seen.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    assert_eq!(left(folder.path()), 0);
    let mut auditor = bench.signed_in(Role::Auditor).await;
    let seen = auditor.post_files("/large", &[], &[("files", "a.stdf", b"x")]).await;
    assert_eq!(seen.status, StatusCode::FORBIDDEN);
    let mut foreign = bench.signed_in(Role::Enterprise).await;
    let seen = foreign.post_files("/large", &[("_csrf", "wrong")], &[("files", "a.stdf", b"x")]).await;
    // The first token counts, and it is right: what is wrong in a second one harms nobody.
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(left(folder.path()), 0);
}
