//! Packages from input files to warpage.
#![allow(clippy::unwrap_used)]

use simulation::metrics::Study;
use simulation::package::Input;

fn study(text: &str) -> Study {
    Study::new(Input::parse(text).unwrap(), &|path| panic!("no file is read: {path}")).unwrap()
}

#[test]
fn bga_from_the_template() {
    let study = study(include_str!("../templates/bga.toml"));
    let (report, warped) = study.warpage(&study.warpage_mesh().refined(0.5), &mut |_, _| true).unwrap();
    println!("{report:#?} {:?}", warped.states.iter().map(|s| s.convergence).collect::<Vec<_>>());
    assert!(report.quarter);
    let room = &report.points[0];
    // Moulded BGAs are known to bow by tens of micrometres at room temperature; the plate estimate has to agree in size.
    assert!(room.warpage_um.abs() > 5.0 && room.warpage_um.abs() < 300.0, "{}", room.warpage_um);
    let solder = report.solder.unwrap();
    assert!(solder.strain_range > 1e-4 && solder.strain_range < 0.1);
    assert!(solder.spread > 1.0);
}

#[test]
fn qfn_from_the_template() {
    let study = study(include_str!("../templates/qfn.toml"));
    let (report, _) = study.warpage(&study.warpage_mesh().refined(0.5), &mut |_, _| true).unwrap();
    println!("{:#?}", report.points);
    assert!(report.points.iter().all(|p| p.warpage_um.abs() < 60.0));
    assert!(report.points[0].die_equivalent_mpa > 1.0);
}

#[test]
fn a_lid_over_paste_does_not_bend_with_the_plate() {
    let study = study(include_str!("../templates/fcbga.toml"));
    let (report, _) = study.warpage(&study.warpage_mesh().refined(0.5), &mut |_, _| true).unwrap();
    // The die holds the substrate back under itself: the middle stands up when cold, by both.
    let cold = &report.points[0];
    assert!(cold.warpage_um > 10.0 && cold.layered_plate_um > 10.0, "{cold:?}");
}
