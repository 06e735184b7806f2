//! The living document: the plan as published, every promise linked to what stands behind it on that day.

use askama::Template;
use axum::extract::{Query, State};
use kernel::{Anchor, Date};
use office::Hall;
use plan::lights::{Light, Signal};
use plan::text::{Binding, Block, Content, Segment, Sentence, UnitPiece};
use plan::{Plan, PlanKey};
use serde::Deserialize;
use web::{Answer, AsOf, Failure, Page};

use crate::card::{Card, headline_cards, opened_cards};

/// What the address asks to be opened: a goal's key, a measure's anchor, a benefit's key, or `摘要:ANCHOR`.
#[derive(Deserialize)]
pub struct Asked {
    open: Option<String>,
}

/// The plan in force.
pub async fn living(State(hall): State<Hall>, as_of: AsOf, Query(asked): Query<Asked>, page: Page) -> Answer {
    let view = crate::view::View::on(&hall, as_of)?;
    let living = Living::of(&view, as_of, asked.open.as_deref())?;
    page.title(format!("{} · 行动计划", view.plan.meta.short)).show(&living)
}

#[derive(Template)]
#[template(path = "living.html")]
struct Living<'a> {
    coverage: plan::check::Coverage,
    contents: Vec<ContentsRow>,
    blocks: Vec<BlockView<'a>>,
    opened: Vec<Card>,
    headlines: Vec<Card>,
    as_of: AsOf,
    day: Date,
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
    Paragraph { anchor: String, lead: Option<&'a str>, stretches: Vec<Stretch<'a>> },
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
}

struct Unit<'a> {
    key: Option<String>,
    text: &'a str,
}

impl<'a> Living<'a> {
    fn of(view: &'a crate::view::View, as_of: AsOf, open: Option<&str>) -> Result<Self, Failure> {
        let plan = view.plan.as_ref();
        let mut seen = std::collections::BTreeMap::new();
        let blocks = plan.blocks.iter().map(|block| block_view(view, block, open, &mut seen)).collect();
        let opened = match open {
            Some(open) => opened_cards(view, open).ok_or_else(Failure::not_found)?,
            None => Vec::new(),
        };
        Ok(Self {
            coverage: plan.coverage,
            contents: contents(view),
            blocks,
            headlines: headline_cards(view, open),
            opened,
            as_of,
            day: view.day,
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
    open: Option<&str>,
    seen: &mut std::collections::BTreeMap<String, u32>,
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
                segments.map(|segment| stretch(view, sentence, segment, open, seen)).collect::<Vec<_>>()
            });
            BlockView::Paragraph { anchor, lead: lead.as_deref(), stretches: stretches.collect() }
        }
    }
}

fn stretch<'a>(
    view: &'a crate::view::View,
    sentence: &Sentence,
    segment: &'a Segment,
    open: Option<&str>,
    seen: &mut std::collections::BTreeMap<String, u32>,
) -> Stretch<'a> {
    let bound = |key: String,
                 mark: String,
                 class: &'static str,
                 spoken: String,
                 seen: &mut std::collections::BTreeMap<String, u32>| {
        let (words, punctuation) = segment.words_and_punctuation();
        let is_open = open == Some(key.as_str());
        // A promise can stand at several places: the first carries the plain id.
        let count = seen.entry(key.clone()).or_default();
        *count += 1;
        let id = if *count == 1 { key.clone() } else { format!("{key}~{count}") };
        Stretch::Bound(Bound { id, key, words, punctuation, mark, class, spoken, is_open })
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
            bound(goal.to_string(), goal.to_string(), class, format!("目标 {goal}，{word}"), seen)
        }
        Binding::Measure(anchor) => {
            let (class, word) = light_class(view.measure_signal(anchor));
            bound(anchor.to_string(), mark_of(anchor), class, format!("举措，{word}"), seen)
        }
        Binding::Benefit(benefit) => bound(benefit.to_string(), "￥".into(), "money", "惠企事项".into(), seen),
        Binding::Summary(_) => {
            let key = format!("摘要:{}", sentence.anchor);
            bound(key, "…".into(), "summary", "概括，详见所列条款".into(), seen)
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
