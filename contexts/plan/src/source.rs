//! Reading the files of a plan folder, with the line of every entry.

use std::collections::BTreeMap;
use std::ops::Range;

use kernel::prose::SecondReader;
use kernel::{Anchor, Date, OrganisationId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::check::Finding;
use crate::document::Files;
use crate::key::{BenefitKey, GoalKey};
use crate::parts::{Goal, Indicator, LightRule, Measure, Meta, RecordType, Schedule, Task, TaskKind, Unit};
use crate::text::{Binding, Content, Segment};

/// Something with the place in a file where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    pub file: &'static str,
    /// From 1.
    pub line: usize,
    pub value: T,
}

/// A sentence whose segments know their lines.
#[derive(Clone, Debug)]
pub(crate) struct SourceSentence {
    pub anchor: Anchor,
    pub segments: Vec<Located<Segment>>,
}

/// A block whose sentences know their lines. `content` holds the paragraph's lead, its sentences stand beside it.
#[derive(Clone, Debug)]
pub(crate) struct SourceBlock {
    pub anchor: Anchor,
    pub content: Content,
    pub sentences: Vec<Located<SourceSentence>>,
}

/// A task whose measures know their lines.
#[derive(Clone, Debug)]
pub(crate) struct SourceTask {
    pub task: Task,
    pub measure_lines: Vec<usize>,
}

