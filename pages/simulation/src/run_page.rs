//! One run: how far it is, or what it found.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use chart::Svg;
use register::Light;
use serde::Deserialize;
use simulation::material::Confidence;
use web::{Answer, Counter, Draft, Figure, Form, JobProgress, Markup, Page, Picture};

use crate::fields::Group;
use crate::order::{Order, find, template};
use crate::outcome::{Conductor, Field, Outcome, PackageOutcome, Part, Shape, View};
use crate::owner::{self, Run};
use crate::pictures::{self, Reading};
use crate::{document, kept, words};

/// How often a page of a run under way shows itself again, s.
const AGAIN_SECONDS: u32 = 2;

/// What is looked at: a view, a point in it, a temperature of the profile. All of it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// Key of a view.
    #[serde(default)]
    pub view: String,
    /// Place across, mm, as typed.
    #[serde(default)]
    pub x: String,
    /// Place up, mm, as typed.
    #[serde(default)]
    pub y: String,
    /// Number of a temperature of the profile; the first unless it can be read.
    #[serde(default, deserialize_with = "number")]
    pub shape: usize,
}

fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    String::deserialize(deserializer).map(|text| text.trim().parse().unwrap_or_default())
}

impl Asked {
    /// The point, if it can be read.
    pub fn place(&self) -> Option<(f64, f64)> {
        let read = |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
        Some((read(&self.x)?, read(&self.y)?))
    }

    /// Whether something was typed that is no number.
    fn is_wrong(&self) -> bool {
        !(self.x.trim().is_empty() && self.y.trim().is_empty()) && self.place().is_none()
    }
}

#[derive(Template)]
#[template(path = "under_way.html")]
struct UnderWay {
    title: String,
    family: &'static str,
    progress: JobProgress,
    stop: Option<Draft>,
    discard: Option<Draft>,
    path: String,
    id: String,
    family_key: &'static str,
}

/// A field of the input as shown with the results.
pub struct InputLine {
    /// Group and label.
    pub label: String,
    /// Value as typed.
    pub value: String,
    /// Whether it is the template's.
    pub is_default: bool,
}

/// The inputs of an order, in the order of its form.
pub fn inputs(order: &Order) -> Vec<InputLine> {
    let (values, told) = (order.values(), order.told());
    let template = template(order.family);
    let line = |group: &Group, card: &crate::fields::FieldCard| {
        let shown = |values: &toml::Value| find(values, card.path).and_then(|value| card.kind.show(value));
        let is_default = shown(&template) == shown(&values);
        let value = told(card)?;
        Some(InputLine { label: group.name(card), value, is_default })
    };
    let groups = order.family.groups().iter();
    groups
        .flat_map(|group| group.cards().map(move |card| (group, card)))
        .filter_map(|(group, card)| line(group, card))
        .collect()
}

#[derive(Template)]
#[template(path = "conductors.html")]
struct ConductorsPage {
    title: String,
    id: String,
    path: String,
    family_key: &'static str,
    conductors: Vec<Conductor>,
    inputs: Vec<InputLine>,
    discard: Draft,
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    title: String,
    family: &'static str,
    family_key: &'static str,
    id: String,
    path: String,
    asked: Asked,
    figures: Vec<Figure>,
    outcome: Box<PackageOutcome>,
    views: Vec<View>,
    view: Option<View>,
    picture: Option<Svg>,
    links: Option<Svg>,
    reading: Option<Reading>,
    heating: Option<Picture>,
    structure: Option<Picture>,
    voids: Option<Picture>,
    warpage: Option<Picture>,
    shape: Option<Picture>,
    shapes: Vec<Shape>,
    inputs: Vec<InputLine>,
    discard: Draft,
}

impl RunPage {
    fn defaults(&self) -> usize {
        self.inputs.iter().filter(|line| line.is_default).count()
    }

    fn doubtful(&self) -> usize {
        self.outcome.materials.iter().filter(|material| material.confidence == Confidence::Low).count()
    }

