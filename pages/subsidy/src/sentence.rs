//! A clause's sentence with its terms marked.

use askama::Template;
use askama::filters::HtmlSafe;
use subsidy::clause::Binding;
use subsidy::{Clause, Place};

use crate::words;

/// A sentence as published, each term that is carried out underlined in the colour of its kind.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"<blockquote class="clause">{% for stretch in stretches %}{{ stretch.before }}{% if stretch.is_term %}<mark class="{{ stretch.class }}">{{ stretch.words }}</mark>{% else %}{{ stretch.words }}{% endif %}{{ stretch.after }}{% endfor %}</blockquote>"#,
    ext = "html"
)]
pub struct Sentence {
    stretches: Vec<Stretch>,
}

impl HtmlSafe for Sentence {}

#[derive(Clone, Debug)]
struct Stretch {
    before: String,
    words: String,
    after: String,
    is_term: bool,
    class: &'static str,
}

impl Sentence {
    /// Of a clause.
    pub fn of(clause: &Clause) -> Self {
        let stretches = clause.terms.iter().map(|term| {
            let (before, words, after) = cut(&term.text);
            let class = match &term.binding {
                Binding::Carried(operator, _) => Some(words::class(operator)),
                Binding::Prose { .. } => None,
            };
            let (before, words, after) = (before.to_owned(), words.to_owned(), after.to_owned());
            Stretch { before, words, after, is_term: class.is_some(), class: class.unwrap_or_default() }
        });
        Self { stretches: stretches.collect() }
    }
}

/// A term without the punctuation that joins it to its neighbours.
fn cut(text: &str) -> (&str, &str, &str) {
    const JOINTS: [char; 3] = ['，', '、', '。'];
    let rest = text.trim_start_matches(JOINTS);
    let words = rest.trim_end_matches(JOINTS);
    let before = text.strip_suffix(rest).unwrap_or_default();
    (before, words, rest.strip_prefix(words).unwrap_or_default())
}

/// The words at a place with the class that colours them; for what interpretations add, a name for it.
pub fn words_at(clause: &Clause, place: Place) -> (String, &'static str) {
    let operator = clause.operators().find(|(at, ..)| *at == place).map(|(_, operator, _)| operator);
    match (clause.words(place), operator) {
        (Some(words), operator) => (cut(words).1.to_owned(), operator.map_or("", words::class)),
        (None, Some(operator)) => (format!("口径：{}", words::kind(operator)), ""),
        (None, None) => (String::new(), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_term_is_lost() {
        for text in ["，给予最高不超过2000万元的贴息支持", "对", "。", "50%的比例", "，按照、"]
        {
            let (before, words, after) = cut(text);
            assert_eq!(format!("{before}{words}{after}"), text);
        }
        assert_eq!(cut("，给予支持。"), ("，", "给予支持", "。"));
    }
}
