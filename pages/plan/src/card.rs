//! The cards beside the text: what stands behind a goal, a measure, a benefit.

use kernel::Anchor;
use office::evidence::Audience;
use office::spending::{Part, Spending};
use plan::lights::{Light, Signal, Standing};
use plan::parts::{Figure, Goal, Target};
use plan::standing::IndicatorStanding;
use plan::{BenefitKey, GoalKey, Plan, Subject};
use register::Light as Lamp;
use subsidy::BenefitId;
use web::Markup;

use crate::living::light_class;
use crate::money::{self, Spent};
use crate::view::View;
use crate::{place, words};

/// One card: a headline figure or a reason, what it rests on, and where to read on.
pub struct Card {
    /// `G1`, `8a`, `￥`.
    pub mark: String,
    /// Short name.
    pub title: String,
    /// Class that colours it.
    pub class: &'static str,
    /// Light with its word.
    pub lamp: Option<Lamp>,
    /// Value, unit, and of what period under which scope.
    pub figure: Option<(String, String, String)>,
    /// What stands beside the value and is not in it.
    pub apart: Option<String>,
    /// Drawing.
    pub chart: Option<Markup>,
    /// Label, value, and where the value is read.
    pub rows: Vec<(String, String, Option<String>)>,
    /// In words, the gravest first.
    pub notes: Vec<String>,
    /// Where to read on.
    pub links: Vec<(String, String)>,
}

impl Card {
    fn new(mark: impl Into<String>, title: impl Into<String>, class: &'static str) -> Self {
        Self {
            mark: mark.into(),
            title: title.into(),
            class,
            lamp: None,
            figure: None,
            apart: None,
            chart: None,
            rows: Vec::new(),
            notes: Vec::new(),
            links: Vec::new(),
        }
    }

    fn row(&mut self, label: &str, value: impl Into<String>, href: Option<String>) {
        self.rows.push((label.to_owned(), value.into(), href));
    }

    fn link(&mut self, label: &str, href: impl Into<String>) {
        self.links.push((label.to_owned(), href.into()));
    }
}

/// What a stretch of the text opens; `None` when nothing has this key.
pub fn opened_cards(view: &View, open: &str) -> Option<Vec<Card>> {
    let plan = view.plan.as_ref();
    if open == money::KEY {
        return Some(vec![money_card(view)]);
    }
    if let Some(place) = open.strip_prefix("摘要:") {
        return Some(vec![summary_card(view, &place.parse().ok()?)?]);
    }
    if let Some(goal) = open.parse::<GoalKey>().ok().and_then(|key| plan.goal(&key)) {
        return Some(vec![goal_card(view, goal)]);
    }
    if let Some(subject) = open.parse::<Anchor>().ok().and_then(|anchor| plan.subject(&anchor)) {
        return Some(vec![subject_card(view, subject)]);
    }
    let benefit: BenefitKey = open.parse().ok()?;
    let subject = plan.measure_of_benefit(&benefit)?;
    Some(vec![benefit_card(view, &benefit)?, subject_card(view, subject)])
}

fn subject_anchor(subject: Subject<'_>) -> String {
    match subject {
        Subject::Task(task) => task.anchor.to_string(),
        Subject::Measure(_, measure) => measure.anchor.to_string(),
    }
}

/// A light with the word it is called by.
pub fn lamp_of(signal: Option<Signal>) -> Lamp {
    match signal {
        Some(Signal::Light(Light::Green)) => Lamp::good("绿灯"),
        Some(Signal::Light(Light::Yellow)) => Lamp::watch("黄灯"),
        Some(Signal::Light(Light::Red)) => Lamp::bad("红灯"),
        Some(Signal::Received) => Lamp::unknown("收悉"),
        Some(Signal::NotRated) | None => Lamp::unknown("尚未评定"),
    }
}

/// How likely a goal is met, in a word.
pub fn goal_lamp(standing: Option<&IndicatorStanding>) -> Lamp {
    let met = standing.and_then(|standing| standing.target.as_ref()?.met) == Some(true);
    match standing.and_then(|standing| standing.light) {
        _ if met => Lamp::good("已达目标"),
        Some(Light::Green) => Lamp::good("有望实现"),
        Some(Light::Yellow) => Lamp::watch("需关注"),
        Some(Light::Red) => Lamp::bad("难以实现"),
        None => Lamp::unknown("尚未评定"),
    }
}

