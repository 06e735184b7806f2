//! One filing: its figures, where it stands, what happened, and what the viewer can do.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use enterprise::filing::{Command, Filing, FilingId, Stage};
use kernel::Role;
use office::{State, SubmitError};
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Page, Reader, Step, Steps, Timeline};

use crate::firm_page::actor_name;
use crate::registers::{division_name, may_see};

#[derive(Template)]
#[template(path = "filing.html")]
struct FilingPage {
    filing: Filing,
    firm: String,
    steps: Steps,
    attention: Vec<String>,
    before: Option<enterprise::Figures>,
    evidence: Vec<(String, String, u64)>,
    timeline: Timeline,
    versions: usize,
    ability: Ability,
    draft: Draft,
    scope: String,
}

impl FilingPage {
    fn verdicts(&self) -> &'static [(&'static str, &'static str)] {
        match self.ability {
            Ability::Verify => &[("agree", "核实属实，报市级"), ("return", "退回企业补正")],
            _ => &[("agree", "签核，计入指标"), ("return", "退回企业补正")],
        }
    }
}

/// What the viewer can do with the filing now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ability {
    Nothing,
    Verify,
    SignOff,
    Resend,
    Withdraw,
    Correct,
}

fn ability(counter: &Counter, state: &State, filing: &Filing) -> Ability {
    if !counter.as_of.is_now() {
        return Ability::Nothing;
    }
    let own = counter.visitor.organisation().is_some_and(|organisation| organisation.as_str() == filing.firm.as_str());
    match (counter.visitor.role(), &filing.stage) {
        (Some(Role::DistrictOfficer), Stage::Filed { .. }) => Ability::Verify,
        (Some(Role::CityOfficer), Stage::Verified { .. }) if is_responsible(counter, state) => Ability::SignOff,
        (Some(Role::Enterprise | Role::Agent), stage) if own => match stage {
            Stage::Returned { .. } => Ability::Resend,
            Stage::Filed { .. } => Ability::Withdraw,
            Stage::SignedOff { .. } => Ability::Correct,
            _ => Ability::Nothing,
        },
        _ => Ability::Nothing,
    }
}

fn is_responsible(counter: &Counter, state: &State) -> bool {
    let responsible = state.enterprise.catalog().map(|catalog| catalog.filing.responsible.department.clone());
    responsible.as_ref() == counter.visitor.organisation()
}

fn steps(state: &State, filing: &Filing, day: kernel::Date) -> Steps {
    let standing = |due: kernel::Deadline| due.standing(state.city.calendar(), day).to_string();
    let filed = filing.history.iter().rev().find(|entry| entry.title.contains("报送") || entry.title.contains("申报"));
    let filed = filed.map(|entry| entry.recorded.day().to_string()).unwrap_or_default();
    let [file, verify, sign] = ["企业报送", "区县核实", "市级签核"];
    Steps::new(match &filing.stage {
        Stage::Filed { due } => vec![Step::done(file, filed), Step::current(verify, standing(*due)), Step::ahead(sign)],
        Stage::Returned { .. } => vec![Step::current(file, "退回补正"), Step::ahead(verify), Step::ahead(sign)],
        Stage::Verified { division, due, .. } => vec![
            Step::done(file, filed),
            Step::done(verify, division_name(state, *division)),
            Step::current(sign, standing(*due)),
        ],
        Stage::SignedOff { division, .. } => {
            vec![Step::done(file, filed), Step::done(verify, division_name(state, *division)), Step::done(sign, "计入")]
        }
        Stage::Superseded { .. } => {
            vec![Step::done(file, filed), Step::done(verify, ""), Step::done(sign, "已被更正")]
        }
    })
}

