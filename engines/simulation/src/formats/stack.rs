//! Stack descriptions (`.stk`) of 3D-ICE with their floorplans: solids only, sinks at top and bottom.

use std::collections::BTreeMap;

use crate::error::{Result, SimulationError};
use crate::grid::{Axis, Grid, Region};
use crate::over_time::Interval;
use crate::package::ReadFile;
use crate::thermal::{Conductor, Facing, Film, Surface, ThermalBody};

/// A stack ready to be solved: the grid is the one 3D-ICE uses, one cell per layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// The problem at the first power values.
    pub body: ThermalBody,
    /// Name of each die and the layer (cell in z) of its source.
    pub dies: Vec<(String, usize)>,
    /// Power of every cell for each time slot, W; as many as the longest list of power values.
    pub slots: usize,
    /// Time step and length of a slot, seconds, where the description asks for a run over time.
    pub time: Option<(f64, f64)>,
    /// Temperature to start from, kelvin.
    pub initial: f64,
    elements: Vec<Element>,
}

/// A floorplan element on a grid.
#[derive(Debug, Clone, PartialEq)]
struct Element {
    layer: usize,
    rectangles: Vec<[f64; 4]>,
    powers: Vec<f64>,
}

impl Stack {
    /// The intervals of a run over time, if the description asks for one: one slot each.
    pub fn intervals(&self) -> Vec<Interval> {
        let Some((step, slot)) = self.time else { return vec![] };
        let steps = (slot / step).round().max(1.0) as usize;
        (0..self.slots).map(|n| Interval { seconds: slot, steps, power: self.power(n) }).collect()
    }

    /// Heat of every cell in a time slot (counted from zero), W.
    pub fn power(&self, slot: usize) -> Vec<f64> {
        let grid = &self.body.grid;
        let mut power = vec![0.0; grid.len()];
        for element in &self.elements {
            let Some(watts) = element.powers.get(slot).or(element.powers.last()) else { continue };
            let area: f64 = element.rectangles.iter().map(|r| r[2] * r[3]).sum();
            for [x, y, w, h] in &element.rectangles {
                let low = [*x, *y, f64::NEG_INFINITY];
                let [xs, ys, _] = grid.cells_in(&Region::new(low, [x + w, y + h, f64::INFINITY]));
                let cells = (xs.len() * ys.len()) as f64;
                for j in ys {
                    for i in xs.clone() {
                        power[grid.index(i, j, element.layer)] += watts * w * h / area / cells;
                    }
                }
            }
        }
        power
    }
}

/// One statement: words and its line.
struct Statement {
    words: Vec<String>,
    line: usize,
}

/// Cuts a text into statements that end in `;` or `:`; comments run from `//` to the end of the line.
fn statements(text: &str) -> Vec<Statement> {
    let mut all = Vec::new();
    let (mut words, mut word, mut first) = (Vec::new(), String::new(), 1);
    for (number, line) in text.lines().enumerate() {
        let line = line.split("//").next().unwrap_or("");
        for letter in line.chars().chain([' ']) {
            let ends = matches!(letter, ';' | ':');
            if letter.is_whitespace() || ends || matches!(letter, ',' | '(' | ')') {
                if !word.is_empty() {
                    if words.is_empty() {
                        first = number + 1;
                    }
                    words.push(std::mem::take(&mut word));
                }
                if ends && !words.is_empty() {
                    if letter == ':' {
                        words.push(":".into());
                    }
                    all.push(Statement { words: std::mem::take(&mut words), line: first });
                }
            } else {
                word.push(letter);
            }
        }
    }
    if !words.is_empty() {
        all.push(Statement { words, line: first });
    }
    all
}

#[derive(Default)]
struct Description {
    materials: BTreeMap<String, (f64, f64)>,
    /// (coefficient W/(m²·K), temperature K) of top and bottom.
    sinks: [Option<(f64, f64)>; 2],
    length: f64,
    width: f64,
    cell: [f64; 2],
    /// Layers of each die from the top: (thickness m, material, whether it is the source).
    dies: BTreeMap<String, Vec<(f64, String, bool)>>,
    /// Time step and slot, seconds.
    time: Option<(f64, f64)>,
    /// Temperature to start from, kelvin.
    initial: Option<f64>,
    /// Stack from the top: (name, die or layer, floorplan file, line).
    stack: Vec<(String, StackPart, usize)>,
}

