//! Every family as boxes. The seating plane is z = 0, the middle of the package x = y = 0.

use super::builder::{Builder, PlacedDie, ReadFile, Rectangle, inside, rectangle, slab, with_copper};
use super::families::{
    Balls, Family, FlipChip, GridArray, GullWing, Leads, NoLead, PlatePackage, PowerModule, SubstrateLayer,
};
use crate::error::{Result, SimulationError};
use crate::grid::Region;
use crate::material::Library;
use crate::quantity::Size;
use crate::reason::Reason;
use crate::scene::Scene;

/// A package without board.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// Boxes, sources and interfaces.
    pub scene: Scene,
    /// The dies.
    pub dies: Vec<PlacedDie>,
    /// The box of the body.
    pub body: Region,
    /// Exposed pad or plate at the underside, if there is one.
    pub exposed: Option<Region>,
    /// Flat lands at z = 0 that are soldered to the board (balls stand on it without).
    pub lands: Vec<Region>,
    /// What carries the package mechanically: columns of solder between package and board, if there are any.
    pub balls: Vec<Region>,
}

impl Package {
    /// Whether an active side lies open on the top, as in a module without its cover: nothing there is a case.
    pub fn has_bare_junction(&self) -> bool {
        self.dies.iter().any(|die| die.active.high[2] > self.body.high[2] - 1e-9)
    }
}

/// Builds a package.
///
/// # Errors
/// Names the field of the input that cannot be built.
pub fn build(family: &Family, library: &Library, read: ReadFile) -> Result<Package> {
    let mut builder = Builder { scene: Scene::default(), library, read, dies: vec![] };
    let mut package = match family {
        Family::Qfn(p) => no_lead(&mut builder, p, true)?,
        Family::Dfn(p) => no_lead(&mut builder, p, false)?,
        Family::Soic(p) => gull_wing(&mut builder, p, false)?,
        Family::Qfp(p) => gull_wing(&mut builder, p, true)?,
        Family::Bga(p) | Family::Lga(p) => grid_array(&mut builder, p)?,
        Family::Fcbga(p) => flip_chip(&mut builder, p)?,
        Family::To(p) => plate_package(&mut builder, p)?,
        Family::Module(p) => power_module(&mut builder, p)?,
    };
    package.scene = builder.scene;
    package.dies = builder.dies;
    Ok(package)
}

fn shell(body: Region, exposed: Option<Region>, lands: Vec<Region>) -> Package {
    Package { scene: Scene::default(), dies: vec![], body, exposed, lands, balls: vec![] }
}

fn body_of(size: &[Size; 2]) -> Rectangle {
    rectangle(size, [0.0; 2])
}

fn pad_of(size: &[Size; 2], body: Rectangle, field: &str) -> Result<Rectangle> {
    let pad = rectangle(size, [0.0; 2]);
    if inside(pad, body) { Ok(pad) } else { Err(SimulationError::field(field, Reason::BeyondBody)) }
}

/// Middles of the leads of one side, along that side.
fn lead_rows(leads: &Leads, side: f64) -> Result<Vec<f64>> {
    let span = leads.pitch.si() * (f64::from(leads.per_side) - 1.0) + leads.width.si();
    if leads.per_side == 0 {
        return Ok(vec![]);
    }
    if span > side + 1e-9 {
        return Err(SimulationError::field("package.leads.per_side", Reason::LeadsNeedRoom));
    }
    if leads.width.si() >= leads.pitch.si() {
        return Err(SimulationError::field("package.leads.width", Reason::NotLessThanPitch));
    }
    let middle = 0.5 * (f64::from(leads.per_side) - 1.0);
    Ok((0..leads.per_side).map(|n| (f64::from(n) - middle) * leads.pitch.si()).collect())
}

/// Lead rectangles that reach from `from` to `to` (distances from the middle of the package) on two or four sides.
fn lead_rectangles(
    leads: &Leads,
    body: Rectangle,
    span: impl Fn(usize) -> [f64; 2],
    four: bool,
) -> Result<Vec<Rectangle>> {
    let mut out = Vec::new();
    for across in if four { vec![0, 1] } else { vec![0] } {
        let along = 1 - across;
        let [from, to] = span(across);
        for at in lead_rows(leads, body[along][1] - body[along][0])? {
            for sign in [-1.0, 1.0] {
                let mut place = [[0.0; 2]; 2];
                place[across] = if sign < 0.0 { [-to, -from] } else { [from, to] };
                place[along] = [at - 0.5 * leads.width.si(), at + 0.5 * leads.width.si()];
                out.push(place);
            }
        }
    }
    Ok(out)
}

