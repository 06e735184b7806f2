//! The living document: the plan as published, every promise linked to what stands behind it on that day.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use kernel::{Anchor, Date};
use plan::lights::{Light, Signal};
use plan::text::{Binding, Block, Content, Segment, Sentence, UnitPiece};
use plan::{Plan, PlanKey};
use serde::Deserialize;
use web::{Answer, AsOf, Counter, Failure, Figure, Page};

use crate::card::{Card, opened_cards};
use crate::headline::headlines;
use crate::margin::{self, MarginLine};

/// What the address asks to be opened: a goal's key, a measure's anchor, a benefit's key, or `摘要:ANCHOR`.
#[derive(Deserialize)]
pub struct Asked {
    open: Option<String>,
}

/// The plan in force.
pub async fn living(counter: Counter, Query(asked): Query<Asked>, page: Page) -> Answer {
    let view = crate::view::View::on(&counter)?;
    let living = Living::of(&view, counter.as_of, asked.open.as_deref())?;
    page.title(format!("{} · 行动计划", view.plan.meta.short)).show(&living)
}

#[derive(Template)]
#[template(path = "living.html")]
struct Living<'a> {
    coverage: plan::check::Coverage,
    contents: Vec<ContentsRow>,
    blocks: Vec<BlockView<'a>>,
    opened: Vec<Card>,
    /// Whether a stretch of the text shows what is opened; otherwise it stands above the text.
    is_placed: bool,
    figures: Vec<Figure>,
    as_of: AsOf,
    edition: String,
}

/// A row of the table of contents.
struct ContentsRow {
    anchor: String,
    text: String,
    level: u8,
    lights: Vec<(&'static str, &'static str, usize, &'static str)>,
}

/// A block as the page shows it.
enum BlockView<'a> {
    Title(&'a str),
    Number(String),
    Formal(&'a str),
    Heading { anchor: String, level: u8, text: &'a str },
    Paragraph { anchor: String, lead: Option<&'a str>, margin: Vec<MarginLine>, stretches: Vec<Stretch<'a>> },
}

/// A stretch of running text.
enum Stretch<'a> {
    /// Demands nothing; the reason is shown on demand.
    Prose { text: &'a str, reason: &'a str },
    /// Something stands behind it.
    Bound(Bound<'a>),
    /// A list of responsible units.
    Units(Vec<Unit<'a>>),
}

struct Bound<'a> {
    id: String,
    key: String,
    words: &'a str,
    punctuation: &'a str,
    mark: String,
    class: &'static str,
    spoken: String,
    is_open: bool,
    /// Whether what is opened stands beside this stretch: where it is stated.
    shows: bool,
}

impl Bound<'_> {
    /// Beside the colour, for those who cannot tell colours apart.
    fn symbol(&self) -> &'static str {
        match self.class {
            "watch" => "▲",
            "bad" => "■",
            _ => "",
        }
    }
}

/// Which of the places where a promise stands states it.
struct Places {
    stated: BTreeMap<String, u32>,
    seen: BTreeMap<String, u32>,
}

impl Places {
    /// The next place of a promise: which in the order of the text, and whether it states it.
    fn next(&mut self, key: &str) -> (u32, bool) {
        let count = self.seen.entry(key.to_owned()).or_default();
        *count += 1;
        (*count, *count == self.stated.get(key).copied().unwrap_or(1))
    }
}

/// Where goals are listed they are stated; everything else where it stands first.
fn stated(plan: &Plan) -> BTreeMap<String, u32> {
    let (mut seen, mut stated) = (BTreeMap::<String, u32>::new(), BTreeMap::new());
    for block in &plan.blocks {
        let is_list = margin::goals_of(block).len() >= margin::LISTED;
        for goal in margin::goals_of(block) {
            let count = seen.entry(goal.to_string()).or_default();
            *count += 1;
            if is_list {
                stated.insert(goal.to_string(), *count);
            }
        }
    }
    stated
}

struct Unit<'a> {
    key: Option<String>,
    text: &'a str,
}

impl<'a> Living<'a> {
    fn of(view: &'a crate::view::View, as_of: AsOf, open: Option<&str>) -> Result<Self, Failure> {
        let plan = view.plan.as_ref();
        let mut places = Places { stated: stated(plan), seen: BTreeMap::new() };
        let blocks: Vec<_> =
            plan.blocks.iter().map(|block| block_view(view, block, (open, as_of), &mut places)).collect();
        let is_placed = open.is_some_and(|open| places.seen.contains_key(open));
        let opened = match open {
            Some(open) => opened_cards(view, open).ok_or_else(Failure::not_found)?,
            None => Vec::new(),
        };
        Ok(Self {
            coverage: plan.coverage,
            contents: contents(view),
            blocks,
            figures: headlines(view, as_of),
            opened,
            is_placed,
            as_of,
            edition: plan.digest.short(),
        })
    }

    /// Keeps the day when a stretch is opened.
    fn kept(&self) -> String {
        self.as_of.chosen().map(|day| format!("&as_of={day}")).unwrap_or_default()
    }
}

