//! What is to be computed: from the fields of a form to an input file of the engine, and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use simulation::material::Library;
use simulation::metrics::Study;
use simulation::package::{Environment, Input, Reflow};
use simulation::parasitics::ParasiticsInput;
use simulation::{Reason, Result as Computed, SimulationError};
use toml::Value;

use crate::family::Family;
use crate::fields::FieldCard;
use crate::words;

/// The file under which an input names its power map.
pub const POWER_MAP: &str = "power.csv";

/// Which results are wanted besides temperatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// θJC and θJB: three more runs.
    pub resistances: bool,
    /// Zth(t) and the structure function.
    pub impedance: bool,
    /// Voids of the die attach from 0 to 50 %.
    pub voids: bool,
    /// Warpage, die stress, solder life.
    pub warpage: bool,
}

/// Everything a run needs. Kept as JSON with its results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Which form.
    pub family: Family,
    /// The engine's input file.
    pub toml: String,
    /// Text of the power map the input file names.
    pub power_map: Option<String>,
    /// What is wanted.
    pub wanted: Wanted,
}

/// Something wrong with a field, or with the input as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Name of the field in the form; `None` for the whole.
    pub field: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Complaint {
    /// About one field of a form; the message begins with its label.
    pub fn about(field: impl Into<String>, label: &str, message: impl AsRef<str>) -> Self {
        Self { field: Some(field.into()), message: format!("{label}：{}", message.as_ref()) }
    }
}

/// Values of the fields as shown, by path.
pub type Shown = BTreeMap<&'static str, String>;

impl Order {
    /// Title given by whoever made it.
    pub fn title(&self) -> String {
        let table: Option<toml::Table> = self.toml.parse().ok();
        let name = table.as_ref().and_then(|table| table.get("name")).and_then(Value::as_str);
        name.unwrap_or(self.family.label()).to_owned()
    }

    /// The input, read.
    ///
    /// # Errors
    /// As the engine complains.
    pub fn input(&self) -> Computed<Input> {
        Input::parse(&self.toml)
    }

    /// The package, built.
    ///
    /// # Errors
    /// As the engine complains.
    pub fn study(&self) -> Computed<Study> {
        self.study_of(self.input()?)
    }

    /// The package of a changed input, built.
    ///
    /// # Errors
    /// As the engine complains.
    pub fn study_of(&self, input: Input) -> Computed<Study> {
        Study::new(input, &|name| match &self.power_map {
            Some(text) if name == POWER_MAP => Ok(text.clone()),
            _ => Err(SimulationError::field("power_map", Reason::FileNotGiven { path: name.to_owned() })),
        })
    }

    /// The electrical input, read.
    ///
    /// # Errors
    /// As the engine complains.
    pub fn conductors(&self) -> Computed<ParasiticsInput> {
        ParasiticsInput::parse(&self.toml)
    }

    /// The input file as values.
    pub fn values(&self) -> Value {
        Value::Table(self.toml.parse().unwrap_or_default())
    }

    /// What the fields of the form hold, in words.
    pub fn told(&self) -> impl Fn(&FieldCard) -> Option<String> {
        let mut library = Library::built_in().ok();
        if let (Some(library), Ok(input)) = (&mut library, self.input()) {
            // What is wrong with the input's own materials was said when they were built.
            let _ = library.extend(&input.materials);
        }
        let values = self.values();
        move |card| {
            let label = |name: &str| {
                let known = library.as_ref().and_then(|library| library.find("", name).ok());
                known.map_or_else(|| name.to_owned(), |material| material.label.clone())
            };
            find(&values, card.path).and_then(|value| card.kind.tell(value, &label))
        }
    }
}

/// A value by its path.
pub fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |place, part| match part.parse::<usize>() {
        Ok(index) => place.get(index),
        Err(_) => place.get(part),
    })
}

/// Puts a value at a path, making tables and list entries on the way. What stands in the way is replaced.
pub fn put(place: &mut Value, path: &str, value: Value) {
    let (part, rest) = path.split_once('.').map_or((path, None), |(part, rest)| (part, Some(rest)));
    let next = match part.parse::<usize>() {
        Ok(index) => {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let Value::Array(list) = place else { return };
            while list.len() <= index {
                list.push(Value::Table(toml::Table::new()));
            }
            list.get_mut(index)
        }
        Err(_) => {
            if !place.is_table() {
                *place = Value::Table(toml::Table::new());
            }
            let Value::Table(table) = place else { return };
            Some(table.entry(part).or_insert(Value::Table(toml::Table::new())))
        }
    };
    match (next, rest) {
        (Some(next), Some(rest)) => put(next, rest, value),
        (Some(next), None) => *next = value,
        (None, _) => {}
    }
}

