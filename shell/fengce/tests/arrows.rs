//! Dependencies point one way only, as ARCHITECTURE.md draws them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A package of the workspace: its wing, and what it depends on, tests and build aside where `is_dev`.
struct Package {
    name: String,
    wing: String,
    dependencies: Vec<(String, bool)>,
}

/// What `cargo metadata` says of the workspace, without the network.
fn packages() -> Vec<Package> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).current_dir(&root);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let root = metadata["workspace_root"].as_str().unwrap().to_owned();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let package = |package: &Value| {
        let path = text(&package["manifest_path"]);
        let inside = path.strip_prefix(&root).unwrap().trim_start_matches('/');
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        Package {
            name: text(&package["name"]),
            wing: inside.split('/').next().unwrap().to_owned(),
            dependencies: dependencies
                .map(|dependency| (text(&dependency["name"]), dependency["kind"] == "dev"))
                .collect(),
        }
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

/// What a wing may depend on: wings, and crates of `shell` by name.
fn may(wing: &str, other: &Package) -> bool {
    let shell = |names: &[&str]| other.wing == "shell" && names.contains(&other.name.as_str());
    match wing {
        "kernel" => false,
        "contexts" => other.wing == "kernel",
        "engines" => ["kernel", "engines"].contains(&other.wing.as_str()),
        "pages" => {
            let below = ["kernel", "contexts", "engines"].contains(&other.wing.as_str());
            let pages = other.wing == "pages";
            below || pages || shell(&["office", "web", "register", "chart", "report", "exports", "upload"])
        }
        "shell" => true,
        _ => false,
    }
}

#[test]
fn dependencies_point_one_way() {
    let packages = packages();
    let known: BTreeMap<&str, &Package> = packages.iter().map(|package| (package.name.as_str(), package)).collect();
    assert!(known.len() > 15 && known["subsidy"].wing == "contexts", "the workspace was read");
    let mut faults = Vec::new();
    for package in &packages {
        for (name, _) in &package.dependencies {
            let Some(other) = known.get(name.as_str()) else { continue };
            if !may(&package.wing, other) {
                faults.push(format!("{} ({}) → {name} ({})", package.name, package.wing, other.wing));
            }
            // Only the binary stands above pages.
            if package.wing == "shell" && other.wing == "pages" && package.name != "fengce" {
                faults.push(format!("{} → {name}: only fengce knows pages", package.name));
            }
        }
    }
    assert!(faults.is_empty(), "arrows that point up or aside:\n{}", faults.join("\n"));
}

#[test]
fn only_the_report_crate_knows_typst_and_only_shell_knows_databases_and_http() {
    let mut faults = Vec::new();
    for package in packages() {
        for (name, is_dev) in &package.dependencies {
            let fault = match name.as_str() {
                name if name.starts_with("typst") => package.name != "report",
                "sqlx" => package.wing != "shell",
                "axum" | "tower" => ["kernel", "contexts", "engines"].contains(&package.wing.as_str()),
                "tokio" | "getrandom" => ["kernel", "contexts", "engines"].contains(&package.wing.as_str()) && !is_dev,
                _ => false,
            };
            if fault {
                faults.push(format!("{} → {name}", package.name));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