fn no_lead(b: &mut Builder, p: &NoLead, four: bool) -> Result<Package> {
    let (body, frame) = (body_of(&p.body), p.frame_thickness.si());
    let pad = pad_of(&p.pad.size, body, "package.pad.size")?;
    b.add("package.mould", "mould", &p.mould, slab(body, 0.0, p.thickness.si()))?;
    b.add("package.frame", "pad", &p.frame, slab(pad, 0.0, frame))?;
    let mut lands = vec![slab(pad, 0.0, 0.0)];
    let places = lead_rectangles(&p.leads, body, |d| [body[d][1] - p.leads.length.si(), body[d][1]], four)?;
    for place in places {
        if slab(place, 0.0, frame).overlaps(&slab(pad, 0.0, frame)) {
            return Err(SimulationError::field("package.leads.length", Reason::LeadsTouchPad));
        }
        b.add("package.frame", "lead", &p.frame, slab(place, 0.0, frame))?;
        lands.push(slab(place, 0.0, 0.0));
    }
    b.dies(&p.dies, pad, frame, p.thickness.si())?;
    Ok(shell(slab(body, 0.0, p.thickness.si()), Some(slab(pad, 0.0, 0.0)), lands))
}

fn gull_wing(b: &mut Builder, p: &GullWing, four: bool) -> Result<Package> {
    let (body, frame, bottom) = (body_of(&p.body), p.frame_thickness.si(), p.standoff.si());
    let top = bottom + p.thickness.si();
    let pad = pad_of(&p.pad.size, body, "package.pad.size")?;
    let middle = bottom + 0.5 * p.thickness.si();
    let pad_bottom = if p.exposed { bottom } else { middle - frame };
    b.add("package", "air gap", "air", slab(body, 0.0, bottom))?;
    b.add("package.mould", "mould", &p.mould, slab(body, bottom, top))?;
    b.add("package.frame", "pad", &p.frame, slab(pad, pad_bottom, pad_bottom + frame))?;
    let mut lands = Vec::new();
    if p.exposed {
        b.add("package", "pad solder", "sac305", slab(pad, 0.0, bottom))?;
        lands.push(slab(pad, 0.0, 0.0));
    }
    // The inner ends stop short of the pad; outside the leads go straight out, down and end in a foot.
    let gap = 0.2e-3;
    let inner =
        |d: usize| [(pad[d][1] + gap).min(body[d][1] - 0.1e-3), body[d][1] + p.reach.si() - p.leads.length.si()];
    for place in lead_rectangles(&p.leads, body, inner, four)? {
        b.add("package.frame", "lead", &p.frame, slab(place, middle, middle + frame))?;
    }
    let bend = |d: usize| {
        let foot = body[d][1] + p.reach.si() - p.leads.length.si();
        [foot - frame, foot]
    };
    if p.leads.length.si() + frame > p.reach.si() {
        return Err(SimulationError::field("package.reach", Reason::ReachTooShort));
    }
    for place in lead_rectangles(&p.leads, body, bend, four)? {
        b.add("package.frame", "lead", &p.frame, slab(place, 0.0, middle + frame))?;
    }
    let foot = |d: usize| [body[d][1] + p.reach.si() - p.leads.length.si(), body[d][1] + p.reach.si()];
    for place in lead_rectangles(&p.leads, body, foot, four)? {
        b.add("package.frame", "lead", &p.frame, slab(place, 0.0, frame))?;
        lands.push(slab(place, 0.0, 0.0));
    }
    b.dies(&p.dies, pad, pad_bottom + frame, top)?;
    Ok(shell(slab(body, bottom, top), p.exposed.then(|| slab(pad, 0.0, 0.0)), lands))
}

