//! What an engineer types, from an empty folder to pictures.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use clap::Parser;
use simulation::command_line::{SimulateCommand, TEMPLATES, run};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: SimulateCommand,
}

/// An empty folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a command line, in which `@` stands for the folder.
fn simulate(folder: &std::path::Path, line: &[&str]) -> simulation::Result<String> {
    let words = line.iter().map(|word| word.replace('@', &folder.display().to_string()));
    let arguments = Arguments::try_parse_from(std::iter::once("simulate".to_owned()).chain(words)).unwrap();
    let mut out = Vec::new();
    run(&arguments.command, &mut out, &mut |_, _| true)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn from_a_template_to_temperatures_and_pictures() {
    let folder = folder("qfn");
    simulate(&folder, &["new", "qfn", "--out", "@/q.toml"]).unwrap();
    let again = simulate(&folder, &["new", "qfn", "--out", "@/q.toml"]).unwrap_err().to_string();
    assert!(again.contains("exists already"), "{again}");
    let line = [
        "thermal",
        "@/q.toml",
        "--refine",
        "0.5",
        "--json",
        "--resistances",
        "--svg",
        "@/p.svg",
        "--png",
        "@/p.png",
        "--vtk",
        "@/f.vtr",
        "--impedance",
        "@/z.csv",
    ];
    let report: serde_json::Value = serde_json::from_str(&simulate(&folder, &line).unwrap()).unwrap();
    let theta = report["theta_ja"].as_f64().unwrap();
    assert!((15.0..60.0).contains(&theta), "{theta}");
    assert_eq!(report["two_resistor"]["junction_to_board"], report["theta_jb"]);
    for name in ["p-section.svg", "p-plan.svg", "p-temperature.svg", "p-temperature.png", "f.vtr"] {
        assert!(std::fs::metadata(folder.join(name)).unwrap().len() > 500, "{name}");
    }
    // The curve of a power step ends in θJA, and so does the structure function.
    let curve = std::fs::read_to_string(folder.join("z.csv")).unwrap();
    let (curve, function) = curve.split_once("\nstructure function\n").unwrap();
    let last = |text: &str, column: usize| -> f64 {
        text.lines().last().unwrap().split(',').nth(column).unwrap().parse().unwrap()
    };
    assert!((last(curve, 1) / theta - 1.0).abs() < 1e-3, "{}", last(curve, 1));
    assert!((last(function, 0) / theta - 1.0).abs() < 5e-3, "{}", last(function, 0));
    let voids = "package.dies.0.attach.voids=0 %,25 %,50 %";
    let table = simulate(&folder, &["thermal", "@/q.toml", "--refine", "0.5", "--sweep", voids, "--json"]).unwrap();
    let table: serde_json::Value = serde_json::from_str(&table).unwrap();
    let theta = |n: usize| table[n][1]["theta_ja"].as_f64().unwrap();
    assert!(theta(0) < theta(1) && theta(1) < theta(2), "{table}");
}

#[test]
fn every_template_runs() {
    let folder = folder("templates");
    for (name, _) in TEMPLATES {
        let file = format!("@/{name}.toml");
        simulate(&folder, &["new", name, "--out", &file]).unwrap();
        let kind = if name == "parasitics" { "parasitics" } else { "thermal" };
        let more: &[&str] = if kind == "thermal" { &["--refine", "0.5"] } else { &[] };
        let text = simulate(&folder, &[&[kind, file.as_str()], more].concat()).unwrap();
        assert!(text.lines().count() > 2, "{name}: {text}");
        assert_eq!(text.contains("CIPS08"), ["module", "to247"].contains(&name), "{text}");
    }
}

#[test]
fn warpage_with_its_pictures_and_in_operation() {
    let folder = folder("warpage");
    simulate(&folder, &["new", "qfn", "--out", "@/q.toml"]).unwrap();
    let line = [
        "warpage",
        "@/q.toml",
        "--refine",
        "0.5",
        "--operation",
        "--png",
        "@/w.png",
        "--svg",
        "@/w.svg",
        "--vtk",
        "@/w.vtr",
    ];
    let text = simulate(&folder, &line).unwrap();
    assert!(text.contains("in operation"), "{text}");
    for name in ["w-displacement.png", "w-displacement.svg", "w.vtr"] {
        assert!(std::fs::metadata(folder.join(name)).unwrap().len() > 500, "{name}");
    }
}

#[test]
fn a_die_follows_its_power_trace() {
    let folder = folder("trace");
    std::fs::write(folder.join("t.csv"), "time_s,power_W\n0,2\n1,0\n2,0\n").unwrap();
    let (_, qfn) = TEMPLATES[0];
    std::fs::write(folder.join("q.toml"), qfn.replace("power = \"1 W\"", "power_trace = \"t.csv\"")).unwrap();
    simulate(&folder, &["thermal", "@/q.toml", "--refine", "0.5", "--over-time", "@/o.csv"]).unwrap();
    let text = std::fs::read_to_string(folder.join("o.csv")).unwrap();
    let column: Vec<f64> = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
    assert_eq!(column.len(), 17, "{text}");
    let peak = column[8];
    assert!((column[0] - 25.0).abs() < 1e-3 && peak > 30.0 && column.iter().all(|t| *t <= peak), "{text}");
    assert!(column[16] < 0.5 * (25.0 + peak), "{text}");
    let both = qfn.replace("power = \"1 W\"", "power = \"1 W\"\npower_trace = \"t.csv\"");
    std::fs::write(folder.join("b.toml"), both).unwrap();
    let said = simulate(&folder, &["thermal", "@/b.toml"]).unwrap_err().to_string();
    assert!(said.contains("package.dies[0].power: leave"), "{said}");
}

#[test]
fn complaints_name_file_field_and_option() {
    let folder = folder("complaints");
    simulate(&folder, &["new", "qfn", "--out", "@/q.toml"]).unwrap();
    for (line, expected) in [
        (vec!["thermal", "@/none.toml"], "none.toml"),
        (vec!["thermal", "@/q.toml", "--refine", "9"], "--refine"),
        (vec!["thermal", "@/q.toml", "--sweep", "package.lid=1"], "--sweep"),
        (vec!["thermal", "@/q.toml", "--refine", "0.5", "--over-time", "@/o.csv"], "power_trace"),
        (vec!["new", "bag"], "no template `bag`"),
        (vec!["thermal", "@/plan.flp"], "--power-trace"),
    ] {
        let said = simulate(&folder, &line).unwrap_err().to_string();
        assert!(said.contains(expected), "{line:?}: {said}");
    }
}
