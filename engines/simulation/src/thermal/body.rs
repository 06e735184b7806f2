//! What is heated and how it gives off heat, and its translation into conductances.

use super::film::Film;
use super::stencil::{Stencil, for_each_slab};
use crate::error::{Result, SimulationError};
use crate::grid::{Grid, Region};
use crate::material::Curve;

/// Stefan–Boltzmann constant, W/(m²·K⁴) (CODATA 2018).
const STEFAN_BOLTZMANN: f64 = 5.670_374_419e-8;

/// How a solid conducts and stores heat.
#[derive(Debug, Clone, PartialEq)]
pub struct Conductor {
    /// Conductivity in x, y and z, W/(m·K) over kelvin.
    pub conductivity: [Curve; 3],
    /// Density times specific heat, J/(m³·K).
    pub volumetric_heat: f64,
}

impl Conductor {
    /// The same constant conductivity in all directions.
    pub fn isotropic(conductivity: f64, volumetric_heat: f64) -> Self {
        Self { conductivity: std::array::from_fn(|_| Curve::Constant(conductivity)), volumetric_heat }
    }

    fn is_constant(&self) -> bool {
        self.conductivity.iter().all(|c| matches!(c, Curve::Constant(_)))
    }
}

/// The way a face looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facing {
    /// Towards lower x.
    Left,
    /// Towards higher x.
    Right,
    /// Towards lower y.
    Front,
    /// Towards higher y.
    Back,
    /// Towards lower z.
    Down,
    /// Towards higher z.
    Up,
}

impl Facing {
    /// The four upright faces.
    pub const SIDES: [Self; 4] = [Self::Left, Self::Right, Self::Front, Self::Back];
    /// All six.
    pub const ALL: [Self; 6] = [Self::Left, Self::Right, Self::Front, Self::Back, Self::Down, Self::Up];

    fn axis(self) -> usize {
        match self {
            Self::Left | Self::Right => 0,
            Self::Front | Self::Back => 1,
            Self::Down | Self::Up => 2,
        }
    }

    fn towards_high(self) -> bool {
        matches!(self, Self::Right | Self::Back | Self::Up)
    }
}

/// A set of exposed faces that exchange heat with surroundings of one temperature. Faces are exposed where a solid cell
/// meets a void or the end of the grid. A face that several surfaces hold exchanges heat with all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// What the heat report calls it.
    pub name: String,
    /// Which way the faces look.
    pub facing: Vec<Facing>,
    /// Where the middles of the faces lie.
    pub region: Region,
    /// Convection, or a fixed surface temperature.
    pub film: Film,
    /// Emissivity for radiation to surroundings of the same temperature; zero for none.
    pub emissivity: f64,
    /// Temperature of the surroundings (or of the surface itself where it is fixed), kelvin.
    pub ambient: f64,
}

/// A thermal resistance in a horizontal plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// Height of the plane, metres; the nearest plane of the grid takes it.
    pub height: f64,
    /// Where in x and y.
    pub region: Region,
    /// Resistance of a unit area, m²·K/W.
    pub resistance: f64,
}

/// Everything a thermal run needs.
#[derive(Debug, Clone, PartialEq)]
pub struct ThermalBody {
    /// The grid.
    pub grid: Grid,
    /// For every cell zero (void) or one plus an index into `conductors`.
    pub cells: Vec<u16>,
    /// The solids.
    pub conductors: Vec<Conductor>,
    /// Heat given to every cell, W.
    pub power: Vec<f64>,
    /// Ways out for the heat.
    pub surfaces: Vec<Surface>,
    /// Interface resistances.
    pub contacts: Vec<Contact>,
}

/// One exposed face of a surface.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub cell: u32,
    pub surface: u16,
    /// Distance from the middle of the cell to the face over the conductivity, m²·K/W.
    pub half: f32,
    pub area: f32,
    /// From the middle of the cell to the surroundings, W/K; depends on film and radiation.
    pub conductance: f32,
}

