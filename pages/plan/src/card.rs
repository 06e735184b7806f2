//! The cards beside the text: what stands behind a goal, a measure, a benefit.

use kernel::{Anchor, Money};
use plan::lights::{Light, Signal, Standing};
use plan::parts::{Figure, Goal, Target};
use plan::standing::IndicatorStanding;
use plan::{BenefitKey, GoalKey, Plan, Subject};
use register::Light as Lamp;
use subsidy::{BenefitId, Outcome};
use web::Markup;

use crate::living::light_class;
use crate::view::View;

/// One card: a headline figure or a reason, what it rests on, and where to read on.
pub struct Card {
    /// What a stretch of text opens it by.
    pub key: String,
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
    /// Drawing.
    pub chart: Option<Markup>,
    /// Label, value, and where the value is read.
    pub rows: Vec<(String, String, Option<String>)>,
    /// In words, the gravest first.
    pub notes: Vec<String>,
    /// Where to read on.
    pub links: Vec<(String, String)>,
    /// Whether the text opened it.
    pub is_open: bool,
}

impl Card {
    fn new(key: impl Into<String>, mark: impl Into<String>, title: impl Into<String>, class: &'static str) -> Self {
        Self {
            key: key.into(),
            mark: mark.into(),
            title: title.into(),
            class,
            lamp: None,
            figure: None,
            chart: None,
            rows: Vec::new(),
            notes: Vec::new(),
            links: Vec::new(),
            is_open: false,
        }
    }

    fn row(&mut self, label: &str, value: impl Into<String>, href: Option<String>) {
        self.rows.push((label.to_owned(), value.into(), href));
    }

    fn link(&mut self, label: &str, href: impl Into<String>) {
        self.links.push((label.to_owned(), href.into()));
    }
}

/// What is shown before anything is opened: the measured goals, the money, then what is not yet measured. At most six.
pub fn headline_cards(view: &View, open: Option<&str>) -> Vec<Card> {
    let is_measured = |goal: &&Goal| view.indicator(&goal.indicator).is_some_and(|s| s.latest.is_some());
    let (measured, others): (Vec<_>, Vec<_>) = view.plan.goals.iter().partition(is_measured);
    let goals = |goals: Vec<&Goal>| goals.into_iter().map(|goal| goal_card(view, goal)).collect::<Vec<_>>();
    let mut cards = goals(measured);
    cards.push(money_card(view));
    cards.extend(goals(others));
    cards.retain(|card| open != Some(card.key.as_str()));
    cards.truncate(6);
    cards
}

/// What a stretch of the text opens; `None` when nothing has this key.
pub fn opened_cards(view: &View, open: &str) -> Option<Vec<Card>> {
    let mut cards = cards_of(view, open)?;
    cards.iter_mut().for_each(|card| card.is_open = true);
    Some(cards)
}

fn cards_of(view: &View, open: &str) -> Option<Vec<Card>> {
    let plan = view.plan.as_ref();
    if open == MONEY {
        return Some(vec![money_card(view)]);
    }
    if let Some(place) = open.strip_prefix("摘要:") {
        return Some(vec![summary_card(view, open, &place.parse().ok()?)?]);
    }
    if let Some(goal) = open.parse::<GoalKey>().ok().and_then(|key| plan.goal(&key)) {
        return Some(vec![goal_card(view, goal)]);
    }
    if let Some(subject) = open.parse::<Anchor>().ok().and_then(|anchor| plan.subject(&anchor)) {
        return Some(vec![subject_card(view, open, subject)]);
    }
    let benefit: BenefitKey = open.parse().ok()?;
    let subject = plan.measure_of_benefit(&benefit)?;
    Some(vec![benefit_card(view, &benefit)?, subject_card(view, &subject_anchor(subject), subject)])
}

fn subject_anchor(subject: Subject<'_>) -> String {
    match subject {
        Subject::Task(task) => task.anchor.to_string(),
        Subject::Measure(_, measure) => measure.anchor.to_string(),
    }
}

