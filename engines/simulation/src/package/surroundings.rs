//! Boards, heat sinks and the air around: what turns a package into a thermal problem.

use super::build::Package;
use super::builder::{Builder, rectangle, slab, with_copper};
use super::input::{Board, BoardKind, Cooling, Environment, HeatSink, Input};
use crate::error::{Result, SimulationError};
use crate::grid::Region;
use crate::material::{Confidence, Curve, Library, Material};
use crate::quantity::Quantity;
use crate::reason::Reason;
use crate::scene::{Probe, Scene};
use crate::thermal::{Facing, Film, Surface};

/// The ways a package is set up for its resistances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// As the input says: board, sink, air or coolant.
    AsGiven,
    /// Cold plate on the top, all else insulated, no board (JESD51-14 idea, θJCtop).
    ColdTop,
    /// Cold plate at the underside, all else insulated, no board (θJCbot).
    ColdBottom,
    /// Ring cold plate around the package on the board, all else insulated (JESD51-8, θJB).
    BoardRing,
}

/// Distance of the ring of JESD51-8 from the package, metres.
const RING_DISTANCE: f64 = 5e-3;

/// Width of that ring, metres.
const RING_WIDTH: f64 = 4e-3;

/// Width up to which a package takes the smaller JESD51 board, metres.
const SMALL_BODY: f64 = 27e-3;

/// A package in its surroundings, ready to be meshed.
pub fn set_up(package: &Package, input: &Input, library: &Library, setup: Setup) -> Result<Scene> {
    let mut scene = package.scene.clone();
    probes(&mut scene, package);
    let with_board = matches!(setup, Setup::AsGiven | Setup::BoardRing)
        && input.package.sits_on_board()
        && input.board.kind != BoardKind::None;
    let environment = &input.environment;
    let mut top = package.body;
    if let (Some(sink), Setup::AsGiven) = (&input.heat_sink, setup) {
        top = add_sink(&mut scene, package, sink, environment, library)?;
    }
    let board = if with_board { Some(add_board(&mut scene, package, &input.board, library)?) } else { None };
    match setup {
        Setup::AsGiven => in_air(&mut scene, top, board, input),
        Setup::ColdTop => fixed(&mut scene, "cold plate", Facing::Up, top, environment, package.body.high[2]),
        Setup::ColdBottom => {
            let place = package.exposed.unwrap_or(package.body);
            // Pads, plates, leads and balls all end in the seating plane.
            fixed(&mut scene, "cold plate", Facing::Down, place, environment, 0.0);
        }
        Setup::BoardRing => match board {
            Some(board) => ring(&mut scene, package, board, environment),
            None => return Err(SimulationError::field("board.kind", Reason::NeedsBoard)),
        },
    }
    Ok(scene)
}

fn probes(scene: &mut Scene, package: &Package) {
    for die in &package.dies {
        scene.probes.push(Probe { name: die.name.clone(), region: die.active });
    }
    let [x, y, _] = package.body.centre();
    let (half, top) = (0.02 * package.body.size()[0], package.body.high[2]);
    let region = Region::new([x - half, y - half, top], [x + half, y + half, top]);
    scene.probes.push(Probe { name: "case top".into(), region });
}

fn surface(name: &str, facing: Vec<Facing>, region: Region, film: Film, environment: &Environment) -> Surface {
    let (emissivity, ambient) = (environment.emissivity.si().min(1.0), environment.ambient.si());
    Surface { name: name.into(), facing, region, film, emissivity, ambient }
}

fn fixed(scene: &mut Scene, name: &str, facing: Facing, place: Region, environment: &Environment, height: f64) {
    let region = Region::new([place.low[0], place.low[1], height], [place.high[0], place.high[1], height]);
    let face = surface(name, vec![facing], region, Film::FixedTemperature, environment);
    scene.surfaces.push(Surface { emissivity: 0.0, ..face });
}

fn ring(scene: &mut Scene, package: &Package, board: Region, environment: &Environment) {
    let near: [[f64; 2]; 2] =
        std::array::from_fn(|d| [package.body.low[d] - RING_DISTANCE, package.body.high[d] + RING_DISTANCE]);
    let far = near.map(|[low, high]| [low - RING_WIDTH, high + RING_WIDTH]);
    let strips = [
        [[far[0][0], near[0][0]], far[1]],
        [[near[0][1], far[0][1]], far[1]],
        [near[0], [far[1][0], near[1][0]]],
        [near[0], [near[1][1], far[1][1]]],
    ];
    for strip in strips {
        for (facing, height) in [(Facing::Up, board.high[2]), (Facing::Down, board.low[2])] {
            fixed(scene, "ring cold plate", facing, slab(strip, height, height), environment, height);
        }
    }
    // An edge of the mesh where the ring begins and ends.
    for strip in strips {
        let (material, region) = (None, slab(strip, board.high[2] + 1.0, board.high[2] + 2.0));
        scene.blocks.push(crate::scene::Block { name: "ring".into(), material, region });
    }
}