impl ThermalBody {
    /// Checks sizes and values; a body that passes can be assembled.
    pub fn check(&self) -> Result<()> {
        let n = self.grid.len();
        if self.cells.len() != n || self.power.len() != n {
            return Err(SimulationError::field("cells", "there must be one material and one power for every cell"));
        }
        for (number, conductor) in self.conductors.iter().enumerate() {
            let good = conductor.conductivity.iter().all(|k| k.is_positive()) && conductor.volumetric_heat > 0.0;
            if !good {
                let field = format!("conductors[{number}]");
                return Err(SimulationError::field(field, "conductivity and heat capacity must be positive"));
            }
        }
        for surface in &self.surfaces {
            let good = surface.film.is_valid() && (0.0..=1.0).contains(&surface.emissivity) && surface.ambient >= 0.0;
            if !good {
                let reason = "film coefficient, emissivity (0 to 1) and ambient temperature (kelvin) must make sense";
                return Err(SimulationError::field(format!("surfaces.{}", surface.name), reason));
            }
        }
        for contact in &self.contacts {
            if !(contact.resistance >= 0.0 && contact.resistance.is_finite()) {
                return Err(SimulationError::field("contacts.resistance", "must be zero or positive"));
            }
        }
        let bad = self
            .cells
            .iter()
            .zip(&self.power)
            .position(|(m, p)| usize::from(*m) > self.conductors.len() || !p.is_finite() || (*m == 0 && *p != 0.0));
        match bad {
            Some(_) => Err(SimulationError::field("power", "is given where there is no solid to take it up")),
            None => Ok(()),
        }
    }

    /// The same body with conductivities at the mean temperature of their material, and with one coefficient for film and
    /// radiation of each surface, as they are in a field of temperatures (kelvin): linear, so that it can be followed in time.
    pub fn frozen(&self, kelvin: &[f64]) -> Self {
        let mut frozen = self.clone();
        let mut sums = vec![(0.0, 0.0); self.conductors.len()];
        for (material, t) in self.cells.iter().zip(kelvin).filter(|(m, _)| **m > 0) {
            let sum = &mut sums[usize::from(*material) - 1];
            *sum = (sum.0 + t, sum.1 + 1.0);
        }
        for (conductor, (sum, count)) in frozen.conductors.iter_mut().zip(sums) {
            let mean = if count > 0.0 { sum / count } else { 300.0 };
            conductor.conductivity = conductor.conductivity.each_ref().map(|k| Curve::Constant(k.at(mean)));
        }
        let mut links = self.links(Some(kelvin), 300.0);
        self.update_links(&mut links, Some(kelvin));
        for (surface, mean) in frozen.surfaces.iter_mut().zip(self.surface_means(&links, kelvin)) {
            if surface.film != Film::FixedTemperature {
                let (hot, cold) = (mean, surface.ambient);
                let radiation = surface.emissivity * STEFAN_BOLTZMANN * (hot * hot + cold * cold) * (hot + cold);
                surface.film = Film::Coefficient(surface.film.coefficient(mean, cold) + radiation);
                surface.emissivity = 0.0;
            }
        }
        frozen
    }

    /// Whether conductances depend on the temperature.
    pub(crate) fn is_nonlinear(&self) -> bool {
        self.conductors.iter().any(|c| !c.is_constant())
            || self.surfaces.iter().any(|s| s.emissivity > 0.0 || s.film.depends_on_temperature())
    }

