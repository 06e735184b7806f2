//! Bad input is refused by name; energy is conserved and mirrors hold for any stack.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use simulation::grid::{Axis, Grid, Region};
use simulation::metrics::{Study, Wanted};
use simulation::package::Input;
use simulation::thermal::{Conductor, Contact, Facing, Film, Surface, ThermalBody, Tolerance, steady};

const QFN: &str = include_str!("../templates/qfn.toml");

fn complaint(from: &str, to: &str) -> String {
    assert!(QFN.contains(from), "{from}");
    let text = QFN.replace(from, to);
    let study = Input::parse(&text).and_then(|input| Study::new(input, &|_| unreachable!()));
    let nothing = Wanted { resistances: false, error_estimate: false };
    let run = study.and_then(|s| s.thermal(&s.mesh_settings().refined(0.5), nothing, &mut |_, _| true));
    run.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn bad_input_is_refused_by_name() {
    for (from, to, expected) in [
        ("thickness = \"0.2 mm\"", "thickness = \"-0.2 mm\"", "package.dies.thickness"),
        ("power = \"1 W\"", "power = \"1\"", "no unit"),
        ("power = \"1 W\"", "power = \"0 W\"", "power"),
        ("mould = \"emc\"", "mould = \"plastic\"", "package.mould"),
        ("size = [\"2.5 mm\", \"2.5 mm\"]", "size = [\"4.5 mm\", \"2.5 mm\"]", "package.dies[0].size"),
        ("thickness = \"0.2 mm\"", "thickness = \"0.9 mm\"", "package.dies[0].thickness"),
        ("per_side = 8", "per_side = 18", "package.leads.per_side"),
        ("voids = \"5 %\"", "voids = \"95 %\"", "voids"),
        ("thickness = \"0.85 mm\"\n", "", "thickness"),
    ] {
        let said = complaint(from, to);
        assert!(said.contains(expected), "{from} → {to}: {said}");
    }
}

#[test]
fn overlapping_dies_are_refused() {
    let second = "[[package.dies]]\nname = \"second\"\nsize = [\"1 mm\", \"1 mm\"]\nthickness = \"0.1 mm\"\n\
                  at = [\"1 mm\", \"0 mm\"]\nattach = { material = \"silver-epoxy\", thickness = \"25 um\" }\n\n[board]";
    let said = complaint("[board]", second);
    assert!(said.contains("package.dies[1].at") && said.contains("overlaps"), "{said}");
}

fn random_body(widths: &[f64], layers: &[f64], holes: u64, sink: f64, watts: f64) -> ThermalBody {
    let axis = |widths: &[f64]| {
        let mut planes = vec![0.0];
        widths.iter().for_each(|w| planes.push(planes[planes.len() - 1] + w * 1e-3));
        Axis::new(planes).unwrap()
    };
    // Mirrored in x, so that the answer has to be.
    let mirrored: Vec<f64> = widths.iter().rev().chain(widths).copied().collect();
    let grid = Grid { x: axis(&mirrored), y: axis(widths), z: axis(layers) };
    let [nx, ny, nz] = grid.shape();
    let mut cells = vec![0u16; grid.len()];
    for j in 0..ny {
        for k in 0..nz {
            for i in 0..nx {
                let bit = i.min(nx - 1 - i) * 7 + j * 3 + k * 5;
                // The lowest layer is always solid, and voids never hang free: they are whole columns above it.
                let hole = k > 0 && holes >> ((i.min(nx - 1 - i) * 7 + j * 3) % 61) & 1 == 1;
                cells[grid.index(i, j, k)] = if hole { 0 } else { 1 + (bit % 3) as u16 };
            }
        }
    }
    let mut power = vec![0.0; grid.len()];
    (0..nx).for_each(|i| power[grid.index(i, 0, 0)] = watts);
    let surface = |name: &str, facing, h, ambient| Surface {
        name: name.into(),
        facing: vec![facing],
        region: Region::all(),
        film: Film::Coefficient(h),
        emissivity: 0.0,
        ambient,
    };
    let contact = Contact { height: layers[0] * 1e-3, region: Region::all(), resistance: 1e-5 };
    ThermalBody {
        cells,
        power,
        conductors: vec![
            Conductor::isotropic(0.3, 2e6),
            Conductor::isotropic(148.0, 1.6e6),
            Conductor::isotropic(390.0, 3.4e6),
        ],
        surfaces: vec![surface("top", Facing::Up, sink, 300.0), surface("bottom", Facing::Down, 2.0 * sink, 320.0)],
        contacts: vec![contact],
        grid,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn energy_is_conserved_and_mirrors_hold(
        widths in prop::collection::vec(0.02f64..3.0, 2..9),
        layers in prop::collection::vec(0.005f64..1.0, 2..7),
        holes in any::<u64>(),
        sink in 1f64..1e5,
        watts in 1e-4f64..10.0,
    ) {
        let body = random_body(&widths, &layers, holes, sink, watts);
        let field = steady(&body, Tolerance { relative: 1e-10, iterations: 300 }).unwrap();
        prop_assert!(field.energy_error.abs() < 1e-5, "{}", field.energy_error);
        let [nx, ny, nz] = body.grid.shape();
        for j in 0..ny {
            for k in 0..nz {
                for i in 0..nx {
                    let (a, b) = (body.grid.index(i, j, k), body.grid.index(nx - 1 - i, j, k));
                    let (left, right) = (field.temperature[a], field.temperature[b]);
                    prop_assert!((left - right).abs() < 1e-4 * (1.0 + (left - 300.0).abs()), "{left} {right}");
                    // Nothing is colder than the coldest surroundings.
                    prop_assert!(body.cells[a] == 0 || left > 299.99);
                }
            }
        }
    }
}

/// Two parts that do not touch: 100 W on one, a ten-millionth of a watt on the other, whose film is as weak. The residual
/// hardly sees the second.
#[test]
fn a_faint_part_beside_a_strong_one_is_solved_too() {
    let x = Axis::new(vec![0.0, 1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3, 7e-3, 8e-3]).unwrap();
    let grid = Grid { y: x.clone(), z: Axis::new(vec![0.0, 5e-6, 1e-5]).unwrap(), x };
    let [nx, ny, nz] = grid.shape();
    let mut body = random_body(&[1.0, 1.0], &[0.1, 0.2], 0, 1.0, 1.0);
    (body.cells, body.power) = (vec![0; grid.len()], vec![0.0; grid.len()]);
    for j in 0..ny {
        for k in 0..nz {
            for i in (0..nx).filter(|i| *i != 4) {
                body.cells[grid.index(i, j, k)] = if i < 4 { 3 } else { 1 };
            }
        }
    }
    body.power[grid.index(0, 0, 0)] = 100.0;
    body.power[grid.index(5, 0, 1)] = 1e-7;
    let side = |name: &str, low: f64, high: f64, h: f64| Surface {
        name: name.into(),
        facing: vec![Facing::Down],
        region: Region::new([low, 0.0, 0.0], [high, 8e-3, 0.0]),
        film: Film::Coefficient(h),
        emissivity: 0.0,
        ambient: 300.0,
    };
    // 3 × 8 mm² at 1e-3 W/(m²·K): a ten-millionth of a watt warms it by 4.17 K.
    body.surfaces = vec![side("strong", 0.0, 4e-3, 1e5), side("faint", 5e-3, 8e-3, 1e-3)];
    body.contacts.clear();
    body.grid = grid;
    let field = steady(&body, Tolerance::default()).unwrap();
    let rise = field.surface_temperature[1] - 300.0;
    assert!((rise / (1e-7 / (24e-6 * 1e-3)) - 1.0).abs() < 1e-4, "{rise}");
}

#[test]
fn a_floating_body_is_refused() {
    let mut body = random_body(&[1.0, 1.0], &[0.1, 0.2], 0, 100.0, 1.0);
    body.surfaces.clear();
    let said = steady(&body, Tolerance::default()).unwrap_err().to_string();
    assert!(said.contains("no way to give off heat"), "{said}");
}

#[test]
fn a_run_that_does_not_converge_says_so() {
    let body = random_body(&[0.1, 2.0, 0.3, 1.0], &[0.01, 0.2, 0.4], 0b1011, 50.0, 1.0);
    let said = steady(&body, Tolerance { relative: 1e-12, iterations: 1 }).unwrap_err().to_string();
    assert!(said.contains("did not converge") && said.contains("no result is given"), "{said}");
}
