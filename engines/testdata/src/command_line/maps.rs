//! `testdata map`

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{CommandError, Common, Painter, Plots, read, test_name, wanted_tests};
use crate::language::Language;
use crate::map::{stack, wafer_maps};
use crate::plot;
use crate::selection::{measurements, select};

/// Options of `map`
#[derive(Debug, Clone, Args)]
pub struct MapArguments {
    #[command(flatten)]
    common: Common,
    /// Folder for the SVG files
    #[arg(short, long, default_value = ".")]
    output: PathBuf,
    /// Draw this test's values (number or part of the name) instead of bins
    #[arg(long)]
    test: Option<String>,
    /// Draw the share of failing wafers at each position
    #[arg(long)]
    stacked: bool,
    /// Draw each map as PNG too
    #[arg(long)]
    png: bool,
}

/// `testdata map`
pub(super) fn run(
    arguments: &MapArguments,
    painter: Option<Painter<'_>>,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let language = arguments.common.lang;
    let plots = Plots::into(&arguments.output, arguments.png, painter, language)?;
    let dataset = read(&arguments.common, arguments.test.is_some())?;
    let selection = select(&dataset, arguments.common.retest);
    let maps = wafer_maps(&dataset, &selection);
    let layout = maps.first().map(|map| map.layout).unwrap_or_default();
    let mut drawn: Vec<(String, String)> = Vec::new();
    if arguments.stacked {
        let title = match language {
            Language::Chinese => format!("{} 片晶圆中在该位置失效的比例", maps.len()),
            Language::English => format!("Share of {} wafers failing at each position", maps.len()),
        };
        drawn.push(("stacked".into(), plot::value_map(layout, &title, &stack(&maps), language)));
    } else if let Some(wanted) = &arguments.test {
        for test in wanted_tests(&dataset, Some(wanted), language)? {
            let values: HashMap<u32, f64> = measurements(&dataset, &selection, test, 0)?.into_iter().collect();
            for map in &maps {
                let of_map = map.values(&values);
                let name = test_name(&dataset, test);
                let title = match language {
                    Language::Chinese => format!("批次 {} 晶圆 {}：{name}", map.lot, map.wafer),
                    Language::English => format!("Lot {} wafer {}: {name}", map.lot, map.wafer),
                };
                let name = format!("{}-{}-{}", map.lot, map.wafer, test_name(&dataset, test));
                drawn.push((name, plot::value_map(map.layout, &title, &of_map, language)));
            }
        }
    } else {
        drawn.extend(maps.iter().map(|map| (format!("{}-{}", map.lot, map.wafer), plot::bin_map(map, language))));
    }
    for (name, svg) in &drawn {
        plots.save(name, svg)?.iter().try_for_each(|path| writeln!(out, "{}", path.display()))?;
    }
    if drawn.is_empty() {
        writeln!(out, "{}", language.say("没有带坐标的晶圆", "no wafer has dies with coordinates"))?;
    }
    Ok(())
}