fn show(counter: &Counter, state: &State, page: Page, filing: &Filing, draft: Draft) -> Answer {
    let day = counter.as_of.day();
    let firm = state.enterprise.firm(filing.firm).map_or_else(String::new, |file| file.name().to_owned());
    let before = filing.year.checked_sub(1).and_then(|year| state.enterprise.latest_signed(filing.firm, year));
    let current = filing.current();
    let evidence = current.map(|current| current.material.evidence.as_slice()).unwrap_or_default();
    let evidence =
        evidence.iter().map(|file| (file.name.clone(), format!("/files/{}", file.digest), file.size)).collect();
    let history: Vec<_> = filing.history.iter().map(|entry| entry.step()).collect();
    let catalog = state.enterprise.catalog();
    let scope = catalog.and_then(|catalog| catalog.filing.scope(filing.scope()));
    let content = FilingPage {
        steps: steps(state, filing, day),
        attention: enterprise::view::attention(&state.enterprise, filing),
        before: before.map(Filing::figures),
        evidence,
        timeline: Timeline::new(&history, |actor| actor_name(state, actor)),
        versions: filing.submissions.len(),
        ability: ability(counter, state, filing),
        scope: scope.map(|scope| scope.definition.clone()).unwrap_or_default(),
        filing: filing.clone(),
        firm: firm.clone(),
        draft: draft.revision(filing.revision),
    };
    page.title(format!("{firm} {} 年度申报", filing.year)).crumb("年度申报", "/filings").show(&content)
}

fn seen(counter: &Counter, id: FilingId) -> Result<(State, Filing), Failure> {
    let state = counter.state()?;
    let filing = state.enterprise.filing(id).cloned().ok_or_else(Failure::not_found)?;
    if !may_see(&state, &counter.visitor.viewer(), filing.firm, counter.as_of.day()) {
        return Err(Failure::Forbidden("年度申报只对企业本身、属地区县和市级责任部门开放。".into()));
    }
    Ok((state, filing))
}

/// Where a filing is read. The firm stands in the address, so that the access log knows whose data it is.
pub fn path(filing: &Filing) -> String {
    format!("/firms/{}/filings/{}", filing.firm, filing.id)
}

/// The filing.
pub async fn filing(counter: Counter, Path((_, id)): Path<(String, FilingId)>, page: Page) -> Answer {
    let (state, filing) = seen(&counter, id)?;
    let draft = page.form();
    show(&counter, &state, page, &filing, draft)
}

/// What an officer, or the firm taking it back, says.
pub struct Opinion {
    agrees: bool,
    text: String,
}

impl FromFields for Opinion {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let agrees = reader.choice("verdict", "意见", &[("agree", true), ("return", false)]);
        let text = reader.text("opinion", "理由", 500, agrees == Some(false));
        Some(Self { agrees: agrees?, text: text? })
    }
}

/// The district verifies or sends back.
pub async fn verify(counter: Counter, Path(id): Path<FilingId>, page: Page, form: Form<Opinion>) -> Answer {
    decide(counter, id, page, form, |id, expected, opinion| Command::Verify { id, expected, opinion }).await
}

/// The city signs off or sends back.
pub async fn sign_off(counter: Counter, Path(id): Path<FilingId>, page: Page, form: Form<Opinion>) -> Answer {
    decide(counter, id, page, form, |id, expected, opinion| Command::SignOff { id, expected, opinion }).await
}

async fn decide(
    counter: Counter,
    id: FilingId,
    page: Page,
    form: Form<Opinion>,
    agree: impl Fn(FilingId, Option<kernel::Revision>, Option<String>) -> Command,
) -> Answer {
    let (state, filing) = seen(&counter, id)?;
    let Form { read, draft, command, revision } = form;
    let Some(Opinion { agrees, text }) = read else { return show(&counter, &state, page, &filing, draft) };
    let opinion = (!text.is_empty()).then(|| text.clone());
    let decided = match agrees {
        true => agree(id, revision, opinion),
        false => Command::Return { id, expected: revision, reason: text },
    };
    match counter.submit(command, enterprise::Command::Filing(decided)).await {
        Ok(_) => Ok(Redirect::to(&path(&filing)).into_response()),
        Err(SubmitError::Refused(refusal)) => show(&counter, &state, page, &filing, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}

/// Why the firm takes it back.
pub struct Reason(String);

impl FromFields for Reason {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text("opinion", "撤回理由", 500, true).map(Self)
    }
}

/// The firm takes it back before the district verified it.
pub async fn withdraw(counter: Counter, Path(id): Path<FilingId>, page: Page, form: Form<Reason>) -> Answer {
    let (state, filing) = seen(&counter, id)?;
    let Form { read, draft, command, revision } = form;
    let Some(Reason(reason)) = read else { return show(&counter, &state, page, &filing, draft) };
    let withdrawn = Command::Withdraw { id, expected: revision, reason };
    match counter.submit(command, enterprise::Command::Filing(withdrawn)).await {
        Ok(_) => Ok(Redirect::to(&path(&filing)).into_response()),
        Err(SubmitError::Refused(refusal)) => show(&counter, &state, page, &filing, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}