/// Substrate layers from the top downwards onto `bottom`; returns the upper side. The balls reach through what lies under the
/// lowest layer with copper: solder mask is open where they stand.
fn substrate(
    b: &mut Builder,
    layers: &[SubstrateLayer],
    body: Rectangle,
    bottom: f64,
    (columns, solder): (&[Region], &str),
) -> Result<f64> {
    if layers.is_empty() {
        return Err(SimulationError::field("package.substrate", Reason::NoLayers));
    }
    let copper = b.library.find("package.substrate", "copper")?.clone();
    let mut height = bottom;
    let lowest_copper = layers.iter().rposition(|layer| layer.copper.si() > 0.0);
    for (number, layer) in layers.iter().enumerate().rev() {
        let field = format!("package.substrate[{number}]");
        let base = b.library.find(&format!("{field}.material"), &layer.material)?;
        let mixed = with_copper(base, &copper, layer.copper.si())
            .map_err(|reason| SimulationError::field(format!("{field}.copper"), reason))?;
        b.scene.add(format!("substrate {}", number + 1), &mixed, slab(body, height, height + layer.thickness.si()));
        if lowest_copper.is_some_and(|lowest| number > lowest) {
            for ball in columns {
                let place = [[ball.low[0], ball.high[0]], [ball.low[1], ball.high[1]]];
                b.add("package.balls.solder", "ball", solder, slab(place, height, height + layer.thickness.si()))?;
            }
        }
        height += layer.thickness.si();
    }
    Ok(height)
}

/// Square columns of the ball's cross-section.
fn balls(b: &mut Builder, balls: &Balls, body: Rectangle) -> Result<Vec<Region>> {
    if balls.diameter.si() >= balls.pitch.si() {
        return Err(SimulationError::field("package.balls.diameter", Reason::NotLessThanPitch));
    }
    let half = 0.5 * balls.diameter.si() * (0.25 * std::f64::consts::PI).sqrt() * 2.0 * 0.5;
    let middle = balls.count.map(|n| 0.5 * (f64::from(n) - 1.0));
    let mut regions = Vec::new();
    for row in 0..balls.count[1] {
        for column in 0..balls.count[0] {
            let from_edge = column.min(balls.count[0] - 1 - column).min(row.min(balls.count[1] - 1 - row));
            let outer = balls.rows.is_none_or(|rows| from_edge < rows);
            let offset = [f64::from(column) - middle[0], f64::from(row) - middle[1]];
            let inner =
                balls.inner.is_some_and(|n| (0..2).all(|d| offset[d].abs() <= 0.5 * (f64::from(n[d]) - 1.0) + 1e-9));
            if !(outer || inner) {
                continue;
            }
            let place = offset.map(|o| [o * balls.pitch.si() - half, o * balls.pitch.si() + half]);
            if !inside(place, body) {
                return Err(SimulationError::field("package.balls.count", Reason::BallsBeyondBody));
            }
            regions.push(slab(place, 0.0, balls.height.si()));
        }
    }
    if regions.is_empty() {
        return Err(SimulationError::field("package.balls.count", Reason::NoBalls));
    }
    b.add("package", "air gap", "air", slab(body, 0.0, balls.height.si()))?;
    for region in &regions {
        b.add("package.balls.solder", "ball", &balls.solder, *region)?;
    }
    Ok(regions)
}

fn grid_array(b: &mut Builder, p: &GridArray) -> Result<Package> {
    let body = body_of(&p.body);
    let columns = balls(b, &p.balls, body)?;
    let top = substrate(b, &p.substrate, body, p.balls.height.si(), (&columns, &p.balls.solder))?;
    let ceiling = top + p.mould_thickness.si();
    b.add("package.mould", "mould", &p.mould, slab(body, top, ceiling))?;
    b.dies(&p.dies, body, top, ceiling)?;
    Ok(Package { balls: columns, ..shell(slab(body, p.balls.height.si(), ceiling), None, vec![]) })
}

