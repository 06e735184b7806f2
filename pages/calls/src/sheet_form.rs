//! Performance sheets (绩效目标表、年中监控、绩效自评) of a call: filled from the records where they tell, and printed.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::Call;
use cases::call::Act;
use cases::performance::{Attained, Figure, IndicatorKind, Prefilled, Sheet, Target, prefilled};
use kernel::money::Rounding;
use kernel::{CommandId, Money, Rate, Revision};
use office::State;
use register::Light;
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Page, Reader, go};

use super::shown::{benefit_title, found_for_office, found_in_charge};

const KINDS: [(&str, IndicatorKind, &str); 4] = [
    ("output", IndicatorKind::Output, "产出指标"),
    ("cost", IndicatorKind::Cost, "成本指标"),
    ("benefit", IndicatorKind::Benefit, "效益指标"),
    ("satisfaction", IndicatorKind::Satisfaction, "满意度指标"),
];
const UNITS: [(&str, &str); 3] = [("count", "个"), ("amount", "元"), ("share", "%")];
const BLANK_ROWS: usize = 2;

/// Indicators whose value the records give, by the name under which they are offered.
const KNOWN: [(&str, &str, &str); 6] = [
    ("申报件数", "output", "count"),
    ("支持企业户数", "output", "count"),
    ("支持中小微企业户数", "output", "count"),
    ("审定金额", "cost", "amount"),
    ("拨付金额", "cost", "amount"),
    ("预算执行率", "cost", "share"),
];

/// What the records say of an indicator offered here; `None` where only people know.
fn from_records(name: &str, sums: &Prefilled) -> Option<Figure> {
    let count = |count: u32| Some(Figure::Count(count.into()));
    match name {
        "申报件数" => count(sums.cases),
        "支持企业户数" => count(sums.firms_paid),
        "支持中小微企业户数" => count(sums.small_and_medium_paid),
        "审定金额" => Some(Figure::Amount(sums.decided)),
        "拨付金额" => Some(Figure::Amount(sums.paid)),
        "预算执行率" => {
            let parts =
                Money::from_fen(Rate::WHOLE).times_ratio(sums.paid.fen(), sums.budget.fen(), Rounding::HalfUp)?;
            Some(Figure::Share(Rate::from_parts_per_million(parts.fen())))
        }
        _ => None,
    }
}

/// A figure as people read it.
pub fn figure_text(figure: Figure) -> String {
    match figure {
        Figure::Count(count) => format!("{count} 个"),
        Figure::Amount(money) => format!("{money} 元"),
        Figure::Share(rate) => rate.to_string(),
    }
}

fn typed_figure(figure: Figure) -> (&'static str, String) {
    match figure {
        Figure::Count(count) => ("count", count.to_string()),
        Figure::Amount(money) => ("amount", money.plain()),
        Figure::Share(rate) => ("share", rate.to_string().trim_end_matches('%').to_owned()),
    }
}

fn read_figure(unit: &str, text: &str) -> Result<Figure, String> {
    let text = text.trim();
    match unit {
        "count" => text.parse().map(Figure::Count).map_err(|_| format!("“{text}”不是整数")),
        "amount" => text.parse().map(Figure::Amount).map_err(|error: kernel::money::MoneyError| error.to_string()),
        "share" => {
            let digits = text.trim_end_matches(['%', '％']);
            let rate = format!("{digits}%").parse().map(Figure::Share);
            rate.map_err(|_| format!("“{text}”不是百分比，例如 85"))
        }
        _ => Err("请选择单位".to_owned()),
    }
}

/// A line of the target sheet as typed.
pub struct TargetRow {
    name: String,
    kind: String,
    unit: String,
    value: String,
}

/// The target sheet as typed.
pub struct TypedTargets(Vec<Target>);

