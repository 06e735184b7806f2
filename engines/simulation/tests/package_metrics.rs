//! Packages from input files to resistances.
#![allow(clippy::unwrap_used)]

use simulation::metrics::{Study, ThermalReport, Wanted};
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

/// A moulded BGA of 13 mm with 361 balls on four copper layers, as the TMS320C6742 in its ZCE package. Die, cap and substrate are
/// not published. Two of them are chosen here, the die and the cap over it, so that two published figures are met, θJC and θJB
/// (with a smaller die under a thinner cap θJC is met too, and θJB is 30 % too high). Four others then have to follow.
const PBGA: &str = r#"name = "PBGA 13x13"
[package]
family = "bga"
body = ["13 mm", "13 mm"]
mould_thickness = "0.7 mm"
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
size = ["6.5 mm", "6.5 mm"]
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

fn near(what: &str, ours: Option<f64>, published: f64, share: f64) {
    let ours = ours.unwrap();
    println!("{what} {ours:.2} K/W (published {published}, {:+.0} %)", 100.0 * (ours / published - 1.0));
    assert!((ours / published - 1.0).abs() < share, "{what}: {ours} against {published}");
}

/// The package of a text at a wind speed in m/s; θJC and θJB too if asked for.
fn in_wind(text: &str, speed: u32, resistances: bool) -> ThermalReport {
    let study = study(&text.replace("\"0 m/s\"", &format!("\"{speed} m/s\""))).unwrap();
    let wanted = Wanted { resistances, error_estimate: false };
    study.thermal(&study.mesh_settings().refined(0.7), wanted, &mut |_, _| true).unwrap().0
}

#[test]
fn published_resistances_of_a_moulded_bga_over_the_air_speed() {
    // Texas Instruments, data sheet of the TMS320C6742, table 8-1: still air, 1 and 2 m/s.
    let still = in_wind(PBGA, 0, true);
    near("θJC", still.theta_jc_top, 7.6, 0.05);
    near("θJB", still.theta_jb, 11.3, 0.05);
    near("ψJB", still.psi_jb, 11.2, 0.1);
    near("ψJT", still.psi_jt, 0.2, 0.25);
    near("θJA", still.theta_ja, 23.9, 0.1);
    near("θJA at 1 m/s", in_wind(PBGA, 1, false).theta_ja, 20.3, 0.1);
    near("θJA at 2 m/s", in_wind(PBGA, 2, false).theta_ja, 19.5, 0.1);
}

/// A flip chip of 23 mm with a lid, as the DRA74P in its ABZ package; die, lid and substrate are not published. Die and interface
/// are chosen so that θJC is met, balls and copper so that θJB is close.
const FLIP_CHIP: &str = r#"name = "FCBGA 23x23"
[package]
family = "fcbga"
body = ["23 mm", "23 mm"]
substrate = [
  { thickness = "30 um", material = "abf", copper = "70 %" },
  { thickness = "90 um", material = "abf", copper = "50 %" },
  { thickness = "0.8 mm", material = "bt-core", copper = "25 %" },
  { thickness = "90 um", material = "abf", copper = "50 %" },
  { thickness = "30 um", material = "abf", copper = "70 %" },
]
balls = { count = [28, 28], pitch = "0.8 mm", diameter = "0.5 mm", height = "0.35 mm" }
[package.die]
name = "die"
size = ["10 mm", "10 mm"]
thickness = "0.78 mm"
power = "1.5 W"
attach = { material = "c4-underfill", thickness = "70 um" }
[package.lid]
thickness = "0.5 mm"
foot = "2 mm"
interface = { material = "tim-grease", thickness = "30 um" }
adhesive = { material = "silver-epoxy", thickness = "0.1 mm" }
[board]
kind = "2s2p"
signal_copper = "40 %"
vias = { count = 144, drill = "0.3 mm", plating = "25 um" }
[environment]
ambient = "85 degC"
air_speed = "0 m/s"
"#;

#[test]
fn published_resistances_of_a_flip_chip_over_the_air_speed() {
    // Texas Instruments, data sheet of the DRA74P, table 5-16.
    let still = in_wind(FLIP_CHIP, 0, true);
    near("θJC", still.theta_jc_top, 0.16, 0.1);
    near("θJB", still.theta_jb, 3.12, 0.15);
    near("ψJB", still.psi_jb, 2.88, 0.15);
    near("ψJT", still.psi_jt, 0.09, 0.25);
    near("θJA", still.theta_ja, 13.02, 0.25);
    near("θJA at 1 m/s", in_wind(FLIP_CHIP, 1, false).theta_ja, 7.71, 0.15);
    near("θJA at 2 m/s", in_wind(FLIP_CHIP, 2, false).theta_ja, 6.76, 0.15);
}

/// Gull-wing packages without exposed pad, 28 leads. Board and die are not published: 2s2p is taken, and the die so that θJC is met.
const GULL_WING: &str = r#"name = "28 leads"
[package]
family = "soic"
body = ["BODY_X mm", "BODY_Y mm"]
thickness = "HEIGHT mm"
standoff = "0.1 mm"
frame_thickness = "0.2 mm"
pad = { size = ["PAD_X mm", "PAD_Y mm"] }
leads = { per_side = 14, pitch = "PITCH mm", width = "WIDTH mm", length = "0.8 mm" }
reach = "REACH mm"
[[package.dies]]
name = "die"
size = ["DIE_X mm", "DIE_Y mm"]
thickness = "0.3 mm"
power = "0.5 W"
attach = { material = "silver-epoxy", thickness = "25 um" }
[environment]
air_speed = "0 m/s"
"#;

#[test]
fn published_resistances_of_gull_wing_packages_within_a_quarter() {
    const NAMES: [&str; 10] =
        ["BODY_X", "BODY_Y", "HEIGHT", "PAD_X", "PAD_Y", "PITCH", "WIDTH", "REACH", "DIE_X", "DIE_Y"];
    // Microchip's table of thermal resistances for packages of 28 leads: θJC and θJA.
    let soic = ("SOIC", [7.5, 17.9, 2.3, 5.4, 8.0, 1.27, 0.41, 1.4, 5.0, 6.5], 19.0, 74.0);
    let ssop = ("SSOP", [5.3, 10.2, 1.75, 3.9, 6.0, 0.65, 0.3, 1.25, 3.6, 5.4], 23.9, 67.1);
    for (name, sizes, theta_jc, theta_ja) in [soic, ssop] {
        let text = NAMES
            .iter()
            .zip(sizes)
            .fold(GULL_WING.to_owned(), |text, (name, size)| text.replace(name, &size.to_string()));
        let report = in_wind(&text, 0, true);
        near(&format!("{name} θJC"), report.theta_jc_top, theta_jc, 0.1);
        near(&format!("{name} θJA"), report.theta_ja, theta_ja, 0.25);
    }
}

#[test]
fn an_open_die_has_no_resistance_to_a_case() {
    let module = study(include_str!("../templates/module.toml")).unwrap();
    let wanted = Wanted { resistances: true, error_estimate: false };
    let (report, _) = module.thermal(&module.mesh_settings().refined(0.5), wanted, &mut |_, _| true).unwrap();
    assert!(report.theta_jc_top.is_none() && report.two_resistor.is_none(), "{report:?}");
    assert!(report.theta_jc_bottom.unwrap() > 0.05);
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