fn block_view<'a>(
    view: &'a crate::view::View,
    block: &'a Block,
    (open, as_of): (Option<&str>, AsOf),
    places: &mut Places,
) -> BlockView<'a> {
    let anchor = block.anchor.to_string();
    match &block.content {
        Content::Title(text) => BlockView::Title(text),
        Content::Number(text) => BlockView::Number(text.clone()),
        Content::Date(text) | Content::Formal(text) => BlockView::Formal(text),
        Content::Heading { level, text } => BlockView::Heading { anchor, level: *level, text },
        Content::Paragraph { lead, sentences } => {
            let stretches = sentences.iter().flat_map(|sentence| {
                let segments = sentence.segments.iter();
                segments.map(|segment| stretch(view, sentence, segment, open, places)).collect::<Vec<_>>()
            });
            let stretches = stretches.collect();
            // What is opened takes the margin.
            let margin = if open.is_none() { margin::lines(view, block, as_of) } else { Vec::new() };
            BlockView::Paragraph { anchor, lead: lead.as_deref(), margin, stretches }
        }
    }
}

fn stretch<'a>(
    view: &'a crate::view::View,
    sentence: &Sentence,
    segment: &'a Segment,
    open: Option<&str>,
    places: &mut Places,
) -> Stretch<'a> {
    let bound = |key: String, mark: String, class: &'static str, spoken: String, places: &mut Places| {
        let (words, punctuation) = segment.words_and_punctuation();
        let is_open = open == Some(key.as_str());
        // A promise can stand at several places: where it is stated carries the plain id, and what is opened.
        let (count, is_stated) = places.next(&key);
        let id = if is_stated { key.clone() } else { format!("{key}~{count}") };
        let shows = is_open && is_stated;
        Stretch::Bound(Bound { id, key, words, punctuation, mark, class, spoken, is_open, shows })
    };
    match &segment.binding {
        Binding::Prose { reason, .. } => Stretch::Prose { text: &segment.text, reason },
        Binding::Units(units) => {
            let pieces = view.plan.unit_pieces(units, &segment.text).into_iter();
            Stretch::Units(
                pieces
                    .map(|piece| match piece {
                        UnitPiece::Between(text) => Unit { key: None, text },
                        UnitPiece::Unit(key, text) => Unit { key: Some(key.to_string()), text },
                    })
                    .collect(),
            )
        }
        Binding::Goal(goal) => {
            let light = view.goal_light(goal);
            let (class, word) = light_class(light.map(Signal::Light));
            bound(goal.to_string(), goal.to_string(), class, format!("目标 {goal}，{word}"), places)
        }
        Binding::Measure(anchor) => {
            let (class, word) = light_class(view.measure_signal(anchor));
            bound(anchor.to_string(), mark_of(anchor), class, format!("举措，{word}"), places)
        }
        Binding::Benefit(benefit) => bound(benefit.to_string(), "￥".into(), "money", "惠企事项".into(), places),
        Binding::Summary(_) => {
            let key = format!("摘要:{}", sentence.anchor);
            bound(key, "…".into(), "summary", "概括，详见所列条款".into(), places)
        }
    }
}

/// `二(三)8-a` is marked `8a`; `三(三)-b` is marked `b`.
fn mark_of(anchor: &Anchor) -> String {
    let text = anchor.as_str();
    let tail = text.rsplit([')', '）']).next().unwrap_or(text);
    tail.replace('-', "")
}

/// Class of a stretch and what its light is called.
pub fn light_class(signal: Option<Signal>) -> (&'static str, &'static str) {
    match signal {
        Some(Signal::Light(Light::Green)) => ("good", "绿灯"),
        Some(Signal::Light(Light::Yellow)) => ("watch", "黄灯"),
        Some(Signal::Light(Light::Red)) => ("bad", "红灯"),
        Some(Signal::Received) => ("unknown", "收悉"),
        Some(Signal::NotRated) | None => ("unknown", "尚未评定"),
    }
}

/// Headings with the lights of the tasks below them.
fn contents(view: &crate::view::View) -> Vec<ContentsRow> {
    let plan = view.plan.as_ref();
    let rows = plan.blocks.iter().filter_map(|block| match &block.content {
        Content::Heading { level, text } => Some((&block.anchor, *level, text.as_str())),
        Content::Paragraph { lead: Some(lead), .. } => Some((&block.anchor, 3, lead.as_str())),
        _ => None,
    });
    rows.map(|(anchor, level, text)| {
        let below = plan.tasks.iter().filter(|task| task.anchor.is_within(anchor));
        let signals: Vec<_> = below.filter_map(|task| view.task_signal(&task.anchor)).collect();
        let count = |light: Light| signals.iter().filter(|signal| **signal == Signal::Light(light)).count();
        let lights = [
            ("good", "●", count(Light::Green), "项绿灯"),
            ("watch", "▲", count(Light::Yellow), "项黄灯"),
            ("bad", "■", count(Light::Red), "项红灯"),
        ];
        let lights = lights.into_iter().filter(|(_, _, count, _)| *count > 0).collect();
        ContentsRow { anchor: anchor.to_string(), text: text.trim_end_matches('。').to_owned(), level, lights }
    })
    .collect()
}

/// The plan a city's pages show: the first adopted, until a city has several in force and the address names one.
pub fn shown_plan(state: &office::State, day: Date) -> Option<(PlanKey, std::sync::Arc<Plan>)> {
    let (key, _) = state.plan.plans().next()?;
    Some((key.clone(), state.plan.plan_on(key, day)?.clone()))
}