impl FromFields for TypedTargets {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let (names, kinds) = (reader.all("name"), reader.all("kind"));
        let (units, values) = (reader.all("unit"), reader.all("value"));
        let mut targets = Vec::new();
        let mut wrong = Vec::new();
        for (place, name) in names.iter().enumerate().filter(|(_, name)| !name.trim().is_empty()) {
            let at = |typed: &[String]| typed.get(place).cloned().unwrap_or_default();
            let kind = KINDS.iter().find(|(key, ..)| *key == at(&kinds)).map(|(_, kind, _)| *kind);
            match (read_figure(&at(&units), &at(&values)), kind) {
                (Ok(target), Some(kind)) => targets.push(Target { name: name.trim().to_owned(), kind, target }),
                (Err(why), _) => wrong.push(format!("{name}：{why}")),
                (_, None) => wrong.push(format!("{name}：请选择指标类型")),
            }
        }
        if wrong.is_empty() {
            return Some(Self(targets));
        }
        reader.refuse("targets", "绩效指标", &wrong.join("；"));
        None
    }
}

#[derive(Template)]
#[template(path = "targets.html")]
struct TargetsPage {
    id: String,
    title: String,
    rows: Vec<TargetRow>,
    kinds: [(&'static str, IndicatorKind, &'static str); 4],
    units: [(&'static str, &'static str); 3],
    draft: Draft,
}

fn target_rows(draft: &Draft) -> Vec<TargetRow> {
    let (mut kinds, mut units, mut values) = (draft.all("kind"), draft.all("unit"), draft.all("value"));
    let rows = draft.all("name").map(|name| TargetRow {
        name: name.to_owned(),
        kind: kinds.next().unwrap_or_default().to_owned(),
        unit: units.next().unwrap_or_default().to_owned(),
        value: values.next().unwrap_or_default().to_owned(),
    });
    let rows: Vec<_> = rows.filter(|row| !row.name.trim().is_empty()).collect();
    let blank =
        || TargetRow { name: String::new(), kind: "output".to_owned(), unit: "count".to_owned(), value: String::new() };
    rows.into_iter().chain(std::iter::repeat_with(blank).take(BLANK_ROWS)).collect()
}

fn fill_targets(draft: Draft, targets: &[Target]) -> Draft {
    targets.iter().fold(draft, |draft, target| {
        let kind = KINDS.iter().find(|(_, kind, _)| *kind == target.kind).map_or("", |(key, ..)| key);
        let (unit, value) = typed_figure(target.target);
        let name = target.name.clone();
        draft.fill([("name", name), ("kind", kind.to_owned()), ("unit", unit.to_owned()), ("value", value)])
    })
}

/// The targets of this call; else of the last one of the same benefit; else the names the records can tell of.
fn suggested(state: &State, call: &Call, draft: Draft) -> Draft {
    if let Some(targets) = call.targets() {
        return fill_targets(draft, targets);
    }
    let same = |other: &&Call| other.terms.benefit == call.terms.benefit && other.targets().is_some();
    let last = state.cases.calls().filter(same).max_by_key(|other| other.terms.window.from());
    if let Some(targets) = last.and_then(Call::targets) {
        return fill_targets(draft, targets);
    }
    KNOWN.iter().fold(draft, |draft, (name, kind, unit)| {
        let value = if *name == "拨付金额" { call.terms.budget.plain() } else { String::new() };
        draft.fill([
            ("name", (*name).to_owned()),
            ("kind", (*kind).to_owned()),
            ("unit", (*unit).to_owned()),
            ("value", value),
        ])
    })
}

fn status_of(draft: &Draft) -> StatusCode {
    if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

fn show_targets(page: Page, call: &Call, draft: Draft) -> Answer {
    let content = TargetsPage {
        id: call.id.to_string(),
        title: call.terms.title.clone(),
        rows: target_rows(&draft),
        kinds: KINDS,
        units: UNITS,
        draft,
    };
    let page = page.title("绩效目标表").status(status_of(&content.draft));
    page.crumb(call.terms.title.clone(), format!("/calls/{}/desk", call.id)).show(&content)
}

/// The form of the target sheet.
pub async fn targets(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let draft = suggested(&state, call, page.form()).revision(call.revision);
    show_targets(page, call, draft)
}

/// Files the target sheet.
pub async fn file_targets(counter: Counter, Path(key): Path<String>, page: Page, form: Form<TypedTargets>) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let Form { read, draft, command, revision } = form;
    let Some(TypedTargets(targets)) = read else { return show_targets(page, call, draft) };
    match file(&counter, call, (command, revision), Sheet::Targets(targets), draft).await? {
        Some(draft) => show_targets(page, call, draft),
        None => Ok(go(&format!("/calls/{}/desk", call.id))),
    }
}