/// All files of a plan, read but not yet checked against one another.
pub(crate) struct Source {
    pub meta: Located<Meta>,
    pub blocks: Vec<Located<SourceBlock>>,
    pub units: Vec<Located<Unit>>,
    pub goals: Vec<Located<Goal>>,
    pub tasks: Vec<Located<SourceTask>>,
    pub records: Vec<Located<RecordType>>,
    pub indicators: Vec<Located<Indicator>>,
    pub schedules: Vec<Located<(Anchor, Schedule)>>,
    pub lights: Vec<Located<(Date, LightRule)>>,
    pub published: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBlock {
    anchor: Anchor,
    kind: Kind,
    text: Option<String>,
    level: Option<u8>,
    lead: Option<String>,
    #[serde(default)]
    sentence: Vec<Spanned<RawSentence>>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Title,
    Number,
    Date,
    Formal,
    Heading,
    Paragraph,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSentence {
    anchor: Anchor,
    segments: Vec<Spanned<RawSegment>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSegment {
    text: String,
    goal: Option<GoalKey>,
    measure: Option<Anchor>,
    units: Option<Vec<OrganisationId>>,
    benefit: Option<BenefitKey>,
    summary: Option<Vec<Anchor>>,
    prose: Option<String>,
    confirmed: Option<SecondReader>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTask {
    anchor: Anchor,
    kind: TaskKind,
    name: String,
    measure: Vec<Spanned<Measure>>,
}

/// One file, its findings collected on the side.
struct Reader<'a> {
    files: &'a Files,
    findings: Vec<Finding>,
}

impl Source {
    /// Reads every file; `Err` holds what could not be read.
    pub fn read(files: &Files) -> Result<Self, Vec<Finding>> {
        let mut reader = Reader { files, findings: Vec::new() };
        let meta = reader.meta();
        let blocks = reader.blocks();
        let units = reader.list("units.toml", "unit");
        let goals = reader.list("goals.toml", "goal");
        let tasks = reader.tasks();
        let records = reader.list("records.toml", "record");
        let indicators = reader.list("indicators.toml", "indicator");
        let schedules = reader.keyed("schedule.toml");
        let lights = reader.keyed("lights.toml");
        let published = reader.text("published.txt").map(str::to_owned);
        match (meta, published, reader.findings.is_empty()) {
            (Some(meta), Some(published), true) => {
                Ok(Self { meta, blocks, units, goals, tasks, records, indicators, schedules, lights, published })
            }
            _ => Err(reader.findings),
        }
    }
}

impl<'a> Reader<'a> {
    fn text(&mut self, file: &'static str) -> Option<&'a str> {
        let text = self.files.get(file).map(String::as_str);
        if text.is_none() {
            let remedy = "请在规划目录中补上该文件";
            self.findings.push(Finding::new(file, 1, "缺少文件", remedy));
        }
        text
    }

    /// The parsed file and its text.
    fn parse<T: DeserializeOwned>(&mut self, file: &'static str) -> Option<(T, &'a str)> {
        let text = self.text(file)?;
        match toml::from_str(text) {
            Ok(value) => Some((value, text)),
            Err(error) => {
                let line = line_at(text, error.span().unwrap_or(0..0));
                let remedy = "请按格式改正后重新检查";
                self.findings.push(Finding::new(file, line, format!("无法读取：{}", error.message()), remedy));
                None
            }
        }
    }

    /// A file that is one array of tables, `[[name]]`.
    fn list<T: DeserializeOwned>(&mut self, file: &'static str, name: &'static str) -> Vec<Located<T>> {
        let Some((mut tables, text)) = self.parse::<BTreeMap<String, Vec<Spanned<T>>>>(file) else {
            return Vec::new();
        };
        let rows = tables.remove(name).unwrap_or_default();
        for other in tables.keys() {
            let problem = format!("出现未知的表 [[{other}]]");
            self.findings.push(Finding::new(file, 1, problem, format!("此文件只允许 [[{name}]]")));
        }
        rows.into_iter().map(|row| locate(file, text, row)).collect()
    }

    /// A file that is tables under their keys, `["key"]`.
    fn keyed<K, T>(&mut self, file: &'static str) -> Vec<Located<(K, T)>>
    where
        K: DeserializeOwned + Ord,
        T: DeserializeOwned,
    {
        let Some((tables, text)) = self.parse::<BTreeMap<K, Spanned<T>>>(file) else { return Vec::new() };
        let located = |(key, row): (K, Spanned<T>)| {
            let row = locate(file, text, row);
            Located { file, line: row.line, value: (key, row.value) }
        };
        tables.into_iter().map(located).collect()
    }

    fn meta(&mut self) -> Option<Located<Meta>> {
        let (value, _) = self.parse::<Meta>("plan.toml")?;
        Some(Located { file: "plan.toml", line: 1, value })
    }

    fn tasks(&mut self) -> Vec<Located<SourceTask>> {
        let rows: Vec<Located<RawTask>> = self.list("tasks.toml", "task");
        let text = self.files.get("tasks.toml").map_or("", String::as_str);
        let task = |row: Located<RawTask>| {
            let RawTask { anchor, kind, name, measure } = row.value;
            let measure_lines = measure.iter().map(|measure| line_at(text, measure.span())).collect();
            let measures = measure.into_iter().map(Spanned::into_inner).collect();
            let value = SourceTask { task: Task { anchor, kind, name, measures }, measure_lines };
            Located { file: row.file, line: row.line, value }
        };
        rows.into_iter().map(task).collect()
    }

    fn blocks(&mut self) -> Vec<Located<SourceBlock>> {
        let file = "text.toml";
        let rows: Vec<Located<RawBlock>> = self.list(file, "block");
        let text = self.files.get(file).map_or("", String::as_str);
        rows.into_iter().filter_map(|row| self.block(text, row)).collect()
    }

    fn block(&mut self, text: &str, row: Located<RawBlock>) -> Option<Located<SourceBlock>> {
        let Located { file, line, value: raw } = row;
        let (anchor, kind) = (raw.anchor.clone(), raw.kind);
        let sentences: Vec<_> =
            raw.sentence.into_iter().map(|row| self.sentence(text, locate(file, text, row))).collect();
        let content = match (kind, raw.text, raw.level, raw.lead) {
            (Kind::Title, Some(text), None, None) => Content::Title(text),
            (Kind::Number, Some(text), None, None) => Content::Number(text),
            (Kind::Date, Some(text), None, None) => Content::Date(text),
            (Kind::Formal, Some(text), None, None) => Content::Formal(text),
            (Kind::Heading, Some(text), Some(level), None) => Content::Heading { level, text },
            (Kind::Paragraph, None, None, lead) => Content::Paragraph { lead, sentences: Vec::new() },
            _ => {
                let problem =
                    "段落字段不符：heading 要有 text 和 level，paragraph 只有 lead 与 sentence，其余只有 text";
                self.findings.push(Finding::new(file, line, problem, "请改正字段").in_place(&anchor));
                return None;
            }
        };
        if kind != Kind::Paragraph && !sentences.is_empty() {
            let problem = "只有 paragraph 可以含有 [[block.sentence]]";
            self.findings.push(Finding::new(file, line, problem, "请把 kind 改为 paragraph").in_place(&anchor));
        }
        Some(Located { file, line, value: SourceBlock { anchor, content, sentences } })
    }

    fn sentence(&mut self, text: &str, row: Located<RawSentence>) -> Located<SourceSentence> {
        let anchor = row.value.anchor.clone();
        let mut segments = Vec::new();
        for raw in row.value.segments {
            let raw = locate(row.file, text, raw);
            let (file, line) = (raw.file, raw.line);
            match segment(raw.value) {
                Ok(value) => segments.push(Located { file, line, value }),
                Err(text) => {
                    let problem = "这段文字没有绑定，或绑定了不止一处";
                    let remedy =
                        "请恰好写明 goal、measure、units、benefit、summary、prose 之一（confirmed 只配 prose）";
                    self.findings.push(Finding::new(file, line, problem, remedy).in_place(&anchor).quoting(&text));
                }
            }
        }
        Located { file: row.file, line: row.line, value: SourceSentence { anchor, segments } }
    }
}

/// Exactly one binding, or the text that has none or several.
fn segment(raw: RawSegment) -> Result<Segment, String> {
    let RawSegment { text, goal, measure, units, benefit, summary, prose, confirmed } = raw;
    let bindings = [
        goal.map(Binding::Goal),
        measure.map(Binding::Measure),
        units.map(Binding::Units),
        benefit.map(Binding::Benefit),
        summary.map(Binding::Summary),
        prose.map(|reason| Binding::Prose { reason, confirmed: confirmed.clone() }),
    ];
    let mut bindings = bindings.into_iter().flatten();
    match (bindings.next(), bindings.next()) {
        (Some(binding), None) if confirmed.is_none() || matches!(binding, Binding::Prose { .. }) => {
            Ok(Segment { text, binding })
        }
        _ => Err(text),
    }
}

fn locate<T>(file: &'static str, text: &str, spanned: Spanned<T>) -> Located<T> {
    Located { file, line: line_at(text, spanned.span()), value: spanned.into_inner() }
}

/// The line, from 1, on which a span of bytes begins.
fn line_at(text: &str, span: Range<usize>) -> usize {
    text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
}
