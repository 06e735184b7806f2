//! The form of a family: filled in with the template, drawn as often as one likes, then sent off as a run.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use kernel::{Actor, Refusal};
use office::workbench::{JobId, NewJob};
use serde::Deserialize;
use simulation::grid::Region;
use simulation::material::{Confidence, Library};
use simulation::package::{Setup, set_up};
use simulation::{Reason, SimulationError, drawing, formats};
use toml::Value;
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Page, Reader, Upload};

use crate::family::Family;
use crate::fields::{FieldCard, Group, YES_NO};
use crate::order::{Complaint, Order, POWER_MAP, Shown, Wanted, complaint, gather, spread, template};
use crate::quantities::Kind;
use crate::worker::KIND;
use crate::{owner, words};

/// Files of one form, in bytes.
pub const UPLOAD: usize = 2 << 20;

/// A power map in a form, in bytes: it travels with every redraw.
const LARGEST_MAP: usize = 200_000;

/// Boxes for the results that are wanted: name, label, cost.
const WANTED: [(&str, &str); 4] = [
    ("want-resistances", "θJC、θJB（另外三次计算）"),
    ("want-impedance", "热阻抗曲线 Zth(t) 与结构函数"),
    ("want-voids", "空洞扫描 0–50 %，均匀与集中两种分布"),
    ("want-warpage", "回流翘曲、芯片应力、焊点寿命"),
];

/// What the address asks for.
#[derive(Deserialize)]
pub struct Asked {
    /// A run whose input the form begins with.
    from: Option<String>,
}

/// What was sent, besides the fields that the draft keeps.
pub struct Sent {
    act: String,
    input: Option<Upload>,
    power: Option<Upload>,
    trace: Option<Upload>,
}

impl FromFields for Sent {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let act = reader.all("act").pop().unwrap_or_default();
        let [input, power, trace] = ["input-file", "power-file", "trace-file"].map(|name| reader.optional_file(name));
        Some(Self { act, input, power, trace })
    }
}

/// Everything a form holds, apart from what is wrong with it.
#[derive(Clone, Debug, Default)]
struct Typed {
    shown: Shown,
    rest: String,
    power_map: String,
}

impl Typed {
    /// Of the engine's template.
    fn template(family: Family) -> Self {
        let mut typed = Self::of_input(family, &template(family));
        typed.shown.extend(WANTED.iter().map(|(name, _)| (*name, "on".to_owned())));
        typed
    }

    fn of_input(family: Family, input: &Value) -> Self {
        let (shown, rest) = spread(family, input);
        Self { shown, rest, power_map: String::new() }
    }

    fn of_order(order: &Order) -> Self {
        let mut typed = Self::of_input(order.family, &order.values());
        typed.power_map = order.power_map.clone().unwrap_or_default();
        let wanted = order.wanted;
        let boxes = [wanted.resistances, wanted.impedance, wanted.voids, wanted.warpage];
        typed
            .shown
            .extend(WANTED.iter().zip(boxes).filter(|(_, on)| *on).map(|((name, _), _)| (*name, "on".to_owned())));
        typed
    }

    /// As it was typed.
    fn of_draft(family: Family, draft: &Draft) -> Self {
        let boxes = family.groups().iter().filter_map(|group| group.switch).map(|switch| switch.name);
        let names = family.cards().map(|card| card.path).chain(boxes).chain(WANTED.map(|(name, _)| name));
        let filled = names.map(|name| (name, draft.value(name).to_owned())).filter(|(_, value)| !value.is_empty());
        Self {
            shown: filled.collect(),
            rest: draft.value("rest").to_owned(),
            power_map: draft.value("power_map").to_owned(),
        }
    }

    fn value(&self, name: &str) -> String {
        self.shown.get(name).cloned().unwrap_or_default()
    }

    fn draft(&self, draft: Draft) -> Draft {
        let rest = [("rest", self.rest.clone()), ("power_map", self.power_map.clone())];
        draft.fill(self.shown.iter().map(|(name, value)| (*name, value.clone())).chain(rest))
    }