/// The card of all money together.
const MONEY: &str = "资金";

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
    let mut card = Card::new(goal.key.as_str(), goal.key.as_str(), &goal.name, light_class(light).0);
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
        let (from, until) = (latest.period.from(), latest.period.until());
        let period = if from == until { format!("截至 {until}") } else { format!("{} 年度", from.year()) };
        let small = format!("{period} · 口径 v{}", latest.scope_version);
        card.figure = Some((latest.value.headline(), unit.clone(), small));
        if let Some((change, before)) = &standing.change {
            let value = change.headline();
            let sign = if value.starts_with('-') { "" } else { "+" };
            card.row("较上期", format!("{sign}{value} {unit}（{}）", before.until().year()), None);
        }
        if let Some(gap) = standing.target.as_ref().filter(|target| target.met == Some(false)).and_then(|t| t.gap) {
            card.row("距目标", format!("{} {unit}", gap.headline()), None);
        }
        let sign = if latest.reference.contains('?') { '&' } else { '?' };
        let href = format!("{}{sign}as_of={}", latest.reference, view.day);
        let reference = if latest.reference.contains("as_of") { latest.reference.clone() } else { href };
        card.row("来源", format!("{} 条记录", latest.records), Some(reference));
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

fn subject_card(view: &View, key: &str, subject: Subject<'_>) -> Card {
    let plan = view.plan.as_ref();
    let anchor = subject_anchor(subject);
    let parsed: Option<Anchor> = anchor.parse().ok();
    let standing = parsed.as_ref().and_then(|anchor| view.measure(anchor).or_else(|| view.task(anchor)));
    let signal = standing.map(|standing| standing.signal);
    let mut card = Card::new(key, &anchor, subject.name(), light_class(signal).0);
    card.lamp = Some(lamp_of(signal));
    if let Some(standing) = standing {
        card.notes.extend(standing.reasons.iter().cloned());
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
            let value = value
                .map_or("尚未计量".to_owned(), |latest| format!("{} {}", latest.value.headline(), indicator.unit));
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

/// What a benefit came to so far.
struct Spent {
    earlier: Money,
    payments: usize,
    assessed: Money,
    eligible: usize,
    refused: usize,
}

fn spent(view: &View, wanted: impl Fn(&BenefitId) -> bool) -> Spent {
    let subsidy = &view.state.subsidy;
    let vouchers: Vec<_> = subsidy.vouchers().filter(|payment| wanted(&payment.benefit)).collect();
    let mut spent = Spent {
        earlier: vouchers.iter().map(|payment| payment.amount).sum(),
        payments: vouchers.len(),
        assessed: Money::ZERO,
        eligible: 0,
        refused: 0,
    };
    for record in subsidy.decisions().filter(|record| wanted(&record.decision.claim.benefit)) {
        match &record.decision.outcome {
            Outcome::Eligible { award, .. } => {
                spent.assessed = spent.assessed + *award;
                spent.eligible += 1;
            }
            Outcome::NotEligible { .. } => spent.refused += 1,
        }
    }
    spent
}

fn money_rows(card: &mut Card, spent: &Spent) {
    let small = format!("已测算 {} 笔 · 拨付以凭证为准", spent.eligible);
    card.figure = Some((spent.assessed.ten_thousands(), "万元".to_owned(), small));
    if spent.payments > 0 {
        card.row("此前已拨付", format!("{} 万元（{} 笔凭证）", spent.earlier.ten_thousands(), spent.payments), None);
    }
    if spent.refused > 0 {
        card.row("测算不符合", format!("{} 笔", spent.refused), None);
    }
}

fn money_card(view: &View) -> Card {
    let mut card = Card::new(MONEY, "￥", "惠企资金", "money");
    money_rows(&mut card, &spent(view, |_| true));
    for clause in view.state.subsidy.clauses() {
        let of_clause = spent(view, |benefit| *benefit == clause.benefit);
        let href = format!("/benefits/{}", clause.benefit);
        card.row(&clause.title, format!("{} 万元", of_clause.assessed.ten_thousands()), Some(href));
    }
    card.link("先看我能否享受", "/precheck");
    card
}

fn benefit_card(view: &View, benefit: &BenefitKey) -> Option<Card> {
    let id: BenefitId = benefit.as_str().parse().ok()?;
    let clause = view.state.subsidy.clause(&id)?;
    let mut card = Card::new(benefit.as_str(), "￥", &*clause.title, "money");
    money_rows(&mut card, &spent(view, |other| *other == id));
    let review = view.state.subsidy.review_on(&id, view.day);
    card.row("公平竞争审查", if review.is_some() { "已审查" } else { "尚无有效审查，不能正式受理" }, None);
    card.link("条款如何计算", format!("/benefits/{benefit}"));
    card.link("先看我能否享受", format!("/precheck?benefit={benefit}"));
    Some(card)
}

/// What a sentence that sums up refers to.
fn summary_card(view: &View, key: &str, place: &Anchor) -> Option<Card> {
    let plan: &Plan = view.plan.as_ref();
    let sentence = plan.sentence(place)?;
    let mut card = Card::new(key, "…", "概括性表述", "unknown");
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