    fn drawing(&self, svg: &Svg) -> Markup {
        Markup::drawing(svg)
    }

    fn trust(&self, confidence: &Confidence) -> String {
        let (symbol, word) = words::confidence(*confidence);
        format!("{symbol} {word}")
    }

    /// Share of the heat that leaves through a surface, %.
    fn share(&self, heat_w: &f64) -> f64 {
        100.0 * heat_w / self.outcome.thermal.power_w
    }

    fn surface<'a>(&self, name: &'a str) -> &'a str {
        words::surface(name)
    }

    fn place<'a>(&self, name: &'a str) -> &'a str {
        words::place(name)
    }

    fn grouped(&self, count: &usize) -> String {
        grouped(*count)
    }

    fn cycles(&self, cycles: &f64) -> String {
        document::cycles(*cycles)
    }

    fn life_spread(&self) -> f64 {
        spread(&self.outcome)
    }
}

/// Largest over smallest life.
pub fn spread(outcome: &PackageOutcome) -> f64 {
    let cycles = outcome.life.iter().map(|life| life.cycles);
    let (low, high) = cycles.fold((f64::INFINITY, 0.0_f64), |(low, high), cycles| (low.min(cycles), high.max(cycles)));
    high / low
}

/// The run, as far as it is.
pub async fn show(counter: Counter, Path(id): Path<String>, Query(asked): Query<Asked>, page: Page) -> Answer {
    let run = owner::run(&counter, &id).await?;
    let page = page.title(run.order.title()).crumb("仿真测试", "/simulation");
    if !run.is_done() {
        return under_way(&run, page);
    }
    match kept::outcome(&run.folder).await? {
        Outcome::Conductors(conductors) => {
            let content = ConductorsPage {
                title: run.order.title(),
                id: run.id(),
                path: run.path(),
                family_key: run.order.family.key(),
                conductors,
                inputs: inputs(&run.order),
                discard: page.form(),
            };
            page.show(&content)
        }
        Outcome::Package(outcome) => {
            let (field, shapes) = (kept::field(&run.folder).await?, kept::shapes(&run.folder).await?);
            page.show(&run_page(&run, outcome, &field, shapes, asked, page.form()))
        }
    }
}

fn under_way(run: &Run, page: Page) -> Answer {
    let progress = JobProgress::of(&run.job);
    let is_under_way = progress.is_under_way();
    let content = UnderWay {
        title: run.order.title(),
        family: run.order.family.label(),
        family_key: run.order.family.key(),
        progress,
        stop: (is_under_way && !run.job.cancel).then(|| page.form()),
        discard: (!is_under_way).then(|| page.form()),
        path: run.path(),
        id: run.id(),
    };
    if is_under_way { page.again_after(AGAIN_SECONDS).show(&content) } else { page.show(&content) }
}

