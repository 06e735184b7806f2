//! What people type into a field, read as the engine reads it, with complaints in their language.

use simulation::quantity::{
    CurrentDimension, Dimension, DurationDimension, FilmDimension, InterfaceDimension, PositionDimension,
    PowerDimension, Quantity, ResistivityDimension, ShareDimension, SizeDimension, SpeedDimension,
    TemperatureDimension, VoltageDimension,
};
use toml::Value;

use crate::fields::YES_NO;
use crate::words;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A size with its unit: `0.85 mm`.
    Size,
    /// Extent in x and y: `5 mm × 5 mm`.
    SizePair,
    /// A place in x and y, of any sign.
    PositionPair,
    /// Heat: `1 W`.
    Power,
    /// `25 °C`.
    Temperature,
    /// Several temperatures with commas.
    Temperatures,
    /// Both ends of a cycle: `-40 °C, 125 °C`.
    TemperaturePair,
    /// A film coefficient: `10 W/(m²·K)`.
    Film,
    /// A share: `5 %`.
    Share,
    /// `0 mm²·K/W`.
    Interface,
    /// `2 m/s`.
    Speed,
    /// `15 min`.
    Duration,
    /// `10 A`.
    Current,
    /// `1200 V`.
    Voltage,
    /// `2.44e-8 ohm·m`.
    Resistivity,
    /// A whole number.
    Count,
    /// Two whole numbers: `16 × 16`.
    CountPair,
    /// A plain number.
    Number,
    /// Words.
    Words,
    /// One of the materials of the library.
    Material,
    /// One of several.
    Choice(&'static [(&'static str, &'static str)]),
    /// Yes or no.
    Flag,
    /// Layers of a substrate, one a line: thickness, material, share of copper.
    Layers,
}

/// The longest text of one field.
const LONGEST: usize = 4_000;

/// As people read it: `degC` becomes `°C`, `um` becomes `µm`.
pub fn pretty(text: &str) -> String {
    text.replace("degC", "°C").replace("um", "µm").replace("m2", "m²")
}

/// A quantity in one of the units of its dimension.
fn quantity<D: Dimension>(text: &str) -> Result<Value, String> {
    let text = text.trim();
    Quantity::<D>::read(text).map(|_| Value::String(text.to_owned())).map_err(|unread| words::quantity(&unread))
}

/// The parts of `5 mm × 4 mm`, or of `-12 mm, 0 mm`.
fn parts(text: &str) -> Vec<&str> {
    text.split(['×', '*', ',', '，', ';', '；', '、']).flat_map(|part| part.split(" x ")).map(str::trim).collect()
}

fn pair(what: &str, text: &str, read: impl Fn(&str) -> Result<Value, String>) -> Result<Value, String> {
    match parts(text).as_slice() {
        [one, other] => Ok(Value::Array(vec![read(one)?, read(other)?])),
        _ => Err(format!("“{text}”要写成两个值，中间用“×”或逗号隔开：{what}")),
    }
}

fn count(text: &str) -> Result<Value, String> {
    match text.trim().parse::<u32>() {
        Ok(count) if count <= 10_000 => Ok(Value::Integer(i64::from(count))),
        _ => Err(format!("“{text}”要写成不超过 10000 的整数")),
    }
}

fn number(text: &str) -> Result<Value, String> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Value::Float(number)),
        _ => Err(format!("“{text}”要写成数字")),
    }
}

fn layers(text: &str) -> Result<Value, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let layer = |(index, line): (usize, &str)| {
        let place = |reason: String| format!("第 {} 层“{line}”：{reason}", index + 1);
        let fields = parts(line);
        let [thickness, material, rest @ ..] = fields.as_slice() else {
            return Err(place("每行要写“厚度，材料，含铜率”，例如“18 µm，bt-core，40 %”".to_owned()));
        };
        let mut table = toml::Table::new();
        table.insert("thickness".into(), quantity::<SizeDimension>(thickness).map_err(place)?);
        table.insert("material".into(), Value::String((*material).to_owned()));
        if let Some(copper) = rest.first() {
            table.insert("copper".into(), quantity::<ShareDimension>(copper).map_err(place)?);
        }
        Ok(Value::Table(table))
    };
    let layers: Vec<Value> = lines.enumerate().map(layer).collect::<Result<_, _>>()?;
    if layers.is_empty() { Err("至少要有一层".to_owned()) } else { Ok(Value::Array(layers)) }
}

