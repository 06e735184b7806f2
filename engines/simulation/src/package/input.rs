//! What an input file or form says: the words of a package drawing, with units.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::families::Family;
use crate::error::{self, Result};
use crate::material::WrittenMaterial;
use crate::quantity::{
    Current, Duration, FilmCoefficient, InterfaceResistance, Position, Power, Quantity, Share, Size, Speed,
    Temperature, Voltage,
};

/// A whole input file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Title of the report.
    pub name: String,
    /// The package.
    pub package: Family,
    /// The board under it.
    #[serde(default)]
    pub board: Board,
    /// The surroundings.
    #[serde(default)]
    pub environment: Environment,
    /// A heat sink on top.
    pub heat_sink: Option<HeatSink>,
    /// For warpage: temperatures and the state without stress.
    #[serde(default)]
    pub reflow: Reflow,
    /// The load that goes on and off, for the life of power devices.
    pub power_cycling: Option<PowerCycling>,
    /// Materials of this input; they replace those of the library.
    #[serde(default)]
    pub materials: BTreeMap<String, WrittenMaterial>,
}

impl Input {
    /// Reads a TOML text.
    ///
    /// # Errors
    /// With line, column and the offending text.
    pub fn parse(text: &str) -> Result<Self> {
        error::read(text)
    }

    /// Reads a TOML value, as sweeps make them.
    pub fn from_value(value: toml::Value) -> Result<Self> {
        error::read_value(value)
    }
}

/// A die.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Die {
    /// Name in reports.
    pub name: String,
    /// Extent in x and y.
    pub size: [Size; 2],
    /// Thickness.
    pub thickness: Size,
    /// Middle, seen from the middle of the package.
    #[serde(default = "origin")]
    pub at: [Position; 2],
    /// Heat made in its active side.
    #[serde(default = "no_power")]
    pub power: Power,
    /// CSV with a power map: blocks or a grid, scaled to `power` if that is given.
    pub power_map: Option<String>,
    /// CSV with the power over time (`time_s,power_W`), instead of `power`; each power holds until the next time.
    pub power_trace: Option<String>,
    /// Material.
    #[serde(default = "silicon")]
    pub material: String,
    /// What holds it.
    pub attach: Attach,
    /// Name of the die it is stacked on.
    pub on: Option<String>,
}

/// Die attach, or any thin joint.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attach {
    /// Material.
    pub material: String,
    /// Bond line thickness.
    pub thickness: Size,
    /// Share of the area that is void.
    #[serde(default = "no_share")]
    pub voids: Share,
    /// Whether the voids are spread evenly or one void lies in the middle.
    #[serde(default)]
    pub void_pattern: VoidPattern,
    /// Added resistance of the two interfaces.
    #[serde(default = "no_interface")]
    pub interface: InterfaceResistance,
}

/// Where the voids of a joint lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoidPattern {
    /// Many small ones: the joint conducts and carries less everywhere.
    #[default]
    Spread,
    /// One square void in the middle: the worst case.
    Centre,
}

/// Test boards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum BoardKind {
    /// Four layers, high conductivity (JESD51-7).
    #[default]
    #[serde(rename = "2s2p")]
    TwoSignalsTwoPlanes,
    /// One layer, low conductivity (JESD51-3).
    #[serde(rename = "1s0p")]
    OneSignal,
    /// No board.
    #[serde(rename = "none")]
    None,
}

/// The board under a package. The size follows JESD51 unless given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Board {
    /// Which board.
    pub kind: BoardKind,
    /// Extent in x and y.
    pub size: Option<[Size; 2]>,
    /// Thickness.
    pub thickness: Size,
    /// Share of copper in the signal layers.
    pub signal_copper: Share,
    /// Share of copper in the planes.
    pub plane_copper: Share,
    /// Thermal vias under the exposed pad, or between the balls under the dies.
    pub vias: Option<Vias>,
    /// Solder between lands and board.
    pub solder_thickness: Size,
    /// Solder.
    pub solder: String,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            kind: BoardKind::default(),
            size: None,
            thickness: Quantity::from_si(1.6e-3),
            signal_copper: Quantity::from_si(0.2),
            plane_copper: Quantity::from_si(0.95),
            vias: None,
            solder_thickness: Quantity::from_si(50e-6),
            solder: "sac305".into(),
        }
    }
}