fn run_page(
    run: &Run,
    outcome: Box<PackageOutcome>,
    field: &Field,
    shapes: Vec<Shape>,
    asked: Asked,
    discard: Draft,
) -> RunPage {
    let view = pictures::view(field, &asked.view).cloned();
    let place = asked.place();
    let reading = view.as_ref().zip(place).map(|(view, place)| pictures::read(field, view, place));
    let map =
        view.as_ref().map(|view| pictures::temperature("temperature", field, view, reading.as_ref().map(|r| r.place)));
    let key = view.as_ref().map(|view| view.key.clone()).unwrap_or_default();
    let address = |x: f64, y: f64| format!("?view={key}&x={x:.3}&y={y:.3}&shape={}#temperature-head", asked.shape);
    let links = map.as_ref().map(|map| map.links(address));
    let shape = shapes.get(asked.shape).or(shapes.first());
    let drawn = |svg: Svg, caption: &str| Picture::new(&svg, caption);
    let setup = outcome.impedance.done().map(|impedance| format!("芯片功率阶跃后，{}；最热芯片。", impedance.setup));
    RunPage {
        title: run.order.title(),
        family: run.order.family.label(),
        family_key: run.order.family.key(),
        id: run.id(),
        path: run.path(),
        figures: figures(&outcome),
        heating: outcome.impedance.done().map(|z| {
            drawn(pictures::heating("heating", [("本次".to_owned(), z)]).draw(), setup.as_deref().unwrap_or_default())
        }),
        structure: outcome.impedance.done().map(|z| {
            drawn(pictures::structure("structure", z).draw(), "曲线陡处是容易储热的部分，平处是热阻集中的界面。")
        }),
        voids: outcome.voids.done().map(|points| {
            drawn(pictures::voids("voids", points).draw(), "其余输入不变；集中分布是同面积下的最坏情形。")
        }),
        warpage: outcome
            .warpage
            .done()
            .map(|w| drawn(pictures::warpage("warpage", w).draw(), "正值：中部向上（哭脸）；负值：四角向上（笑脸）。")),
        shape: shape.map(|shape| {
            drawn(pictures::displacement("displacement", shape).draw(), "相对最佳拟合平面；由下往上为正。")
        }),
        picture: map.map(|map| map.draw()),
        views: field.views.clone(),
        inputs: inputs(&run.order),
        outcome,
        view,
        links,
        reading,
        shapes,
        asked,
        discard,
    }
}

/// At most six.
fn figures(outcome: &PackageOutcome) -> Vec<Figure> {
    let thermal = &outcome.thermal;
    let period = format!("{:.3} W，环境 {:.0} °C", thermal.power_w, thermal.ambient_c);
    let mut figures = vec![
        Figure::new("结温（最热处）", format!("{:.1}", thermal.junction_c), "°C", period).href("#temperature-head"),
    ];
    for (symbol, note) in [("θJA", "结到环境，JESD51"), ("θJC（底）", "结到底面冷板"), ("ψJT", "结到封装顶面中心")]
    {
        if let Some(value) = thermal.resistance(symbol) {
            figures.push(Figure::new(symbol, format!("{value:.2}"), "K/W", note));
        }
    }
    if let Part::Done(warpage) = &outcome.warpage
        && let Some(worst) = crate::outcome::worst(warpage)
    {
        let figure = Figure::new(
            "最大翘曲",
            format!("{:.1}", worst.warpage_um),
            "µm",
            format!("{:.0} °C 时", worst.temperature_c),
        );
        figures.push(
            match warpage.within_limit.zip(warpage.limit_um) {
                Some((true, limit)) => figure.target(format!("{limit:.0} µm 以内")).light(Light::good("在允许值内")),
                Some((false, limit)) => figure.target(format!("{limit:.0} µm 以内")).light(Light::bad("超出允许值")),
                None => figure,
            }
            .href("#warpage-head"),
        );
    }
    if let Part::Done(mesh) = &outcome.mesh {
        let note = format!("温升的估计误差，{} 与 {} 单元", grouped(thermal.cells), grouped(mesh.cells));
        let light = if mesh.error < 0.05 { Light::good("网格足够细") } else { Light::watch("网格偏粗") };
        figures.push(
            Figure::new("网格误差", format!("{:.1}", mesh.error * 100.0), "%", note).light(light).href("#mesh-head"),
        );
    }
    figures.truncate(6);
    figures
}

/// A count with separators.
pub fn grouped(count: usize) -> String {
    register::Cell::Count(i64::try_from(count).unwrap_or(i64::MAX)).to_string()
}

/// The firm wishes the run ended.
pub async fn stop(counter: Counter, Path(id): Path<String>, _: Form<()>) -> Answer {
    let run = owner::run(&counter, &id).await?;
    counter.hall.workbench().cancel(&run.job).await?;
    Ok(Redirect::to(&run.path()).into_response())
}

/// The firm removes the run and everything it left.
pub async fn discard(counter: Counter, Path(id): Path<String>, _: Form<()>) -> Answer {
    let run = owner::run(&counter, &id).await?;
    counter.hall.workbench().discard(&run.job).await?;
    Ok(Redirect::to("/simulation").into_response())
}
