//! A trace as an official reads it: the sentence, then line by line its words, the step, what it rests on, the amount.

use askama::Template;
use askama::filters::HtmlSafe;
use register::Light;
use subsidy::trace::{Basis, Line, StepResult};
use subsidy::{Clause, Place, Trace};

use crate::sentence::{Sentence, words_at};

/// The trace of one assessment.
#[derive(Clone, Debug, Template)]
#[template(path = "trace.html")]
pub struct TraceTable {
    note: String,
    sentence: Sentence,
    source: String,
    rows: Vec<Row>,
}

impl HtmlSafe for TraceTable {}

#[derive(Clone, Debug)]
struct Row {
    /// The words the lines from here on carry out; lines of the same words share one head.
    head: Option<Head>,
    step: String,
    basis: Vec<(String, Option<String>)>,
    amount: String,
    lamp: Option<Light>,
    is_total: bool,
}

#[derive(Clone, Debug)]
struct Head {
    lines: usize,
    words: String,
    class: &'static str,
    is_term: bool,
}

impl TraceTable {
    /// Of a trace. `explained` is the page that explains the clause: readings and rates link into it.
    pub fn new(clause: &Clause, trace: &Trace, note: impl Into<String>, explained: &str) -> Self {
        let rows = trace.lines.iter().enumerate().map(|(index, line)| {
            let continues = index > 0 && trace.lines[index - 1].place == line.place;
            let same = trace.lines[index..].iter().take_while(|other| other.place == line.place).count();
            let head = (!continues).then(|| head(clause, line, same));
            row(line, head, explained)
        });
        let source = format!("{} {}", clause.source.document, clause.source.anchor);
        Self { note: note.into(), sentence: Sentence::of(clause), source, rows: rows.collect() }
    }
}

fn head(clause: &Clause, line: &Line, lines: usize) -> Head {
    match line.place {
        Some(place) => {
            let (words, class) = words_at(clause, place);
            Head { lines, words, class, is_term: matches!(place, Place::Term(_)) }
        }
        None => Head { lines, words: "合计".to_owned(), class: "", is_term: false },
    }
}

fn row(line: &Line, head: Option<Head>, explained: &str) -> Row {
    let basis = line.basis.iter().map(|basis| {
        let href = match basis {
            Basis::Reading { number, .. } => Some(format!("{explained}#{number}")),
            Basis::Parameters(_) => Some(format!("{explained}#parameters")),
            Basis::RateRow { .. } => Some(format!("{explained}#rates")),
            Basis::Account { .. } | Basis::Material(_) => None,
        };
        (basis.to_string(), href)
    });
    let (amount, lamp) = match line.result {
        StepResult::Amount(amount) => (amount.to_string(), None),
        StepResult::Met => (String::new(), Some(Light::good("符合"))),
        StepResult::NotMet => (String::new(), Some(Light::bad("不符合"))),
        StepResult::LeftOut => (String::new(), Some(Light::unknown("不计入"))),
    };
    Row { head, step: line.step.clone(), basis: basis.collect(), amount, lamp, is_total: line.place.is_none() }
}