    /// Conductances between cells, without ways out. `kelvin` is the temperature to evaluate k(T) at; without it all
    /// conductivities are taken at `reference`.
    pub(crate) fn conductances(&self, kelvin: Option<&[f64]>, reference: f64) -> Stencil {
        let [nx, ny, nz] = self.grid.shape();
        let (dx, dy, dz) = (self.grid.x.widths(), self.grid.y.widths(), self.grid.z.widths());
        let halves = HalfCells::new(self, kelvin, reference);
        let mut stencil = Stencil::new(nx, ny, nz);
        let slab = stencil.slab();
        let series = |a: f64, b: f64, area: f64| {
            let sum = a + b;
            if sum > 0.0 { (area * a * b / sum) as f32 } else { 0.0 }
        };
        for_each_slab(
            &mut stencil.gx,
            slab,
            || (),
            |(), j, out| {
                for (k, out) in out.chunks_exact_mut(nx).enumerate() {
                    let (at, area) = (j * slab + k * nx, dy[j] * dz[k]);
                    let mut here = halves.at(at, 0, 0);
                    for (i, out) in out[..nx - 1].iter_mut().enumerate() {
                        let next = halves.at(at + i + 1, 0, i + 1);
                        *out = series(here, next, area);
                        here = next;
                    }
                }
            },
        );
        for_each_slab(
            &mut stencil.gy,
            slab,
            || (),
            |(), j, out| {
                for (k, out) in out.chunks_exact_mut(nx).enumerate().take(if j + 1 < ny { nz } else { 0 }) {
                    let at = j * slab + k * nx;
                    for (i, out) in out.iter_mut().enumerate() {
                        let (low, high) = (halves.at(at + i, 1, j), halves.at(at + i + slab, 1, j + 1));
                        *out = series(low, high, dx[i] * dz[k]);
                    }
                }
            },
        );
        let contacts = self.contact_planes();
        for_each_slab(
            &mut stencil.gz,
            slab,
            || (),
            |(), j, out| {
                for (k, out) in out.chunks_exact_mut(nx).enumerate().take(nz - 1) {
                    let at = j * slab + k * nx;
                    for (i, out) in out.iter_mut().enumerate() {
                        let (low, high) = (halves.at(at + i, 2, k), halves.at(at + i + nx, 2, k + 1));
                        *out = series(low, high, dx[i] * dy[j]);
                    }
                    for (_, xs, _, extra) in contacts.iter().filter(|c| c.0 == k && c.2.contains(&j)) {
                        for (out, dx) in out[xs.clone()].iter_mut().zip(&dx[xs.clone()]) {
                            let free = f64::from(*out);
                            *out = (free / (1.0 + free * extra / (dx * dy[j]))) as f32;
                        }
                    }
                }
            },
        );
        stencil
    }

    /// Contacts as (cell below the plane, x cells, y cells, resistance).
    fn contact_planes(&self) -> Vec<(usize, std::ops::Range<usize>, std::ops::Range<usize>, f64)> {
        let planes = self.grid.z.planes();
        self.contacts
            .iter()
            .filter_map(|contact| {
                let distance = |k: &usize| (planes[*k] - contact.height).abs();
                let plane = (1..planes.len() - 1).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
                let [xs, ys, _] = self.grid.cells_in(&contact.region);
                Some((plane - 1, xs, ys, contact.resistance))
            })
            .collect()
    }

    /// Exposed faces of all surfaces; film and radiation are evaluated by [`Self::update_links`].
    pub(crate) fn links(&self, kelvin: Option<&[f64]>, reference: f64) -> Vec<Link> {
        let halves = HalfCells::new(self, kelvin, reference);
        let filled = self.cells.iter().all(|m| *m != 0);
        let mut links = Vec::new();
        for (number, surface) in self.surfaces.iter().enumerate() {
            for facing in &surface.facing {
                self.links_of((number, surface), *facing, &halves, filled, &mut links);
            }
        }
        links
    }

