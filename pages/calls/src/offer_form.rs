//! An award is offered without an application (免申即享): the facts, who supplied each, by what right, in which file, as of
//! when. Where one of these is not known the firm is invited to apply instead.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::call::{Mode, Stage};
use cases::material::Material;
use cases::proactive::{MatchedFact, Proposal};
use cases::{Call, CaseId};
use kernel::{CreditCode, Date, Digest, Evidence, Money, OrganisationId};
use office::{Act, State};
use subsidy::{Claim, ClaimId, Filed, Overrides};
use subsidy_pages::precheck_answers::{BASE, BASES, Typed};
use subsidy_pages::precheck_form::{Group, groups};
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Page, Reader, Upload, go};

use super::shown::{PAPERS, found_in_charge, keep};
use cases_pages::viewer::firm_name;

/// Names of the fields of one fact.
struct Names {
    what: &'static str,
    supplier: &'static str,
    authorisation: &'static str,
    file: &'static str,
    kept: &'static str,
    as_of: &'static str,
}

macro_rules! names {
    ($n:literal) => {
        Names {
            what: concat!("fact", $n, "-what"),
            supplier: concat!("fact", $n, "-supplier"),
            authorisation: concat!("fact", $n, "-authorisation"),
            file: concat!("fact", $n, "-file"),
            kept: concat!("fact", $n, "-kept"),
            as_of: concat!("fact", $n, "-as-of"),
        }
    };
}

const FACTS: [Names; 3] = [names!("1"), names!("2"), names!("3")];

/// A fact as typed.
struct TypedFact {
    what: String,
    supplier: Option<OrganisationId>,
    authorisation: String,
    upload: Option<Upload>,
    kept: Option<Digest>,
    as_of: Option<Date>,
}

/// An offer as typed.
pub struct TypedOffer {
    claim: Typed,
    facts: Vec<TypedFact>,
}

impl FromFields for TypedOffer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let claim = Typed::from_fields(reader);
        let mut facts = Vec::new();
        for names in &FACTS {
            let what = reader.text(names.what, "事实", 200, false)?;
            let supplier = reader.optional(names.supplier, "提供单位")?;
            let authorisation = reader.text(names.authorisation, "使用授权", 200, false)?;
            let as_of = reader.optional_day(names.as_of, "数据日期")?;
            let kept = reader.optional::<String>(names.kept, "原始文件")?.and_then(|typed| typed.parse().ok());
            let upload = reader.optional_file(names.file);
            if !what.is_empty() {
                facts.push(TypedFact { what, supplier, authorisation, upload, kept, as_of });
            }
        }
        Some(Self { claim: claim?, facts })
    }
}

struct FactView {
    number: usize,
    fields: Vec<Field>,
    kept_name: &'static str,
    kept: String,
    kept_file: Option<String>,
}

#[derive(Template)]
#[template(path = "offer_firm.html")]
struct FirmPage {
    id: String,
    title: String,
    firms: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "offer.html")]
struct OfferPage {
    id: String,
    title: String,
    firm: String,
    code: CreditCode,
    base_field: &'static str,
    base: &'static str,
    groups: Vec<Group>,
    facts: Vec<FactView>,
    draft: Draft,
}

/// Firms to which nothing was offered or said yet, with what is known of them.
fn choose(state: &State, page: Page, call: &Call, today: Date) -> Answer {
    let asked = |firm: CreditCode| {
        state.cases.cases_of(call.id).any(|case| case.applicant.firm == firm)
            || state.cases.invitation(call.id, firm).is_some()
    };
    let firms = state.enterprise.in_scope_on(today).filter(|file| !asked(file.code)).map(|file| {
        let filing = state.enterprise.latest_signed(file.code, call.terms.year);
        let filing = filing.filter(|filing| filing.year == call.terms.year);
        let known = filing.map_or_else(
            || format!("没有 {} 年度签核的填报", call.terms.year),
            |filing| format!("{} 年度封测收入 {} 元（市级签核）", filing.year, filing.figures().contract),
        );
        (file.code.to_string(), file.name().to_owned(), known)
    });
    let (id, title) = (call.id.to_string(), call.terms.title.clone());
    let content = FirmPage { id, title: title.clone(), firms: firms.collect() };
    page.title("推送免申即享").crumb(title, format!("/calls/{}/desk", call.id)).show(&content)
}