enum StackPart {
    Die(String, String),
    Layer(f64, String),
}

const MICRO: f64 = 1e-6;

/// Reads a stack description; floorplans are read through `read`.
pub fn read(file: &str, text: &str, read: ReadFile) -> Result<Stack> {
    let description = describe(file, text)?;
    assemble(file, &description, read)
}

fn describe(file: &str, text: &str) -> Result<Description> {
    let mut d = Description::default();
    let mut section: Vec<String> = vec![];
    for Statement { words, line } in statements(text) {
        let word = |n: usize| words.get(n).map(String::as_str).unwrap_or_default();
        let number = |n: usize| -> Result<f64> {
            word(n).parse().map_err(|_| SimulationError::text(file, line, format!("`{}` is not a number", word(n))))
        };
        if words.last().is_some_and(|w| w == ":") {
            section = words[..words.len() - 1].to_vec();
            match word(0) {
                "material" => drop(d.materials.insert(word(1).into(), (0.0, 0.0))),
                "die" => drop(d.dies.insert(word(1).into(), vec![])),
                _ => {}
            }
            continue;
        }
        let name = section.get(1).cloned().unwrap_or_default();
        match (section.first().map(String::as_str).unwrap_or_default(), word(0)) {
            ("material", "thermal") => d.materials.entry(name).or_default().0 = number(2)? / MICRO,
            ("material", "volumetric") => d.materials.entry(name).or_default().1 = number(3)? / MICRO.powi(3),
            (side @ ("top" | "bottom"), what) => {
                let sink = d.sinks[usize::from(side == "bottom")].get_or_insert((0.0, 300.0));
                match what {
                    "heat" => sink.0 = number(3)? / MICRO.powi(2),
                    "temperature" => sink.1 = number(1)?,
                    _ => {}
                }
            }
            ("dimensions", "chip") => (d.length, d.width) = (number(2)? * MICRO, number(4)? * MICRO),
            ("dimensions", "cell") => d.cell = [number(2)? * MICRO, number(4)? * MICRO],
            ("die", kind @ ("layer" | "source")) => {
                d.dies.entry(name).or_default().push((number(1)? * MICRO, word(2).into(), kind == "source"));
            }
            ("solver", "transient") => d.time = Some((number(2)?, number(4)?)),
            ("solver", "initial") => d.initial = Some(number(2)?),
            ("stack", "die") => {
                let plan = word(4).trim_matches('"').to_owned();
                d.stack.push((word(1).into(), StackPart::Die(word(2).into(), plan), line));
            }
            ("stack", "layer") => {
                d.stack.push((word(1).into(), StackPart::Layer(number(2)? * MICRO, word(3).into()), line));
            }
            ("stack", other) => {
                let reason = format!("`{other}` is not supported: solid dies and layers only");
                return Err(SimulationError::text(file, line, reason));
            }
            _ => {}
        }
    }
    if d.time.is_some_and(|(step, slot)| !(step > 0.0 && slot >= step)) {
        return Err(SimulationError::text(file, 1, "the time step must be positive and fit into the slot"));
    }
    if !(d.length > 0.0 && d.width > 0.0 && d.cell[0] > 0.0 && d.cell[1] > 0.0) {
        return Err(SimulationError::text(file, 1, "needs chip and cell dimensions"));
    }
    Ok(d)
}