    /// What is to be computed.
    fn order(&self, family: Family) -> Result<Order, Vec<Complaint>> {
        let mut input = gather(family, |name| self.value(name), &self.rest)?;
        let power_map = Some(self.power_map.trim().to_owned()).filter(|map| !map.is_empty());
        if power_map.is_some() {
            let die = if family == Family::Fcbga { "package.die" } else { "package.dies.0" };
            crate::order::put(&mut input, &format!("{die}.power_map"), Value::String(POWER_MAP.to_owned()));
        }
        let toml =
            toml::to_string(&input).map_err(|error| vec![Complaint { field: None, message: error.to_string() }])?;
        let on = |name: &str| !self.value(name).is_empty();
        let [resistances, impedance, voids, warpage] = WANTED.map(|(name, _)| on(name));
        let wanted = Wanted { resistances, impedance, voids, warpage };
        Ok(Order { family, toml, power_map, wanted })
    }
}

/// A group as shown.
struct GroupView {
    title: &'static str,
    note: &'static str,
    switch: Option<Field>,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage {
    family: Family,
    draft: Draft,
    groups: Vec<GroupView>,
    wanted: Vec<Field>,
    drawings: Vec<String>,
    cannot_draw: bool,
    untouched: usize,
}

fn family(key: &str) -> Result<Family, Failure> {
    Family::of_key(key).ok_or_else(Failure::not_found)
}

/// The form, with the template's values or those of an earlier run.
pub async fn new(counter: Counter, Path(key): Path<String>, Query(asked): Query<Asked>, page: Page) -> Answer {
    let family = family(&key)?;
    let typed = match &asked.from {
        None => Typed::template(family),
        Some(id) => Typed::of_order(&owner::run(&counter, id).await?.order),
    };
    show(page, family, &typed, &[])
}

/// Draws, takes files in, or sends the run off.
pub async fn send(counter: Counter, Path(key): Path<String>, page: Page, form: Form<Sent>) -> Answer {
    let mut family = family(&key)?;
    let Form { read, draft, command, .. } = form;
    let sent = read.ok_or_else(Failure::not_found)?;
    let mut typed = Typed::of_draft(family, &draft);
    let mut complaints = Vec::new();
    if let Some(file) = &sent.input {
        match take_input(file) {
            Ok((found, input)) => {
                let kept = std::mem::take(&mut typed.power_map);
                let wanted: Vec<_> = WANTED.iter().filter_map(|(name, _)| typed.shown.remove_entry(name)).collect();
                family = found;
                typed = Typed { power_map: kept, ..Typed::of_input(family, &input) };
                typed.shown.extend(wanted);
            }
            Err(message) => complaints.push(Complaint::about("input-file", "输入文件", message)),
        }
    }
    if let Some(file) = &sent.power {
        match take_power(file, sent.trace.as_ref()) {
            Ok(map) => typed.power_map = map,
            Err(message) => complaints.push(Complaint::about("power-file", "功率分布", message)),
        }
    }
    if !complaints.is_empty() || sent.act != "run" {
        return show(page, family, &typed, &complaints);
    }
    let order = match typed.order(family) {
        Ok(order) => order,
        Err(complaints) => return show(page, family, &typed, &complaints),
    };
    if let Err(error) = check(&order) {
        return show(page, family, &typed, &[error]);
    }
    let Actor::Person { person, organisation, .. } = counter.visitor.actor()? else { return Err(Failure::SignInFirst) };
    let input = serde_json::to_string(&order).map_err(|error| Failure::Fault(error.to_string()))?;
    let id = JobId(command.0);
    let job = NewJob { id, owner: person, organisation, kind: KIND.to_owned(), title: order.title(), input };
    counter.hall.workbench().ask(&job).await?;
    Ok(Redirect::to(&owner::path(id)).into_response())
}

/// What can be known to be wrong before the run begins.
fn check(order: &Order) -> Result<(), Complaint> {
    let complain = |error: SimulationError| complaint(order.family, &error);
    if order.family == Family::Parasitics {
        return order.conductors().and_then(|input| input.compute()).map(|_| ()).map_err(complain);
    }
    let study = order.study().map_err(complain)?;
    let scene = set_up(&study.package, &study.input, &study.library, Setup::AsGiven).map_err(complain)?;
    if scene.power() <= 0.0 {
        let field = if order.family == Family::Fcbga { "package.die.power" } else { "package.dies.0.power" };
        return Err(Complaint::about(field, "芯片功率", words::reason(&Reason::NoPower)));
    }
    Ok(())
}

fn text(file: &Upload) -> Result<String, String> {
    let text = std::str::from_utf8(&file.bytes).map_err(|_| format!("“{}”不是文本文件（UTF-8）", file.name))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

fn take_input(file: &Upload) -> Result<(Family, Value), String> {
    let text = text(file)?;
    let wrong = |error| format!("“{}”{}", file.name, words::error(&SimulationError::toml(&text, &error)));
    let table: toml::Table = text.parse().map_err(wrong)?;
    let input = Value::Table(table);
    let family = Family::of_input(&input).ok_or_else(|| {
        format!("“{}”里没有 package.family（qfn、soic、bga……），也没有 wires、vias、traces", file.name)
    })?;
    Ok((family, input))
}

/// A power map as CSV: as it is, or from a floorplan with a power trace.
fn take_power(file: &Upload, trace: Option<&Upload>) -> Result<String, String> {
    let content = text(file)?;
    if content.len() > LARGEST_MAP {
        return Err(format!("“{}”超过 {} KB，请减少功率块或网格", file.name, LARGEST_MAP / 1000));
    }
    let said = |error: SimulationError| words::error(&error);
    if !file.name.to_lowercase().ends_with(".flp") {
        formats::power_map::read(&file.name, &content).map_err(said)?;
        return Ok(content);
    }
    let trace = trace.ok_or("平面布图（.flp）要和功率轨迹（.ptrace）一起上传")?;
    let units = formats::hotspot::floorplan(&file.name, &content).map_err(said)?;
    let powers = formats::hotspot::PowerTrace::read(&trace.name, &text(trace)?).map_err(said)?;
    let means = powers.means();
    let mut map = String::from("name,x_mm,y_mm,width_mm,height_mm,power_W\n");
    for unit in &units {
        let watts = means.get(unit.name.as_str());
        let watts = watts.ok_or_else(|| format!("“{}”里没有功能块“{}”的功率", trace.name, unit.name))?;
        let [x, y, width, height] = [unit.low[0], unit.low[1], unit.size[0], unit.size[1]].map(|metres| metres * 1e3);
        map += &format!("{},{x},{y},{width},{height},{watts}\n", unit.name.replace([',', ';', '\t'], " "));
    }
    Ok(map)
}

fn show(page: Page, family: Family, typed: &Typed, complaints: &[Complaint]) -> Answer {
    let mut draft = typed.draft(page.form());
    let mut found = complaints.to_vec();
    let mut drawings = Vec::new();
    match typed.order(family) {
        Ok(order) if family.is_package() => match draw(&order) {
            Ok(svgs) => drawings = svgs,
            Err(error) if found.is_empty() => found.push(complaint(family, &error)),
            Err(_) => {}
        },
        Ok(_) => {}
        Err(wrong) if found.is_empty() => found = wrong,
        Err(_) => {}
    }
    for Complaint { field, message } in found.iter().cloned() {
        draft = match field {
            Some(field) => draft.refused(Refusal::invalid(field, message))?,
            None => draft.complain(message),
        };
    }
    let begun = Typed::template(family);
    let library = Library::built_in().map_err(|error| Failure::Fault(error.to_string()))?;
    let look = Look { draft: &draft, typed, template: &begun, library: &library };
    let groups: Vec<GroupView> = family.groups().iter().map(|group| look.group(group)).collect();
    let untouched = family.cards().filter(|card| look.is_default(card)).count();
    let wanted = WANTED.iter().map(|(name, label)| draft.tick(name, label)).collect();
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let content = FormPage {
        family,
        groups,
        wanted,
        cannot_draw: family.is_package() && drawings.is_empty(),
        drawings,
        untouched,
        draft,
    };
    page.title(family.label()).crumb("仿真测试", "/simulation").status(status).show(&content)
}

/// Section and plan of the package as it stands.
fn draw(order: &Order) -> simulation::Result<Vec<String>> {
    let study = order.study()?;
    let scene = set_up(&study.package, &study.input, &study.library, Setup::AsGiven)?;
    let (body, bounds) = (study.package.body, scene.bounds()?);
    let margin = 0.12 * body.size()[0].max(body.size()[1]);
    let clip = |d: usize, value: f64| value.clamp(bounds.low[d], bounds.high[d]);
    let depth = body.low[2] - 2.5 * body.size()[2];
    let window = Region::new(
        [clip(0, body.low[0] - margin), clip(1, body.low[1] - margin), clip(2, depth)],
        [clip(0, body.high[0] + margin), clip(1, body.high[1] + margin), bounds.high[2]],
    );
    let die = study.package.dies.first().map_or(body, |die| die.region);
    let [_, y, z] = die.centre();
    Ok(vec![
        drawing::geometry(&scene, drawing::View::Section(y), &window, "剖面，过芯片中心"),
        drawing::geometry(&scene, drawing::View::Plan(z), &window, "俯视，芯片中部"),
    ])
}

/// How fields look: what was typed, where it comes from, how far to trust it.
struct Look<'a> {
    draft: &'a Draft,
    typed: &'a Typed,
    template: &'a Typed,
    library: &'a Library,
}

impl Look<'_> {
    /// Whether a field still has the value the template came with.
    fn is_default(&self, card: &FieldCard) -> bool {
        let value = self.typed.shown.get(card.path);
        value.is_some()
            && value == self.template.shown.get(card.path)
            && !matches!(card.kind, Kind::Choice(_) | Kind::Words)
    }