    fn links_of(
        &self,
        (number, surface): (usize, &Surface),
        facing: Facing,
        halves: &HalfCells,
        filled: bool,
        links: &mut Vec<Link>,
    ) {
        let axis = facing.axis();
        let shape = self.grid.shape();
        let axes = [&self.grid.x, &self.grid.y, &self.grid.z];
        let strides = [1, shape[0] * shape[2], shape[0]];
        let slack = 1e-6 * (axes[axis].end() - axes[axis].start());
        let mut ranges: [Vec<usize>; 3] =
            std::array::from_fn(|d| axes[d].cells_between(surface.region.low[d], surface.region.high[d]).collect());
        let outermost = if facing.towards_high() { shape[axis] - 1 } else { 0 };
        // Without voids only the end of the grid is exposed.
        ranges[axis] = (0..shape[axis])
            .filter(|c| !filled || *c == outermost)
            .filter(|c| {
                let face = axes[axis].planes()[c + usize::from(facing.towards_high())];
                face >= surface.region.low[axis] - slack && face <= surface.region.high[axis] + slack
            })
            .collect();
        for &j in &ranges[1] {
            for &k in &ranges[2] {
                for &i in &ranges[0] {
                    let place = [i, j, k];
                    let cell = self.grid.index(i, j, k);
                    let outside = place[axis] == outermost;
                    let next =
                        if facing.towards_high() { cell + strides[axis] } else { cell.wrapping_sub(strides[axis]) };
                    if self.cells[cell] == 0 || !(outside || self.cells[next] == 0) {
                        continue;
                    }
                    let width = axes[axis].width(place[axis]);
                    let area = self.grid.volume(i, j, k) / width;
                    let half = 1.0 / halves.at(cell, axis, place[axis]);
                    links.push(Link {
                        cell: cell as u32,
                        surface: number as u16,
                        half: half as f32,
                        area: area as f32,
                        conductance: 0.0,
                    });
                }
            }
        }
    }

    /// Area-weighted mean temperature of every surface, kelvin, for a field of cell temperatures.
    pub(crate) fn surface_means(&self, links: &[Link], kelvin: &[f64]) -> Vec<f64> {
        let mut sums = vec![(0.0, 0.0); self.surfaces.len()];
        for link in links {
            let sum = &mut sums[usize::from(link.surface)];
            let area = f64::from(link.area);
            sum.0 += area * self.face_temperature(link, kelvin);
            sum.1 += area;
        }
        sums.iter().zip(&self.surfaces).map(|((t, a), s)| if *a > 0.0 { t / a } else { s.ambient }).collect()
    }

    fn face_temperature(&self, link: &Link, kelvin: &[f64]) -> f64 {
        let (cell, ambient) = (kelvin[link.cell as usize], self.surfaces[usize::from(link.surface)].ambient);
        let per_area = f64::from(link.conductance) / f64::from(link.area);
        cell - per_area * f64::from(link.half) * (cell - ambient)
    }

    /// Sets the conductance of every link from film and radiation at the given temperatures.
    pub(crate) fn update_links(&self, links: &mut [Link], kelvin: Option<&[f64]>) {
        let means = match kelvin {
            Some(kelvin) => self.surface_means(links, kelvin),
            None => self.surfaces.iter().map(|s| s.ambient + 20.0).collect(),
        };
        let films: Vec<f64> =
            self.surfaces.iter().zip(&means).map(|(s, mean)| s.film.coefficient(*mean, s.ambient)).collect();
        for link in links {
            let surface = &self.surfaces[usize::from(link.surface)];
            let mut coefficient = films[usize::from(link.surface)];
            if surface.emissivity > 0.0 {
                let hot = kelvin.map_or(surface.ambient + 20.0, |t| self.face_temperature(link, t));
                let cold = surface.ambient;
                coefficient += surface.emissivity * STEFAN_BOLTZMANN * (hot * hot + cold * cold) * (hot + cold);
            }
            // 1/∞ is zero: a fixed temperature leaves only the half cell.
            link.conductance = if coefficient > 0.0 {
                (f64::from(link.area) / (f64::from(link.half) + 1.0 / coefficient)) as f32
            } else {
                0.0
            };
        }
    }