/// Natural or forced film for a face of a given extent.
fn film(environment: &Environment, extent: [f64; 2], facing: Facing, height: f64) -> Film {
    let speed = environment.air_speed.si();
    if speed > 0.0 {
        return Film::Forced { speed, length: extent[0].max(extent[1]) };
    }
    let characteristic = extent[0] * extent[1] / (2.0 * (extent[0] + extent[1]));
    match facing {
        Facing::Up => Film::NaturalUp(characteristic),
        Facing::Down => Film::NaturalDown(characteristic),
        _ => Film::NaturalUpright(height),
    }
}

fn cooled(name: &str, facing: Facing, region: Region, cooling: &Cooling) -> Surface {
    let film = cooling.coefficient.map_or(Film::FixedTemperature, |h| Film::Coefficient(h.si()));
    Surface {
        name: name.into(),
        facing: vec![facing],
        region,
        film,
        emissivity: 0.0,
        ambient: cooling.temperature.si(),
    }
}

/// Air, radiation and coolant on all outer faces.
fn in_air(scene: &mut Scene, top: Region, board: Option<Region>, input: &Input) {
    let environment = &input.environment;
    let extent = |r: &Region| [r.size()[0], r.size()[1]];
    let all = Region::all();
    let slack = 1e-7;
    let has_sink = scene.surfaces.iter().any(|s| s.name == "heat sink");
    let level = board.map_or(f64::NEG_INFINITY, |b| b.high[2]);
    let above = Region { low: [f64::NEG_INFINITY, f64::NEG_INFINITY, level + slack], ..all };
    // The package may be smaller than what lies above it (a sink); what looks up above the board is "package top".
    let package_top =
        if has_sink { Region { high: [f64::INFINITY, f64::INFINITY, top.low[2] - slack], ..above } } else { above };
    match &environment.top {
        Some(cooling) => {
            let region = Region::new([top.low[0], top.low[1], top.high[2]], top.high);
            scene.surfaces.push(cooled("top", Facing::Up, region, cooling));
        }
        None => {
            let film = film(environment, extent(&top), Facing::Up, 0.0);
            scene.surfaces.push(surface("package top", vec![Facing::Up], package_top, film, environment));
        }
    }
    let height = top.high[2] - board.map_or(top.low[2], |b| b.low[2]).max(0.0);
    let sides = film(environment, extent(&top), Facing::Left, height);
    scene.surfaces.push(surface("package sides", Facing::SIDES.to_vec(), above, sides, environment));
    if let Some(board) = board {
        let up = film(environment, extent(&board), Facing::Up, 0.0);
        let region = Region::new(
            [f64::NEG_INFINITY, f64::NEG_INFINITY, board.high[2]],
            [f64::INFINITY, f64::INFINITY, board.high[2]],
        );
        scene.surfaces.push(surface("board top", vec![Facing::Up], region, up, environment));
        let edge = film(environment, extent(&board), Facing::Left, board.size()[2]);
        let region = Region { high: [f64::INFINITY, f64::INFINITY, board.high[2]], ..all };
        scene.surfaces.push(surface("board edges", Facing::SIDES.to_vec(), region, edge, environment));
    }
    let lowest = board.unwrap_or(Region { low: [top.low[0], top.low[1], 0.0], ..top });
    let face = Region::new(
        [f64::NEG_INFINITY, f64::NEG_INFINITY, lowest.low[2]],
        [f64::INFINITY, f64::INFINITY, lowest.low[2]],
    );
    match &environment.bottom {
        Some(cooling) => scene.surfaces.push(cooled("bottom", Facing::Down, face, cooling)),
        None => {
            let film = film(environment, extent(&lowest), Facing::Down, 0.0);
            scene.surfaces.push(surface("bottom", vec![Facing::Down], face, film, environment));
        }
    }
}

/// Size of the board: given, or by JESD51 from the width of the package.
fn board_size(board: &Board, package: &Package) -> [f64; 2] {
    let size = package.body.size();
    board.size.map_or_else(
        || if size[0].max(size[1]) < SMALL_BODY { [76.2e-3, 114.3e-3] } else { [101.6e-3, 114.3e-3] },
        |size| size.map(Quantity::si),
    )
}

