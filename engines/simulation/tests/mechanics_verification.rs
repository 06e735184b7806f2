//! Closed forms for the brick solver, with their tolerances.
#![allow(clippy::unwrap_used)]

use simulation::grid::{Axis, Grid, Region};
use simulation::mechanics::{Solid, SolidBody, Symmetry};
use simulation::thermal::Tolerance;

fn isotropic(modulus: f64, poisson: f64, strain: f64) -> Solid {
    Solid { modulus, modulus_z: modulus, poisson, strain: [strain; 2] }
}

const TIGHT: Tolerance = Tolerance { relative: 1e-9, iterations: 400 };

/// Curvature of a plate from the deflection of its lower face along x.
fn curvature(body: &SolidBody, tolerance: Tolerance) -> f64 {
    let deformed = body.solve(tolerance).unwrap();
    println!("{:?} cells, {:?}", body.grid.shape(), deformed.convergence);
    let x = body.grid.x.planes();
    let end = x.len() / 2;
    let rise = deformed.at(end, 0, 0)[2] - deformed.at(0, 0, 0)[2];
    2.0 * rise / (x[end] * x[end])
}

fn bimaterial(
    length: f64,
    width: f64,
    cells: usize,
    thicknesses: [f64; 2],
    solids: [Solid; 2],
    per_layer: usize,
) -> SolidBody {
    let mut planes = vec![0.0];
    for t in thicknesses {
        let from = planes[planes.len() - 1];
        planes.extend((1..=per_layer).map(|n| from + t * n as f64 / per_layer as f64));
    }
    let across = if width == length { cells } else { 1 };
    let grid = Grid {
        x: Axis::uniform(0.0, length, cells).unwrap(),
        y: Axis::uniform(0.0, width, across).unwrap(),
        z: Axis::new(planes).unwrap(),
    };
    let nx = cells;
    let nz = 2 * per_layer;
    let cells = (0..grid.len()).map(|c| if c / nx % nz < per_layer { 1 } else { 2 }).collect();
    SolidBody { grid, cells, solids: solids.to_vec(), symmetry: Symmetry { x: true, y: true } }
}

/// Timoshenko 1925; for plates with both moduli over 1 − ν.
fn timoshenko(t: [f64; 2], e: [f64; 2], strain: [f64; 2]) -> f64 {
    let (m, n, h) = (t[0] / t[1], e[0] / e[1], t[0] + t[1]);
    6.0 * (strain[1] - strain[0]) * (1.0 + m).powi(2)
        / (h * (3.0 * (1.0 + m).powi(2) + (1.0 + m * n) * (m * m + 1.0 / (m * n))))
}

#[test]
fn timoshenko_strip_within_a_fifth_of_a_percent() {
    let (t, e, strain) = ([0.4e-3, 0.2e-3], [22e9, 131e9], [16e-6 * -100.0, 2.6e-6 * -100.0]);
    let solids = [isotropic(e[0], 0.0, strain[0]), isotropic(e[1], 0.0, strain[1])];
    let body = bimaterial(20e-3, 0.2e-3, 60, t, solids, 2);
    let exact = timoshenko(t, e, strain);
    let ours = curvature(&body, TIGHT);
    assert!((ours / -exact - 1.0).abs() < 2e-3, "{ours} against {}", -exact);
}

#[test]
fn one_element_per_layer_bends_without_locking() {
    let (t, e, strain) = ([0.4e-3, 0.2e-3], [22e9, 131e9], [-1.6e-3, -0.26e-3]);
    let solids = [isotropic(e[0], 0.0, strain[0]), isotropic(e[1], 0.0, strain[1])];
    // Elements 2 mm long and 0.2 mm thick.
    let body = bimaterial(20e-3, 2e-3, 10, t, solids, 1);
    let (ours, exact) = (curvature(&body, TIGHT), -timoshenko(t, e, strain));
    assert!((ours / exact - 1.0).abs() < 1e-2, "{ours} against {exact}");
}

#[test]
fn plate_bends_with_the_biaxial_modulus() {
    let (t, e, nu, strain) = ([0.4e-3, 0.2e-3], [22e9, 131e9], 0.28, [-1.6e-3, -0.26e-3]);
    let solids = [isotropic(e[0], nu, strain[0]), isotropic(e[1], nu, strain[1])];
    let body = bimaterial(12e-3, 12e-3, 40, t, solids, 2);
    let exact = -timoshenko(t, [e[0] / (1.0 - nu), e[1] / (1.0 - nu)], strain);
    let ours = curvature(&body, TIGHT);
    assert!((ours / exact - 1.0).abs() < 1e-2, "{ours} against {exact}");
}

