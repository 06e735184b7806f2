//! An indicator on one page: what counts, where it stands, where it seems to be going, and why it changed.

use askama::Template;
use axum::extract::{Path, Query};
use kernel::{Date, Money, OrganisationId};
use office::evidence::Audience;
use plan::forecast::Forecast;
use plan::parts::{BaselineNeed, Goal, Indicator, Query as Source, Target};
use plan::standing::{IndicatorStanding, Observation};
use register::Light as Lamp;
use serde::Deserialize;
use web::{Answer, AsOf, Counter, Failure, Markup, Page};

use crate::baseline_page::{BaselineView, baselines};
use crate::card::{chart_of, goal_lamp, target_text};
use crate::difference::{Change, On, PeriodDifference, changes as changes_between, periods};
use crate::view::View;
use crate::{place, words};

/// What the address asks to be compared with.
#[derive(Deserialize)]
pub struct Asked {
    compare: Option<String>,
}

#[derive(Template)]
#[template(path = "indicator.html")]
struct IndicatorPage {
    key: String,
    name: String,
    unit: String,
    lamp: Lamp,
    figure: Option<(String, String)>,
    apart: Option<String>,
    withheld: Vec<(String, &'static str)>,
    releases: Vec<ReleaseRow>,
    facts: Vec<(&'static str, String, Option<String>)>,
    scopes: Vec<(u32, Date, String, bool)>,
    chart: Option<Markup>,
    forecast: Vec<String>,
    notes: Vec<String>,
    goal: Option<GoalView>,
    official: bool,
    observations: Vec<ObservationRow>,
    measures: Vec<(String, String)>,
    difference: Option<DifferenceView>,
    compare: String,
    as_of: AsOf,
}

struct GoalView {
    key: String,
    href: String,
    scope: String,
    needs_baseline: bool,
    current: Option<BaselineView>,
    waiting: Option<BaselineView>,
    baseline_href: Option<String>,
    judge_href: Option<String>,
    judgement: Option<(String, String)>,
}

/// What was made public on a day.
struct ReleaseRow {
    day: Date,
    sequence: String,
    period: String,
    value: String,
    apart: String,
    records: usize,
}

struct ObservationRow {
    period: String,
    value: String,
    apart: String,
    scope: String,
    signed_off: bool,
    records: u32,
    href: String,
}

/// Two days side by side, and what happened in between.
struct DifferenceView {
    from: String,
    until: String,
    rows: Vec<(String, String, String, String)>,
    events: Vec<(String, String, usize)>,
    changes_href: Option<String>,
    problem: Option<String>,
}

fn found<'a>(view: &'a View, key: &str) -> Result<&'a Indicator, Failure> {
    let key = key.parse().map_err(|_| Failure::not_found())?;
    view.plan.indicator(&key).ok_or_else(Failure::not_found)
}

/// The page.
pub async fn indicator(counter: Counter, Path(key): Path<String>, Query(asked): Query<Asked>, page: Page) -> Answer {
    let view = View::on(&counter)?;
    let indicator = found(&view, &key)?;
    let compare = asked.compare.unwrap_or_default();
    let difference = difference_view(&counter, &view, indicator, compare.trim()).await?;
    let content = IndicatorPage::of(&counter, &view, indicator, compare, difference)?;
    page.title(indicator.name.clone())
        .crumb("指标", format!("/plan/indicators{}", counter.as_of.suffix()))
        .show(&content)
}