fn goal_card(view: &View, goal: &Goal) -> Card {
    let standing = view.indicator(&goal.indicator);
    let light = standing.and_then(|standing| standing.light).map(Signal::Light);
    let mut card = Card::new(goal.key.as_str(), &goal.name, light_class(light).0);
    card.lamp = Some(goal_lamp(standing));
    match &goal.target {
        Target::Number { comparator, figure, unit, .. } => {
            card.row("目标", format!("{} {} {unit}", comparator.sign(), target_text(*figure)), None);
        }
        Target::Judged { criterion, .. } => card.notes.push(criterion.clone()),
    }
    if let Some(standing) = standing {
        measured(view, goal, standing, &mut card);
    }
    judged(view, goal, &mut card);
    card.link("指标定义与全部数值", format!("/plan/indicators/{}", goal.indicator));
    card
}

/// A target without decimals that say nothing: 200, not 200.00.
pub fn target_text(figure: Figure) -> String {
    let text = figure.headline();
    text.strip_suffix(".00").map(str::to_owned).unwrap_or(text)
}

fn measured(view: &View, goal: &Goal, standing: &IndicatorStanding, card: &mut Card) {
    let unit = view.plan.indicator(&goal.indicator).map(|indicator| indicator.unit.clone()).unwrap_or_default();
    if let Some(latest) = &standing.latest {
        card.figure = Some((latest.value.headline(), unit.clone(), words::told(view, &goal.indicator, latest)));
        card.apart = words::apart(latest, &unit);
        if let Some((change, before)) = &standing.change {
            let change = words::signed(change.headline());
            card.row("较上期", format!("{change} {unit}（{}）", before.until().year()), None);
        }
        if let Some(gap) = standing.target.as_ref().filter(|target| target.met == Some(false)).and_then(|t| t.gap) {
            card.row("距目标", format!("{} {unit}", gap.headline()), None);
        }
        card.row("来源", words::records(latest), Some(place::records(latest, view.day)));
        if let Some(public) = view.plan.indicator(&goal.indicator).and_then(|indicator| view.public_value(indicator)) {
            card.row(
                "公众所见",
                format!("{} {unit}（{}）", public.value.headline(), words::period(public.period)),
                None,
            );
        }
    }
    match &standing.forecast {
        Some(Ok(forecast)) => {
            card.row("达标概率", format!("{:.0}%", forecast.probability * 100.0), None);
            card.chart = Some(Markup::drawing(&chart_of(view, goal, Some(forecast)).draw()));
        }
        Some(Err(reason)) => card.notes.push(reason.to_string()),
        None => {}
    }
    card.notes.extend(standing.notes.iter().cloned());
}

/// The yearly values, the fan of the forecast and the target, in the unit of the target.
pub fn chart_of(view: &View, goal: &Goal, forecast: Option<&plan::forecast::Forecast>) -> chart::Line {
    const YUAN: f64 = 100_000_000.0;
    let indicator = view.plan.indicator(&goal.indicator);
    let points = view.observations(&goal.indicator).iter().map(|observation| {
        let value = match observation.value {
            Figure::Money(money) => money.fen() as f64 / 100.0 / YUAN,
            Figure::Count(count) => count as f64,
        };
        chart::Point::new(observation.period.until().year().to_string(), value)
    });
    let steps = forecast.iter().flat_map(|forecast| &forecast.path).map(|step| chart::Estimate {
        label: step.year.to_string(),
        low: step.low / YUAN,
        middle: step.median / YUAN,
        high: step.high / YUAN,
    });
    let unit = indicator.map_or("", |indicator| indicator.unit.as_str());
    let line = chart::Line::new(format!("chart-{}", goal.key), &goal.name, unit).points(points);
    let line = line.forecast("80% 区间", steps);
    match &goal.target {
        Target::Number { figure: Figure::Money(money), .. } => line.target(money.fen() as f64 / 100.0 / YUAN),
        Target::Number { figure: Figure::Count(count), .. } => line.target(*count as f64).decimals(0),
        Target::Judged { .. } => line,
    }
}

