//! Buttons above a register.

use askama::Template;
use web::{Failure, Markup};

/// Labels and where they lead; nothing when there are none.
#[derive(Template)]
#[template(
    source = r#"{% if !links.is_empty() %}<p class="actions">{% for (label, href) in links %}<a class="button quiet" href="{{ href }}">{{ label }}</a>{% endfor %}</p>{% endif %}"#,
    ext = "html"
)]
struct Links {
    links: Vec<(&'static str, &'static str)>,
}

/// As markup above a table.
pub fn buttons(links: impl IntoIterator<Item = (&'static str, &'static str)>) -> Result<Markup, Failure> {
    Ok(Markup::of(&Links { links: links.into_iter().collect() })?)
}
