//! How an assessment came about, line by line, in Chinese.

use std::fmt;
use std::sync::Arc;

use kernel::{Date, Money};

use crate::clause::{Clause, Place};
use crate::interpretation::Point;
use crate::settings::Settings;

/// What an assessment did, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// One line per step.
    pub lines: Vec<Line>,
}

/// One step of an assessment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The part of the sentence, or the rule, that asks for it; none for totals.
    pub place: Option<Place>,
    /// What was computed or tested, with its inputs.
    pub step: String,
    /// What it rests on.
    pub basis: Vec<Basis>,
    /// What came out.
    pub result: StepResult,
}

/// What came out of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// An amount.
    Amount(Money),
    /// A condition is met.
    Met,
    /// A condition is not met.
    NotMet,
    /// Left out of the base.
    LeftOut,
}

/// What a step rests on besides the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A reading of an open point.
    Reading {
        /// The point.
        point: Point,
        /// How officials cite it.
        number: Arc<str>,
        /// The chosen option in words.
        label: Arc<str>,
    },
    /// A row of a rate table.
    RateRow {
        /// The series' name.
        title: Arc<str>,
        /// The day the row came into force.
        from: Date,
    },
    /// The cap account.
    Account {
        /// How many entries counted.
        entries: usize,
    },
    /// Material in the case.
    Material(&'static str),
    /// A district's parameter set, by its document.
    Parameters(Arc<str>),
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reading { number, label, .. } => write!(f, "解释 {number}「{label}」"),
            Self::RateRow { title, from } => write!(f, "{title} {from}"),
            Self::Account { entries: 0 } => f.write_str("账户无既往记录"),
            Self::Account { entries } => write!(f, "账户 {entries} 笔"),
            Self::Material(name) => f.write_str(name),
            Self::Parameters(document) => f.write_str(document),
        }
    }
}

impl fmt::Display for StepResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(amount) => amount.fmt(f),
            Self::Met => f.write_str("符合"),
            Self::NotMet => f.write_str("不符合"),
            Self::LeftOut => f.write_str("不计入"),
        }
    }
}

impl Trace {
    /// As text, one line per step, each with the words of the sentence it carries out.
    pub fn text(&self, clause: &Clause) -> String {
        let mut text = format!("{} {}\n{}\n", clause.source.document, clause.source.anchor, clause.source.quote);
        for (index, line) in self.lines.iter().enumerate() {
            let words = match line.place {
                Some(Place::Rule(_)) => "【口径】".to_owned(),
                Some(place) => clause.words(place).map_or(String::new(), |words| format!("【{}】", trimmed(words))),
                None => "【合计】".to_owned(),
            };
            let basis: Vec<String> = line.basis.iter().map(ToString::to_string).collect();
            let basis = if basis.is_empty() { String::new() } else { format!("（{}）", basis.join("；")) };
            text.push_str(&format!("{:>2} {words}{}{basis} → {}\n", index + 1, line.step, line.result));
        }
        text
    }
}

/// Without the punctuation that joins a part to the one before.
fn trimmed(words: &str) -> &str {
    words.trim_start_matches(['，', '、']).trim_end_matches(['，', '。'])
}

/// Collects lines.
pub(crate) struct Writer<'a> {
    pub trace: Trace,
    settings: &'a Settings,
}

impl<'a> Writer<'a> {
    pub fn new(settings: &'a Settings) -> Self {
        Self { trace: Trace { lines: Vec::with_capacity(16) }, settings }
    }

    /// The chosen reading of a point, as something to rest on.
    pub fn reading(&self, point: Point) -> Basis {
        let reading = self.settings.readings.get(&point);
        let (number, label) =
            reading.map(|reading| (reading.number.clone(), reading.label.clone())).unwrap_or_default();
        Basis::Reading { point, number, label }
    }

    pub fn readings(&self, points: &[Point]) -> Vec<Basis> {
        points.iter().map(|point| self.reading(*point)).collect()
    }

    pub fn line(&mut self, place: impl Into<Option<Place>>, step: String, basis: Vec<Basis>, result: StepResult) {
        self.trace.lines.push(Line { place: place.into(), step, basis, result });
    }

    pub fn amount(&mut self, place: impl Into<Option<Place>>, step: String, basis: Vec<Basis>, amount: Money) {
        self.line(place, step, basis, StepResult::Amount(amount));
    }

    pub fn test(&mut self, place: Place, step: String, basis: Vec<Basis>, holds: bool) {
        self.line(place, step, basis, if holds { StepResult::Met } else { StepResult::NotMet });
    }
}