impl IndicatorPage {
    fn of(
        counter: &Counter,
        view: &View,
        indicator: &Indicator,
        compare: String,
        difference: Option<DifferenceView>,
    ) -> Result<Self, Failure> {
        let suffix = counter.as_of.suffix();
        let standing = view.indicator(&indicator.key).ok_or_else(Failure::not_found)?;
        let goal = office::evidence::goal_of(&view.plan, indicator);
        let observed = view.observations(&indicator.key);
        let known = standing.forecast.as_ref().and_then(|forecast| forecast.as_ref().ok());
        let draws = goal.filter(|_| observed.len() > 1);
        let chart = draws.map(|goal| Markup::drawing(&chart_of(view, goal, known).wide().draw()));
        let latest = standing.latest.as_ref();
        let in_force = indicator.scopes.iter().filter(|scope| scope.from <= view.day).map(|scope| scope.version).max();
        let scope = |scope: &plan::parts::Scope| {
            (scope.version, scope.from, scope.definition.clone(), in_force == Some(scope.version))
        };
        Ok(Self {
            key: indicator.key.to_string(),
            name: indicator.name.clone(),
            unit: indicator.unit.clone(),
            lamp: goal_lamp(Some(standing)),
            figure: latest
                .map(|latest| (latest.value.in_unit(&indicator.unit), words::told(view, &indicator.key, latest))),
            apart: latest.and_then(|latest| words::apart(latest, &indicator.unit)),
            withheld: withheld(view, indicator),
            releases: releases(view, indicator),
            facts: facts(view, indicator, goal, standing, &suffix),
            scopes: indicator.scopes.iter().map(scope).collect(),
            chart,
            forecast: forecast_words(goal, standing),
            notes: standing.notes.clone(),
            goal: goal.map(|goal| goal_view(counter, view, goal, &indicator.unit)),
            official: crate::is_official(&counter.visitor.viewer()),
            observations: observed.iter().rev().map(|o| observation_row(view, indicator, o)).collect(),
            measures: measures(view, indicator, &suffix),
            difference,
            compare,
            as_of: counter.as_of,
        })
    }
}

fn observation_row(view: &View, indicator: &Indicator, observation: &Observation) -> ObservationRow {
    ObservationRow {
        period: words::period(observation.period),
        value: observation.value.in_unit(&indicator.unit),
        apart: words::apart(observation, &indicator.unit).unwrap_or_default(),
        scope: words::scope(view, &indicator.key, observation.scope_version),
        signed_off: observation.signed_off,
        records: observation.records,
        href: place::records(observation, view.day),
    }
}

/// Years that have records but nothing public, and why; offices read the records themselves.
fn withheld(view: &View, indicator: &Indicator) -> Vec<(String, &'static str)> {
    if view.audience == Audience::Offices {
        return Vec::new();
    }
    view.withheld(indicator).iter().rev().map(|(year, why)| (format!("{year} 年度"), why.label())).collect()
}

/// What was made public of firms' revenue, the latest first.
fn releases(view: &View, indicator: &Indicator) -> Vec<ReleaseRow> {
    if indicator.query != Source::RevenueSum {
        return Vec::new();
    }
    let enterprise = &view.state.enterprise;
    let all = enterprise.released_years().flat_map(|year| enterprise.releases(year));
    let headline = |money: Money| plan::parts::Figure::Money(money).headline();
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|released| std::cmp::Reverse((released.recorded.sequence, released.release.year)));
    let row = |released: &enterprise::release::Released| ReleaseRow {
        day: released.recorded.day(),
        sequence: released.recorded.sequence.to_string(),
        period: format!("{} 年度", released.release.year),
        value: headline(released.release.total),
        apart: released.release.captive.map_or_else(|| "不公布".to_owned(), headline),
        records: released.release.filings.len(),
    };
    all.into_iter().map(row).collect()
}

