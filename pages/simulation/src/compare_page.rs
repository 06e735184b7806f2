//! Runs side by side: what differs in the inputs, and what that does.

use askama::Template;
use chart::Svg;
use web::{Answer, Counter, Failure, Markup, Page};

use crate::family::Family;
use crate::order::Order;
use crate::outcome::{Outcome, PackageOutcome};
use crate::owner::{self, Run};
use crate::{kept, pictures};

/// Runs side by side at most: more cannot be told apart in a drawing.
const MOST: usize = 4;

/// A line of the table: label, unit, one text for each run, whether they differ.
struct Line {
    label: String,
    cells: Vec<String>,
    differs: bool,
}

struct Head {
    title: String,
    path: String,
    family: &'static str,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    heads: Vec<Head>,
    results: Vec<Line>,
    inputs: Vec<Line>,
    same: usize,
    heating: Option<Svg>,
    voids: Option<Svg>,
}

impl ComparePage {
    fn parts(&self) -> [(&'static str, &[Line]); 2] {
        [("结果", &self.results), ("输入", &self.inputs)]
    }

    fn drawing(&self, svg: &Svg) -> Markup {
        Markup::drawing(svg)
    }
}

/// Two to four runs.
pub async fn compare(counter: Counter, page: Page) -> Answer {
    let pairs = chosen(page.query());
    let mut runs: Vec<Run> = Vec::new();
    for id in pairs.iter().take(MOST) {
        runs.push(owner::run(&counter, id).await?);
    }
    let page = page.title("并排比较").crumb("仿真测试", "/simulation");
    if runs.is_empty() {
        let nothing =
            ComparePage { heads: vec![], results: vec![], inputs: vec![], same: 0, heating: None, voids: None };
        return page.show(&nothing);
    }
    if runs.len() < 2 {
        return Err(Failure::Unacceptable("请在仿真列表中勾选两到四次已完成的仿真，再点“并排比较”。".into()));
    }
    if let Some(open) = runs.iter().find(|run| !run.is_done()) {
        return Err(Failure::Unacceptable(format!("“{}”还没有结果，不能比较。", open.order.title()).into()));
    }
    let mut outcomes = Vec::new();
    for run in &runs {
        outcomes.push(kept::outcome(&run.folder).await?);
    }
    let inputs = inputs(&runs.iter().map(|run| &run.order).collect::<Vec<_>>());
    let same = inputs.iter().filter(|line| !line.differs).count();
    let heads =
        runs.iter().map(|run| Head { title: run.order.title(), path: run.path(), family: run.order.family.label() });
    let content = ComparePage {
        heads: heads.collect(),
        results: results(&outcomes),
        inputs,
        same,
        heating: overlaid(&runs, &outcomes),
        voids: voids(&runs, &outcomes),
    };
    page.show(&content)
}

/// Values of the parameter `run`, each once.
fn chosen(query: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for pair in query.split('&').filter_map(|pair| pair.strip_prefix("run=")) {
        if !pair.is_empty() && !ids.iter().any(|id| id == pair) {
            ids.push(pair.to_owned());
        }
    }
    ids
}

/// Every input that any of the orders has.
fn inputs(orders: &[&Order]) -> Vec<Line> {
    let mut cards: Vec<(String, &crate::fields::FieldCard)> = Vec::new();
    for family in Family::ALL.into_iter().filter(|family| orders.iter().any(|order| order.family == *family)) {
        for group in family.groups() {
            for card in group.cards() {
                if !cards.iter().any(|(_, known)| known.path == card.path) {
                    cards.push((group.name(card), card));
                }
            }
        }
    }
    let told: Vec<_> = orders.iter().map(|order| order.told()).collect();
    let line = |(label, card): (String, &crate::fields::FieldCard)| {
        let shown: Vec<Option<String>> = told.iter().map(|told| told(card)).collect();
        let differs = shown.windows(2).any(|pair| pair[0] != pair[1]);
        let any = shown.iter().any(Option::is_some);
        let cells = shown.into_iter().map(|text| text.unwrap_or_else(|| "—".to_owned())).collect();
        any.then_some(Line { label, cells, differs })
    };
    let mut lines: Vec<Line> = cards.into_iter().filter_map(line).collect();
    lines.sort_by_key(|line| !line.differs);
    lines
}

fn package(outcome: &Outcome) -> Option<&PackageOutcome> {
    match outcome {
        Outcome::Package(package) => Some(package),
        Outcome::Conductors(_) => None,
    }
}

/// Figures that any of the runs has.
fn results(outcomes: &[Outcome]) -> Vec<Line> {
    type Figure = fn(&PackageOutcome) -> Option<f64>;
    let figures: [(&str, usize, Figure); 11] = [
        ("功率（W）", 3, |p| Some(p.thermal.power_w)),
        ("结温（°C）", 1, |p| Some(p.thermal.junction_c)),
        ("θJA（K/W）", 2, |p| p.thermal.resistance("θJA")),
        ("ψJT（K/W）", 2, |p| p.thermal.resistance("ψJT")),
        ("ψJB（K/W）", 2, |p| p.thermal.resistance("ψJB")),
        ("θJB（K/W）", 2, |p| p.thermal.resistance("θJB")),
        ("θJC 顶（K/W）", 2, |p| p.thermal.resistance("θJC（顶）")),
        ("θJC 底（K/W）", 2, |p| p.thermal.resistance("θJC（底）")),
        ("空洞 50 % 集中时的结温（°C）", 1, |p| p.voids.done()?.last().map(|point| point.centre_c)),
        ("最大翘曲（µm）", 1, |p| {
            let points = p.warpage.done()?.points.iter().map(|point| point.warpage_um);
            points.max_by(|a, b| a.abs().total_cmp(&b.abs()))
        }),
        ("网格误差（%）", 1, |p| p.mesh.done().map(|mesh| mesh.error * 100.0)),
    ];
    let line = |(label, decimals, figure): (&str, usize, Figure)| {
        let values: Vec<Option<f64>> = outcomes.iter().map(|outcome| figure(package(outcome)?)).collect();
        let cell = |value: &Option<f64>| value.map_or_else(|| "—".to_owned(), |value| format!("{value:.decimals$}"));
        let cells: Vec<String> = values.iter().map(cell).collect();
        let differs = cells.windows(2).any(|pair| pair[0] != pair[1]);
        values.iter().any(Option::is_some).then_some(Line { label: label.to_owned(), cells, differs })
    };
    let mut lines: Vec<Line> = figures.into_iter().filter_map(line).collect();
    lines.extend(conductors(outcomes));
    lines
}

/// Conductors by name.
fn conductors(outcomes: &[Outcome]) -> Vec<Line> {
    let of = |outcome: &Outcome| match outcome {
        Outcome::Conductors(conductors) => conductors.clone(),
        Outcome::Package(_) => Vec::new(),
    };
    let all: Vec<_> = outcomes.iter().map(of).collect();
    let mut names: Vec<String> = Vec::new();
    for conductor in all.iter().flatten() {
        if !names.contains(&conductor.name) {
            names.push(conductor.name.clone());
        }
    }
    let line = |name: &String, what: &str, value: fn(&crate::outcome::Conductor) -> f64| {
        let found =
            |run: &Vec<crate::outcome::Conductor>| run.iter().find(|conductor| conductor.name == *name).map(value);
        let cells: Vec<String> =
            all.iter().map(|run| found(run).map_or_else(|| "—".to_owned(), |value| format!("{value:.4}"))).collect();
        let differs = cells.windows(2).any(|pair| pair[0] != pair[1]);
        Line { label: format!("{name} · {what}"), cells, differs }
    };
    let lines = names.iter().map(|name| {
        [line(name, "R（mΩ）", |c| c.resistance_ohm * 1e3), line(name, "L（nH）", |c| c.inductance_h * 1e9)]
    });
    lines.flatten().collect()
}

fn overlaid(runs: &[Run], outcomes: &[Outcome]) -> Option<Svg> {
    let curves: Vec<_> = runs
        .iter()
        .zip(outcomes)
        .enumerate()
        .filter_map(|(n, (run, outcome))| {
            Some((format!("{} {}", n + 1, run.order.title()), package(outcome)?.impedance.done()?))
        })
        .collect();
    (curves.len() > 1).then(|| pictures::heating("heating", curves).draw())
}

fn voids(runs: &[Run], outcomes: &[Outcome]) -> Option<Svg> {
    let chart = chart::Curves::new("voids", "空洞率（均匀分布）与结温", ("空洞率", "%"), ("结温", "°C")).decimals(1);
    let mut count = 0;
    let chart = runs.iter().zip(outcomes).enumerate().fold(chart, |chart, (n, (run, outcome))| {
        match package(outcome).and_then(|package| package.voids.done()) {
            Some(points) => {
                count += 1;
                let points = points.iter().map(|point| (point.voids_percent, point.spread_c));
                chart.series(format!("{} {}", n + 1, run.order.title()), points)
            }
            None => chart,
        }
    });
    (count > 1).then(|| chart.draw())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Wanted;

    #[test]
    fn inputs_that_differ_come_first() {
        let wanted = Wanted { resistances: false, impedance: false, voids: false, warpage: false };
        let order = |toml: String| Order { family: Family::Qfn, toml, power_map: None, wanted };
        let one = order(Family::Qfn.template().to_owned());
        let other = order(
            Family::Qfn
                .template()
                .replace("voids = \"5 %\"", "voids = \"30 %\"")
                .replace("[board]\nkind = \"2s2p\"\nvias", "[board]\nkind = \"2s2p\"\n# vias"),
        );
        let lines = inputs(&[&one, &other]);
        let differing: Vec<&str> =
            lines.iter().take_while(|line| line.differs).map(|line| line.label.as_str()).collect();
        assert!(differing.contains(&"粘片 · 粘片空洞率"), "{differing:?}");
        assert!(lines.iter().skip(differing.len()).all(|line| !line.differs));
    }

    #[test]
    fn a_run_is_compared_once() {
        assert_eq!(chosen("run=a&x=1&run=b&run=a&run="), ["a", "b"]);
    }
}