/// Takes a value away.
fn remove(place: &mut Value, path: &str) {
    match path.rsplit_once('.') {
        None => {
            if let Value::Table(table) = place {
                table.remove(path);
            }
        }
        Some((parent, leaf)) => {
            let parts: Vec<&str> = parent.split('.').collect();
            let found = parts.iter().try_fold(place, |place, part| match part.parse::<usize>() {
                Ok(index) => place.get_mut(index),
                Err(_) => place.get_mut(*part),
            });
            match (found, leaf.parse::<usize>()) {
                (Some(Value::Table(table)), _) => drop(table.remove(leaf)),
                (Some(Value::Array(list)), Ok(index)) if index + 1 == list.len() => drop(list.pop()),
                _ => {}
            }
        }
    }
}

/// Whether nothing is in it.
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Table(table) => table.values().all(is_hollow),
        Value::Array(list) => list.iter().all(is_hollow),
        _ => false,
    }
}

/// Takes empty tables out, but keeps the places of list entries.
fn pruned(value: &mut Value) {
    if let Value::Table(table) = value {
        table.iter_mut().for_each(|(_, value)| pruned(value));
        let hollow: Vec<String> =
            table.iter().filter(|(_, value)| is_hollow(value)).map(|(key, _)| key.clone()).collect();
        hollow.iter().for_each(|key| drop(table.remove(key)));
    }
}

/// The input that a form begins with: the template, and where it is silent what the engine takes for granted, so that
/// everything a result depends on stands in the form.
pub fn template(family: Family) -> Value {
    let mut input = Value::Table(family.template().parse().unwrap_or_default());
    if !family.is_package() {
        return input;
    }
    let celsius = |kelvin: f64| Value::String(format!("{:.0} degC", kelvin - 273.15));
    let (air, reflow) = (Environment::default(), Reflow::default());
    let granted = [
        ("environment.ambient", celsius(air.ambient.si())),
        ("environment.air_speed", Value::String(format!("{} m/s", air.air_speed.si()))),
        ("environment.emissivity", Value::String(format!("{} %", air.emissivity.si() * 100.0))),
        ("reflow.stress_free", celsius(reflow.stress_free.si())),
        ("reflow.temperatures", Value::Array(reflow.temperatures.iter().map(|t| celsius(t.si())).collect())),
    ];
    for (path, value) in granted {
        if find(&input, path).is_none() {
            put(&mut input, path, value);
        }
    }
    input
}

/// What the fields of a form show for an input file, the boxes that are ticked, and what has no field, as TOML.
pub fn spread(family: Family, input: &Value) -> (Shown, String) {
    let (mut shown, mut rest) = (Shown::new(), input.clone());
    for card in family.cards() {
        if let Some(text) = find(input, card.path).and_then(|value| card.kind.show(value)) {
            shown.insert(card.path, text);
            remove(&mut rest, card.path);
        }
    }
    for switch in family.groups().iter().filter_map(|group| group.switch) {
        if find(input, switch.path).is_some() {
            shown.insert(switch.name, "on".to_owned());
        }
    }
    // The family stands in the form's own address where it has no field.
    if family.is_package() && !family.cards().any(|card| card.path == "package.family") {
        remove(&mut rest, "package.family");
    }
    remove(&mut rest, "package.dies.0.power_map");
    remove(&mut rest, "package.die.power_map");
    pruned(&mut rest);
    let rest = if is_hollow(&rest) { String::new() } else { toml::to_string(&rest).unwrap_or_default() };
    (shown, rest)
}

/// The input file for what a form's fields hold. `value` gives a field or box as typed; `rest` is TOML for what has no
/// field.
///
/// # Errors
/// Every field that is wrong.
pub fn gather(family: Family, value: impl Fn(&str) -> String, rest: &str) -> Result<Value, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let mut input = match rest.parse::<toml::Table>() {
        Ok(table) => Value::Table(table),
        Err(error) => {
            complaints.push(Complaint::about("rest", "补充输入", words::error(&SimulationError::toml(rest, &error))));
            Value::Table(toml::Table::new())
        }
    };
    for group in family.groups() {
        if group.switch.is_some_and(|switch| value(switch.name).is_empty()) {
            continue;
        }
        for card in group.cards() {
            let typed = value(card.path);
            let label = group.name(card);
            match (typed.trim().is_empty(), card.required) {
                (true, true) => complaints.push(Complaint::about(card.path, &label, "请填写")),
                (true, false) => {}
                (false, _) => match card.kind.read(&typed) {
                    Ok(read) => put(&mut input, card.path, read),
                    Err(message) => complaints.push(Complaint::about(card.path, &label, message)),
                },
            }
        }
    }
    if family.is_package() && find(&input, "package.family").is_none() {
        let name = if family == Family::To247 { "to" } else { family.key() };
        put(&mut input, "package.family", Value::String(name.to_owned()));
    }
    if complaints.is_empty() { Ok(input) } else { Err(complaints) }
}

