//! A firm on one page: who it is, what it filed, what happened, and who looked.

use askama::Template;
use axum::extract::Path;
use enterprise::view::Summary;
use kernel::{Actor, CreditCode, OrganisationId, Role};
use office::State;
use office::hall::{Seen, Seer};
use web::{Answer, Counter, Failure, Page, Timeline};

use crate::registers::{division_name, may_see};

#[derive(Template)]
#[template(path = "firm.html")]
struct FirmPage {
    summary: Summary,
    division: String,
    lying_in: String,
    filings: Vec<FilingLine>,
    related: Vec<String>,
    timeline: Timeline,
    sightings: Option<Vec<Sighting>>,
    can_file: bool,
    warning: Option<String>,
}

struct FilingLine {
    id: String,
    year: i16,
    stage: &'static str,
    packaging: String,
    due: String,
    corrects: bool,
}

struct Sighting {
    at: String,
    who: String,
    purpose: String,
}

/// The file of one firm.
pub async fn firm(counter: Counter, Path(code): Path<String>, page: Page) -> Answer {
    let code: CreditCode = code.parse().map_err(|_| Failure::not_found())?;
    let (state, day) = (counter.state()?, counter.as_of.day());
    if !may_see(&state, &counter.visitor.viewer(), code, day) {
        return Err(Failure::Forbidden(
            "企业档案只对企业本身、属地区县和市级责任部门开放；您可以查看公开的汇总数据。".into(),
        ));
    }
    let summary = enterprise::view::summary(&state.enterprise, code, day).ok_or_else(Failure::not_found)?;
    let calendar = state.city.calendar();
    let filings = enterprise::view::filings(&state.enterprise, code);
    let filings = filings.iter().map(|line| FilingLine {
        id: line.filing.to_string(),
        year: line.year,
        stage: line.stage.label(),
        packaging: line.packaging.to_string(),
        due: line.due.map(|due| due.standing(calendar, day).to_string()).unwrap_or_default(),
        corrects: line.corrects.is_some(),
    });
    let filings = filings.collect();
    let related = enterprise::relation::related(&state.enterprise, code, day, 2);
    let related = related.iter().map(|related| related.explained(&state.enterprise, code)).collect();
    let steps = enterprise::view::timeline(&state.enterprise, code);
    let timeline = Timeline::new(&steps, |actor| actor_name(&state, actor));
    let own = counter.visitor.organisation().is_some_and(|organisation| organisation.as_str() == code.as_str());
    let oversees = matches!(counter.visitor.role(), Some(Role::Auditor));
    let sightings = if own || oversees { Some(sightings(&counter, &state, code).await?) } else { None };
    let warning = code.warning().map(|warning| {
        format!(
            "主体代码校验位与组织机构代码不一致（应为 {}，填的是 {}），请对照营业执照核对。",
            warning.expected, warning.found
        )
    });
    let name =
        |division: Option<kernel::DivisionCode>| division.map(|code| division_name(&state, code)).unwrap_or_default();
    let content = FirmPage {
        division: name(summary.competent),
        lying_in: name(summary.lying_in),
        filings,
        related,
        timeline,
        sightings,
        can_file: own && counter.as_of.is_now(),
        warning,
        summary,
    };
    let title = content.summary.name.clone();
    page.title(title).crumb("企业台账", "/firms").show(&content)
}

/// Who read this firm's data, and why: the firm sees every reading.
async fn sightings(counter: &Counter, state: &State, code: CreditCode) -> Result<Vec<Sighting>, Failure> {
    let entries = counter.hall.sightings_of(&OrganisationId::from(code), 50).await?;
    let shown = entries.into_iter().filter_map(|recorded| {
        let Seen::Read { purpose, .. } = &recorded.entry.what else { return None };
        let who = match &recorded.entry.who {
            Seer::Actor(actor) => actor_name(state, actor),
            Seer::Person(_) => "未选择身份的用户".to_owned(),
            Seer::Unknown(_) | Seer::Visitor => "访客".to_owned(),
        };
        Some(Sighting { at: kernel::date::minute(recorded.entry.at), who, purpose: purpose.clone() })
    });
    Ok(shown.collect())
}

/// An actor by organisation and role; people's names stay in the vault.
pub fn actor_name(state: &State, actor: &Actor) -> String {
    match actor {
        Actor::System => "系统".to_owned(),
        Actor::Person { role, organisation, .. } => {
            format!("{} · {}", state.organisation_name(organisation), role.label())
        }
    }
}