#[test]
fn stoney_bow_of_a_wafer() {
    // 725 µm of silicon with 1 µm of film at 250 MPa bows 177.8 µm over 300 mm; a 60 mm piece has the same curvature.
    let (t, e, nu) = ([725e-6, 1e-6], 130e9, 0.28);
    let film = isotropic(e, nu, -250e6 * (1.0 - nu) / e);
    let body = bimaterial(30e-3, 30e-3, 24, t, [isotropic(e, nu, 0.0), film], 1);
    let bow = curvature(&body, TIGHT) * 0.15 * 0.15 / 2.0;
    assert!((bow / 177.8e-6 - 1.0).abs() < 2e-2, "{bow}");
}

#[test]
fn free_expansion_has_no_stress_and_mixed_sizes_pass_the_patch_test() {
    let grid = Grid {
        x: Axis::new(vec![0.0, 1e-3, 1.3e-3, 3e-3]).unwrap(),
        y: Axis::new(vec![0.0, 0.2e-3, 2e-3]).unwrap(),
        z: Axis::new(vec![0.0, 20e-6, 0.5e-3, 0.6e-3]).unwrap(),
    };
    let n = grid.len();
    let body = SolidBody {
        grid,
        cells: vec![1; n],
        solids: vec![Solid { modulus: 24e9, modulus_z: 9e9, poisson: 0.2, strain: [1.4e-3, 4e-3] }],
        symmetry: Symmetry::default(),
    };
    let deformed = body.solve(TIGHT).unwrap();
    for (i, j, k) in [(0, 0, 0), (1, 1, 1), (2, 1, 2)] {
        let stress = body.stress(&deformed, i, j, k);
        assert!(stress.iter().all(|s| s.abs() < 1e3), "{stress:?}");
        let strain = body.strain(&deformed, i, j, k);
        assert!((strain[0] - 1.4e-3).abs() < 1e-9 && (strain[2] - 4e-3).abs() < 1e-9, "{strain:?}");
    }
}

#[test]
fn a_quarter_with_mirrors_equals_the_whole() {
    let axis = |half: bool| {
        let planes: Vec<f64> = [-4.0, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0].map(|v| v * 1e-3).to_vec();
        Axis::new(if half { planes[5..].to_vec() } else { planes }).unwrap()
    };
    let bow = |half: bool| {
        let grid = Grid { x: axis(half), y: axis(half), z: Axis::new(vec![0.0, 0.2e-3, 0.4e-3, 0.6e-3]).unwrap() };
        let mut cells = vec![1u16; grid.len()];
        for (cell, _) in grid.cells_with_volume(&Region::new([-2e-3, -2e-3, 0.2e-3], [2e-3, 2e-3, 0.6e-3])) {
            cells[cell] = 2;
        }
        let solids = vec![isotropic(24e9, 0.3, -9e-6 * 150.0), isotropic(131e9, 0.28, -2.6e-6 * 150.0)];
        let body = SolidBody { grid, cells, solids, symmetry: Symmetry { x: half, y: half } };
        let deformed = body.solve(TIGHT).unwrap();
        let shape = body.shape_of_plane(&deformed, 0.0, &Region::all());
        let w = |f: fn(f64, f64) -> f64, start: f64| shape.iter().map(|p| p[2]).fold(start, f);
        w(f64::max, f64::MIN) - w(f64::min, f64::MAX)
    };
    let (quarter, whole) = (bow(true), bow(false));
    assert!((quarter / whole - 1.0).abs() < 1e-5, "{quarter} against {whole}");
    assert!(whole > 1e-6);
}

#[test]
fn pieces_that_float_are_refused() {
    let grid = Grid {
        x: Axis::uniform(0.0, 1e-3, 3).unwrap(),
        y: Axis::uniform(0.0, 1e-3, 2).unwrap(),
        z: Axis::uniform(0.0, 1e-3, 2).unwrap(),
    };
    let cells = (0..grid.len()).map(|c| if c % 3 == 1 { 0 } else { 1 }).collect();
    let body = SolidBody { grid, cells, solids: vec![isotropic(1e9, 0.3, 1e-3)], symmetry: Symmetry::default() };
    let error = body.solve(TIGHT).unwrap_err().to_string();
    assert!(error.contains("floats"), "{error}");
}