async fn file(
    counter: &Counter,
    call: &Call,
    (command, expected): (CommandId, Option<Revision>),
    sheet: Sheet,
    draft: Draft,
) -> Result<Option<Draft>, Failure> {
    let act = Act::FileSheet(sheet);
    let sent = counter.submit(command, cases::Command::Call { call: call.id, expected, act }).await;
    draft.unless_done(sent)
}

/// Points of a self-assessment.
struct Points(u8);

impl std::str::FromStr for Points {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().ok().filter(|points| *points <= 100).map(Self).ok_or("请填 0 至 100 之间的整数")
    }
}

/// Values of a sheet as typed, by the place of their targets.
pub struct TypedAttained {
    values: Vec<String>,
    deviations: Vec<String>,
    score: Option<u8>,
    conclusion: String,
}

impl FromFields for TypedAttained {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let score = reader.optional::<Points>("score", "自评得分");
        let conclusion = reader.text("conclusion", "自评结论", 1000, false);
        let (values, deviations) = (reader.all("value"), reader.all("deviation"));
        Some(Self { values, deviations, score: score?.map(|points| points.0), conclusion: conclusion? })
    }
}

impl TypedAttained {
    /// Against these targets; lines left empty are left out.
    fn attained(&self, targets: &[Target]) -> Result<Vec<Attained>, String> {
        let lines = targets.iter().enumerate().filter_map(|(place, target)| {
            let typed = self.values.get(place).map(String::as_str).unwrap_or_default();
            if typed.trim().is_empty() {
                return None;
            }
            let deviation = self.deviations.get(place).map(|text| text.trim().to_owned());
            let deviation = deviation.filter(|text| !text.is_empty());
            let value = read_figure(typed_figure(target.target).0, typed);
            let line = value.map(|value| Attained { name: target.name.clone(), value, deviation });
            Some(line.map_err(|why| format!("{}：{why}", target.name)))
        });
        lines.collect()
    }
}

struct AttainedRow {
    name: String,
    target: String,
    unit: &'static str,
    value: String,
    deviation: String,
    known: bool,
}

#[derive(Template)]
#[template(path = "attained.html")]
struct AttainedPage {
    id: String,
    heading: &'static str,
    path: &'static str,
    title: String,
    rows: Vec<AttainedRow>,
    is_final: bool,
    draft: Draft,
}

fn show_attained(state: &State, page: Page, call: &Call, is_final: bool, draft: Draft) -> Answer {
    let sums = prefilled(&state.cases, call.id);
    let typed: Vec<_> = draft.all("value").map(str::to_owned).collect();
    let reasons: Vec<_> = draft.all("deviation").map(str::to_owned).collect();
    let row = |(place, target): (usize, &Target)| {
        let told = from_records(&target.name, &sums);
        let told = told.filter(|told| std::mem::discriminant(told) == std::mem::discriminant(&target.target));
        let value = typed.get(place).cloned().or_else(|| told.map(|told| typed_figure(told).1));
        let unit = typed_figure(target.target).0;
        AttainedRow {
            name: target.name.clone(),
            target: figure_text(target.target),
            unit: UNITS.iter().find(|(key, _)| *key == unit).map_or("", |(_, label)| label),
            value: value.unwrap_or_default(),
            deviation: reasons.get(place).cloned().unwrap_or_default(),
            known: told.is_some(),
        }
    };
    let (heading, path) =
        if is_final { ("绩效自评", "self-assessment") } else { ("绩效年中监控", "mid-year") };
    let content = AttainedPage {
        id: call.id.to_string(),
        heading,
        path,
        title: call.terms.title.clone(),
        rows: call.targets().unwrap_or_default().iter().enumerate().map(row).collect(),
        is_final,
        draft: draft.revision(call.revision),
    };
    let page = page.title(heading).status(status_of(&content.draft));
    page.crumb(call.terms.title.clone(), format!("/calls/{}/desk", call.id)).show(&content)
}

async fn ask(counter: Counter, key: &str, page: Page, is_final: bool) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, key)?;
    let draft = page.form();
    show_attained(&state, page, call, is_final, draft)
}