fn assemble(file: &str, d: &Description, read: ReadFile) -> Result<Stack> {
    let mut conductors = Vec::new();
    let names: Vec<&String> = d.materials.keys().collect();
    for name in &names {
        let (k, heat) = d.materials[*name];
        if !(k > 0.0 && heat > 0.0) {
            let reason = format!("material {name} needs a thermal conductivity and a volumetric heat capacity");
            return Err(SimulationError::text(file, 1, reason));
        }
        conductors.push(Conductor::isotropic(k, heat));
    }
    // From the bottom upwards: (thickness, material number).
    let mut layers: Vec<(f64, u16)> = Vec::new();
    let (mut dies, mut elements) = (Vec::new(), Vec::new());
    let number_of = |material: &str, line: usize| {
        let at = names.iter().position(|n| *n == material);
        at.map(|n| n as u16 + 1).ok_or_else(|| SimulationError::text(file, line, format!("no material `{material}`")))
    };
    for (name, part, line) in d.stack.iter().rev() {
        match part {
            StackPart::Layer(thickness, material) => layers.push((*thickness, number_of(material, *line)?)),
            StackPart::Die(die, plan) => {
                let parts = d.dies.get(die);
                let parts = parts.ok_or_else(|| SimulationError::text(file, *line, format!("no die `{die}`")))?;
                for (thickness, material, source) in parts.iter().rev() {
                    if *source {
                        dies.push((name.clone(), layers.len()));
                        elements.extend(floorplan(plan, &read(plan)?, layers.len())?);
                    }
                    layers.push((*thickness, number_of(material, *line)?));
                }
            }
        }
    }
    let mut planes = vec![0.0];
    layers.iter().for_each(|(thickness, _)| planes.push(planes[planes.len() - 1] + thickness));
    let cells = |extent: f64, cell: f64| (extent / cell).round().max(1.0) as usize;
    let grid = Grid {
        x: Axis::uniform(0.0, d.length, cells(d.length, d.cell[0]))?,
        y: Axis::uniform(0.0, d.width, cells(d.width, d.cell[1]))?,
        z: Axis::new(planes).map_err(|_| SimulationError::text(file, 1, "the stack has no layers"))?,
    };
    let [nx, _, nz] = grid.shape();
    let material = (0..grid.len()).map(|c| layers[c / nx % nz].1).collect();
    let sink = |which: usize, name: &str, facing| {
        d.sinks[which].map(|(coefficient, ambient)| Surface {
            name: name.into(),
            facing: vec![facing],
            region: Region::all(),
            film: Film::Coefficient(coefficient),
            emissivity: 0.0,
            ambient,
        })
    };
    let surfaces = [sink(0, "top", Facing::Up), sink(1, "bottom", Facing::Down)].into_iter().flatten().collect();
    let slots = elements.iter().map(|e: &Element| e.powers.len()).max().unwrap_or(0);
    let body =
        ThermalBody { power: vec![0.0; grid.len()], cells: material, conductors, surfaces, contacts: vec![], grid };
    let (time, initial) = (d.time, d.initial.unwrap_or(300.0));
    let mut stack = Stack { body, dies, slots, time, initial, elements };
    stack.body.power = stack.power(0);
    Ok(stack)
}

fn floorplan(file: &str, text: &str, layer: usize) -> Result<Vec<Element>> {
    let mut elements: Vec<Element> = Vec::new();
    let mut position = [0.0; 2];
    for Statement { words, line } in statements(text) {
        let numbers: Vec<f64> = words.iter().filter_map(|w| w.parse().ok()).collect();
        if words.last().is_some_and(|w| w == ":") {
            elements.push(Element { layer, rectangles: vec![], powers: vec![] });
            continue;
        }
        let Some(element) = elements.last_mut() else {
            return Err(SimulationError::text(file, line, "an element begins with its name and a colon"));
        };
        match (words[0].as_str(), numbers.as_slice()) {
            ("position", [x, y]) => position = [x * MICRO, y * MICRO],
            ("dimension", [w, h]) => element.rectangles.push([position[0], position[1], w * MICRO, h * MICRO]),
            ("rectangle", [x, y, w, h]) => element.rectangles.push([*x, *y, *w, *h].map(|v| v * MICRO)),
            ("power", values) if !values.is_empty() => element.powers = values.to_vec(),
            (other, _) => return Err(SimulationError::text(file, line, format!("cannot read `{other}`"))),
        }
    }
    Ok(elements)
}
