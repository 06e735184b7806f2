//! The package families and their parameters.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::input::{Attach, Die};
use crate::quantity::{Share, Size};

/// A package of a known family.
#[derive(Debug, Clone)]
pub enum Family {
    /// Quad flat no-lead.
    Qfn(NoLead),
    /// Dual flat no-lead: leads on the two sides along y.
    Dfn(NoLead),
    /// Small outline: gull-wing leads on the two sides along y.
    Soic(GullWing),
    /// Quad flat package: gull-wing leads on four sides.
    Qfp(GullWing),
    /// Wire-bonded ball grid array, also with stacked dies.
    Bga(GridArray),
    /// Wire-bonded land grid array.
    Lga(GridArray),
    /// Flip-chip ball grid array.
    Fcbga(Box<FlipChip>),
    /// Power transistor outline with an exposed plate (TO-247 and its kin).
    To(PlatePackage),
    /// Power module: dies on metallised ceramic on a base plate.
    Module(PowerModule),
}

/// By hand and not by a tag, because only then do complaints name the field.
impl<'de> Deserialize<'de> for Family {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let family = match table.remove("family") {
            Some(toml::Value::String(family)) => family,
            _ => return Err(D::Error::missing_field("family")),
        };
        let name = family.to_lowercase();
        match name.as_str() {
            "qfn" => read(table).map(Self::Qfn),
            "dfn" => read(table).map(Self::Dfn),
            "soic" => read(table).map(Self::Soic),
            "qfp" => read(table).map(Self::Qfp),
            "bga" => read(table).map(Self::Bga),
            "lga" => read(table).map(Self::Lga),
            "fcbga" => read(table).map(|p| Self::Fcbga(Box::new(p))),
            "to" => read(table).map(Self::To),
            "module" => read(table).map(Self::Module),
            _ => Err(D::Error::unknown_variant(
                &family,
                &["qfn", "dfn", "soic", "qfp", "bga", "lga", "fcbga", "to", "module"],
            )),
        }
    }
}

fn read<T: serde::de::DeserializeOwned, E: Error>(table: toml::Table) -> Result<T, E> {
    table.try_into().map_err(|e: toml::de::Error| E::custom(e.to_string().trim_end().replace("in `", "in `package.")))
}

impl Family {
    /// The dies.
    pub fn dies(&self) -> &[Die] {
        match self {
            Self::Qfn(p) | Self::Dfn(p) => &p.dies,
            Self::Soic(p) | Self::Qfp(p) => &p.dies,
            Self::Bga(p) | Self::Lga(p) => &p.dies,
            Self::Fcbga(p) => std::slice::from_ref(&p.die),
            Self::To(p) => &p.dies,
            Self::Module(p) => &p.dies,
        }
    }

    /// Whether it is soldered to a board.
    pub fn sits_on_board(&self) -> bool {
        !matches!(self, Self::To(_) | Self::Module(_))
    }
}

/// A plate of lead frame under the die.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pad {
    /// Extent in x and y.
    pub size: [Size; 2],
}

/// Leads along a side.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leads {
    /// Leads on each side that has leads.
    pub per_side: u32,
    /// Distance from lead to lead.
    pub pitch: Size,
    /// Width.
    pub width: Size,
    /// Length of the land, or of the foot of a gull wing.
    pub length: Size,
}

/// QFN and DFN.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoLead {
    /// Extent of the body in x and y.
    pub body: [Size; 2],
    /// Height of the body.
    pub thickness: Size,
    /// Moulding compound.
    #[serde(default = "emc")]
    pub mould: String,
    /// Lead frame material.
    #[serde(default = "lead_frame")]
    pub frame: String,
    /// Lead frame thickness.
    pub frame_thickness: Size,
    /// Exposed pad.
    pub pad: Pad,
    /// Leads.
    pub leads: Leads,
    /// Dies.
    pub dies: Vec<Die>,
}

/// SOIC and QFP, with or without exposed pad.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GullWing {
    /// Extent of the body in x and y.
    pub body: [Size; 2],
    /// Height of the body.
    pub thickness: Size,
    /// Air between body and board.
    pub standoff: Size,
    /// Moulding compound.
    #[serde(default = "emc")]
    pub mould: String,
    /// Lead frame material.
    #[serde(default = "lead_frame")]
    pub frame: String,
    /// Lead frame thickness.
    pub frame_thickness: Size,
    /// Die pad.
    pub pad: Pad,
    /// Whether the pad is exposed at the underside and soldered.
    #[serde(default)]
    pub exposed: bool,
    /// Leads.
    pub leads: Leads,
    /// How far the leads reach beyond the body.
    pub reach: Size,
    /// Dies.
    pub dies: Vec<Die>,
}