async fn answer(counter: Counter, key: &str, page: Page, form: Form<TypedAttained>, is_final: bool) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, key)?;
    let Form { read, draft, command, revision } = form;
    let Some(typed) = read else { return show_attained(&state, page, call, is_final, draft) };
    let attained = match typed.attained(call.targets().unwrap_or_default()) {
        Ok(attained) => attained,
        Err(why) => return show_attained(&state, page, call, is_final, draft.complain(why)),
    };
    let sheet = if is_final {
        let Some(score) = typed.score else {
            return show_attained(&state, page, call, is_final, draft.complain("请填写自评得分。"));
        };
        Sheet::SelfAssessment { attained, score, conclusion: typed.conclusion }
    } else {
        Sheet::MidYear(attained)
    };
    match file(&counter, call, (command, revision), sheet, draft).await? {
        Some(draft) => show_attained(&state, page, call, is_final, draft),
        None => Ok(go(&format!("/calls/{}/sheets", call.id))),
    }
}

/// The form of the mid-year sheet.
pub async fn mid_year(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    ask(counter, &key, page, false).await
}

/// Files the mid-year sheet.
pub async fn file_mid_year(counter: Counter, Path(key): Path<String>, page: Page, form: Form<TypedAttained>) -> Answer {
    answer(counter, &key, page, form, false).await
}

/// The form of the self-assessment.
pub async fn self_assessment(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    ask(counter, &key, page, true).await
}

/// Files the self-assessment.
pub async fn file_self_assessment(
    counter: Counter,
    Path(key): Path<String>,
    page: Page,
    form: Form<TypedAttained>,
) -> Answer {
    answer(counter, &key, page, form, true).await
}

struct SheetRow {
    name: String,
    kind: &'static str,
    target: String,
    value: String,
    reached: Option<Light>,
    deviation: String,
}

struct SheetView {
    label: &'static str,
    filed: kernel::Date,
    rows: Vec<SheetRow>,
    has_values: bool,
    score: Option<u8>,
    conclusion: String,
}

#[derive(Template)]
#[template(path = "sheets.html")]
struct SheetsPage {
    title: String,
    benefit: String,
    issuer: String,
    year: kernel::Year,
    budget: String,
    sheets: Vec<SheetView>,
}

fn sheet_view(targets: &[Target], filed: &cases::call::FiledSheet) -> SheetView {
    let attained = match &filed.sheet {
        Sheet::Targets(_) => None,
        Sheet::MidYear(attained) | Sheet::SelfAssessment { attained, .. } => Some(attained),
    };
    let targets = match &filed.sheet {
        Sheet::Targets(own) => own,
        _ => targets,
    };
    let row = |target: &Target| {
        let line = attained.and_then(|lines| lines.iter().find(|line| line.name == target.name));
        let reached = line.and_then(|line| line.value.reaches(target.target));
        SheetRow {
            name: target.name.clone(),
            kind: KINDS.iter().find(|(_, kind, _)| *kind == target.kind).map_or("", |(_, _, label)| label),
            target: figure_text(target.target),
            value: line.map(|line| figure_text(line.value)).unwrap_or_default(),
            reached: reached.map(|reached| if reached { Light::good("达到") } else { Light::watch("未达到") }),
            deviation: line.and_then(|line| line.deviation.clone()).unwrap_or_default(),
        }
    };
    let (score, conclusion) = match &filed.sheet {
        Sheet::SelfAssessment { score, conclusion, .. } => (Some(*score), conclusion.clone()),
        _ => (None, String::new()),
    };
    SheetView {
        label: filed.sheet.label(),
        filed: filed.recorded.day(),
        rows: targets.iter().map(row).collect(),
        has_values: attained.is_some(),
        score,
        conclusion,
    }
}

/// All sheets of a call, to be printed.
pub async fn sheets(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let call = found_for_office(&state, &counter, &key)?;
    let targets = call.targets().unwrap_or_default();
    let content = SheetsPage {
        title: call.terms.title.clone(),
        benefit: benefit_title(&state, &call.terms.benefit),
        issuer: state.organisation_name(&call.terms.issuer),
        year: call.terms.year,
        budget: call.terms.budget.to_string(),
        sheets: call.sheets.iter().map(|filed| sheet_view(targets, filed)).collect(),
    };
    let page = page.title("绩效表").crumb(call.terms.title.clone(), format!("/calls/{}/desk", call.id));
    page.show(&content)
}
