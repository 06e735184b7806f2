//! Packages: from the words of a drawing to boxes of material in their surroundings.

mod build;
mod builder;
mod families;
mod input;
mod surroundings;
mod sweep;

pub use build::{Package, build};
pub use builder::{PlacedDie, ReadFile};
pub use families::{
    Balls, Family, FlipChip, GridArray, GullWing, Leads, Lid, NoLead, Pad, PlatePackage, PowerModule, SubstrateLayer,
};
pub use input::{
    Attach, Board, BoardKind, Cooling, Die, Environment, Fins, HeatSink, Input, PowerCycling, Reflow, Vias, VoidPattern,
};
pub use surroundings::{Setup, set_up};
pub use sweep::sweep;