/// The human judgement is a light of its own.
fn judged(view: &View, goal: &Goal, card: &mut Card) {
    let about = plan::judgement::About::Goal(goal.key.clone());
    let record = view.state.plan.judgement(&view.key, &about);
    let Some((recorded, judgement)) = record.and_then(|record| record.current()) else { return };
    let grade = judgement.grade.as_deref().map(|grade| format!("“{grade}”，")).unwrap_or_default();
    let label = judgement.light.label();
    card.row("人工研判", format!("{label}（{}）", recorded.day()), None);
    card.notes.push(format!("研判：{grade}{}", judgement.reason));
}

fn subject_card(view: &View, subject: Subject<'_>) -> Card {
    let plan = view.plan.as_ref();
    let anchor = subject_anchor(subject);
    let parsed: Option<Anchor> = anchor.parse().ok();
    let standing = parsed.as_ref().and_then(|anchor| view.measure(anchor).or_else(|| view.task(anchor)));
    let signal = standing.map(|standing| standing.signal);
    let mut card = Card::new(&anchor, subject.name(), light_class(signal).0);
    card.lamp = Some(lamp_of(signal));
    if let Some(standing) = standing {
        // Where all is well, one unit is enough; the rest is in the rows and on the task's page.
        let most = if signal == Some(Signal::Light(Light::Green)) { 2 } else { usize::MAX };
        card.notes.extend(standing.reasons.iter().take(most).cloned());
        if let Some(planned) = standing.planned {
            card.row("计划进度", format!("{}%", planned.get()), None);
        }
        unit_rows(view, standing, &mut card);
    }
    let units: Vec<_> = plan.units_of(subject).iter().map(|unit| unit.name.clone()).collect();
    if !units.is_empty() {
        card.row("责任单位", units.join("、"), None);
    }
    if let Subject::Measure(_, measure) = subject {
        let records: Vec<_> =
            measure.records.iter().filter_map(|key| plan.record(key)).map(|r| r.name.clone()).collect();
        if !records.is_empty() {
            card.row("由何记录承载", records.join("、"), None);
        }
        for indicator in measure.indicators.iter().filter_map(|key| plan.indicator(key)) {
            let value = view.indicator(&indicator.key).and_then(|standing| standing.latest.as_ref());
            let value = value.map_or("尚未计量".to_owned(), |latest| {
                format!("{} {}", latest.value.in_unit(&indicator.unit), indicator.unit)
            });
            card.row(&indicator.name, value, Some(format!("/plan/indicators/{}", indicator.key)));
        }
    }
    let task = subject.task();
    card.link(&format!("任务 {}：进度、报告与沿革", task.anchor), format!("/plan/tasks/{}", task.anchor));
    card
}

/// The latest progress of each unit that reported.
fn unit_rows(view: &View, standing: &Standing, card: &mut Card) {
    for unit in &standing.units {
        let name = unit.name.clone().unwrap_or_else(|| division_name(view, unit.unit.as_str()));
        let latest = match unit.latest {
            Some((month, percent)) => format!("{} {}% · {}", month.label(), percent.get(), unit.signal.label()),
            None => unit.signal.label().to_owned(),
        };
        card.row(&name, latest, None);
    }
}

/// A district by its name where the catalog knows it.
pub fn division_name(view: &View, code: &str) -> String {
    let catalog = view.state.enterprise.catalog();
    let division = code.parse().ok().and_then(|code| catalog?.divisions.get(code));
    division.map_or_else(|| code.to_owned(), |division| division.name.clone())
}

fn money_rows(view: &View, card: &mut Card, spent: &Spent) {
    card.figure = Some((spent.headline(), "万元".to_owned(), spent.told(view)));
    let Spending { decided, paid } = spent.spending;
    card.row("测算", spent.assessed_words(), (view.audience == Audience::Offices).then(|| "/decisions".to_owned()));
    let (label, href) = match view.audience {
        Audience::Offices => ("审定", "/cases"),
        Audience::Public => ("公示审定", "/notices"),
    };
    let of_cases = |part: Part| format!("{} 万元（{} 件，{} 户）", part.amount.ten_thousands(), part.cases, part.firms);
    card.row(label, of_cases(decided), Some(href.to_owned()));
    card.row("到账", of_cases(paid), Some("/payments".to_owned()));
    if let Some((earlier, payments)) = spent.earlier {
        card.row("此前已拨付", format!("{} 万元（{payments} 笔凭证）", earlier.ten_thousands()), None);
    }
    if spent.refused > 0 {
        card.row("测算不符合", format!("{} 笔", spent.refused), None);
    }
}