/// Label, value, and where the value is read.
fn facts(
    view: &View,
    indicator: &Indicator,
    goal: Option<&Goal>,
    standing: &IndicatorStanding,
    suffix: &str,
) -> Vec<(&'static str, String, Option<String>)> {
    let link = |key: &OrganisationId| format!("{}{suffix}", place::unit(key));
    let producer = indicator.producer.as_ref();
    let named = producer.map_or_else(|| "原文未指明".to_owned(), |key| words::unit_name(view, key));
    let mut facts = vec![
        ("计量单位", indicator.unit.clone(), None),
        ("产出单位", named, producer.map(link)),
        ("频率", words::frequency(indicator.frequency).to_owned(), None),
        ("算法", query_words(&indicator.query), None),
    ];
    let Some(goal) = goal else { return facts };
    let target = match &goal.target {
        Target::Number { comparator, figure, unit, words } => {
            format!("{} {} {unit}（原文“{words}”）", comparator.sign(), target_text(*figure))
        }
        Target::Judged { grades, .. } => format!("分级研判：{}", grades.join("、")),
    };
    facts.push(("目标", target, Some(place::opened(goal.key.as_str(), suffix))));
    facts.push(("期限", goal.deadline.to_string(), None));
    if let Some(gap) = standing.target.as_ref().filter(|target| target.met == Some(false)).and_then(|t| t.gap) {
        facts.push(("距目标", format!("{} {}", gap.in_unit(&indicator.unit), indicator.unit), None));
    }
    if let Some((change, before)) = &standing.change {
        let change = words::signed(change.in_unit(&indicator.unit));
        facts.push(("较上期", format!("{change} {}（{}）", indicator.unit, words::period(*before)), None));
    }
    if let Some(change) = &standing.since_baseline {
        facts.push(("较基数", format!("{} {}", words::signed(change.in_unit(&indicator.unit)), indicator.unit), None));
    }
    if let Some(public) = view.public_value(indicator) {
        let read =
            format!("{} {}（{}）", public.value.in_unit(&indicator.unit), indicator.unit, words::period(public.period));
        facts.push(("公众所见", read, None));
    }
    facts
}

fn query_words(query: &Source) -> String {
    match query {
        Source::RevenueSum => {
            "当年市级签核的年度申报中对外代工封测收入之和，按统一社会信用代码每户计一次；自封自测是否计入由口径规定，单独列示".into()
        }
        Source::NewFirms => "基数日之后纳入口径且在营的企业数，不在基数名录之中".into(),
        Source::NewFirmsAboveRevenue { words, .. } => {
            format!("新增企业中，最近年度签核的封测收入{words}的企业数")
        }
        Source::BenefitPaid(_) => "会议审定、公示无异议后，已与拨付指令匹配的国库或银行凭证金额累计；银行退回的不计".into(),
        Source::FirmsPaid { small_and_medium_only: false } => "凭证已匹配、款项到账的企业数累计，每户计一次".into(),
        Source::FirmsPaid { small_and_medium_only: true } => {
            "凭证已匹配、款项到账的中小微企业数累计，每户计一次；规模按申报时的企业档案".into()
        }
        Source::DaysToPayment => "当年到账的办件，自申报到到账所用工作日的中位数".into(),
        Source::NotYetMeasured => "还没有可算的记录：显示“尚未计量”，不显示为零".into(),
    }
}

/// The forecast, or why there is none.
fn forecast_words(goal: Option<&Goal>, standing: &IndicatorStanding) -> Vec<String> {
    let Some(goal) = goal else { return vec!["这个指标没有绑定目标，不作预测。".into()] };
    let Target::Number { words, .. } = &goal.target else {
        return vec!["目标由专家分级研判，不由数值推算，不作预测。".into()];
    };
    match &standing.forecast {
        None => vec!["家数太小，取对数没有意义，不作预测；请看实际家数与期限。".into()],
        Some(Err(reason)) => vec![
            format!("{reason}。"),
            "预测只用同一口径、完整年度、大于零的数值；少于四个可比年度时，波动无从估计，给出区间和概率会误导。".into(),
        ],
        Some(Ok(forecast)) => forecast_told(forecast, words),
    }
}

fn forecast_told(forecast: &Forecast, target: &str) -> Vec<String> {
    // Yuan per 亿元.
    const HUNDRED_MILLION: f64 = 1e8;
    let mut lines = Vec::new();
    if let Some(last) = forecast.path.last() {
        let [median, low, high] = [last.median, last.low, last.high].map(|yuan| yuan / HUNDRED_MILLION);
        lines.push(format!(
            "到 {} 年，中位数 {median:.1} 亿元，80% 区间 {low:.1}—{high:.1} 亿元；“{target}”的概率 {:.0}%。",
            last.year,
            forecast.probability * 100.0
        ));
    }
    lines.push(format!(
        "依据 {} 个可比年度：历年平均增长 {:.1}%，年度波动（对数标准差）{:.1}%。",
        forecast.points,
        forecast.drift.exp_m1() * 100.0,
        forecast.deviation * 100.0
    ));
    lines.push(format!(
        "方法：数值取对数，按带漂移的随机游走外推；漂移和波动都由这些年度估计，误差按自由度 {} 的 t 分布计入。\
         它只延伸过去的走势，不知道在建项目、政策和市场的变化。",
        forecast.points.saturating_sub(2)
    ));
    lines
}

