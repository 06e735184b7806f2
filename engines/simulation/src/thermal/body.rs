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

    /// Whether conductances depend on the temperature.
    pub(crate) fn is_nonlinear(&self) -> bool {
        self.conductors.iter().any(|c| !c.is_constant())
            || self.surfaces.iter().any(|s| s.emissivity > 0.0 || s.film.depends_on_temperature())
    }

    /// Conductance from cell middle to cell face per unit area, 1/(m²·K/W), halved width: `2k/d`.
    fn half_conductance(
        &self,
        cell: usize,
        direction: usize,
        width: f64,
        kelvin: Option<&[f64]>,
        flat: &[[f64; 3]],
    ) -> f64 {
        let material = usize::from(self.cells[cell]);
        if material == 0 {
            return 0.0;
        }
        let k = match kelvin {
            None => flat[material - 1][direction],
            Some(field) => self.conductors[material - 1].conductivity[direction].at(field[cell]),
        };
        2.0 * k / width
    }

    /// Conductances between cells, without ways out. `kelvin` is the temperature to evaluate k(T) at; without it all
    /// conductivities are taken at `reference`.
    pub(crate) fn conductances(&self, kelvin: Option<&[f64]>, reference: f64) -> Stencil {
        let flat: Vec<[f64; 3]> =
            self.conductors.iter().map(|c| std::array::from_fn(|d| c.conductivity[d].at(reference))).collect();
        let kelvin = if self.conductors.iter().all(Conductor::is_constant) { None } else { kelvin };
        let [nx, ny, nz] = self.grid.shape();
        let (dx, dy, dz) = (self.grid.x.widths(), self.grid.y.widths(), self.grid.z.widths());
        let mut stencil = Stencil::new(nx, ny, nz);
        let slab = stencil.slab();
        let half = |cell, direction, width| self.half_conductance(cell, direction, width, kelvin, &flat);
        let series = |a: f64, b: f64, extra: f64, area: f64| {
            if a > 0.0 && b > 0.0 { (area * a * b / (a + b + a * b * extra)) as f32 } else { 0.0 }
        };
        for_each_slab(
            &mut stencil.gx,
            slab,
            || (),
            |(), j, out| {
                for k in 0..nz {
                    for i in 0..nx - 1 {
                        let at = j * slab + k * nx + i;
                        out[k * nx + i] = series(half(at, 0, dx[i]), half(at + 1, 0, dx[i + 1]), 0.0, dy[j] * dz[k]);
                    }
                }
            },
        );
        for_each_slab(
            &mut stencil.gy,
            slab,
            || (),
            |(), j, out| {
                for k in 0..if j + 1 < ny { nz } else { 0 } {
                    for i in 0..nx {
                        let at = j * slab + k * nx + i;
                        out[k * nx + i] = series(half(at, 1, dy[j]), half(at + slab, 1, dy[j + 1]), 0.0, dx[i] * dz[k]);
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
                for k in 0..nz - 1 {
                    for i in 0..nx {
                        let at = j * slab + k * nx + i;
                        let extra = contacts
                            .iter()
                            .filter(|(plane, xs, ys, _)| *plane == k && xs.contains(&i) && ys.contains(&j))
                            .map(|contact| contact.3)
                            .sum();
                        out[k * nx + i] = series(half(at, 2, dz[k]), half(at + nx, 2, dz[k + 1]), extra, dx[i] * dy[j]);
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
        let flat: Vec<[f64; 3]> =
            self.conductors.iter().map(|c| std::array::from_fn(|d| c.conductivity[d].at(reference))).collect();
        let mut links = Vec::new();
        for (number, surface) in self.surfaces.iter().enumerate() {
            for facing in &surface.facing {
                self.links_of(number, surface, *facing, kelvin, &flat, &mut links);
            }
        }
        links
    }

    fn links_of(
        &self,
        number: usize,
        surface: &Surface,
        facing: Facing,
        kelvin: Option<&[f64]>,
        flat: &[[f64; 3]],
        links: &mut Vec<Link>,
    ) {
        let axis = facing.axis();
        let shape = self.grid.shape();
        let axes = [&self.grid.x, &self.grid.y, &self.grid.z];
        let strides = [1, shape[0] * shape[2], shape[0]];
        let slack = 1e-6 * (axes[axis].end() - axes[axis].start());
        let mut ranges: [Vec<usize>; 3] =
            std::array::from_fn(|d| axes[d].cells_between(surface.region.low[d], surface.region.high[d]).collect());
        ranges[axis] = (0..shape[axis])
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
                    let outside = place[axis] == if facing.towards_high() { shape[axis] - 1 } else { 0 };
                    let next =
                        if facing.towards_high() { cell + strides[axis] } else { cell.wrapping_sub(strides[axis]) };
                    if self.cells[cell] == 0 || !(outside || self.cells[next] == 0) {
                        continue;
                    }
                    let width = axes[axis].width(place[axis]);
                    let area = self.grid.volume(i, j, k) / width;
                    let half = 1.0 / self.half_conductance(cell, axis, width, kelvin, flat);
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

    /// Refuses a body of which a part has no way out for heat.
    pub(crate) fn check_ways_out(&self, stencil: &Stencil) -> Result<()> {
        let (nx, slab) = (stencil.nx, stencil.slab());
        let mut seen = vec![false; stencil.len()];
        let mut stack: Vec<u32> = (0..stencil.len()).filter(|c| stencil.sink[*c] > 0.0).map(|c| c as u32).collect();
        stack.iter().for_each(|c| seen[*c as usize] = true);
        while let Some(cell) = stack.pop() {
            let c = cell as usize;
            let mut visit = |conductance: f32, next: usize| {
                if conductance > 0.0 && !seen[next] {
                    seen[next] = true;
                    stack.push(next as u32);
                }
            };
            visit(stencil.gx[c], c + 1);
            visit(stencil.gy[c], c + slab);
            visit(stencil.gz[c], c + nx);
            if c >= 1 {
                visit(stencil.gx[c - 1], c - 1);
            }
            if c >= nx {
                visit(stencil.gz[c - nx], c - nx);
            }
            if c >= slab {
                visit(stencil.gy[c - slab], c - slab);
            }
        }
        match (0..seen.len()).find(|c| !seen[*c] && self.cells[*c] != 0) {
            None => Ok(()),
            Some(cell) => {
                let (j, k, i) = (cell / slab, cell % slab / nx, cell % nx);
                let [x_mm, y_mm, z_mm] = self.grid.centre(i, j, k).map(|v| v * 1e3);
                Err(SimulationError::NoHeatSink { x_mm, y_mm, z_mm })
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
