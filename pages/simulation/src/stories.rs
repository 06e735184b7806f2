//! A packaging engineer at work, and everybody who has no business there. 示例数据：packages and firms are invented.

use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use kernel::{Role, Timestamp};
use office::workbench::{Assignment, Ended, Worker};
use office::{Hall, SetClock};
use simulation::SimulationError;
use tokio::task::JoinHandle;
use web::testing::{Bench, Browser, Seen};

use crate::family::Family;
use crate::order::{spread, template};
use crate::worker::{KIND, Simulator};

struct City {
    hall: Hall,
    bench: Bench,
    at_work: JoinHandle<()>,
    _dir: tempfile::TempDir,
}

impl Drop for City {
    fn drop(&mut self) {
        self.at_work.abort();
    }
}

impl City {
    async fn open(worker: Arc<dyn Worker>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::from_second(1_795_399_200).unwrap();
        let hall = Hall::open(dir.path(), Arc::new(SetClock::at(now)), |_| {}).await.unwrap();
        let bench = Bench::new(crate::routes(), hall.clone()).await.unwrap();
        let workbench = hall.workbench().clone();
        let at_work = tokio::spawn(async move { workbench.run(&[worker], "story").await });
        Self { hall, bench, at_work, _dir: dir }
    }
}

/// The fields of a family's form as a browser would send them, with some changed.
fn fields<'a>(family: Family, changed: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
    let (shown, _) = spread(family, &template(family));
    let mut fields: Vec<(String, String)> = shown.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for (name, value) in changed {
        fields.retain(|(field, _)| field != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

async fn post(browser: &mut Browser<'_>, family: Family, changed: &[(&str, &str)]) -> Seen {
    let fields = fields(family, changed);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(&format!("/simulation/new/{}", family.key()), &fields).await
}

/// Sends a form off and waits until its run has ended.
async fn carried_out(browser: &mut Browser<'_>, family: Family, changed: &[(&str, &str)]) -> String {
    let sent = post(browser, family, &[changed, &[("act", "run")]].concat()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let path = sent.header("location").to_owned();
    for _ in 0..6000 {
        let page = browser.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        if !page.body.contains("等待开始") && !page.body.contains("进行中") {
            return path;
        }
        assert_eq!(page.header("refresh"), "2", "it shows itself again");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{path} did not end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_template_to_a_report_and_to_nobody_else() {
    let city = City::open(Arc::new(Simulator)).await;
    let mut engineer = city.bench.signed_in(Role::Enterprise).await;
    assert!(engineer.get("/simulation").await.body.contains("还没有仿真"));
    let form = engineer.get("/simulation/new/qfn").await;
    assert!(
        form.body.contains("value=\"0.85 mm\"")
            && form.body.contains("▽ 模板默认值")
            && form.body.contains("<figure class=\"sheet\">")
    );

    let drawn = post(&mut engineer, Family::Qfn, &[("package.dies.0.size", "2 mm × 2 mm"), ("act", "draw")]).await;
    assert_eq!(drawn.status, StatusCode::OK);
    assert!(drawn.body.contains("2 mm × 2 mm") && drawn.body.contains("剖面，过芯片中心"));

    let run = carried_out(&mut engineer, Family::Qfn, &[("want-warpage", "on")]).await;
    let page = engineer.get(&format!("{run}?view=die-0&x=0&y=0&shape=1")).await;
    for words in [
        "结温（最热处）",
        "θJA",
        "网格核对",
        "加密，单元边长",
        "最大翘曲",
        "底面竖向位移",
        "▽ 模板默认",
        "材料与假设",
        "无应力温度",
    ] {
        assert!(page.body.contains(words), "{words}");
    }
    assert!(page.body.contains("role=\"status\""), "the probe reads");
    assert!(!page.body.contains("空洞扫描</h2>"), "what was not asked for is not there");
    let wrong = engineer.get(&format!("{run}?x=abc&y=0")).await;
    assert!(wrong.body.contains("坐标要写成数字"));
    files(&mut engineer, &run).await;

    let other = carried_out(&mut engineer, Family::Qfn, &[("package.dies.0.attach.voids", "40 %")]).await;
    let id = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let compared = engineer.get(&format!("/simulation/compare?run={}&run={}", id(&run), id(&other))).await;
    assert!(
        compared.body.contains("粘片空洞率") && compared.body.contains("≠") && compared.body.contains("40 %"),
        "{}",
        compared.body
    );
    let again = engineer.get(&format!("/simulation/new/qfn?from={}", id(&other))).await;
    assert!(again.body.contains("value=\"40 %\""));

    strangers(&city, &run).await;
    let discarded = engineer.post(&format!("{run}/discard"), &[]).await;
    assert_eq!(discarded.header("location"), "/simulation");
    assert_eq!(engineer.get(&run).await.status, StatusCode::NOT_FOUND);
}

async fn files(engineer: &mut Browser<'_>, run: &str) {
    for (file, kind, begins) in [
        ("input.toml", "application/toml; charset=utf-8", "name ="),
        ("result.json", "application/json", "{\"package\""),
        ("temperature.svg?view=section", "image/svg+xml", "<svg"),
        ("displacement.svg?shape=0", "image/svg+xml", "<svg"),
        ("temperature.vtr", "model/vnd.vtk", "<?xml"),
        ("displacement.vtr?shape=3", "model/vnd.vtk", "<?xml"),
    ] {
        let seen = engineer.get(&format!("{run}/{file}")).await;
        assert_eq!((seen.status, seen.header("content-type")), (StatusCode::OK, kind), "{file}");
        assert!(seen.body.trim_start().contains(begins), "{file}");
    }
    for nothing in ["displacement.vtr?shape=9", "heating.csv", "field.json", "..%2Fdesk.sqlite"] {
        assert_eq!(engineer.get(&format!("{run}/{nothing}")).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    match report::Press::installed() {
        Err(error) => {
            eprintln!("skipped: the report on paper: {error}");
            let said = engineer.get(&format!("{run}/report.pdf")).await;
            assert!(said.body.contains("FENGCE_FONTS"));
        }
        Ok(_) => {
            let pdf = engineer.get(&format!("{run}/report.pdf")).await;
            assert_eq!((pdf.status, pdf.header("content-type")), (StatusCode::OK, "application/pdf"), "{}", pdf.body);
            assert!(pdf.body.starts_with("%PDF-1.7"));
            let png = engineer.get(&format!("{run}/temperature.png")).await;
            assert_eq!((png.status, png.header("content-type")), (StatusCode::OK, "image/png"));
        }
    }
}

/// Officers, auditors, another firm's people: to them there is no such run, in any way of asking.
async fn strangers(city: &City, run: &str) {
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Enterprise) {
        let mut stranger = city.bench.signed_in(role).await;
        for path in ["", "/result.json", "/report.pdf", "/input.toml", "/temperature.svg"] {
            let seen = stranger.get(&format!("{run}{path}")).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND, "{role:?} {path}");
        }
        for action in ["/stop", "/discard"] {
            let seen = stranger.post(&format!("{run}{action}"), &[]).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND, "{role:?} {action}");
        }
        if role == Role::Agent {
            let id = run.rsplit('/').next().unwrap_or_default();
            assert!(stranger.get("/simulation").await.body.contains("还没有仿真"));
            assert_eq!(stranger.get(&format!("/simulation/new/qfn?from={id}")).await.status, StatusCode::NOT_FOUND);
            assert_eq!(
                stranger.get(&format!("/simulation/compare?run={id}&run={id}")).await.status,
                StatusCode::NOT_FOUND
            );
        }
    }
    let visitor = city.bench.browser().get(run).await;
    assert!(visitor.header("location").starts_with("/sign-in"), "{}", visitor.status);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_said_in_one_list_with_links() {
    let city = City::open(Arc::new(Simulator)).await;
    let mut engineer = city.bench.signed_in(Role::Enterprise).await;
    let several = [
        ("package.thickness", "0.85"),
        ("package.dies.0.power", "-1 W"),
        ("package.leads.per_side", "8.5"),
        ("act", "run"),
    ];
    let seen = post(&mut engineer, Family::Qfn, &several).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(seen.body.contains("请更正以下 3 处"), "{}", seen.body);
    for (field, _) in &several[..3] {
        assert!(
            seen.body.contains(&format!("href=\"#field-{field}\""))
                && seen.body.contains(&format!("id=\"field-{field}\"")),
            "{field}"
        );
    }
    assert!(seen.body.contains("没有单位") && seen.body.contains("先改正"));
    // What only the built package knows is said at its field too.
    for (field, value, words) in [
        ("package.dies.0.size", "4.5 mm × 2.5 mm", "超出了承载它的焊盘"),
        ("package.dies.0.power", "0 W", "没有一颗芯片有功率"),
        ("package.dies.0.attach.voids", "95 %", "已经不成接合"),
        ("package.leads.per_side", "18", "放不下这么多引脚"),
        ("rest", "[materials.x]\nconductivity = \"1\"", "rest"),
        ("power_map", "1,2\n3", "第 2 行"),
    ] {
        let seen = post(&mut engineer, Family::Qfn, &[(field, value), ("act", "run")]).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(seen.body.contains(words), "{field}: {}", seen.body.split("</section>").next().unwrap_or_default());
    }
    let runs = city.hall.workbench().of(&"unit-0".parse().unwrap(), KIND, 9).await.unwrap();
    assert!(runs.is_empty(), "nothing was sent off");
}

/// Does not converge.
struct Diverging;

impl Worker for Diverging {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn work(&self, _: &Assignment) -> Result<String, Ended> {
        let error = SimulationError::NotConverged {
            what: simulation::Computation::Temperature,
            residual: 0.3,
            tolerance: 1e-7,
            iterations: 400,
        };
        Err(Ended::Failed(crate::words::error(&error)))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_does_not_converge_says_so_and_gives_no_picture() {
    let city = City::open(Arc::new(Diverging)).await;
    let mut engineer = city.bench.signed_in(Role::Enterprise).await;
    let run = carried_out(&mut engineer, Family::Qfn, &[]).await;
    let page = engineer.get(&run).await;
    assert!(
        page.body.contains("没有收敛")
            && page.body.contains("没有结果，也没有图")
            && !page.body.contains("class=\"chart")
    );
    for file in ["temperature.svg", "report.pdf", "result.json"] {
        assert_eq!(engineer.get(&format!("{run}/{file}")).await.status, StatusCode::NOT_FOUND, "{file}");
    }
    assert_eq!(engineer.get(&format!("{run}/input.toml")).await.status, StatusCode::OK);
    let id = run.rsplit('/').next().unwrap_or_default();
    let compared = engineer.get(&format!("/simulation/compare?run={id}&run={id}")).await;
    assert_eq!(compared.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conductors_and_a_part_that_fails_alone() {
    let city = City::open(Arc::new(Simulator)).await;
    let mut engineer = city.bench.signed_in(Role::Enterprise).await;
    let run = carried_out(&mut engineer, Family::Parasitics, &[]).await;
    let page = engineer.get(&run).await;
    assert!(page.body.contains("0.865") && page.body.contains("Grover"), "{}", page.body);
    // A cycle the wrong way round stops the warpage, not the temperatures.
    let cold = [("reflow.cycle", "125 °C, -40 °C"), ("want-warpage", "on")];
    let run = carried_out(&mut engineer, Family::Bga, &cold).await;
    let page = engineer.get(&run).await;
    assert!(page.body.contains("没有结果，也没有图：") && page.body.contains("高温端须高于低温端"), "{}", page.body);
    assert!(page.body.contains("结温（最热处）") && !page.body.contains("底面竖向位移"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_opens_for_those_who_may() {
    let city = City::open(Arc::new(Simulator)).await;
    let complaints = city.bench.walk().await;
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_example_is_an_order() {
    let job = crate::example("firm-a".parse().unwrap(), kernel::PersonId(uuid::Uuid::nil()));
    let order: crate::order::Order = serde_json::from_str(&job.input).unwrap();
    assert!(job.title.contains("示例数据") && order.study().is_ok());
    assert!(Path::new(&crate::owner::path(job.id)).starts_with("/simulation/runs"));
}