/// Adds board, solder and vias; returns the box of the board.
fn add_board(scene: &mut Scene, package: &Package, board: &Board, library: &Library) -> Result<Region> {
    let size = board_size(board, package);
    let place: [[f64; 2]; 2] = size.map(|s| [-0.5 * s, 0.5 * s]);
    if (0..2).any(|d| package.body.size()[d] > size[d]) {
        return Err(SimulationError::field("board.size", Reason::BoardTooSmall));
    }
    let (copper, fr4) = (library.find("board", "copper")?, library.find("board", "fr4")?);
    let solder = library.find("board.solder", &board.solder)?;
    let top = if package.lands.is_empty() { 0.0 } else { -board.solder_thickness.si() };
    let bottom = top - board.thickness.si();
    if top < 0.0 {
        let footprint = [[package.body.low[0], package.body.high[0]], [package.body.low[1], package.body.high[1]]];
        scene.add("air gap", library.find("board", "air")?, slab(footprint, top, 0.0));
        for land in &package.lands {
            scene.add(
                "land solder",
                solder,
                Region::new([land.low[0], land.low[1], top], [land.high[0], land.high[1], 0.0]),
            );
        }
    }
    let signal = with_copper(fr4, copper, board.signal_copper.si())
        .map_err(|reason| SimulationError::field("board.signal_copper", reason))?;
    let plane = with_copper(fr4, copper, board.plane_copper.si())
        .map_err(|reason| SimulationError::field("board.plane_copper", reason))?;
    scene.add("board", fr4, slab(place, bottom, top));
    let (outer, inner, gap) = (70e-6, 35e-6, 0.25e-3);
    if board.thickness.si() < 2.0 * (outer + inner + gap) {
        return Err(SimulationError::field("board.thickness", Reason::BoardTooThin));
    }
    scene.add("top traces", &signal, slab(place, top - outer, top));
    if board.kind == BoardKind::TwoSignalsTwoPlanes {
        // The planes end 1 mm before the edge of the board.
        let planes = place.map(|[low, high]| [low + 1e-3, high - 1e-3]);
        let depth = top - outer - gap;
        scene.add("upper plane", &plane, slab(planes, depth - inner, depth));
        let height = bottom + outer + gap;
        scene.add("lower plane", &plane, slab(planes, height, height + inner));
        scene.add("bottom traces", &signal, slab(place, bottom, bottom + outer));
    }
    for land in &package.lands {
        scene.add(
            "land",
            copper,
            Region::new([land.low[0], land.low[1], top - outer], [land.high[0], land.high[1], top]),
        );
    }
    if let Some(vias) = &board.vias {
        let place = package
            .exposed
            .or_else(|| balls_under_dies(package))
            .ok_or_else(|| SimulationError::field("board.vias", Reason::NoPlaceForVias))?;
        add_vias(scene, fr4, copper, vias, place, (bottom, top), board.kind)?;
    }
    let edge = package.body.high[0].max(package.lands.iter().map(|l| l.high[0]).fold(0.0, f64::max)) + 1e-3;
    let near = Region::new([edge - 0.2e-3, -0.2e-3, top], [edge + 0.2e-3, 0.2e-3, top]);
    scene.probes.push(Probe { name: "board".into(), region: near });
    Ok(slab(place, bottom, top))
}

/// The rectangle of the balls that stand under a die, half a pitch around them included (JESD51-9 leads them to a plane).
fn balls_under_dies(package: &Package) -> Option<Region> {
    let under = |ball: &&Region| {
        let [x, y, _] = ball.centre();
        let covers = |d: &Region| (d.low[0]..=d.high[0]).contains(&x) && (d.low[1]..=d.high[1]).contains(&y);
        package.dies.iter().any(|die| covers(&die.region))
    };
    let mut balls = package.balls.iter().filter(under);
    let first = *balls.next()?;
    let all = balls.fold(first, |all, ball| {
        Region::new(
            std::array::from_fn(|d| all.low[d].min(ball.low[d])),
            std::array::from_fn(|d| all.high[d].max(ball.high[d])),
        )
    });
    let rim = 0.5 * first.size()[0];
    Some(Region::new([all.low[0] - rim, all.low[1] - rim, 0.0], [all.high[0] + rim, all.high[1] + rim, 0.0]))
}