impl Kind {
    /// The value an input file has for what was typed.
    ///
    /// # Errors
    /// What is wrong and how it is written.
    pub fn read(self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return Err(format!("请控制在 {LONGEST} 个字以内"));
        }
        match self {
            Self::Size => quantity::<SizeDimension>(text),
            Self::SizePair => pair("例如“5 mm × 5 mm”", text, quantity::<SizeDimension>),
            Self::PositionPair => pair("例如“0 mm, 0 mm”", text, quantity::<PositionDimension>),
            Self::Power => quantity::<PowerDimension>(text),
            Self::Temperature => quantity::<TemperatureDimension>(text),
            Self::TemperaturePair => pair("例如“-40 °C, 125 °C”", text, quantity::<TemperatureDimension>),
            Self::Temperatures => {
                let all: Result<Vec<Value>, String> =
                    parts(text).into_iter().map(quantity::<TemperatureDimension>).collect();
                all.map(Value::Array)
            }
            Self::Film => quantity::<FilmDimension>(text),
            Self::Share => quantity::<ShareDimension>(text),
            Self::Interface => quantity::<InterfaceDimension>(text),
            Self::Speed => quantity::<SpeedDimension>(text),
            Self::Duration => quantity::<DurationDimension>(text),
            Self::Current => quantity::<CurrentDimension>(text),
            Self::Voltage => quantity::<VoltageDimension>(text),
            Self::Resistivity => quantity::<ResistivityDimension>(text),
            Self::Count => count(text),
            Self::CountPair => pair("例如“16 × 16”", text, count),
            Self::Number => number(text),
            Self::Words | Self::Material => Ok(Value::String(text.to_owned())),
            Self::Choice(choices) => match choices.iter().any(|(value, _)| *value == text) {
                true => Ok(Value::String(text.to_owned())),
                false => Err("请从列表中选择一项".to_owned()),
            },
            Self::Flag => Ok(Value::Boolean(text == "yes")),
            Self::Layers => layers(text),
        }
    }

    /// The value of an input file in words: materials, choices and answers as the form calls them.
    pub fn tell(self, value: &Value, material: &dyn Fn(&str) -> String) -> Option<String> {
        match self {
            Self::Material => value.as_str().map(material),
            Self::Choice(choices) => {
                let key = value.as_str()?;
                let known = choices.iter().find(|(choice, _)| *choice == key);
                Some(known.map_or(key, |(_, label)| label).to_owned())
            }
            Self::Flag => value.as_bool().map(|flag| YES_NO[usize::from(!flag)].1.to_owned()),
            Self::Layers => {
                let named = value.as_array()?.iter().cloned().map(|mut layer| {
                    if let Some(Value::String(name)) = layer.get_mut("material") {
                        *name = material(name);
                    }
                    layer
                });
                self.show(&Value::Array(named.collect()))
            }
            _ => self.show(value),
        }
    }

    /// What a field shows for the value of an input file; `None` if the value is of another kind.
    pub fn show(self, value: &Value) -> Option<String> {
        let one = |value: &Value| match value {
            Value::String(text) => Some(pretty(text)),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(number.to_string()),
            _ => None,
        };
        let several = |joint: &str| {
            let all: Option<Vec<String>> = value.as_array()?.iter().map(one).collect();
            all.map(|all| all.join(joint))
        };
        match self {
            Self::SizePair | Self::CountPair => several(" × "),
            Self::PositionPair | Self::TemperaturePair | Self::Temperatures => several(", "),
            Self::Flag => value.as_bool().map(|flag| if flag { "yes" } else { "no" }.to_owned()),
            Self::Layers => {
                let line = |layer: &Value| {
                    let table = layer.as_table()?;
                    let text = |key: &str| table.get(key).and_then(one);
                    let copper = text("copper").map(|copper| format!("，{copper}")).unwrap_or_default();
                    let material = table.get("material")?.as_str()?;
                    Some(format!("{}，{material}{copper}", text("thickness")?))
                };
                let lines: Option<Vec<String>> = value.as_array()?.iter().map(line).collect();
                lines.map(|lines| lines.join("\n"))
            }
            Self::Material | Self::Words | Self::Choice(_) => value.as_str().map(str::to_owned),
            _ => one(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_back() {
        for (kind, written) in [
            (Kind::Size, "\"0.85 mm\""),
            (Kind::SizePair, "[\"5 mm\", \"4 mm\"]"),
            (Kind::PositionPair, "[\"-12 mm\", \"0 mm\"]"),
            (Kind::Temperatures, "[\"25 degC\", \"260 degC\"]"),
            (Kind::CountPair, "[16, 12]"),
            (Kind::Flag, "true"),
            (Kind::Interface, "\"5 mm2·K/W\""),
            (
                Kind::Layers,
                "[{ thickness = \"18 um\", material = \"bt-core\", copper = \"40 %\" }, { thickness = \"30 um\", material = \"solder-mask\" }]",
            ),
        ] {
            let table: toml::Table = format!("v = {written}").parse().unwrap();
            let shown = kind.show(&table["v"]).unwrap();
            let read = kind.read(&shown).unwrap();
            assert_eq!(kind.show(&read).as_ref(), Some(&shown), "{written}");
        }
    }

    #[test]
    fn values_are_told_as_the_form_calls_them() {
        let table: toml::Table = "frame = \"copper\"\nexposed = true\nkind = \"1s0p\"\nown = \"x\"\n\
            substrate = [{ thickness = \"30 um\", material = \"copper\", copper = \"40 %\" }]"
            .parse()
            .unwrap();
        let label = |name: &str| if name == "copper" { "铜".to_owned() } else { name.to_owned() };
        let choices = Kind::Choice(&[("1s0p", "单层板")]);
        for (key, kind, told) in [
            ("frame", Kind::Material, "铜"),
            ("own", Kind::Material, "x"),
            ("exposed", Kind::Flag, "是"),
            ("kind", choices, "单层板"),
            ("substrate", Kind::Layers, "30 µm，铜，40 %"),
        ] {
            assert_eq!(kind.tell(&table[key], &label).as_deref(), Some(told), "{key}");
        }
    }

    #[test]
    fn complaints_say_what_is_missing_and_how_it_is_written() {
        let missing = Kind::Size.read("0.85").unwrap_err();
        assert!(missing.contains("没有单位") && missing.contains("0.85 mm") && missing.contains("µm"), "{missing}");
        assert!(Kind::Size.read("-0.2 mm").unwrap_err().contains("大于零"));
        assert!(Kind::Power.read("-1 W").unwrap_err().contains("不小于零"));
        assert!(Kind::Size.read("0.2 W").unwrap_err().contains("读不懂"));
        assert!(Kind::SizePair.read("5 mm").unwrap_err().contains("两个值"));
        assert!(Kind::Layers.read("18 µm").unwrap_err().contains("第 1 层"));
        assert!(Kind::Count.read("3.5").is_err() && Kind::Number.read("nan").is_err());
    }
}