fn flip_chip(b: &mut Builder, p: &FlipChip) -> Result<Package> {
    let body = body_of(&p.body);
    let columns = balls(b, &p.balls, body)?;
    let top = substrate(b, &p.substrate, body, p.balls.height.si(), (&columns, &p.balls.solder))?;
    let place = rectangle(&p.die.size, p.die.at.map(|v| v.si()));
    if !inside(place, body) {
        return Err(SimulationError::field("package.die.size", Reason::DieBeyondSupport));
    }
    let mut height = b.die("package.die", &p.die, place, top, true)?;
    if let Some(lid) = &p.lid {
        height = b.joint("package.lid.interface", "lid interface", &lid.interface, place, height)?;
        let foot = lid.foot.si();
        let hollow = body.map(|[low, high]| [low + foot, high - foot]);
        if !inside(place, hollow) {
            return Err(SimulationError::field("package.lid.foot", Reason::LidTouchesDie));
        }
        let walls = |low, high| {
            [
                slab([[body[0][0], hollow[0][0]], body[1]], low, high),
                slab([[hollow[0][1], body[0][1]], body[1]], low, high),
                slab([hollow[0], [body[1][0], hollow[1][0]]], low, high),
                slab([hollow[0], [hollow[1][1], body[1][1]]], low, high),
            ]
        };
        let glued = top + lid.adhesive.thickness.si();
        b.add("package", "lid cavity", "air", slab(hollow, top, height))?;
        for wall in walls(top, glued) {
            b.add("package.lid.adhesive.material", "lid adhesive", &lid.adhesive.material, wall)?;
        }
        for wall in walls(glued, height) {
            b.add("package.lid.material", "lid foot", &lid.material, wall)?;
        }
        b.add("package.lid.material", "lid", &lid.material, slab(body, height, height + lid.thickness.si()))?;
        height += lid.thickness.si();
        repaint_die(b, p, place, top)?;
    }
    Ok(Package { balls: columns, ..shell(slab(body, p.balls.height.si(), height), None, vec![]) })
}

/// The cavity was painted over the die: the die, its joint and the lid interface are painted again.
fn repaint_die(b: &mut Builder, p: &FlipChip, place: Rectangle, top: f64) -> Result<()> {
    let kept: Vec<_> = b
        .scene
        .blocks
        .iter()
        .filter(|block| {
            let r = block.region;
            r.low[2] >= top - 1e-12 && inside([[r.low[0], r.high[0]], [r.low[1], r.high[1]]], place)
        })
        .cloned()
        .collect();
    if kept.is_empty() {
        return Err(SimulationError::field("package.die", Reason::DieMissing { name: p.die.name.clone() }));
    }
    b.scene.blocks.extend(kept);
    Ok(())
}

fn plate_package(b: &mut Builder, p: &PlatePackage) -> Result<Package> {
    let body = body_of(&p.body);
    let plate = pad_of(&p.plate.size, body, "package.plate.size")?;
    let bottom = b.joint("package.interface", "interface to sink", &p.interface, plate, 0.0)?;
    let top = bottom + p.thickness.si();
    b.add("package.mould", "mould", &p.mould, slab(body, bottom, top))?;
    b.add("package.plate_material", "plate", &p.plate_material, slab(plate, bottom, bottom + p.plate_thickness.si()))?;
    b.dies(&p.dies, plate, bottom + p.plate_thickness.si(), top)?;
    Ok(shell(slab(body, bottom, top), Some(slab(plate, 0.0, 0.0)), vec![]))
}

fn power_module(b: &mut Builder, p: &PowerModule) -> Result<Package> {
    let base = body_of(&p.base);
    let ceramic = pad_of(&p.ceramic_size, base, "package.ceramic_size")?;
    let margin = p.margin.si();
    let metal = ceramic.map(|[low, high]| [low + margin, high - margin]);
    if metal.iter().any(|[low, high]| high <= low) {
        return Err(SimulationError::field("package.margin", Reason::NoCopperLeft));
    }
    let bottom = b.joint("package.interface", "interface to sink", &p.interface, base, 0.0)?;
    let mut height = bottom + p.base_thickness.si();
    b.add("package.base_material", "base plate", &p.base_material, slab(base, bottom, height))?;
    height = b.joint("package.system_solder", "system solder", &p.system_solder, metal, height)?;
    let mut layer = |name: &str, field: &str, material: &str, place: Rectangle, thickness: f64| -> Result<f64> {
        b.add(field, name, material, slab(place, height, height + thickness))?;
        height += thickness;
        Ok(height)
    };
    layer("lower copper", "package.metal_thickness", "copper", metal, p.metal_thickness.si())?;
    layer("ceramic", "package.ceramic", &p.ceramic, ceramic, p.ceramic_thickness.si())?;
    let top = layer("upper copper", "package.metal_thickness", "copper", metal, p.metal_thickness.si())?;
    let highest = b.dies(&p.dies, metal, top, f64::INFINITY)?;
    Ok(shell(slab(base, bottom, highest), Some(slab(base, 0.0, 0.0)), vec![]))
}
