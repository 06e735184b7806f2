//! Where something stands in its course, and what happened to it.

use askama::Template;
use askama::filters::HtmlSafe;
use kernel::Actor;

/// The course of a case: every step with its state.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"<ol class="steps">{% for step in steps %}<li class="{{ step.state.class() }}"{% if step.state == StepState::Current %} aria-current="step"{% endif %}><span class="step-label">{% if step.state == StepState::Done %}<span aria-hidden="true">✓ </span>{% endif %}{{ step.label }}{% if step.state == StepState::Done %}<span class="unseen">（已完成）</span>{% endif %}</span>{% if !step.note.is_empty() %}<small>{{ step.note }}</small>{% endif %}</li>{% endfor %}</ol>"#,
    ext = "html"
)]
pub struct Steps {
    steps: Vec<Step>,
}

impl HtmlSafe for Steps {}

impl Steps {
    /// In their order.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect() }
    }
}

/// One step of a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    label: String,
    note: String,
    state: StepState,
}

/// Whether a step is behind, here or ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Behind.
    Done,
    /// Here.
    Current,
    /// Ahead.
    Ahead,
}

impl StepState {
    const fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Current => "current",
            Self::Ahead => "ahead",
        }
    }
}

impl Step {
    /// A step behind, and when it was done.
    pub fn done(label: impl Into<String>, note: impl Into<String>) -> Self {
        Self { label: label.into(), note: note.into(), state: StepState::Done }
    }

    /// The step where it stands, and how long it may.
    pub fn current(label: impl Into<String>, note: impl Into<String>) -> Self {
        Self { label: label.into(), note: note.into(), state: StepState::Current }
    }

    /// A step ahead.
    pub fn ahead(label: impl Into<String>) -> Self {
        Self { label: label.into(), note: String::new(), state: StepState::Ahead }
    }
}

/// What happened to a record, the latest first.
#[derive(Clone, Debug, Template)]
#[template(path = "component/timeline.html")]
pub struct Timeline {
    entries: Vec<Entry>,
}

impl HtmlSafe for Timeline {}

#[derive(Clone, Debug)]
struct Entry {
    at: String,
    who: String,
    title: String,
    note: Option<String>,
    evidence: Vec<(String, String)>,
    sequence: String,
}

impl Timeline {
    /// From a record's history. `name` calls an actor what this viewer may know it as.
    pub fn new<'a>(
        steps: impl IntoIterator<Item = &'a kernel::timeline::Step>,
        name: impl Fn(&Actor) -> String,
    ) -> Self {
        let entry = |step: &kernel::timeline::Step| Entry {
            at: kernel::date::minute(step.recorded.at),
            who: name(&step.recorded.actor),
            title: step.title.clone(),
            note: step.note.clone(),
            evidence: step.evidence.iter().map(|file| (file.name.clone(), format!("/files/{}", file.digest))).collect(),
            sequence: step.recorded.sequence.to_string(),
        };
        let mut entries: Vec<Entry> = steps.into_iter().map(entry).collect();
        entries.reverse();
        Self { entries }
    }

    /// Its files are opened below this path, where the record's own page says who may: `/cases/…/files`.
    #[must_use]
    pub fn files_below(mut self, path: &str) -> Self {
        for (_, href) in self.entries.iter_mut().flat_map(|entry| &mut entry.evidence) {
            *href = href.replacen("/files", path, 1);
        }
        self
    }
}
