//! Whether a plan folder is complete: every character of the text bound, every reference found.
//!
//! The rules read the whole folder and report everything they find, with the file, the line, the place in the
//! text, the words and what to do. A plan with a single finding cannot be adopted.

mod parts;
mod text;

use std::fmt;

use kernel::Anchor;

use crate::document::{Files, Plan};
use crate::source::{Source, SourceBlock};
use crate::text::{Binding, Block, Content, Sentence};

/// Something that keeps a plan from being adopted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path inside the plan folder.
    pub file: String,
    /// Line in that file, from 1.
    pub line: usize,
    /// The place in the plan's text, where there is one.
    pub anchor: Option<Anchor>,
    /// The words it is about; empty where it is about an entry as a whole.
    pub text: String,
    /// What is wrong, in Chinese.
    pub problem: String,
    /// What to do, in Chinese.
    pub remedy: String,
}

/// How much of a text is carried by what, counted in sentences and in characters without white space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Sentences of running text, without headings, forms and lists of units.
    pub sentences: usize,
    /// Sentences without any prose.
    pub bound_sentences: usize,
    /// Lists of responsible units.
    pub unit_lists: usize,
    /// Stretches of sentences and lists.
    pub segments: usize,
    /// All characters of the document.
    pub characters: usize,
    /// In titles, numbers, dates, headings and forms.
    pub form_characters: usize,
    /// Bound to a goal, measure, unit list or benefit, directly or as a summary.
    pub bound_characters: usize,
    /// Marked as prose.
    pub prose_characters: usize,
    /// Stretches of prose that a named second reader confirmed.
    pub confirmed: usize,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Report {
    /// In the order of files and lines; empty when the plan is in order.
    pub findings: Vec<Finding>,
    /// How much is bound; zero where the text could not be read.
    pub coverage: Coverage,
    /// The plan, when there is no finding.
    pub plan: Option<Plan>,
}

/// Reads a folder that was checked when it was adopted. The rules are not asked again: they may have become
/// stricter since, and what was adopted stays adopted.
pub(crate) fn restore(files: &Files) -> Result<Plan, Vec<Finding>> {
    let source = Source::read(files)?;
    let blocks: Vec<_> = source.blocks.iter().map(|block| assemble(&block.value)).collect();
    let coverage = Coverage::of(&blocks);
    Ok(plan(source, blocks, coverage, files))
}

/// Checks the files of a plan folder. Files it does not know are left to their owners.
pub fn check(files: &Files) -> Report {
    let source = match Source::read(files) {
        Ok(source) => source,
        Err(findings) => return Report { findings: sorted(findings), coverage: Coverage::default(), plan: None },
    };
    let mut findings = text::findings(&source, files);
    findings.extend(parts::findings(&source));
    let blocks: Vec<_> = source.blocks.iter().map(|block| assemble(&block.value)).collect();
    let coverage = Coverage::of(&blocks);
    let plan = findings.is_empty().then(|| plan(source, blocks, coverage, files));
    Report { findings: sorted(findings), coverage, plan }
}

fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    findings.dedup();
    findings
}

/// A block with its sentences in place, lines dropped.
fn assemble(block: &SourceBlock) -> Block {
    let sentence = |sentence: &crate::source::SourceSentence| Sentence {
        anchor: sentence.anchor.clone(),
        segments: sentence.segments.iter().map(|segment| segment.value.clone()).collect(),
    };
    let content = match &block.content {
        Content::Paragraph { lead, .. } => Content::Paragraph {
            lead: lead.clone(),
            sentences: block.sentences.iter().map(|row| sentence(&row.value)).collect(),
        },
        other => other.clone(),
    };
    Block { anchor: block.anchor.clone(), content }
}

fn plan(source: Source, blocks: Vec<Block>, coverage: Coverage, files: &Files) -> Plan {
    Plan {
        meta: source.meta.value,
        blocks,
        units: source.units.into_iter().map(|row| row.value).collect(),
        goals: source.goals.into_iter().map(|row| row.value).collect(),
        tasks: source.tasks.into_iter().map(|row| row.value.task).collect(),
        records: source.records.into_iter().map(|row| row.value).collect(),
        indicators: source.indicators.into_iter().map(|row| row.value).collect(),
        schedules: source.schedules.into_iter().map(|row| row.value).collect(),
        lights: source.lights.into_iter().map(|row| row.value).collect(),
        digest: Plan::digest_of(files),
        coverage,
    }
}

/// Characters of a text, white space aside.
fn visible(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

impl Coverage {
    fn of(blocks: &[Block]) -> Self {
        let mut coverage = Self::default();
        for block in blocks {
            let all = visible(&block.text());
            coverage.characters += all;
            coverage.form_characters += all;
            for sentence in block.sentences() {
                coverage.add(sentence);
            }
        }
        coverage
    }

    fn add(&mut self, sentence: &Sentence) {
        let is_list = sentence.segments.iter().all(|segment| matches!(segment.binding, Binding::Units(_)));
        let has_prose = sentence.segments.iter().any(|segment| matches!(segment.binding, Binding::Prose { .. }));
        self.unit_lists += usize::from(is_list);
        self.sentences += usize::from(!is_list);
        self.bound_sentences += usize::from(!is_list && !has_prose);
        self.segments += sentence.segments.len();
        for segment in &sentence.segments {
            let characters = visible(&segment.text);
            self.form_characters -= characters;
            match &segment.binding {
                Binding::Prose { confirmed, .. } => {
                    self.prose_characters += characters;
                    self.confirmed += usize::from(confirmed.is_some());
                }
                _ => self.bound_characters += characters,
            }
        }
    }

    /// Prose as a share of the running text, in per mille, rounded up: a little prose never shows as none.
    pub fn prose_per_mille(&self) -> usize {
        let running = self.bound_characters + self.prose_characters;
        (self.prose_characters * 1000).div_ceil(running.max(1))
    }
}

impl Finding {
    pub(crate) fn new(file: &str, line: usize, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            anchor: None,
            text: String::new(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    pub(crate) fn in_place(self, anchor: &Anchor) -> Self {
        Self { anchor: Some(anchor.clone()), ..self }
    }

    pub(crate) fn quoting(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if let Some(anchor) = &self.anchor {
            write!(f, " {anchor}")?;
        }
        write!(f, "：{}", self.problem)?;
        if !self.text.is_empty() {
            write!(f, "：“{}”", self.text)?;
        }
        write!(f, "。{}。", self.remedy)
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = self.prose_per_mille();
        write!(
            f,
            "{} 句，全部绑定 {} 句，责任单位名单 {} 处；正文 {} 段 {} 字，绑定 {} 字，叙述 {} 字（{}.{}%，第二人确认 {} 段）",
            self.sentences,
            self.bound_sentences,
            self.unit_lists,
            self.segments,
            self.bound_characters + self.prose_characters,
            self.bound_characters,
            self.prose_characters,
            share / 10,
            share % 10,
            self.confirmed,
        )
    }
}