/// Plated holes in a rectangle.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vias {
    /// How many.
    pub count: u32,
    /// Drilled diameter.
    pub drill: Size,
    /// Thickness of the copper wall.
    pub plating: Size,
}

/// Surroundings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// Temperature of the air and of all that radiates.
    pub ambient: Temperature,
    /// Air speed; zero is still air, with natural convection.
    pub air_speed: Speed,
    /// Emissivity of all outer surfaces.
    pub emissivity: Share,
    /// Cooling of the underside (of the board, or of the package without board) instead of air.
    pub bottom: Option<Cooling>,
    /// Cooling of the top of the package instead of air.
    pub top: Option<Cooling>,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            ambient: Quantity::from_si(298.15),
            air_speed: Quantity::from_si(0.0),
            emissivity: Quantity::from_si(0.9),
            bottom: None,
            top: None,
        }
    }
}

/// A cold plate or a coolant.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cooling {
    /// Temperature of plate or coolant.
    pub temperature: Temperature,
    /// Film coefficient of the coolant; without it the face has the temperature of the plate.
    pub coefficient: Option<FilmCoefficient>,
}

/// A finned or plain heat sink.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeatSink {
    /// Extent in x and y.
    pub size: [Size; 2],
    /// Thickness of the base.
    pub base: Size,
    /// Material.
    #[serde(default = "aluminium")]
    pub material: String,
    /// Interface to the package.
    pub interface: Attach,
    /// Straight fins; without them the base is bare.
    pub fins: Option<Fins>,
    /// Film coefficient on base and fins; without it, it follows from the air speed and the fins.
    pub coefficient: Option<FilmCoefficient>,
}

/// Straight fins along y.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fins {
    /// How many.
    pub count: u32,
    /// Height over the base.
    pub height: Size,
    /// Thickness.
    pub thickness: Size,
}

/// The mechanical load.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reflow {
    /// Temperature at which the package has no stress, for materials that state none (usually moulding).
    pub stress_free: Temperature,
    /// Temperatures at which warpage is asked.
    pub temperatures: Vec<Temperature>,
    /// Largest warpage allowed at any of them.
    pub limit: Option<Size>,
    /// Dwell at the hot end of a thermal cycle, for life estimates.
    pub dwell: Duration,
    /// Cold and hot end of the thermal cycle of the life estimates.
    pub cycle: [Temperature; 2],
    /// Cycles per day in that test.
    pub cycles_per_day: f64,
}

impl Default for Reflow {
    fn default() -> Self {
        Self {
            stress_free: Quantity::from_si(448.15),
            temperatures: [25.0, 100.0, 150.0, 183.0, 217.0, 245.0, 260.0]
                .map(|t| Quantity::from_si(t + 273.15))
                .to_vec(),
            limit: None,
            dwell: Quantity::from_si(900.0),
            cycle: [Quantity::from_si(233.15), Quantity::from_si(398.15)],
            cycles_per_day: 24.0,
        }
    }
}

/// A load that goes on and off, and the bond wires that carry it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerCycling {
    /// How long it is on in each cycle.
    pub on: Duration,
    /// Current through each bond wire.
    pub current_per_wire: Current,
    /// Blocking voltage class of the device.
    pub voltage_class: Voltage,
    /// Diameter of the bond wires.
    pub wire: Size,
}

pub(super) fn origin() -> [Position; 2] {
    [Quantity::from_si(0.0); 2]
}

pub(super) fn no_power() -> Power {
    Quantity::from_si(0.0)
}

fn no_share() -> Share {
    Quantity::from_si(0.0)
}

fn no_interface() -> InterfaceResistance {
    Quantity::from_si(0.0)
}

fn silicon() -> String {
    "silicon".into()
}

fn aluminium() -> String {
    "aluminium".into()
}