/// Where a complaint of the engine belongs in a form.
pub fn complaint(family: Family, error: &SimulationError) -> Complaint {
    let (field, reason) = match error {
        SimulationError::Input(unread) => return Complaint::about("rest", "补充输入", words::input(unread)),
        SimulationError::Field { field, reason } => (field, reason),
        SimulationError::Text { .. } => return Complaint::about("power_map", "功率分布", words::error(error)),
        other => return Complaint { field: None, message: words::error(other) },
    };
    let path = field.replace('[', ".").replace(']', "");
    let reason = words::reason(reason);
    let near = |path: &str, begin: &str| path == begin || path.strip_prefix(begin).is_some_and(|r| r.starts_with('.'));
    let cards = || family.groups().iter().flat_map(|group| group.cards().map(move |card| (group, card)));
    let found = cards().find(|(_, card)| near(&path, card.path)).or_else(|| cards().find(|(_, c)| near(c.path, &path)));
    match found {
        _ if path == "package" => Complaint { field: None, message: reason },
        Some((group, card)) => Complaint::about(card.path, &group.name(card), reason),
        None if path.ends_with("power_map") => Complaint::about("power_map", "功率分布", reason),
        None => Complaint { field: None, message: format!("{path}：{reason}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_goes_through_its_form_unchanged() {
        for family in Family::ALL {
            let (shown, rest) = spread(family, &template(family));
            assert_eq!(rest, "", "{family:?}: everything in the template has a field");
            let value = |name: &str| shown.get(name).cloned().unwrap_or_default();
            let gathered = gather(family, value, &rest).unwrap();
            let order = Order {
                family,
                toml: toml::to_string(&gathered).unwrap(),
                power_map: None,
                wanted: Wanted { resistances: false, impedance: false, voids: false, warpage: false },
            };
            match family {
                Family::Parasitics => assert_eq!(order.conductors().unwrap().compute().unwrap().len(), 3),
                _ => assert!(!order.study().unwrap().package.dies.is_empty()),
            }
            let again = spread(family, &gathered);
            assert_eq!(again.0, shown, "{family:?}");
        }
    }

    #[test]
    fn every_field_has_a_name_of_its_own() {
        for family in Family::ALL {
            let mut paths: Vec<&str> = family.cards().map(|card| card.path).collect();
            let count = paths.len();
            paths.sort_unstable();
            paths.dedup();
            assert_eq!(paths.len(), count, "{family:?}");
        }
    }

    #[test]
    fn what_has_no_field_is_kept_beside_the_fields() {
        let text = format!(
            "{}\n[materials.my-emc]\nconductivity = \"2 W/(m·K)\"\ndensity = \"2000 kg/m3\"\nspecific_heat = \"1000 J/(kg·K)\"\n",
            Family::Qfn.template()
        );
        let (shown, rest) = spread(Family::Qfn, &Value::Table(text.parse().unwrap()));
        assert!(rest.contains("my-emc"), "{rest}");
        let gathered = gather(Family::Qfn, |name| shown.get(name).cloned().unwrap_or_default(), &rest).unwrap();
        assert!(find(&gathered, "materials.my-emc.density").is_some());
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let (shown, _) = spread(Family::Qfn, &Value::Table(Family::Qfn.template().parse().unwrap()));
        let value = |name: &str| match name {
            "package.dies.0.thickness" => "0.2".to_owned(),
            "package.thickness" => String::new(),
            "package.leads.per_side" => "8.5".to_owned(),
            _ => shown.get(name).cloned().unwrap_or_default(),
        };
        let complaints = gather(Family::Qfn, value, "a = ").unwrap_err();
        let fields: Vec<_> = complaints.iter().filter_map(|complaint| complaint.field.as_deref()).collect();
        assert_eq!(fields, ["rest", "package.thickness", "package.leads.per_side", "package.dies.0.thickness"]);
        assert!(complaints[3].message.contains("没有单位"), "{}", complaints[3].message);
    }

    #[test]
    fn a_switched_off_part_is_left_out() {
        let (mut shown, _) = spread(Family::Qfn, &Value::Table(Family::Qfn.template().parse().unwrap()));
        shown.remove("has-vias");
        let gathered = gather(Family::Qfn, |name| shown.get(name).cloned().unwrap_or_default(), "").unwrap();
        assert!(find(&gathered, "board.vias").is_none());
    }
}
