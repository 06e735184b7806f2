//! Public notices as everybody reads them: what was decided, for whom, how much, until when, and how to object.
//!
//! A line shows the firm, its district, the year and the amount, and nothing else of the case: contacts and accounts are
//! personal, and names of projects, invoices and contracts may be trade secrets.

use askama::Template;
use axum::extract::Path;
use cases::notice::Notice;
use cases::{Case, CaseId, NoticeId, StageKind};
use kernel::{Date, Money};
use office::State;
use register::Light;
use web::{Answer, Counter, Empty, Failure, Page};

use super::shown::{benefit_title, send, sentence_address, sentence_text};

/// What the public reads of a case.
pub struct Line {
    /// Which.
    pub case: CaseId,
    /// Whose.
    pub firm: String,
    /// The division in charge.
    pub district: String,
    /// The year it is for.
    pub year: kernel::Year,
    /// What the notice showed.
    pub amount: Money,
    /// What became of it.
    pub standing: Light,
}

/// What became of a case after its notice, as far as it concerns the public.
fn standing(case: &Case, notice: Option<NoticeId>, today: Date) -> Light {
    use cases::case::Stage;
    match &case.stage {
        Stage::Noticed { notice: of, open, until, .. } if notice.is_none_or(|notice| notice == *of) => {
            match (open.is_empty(), today <= until.due) {
                (false, _) => Light::watch("有异议，办理中"),
                (true, true) => Light::unknown("公示中"),
                (true, false) => Light::unknown("公示期满"),
            }
        }
        stage => match stage.kind() {
            StageKind::Paid | StageKind::Closed | StageKind::AcceptanceFailed => Light::good("已拨付"),
            StageKind::Confirmed | StageKind::Planned | StageKind::Ordered => Light::good("公示无异议"),
            StageKind::Proposed | StageKind::Decided | StageKind::Noticed => Light::watch("重新审定"),
            StageKind::Rejected => Light::bad("不予支持"),
            StageKind::Repaying | StageKind::Repaid => Light::bad("追回"),
            StageKind::Withdrawn => Light::unknown("企业撤回"),
            _ => Light::unknown("办理中"),
        },
    }
}

/// A case as the public reads it, with what was decided.
pub fn public_line(state: &State, case: &Case, amount: Money) -> Line {
    let code = case.applicant.district;
    let division = state.enterprise.catalog().and_then(|catalog| catalog.divisions.get(code));
    Line {
        case: case.id,
        firm: cases_pages::viewer::firm_name(state, case.applicant.firm),
        district: division.map_or_else(|| code.to_string(), |division| division.name.clone()),
        year: case.year,
        amount,
        standing: standing(case, None, Date::MIN),
    }
}

/// Lines of a notice, the largest first.
pub fn lines(state: &State, notice: &Notice, today: Date) -> Vec<Line> {
    let line = |(id, amount): (&CaseId, &Money)| {
        let case = state.cases.case(*id)?;
        Some(Line { standing: standing(case, Some(notice.id), today), ..public_line(state, case, *amount) })
    };
    let mut lines: Vec<_> = notice.cases.iter().filter_map(line).collect();
    lines.sort_by_key(|line| (std::cmp::Reverse(line.amount), line.case));
    lines
}

struct Card {
    id: String,
    title: String,
    benefit: String,
    issuer: String,
    from: Date,
    until: Date,
    cases: usize,
    total: Money,
    standing: Light,
    is_open: bool,
}

fn card(state: &State, notice: &Notice, today: Date) -> Option<Card> {
    let call = state.cases.call(notice.call)?;
    let is_open = today <= notice.until.due;
    Some(Card {
        id: notice.id.to_string(),
        title: call.terms.title.clone(),
        benefit: benefit_title(state, &call.terms.benefit),
        issuer: state.organisation_name(&call.terms.issuer),
        from: notice.on,
        until: notice.until.due,
        cases: notice.cases.len(),
        total: notice.cases.values().copied().sum(),
        standing: if is_open { Light::watch("公示中") } else { Light::good("已期满") },
        is_open,
    })
}

#[derive(Template)]
#[template(path = "notices.html")]
struct NoticesPage {
    cards: Vec<Card>,
    empty: Empty,
}

/// All notices, the latest first.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let (state, today) = (counter.state()?, counter.as_of.day());
    let mut cards: Vec<_> = state.cases.notices().filter_map(|notice| card(&state, notice, today)).collect();
    cards.sort_by(|one, other| (other.from, &other.id).cmp(&(one.from, &one.id)));
    let empty =
        Empty::new("还没有公示", "会议审定的支持对象和金额公示后，会出现在这里。").action("看申报批次", "/calls");
    page.title("公示").show(&NoticesPage { cards, empty })
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    card: Card,
    url: String,
    days: u16,
    call: String,
    sentence: (String, String, String),
    rule: (String, String),
    lines: Vec<Line>,
}

/// The notice of this key.
pub fn notice_of<'a>(state: &'a State, key: &str) -> Result<&'a Notice, Failure> {
    let id: NoticeId = key.parse().map_err(|_| Failure::not_found())?;
    state.cases.notice(id).ok_or_else(Failure::not_found)
}

/// One notice.
pub async fn notice(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let (state, today) = (counter.state()?, counter.as_of.day());
    let notice = notice_of(&state, &key)?;
    let card = card(&state, notice, today).ok_or_else(Failure::not_found)?;
    let call = state.cases.call(notice.call).ok_or_else(Failure::not_found)?;
    let rule = state.cases.fund_rule(call.terms.rule);
    let content = NoticePage {
        url: notice.url.clone(),
        days: call.terms.route.notice_working_days,
        call: call.id.to_string(),
        sentence: (
            call.terms.sentence.anchor.to_string(),
            sentence_text(&state, &call.terms.sentence),
            sentence_address(&call.terms.benefit),
        ),
        rule: (
            rule.map(|rule| rule.document.title.clone()).unwrap_or_default(),
            format!("/fund-rules/{}", call.terms.rule),
        ),
        lines: lines(&state, notice, today),
        card,
    };
    page.title(format!("公示：{}", content.card.title)).crumb("公示", "/notices").show(&content)
}

/// The official page as it was kept.
pub async fn capture(counter: Counter, Path(key): Path<String>) -> Answer {
    let state = counter.state()?;
    send(&counter, &notice_of(&state, &key)?.capture).await
}
