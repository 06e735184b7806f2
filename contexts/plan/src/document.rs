//! A plan as read from its files: the text and everything that stands behind it.

use std::collections::BTreeMap;

use kernel::{Anchor, Date, Dated, Digest, OrganisationId};

use crate::check::{self, Finding};
use crate::key::{BenefitKey, GoalKey, IndicatorKey, RecordKey};
use crate::parts::{Goal, Indicator, LightRule, Measure, Meta, RecordType, Schedule, Task, Unit};
use crate::text::{Binding, Block, Segment, Sentence, UnitPiece};

/// The files of a plan folder: path inside the folder (`text.toml`, `benefits/interest.toml`) to content.
pub type Files = BTreeMap<String, String>;

/// A plan that passed [`check::check`] without a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The document.
    pub meta: Meta,
    /// The text, block by block, in its order.
    pub blocks: Vec<Block>,
    /// In the order of the file.
    pub units: Vec<Unit>,
    /// In the order of the text.
    pub goals: Vec<Goal>,
    /// In the order of the text.
    pub tasks: Vec<Task>,
    /// In the order of the file.
    pub records: Vec<RecordType>,
    /// In the order of the file.
    pub indicators: Vec<Indicator>,
    /// The planned schedule of each task that has one.
    pub schedules: BTreeMap<Anchor, Schedule>,
    /// The rule for lights, by date.
    pub lights: Dated<LightRule>,
    /// Over all files of the folder.
    pub digest: Digest,
    /// How much of the text is bound.
    pub coverage: check::Coverage,
}

/// What a report or a judgement is about: a task, or one of its measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The task as a whole.
    Task(&'a Task),
    /// One measure of a task.
    Measure(&'a Task, &'a Measure),
}

impl<'a> Subject<'a> {
    /// The task it is, or belongs to.
    pub fn task(self) -> &'a Task {
        match self {
            Self::Task(task) | Self::Measure(task, _) => task,
        }
    }

    /// Its short name.
    pub fn name(self) -> &'a str {
        match self {
            Self::Task(task) => &task.name,
            Self::Measure(_, measure) => &measure.name,
        }
    }
}

impl Plan {
    /// Reads and checks a plan folder.
    ///
    /// # Errors
    /// Every finding of [`check::check`], when there is one.
    pub fn read(files: &Files) -> Result<Self, Vec<Finding>> {
        let report = check::check(files);
        report.plan.ok_or(report.findings)
    }

    /// The digest of a plan folder, over paths and contents in the order of the paths.
    pub fn digest_of(files: &Files) -> Digest {
        let lengths: Vec<_> = files.iter().map(|(path, text)| [path.len() as u64, text.len() as u64]).collect();
        let lengths: Vec<_> = lengths.iter().map(|[path, text]| (path.to_be_bytes(), text.to_be_bytes())).collect();
        let parts = files.iter().zip(&lengths).flat_map(|((path, text), (path_length, text_length))| {
            [&path_length[..], path.as_bytes(), &text_length[..], text.as_bytes()]
        });
        Digest::of_parts(parts)
    }

