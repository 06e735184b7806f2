//! Buttons above a register.

use askama::Template;

/// Labels and where they lead; nothing when there are none.
#[derive(Template)]
#[template(
    source = r#"{% if !links.is_empty() %}<p class="actions">{% for (label, href) in links %}<a class="button quiet" href="{{ href }}">{{ label }}</a>{% endfor %}</p>{% endif %}"#,
    ext = "html"
)]
pub struct Links {
    /// Labels and where they lead.
    pub links: Vec<(&'static str, &'static str)>,
}
