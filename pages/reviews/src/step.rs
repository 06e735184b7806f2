//! One act on a case: its form beside the case, and the command it sends.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::Path;
use kernel::{CommandId, Evidence, Revision, Role};
use office::{Act, Hall};
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Page, Route, Upload, go};

use super::case_page;
use super::seen::{Address, Seen};

/// Bytes of a document that comes with an act.
pub const UPLOAD: usize = 20 << 20;
/// What documents come as.
pub const PAPERS: &str = ".pdf,.ofd,.docx,.png,.jpg";

/// The city officers of a department.
pub const DEPARTMENT: &[Role] = &[Role::CityOfficer];

/// What came with a form besides what it says.
pub struct Sent {
    /// The id of the command; new records take it.
    pub id: CommandId,
    /// The revision the form showed.
    pub revision: Option<Revision>,
    /// The document that came with it.
    pub file: Option<Evidence>,
}

impl Sent {
    /// The document, which the form required.
    pub fn document(&mut self) -> Result<Evidence, Failure> {
        self.file.take().ok_or_else(|| Failure::Unacceptable("请选择文件后再提交。".into()))
    }
}

/// One act, as its form reads it.
pub trait Step: FromFields + Send + Sync + 'static {
    /// Where its form is.
    const PATTERN: &'static str;
    /// The same in the city in which every route is tried.
    const SAMPLE: &'static str;
    /// What it is called.
    const TITLE: &'static str;
    /// What its button says.
    const BUTTON: &'static str;
    /// Who may bring it; the context decides on which cases.
    const ROLES: &'static [Role];
    /// Whether the person must have proved just before who they are.
    const PROOF: bool = false;
    /// Whether it is asked for before its form stands beside the case: what is rarely done, and not by mistake.
    const APART: bool = false;
    /// Whether it takes a document.
    const FILES: bool = false;
    /// Whether it needs the Chinese word for what the button beside it makes, and where: a draft to print.
    const DRAFT: Option<(&'static str, &'static str)> = None;

    /// Whether the case stands where this is done, by the role of whoever looks.
    fn fits(seen: &Seen<'_>) -> bool;

    /// Why whoever looks may not do it all the same.
    fn barred(seen: &Seen<'_>) -> Option<String> {
        seen.barred()
    }

    /// What to know before filling it in.
    fn intro(_: &Seen<'_>) -> Vec<String> {
        Vec::new()
    }

    /// What the form begins with.
    fn filled(_: &Seen<'_>) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Its fields.
    fn fields(draft: &Draft, seen: &Seen<'_>) -> Vec<Field>;

    /// The document that comes with it.
    fn document(&self) -> Option<&Upload> {
        None
    }

    /// What is sent.
    fn act(self, seen: &Seen<'_>, sent: Sent) -> Result<Act, Failure>;

    /// Where whoever did it goes next.
    fn then(seen: &Seen<'_>) -> String {
        match seen.adverse {
            Some(decision) => format!("{}/adverse/{}", seen.path(), decision.id),
            None => seen.path(),
        }
    }
}

/// A form beside a case.
#[derive(Template)]
#[template(path = "step.html")]
pub struct StepForm {
    title: &'static str,
    action: String,
    button: &'static str,
    proof: bool,
    files: bool,
    barred: Option<String>,
    intro: Vec<String>,
    draft: Draft,
    fields: Vec<Field>,
    paper: Option<(&'static str, String)>,
    /// Whether something is wrong with it.
    pub wrong: bool,
}

impl HtmlSafe for StepForm {}

impl StepForm {
    fn of<S: Step>(seen: &Seen<'_>, draft: Draft) -> Self {
        let revision = seen.adverse.map_or(seen.case.revision, |decision| decision.revision);
        let draft = draft.revision(revision);
        let paper = S::DRAFT.map(|(label, pattern)| (label, filled_in(pattern, seen)));
        Self {
            title: S::TITLE,
            action: filled_in(S::PATTERN, seen),
            button: S::BUTTON,
            proof: S::PROOF,
            files: S::FILES,
            barred: S::barred(seen),
            intro: S::intro(seen),
            fields: S::fields(&draft, seen),
            paper,
            wrong: draft.has_errors(),
            draft,
        }
    }
}

/// A pattern with the case it is about.
fn filled_in(pattern: &str, seen: &Seen<'_>) -> String {
    let case = pattern.replace("{firm}", seen.case.applicant.firm.as_str());
    let case = case.replace("{case}", &seen.case.id.to_string());
    let adverse = seen.adverse.map(|decision| decision.id.to_string()).unwrap_or_default();
    let objection = seen.objection.map(|objection| objection.said.id.to_string()).unwrap_or_default();
    case.replace("{adverse}", &adverse).replace("{objection}", &objection)
}

/// What a page knows of a kind of act without being it.
#[derive(Clone, Copy)]
pub struct Card {
    /// What it is called.
    pub title: &'static str,
    /// Its pattern.
    pub pattern: &'static str,
    /// Who may bring it.
    pub roles: &'static [Role],
    /// Whether its form stands beside the case only when asked for.
    pub apart: bool,
    /// Whether the case stands where it is done.
    fits: fn(&Seen<'_>) -> bool,
    form: fn(&Seen<'_>, &Page) -> StepForm,
}

impl Card {
    /// Of a kind of act.
    pub const fn of<S: Step>() -> Self {
        Self {
            title: S::TITLE,
            pattern: S::PATTERN,
            roles: S::ROLES,
            // Files cannot be kept while somebody is asked for a password: that comes before the form.
            apart: S::APART || (S::PROOF && S::FILES),
            fits: S::fits,
            form: blank::<S>,
        }
    }

    /// Whether whoever looks is offered it.
    pub fn is_offered(&self, seen: &Seen<'_>) -> bool {
        let may = seen.role().is_some_and(|role| self.roles.contains(&role));
        seen.context.is_some() && may && (self.fits)(seen)
    }

    /// Its form, empty.
    pub fn form(&self, seen: &Seen<'_>, page: &Page) -> StepForm {
        (self.form)(seen, page)
    }

    /// Where it is on this case.
    pub fn path(&self, seen: &Seen<'_>) -> String {
        filled_in(self.pattern, seen)
    }
}

fn blank<S: Step>(seen: &Seen<'_>, page: &Page) -> StepForm {
    StepForm::of::<S>(seen, page.form().fill(S::filled(seen)))
}

/// The two routes of a kind of act. Where somebody may not see the case, there is none.
pub fn routes<S: Step>() -> [Route<Hall>; 2] {
    let show =
        Route::get(S::PATTERN, show::<S>).roles(S::ROLES).reads("办理办件").firm("firm").sample(S::SAMPLE).hidden();
    let send = Route::post(S::PATTERN, send::<S>).roles(S::ROLES).upload(UPLOAD).sample(S::SAMPLE).hidden();
    // A form with files cannot be kept while somebody is asked for a password: they are asked before they fill it in.
    match (S::PROOF, S::FILES) {
        (true, true) => [show.proof(), send.proof()],
        (true, false) => [show, send.proof()],
        _ => [show, send],
    }
}

async fn show<S: Step>(counter: Counter, Path(address): Path<Address>, page: Page) -> Answer {
    let state = counter.state()?;
    let seen = Seen::find(&counter, &state, &address).await?;
    if !Card::of::<S>().is_offered(&seen) {
        return Ok(go(&S::then(&seen)));
    }
    let form = blank::<S>(&seen, &page);
    case_page::show(&seen, page, Some((S::PATTERN, form)))
}

async fn send<S: Step>(counter: Counter, Path(address): Path<Address>, page: Page, sent: Form<S>) -> Answer {
    let state = counter.state()?;
    let seen = Seen::find(&counter, &state, &address).await?;
    let Form { read, draft, command, revision } = sent;
    let Some(step) = read else { return again::<S>(&seen, page, draft) };
    let file = match step.document() {
        Some(upload) => Some(counter.keep(upload).await?),
        None => None,
    };
    let act = step.act(&seen, Sent { id: command, revision, file })?;
    let sent = counter.submit(command, act).await;
    match draft.unless_done(sent)? {
        Some(draft) => again::<S>(&seen, page, draft),
        None => Ok(go(&S::then(&seen))),
    }
}

/// The form with what is wrong, beside the case.
pub fn again<S: Step>(seen: &Seen<'_>, page: Page, draft: Draft) -> Answer {
    let form = StepForm::of::<S>(seen, draft);
    case_page::show(seen, page, Some((S::PATTERN, form)))
}
