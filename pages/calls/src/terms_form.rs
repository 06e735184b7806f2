//! The terms of a call as people type them, and back.

use std::collections::BTreeMap;

use cases::call::{Mode, PlanSentence, Route, Terms};
use cases::material::Item;
use cases::reduction::{Last, Order, Reduction};
use cases::{BenefitId, FundRuleId, ItemKey};
use kernel::{Anchor, Date, Money, OrganisationId, Period, Year};
use office::State;
use web::{Draft, FromFields, Reader};

/// Empty rows that stand ready below those filled in.
const BLANK_ROWS: usize = 3;

/// How a budget is shared out, as offered.
pub const REDUCTIONS: [(&str, Reduction, &str); 5] = [
    ("proportional", Reduction::Proportional, "同比例核减：超出预算时，所有企业按同一比例核减"),
    (
        "received-partly",
        Reduction::Queue { order: Order::Received, last: Last::Partly },
        "先到先得：按申报先后，最后一家给到预算用完",
    ),
    (
        "received-nothing",
        Reduction::Queue { order: Order::Received, last: Last::Nothing },
        "先到先得：按申报先后，余额不足一家全额的不再安排",
    ),
    (
        "score-partly",
        Reduction::Queue { order: Order::Score, last: Last::Partly },
        "择优：按专家评分高低，最后一家给到预算用完",
    ),
    (
        "score-nothing",
        Reduction::Queue { order: Order::Score, last: Last::Nothing },
        "择优：按专家评分高低，余额不足一家全额的不再安排",
    ),
];
const MODES: [(&str, Mode); 2] = [("open", Mode::Open), ("proactive", Mode::Proactive)];

/// What it is called by.
pub const MODE_LABELS: [(&str, &str); 2] =
    [("open", "公开申报：企业提出申请"), ("proactive", "免申即享：凭已有数据推送，企业确认")];

/// How cases reach a call, in Chinese.
pub const fn mode_label(mode: Mode) -> &'static str {
    match mode {
        Mode::Open => "公开申报",
        Mode::Proactive => "免申即享",
    }
}

/// The key under which a way of sharing out is offered.
pub fn reduction_key(reduction: Reduction) -> &'static str {
    REDUCTIONS.iter().find(|(_, offered, _)| *offered == reduction).map_or("", |(key, ..)| key)
}

/// A count that is typed, or too much of it.
struct Small(u16);

impl std::str::FromStr for Small {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().ok().filter(|count| *count <= 999).map(Self).ok_or("请填 0 至 999 之间的整数")
    }
}

struct CalendarYear(Year);

impl std::str::FromStr for CalendarYear {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let year = text.parse().ok().filter(|year| (1990..=2100).contains(year));
        year.map(Self).ok_or("请写成 2025 这样的四位数字")
    }
}

/// Terms as typed; who issues them is whoever types.
pub struct Typed {
    title: String,
    year: Year,
    finance: OrganisationId,
    benefit: BenefitId,
    basis: (FundRuleId, Anchor),
    mode: Mode,
    window: Period,
    scope: String,
    checklist: Vec<Item>,
    budget: Money,
    reduction: Reduction,
    route: Route,
    sharing: BTreeMap<BenefitId, String>,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let title = reader.text("title", "申报通知名称", 100, true);
        let year = reader.required::<CalendarYear>("year", "支持年度");
        let finance = reader.required("finance", "拨付的财政部门");
        let benefit = reader.required("benefit", "事项");
        let basis = read_basis(reader);
        let mode = reader.choice("mode", "方式", &MODES);
        let window = read_window(reader);
        let scope = reader.text("scope", "申报范围和条件", 1000, true);
        let checklist = read_checklist(reader);
        let budget = reader.required("budget", "预算");
        let reductions = REDUCTIONS.map(|(key, reduction, _)| (key, reduction));
        let reduction = reader.choice("reduction", "预算不足时", &reductions);
        let route = read_route(reader);
        let sharing = read_sharing(reader);
        Some(Self {
            title: title?,
            year: year?.0,
            finance: finance?,
            benefit: benefit?,
            basis: basis?,
            mode: mode?,
            window: window?,
            scope: scope?,
            checklist: checklist?,
            budget: budget?,
            reduction: reduction?,
            route: route?,
            sharing,
        })
    }
}

fn read_basis(reader: &mut Reader<'_>) -> Option<(FundRuleId, Anchor)> {
    let typed: String = reader.required("basis", "依据")?;
    let parsed = typed.split_once('|').and_then(|(rule, anchor)| Some((rule.parse().ok()?, anchor.parse().ok()?)));
    if parsed.is_none() {
        reader.refuse("basis", "依据", "请选择一项");
    }
    parsed
}

fn read_window(reader: &mut Reader<'_>) -> Option<Period> {
    let from: Option<Date> = reader.day("from", "申报开始日");
    let until: Option<Date> = reader.day("until", "申报截止日");
    match Period::new(from?, until?) {
        Ok(window) => Some(window),
        Err(error) => {
            reader.refuse("until", "申报截止日", &error.to_string());
            None
        }
    }
}