fn goal_view(counter: &Counter, view: &View, goal: &Goal, unit: &str) -> GoalView {
    let record = view.state.plan.baseline(&view.key, &goal.key);
    let (current, waiting) = record.map(|record| baselines(view, record, unit)).unwrap_or_default();
    let is_judge = counter.visitor.role().is_some_and(|role| crate::JUDGES.contains(&role));
    let is_judge = is_judge && counter.as_of.is_now();
    let needs_baseline = goal.baseline == BaselineNeed::NotInText;
    let about = plan::judgement::About::Goal(goal.key.clone());
    let judged = view.state.plan.judgement(&view.key, &about).and_then(|record| record.current());
    let judgement = judged.map(|(recorded, judgement)| {
        let grade = judgement.grade.as_deref().map(|grade| format!("“{grade}”，")).unwrap_or_default();
        let by = format!("{} · {}", words::actor_name(view, &recorded.actor), recorded.day());
        (format!("{}：{grade}{}", judgement.light.label(), judgement.reason), by)
    });
    GoalView {
        key: goal.key.to_string(),
        href: place::opened(goal.key.as_str(), &counter.as_of.suffix()),
        scope: goal.scope.clone(),
        needs_baseline,
        // A proposal nobody signed yet is for those who sign.
        waiting: waiting.filter(|_| crate::is_official(&counter.visitor.viewer())),
        current,
        baseline_href: (is_judge && needs_baseline).then(|| place::baseline(&goal.key)),
        judge_href: is_judge.then(|| place::judgement(&about)),
        judgement,
    }
}

/// The measures of which it shows that they happen.
fn measures(view: &View, indicator: &Indicator, suffix: &str) -> Vec<(String, String)> {
    let all = view.plan.tasks.iter().flat_map(|task| &task.measures);
    let shown = all.filter(|measure| measure.indicators.contains(&indicator.key));
    let row = |measure: &plan::parts::Measure| {
        (format!("{} {}", measure.anchor, measure.name), place::opened(measure.anchor.as_str(), suffix))
    };
    shown.map(row).collect()
}

/// The day to compare with and its State, or why there is none.
async fn earlier(
    counter: &Counter,
    view: &View,
    compare: &str,
) -> Result<Result<(office::State, Date), String>, Failure> {
    let Ok(day) = compare.parse::<Date>() else {
        return Ok(Err(format!("“{compare}”不是日期，请写成 2026-10-31 的形式。")));
    };
    if day >= view.day {
        return Ok(Err(format!("请选择早于 {} 的日期。", view.day)));
    }
    let state = counter.hall.office.state_on(day).await?;
    Ok(state.map(|state| (state, day)).ok_or_else(|| format!("{day} 时本系统还没有记录，请选择之后的日期。")))
}

async fn difference_view(
    counter: &Counter,
    view: &View,
    indicator: &Indicator,
    compare: &str,
) -> Result<Option<DifferenceView>, Failure> {
    if compare.is_empty() {
        return Ok(None);
    }
    let blank = |problem| DifferenceView {
        from: compare.to_owned(),
        until: view.day.to_string(),
        rows: Vec::new(),
        events: Vec::new(),
        changes_href: None,
        problem,
    };
    let (state, day) = match earlier(counter, view, compare).await? {
        Ok(earlier) => earlier,
        Err(problem) => return Ok(Some(blank(Some(problem)))),
    };
    let audience = view.audience;
    let (before, after) = (On { state: &state, day, audience }, On { state: &view.state, day: view.day, audience });
    let rows = periods(before, after, indicator);
    let changes = match audience {
        Audience::Offices => changes_between(before, after, indicator),
        // Which records came on which day is for offices; the public reads what was made public.
        Audience::Public => Vec::new(),
    };
    let sees_firms = counter.visitor.role().is_some_and(|role| crate::CITY.contains(&role));
    let joint = if counter.as_of.is_now() { "?" } else { "&" };
    let here = format!("{}/changes{}", place::indicator(&indicator.key), counter.as_of.suffix());
    Ok(Some(DifferenceView {
        rows: rows.iter().map(|row| period_row(row, &indicator.unit)).collect(),
        events: events(&changes),
        changes_href: (sees_firms && !changes.is_empty()).then(|| format!("{here}{joint}compare={day}")),
        ..blank(None)
    }))
}

