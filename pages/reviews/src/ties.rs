//! Who is related to the firm, and what other money it has or asks for.

use cases::relation::Party;
use cases::support::{Conflict, conflicts};
use register::Light;
use subsidy_pages::EntryRow;

use super::seen::Seen;
use cases_pages::case_head::{number, official_path, stage_light};

/// A related party.
pub struct Tied {
    /// Who.
    pub who: String,
    /// The ties from the firm on.
    pub way: String,
    /// Over how many.
    pub steps: usize,
    /// What follows for the review.
    pub note: &'static str,
}

/// Everybody within reach, nearest first; `None` while that was not computed.
pub fn tied(seen: &Seen<'_>) -> Option<Vec<Tied>> {
    let related = seen.case.related.as_deref()?;
    let tied = related.iter().map(|related| {
        let (who, note) = match &related.party {
            Party::Organisation(organisation) => {
                let note = "其专家、审计和代办人员须回避";
                (organisation_name(seen, organisation), note)
            }
            Party::Person(person) => (seen.called(*person), "须回避"),
            Party::Outside(_) => ("系统外的个人或机构".to_owned(), ""),
        };
        Tied { who, way: related.way(), steps: related.ties.len(), note }
    });
    Some(tied.collect())
}

/// What an organisation is called: by itself, or by the firm that named it as its holder.
fn organisation_name(seen: &Seen<'_>, id: &kernel::OrganisationId) -> String {
    use enterprise::relation::Holder;
    let name = seen.state.organisation_name(id);
    let file = seen.state.enterprise.firm(seen.case.applicant.firm).filter(|_| name == id.as_str());
    let holders = file.into_iter().flat_map(|file| file.holdings.values());
    let mut named = holders.filter_map(|holding| match &holding.holder {
        Holder::Organisation { code, name } if code.as_str() == id.as_str() => Some(name.clone()),
        _ => None,
    });
    named.next_back().unwrap_or(name)
}

/// Another case of the firm.
pub struct OtherCase {
    /// Its number.
    pub number: String,
    /// Where it is, for whoever may see it.
    pub href: Option<String>,
    /// Of which call.
    pub call: String,
    /// Where it stands.
    pub stage: Light,
    /// What it received, or would.
    pub amount: String,
}

/// Money of the firm besides this case.
pub struct Money {
    /// The cap account of the benefit, without this case.
    pub entries: Vec<EntryRow>,
    /// Its sum.
    pub used: String,
    /// Other cases.
    pub cases: Vec<OtherCase>,
    /// Other departments' money: who, what, document, amount, day.
    pub elsewhere: Vec<[String; 5]>,
    /// What would be funded twice.
    pub conflicts: Vec<String>,
}

impl Money {
    /// Of the firm of a case.
    pub fn of(seen: &Seen<'_>) -> Self {
        let firm = seen.case.applicant.firm;
        let benefit = seen.case.benefit.as_str().parse::<subsidy::BenefitId>();
        let account = benefit
            .map(|benefit| seen.state.subsidy.account(firm, &benefit).without(office::claims::claim_of(seen.case.id)));
        let entries = account.as_ref().map(|account| subsidy_pages::entry_rows(seen.state, firm, account));
        let used: kernel::Money =
            account.iter().flat_map(|account| account.entries()).map(|(_, entry)| entry.amount).sum();
        let others = seen.state.cases.cases_of_firm(firm).filter(|case| case.id != seen.case.id);
        let elsewhere = seen.state.cases.other_funding_of(firm).map(|funding| {
            let money = format!("{} 元", funding.amount);
            let (from, what) = (funding.department.clone(), funding.programme.clone());
            [from, what, funding.document.clone(), money, funding.on.to_string()]
        });
        Self {
            entries: entries.unwrap_or_default(),
            used: used.to_string(),
            cases: others.map(|case| other(seen, case)).collect(),
            elsewhere: elsewhere.collect(),
            conflicts: clashing(seen),
        }
    }
}

fn other(seen: &Seen<'_>, case: &cases::Case) -> OtherCase {
    let may = cases_pages::viewer::may_see(seen.state, &seen.viewer, case);
    let net = case.purse.net();
    let decided = case.stage.decided();
    let amount = match case.assessment {
        _ if net > kernel::Money::ZERO => format!("实得 {net} 元"),
        _ if decided > kernel::Money::ZERO => format!("审定 {decided} 元"),
        Some(assessment) => format!("测算 {} 元", assessment.award),
        None => "未测算".to_owned(),
    };
    let call = seen.state.cases.call(case.call).map(|call| call.terms.title.clone());
    OtherCase {
        number: number(case),
        href: may.then(|| official_path(case)),
        call: call.unwrap_or_default(),
        stage: stage_light(case.stage.kind()),
        amount,
    }
}

fn clashing(seen: &Seen<'_>) -> Vec<String> {
    let Some(material) = seen.case.material() else { return Vec::new() };
    let found = conflicts(&seen.state.cases, Some(seen.case.id), seen.case.applicant.firm, &seen.call.terms, material);
    let words = found.iter().map(|conflict| match conflict {
        Conflict::SupportUsed { support, by } => {
            let by = seen.state.cases.case(*by).map(number).unwrap_or_else(|| by.to_string());
            format!("{support} 已用于办件 {by}")
        }
        other => other.to_string(),
    });
    words.collect()
}
