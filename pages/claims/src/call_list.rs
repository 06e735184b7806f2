//! Calls (申报批次) for everybody: open now, coming, over.

use askama::Template;
use cases::Call;
use cases::call::{Mode, Stage};
use kernel::Date;
use kernel::deadline::Standing;
use office::State;
use register::Light;
use subsidy::Overrides;
use subsidy_pages::words;
use web::{Answer, Counter, Empty, Page};

use cases_pages::viewer::FIRM;

#[derive(Template)]
#[template(path = "calls.html")]
struct CallsPage {
    groups: Vec<(&'static str, Vec<CallCard>)>,
    empty: Option<Empty>,
    is_firm: bool,
    suffix: String,
}

/// A call in short.
pub struct CallCard {
    /// Where it is read.
    pub href: String,
    /// As the notice is called.
    pub title: String,
    /// Where it stands.
    pub light: Light,
    /// What it pays for.
    pub benefit: String,
    /// Where the benefit is explained.
    pub benefit_href: String,
    /// The sentence of the plan that it keeps, and where it is read.
    pub sentence: (String, String),
    /// Facts in pairs.
    pub facts: Vec<(&'static str, String)>,
    /// Who may apply, in words.
    pub scope: String,
    /// Whether firms can apply now.
    pub is_open: bool,
}

/// Where a call stands for somebody who thinks of applying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// 可以申报
    Open,
    /// 即将开始
    Coming,
    /// 已截止
    Over,
}

/// Where a call stands on a day; `None` for drafts, which nobody but its department sees.
pub fn when(call: &Call, day: Date) -> Option<When> {
    let window = call.terms.window;
    match call.stage {
        Stage::Draft => None,
        Stage::Published { .. } | Stage::Open { .. } if window.contains(day) => Some(When::Open),
        Stage::Published { .. } if day < window.from() => Some(When::Coming),
        _ => Some(When::Over),
    }
}

/// How long there is.
pub fn light(state: &State, call: &Call, day: Date) -> Light {
    let window = call.terms.window;
    let left = |until: Date| state.city.calendar().between(day, until);
    match when(call, day) {
        Some(When::Open) => {
            let due = kernel::Deadline { due: window.until(), started: window.from() };
            let standing = due.standing(state.city.calendar(), day);
            match standing {
                Standing::Left(days) if days <= 5 => Light::watch(standing.to_string()),
                _ => Light::good(format!("申报中，{standing}")),
            }
        }
        Some(When::Coming) => Light::unknown(format!("{} 个工作日后开始", left(window.from()))),
        Some(When::Over) | None => Light::unknown(call.stage.label()),
    }
}

/// What the benefit is called; its key when its clause is no longer in force.
pub fn benefit_title(state: &State, call: &Call) -> String {
    let key = call.terms.benefit.as_str();
    let clause = key.parse().ok().and_then(|key| state.subsidy.clause(&key));
    clause.map_or_else(|| key.to_owned(), |clause| clause.title.to_string())
}

/// The words of the plan's sentence, with its anchor, and where it is read.
pub fn sentence(state: &State, call: &Call) -> (String, String) {
    let cited = &call.terms.sentence;
    let text = state.plan.document(&cited.plan).and_then(|plan| Some(plan.sentence(&cited.anchor)?.text()));
    let text = text.unwrap_or_else(|| cited.anchor.to_string());
    (text, format!("/plan?open={benefit}#{benefit}", benefit = call.terms.benefit))
}

/// The most a firm gets, under the readings of the day.
fn cap(state: &State, call: &Call, day: Date) -> Option<String> {
    let clause = state.subsidy.clause(&call.terms.benefit.as_str().parse().ok()?)?;
    if clause.by_district() {
        return Some("由主管区县的细则规定".to_owned());
    }
    let settings = state.subsidy.interpretations()?.settings(day, &Overrides::new()).ok()?;
    let (cap, scope, period) = words::cap_of(clause, &settings)?;
    Some(format!("{} 万元，{}", cap.ten_thousands(), words::over(scope, period)))
}

/// A call in short, on a day.
pub fn card(state: &State, call: &Call, day: Date) -> CallCard {
    let terms = &call.terms;
    let mode = match terms.mode {
        Mode::Open => "企业申报",
        Mode::Proactive => "免申即享：由部门比对推送，企业确认即可",
    };
    let facts = [
        ("申报期", Some(format!("{} 至 {}", terms.window.from(), terms.window.until()))),
        ("申报年度", Some(format!("{} 年", terms.year))),
        ("上限", cap(state, call, day)),
        ("预算", Some(format!("{} 万元", terms.budget.ten_thousands()))),
        ("预算不足时", Some(terms.reduction.label().to_owned())),
        ("方式", Some(mode.to_owned())),
        ("责任部门", Some(state.organisation_name(&terms.issuer))),
    ];
    CallCard {
        href: format!("/calls/{}", call.id),
        title: terms.title.clone(),
        light: light(state, call, day),
        benefit: benefit_title(state, call),
        benefit_href: format!("/benefits/{}", terms.benefit),
        sentence: sentence(state, call),
        facts: facts.into_iter().filter_map(|(label, value)| Some((label, value?))).collect(),
        scope: terms.scope.clone(),
        is_open: when(call, day) == Some(When::Open),
    }
}

/// All calls that were published.
pub async fn calls(counter: Counter, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let mut shown: Vec<_> = state.cases.calls().filter_map(|call| Some((when(call, day)?, call))).collect();
    shown.sort_by_key(|(when, call)| {
        let until = call.terms.window.until();
        // Open and coming ones by when they end; those over with the latest first.
        let order =
            if *when == When::Over { -i32::from(until.year()) * 400 - i32::from(until.day_of_year()) } else { 0 };
        (*when, order, until, call.id)
    });
    let group = |wanted: When| {
        let cards = shown.iter().filter(|(when, _)| *when == wanted).map(|(_, call)| card(&state, call, day));
        cards.collect::<Vec<_>>()
    };
    let groups = [("现在可以申报", When::Open), ("即将开始", When::Coming), ("已截止", When::Over)];
    let groups: Vec<_> = groups.into_iter().map(|(title, when)| (title, group(when))).collect();
    let groups: Vec<_> = groups.into_iter().filter(|(_, cards)| !cards.is_empty()).collect();
    let empty = groups.is_empty().then(|| {
        Empty::new("还没有发布申报通知", "责任部门发布后，申报条件、期限和材料会列在这里。")
            .action("先看我能否享受", "/precheck")
    });
    let is_firm = counter.visitor.role().is_some_and(|role| FIRM.contains(&role));
    page.title("申报批次").show(&CallsPage { groups, empty, is_firm, suffix: counter.as_of.suffix() })
}