    /// Refuses a body of which a part has no way out for heat. Sweeps forwards and backwards through the grid carry "can
    /// give off heat" from cell to cell until nothing changes: two sweeps for anything that is not a maze.
    pub(crate) fn check_ways_out(&self, stencil: &Stencil) -> Result<()> {
        let (n, nx, slab) = (stencil.len(), stencil.nx, stencil.slab());
        let mut seen: Vec<bool> = stencil.sink.iter().map(|sink| *sink > 0.0).collect();
        let joined = |seen: &[bool], conductance: &[f32], at: usize, other: usize| seen[other] && conductance[at] > 0.0;
        loop {
            let mut changed = false;
            for c in 0..n {
                let reached = seen[c]
                    || (c >= 1 && joined(&seen, &stencil.gx, c - 1, c - 1))
                    || (c >= nx && joined(&seen, &stencil.gz, c - nx, c - nx))
                    || (c >= slab && joined(&seen, &stencil.gy, c - slab, c - slab));
                changed |= reached && !seen[c];
                seen[c] = reached;
            }
            for c in (0..n).rev() {
                let reached = seen[c]
                    || joined(&seen, &stencil.gx, c, (c + 1).min(n - 1))
                    || joined(&seen, &stencil.gz, c, (c + nx).min(n - 1))
                    || joined(&seen, &stencil.gy, c, (c + slab).min(n - 1));
                changed |= reached && !seen[c];
                seen[c] = reached;
            }
            let Some(cell) = (0..n).find(|c| !seen[*c] && self.cells[*c] != 0) else { return Ok(()) };
            if !changed {
                let (j, k, i) = (cell / slab, cell % slab / nx, cell % nx);
                let [x_mm, y_mm, z_mm] = self.grid.centre(i, j, k).map(|v| v * 1e3);
                return Err(SimulationError::NoHeatSink { x_mm, y_mm, z_mm });
            }
        }
    }

    /// Heat capacity of every cell, J/K.
    pub(crate) fn capacities(&self) -> Vec<f32> {
        let [nx, _, _] = self.grid.shape();
        let (dx, dy, dz) = (self.grid.x.widths(), self.grid.y.widths(), self.grid.z.widths());
        let mut out = vec![0.0; self.cells.len()];
        let slab = nx * dz.len();
        for_each_slab(
            &mut out,
            slab,
            || (),
            |(), j, part| {
                for (at, value) in part.iter_mut().enumerate() {
                    let material = usize::from(self.cells[j * slab + at]);
                    if material > 0 {
                        let volume = dx[at % nx] * dy[j] * dz[at / nx];
                        *value = (self.conductors[material - 1].volumetric_heat * volume) as f32;
                    }
                }
            },
        );
        out
    }
}

/// From the middle of every cell to its faces, conductance of a unit area: `2k/d`, zero in voids. W/(m²·K).
struct HalfCells<'a> {
    body: &'a ThermalBody,
    /// By direction, material (zero is void) and place along the direction.
    constant: [Vec<f64>; 3],
    cells: [usize; 3],
    /// Temperatures, where some conductivity depends on them.
    kelvin: Option<&'a [f64]>,
    widths: [Vec<f64>; 3],
}

impl<'a> HalfCells<'a> {
    fn new(body: &'a ThermalBody, kelvin: Option<&'a [f64]>, reference: f64) -> Self {
        let widths = [body.grid.x.widths(), body.grid.y.widths(), body.grid.z.widths()];
        let constant = std::array::from_fn(|d| {
            let void = widths[d].iter().map(|_| 0.0);
            let solid = body.conductors.iter().flat_map(|c| {
                let k = c.conductivity[d].at(reference);
                widths[d].iter().map(move |width| 2.0 * k / width)
            });
            void.chain(solid).collect()
        });
        let kelvin = if body.conductors.iter().all(Conductor::is_constant) { None } else { kelvin };
        Self { body, constant, cells: body.grid.shape(), kelvin, widths }
    }

    /// Of a cell in a direction, in which it has the place `along`.
    #[inline(always)]
    fn at(&self, cell: usize, direction: usize, along: usize) -> f64 {
        let material = usize::from(self.body.cells[cell]);
        if let (Some(kelvin), true) = (self.kelvin, material > 0) {
            let curve = &self.body.conductors[material - 1].conductivity[direction];
            if !matches!(curve, Curve::Constant(_)) {
                return 2.0 * curve.at(kelvin[cell]) / self.widths[direction][along];
            }
        }
        self.constant[direction][material * self.cells[direction] + along]
    }
}