    fn group(&self, group: &Group) -> GroupView {
        let switch = group.switch.map(|switch| self.draft.tick(switch.name, switch.label));
        GroupView {
            title: group.title,
            note: group.note,
            switch,
            fields: group.cards().map(|card| self.field(card)).collect(),
        }
    }

    fn field(&self, card: &'static FieldCard) -> Field {
        let field = match card.kind {
            Kind::Material => {
                let choices: Vec<(String, String)> =
                    self.library.all().map(|m| (m.name.clone(), m.label.clone())).collect();
                self.draft.select(card.path, card.label, &self.with_own(card, choices))
            }
            Kind::Choice(choices) => self.draft.select(card.path, card.label, choices),
            Kind::Flag => self.draft.select(card.path, card.label, YES_NO),
            Kind::Layers => self.draft.lines(card.path, card.label).rows(6),
            _ => self.draft.text(card.path, card.label),
        };
        let field = field.required_if(card.required);
        match self.flag(card) {
            Some(flag) => field.hint(flag),
            None => field,
        }
    }

    /// Materials of the input itself can be chosen too.
    fn with_own(&self, card: &FieldCard, mut choices: Vec<(String, String)>) -> Vec<(String, String)> {
        let chosen = self.typed.value(card.path);
        if !chosen.is_empty() && !choices.iter().any(|(name, _)| *name == chosen) {
            choices.push((chosen.clone(), format!("{chosen}（本输入自带）")));
        }
        choices
    }