fn money_card(view: &View) -> Card {
    let mut card = Card::new("￥", "惠企资金", "money");
    money_rows(view, &mut card, &Spent::of_all(view));
    for clause in view.state.subsidy.clauses() {
        let of_clause = Spent::of(view, &clause.benefit);
        let href = format!("/benefits/{}", clause.benefit);
        card.row(&clause.title, format!("到账 {} 万元", of_clause.headline()), Some(href));
    }
    card.link("先看我能否享受", "/precheck");
    card
}

fn benefit_card(view: &View, benefit: &BenefitKey) -> Option<Card> {
    let id: BenefitId = benefit.as_str().parse().ok()?;
    let clause = view.state.subsidy.clause(&id)?;
    let mut card = Card::new("￥", &*clause.title, "money");
    money_rows(view, &mut card, &Spent::of(view, &id));
    call_rows(view, benefit, &mut card);
    let review = view.state.subsidy.review_on(&id, view.day);
    card.row("公平竞争审查", if review.is_some() { "已审查" } else { "尚无有效审查，不能正式受理" }, None);
    card.link("条款如何计算", format!("/benefits/{benefit}"));
    card.link("先看我能否享受", format!("/precheck?benefit={benefit}"));
    Some(card)
}

/// The calls that keep the promise, the latest first, each with what it came to.
fn call_rows(view: &View, benefit: &BenefitKey, card: &mut Card) {
    let cases = &view.state.cases;
    let is_public = |call: &&cases::Call| !matches!(call.stage, cases::call::Stage::Draft);
    let calls = cases.calls().filter(|call| call.terms.benefit.as_str() == benefit.as_str()).filter(is_public);
    let mut calls: Vec<_> = calls.collect();
    calls.sort_by_key(|call| std::cmp::Reverse((call.terms.window.from(), call.id)));
    for call in calls {
        let paid: kernel::Money = cases.cases_of(call.id).map(|case| case.purse.net()).sum();
        let value = format!("{} · 到账 {} 万元", call.stage.label(), paid.ten_thousands());
        card.row(&call.terms.title, value, Some(format!("/calls/{}", call.id)));
    }
    let mut notices: Vec<_> = cases
        .notices()
        .filter(|notice| cases.call(notice.call).is_some_and(|call| call.terms.benefit.as_str() == benefit.as_str()))
        .collect();
    notices.sort_by_key(|notice| std::cmp::Reverse((notice.on, notice.id)));
    for notice in notices {
        let total: kernel::Money = notice.cases.values().copied().sum();
        let value = format!("{} 件，{} 万元", notice.cases.len(), total.ten_thousands());
        card.row(&format!("{} 公示", notice.on), value, Some(format!("/notices/{}", notice.id)));
    }
}

/// What a sentence that sums up refers to.
fn summary_card(view: &View, place: &Anchor) -> Option<Card> {
    let plan: &Plan = view.plan.as_ref();
    let sentence = plan.sentence(place)?;
    let mut card = Card::new("…", "概括性表述", "unknown");
    card.notes.push("这句话概括以下条款的要求，由它们的记录承载。".to_owned());
    for segment in &sentence.segments {
        let plan::text::Binding::Summary(places) = &segment.binding else { continue };
        for place in places {
            let task = plan.tasks.iter().filter(|task| task.anchor.is_within(place));
            for task in task {
                let signal = view.task_signal(&task.anchor);
                let (_, word) = light_class(signal);
                card.row(&format!("{} {}", task.anchor, task.name), word, Some(format!("/plan/tasks/{}", task.anchor)));
            }
            for goal in plan.goals.iter().filter(|_| place.as_str().starts_with("一")) {
                card.row(goal.key.as_str(), goal.name.clone(), Some(format!("/plan?open={}#{}", goal.key, goal.key)));
            }
        }
    }
    Some(card)
}
