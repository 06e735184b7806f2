//! The rule for lights: what holds, what held, and how the working group changes it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use kernel::{Date, Role};
use office::SubmitError;
use plan::parts::LightRule;
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Page, Reader, Timeline};

use crate::typed::{Day, UpToHundred};
use crate::view::View;
use crate::words;

/// A threshold: name of its field, what it is, its unit, and where it stands in a rule.
type Threshold = (&'static str, &'static str, &'static str, fn(&LightRule) -> u8);

const THRESHOLDS: [Threshold; 9] = [
    ("lag_yellow_from", "进度落后达到此值亮黄灯", "个百分点", |rule| rule.lag_yellow_from),
    ("lag_red_above", "进度落后超过此值亮红灯", "个百分点", |rule| rule.lag_red_above),
    ("start_yellow_from", "计划启动后此月数仍未启动亮黄灯", "个月", |rule| rule.start_yellow_from),
    ("start_red_from", "计划启动后此月数仍未启动亮红灯", "个月", |rule| rule.start_red_from),
    ("late_yellow_from", "月报逾期达到此月数亮黄灯", "个月", |rule| rule.late_yellow_from),
    ("late_red_above", "月报逾期超过此月数亮红灯", "个月", |rule| rule.late_red_above),
    ("report_due_working_days", "月报时限：月末后", "个工作日", |rule| rule.report_due_working_days),
    ("forecast_green_from", "达标概率达到此值为有望实现", "%", |rule| rule.forecast_green_from),
    ("forecast_yellow_from", "达标概率达到此值为需关注，以下为难以实现", "%", |rule| {
        rule.forecast_yellow_from
    }),
];

/// What the working group types.
pub struct Typed {
    from: Date,
    rule: LightRule,
    reason: String,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let from = reader.required::<Day>("from", "施行日期");
        let typed = THRESHOLDS.map(|(name, label, ..)| reader.required::<UpToHundred>(name, label));
        let reason = reader.text("reason", "调整理由", 500, true);
        let [lag_yellow, lag_red, start_yellow, start_red, late_yellow, late_red, due, green, yellow] = typed;
        let rule = LightRule {
            lag_yellow_from: lag_yellow?.0,
            lag_red_above: lag_red?.0,
            start_yellow_from: start_yellow?.0,
            start_red_from: start_red?.0,
            late_yellow_from: late_yellow?.0,
            late_red_above: late_red?.0,
            report_due_working_days: due?.0,
            forecast_green_from: green?.0,
            forecast_yellow_from: yellow?.0,
        };
        Some(Self { from: from?.0, rule, reason: reason? })
    }
}

#[derive(Template)]
#[template(path = "light_rule.html")]
struct RulePage {
    from: String,
    rows: Vec<(&'static str, u8, &'static str)>,
    timeline: Timeline,
    draft: Option<Draft>,
}

impl RulePage {
    /// The fields of the thresholds, in their order.
    fn fields(&self) -> Vec<web::Field> {
        let field = |draft: &Draft| {
            let fields = THRESHOLDS.map(|(name, label, unit, _)| draft.count(name, label).hint(unit).required());
            fields.into_iter().collect()
        };
        self.draft.as_ref().map(field).unwrap_or_default()
    }
}

/// The rule on the day, and the form for who may change it.
pub async fn rule(counter: Counter, page: Page) -> Answer {
    let view = View::on(&counter)?;
    let changes = counter.as_of.is_now() && counter.visitor.role() == Some(Role::WorkingGroup);
    let rule = view.state.plan.light_rule(&view.plan, view.day);
    let draft = rule.filter(|_| changes).map(|(_, rule)| {
        let values = THRESHOLDS.map(|(name, _, _, value)| (name, value(&rule).to_string()));
        let record = view.state.plan.plan_record(&view.key);
        page.form().fill(values).revision(record.map(|record| record.revision).unwrap_or_default())
    });
    show(&view, page, draft)
}

fn show(view: &View, page: Page, draft: Option<Draft>) -> Answer {
    let (from, rule) = view.state.plan.light_rule(&view.plan, view.day).ok_or_else(Failure::not_found)?;
    let record = view.state.plan.plan_record(&view.key);
    let steps = record.map(|record| record.timeline()).unwrap_or_default();
    let content = RulePage {
        from: from.to_string(),
        rows: THRESHOLDS.iter().map(|(_, label, unit, value)| (*label, value(&rule), *unit)).collect(),
        timeline: words::timeline(view, steps, true),
        draft,
    };
    let wrong = content.draft.as_ref().is_some_and(Draft::has_errors);
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.title("亮灯规则").crumb("任务", "/plan/tasks").status(status).show(&content)
}

/// The working group sets another rule from a day on.
pub async fn change(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let view = View::on(&counter)?;
    let Form { read, draft, command, revision } = form;
    let Some(Typed { from, rule, reason }) = read else { return show(&view, page, Some(draft)) };
    let sent = plan::Command::ChangeLightRule { plan: view.key.clone(), from, rule, reason, expected: revision };
    match counter.submit(command, sent).await {
        Ok(_) => Ok(Redirect::to("/plan/lights").into_response()),
        Err(SubmitError::Refused(mut refusal)) => {
            // Thresholds that contradict one another concern no single field.
            refusal.field = refusal.field.filter(|field| field != "rule");
            show(&view, page, Some(draft.refused(refusal)?))
        }
        Err(error) => Err(error.into()),
    }
}
