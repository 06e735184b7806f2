//! The plan's text as published: blocks, sentences, and the stretches of a sentence that promise one thing each.

use kernel::prose::SecondReader;
use kernel::{Anchor, OrganisationId};
use serde::Serialize;

use crate::key::{BenefitKey, GoalKey};

/// The whole text, in the order of the document. Sections nest by their anchors ([`Anchor::is_within`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Its place: `二`, `二(一)`, `二(一)1`.
    pub anchor: Anchor,
    /// What it is, with its text.
    pub content: Content,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// The plan's title.
    Title(String),
    /// The document number (文号).
    Number(String),
    /// The day of signature, as written.
    Date(String),
    /// Title of the covering notice, addressee, signature, note: forms of an official document that promise nothing.
    Formal(String),
    /// A heading on a line of its own.
    Heading {
        /// 1 for 一、, 2 for （一）, and so on.
        level: u8,
        /// With its number and full stop, as published.
        text: String,
    },
    /// Running text.
    Paragraph {
        /// The heading that opens the paragraph in the same line: `8﹒打造一站式公共服务平台。`
        lead: Option<String>,
        /// What follows it.
        sentences: Vec<Sentence>,
    },
}

/// One sentence, or the bracket that lists the responsible units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// `二(一)1-句2`, or `二(一)1-责任单位`.
    pub anchor: Anchor,
    /// One after another they are the sentence, without a gap.
    pub segments: Vec<Segment>,
}

/// A stretch of a sentence that is carried by one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// As published, with the punctuation that ends it.
    pub text: String,
    /// What carries it.
    pub binding: Binding,
}

/// What stands behind a stretch of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// It states this goal.
    Goal(GoalKey),
    /// It demands this measure.
    Measure(Anchor),
    /// It lists these responsible units.
    Units(Vec<OrganisationId>),
    /// It grants this benefit; the clause file says how much.
    Benefit(BenefitKey),
    /// It sums up what other places demand in detail: every measure and goal within these anchors carries it.
    Summary(Vec<Anchor>),
    /// It demands nothing.
    Prose {
        /// Why it demands nothing.
        reason: String,
        /// Needed where the words sound like a demand.
        confirmed: Option<SecondReader>,
    },
}

/// A piece of a list of responsible units, for a page that links each name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitPiece<'a> {
    /// Brackets, punctuation, “责任单位：”.
    Between(&'a str),
    /// A unit's name as the text writes it.
    Unit(&'a OrganisationId, &'a str),
}

impl Block {
    /// The text of the block, as published.
    pub fn text(&self) -> String {
        match &self.content {
            Content::Title(text) | Content::Number(text) | Content::Date(text) | Content::Formal(text) => text.clone(),
            Content::Heading { text, .. } => text.clone(),
            Content::Paragraph { lead, sentences } => {
                lead.iter().cloned().chain(sentences.iter().map(Sentence::text)).collect()
            }
        }
    }

    /// The sentences of a paragraph; none elsewhere.
    pub fn sentences(&self) -> &[Sentence] {
        match &self.content {
            Content::Paragraph { sentences, .. } => sentences,
            _ => &[],
        }
    }

    /// The heading it carries: a heading's text, or a paragraph's lead.
    pub fn heading(&self) -> Option<&str> {
        match &self.content {
            Content::Heading { text, .. } => Some(text),
            Content::Paragraph { lead, .. } => lead.as_deref(),
            _ => None,
        }
    }
}

impl Sentence {
    /// The sentence, as published.
    pub fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect()
    }
}

impl Segment {
    /// The words and the punctuation that ends them, so that a page can underline the words alone.
    pub fn words_and_punctuation(&self) -> (&str, &str) {
        let words = self.text.trim_end_matches(['，', '。', '；', '、', '：', ',', '.', ';', ':']);
        self.text.split_at(words.len())
    }
}
