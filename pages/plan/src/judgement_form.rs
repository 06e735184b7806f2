//! People judge a goal or a task: a light of its own beside the computed one.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use office::SubmitError;
use plan::judgement::{About, Judgement};
use plan::lights::Light;
use plan::parts::Target;
use register::Light as Lamp;
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Page, Reader, Timeline, Upload};

use crate::card::{goal_lamp, lamp_of};
use crate::view::View;
use crate::{place, words};

const LIGHTS: [(&str, Light); 3] = [("green", Light::Green), ("yellow", Light::Yellow), ("red", Light::Red)];

/// What is judged.
pub struct Typed {
    light: Light,
    grade: Option<String>,
    reason: String,
    evidence: Option<Upload>,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let light = reader.choice("light", "灯", &LIGHTS);
        let grade = reader.optional("grade", "等级");
        let reason = reader.text("reason", "理由", 1000, true);
        let evidence = reader.optional_file("evidence");
        Some(Self { light: light?, grade: grade?, reason: reason?, evidence })
    }
}

#[derive(Template)]
#[template(path = "judgement.html")]
struct JudgementPage {
    name: String,
    place: String,
    criterion: String,
    computed: Lamp,
    lights: Vec<(String, String)>,
    grades: Vec<(String, String)>,
    timeline: Timeline,
    draft: Draft,
    action: String,
    back: String,
}

fn about_of(view: &View, text: &str) -> Result<About, Failure> {
    let about: About = text.parse().map_err(|_| Failure::not_found())?;
    let known = match &about {
        About::Goal(goal) => view.plan.goal(goal).is_some(),
        About::Task(task) => view.plan.task(task).is_some(),
    };
    if known { Ok(about) } else { Err(Failure::not_found()) }
}

/// Where what is judged is read.
fn back(view: &View, about: &About) -> String {
    match about {
        About::Goal(goal) => view.plan.goal(goal).map(|goal| place::indicator(&goal.indicator)).unwrap_or_default(),
        About::Task(task) => place::task(task),
    }
}

/// The form.
pub async fn form(counter: Counter, Path(about): Path<String>, page: Page) -> Answer {
    let view = View::on(&counter)?;
    let about = about_of(&view, &about)?;
    let record = view.state.plan.judgement(&view.key, &about);
    let draft = page.form().revision(record.map(|record| record.revision).unwrap_or_default());
    show(&view, &about, page, draft)
}

fn show(view: &View, about: &About, page: Page, draft: Draft) -> Answer {
    let (name, criterion, grades, computed) = match about {
        About::Goal(goal) => {
            let goal = view.plan.goal(goal).ok_or_else(Failure::not_found)?;
            let (criterion, grades) = match &goal.target {
                Target::Judged { criterion, grades } => (criterion.clone(), grades.clone()),
                Target::Number { words, .. } => (format!("原文目标：{words}"), Vec::new()),
            };
            (goal.name.clone(), criterion, grades, goal_lamp(view.indicator(&goal.indicator)))
        }
        About::Task(task) => {
            let found = view.plan.task(task).ok_or_else(Failure::not_found)?;
            (found.name.clone(), String::new(), Vec::new(), lamp_of(view.task_signal(task)))
        }
    };
    let record = view.state.plan.judgement(&view.key, about);
    let steps = record.map(|record| record.timeline()).unwrap_or_default();
    let content = JudgementPage {
        place: match about {
            About::Goal(goal) => goal.to_string(),
            About::Task(task) => task.to_string(),
        },
        criterion,
        computed,
        lights: LIGHTS.iter().map(|(value, light)| ((*value).to_owned(), light.label().to_owned())).collect(),
        grades: grades.into_iter().map(|grade| (grade.clone(), grade)).collect(),
        timeline: words::timeline(view, steps, true),
        action: place::judgement(about),
        back: back(view, about),
        name,
        draft,
    };
    let status = if content.draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.title(format!("人工研判 {}", content.place))
        .crumb(content.name.clone(), content.back.clone())
        .status(status)
        .show(&content)
}

/// The judgement.
pub async fn judge(counter: Counter, Path(about): Path<String>, page: Page, form: Form<Typed>) -> Answer {
    let view = View::on(&counter)?;
    let about = about_of(&view, &about)?;
    let Form { read, draft, command, revision } = form;
    let Some(typed) = read else { return show(&view, &about, page, draft) };
    let mut evidence = Vec::new();
    if let Some(upload) = &typed.evidence {
        evidence.push(counter.keep(upload).await?);
    }
    let Typed { light, grade, reason, .. } = typed;
    let judgement = Judgement { light, grade, reason, evidence };
    let sent = plan::Command::Judge { plan: view.key.clone(), about: about.clone(), judgement, expected: revision };
    match counter.submit(command, sent).await {
        Ok(_) => Ok(Redirect::to(&back(&view, &about)).into_response()),
        Err(SubmitError::Refused(refusal)) => show(&view, &about, page, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}