/// One layer of a substrate, from the top.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubstrateLayer {
    /// Thickness.
    pub thickness: Size,
    /// Material between the copper.
    pub material: String,
    /// Share of copper in the layer (traces and planes in a metal layer, via copper in a dielectric).
    #[serde(default = "no_copper")]
    pub copper: Share,
}

/// Solder balls in a square grid; `rows` from the outside inwards, all if absent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balls {
    /// Balls along x and y.
    pub count: [u32; 2],
    /// Distance from ball to ball.
    pub pitch: Size,
    /// Diameter of the column that stands for the ball.
    pub diameter: Size,
    /// Height after soldering.
    pub height: Size,
    /// Rows from the outside inwards that carry balls.
    pub rows: Option<u32>,
    /// Balls along x and y of a block in the middle, if rows are given.
    pub inner: Option<[u32; 2]>,
    /// Solder.
    #[serde(default = "sac305")]
    pub solder: String,
}

/// Wire-bonded BGA and LGA, stacked dies included.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridArray {
    /// Extent of the body in x and y.
    pub body: [Size; 2],
    /// Height of the mould cap over the substrate.
    pub mould_thickness: Size,
    /// Moulding compound.
    #[serde(default = "emc")]
    pub mould: String,
    /// Substrate from the top.
    pub substrate: Vec<SubstrateLayer>,
    /// Balls; for an LGA the solder of the lands.
    pub balls: Balls,
    /// Dies.
    pub dies: Vec<Die>,
}

/// Flip-chip BGA.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlipChip {
    /// Extent of the substrate in x and y.
    pub body: [Size; 2],
    /// Substrate from the top.
    pub substrate: Vec<SubstrateLayer>,
    /// Balls.
    pub balls: Balls,
    /// The die, face down; its `attach` is the homogenised layer of bumps and underfill.
    pub die: Die,
    /// Lid, if there is one.
    pub lid: Option<Lid>,
}

/// A lid over a flip chip.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lid {
    /// Thickness of the plate.
    pub thickness: Size,
    /// Width of the foot around.
    pub foot: Size,
    /// Material.
    #[serde(default = "copper")]
    pub material: String,
    /// Between die and lid.
    pub interface: Attach,
    /// Adhesive under the foot.
    pub adhesive: Attach,
}

/// TO-247 and similar: a thick plate, moulded over, screwed or soldered to a sink.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatePackage {
    /// Extent of the body in x and y.
    pub body: [Size; 2],
    /// Height of the body.
    pub thickness: Size,
    /// Moulding compound.
    #[serde(default = "emc")]
    pub mould: String,
    /// Plate, exposed at the underside.
    pub plate: Pad,
    /// Thickness of the plate.
    pub plate_thickness: Size,
    /// Material of the plate.
    #[serde(default = "copper")]
    pub plate_material: String,
    /// Interface to the sink.
    pub interface: Attach,
    /// Dies.
    pub dies: Vec<Die>,
}

/// IGBT or SiC module: dies on copper–ceramic–copper, soldered to a base plate.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerModule {
    /// Extent of the base plate in x and y.
    pub base: [Size; 2],
    /// Thickness of the base plate.
    pub base_thickness: Size,
    /// Material of the base plate.
    #[serde(default = "copper")]
    pub base_material: String,
    /// Solder under the ceramic.
    pub system_solder: Attach,
    /// Extent of the ceramic.
    pub ceramic_size: [Size; 2],
    /// Thickness of the ceramic.
    pub ceramic_thickness: Size,
    /// Ceramic.
    #[serde(default = "alumina")]
    pub ceramic: String,
    /// Thickness of the copper on both sides.
    pub metal_thickness: Size,
    /// How far the ceramic stands out beyond the copper.
    pub margin: Size,
    /// Paste between base plate and sink.
    pub interface: Attach,
    /// Dies on the upper copper.
    pub dies: Vec<Die>,
}

fn emc() -> String {
    "emc".into()
}

fn lead_frame() -> String {
    "copper-c194".into()
}

fn copper() -> String {
    "copper".into()
}

fn sac305() -> String {
    "sac305".into()
}

fn alumina() -> String {
    "alumina".into()
}

fn no_copper() -> Share {
    Share::from_si(0.0)
}