    /// What is said about where a value comes from.
    fn flag(&self, card: &FieldCard) -> Option<String> {
        if card.kind == Kind::Material {
            let chosen = self.typed.value(card.path);
            let material = self.library.all().find(|material| material.name == chosen)?;
            let (symbol, word) = words::confidence(material.confidence);
            let advice = if material.confidence == Confidence::Low { "，宜向供应商索取" } else { "" };
            return Some(format!("{symbol} 数据可信度{word}{advice}"));
        }
        self.is_default(card).then(|| "▽ 模板默认值".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(name: &str, content: &str) -> Upload {
        Upload { name: name.to_owned(), bytes: content.as_bytes().to_vec().into() }
    }

    #[test]
    fn a_floorplan_becomes_a_power_map() {
        let plan = upload("cpu.flp", "core\t0.001\t0.002\t0\t0\ncache 0.001 0.001 0.001 0\n");
        let trace = upload("cpu.ptrace", "core cache\n2 1\n4 1\n");
        let map = take_power(&plan, Some(&trace)).unwrap();
        assert!(map.contains("core,0,0,1,2,3\n") && map.contains("cache,1,0,1,1,1\n"), "{map}");
        assert!(take_power(&plan, None).unwrap_err().contains(".ptrace"));
        let short = upload("cpu.ptrace", "core\n2\n");
        assert!(take_power(&plan, Some(&short)).unwrap_err().contains("cache"));
    }

    #[test]
    fn a_bad_map_is_refused_with_its_line() {
        let said = take_power(&upload("p.csv", "1,2\n3,-4\n"), None).unwrap_err();
        assert!(said.contains("p.csv 第 2 行") && said.contains("-4"), "{said}");
    }

    #[test]
    fn every_template_can_be_drawn_and_checked() {
        for family in Family::ALL {
            let order = Typed::template(family).order(family).unwrap();
            check(&order).unwrap_or_else(|complaint| panic!("{family:?}: {complaint:?}"));
            if family.is_package() {
                assert_eq!(draw(&order).unwrap().len(), 2);
            }
            let cycled = order.values().get("power_cycling").is_some();
            assert_eq!(cycled, matches!(family, Family::To247 | Family::Module));
            assert_eq!(Typed::of_order(&order).shown, Typed::template(family).shown, "{family:?}");
        }
    }
}
