//! What pages are made of. Each component prints as markup in a template: `{{ steps }}`.

mod figure;
mod job_progress;
mod register_table;
mod timeline;

pub use figure::{Figure, Picture};
pub use job_progress::JobProgress;
pub use register_table::RegisterTable;
pub use timeline::{Step, StepState, Steps, Timeline};

use askama::Template;
use askama::filters::HtmlSafe;
use register::{Cell, Light};

/// A light: symbol and word, coloured besides.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"<span class="light {{ light.tone.class() }}"><span aria-hidden="true">{{ light.tone.symbol() }}</span> {{ light.word }}</span>"#,
    ext = "html"
)]
pub struct Lamp<'a> {
    light: &'a Light,
}

impl HtmlSafe for Lamp<'_> {}

/// Shows a light.
pub fn light(light: &Light) -> Lamp<'_> {
    Lamp { light }
}

/// A cell of a register as markup.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"{% match cell %}{% when Cell::Link { text, href } %}<a href="{{ href }}">{{ text }}</a>{% when Cell::Light(light) %}{{ self::light(light) }}{% when Cell::None %}<span class="nothing" aria-label="无">—</span>{% when other %}{{ other }}{% endmatch %}"#,
    ext = "html"
)]
pub struct CellMarkup<'a> {
    cell: &'a Cell,
}

impl HtmlSafe for CellMarkup<'_> {}

/// Shows a cell.
pub fn cell(cell: &Cell) -> CellMarkup<'_> {
    CellMarkup { cell }
}

/// Says that there is nothing, why, and what to do.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"<section class="empty"><p class="empty-title">{{ title }}</p><p>{{ text }}</p>{% if let Some((label, href)) = action %}<p class="actions"><a class="button" href="{{ href }}">{{ label }}</a></p>{% endif %}</section>"#,
    ext = "html"
)]
pub struct Empty {
    title: String,
    text: String,
    action: Option<(String, String)>,
}

impl HtmlSafe for Empty {}

impl Empty {
    /// What is not there, and why.
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into(), action: None }
    }

    /// What to do about it.
    pub fn action(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.action = Some((label.into(), href.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{Figure, Step, Steps};

    #[test]
    fn components_print_as_they_always_did() {
        let good = Light::good("按期");
        let figure = Figure::new("营收 <全市>", "163.4", "亿元", "2025年度")
            .target("200 亿元")
            .delta("较上年 +15.1%")
            .source("38 份年度填报", "/filings?year=2025")
            .light(good.clone());
        let steps = Steps::new([
            Step::done("申报", "03-04"),
            Step::current("市级复核", "还剩 3 个工作日"),
            Step::ahead("公示"),
        ]);
        let all = [
            light(&good).to_string(),
            cell(&Cell::link("<甲>", "/firms/1?a=1&b=2")).to_string(),
            cell(&Cell::None).to_string(),
            Empty::new("尚无填报", "本年度还没有企业填报。").action("去填报", "/file").to_string(),
            figure.to_string(),
            steps.to_string(),
        ];
        insta::assert_snapshot!(all.join("\n\n"));
    }
}
