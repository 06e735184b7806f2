//! The pages of the registers.

use askama::Template;
use kernel::{OrganisationId, Role};
use plan::due::{Due, due};
use web::{Answer, Counter, Failure, Markup, Page, show_register};

use crate::view::View;
use crate::{place, registers, words};

/// 任务台账.
pub async fn tasks(counter: Counter, page: Page) -> Answer {
    let before = Markup::of(&TaskLinks { suffix: counter.as_of.suffix() })?;
    show_register(&counter, page, &registers::tasks(Some(counter.as_of)), before)
}

#[derive(Template)]
#[template(
    source = r#"<p class="quiet-text"><a href="/plan{{ suffix }}">对照原文</a> · <a href="/plan/lights{{ suffix }}">亮灯规则</a> · <a href="/plan/indicators{{ suffix }}">指标台账</a></p>"#,
    ext = "html"
)]
struct TaskLinks {
    suffix: String,
}

/// 指标台账.
pub async fn indicators(counter: Counter, page: Page) -> Answer {
    let before = Markup::of(&IndicatorLinks { suffix: counter.as_of.suffix() })?;
    show_register(&counter, page, &registers::indicators(Some(counter.as_of)), before)
}

#[derive(Template)]
#[template(
    source = r#"<p class="quiet-text"><a href="/plan/observations{{ suffix }}">全部数值</a> · <a href="/plan{{ suffix }}">对照原文</a> · <a href="/plan/tasks{{ suffix }}">任务台账</a></p>"#,
    ext = "html"
)]
struct IndicatorLinks {
    suffix: String,
}

/// 指标数值台账.
pub async fn observations(counter: Counter, page: Page) -> Answer {
    let page = page.crumb("指标", format!("/plan/indicators{}", counter.as_of.suffix()));
    show_register(&counter, page, &registers::observations(Some(counter.as_of)), Markup::default())
}

/// 进度报告台账, with what waits for the viewer.
pub async fn reports(counter: Counter, page: Page) -> Answer {
    let view = View::on(&counter)?;
    let waiting = waiting(&counter, &view)?;
    let before = Markup::of(&waiting)?;
    show_register(&counter, page, &registers::reports(Some(counter.as_of)), before)
}

/// Reports that wait for the viewer, the oldest first.
#[derive(Template)]
#[template(
    source = r#"{% if !lines.is_empty() %}<section class="panel"><h2>{{ title }} <small>{{ total }} 份</small></h2><ul class="plain">{% for (label, href) in lines %}<li><a href="{{ href }}">{{ label }}</a></li>{% endfor %}</ul>{% if total > lines.len() %}<p class="hint">只列最早的 {{ lines.len() }} 份。</p>{% endif %}</section>{% endif %}{% if can_report %}<p class="actions"><a class="button" href="/plan/reports/new">报送进度</a></p>{% endif %}"#,
    ext = "html"
)]
struct Waiting {
    title: &'static str,
    total: usize,
    lines: Vec<(String, String)>,
    can_report: bool,
}

/// Lines shown at most.
const MOST_LINES: usize = 12;

fn waiting(counter: &Counter, view: &View) -> Result<Waiting, Failure> {
    let (role, own) = (counter.visitor.role(), counter.visitor.organisation());
    let reviews = role == Some(Role::WorkingGroup);
    let can_report = counter.as_of.is_now() && role.is_some_and(|role| crate::REPORTERS.contains(&role));
    let all = due(&view.state.plan, view.state.city.calendar(), view.day);
    let lines: Vec<_> = all.iter().filter_map(|due| line(view, due, reviews, own)).collect();
    let (total, title) = (lines.len(), if reviews { "待审核" } else { "本单位待报送" });
    let lines = if can_report { lines.into_iter().take(MOST_LINES).collect() } else { Vec::new() };
    Ok(Waiting { title, total, lines, can_report: can_report && !reviews })
}

fn line(view: &View, due: &Due, reviews: bool, own: Option<&OrganisationId>) -> Option<(String, String)> {
    match due {
        Due::Review { report } if reviews => {
            let unit = words::unit_name(view, &report.unit);
            Some((format!("{} {} · {unit}", report.subject, report.month.label()), place::report(report)))
        }
        Due::Report { report, .. } if !reviews && Some(&report.unit) == own => {
            Some((due.label(), place::new_report(&report.subject, report.month)))
        }
        _ => None,
    }
}
