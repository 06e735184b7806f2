//! The report of a run, for a customer: figures, mesh check, pictures, inputs, assumptions, how far to trust what.

use kernel::Date;
use report::Document;
use serde_json::{Value, json};

use crate::order::Order;
use crate::outcome::{Conductor, Field, Outcome, PackageOutcome, Part, Shape};
use crate::run_page::{grouped, inputs, spread};
use crate::{pictures, words};

const PACKAGE: &str = include_str!("../templates/package.typ");
const CONDUCTORS: &str = include_str!("../templates/conductors.typ");

/// Whose report it is.
pub struct Origin {
    /// The firm.
    pub firm: String,
    /// When the run ended.
    pub date: Date,
    /// Whether everything is invented.
    pub demonstration: bool,
    /// The run.
    pub run: String,
}

/// The document.
pub fn of(order: &Order, outcome: &Outcome, field: Option<&Field>, shapes: &[Shape], origin: &Origin) -> Document {
    let mut data = json!({
        "title": order.title(),
        "family": order.family.label(),
        "firm": origin.firm,
        "date": origin.date.to_string(),
        "year": origin.date.year(),
        "month": origin.date.month(),
        "day": origin.date.day(),
        "run": origin.run,
        "sample": origin.demonstration,
        "inputs": inputs(order).iter().map(|line| json!([line.label, line.value, if line.is_default { "▽ 模板默认" } else { "已填写" }])).collect::<Vec<_>>(),
        "defaults": inputs(order).iter().filter(|line| line.is_default).count(),
    });
    let (template, results) = match outcome {
        Outcome::Conductors(conductors) => {
            (CONDUCTORS, json!({ "conductors": conductors.iter().map(conductor).collect::<Vec<_>>() }))
        }
        Outcome::Package(package) => (PACKAGE, results(package, field, shapes)),
    };
    if let (Value::Object(all), Value::Object(results)) = (&mut data, results) {
        all.extend(results);
    }
    Document { template, data, date: origin.date }
}

fn conductor(conductor: &Conductor) -> Value {
    let optional = |value: Option<f64>, factor: f64| {
        value.map_or_else(|| "—".to_owned(), |value| format!("{:.4}", value * factor))
    };
    json!([
        conductor.name,
        format!("{:.4}", conductor.resistance_ohm * 1e3),
        format!("{:.5}", conductor.inductance_h * 1e9),
        optional(conductor.capacitance_f, 1e15),
        optional(conductor.impedance_ohm, 1.0),
        optional(conductor.effective_permittivity, 1.0),
        optional(conductor.mutual_h, 1e9),
    ])
}

fn figure(label: &str, value: String, unit: &str, note: String) -> Value {
    json!({ "label": label, "value": value, "unit": unit, "note": note })
}

/// A drawing with its words.
fn drawn(svg: &chart::Svg, words: String) -> Value {
    json!({ "svg": svg.to_string(), "words": words })
}

/// Views that go on paper; the rest is on the page.
const PRINTED_VIEWS: usize = 4;

/// Width of a picture that takes half a page, pixels: its text is then printed in about seven points.
const HALF_A_PAGE: f64 = 230.0;

