//! A test engineer with a tester file, a customer with a link, and strangers. 示例数据：every file is generated.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use kernel::{Role, Timestamp};
use office::{Hall, SetClock};
use stdf::generate;
use web::Settings;
use web::testing::{Bench, Browser, Seen};

/// A city with the worker at its bench.
struct City {
    hall: Hall,
    bench: Bench,
    clock: Arc<SetClock>,
    _dir: tempfile::TempDir,
}

impl City {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(Timestamp::from_second(1_795_399_200).unwrap()));
        let hall = Hall::open(dir.path(), clock.clone(), |_| {}).await.unwrap();
        let settings = Settings {
            burst: u32::MAX,
            sign_ins_per_minute: u32::MAX,
            incoming_folder: dir.path().join("incoming"),
            ..Settings::default()
        };
        let bench = Bench::with(crate::routes(), hall.clone(), settings).await.unwrap();
        let working = hall.clone();
        tokio::spawn(async move { working.workbench().run(&[crate::worker()], "bench").await });
        Self { hall, bench, clock, _dir: dir }
    }

    /// Sends files as the firm, and waits until the work on them has ended.
    async fn upload(&self, firm: &mut Browser<'_>, title: &str, files: &[(&str, &[u8])]) -> String {
        let files: Vec<(&str, &str, &[u8])> = files.iter().map(|(name, bytes)| ("files", *name, *bytes)).collect();
        let fields = [("title", title), ("key", "number-and-name")];
        let seen = firm.post_files("/testdata/new", &fields, &files).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.body);
        let path = seen.header("location").to_owned();
        for _ in 0..2_000 {
            let seen = firm.get(&path).await;
            if seen.header("refresh").is_empty() {
                return path;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the work on {title} does not end");
    }
}

fn lot(seed: u64, wafers: u32) -> Vec<u8> {
    let plan = generate::Plan { seed, wafers, diameter: 16, parametric: 12, functional: 2, ..Default::default() };
    let mut bytes = Vec::new();
    generate::generate(&plan, &mut bytes, |_| true).unwrap();
    bytes
}