/// Rows with a title; one without a key gets the next that is free, so that nobody has to invent keys.
fn read_checklist(reader: &mut Reader<'_>) -> Option<Vec<Item>> {
    let (keys, titles) = (reader.all("item_key"), reader.all("item_title"));
    let required = reader.all("item_required");
    let known: Vec<ItemKey> = keys.iter().filter_map(|key| key.parse().ok()).collect();
    let mut free =
        (1_u32..).filter_map(|n| format!("item-{n}").parse::<ItemKey>().ok()).filter(|key| !known.contains(key));
    let rows = titles.iter().enumerate().filter(|(_, title)| !title.trim().is_empty());
    let items = rows.filter_map(|(place, title)| {
        let kept = keys.get(place).and_then(|key| key.parse().ok());
        let required = required.get(place).is_none_or(|required| required != "no");
        Some(Item { key: kept.or_else(|| free.next())?, title: title.trim().to_owned(), required })
    });
    let items: Vec<Item> = items.collect();
    let longest = items.iter().map(|item| item.title.chars().count()).max();
    match longest {
        None => reader.refuse("checklist", "材料清单", "请至少填写一项材料"),
        Some(longest) if longest > 60 => reader.refuse("checklist", "材料清单", "每项材料名称请控制在 60 个字以内"),
        Some(_) => return Some(items),
    }
    None
}

fn read_route(reader: &mut Reader<'_>) -> Option<Route> {
    let experts = reader.required::<Small>("experts", "评审专家");
    let days = reader.required::<Small>("notice_working_days", "公示工作日");
    let months = reader.optional::<Small>("acceptance_months", "验收期限");
    let experts = experts.and_then(|experts| u8::try_from(experts.0).ok());
    Some(Route {
        district: reader.ticked("district"),
        audit: reader.ticked("audit"),
        experts: experts?,
        notice_working_days: days?.0,
        acceptance_months: months?.map(|months| months.0),
    })
}

fn read_sharing(reader: &Reader<'_>) -> BTreeMap<BenefitId, String> {
    let (benefits, authorities) = (reader.all("sharing_benefit"), reader.all("sharing_authority"));
    let rows = benefits.iter().zip(&authorities).filter(|(_, authority)| !authority.trim().is_empty());
    rows.filter_map(|(benefit, authority)| Some((benefit.parse().ok()?, authority.trim().to_owned()))).collect()
}

impl Typed {
    /// Terms issued by this department.
    pub fn terms(self, state: &State, issuer: OrganisationId) -> Terms {
        let (rule, anchor) = self.basis;
        let plan = state.cases.fund_rule(rule).map(|rule| rule.plan).unwrap_or(kernel::Digest::ZERO);
        let Self {
            title,
            year,
            finance,
            benefit,
            mode,
            window,
            scope,
            checklist,
            budget,
            reduction,
            route,
            sharing,
            ..
        } = self;
        let sentence = PlanSentence { plan, anchor };
        Terms {
            title,
            year,
            issuer,
            finance,
            benefit,
            sentence,
            rule,
            mode,
            window,
            scope,
            checklist,
            budget,
            reduction,
            route,
            sharing,
        }
    }
}

/// A form filled with terms.
pub fn fill(draft: Draft, terms: &Terms) -> Draft {
    let mode = MODES.iter().find(|(_, mode)| *mode == terms.mode).map_or("", |(key, _)| key);
    let route = &terms.route;
    let mut values = vec![
        ("title", terms.title.clone()),
        ("year", terms.year.to_string()),
        ("finance", terms.finance.to_string()),
        ("benefit", terms.benefit.to_string()),
        ("basis", format!("{}|{}", terms.rule, terms.sentence.anchor)),
        ("mode", mode.to_owned()),
        ("from", terms.window.from().to_string()),
        ("until", terms.window.until().to_string()),
        ("scope", terms.scope.clone()),
        ("budget", terms.budget.plain()),
        ("reduction", reduction_key(terms.reduction).to_owned()),
        ("experts", route.experts.to_string()),
        ("notice_working_days", route.notice_working_days.to_string()),
        ("acceptance_months", route.acceptance_months.map(|months| months.to_string()).unwrap_or_default()),
    ];
    values.extend(route.district.then(|| ("district", "on".to_owned())));
    values.extend(route.audit.then(|| ("audit", "on".to_owned())));
    for item in &terms.checklist {
        values.push(("item_key", item.key.to_string()));
        values.push(("item_title", item.title.clone()));
        values.push(("item_required", if item.required { "yes" } else { "no" }.to_owned()));
    }
    for (benefit, authority) in &terms.sharing {
        values.push(("sharing_benefit", benefit.to_string()));
        values.push(("sharing_authority", authority.clone()));
    }
    draft.fill(values)
}

/// A row of the checklist as typed.
pub struct ItemRow {
    /// Its key; empty for one that has none yet.
    pub key: String,
    /// As the notice calls it.
    pub title: String,
    /// Whether a claim without it is incomplete.
    pub required: bool,
}

/// Rows of the checklist as typed, with empty ones below.
pub fn item_rows(draft: &Draft) -> Vec<ItemRow> {
    let (mut keys, mut required) = (draft.all("item_key"), draft.all("item_required"));
    let typed = draft.all("item_title").map(|title| {
        let (key, required) = (keys.next().unwrap_or_default(), required.next().unwrap_or("yes"));
        ItemRow { key: key.to_owned(), title: title.to_owned(), required: required != "no" }
    });
    let typed: Vec<_> = typed.filter(|row| !row.title.trim().is_empty()).collect();
    let blank = || ItemRow { key: String::new(), title: String::new(), required: true };
    typed.into_iter().chain(std::iter::repeat_with(blank).take(BLANK_ROWS)).collect()
}

/// What was typed of sharing with a benefit.
pub fn shared_with(draft: &Draft, benefit: &str) -> String {
    let mut rows = draft.all("sharing_benefit").zip(draft.all("sharing_authority"));
    rows.find(|(of, _)| *of == benefit).map(|(_, authority)| authority.to_owned()).unwrap_or_default()
}
