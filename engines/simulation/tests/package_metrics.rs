//! Packages from input files to resistances.
#![allow(clippy::unwrap_used)]

use simulation::metrics::{Study, Wanted};
use simulation::package::Input;

const QFN: &str = include_str!("../templates/qfn.toml");

fn study(text: &str) -> simulation::Result<Study> {
    Study::new(Input::parse(text)?, &|path| panic!("no file is read: {path}"))
}

#[test]
fn qfn_from_the_template() {
    let study = study(QFN).unwrap();
    let wanted = Wanted { resistances: true, error_estimate: true };
    let (report, _) = study.thermal(&study.mesh_settings().refined(0.7), wanted, &mut |_, _| true).unwrap();
    println!("{report:#?}");
    assert!(report.energy_error.abs() < 1e-5);
    assert!(report.mesh.unwrap().error < 0.05);
    let theta = report.theta_ja.unwrap();
    assert!(report.theta_jc_bottom.unwrap() < report.theta_jb.unwrap() && report.theta_jb.unwrap() < theta);
    assert!(report.psi_jt.unwrap() < 2.0 && report.theta_jc_top.unwrap() > 10.0);
}

/// Makers seldom state the die. Its size is chosen here so that θJC meets the published figure; θJA then has to follow.
#[test]
fn published_resistances_of_qfn_packages_within_a_quarter() {
    // (body mm, pad mm, leads per side, die mm, published θJC, published θJA): LTC's table for UH, UK and UP.
    for (body, pad, leads, die, theta_jc, theta_ja) in
        [(5.0, 3.4, 8, 1.6, 7.3, 44.0), (7.0, 5.15, 12, 2.5, 3.0, 34.0), (9.0, 7.15, 16, 4.3, 1.0, 29.0)]
    {
        let text = QFN
            .replace("\"5 mm\", \"5 mm\"", &format!("\"{body} mm\", \"{body} mm\""))
            .replace("\"3.4 mm\", \"3.4 mm\"", &format!("\"{pad} mm\", \"{pad} mm\""))
            .replace("per_side = 8", &format!("per_side = {leads}"))
            .replace("\"2.5 mm\", \"2.5 mm\"", &format!("\"{die} mm\", \"{die} mm\""));
        let study = study(&text).unwrap();
        let wanted = Wanted { resistances: true, error_estimate: false };
        let (report, _) = study.thermal(&study.mesh_settings().refined(0.6), wanted, &mut |_, _| true).unwrap();
        let (jc, ja) = (report.theta_jc_bottom.unwrap(), report.theta_ja.unwrap());
        println!(
            "{body} mm: θJC {jc:.2} (published {theta_jc}), θJA {ja:.2} (published {theta_ja}), {} cells",
            report.cells
        );
        assert!((jc / theta_jc - 1.0).abs() < 0.25, "{jc}");
        assert!((ja / theta_ja - 1.0).abs() < 0.25, "{ja}");
    }
}

/// A moulded BGA of 13 mm with 361 balls on four copper layers, as the TMS320C6742 in its ZCE package. Die and substrate are not
/// published: they are chosen here, the die so that θJC meets the published figure.
const PBGA: &str = r#"name = "PBGA 13x13"
[package]
family = "bga"
body = ["13 mm", "13 mm"]
mould_thickness = "0.53 mm"
substrate = [
  { thickness = "25 um", material = "solder-mask" },
  { thickness = "18 um", material = "bt-core", copper = "50 %" },
  { thickness = "60 um", material = "bt-core", copper = "2 %" },
  { thickness = "18 um", material = "bt-core", copper = "90 %" },
  { thickness = "100 um", material = "bt-core", copper = "2 %" },
  { thickness = "18 um", material = "bt-core", copper = "90 %" },
  { thickness = "60 um", material = "bt-core", copper = "2 %" },
  { thickness = "18 um", material = "bt-core", copper = "50 %" },
  { thickness = "25 um", material = "solder-mask" },
]
balls = { count = [19, 19], pitch = "0.65 mm", diameter = "0.3 mm", height = "0.25 mm" }
[[package.dies]]
name = "die"
size = ["5 mm", "5 mm"]
thickness = "0.25 mm"
power = "0.5 W"
attach = { material = "silver-epoxy", thickness = "25 um" }
[board]
kind = "2s2p"
vias = { count = 49, drill = "0.2 mm", plating = "20 um" }
[environment]
ambient = "70 degC"
air_speed = "0 m/s"
"#;

#[test]
fn published_resistances_of_a_moulded_bga_over_the_air_speed() {
    let run = |speed: &str, resistances: bool| {
        let study = study(&PBGA.replace("\"0 m/s\"", speed)).unwrap();
        let wanted = Wanted { resistances, error_estimate: false };
        study.thermal(&study.mesh_settings().refined(0.7), wanted, &mut |_, _| true).unwrap().0
    };
    let still = run("\"0 m/s\"", true);
    let theta_jc = still.theta_jc_top.unwrap();
    assert!((theta_jc / 7.6 - 1.0).abs() < 0.1, "{theta_jc}");
    // Texas Instruments, data sheet of the TMS320C6742, table 8-1: still air, 1 and 2 m/s.
    let ours = [still.theta_ja, run("\"1 m/s\"", false).theta_ja, run("\"2 m/s\"", false).theta_ja].map(Option::unwrap);
    for (ours, published) in ours.iter().zip([23.9, 20.3, 19.5]) {
        println!("θJA {ours:.2} K/W (published {published})");
        assert!((ours / published - 1.0).abs() < 0.15, "{ours} against {published}");
    }
}

#[test]
fn vias_need_a_place() {
    // Balls only in the outer rows: none stands under the die.
    let ring = PBGA.replace("count = [19, 19],", "count = [19, 19], rows = 2,");
    let outcome =
        study(&ring).and_then(|s| s.thermal(&s.mesh_settings().refined(0.5), Wanted::default(), &mut |_, _| true));
    let said = outcome.map(|_| ()).unwrap_err().to_string();
    assert!(said.contains("board.vias"), "{said}");
}