fn link(seen: &Seen, containing: &str) -> String {
    let found = seen.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let found = found.map(|href| href.replace("&amp;", "&")).find(|href| href.contains(containing));
    found.unwrap_or_else(|| panic!("no link to {containing} in {}", seen.body))
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_tester_file_to_a_corrected_map() {
    let city = City::open().await;
    let mut firm = city.bench.signed_in(Role::Enterprise).await;
    assert!(firm.get("/testdata").await.body.contains("还没有测试数据"));
    let bytes = lot(3, 3);
    let path = city.upload(&mut firm, "三片", &[("LOT-3.stdf", &bytes)]).await;
    let page = firm.get(&path).await;
    for told in ["末次良率", "按测试座", "全部读出", "与逐条记录累计一致", "次未打复测标志"]
    {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    assert!(firm.get("/testdata").await.body.contains("SYNTHETIC-LOT-3"));
    // Lot → wafers → wafer → die → test.
    let gallery = firm.get(&format!("{path}/wafers")).await;
    assert!(gallery.body.contains("叠加图"), "three wafers are stacked");
    let wafer = firm.get(&link(&gallery, "/wafers/1")).await;
    assert!(wafer.body.contains("复测过的芯片"));
    let die = firm.get(&link(&wafer, "/die?wafer=1")).await;
    assert!(die.body.contains("测试次数") && die.body.contains("第 1 次"), "{}", die.body);
    let test = firm.get(&link(&die, "/tests/")).await;
    assert!(test.body.contains("分布与 PAT 限") && test.body.contains("Pp / Ppk"), "{}", test.body);
    let coloured = firm.get(&format!("{path}/wafers/0?test=1")).await;
    assert!(coloured.body.contains("第 1 到第 99 百分位"));
    // Outliers, stricter than usual, and new bins.
    let strict = format!("{path}/outliers?set=1&pat=3&limits=dynamic&nnr=6&gdbn=60&bin=77");
    let found = firm.get(&strict).await;
    assert!(found.body.contains("标出") && found.body.contains("GDBN"), "{}", found.body);
    let csv = firm.get(&format!("{strict}&format=csv")).await;
    let lines = csv.body.lines().count();
    assert!(lines > 1 && csv.body.lines().skip(1).all(|line| line.contains(",77,")), "{}", csv.body);
    assert!(firm.get(&format!("{strict}&format=e142&wafer=2")).await.body.contains("<BinCode>"));
    assert!(firm.get(&format!("{strict}&format=xlsx")).await.body.starts_with("PK"));
    assert!(firm.get(&format!("{strict}&format=pdf")).await.status.is_client_error());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_corrected_file_is_the_file_with_new_bins() {
    let city = City::open().await;
    let mut firm = city.bench.signed_in(Role::Enterprise).await;
    let (first, second) = (lot(5, 1), lot(6, 1));
    let mut packed = Vec::new();
    zip_of(&second, &mut packed);
    let path = city.upload(&mut firm, "两批", &[("a.stdf", &first), ("b.stdf.gz", &packed)]).await;
    // The second file's parts are numbered behind the first's; in its own file they begin anew.
    let address = format!("{path}/outliers?set=1&pat=3&limits=dynamic&bin=77&format=stdf&file=1");
    let corrected = firm.get_bytes(&address).await;
    let before = parts(second);
    let after = parts(corrected);
    assert_eq!(before.len(), after.len());
    let changed: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
    assert!(!changed.is_empty());
    assert!(changed.iter().all(|(before, after)| before.1 && !after.1 && after.0 == 77), "only good parts, to bin 77");
}

fn zip_of(bytes: &[u8], packed: &mut Vec<u8>) {
    flate2::read::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(packed).unwrap();
}

/// Hard bin and verdict of each part.
fn parts(bytes: Vec<u8>) -> Vec<(u16, bool)> {
    let mut dataset = testdata::model::Dataset::default();
    let reader = stdf::Reader::from_bytes(bytes).unwrap();
    testdata::ingest::read_one(&mut dataset, reader, "x", &Default::default(), |_| true).unwrap();
    dataset.parts.iter().map(|part| (part.hard_bin, part.passed() == Some(true))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_ends_in_a_report_of_what_was_read() {
    let city = City::open().await;
    let mut firm = city.bench.signed_in(Role::Enterprise).await;
    let mut cut = lot(7, 1);
    cut.truncate(cut.len() * 2 / 3);
    let path = city.upload(&mut firm, "断了的", &[("cut.stdf", &cut), ("notes.txt", b"no tester file")]).await;
    let page = firm.get(&path).await;
    for told in ["被截断", "没有结束记录（MRR）", "没有读出", "不是 STDF 文件"] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    let path = city.upload(&mut firm, "不是数据", &[("notes.txt", b"no tester file")]).await;
    assert!(firm.get(&path).await.body.contains("文件中没有读到任何芯片的测试记录"));
    let empty = firm.post_files("/testdata/new", &[("key", "number")], &[("files", "", b"")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.body.contains("请选择至少一个文件"));
}

#[tokio::test(flavor = "multi_thread")]
async fn to_everybody_else_it_does_not_exist() {
    let city = City::open().await;
    let mut firm = city.bench.signed_in(Role::Enterprise).await;
    let path = city.upload(&mut firm, "本单位的", &[("a.stdf", &lot(1, 1))]).await;
    let pages = ["", "/report", "/wafers", "/wafers/0", "/die?part=0", "/tests", "/tests/0", "/outliers", "/compare"];
    for page in pages {
        assert_eq!(firm.get(&format!("{path}{page}")).await.status, StatusCode::OK, "own {page}");
    }
    // The agent of the bench acts for another organisation; every other role is an office.
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Enterprise) {
        let mut stranger = city.bench.signed_in(role).await;
        for page in pages {
            let seen = stranger.get(&format!("{path}{page}")).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND, "{} {page}", role.label());
            assert!(!seen.body.contains("本单位的") && !seen.body.contains("SYNTHETIC"));
        }
        for action in ["/cancel", "/discard", "/shares"] {
            let fields = [("sure", "1"), ("label", "我"), ("days", "7")];
            let seen = stranger.post(&format!("{path}{action}"), &fields).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND, "{} {action}", role.label());
        }
    }
    let mut nobody = city.bench.browser();
    for page in pages {
        let seen = nobody.get(&format!("{path}{page}")).await;
        assert!(seen.header("location").starts_with("/sign-in"), "{page}");
    }
    assert_eq!(firm.get(&path).await.status, StatusCode::OK, "nobody removed it");
    assert_eq!(city.bench.walk().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_follows_a_link_until_it_ends() {
    let city = City::open().await;
    let mut firm = city.bench.signed_in(Role::Enterprise).await;
    let path = city.upload(&mut firm, "给客户的", &[("a.stdf", &lot(2, 2))]).await;
    let made = firm.post(&format!("{path}/shares"), &[("label", "示例客户"), ("days", "7")]).await;
    let shared = link(&made, "/shared/testdata/");
    assert!(shared.len() > "/shared/testdata/".len() + 30, "nobody guesses it");
    let mut customer = city.bench.browser();
    let report = customer.get(&shared).await;
    assert_eq!(report.status, StatusCode::OK);
    assert!(report.body.contains("给客户的") && report.body.contains("按测试座"));
    assert!(!report.body.contains(&path), "nothing leads further");
    assert!(report.header("x-robots-tag").contains("noindex"));
    let whole = customer.get(&format!("{shared}?format=html")).await;
    assert!(whole.body.starts_with("<!doctype html>") && whole.header("content-disposition").starts_with("attachment"));
    let owner = firm.get(&path).await;
    assert!(owner.body.contains("凭分享链接查看测试报告（给：示例客户）"), "the owner sees who looked");
    let token = shared.rsplit('/').next().unwrap();
    assert!(!owner.body.contains(token), "the link was shown once");
    // Revoked.
    let revoke = owner.body.split("action=\"").find(|rest| rest.contains("/revoke\"")).unwrap();
    let revoke = revoke.split('"').next().unwrap();
    assert!(firm.post(revoke, &[]).await.status.is_redirection());
    assert_eq!(customer.get(&shared).await.status, StatusCode::NOT_FOUND);
    // Expired.
    let made = firm.post(&format!("{path}/shares"), &[("label", "另一客户"), ("days", "7")]).await;
    let shared = link(&made, "/shared/testdata/");
    assert_eq!(customer.get(&shared).await.status, StatusCode::OK);
    city.clock.set(Timestamp::from_second(1_795_399_200 + 8 * 86_400).unwrap());
    assert_eq!(customer.get(&shared).await.status, StatusCode::NOT_FOUND);
    assert_eq!(customer.get("/shared/testdata/00000000000000000000000000000000").await.status, StatusCode::NOT_FOUND);
    drop(city.hall);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lots_side_by_side_and_one_removed() {
    let city = City::open().await;
    let mut firm = city.bench.signed_in(Role::Enterprise).await;
    let first = city.upload(&mut firm, "第一批", &[("a.stdf", &lot(1, 1))]).await;
    let second = city.upload(&mut firm, "第二批", &[("b.stdf", &lot(9, 1))]).await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let two = firm.get(&format!("/testdata/compare?a={}&b={}", id(&first), id(&second))).await;
    let compared = firm.get(two.header("location")).await;
    assert!(compared.body.contains("两批共有 14 项"), "{}", compared.body);
    let table = firm.get(&format!("{first}/tests?sort=ppk&retest=first&kind=%E5%8F%82%E6%95%B0+PTR")).await;
    assert!(table.body.contains("共 12 条") && table.body.contains("aria-sort=\"ascending\""), "{}", table.body);
    assert!(table.body.contains("retest=first"), "links keep the policy");
    let json = firm.get(&format!("{first}/tests?format=json")).await;
    assert!(json.body.contains("\"ppk\""));
    let unsure = firm.post(&format!("{first}/discard"), &[]).await;
    assert!(unsure.status.is_client_error());
    assert!(firm.post(&format!("{first}/discard"), &[("sure", "1")]).await.status.is_redirection());
    assert_eq!(firm.get(&first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(firm.get(&second).await.status, StatusCode::OK);
}

/// The facts of a real lot, which this project does not ship.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_lot_on_the_page() {
    let Some(folder) = std::env::var_os("FENGCE_SAMPLES") else {
        eprintln!("skipped: FENGCE_SAMPLES is not set: a real lot on the page");
        return;
    };
    let bytes = std::fs::read(std::path::Path::new(&folder).join("lot3.stdf.gz")).unwrap();
    let city = City::open().await;
    let mut firm = city.bench.signed_in(Role::Enterprise).await;
    let path = city.upload(&mut firm, "lot3", &[("lot3.stdf.gz", &bytes)]).await;
    let page = firm.get(&path).await;
    for fact in ["85.11", "88.87", "94.57", "163 次未打复测标志", "810 次测试声称测过但没有明细"] {
        assert!(page.body.contains(fact), "{fact}: {}", page.body);
    }
}