fn results(package: &PackageOutcome, field: Option<&Field>, shapes: &[Shape]) -> Value {
    let thermal = &package.thermal;
    let views = field.map(|field| {
        let drawn = field.views.iter().take(PRINTED_VIEWS).map(|view| {
            let map = pictures::temperature("temperature", field, view, None).width(HALF_A_PAGE);
            json!({ "label": view.label, "svg": map.draw().to_string(), "words": map.description() })
        });
        drawn.collect::<Vec<_>>()
    });
    let missing: Vec<Value> = [
        ("第二套网格", package.mesh.failure()),
        ("热阻抗", package.impedance.failure()),
        ("空洞扫描", package.voids.failure()),
        ("翘曲", package.warpage.failure()),
        ("功率循环", package.cycling.failure()),
    ]
    .into_iter()
    .filter_map(|(what, why)| Some(json!([what, why?])))
    .collect();
    let ends = [shapes.first(), shapes.last().filter(|_| shapes.len() > 1)];
    let bent = ends.into_iter().flatten().map(|shape| {
        let map = pictures::displacement("displacement", shape).width(HALF_A_PAGE);
        json!({ "svg": map.draw().to_string(), "words": map.description(), "at": format!("{:.0}", shape.temperature_c) })
    });
    let bent: Vec<_> = bent.collect();
    json!({
        "figures": figures(package),
        "probes": thermal.probes.iter().map(|(name, highest, mean)| json!([words::place(name), format!("{highest:.2}"), format!("{mean:.2}")])).collect::<Vec<_>>(),
        "surfaces": thermal.surfaces.iter().filter(|(_, heat, _)| heat.abs() > 1e-9).map(|(name, heat, mean)| json!([
            words::surface(name), format!("{heat:.4}"), format!("{:.1}", 100.0 * heat / thermal.power_w), format!("{mean:.1}"),
        ])).collect::<Vec<_>>(),
        "resistances": thermal.resistances.iter().map(|(symbol, value)| json!([symbol, format!("{value:.3}")])).collect::<Vec<_>>(),
        "mesh": mesh(package),
        "energy": format!("{:.1e}", thermal.energy_error),
        "views": views.unwrap_or_default(),
        "heating": package.impedance.done().map(|z| {
            let chart = pictures::heating("heating", [("本次".to_owned(), z)]);
            json!({ "svg": chart.draw().to_string(), "words": chart.description(), "setup": z.setup })
        }),
        "voids": package.voids.done().map(|points| {
            let chart = pictures::voids("voids", points);
            let rows: Vec<_> = points.iter().map(|p| json!([format!("{:.0}", p.voids_percent), format!("{:.2}", p.spread_c), format!("{:.2}", p.centre_c)])).collect();
            json!({
                "svg": chart.draw().to_string(), "words": chart.description(), "rows": rows,
                "warning": crate::outcome::void_warning(points),
            })
        }),
        "warpage": package.warpage.done().map(|warpage| {
            let chart = pictures::warpage("warpage", warpage);
            let rows: Vec<_> = warpage.points.iter().map(|p| json!([
                format!("{:.0}", p.temperature_c), format!("{:.2}", p.warpage_um), format!("{:.2}", p.layered_plate_um),
                format!("{:.1}", p.die_tension_mpa), format!("{:.1}", p.die_equivalent_mpa),
            ])).collect();
            json!({
                "curve": drawn(&chart.draw(), chart.description()),
                "rows": rows,
                "limit": warpage.limit_um.map(|limit| format!("{limit:.0}")),
                "within": warpage.within_limit,
                "unknowns": grouped(warpage.unknowns),
                "quarter": warpage.quarter,
                "assumptions": warpage.assumptions,
                "strain": warpage.joint_strain.map(|strain| format!("{:.3}", strain * 100.0)),
            })
        }),
        "shapes": bent,
        "life": package.life.iter().map(|life| json!([life.model, cycles(life.cycles)])).collect::<Vec<_>>(),
        "cycling": package.cycling.done().map(|c| json!({
            "lowest": format!("{:.1}", c.lowest_c), "highest": format!("{:.1}", c.lowest_c + c.swing_k),
            "swing": format!("{:.1}", c.swing_k), "beyond": c.beyond,
        })),
        "spread": format!("{:.1}", spread(package)),
        "materials": package.materials.iter().map(|m| {
            let (symbol, word) = words::confidence(m.confidence);
            json!([m.label, format!("{symbol} {word}"), m.source])
        }).collect::<Vec<_>>(),
        "missing": missing,
    })
}

/// A life to three figures: more would be untrue.
pub fn cycles(cycles: f64) -> String {
    if !cycles.is_finite() || cycles <= 0.0 {
        return "—".to_owned();
    }
    let unit = 10f64.powf(cycles.log10().floor() - 2.0);
    let rounded = (cycles / unit).round() * unit;
    if rounded < 1e9 { grouped(rounded as usize) } else { format!("{rounded:.2e}") }
}

fn mesh(package: &PackageOutcome) -> Value {
    let thermal = &package.thermal;
    let theta = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), |value| format!("{value:.3}"));
    match &package.mesh {
        Part::Done(mesh) => json!({
            "rows": [
                ["计算所用网格", grouped(thermal.cells), format!("{:.2}", thermal.junction_c), theta(thermal.resistance("θJA"))],
                ["加密网格（单元边长缩小到 1/√2）", grouped(mesh.cells), format!("{:.2}", mesh.junction_c), theta(mesh.theta_ja)],
            ],
            "error": format!("{:.2}", mesh.error * 100.0),
        }),
        _ => Value::Null,
    }
}

fn figures(package: &PackageOutcome) -> Vec<Value> {
    let thermal = &package.thermal;
    let mut figures = vec![figure(
        "结温（最热处）",
        format!("{:.1}", thermal.junction_c),
        "°C",
        format!("{:.3} W，环境 {:.0} °C", thermal.power_w, thermal.ambient_c),
    )];
    for (symbol, note) in [("θJA", "结到环境"), ("θJC（底）", "结到底面冷板")] {
        if let Some(value) = thermal.resistance(symbol) {
            figures.push(figure(symbol, format!("{value:.2}"), "K/W", note.to_owned()));
        }
    }
    let worst = package.warpage.done().and_then(crate::outcome::worst);
    if let Some(worst) = worst {
        let when = format!("{:.0} °C 时", worst.temperature_c);
        figures.push(figure("最大翘曲", format!("{:.1}", worst.warpage_um), "µm", when));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_not_told_more_exactly_than_they_are_known() {
        assert_eq!([cycles(12_726.4), cycles(81_235.0), cycles(7.0)], ["12,700", "81,200", "7"]);
        assert_eq!([cycles(f64::INFINITY), cycles(2.34e11)], ["—", "2.34e11"]);
    }
}