/// Plated vias as one block: copper walls side by side in z, air or resin between; in-plane the board's own.
fn add_vias(
    scene: &mut Scene,
    fr4: &Material,
    copper: &Material,
    vias: &super::input::Vias,
    pad: Region,
    (bottom, top): (f64, f64),
    kind: BoardKind,
) -> Result<()> {
    let (drill, wall) = (vias.drill.si(), vias.plating.si());
    if 2.0 * wall > drill {
        return Err(SimulationError::field("board.vias.plating", Reason::PlatingTooThick));
    }
    let metal = std::f64::consts::PI * (drill - wall) * wall * f64::from(vias.count);
    let holes = 0.25 * std::f64::consts::PI * drill * drill * f64::from(vias.count);
    let area = pad.size()[0] * pad.size()[1];
    if holes > 0.7 * area {
        return Err(SimulationError::field("board.vias.count", Reason::ViasNeedRoom));
    }
    let share = metal / area;
    let z = Curve::Constant(
        share * copper.conductivity[2].at(320.0) + (1.0 - holes / area) * fr4.conductivity[2].at(320.0),
    );
    let filled = Material {
        name: format!("fr4 with {} vias", vias.count),
        conductivity: [fr4.conductivity[0].clone(), fr4.conductivity[1].clone(), z],
        source: "vias as copper walls side by side".into(),
        confidence: Confidence::Medium,
        ..fr4.clone()
    };
    let outer = 70e-6;
    let mut between = |low: f64, high: f64| {
        scene.add("vias", &filled, Region::new([pad.low[0], pad.low[1], low], [pad.high[0], pad.high[1], high]));
    };
    if kind == BoardKind::TwoSignalsTwoPlanes {
        let (gap, inner) = (0.25e-3, 35e-6);
        between(top - outer - gap, top - outer);
        between(bottom + outer + gap + inner, top - outer - gap - inner);
        between(bottom + outer, bottom + outer + gap);
    } else {
        between(bottom, top - outer);
    }
    Ok(())
}

/// Adds a heat sink; returns its box.
fn add_sink(
    scene: &mut Scene,
    package: &Package,
    sink: &HeatSink,
    environment: &Environment,
    library: &Library,
) -> Result<Region> {
    let body = package.body;
    let footprint = [[body.low[0], body.high[0]], [body.low[1], body.high[1]]];
    let mut builder = Builder {
        scene: std::mem::take(scene),
        library,
        read: &|path| Err(SimulationError::field(path, Reason::FileNotGiven { path: path.to_owned() })),
        dies: vec![],
    };
    let base = builder.joint("heat_sink.interface", "sink interface", &sink.interface, footprint, body.high[2])?;
    let place = rectangle(&sink.size, [body.centre()[0], body.centre()[1]]);
    let region = slab(place, base, base + sink.base.si());
    builder.add("heat_sink.material", "heat sink", &sink.material, region)?;
    *scene = builder.scene;
    let material = library.find("heat_sink.material", &sink.material)?;
    let coefficient = sink_coefficient(sink, environment, material.conductivity[0].at(330.0))?;
    let top = Region::new([place[0][0], place[1][0], region.high[2]], [place[0][1], place[1][1], region.high[2]]);
    let face = surface("heat sink", vec![Facing::Up], top, Film::Coefficient(coefficient), environment);
    scene.surfaces.push(Surface { emissivity: 0.0, ..face });
    Ok(region)
}

/// Film coefficient on the base that stands for base and fins, with the efficiency of straight fins (tanh(mL)/(mL)).
fn sink_coefficient(sink: &HeatSink, environment: &Environment, conductivity: f64) -> Result<f64> {
    let speed = environment.air_speed.si();
    let bare = match (sink.coefficient, speed > 0.0) {
        (Some(given), _) => given.si(),
        (None, true) => {
            let ambient = environment.ambient.si();
            Film::Forced { speed, length: sink.size[1].si() }.coefficient(ambient + 30.0, ambient)
        }
        (None, false) => {
            return Err(SimulationError::field("heat_sink.coefficient", Reason::NoFilmCoefficient));
        }
    };
    let Some(fins) = &sink.fins else { return Ok(bare) };
    let (height, thickness, count) = (fins.height.si(), fins.thickness.si(), f64::from(fins.count));
    if count * thickness >= sink.size[0].si() {
        return Err(SimulationError::field("heat_sink.fins.count", Reason::FinsLeaveNoGaps));
    }
    let m = (2.0 * bare / (conductivity * thickness)).sqrt() * height;
    let efficiency = if m > 1e-6 { m.tanh() / m } else { 1.0 };
    let width = sink.size[0].si();
    Ok(bare * ((width - count * thickness) + count * (2.0 * height * efficiency + thickness)) / width)
}