    /// By key.
    pub fn unit(&self, key: &OrganisationId) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.key == *key)
    }

    /// By key.
    pub fn goal(&self, key: &GoalKey) -> Option<&Goal> {
        self.goals.iter().find(|goal| goal.key == *key)
    }

    /// By key.
    pub fn indicator(&self, key: &IndicatorKey) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.key == *key)
    }

    /// By key.
    pub fn record(&self, key: &RecordKey) -> Option<&RecordType> {
        self.records.iter().find(|record| record.key == *key)
    }

    /// The task with this anchor.
    pub fn task(&self, anchor: &Anchor) -> Option<&Task> {
        self.tasks.iter().find(|task| task.anchor == *anchor)
    }

    /// The task or measure with this anchor.
    pub fn subject(&self, anchor: &Anchor) -> Option<Subject<'_>> {
        self.tasks.iter().find_map(|task| {
            if task.anchor == *anchor {
                return Some(Subject::Task(task));
            }
            task.measures.iter().find(|m| m.anchor == *anchor).map(|measure| Subject::Measure(task, measure))
        })
    }

    /// The task within which a place of the text lies, the innermost where tasks nest.
    pub fn task_around(&self, place: &Anchor) -> Option<&Task> {
        let around = self.tasks.iter().filter(|task| place.is_within(&task.anchor));
        around.max_by_key(|task| task.anchor.as_str().len())
    }

    /// The measure that grants a benefit.
    pub fn measure_of_benefit(&self, benefit: &BenefitKey) -> Option<Subject<'_>> {
        self.tasks.iter().find_map(|task| {
            let measure = task.measures.iter().find(|measure| measure.benefit.as_ref() == Some(benefit))?;
            Some(Subject::Measure(task, measure))
        })
    }

    /// The units responsible for a task, as the text lists them, or for a measure, where it is narrower.
    pub fn units_of(&self, subject: Subject<'_>) -> Vec<&Unit> {
        let listed = |anchor: &Anchor| -> Vec<&Unit> {
            self.segments()
                .filter(|(sentence, _)| sentence.anchor.is_within(anchor))
                .filter_map(|(_, segment)| match &segment.binding {
                    Binding::Units(units) => Some(units),
                    _ => None,
                })
                .flatten()
                .filter_map(|key| self.unit(key))
                .collect()
        };
        match subject {
            Subject::Measure(_, measure) if !measure.units.is_empty() => {
                measure.units.iter().filter_map(|key| self.unit(key)).collect()
            }
            _ => listed(&subject.task().anchor),
        }
    }

    /// Every sentence, in the order of the text.
    pub fn sentences(&self) -> impl Iterator<Item = &Sentence> {
        self.blocks.iter().flat_map(Block::sentences)
    }

    /// Every segment with its sentence, in the order of the text.
    pub fn segments(&self) -> impl Iterator<Item = (&Sentence, &Segment)> {
        self.sentences().flat_map(|sentence| sentence.segments.iter().map(move |segment| (sentence, segment)))
    }

    /// The sentence with this anchor.
    pub fn sentence(&self, anchor: &Anchor) -> Option<&Sentence> {
        self.sentences().find(|sentence| sentence.anchor == *anchor)
    }

    /// The heading of a section, item or task, without its number's width and closing full stop changed.
    pub fn heading(&self, anchor: &Anchor) -> Option<&str> {
        self.blocks.iter().find(|block| block.anchor == *anchor && block.heading().is_some())?.heading()
    }

    /// Where the text says so: every sentence and segment bound in the way that `wanted` accepts.
    pub fn places(&self, wanted: impl Fn(&Binding) -> bool) -> Vec<(&Sentence, &Segment)> {
        self.segments().filter(|(_, segment)| wanted(&segment.binding)).collect()
    }

    /// A list of responsible units, cut into names and what stands between them.
    pub fn unit_pieces<'a>(&'a self, listed: &'a [OrganisationId], text: &'a str) -> Vec<UnitPiece<'a>> {
        let units: Vec<_> = listed.iter().filter_map(|key| self.unit(key)).collect();
        unit_pieces(&units, text)
    }

    /// The rule for lights in force on a day, as the plan's files give it.
    pub fn light_rule(&self, day: Date) -> Option<(Date, &LightRule)> {
        self.lights.on(day)
    }
}

/// See [`Plan::unit_pieces`].
pub(crate) fn unit_pieces<'a>(units: &[&'a Unit], text: &'a str) -> Vec<UnitPiece<'a>> {
    let mut names: Vec<(&str, &OrganisationId)> =
        units.iter().flat_map(|unit| unit.in_text.iter().map(|name| (name.as_str(), &unit.key))).collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < text.len() {
        let found = names.iter().find(|(name, _)| !name.is_empty() && text[at..].starts_with(name));
        if let Some((name, key)) = found {
            if from < at {
                pieces.push(UnitPiece::Between(&text[from..at]));
            }
            pieces.push(UnitPiece::Unit(key, &text[at..at + name.len()]));
            at += name.len();
            from = at;
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    if from < text.len() {
        pieces.push(UnitPiece::Between(&text[from..]));
    }
    pieces
}
