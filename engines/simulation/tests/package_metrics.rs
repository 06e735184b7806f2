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
    assert!(report.mesh_error.unwrap() < 0.05);
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