/// Period, before, after, difference.
fn period_row(row: &PeriodDifference, unit: &str) -> (String, String, String, String) {
    let none = || "—".to_owned();
    let told = |observation: &Option<Observation>| {
        observation.as_ref().map_or_else(none, |observation| observation.value.in_unit(unit))
    };
    let change = row.change().map_or_else(none, |change| words::signed(change.in_unit(unit)));
    (row.period.clone(), told(&row.before), told(&row.after), change)
}

/// Day, what happened, and how often on that day.
fn events(changes: &[Change]) -> Vec<(String, String, usize)> {
    let mut events: Vec<(String, String, usize)> = Vec::new();
    for change in changes {
        let day = change.recorded.as_ref().map_or_else(|| "随日期".to_owned(), |recorded| recorded.day().to_string());
        match events.iter_mut().find(|(known, what, _)| *known == day && *what == change.what) {
            Some((_, _, count)) => *count += 1,
            None => events.push((day, change.what.clone(), 1)),
        }
    }
    events
}

#[derive(Template)]
#[template(path = "changes.html")]
struct ChangesPage {
    name: String,
    href: String,
    from: String,
    until: String,
    rows: Vec<ChangeRow>,
    total: Option<String>,
    problem: Option<String>,
}

struct ChangeRow {
    day: String,
    sequence: String,
    what: String,
    filing: Option<String>,
    firm: String,
    firm_href: String,
    amount: String,
}

/// The same difference firm by firm, for the city.
pub async fn changes(counter: Counter, Path(key): Path<String>, Query(asked): Query<Asked>, page: Page) -> Answer {
    let view = View::on(&counter)?;
    let indicator = found(&view, &key)?;
    let compare = asked.compare.unwrap_or_default();
    let (rows, total, problem) = match earlier(&counter, &view, compare.trim()).await? {
        Err(problem) => (Vec::new(), None, Some(problem)),
        Ok((state, day)) => {
            let audience = Audience::Offices;
            let before = On { state: &state, day, audience };
            let after = On { state: &view.state, day: view.day, audience };
            let changes = changes_between(before, after, indicator);
            let total: Money = changes.iter().filter_map(|change| change.amount).sum();
            let has_amounts = changes.iter().any(|change| change.amount.is_some());
            let total = has_amounts.then(|| words::signed(total.to_string()));
            (changes.iter().map(|change| change_row(&view, change)).collect(), total, None)
        }
    };
    let content = ChangesPage {
        name: indicator.name.clone(),
        href: format!("{}{}", place::indicator(&indicator.key), counter.as_of.suffix()),
        from: compare,
        until: view.day.to_string(),
        rows,
        total,
        problem,
    };
    page.title(format!("{} 变动明细", indicator.name))
        .crumb("指标", "/plan/indicators")
        .crumb(content.name.clone(), content.href.clone())
        .show(&content)
}

fn change_row(view: &View, change: &Change) -> ChangeRow {
    let firm = view.state.enterprise.firm(change.firm);
    ChangeRow {
        day: change.recorded.as_ref().map(|recorded| recorded.day().to_string()).unwrap_or_default(),
        sequence: change.recorded.as_ref().map(|recorded| recorded.sequence.to_string()).unwrap_or_default(),
        what: change.what.clone(),
        filing: change.filing.map(|filing| format!("/filings/{filing}")),
        firm: firm.map_or_else(|| change.firm.to_string(), |file| file.name().to_owned()),
        firm_href: format!("/firms/{}", change.firm),
        amount: change.amount.map(|amount| words::signed(amount.to_string())).unwrap_or_default(),
    }
}