/// Everything a signed-off filing of the year proves, as the first fact.
fn prefilled(state: &State, call: &Call, firm: CreditCode, draft: Draft) -> Draft {
    let year = call.terms.year;
    let draft = draft.fill([("firm", firm.to_string()), ("year", year.to_string())]);
    let filing = state.enterprise.latest_signed(firm, year).filter(|filing| filing.year == year);
    let Some(filing) = filing else { return draft };
    let names = &FACTS[0];
    let contract = filing.figures().contract;
    let file = filing.current().and_then(|submission| submission.material.evidence.first());
    draft.fill([
        (names.what, format!("{year} 年度对外代工封测收入 {contract} 元（市级签核的年度填报）")),
        (names.supplier, firm.to_string()),
        (names.as_of, kernel::Period::year(year).until().to_string()),
        (names.kept, file.map(|file| file.digest.to_string()).unwrap_or_default()),
    ])
}

/// Files of the firm's signed-off filings: what a fact may rest on without being sent again.
fn kept_file(state: &State, firm: CreditCode, digest: Digest) -> Option<Evidence> {
    let filings = state.enterprise.years().flat_map(|year| state.enterprise.filings_of_year(firm, year));
    let submissions = filings.filter_map(|filing| filing.current());
    let mut files = submissions.flat_map(|submission| submission.material.evidence.iter());
    files.find(|file| file.digest == digest).cloned()
}

fn show(state: &State, counter: &Counter, page: Page, (call, firm): (&Call, CreditCode), draft: Draft) -> Answer {
    let today = counter.as_of.day();
    let not_ready = || Failure::Unavailable("本事项的条款或口径今天不能适用，请先补全后再推送。".into());
    let rulebook = state.subsidy.rulebook().ok_or_else(not_ready)?;
    let key = call.terms.benefit.as_str().parse().map_err(|_| not_ready())?;
    let clause = rulebook.clauses.get(&key).cloned().ok_or_else(not_ready)?;
    let settings = rulebook.interpretations.settings(today, &Overrides::new()).map_err(|_| not_ready())?;
    let base = clause.base().ok_or_else(not_ready)?;
    let suppliers: Vec<_> = std::iter::once((firm.to_string(), firm_name(state, firm)))
        .chain(
            state
                .accounts
                .organisations()
                .filter(|organisation| organisation.kind != accounts::OrganisationKind::Firm)
                .map(|organisation| (organisation.id.to_string(), organisation.name.clone())),
        )
        .collect();
    let fact = |(place, names): (usize, &Names)| {
        let kept = draft.value(names.kept).to_owned();
        let kept_file = kept.parse().ok().and_then(|digest| kept_file(state, firm, digest)).map(|file| file.name);
        FactView {
            number: place + 1,
            fields: vec![
                draft.text(names.what, "事实"),
                draft.select(names.supplier, "提供单位", &suppliers),
                draft.text(names.authorisation, "使用授权").hint("凭什么可以用于本事项，例如授权书编号"),
                draft.date(names.as_of, "数据日期"),
                draft.upload(names.file, "原始文件", PAPERS),
            ],
            kept_name: names.kept,
            kept,
            kept_file,
        }
    };
    // Only the district in charge of the firm can be the one whose amounts apply.
    let office = office::claims::applicant(state, firm, today).ok().map(|applicant| applicant.district);
    let districts: Vec<_> =
        office.map(|district| (district, state.organisation_name(&district.into()))).into_iter().collect();
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let content = OfferPage {
        id: call.id.to_string(),
        title: call.terms.title.clone(),
        firm: firm_name(state, firm),
        code: firm,
        base_field: BASE,
        base: BASES.iter().find(|(_, of)| *of == base).map_or("", |(name, _)| name),
        groups: groups(&draft, &clause, &settings, &districts),
        facts: FACTS.iter().enumerate().map(fact).collect(),
        draft,
    };
    let page = page.title("推送免申即享").status(status);
    page.crumb(call.terms.title.clone(), format!("/calls/{}/desk", call.id)).show(&content)
}

