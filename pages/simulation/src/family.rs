//! The package families that have a form.

use simulation::command_line::TEMPLATES;

use crate::fields::{self, FieldCard, Group};

/// A family of packages, or the electrical closed forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// QFN and DFN.
    Qfn,
    /// SOIC and QFP.
    Soic,
    /// Wire-bonded BGA and LGA, with stacked dies.
    Bga,
    /// Flip-chip BGA.
    Fcbga,
    /// TO-247 and its kin.
    To247,
    /// Power modules on metallised ceramic.
    Module,
    /// Wires, vias, traces.
    Parasitics,
}

impl Family {
    /// In order of use.
    pub const ALL: [Self; 7] =
        [Self::Qfn, Self::Soic, Self::Bga, Self::Fcbga, Self::To247, Self::Module, Self::Parasitics];

    /// As it stands in addresses, and the name of its template.
    pub fn key(self) -> &'static str {
        match self {
            Self::Qfn => "qfn",
            Self::Soic => "soic",
            Self::Bga => "bga",
            Self::Fcbga => "fcbga",
            Self::To247 => "to247",
            Self::Module => "module",
            Self::Parasitics => "parasitics",
        }
    }

    /// By its key.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.key() == key)
    }

    /// By an input file.
    pub fn of_input(input: &toml::Value) -> Option<Self> {
        let named = input.get("package").and_then(|package| package.get("family")).and_then(toml::Value::as_str);
        match named {
            Some("qfn" | "dfn") => Some(Self::Qfn),
            Some("soic" | "qfp") => Some(Self::Soic),
            Some("bga" | "lga") => Some(Self::Bga),
            Some("fcbga") => Some(Self::Fcbga),
            Some("to") => Some(Self::To247),
            Some("module") => Some(Self::Module),
            Some(_) => None,
            None => ["wires", "vias", "traces"].iter().any(|key| input.get(key).is_some()).then_some(Self::Parasitics),
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Qfn => "QFN／DFN",
            Self::Soic => "SOIC／QFP",
            Self::Bga => "引线键合 BGA／LGA",
            Self::Fcbga => "倒装 FCBGA",
            Self::To247 => "TO-247",
            Self::Module => "功率模块（DBC）",
            Self::Parasitics => "寄生参数",
        }
    }

    /// What its form is for.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Qfn => "散热焊盘、空洞、过孔；无引脚扁平封装",
            Self::Soic => "鸥翼引脚，可带外露散热焊盘",
            Self::Bga => "基板叠层、焊球、叠层芯片",
            Self::Fcbga => "凸点、盖板、界面材料、散热器",
            Self::To247 => "厚底板、冷板；功率循环寿命",
            Self::Module => "芯片、陶瓷覆铜、底板、液冷",
            Self::Parasitics => "键合线、硅通孔、走线的 R、L、C",
        }
    }

    /// Fields of its form.
    pub fn groups(self) -> &'static [Group] {
        match self {
            Self::Qfn => fields::QFN,
            Self::Soic => fields::SOIC,
            Self::Bga => fields::BGA,
            Self::Fcbga => fields::FCBGA,
            Self::To247 => fields::TO,
            Self::Module => fields::MODULES,
            Self::Parasitics => fields::PARASITICS,
        }
    }

    /// All fields.
    pub fn cards(self) -> impl Iterator<Item = &'static FieldCard> {
        self.groups().iter().flat_map(Group::cards)
    }

    /// Whether it is a package with temperatures and warpage.
    pub fn is_package(self) -> bool {
        self != Self::Parasitics
    }

    /// The joint whose voids are swept: the one all heat passes.
    pub fn swept_joint(self) -> &'static str {
        match self {
            Self::Fcbga => "package.lid.interface",
            _ => "package.dies.0.attach",
        }
    }

    /// The template of the engine.
    pub fn template(self) -> &'static str {
        TEMPLATES.iter().find(|(name, _)| *name == self.key()).map_or("", |(_, text)| text)
    }
}