fn is_offering(call: &Call) -> bool {
    call.terms.mode == Mode::Proactive && matches!(call.stage, Stage::Open { .. })
}

/// Which firm, or its form.
pub async fn ask(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    if !is_offering(call) {
        return Ok(go(&format!("/calls/{}/desk", call.id)));
    }
    let asked = page.query().split('&').find_map(|pair| pair.strip_prefix("firm="));
    match asked.and_then(|code| code.parse::<CreditCode>().ok()) {
        None => choose(&state, page, call, counter.as_of.day()),
        Some(firm) => {
            let draft = prefilled(&state, call, firm, page.form());
            show(&state, &counter, page, (call, firm), draft)
        }
    }
}

/// What a claim made of the facts would be given, by the engine of the formal assessment.
fn award(state: &State, claim: &Claim, today: Date) -> Result<Money, String> {
    let rulebook = state.subsidy.rulebook().ok_or("没有可以适用的条款")?;
    let answers = subsidy::Answers {
        year: claim.year,
        district: claim.district,
        packaging_test_firm: claim.packaging_test_firm,
        score: None,
        facts: [(claim.benefit.clone(), claim.facts.clone())].into(),
        received: Vec::new(),
    };
    let checked = subsidy::precheck(&rulebook, &answers, today, |_| true).map_err(|error| error.to_string())?;
    let checked = checked.into_iter().next().ok_or("没有可以适用的条款")?;
    let assessment = checked.assessment.map_err(|error| error.to_string())?;
    match assessment.outcome.award() {
        award if award > Money::ZERO => Ok(award),
        _ => Err("按所填事实测算为 0 元，不能推送；请核对事实与条款条件。".to_owned()),
    }
}

/// Offers an award, or invites the firm to apply.
pub async fn offer(counter: Counter, Path(key): Path<String>, page: Page, form: Form<TypedOffer>) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let Form { read, draft, command, .. } = form;
    let firm: CreditCode = draft.value("firm").parse().map_err(|_| Failure::not_found())?;
    let Some(TypedOffer { claim, facts }) = read else { return show(&state, &counter, page, (call, firm), draft) };
    let today = counter.as_of.day();
    let benefit: subsidy::BenefitId = call.terms.benefit.as_str().parse().map_err(|_| Failure::not_found())?;
    let mut answers = claim.answers(&benefit);
    let Some(of_benefit) = answers.facts.remove(&benefit) else { return Err(Failure::not_found()) };
    let claim = Claim {
        benefit,
        year: answers.year,
        project: None,
        packaging_test_firm: answers.packaging_test_firm,
        score: None,
        verified: None,
        district: answers.district,
        facts: of_benefit,
    };
    let applied = match award(&state, &claim, today) {
        Ok(applied) => applied,
        Err(why) => return show(&state, &counter, page, (call, firm), draft.complain(why)),
    };
    let mut matched = Vec::new();
    for fact in facts {
        let file = match (&fact.upload, fact.kept) {
            (Some(upload), _) => Some(keep(&counter, upload).await?),
            (None, Some(digest)) => kept_file(&state, firm, digest),
            (None, None) => None,
        };
        let TypedFact { what, supplier, authorisation, as_of, .. } = fact;
        matched.push(MatchedFact { what, supplier, authorisation: Some(authorisation), file, as_of });
    }
    let case = CaseId(command.0);
    let applicant = office::claims::applicant(&state, firm, today)?;
    let material = Material {
        claim: claim.filed_digest(),
        applied,
        project: None,
        items: Default::default(),
        supports: Default::default(),
        received: Vec::new(),
    };
    let proven = matched.iter().all(|fact| fact.clone().proven().is_ok());
    let proposal = Proposal { case, call: call.id, applicant, material, facts: matched };
    let offer = cases::Command::Offer(Box::new(proposal));
    let act = if proven {
        // Only what is offered is a claim; whoever is invited states their own.
        Act::from(subsidy::Command::FileClaim(Filed { claim_id: ClaimId(case.0), firm, claim })).and(offer)
    } else {
        Act::from(offer)
    };
    match draft.unless_done(counter.submit(command, act).await)? {
        Some(draft) => show(&state, &counter, page, (call, firm), draft),
        None => Ok(go(&format!("/calls/{}/desk", call.id))),
    }
}
