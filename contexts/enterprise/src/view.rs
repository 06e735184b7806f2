//! What people are shown of firms and filings, as plain data.

use kernel::history::Entry;
use kernel::{CreditCode, Date, Deadline, DivisionCode, Money, Period, Revision, Year, timeline::Step};

use crate::authority;
use crate::baseline::Baseline;
use crate::catalog::{Catalog, Size};
use crate::filing::{Filing, FilingId, Stage, StageKind};
use crate::firm::{FirmFile, FirmType, LegalForm, Membership, Operation, Site};
use crate::state::State;

/// A filing somebody has to act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub filing: FilingId,
    /// Whose.
    pub firm: CreditCode,
    /// Its name.
    pub name: String,
    /// The year reported on.
    pub year: Year,
    /// Whether it corrects a signed-off one.
    pub correction: bool,
    /// By when.
    pub due: Deadline,
}

/// A firm's size and what it follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeFound {
    /// The tier.
    pub size: Size,
    /// The latest signed-off filing before the day.
    pub filing: FilingId,
    /// The rule in force, by its first day.
    pub rule_from: Date,
    /// Where the rule stands.
    pub document: String,
}

/// A firm that was not in the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// Which.
    pub firm: CreditCode,
    /// Its name.
    pub name: String,
    /// First day in scope.
    pub entered: Date,
    /// Its signed-off packaging-and-test revenue of the year asked about, under the scope of that year, and the filing
    /// behind it.
    pub revenue: Option<(Money, FilingId)>,
}

/// A firm on one screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its key.
    pub firm: CreditCode,
    /// Revision of the file, for forms.
    pub revision: Revision,
    /// Name on the day.
    pub name: String,
    /// In law.
    pub legal_form: LegalForm,
    /// Founded on.
    pub registered_on: Date,
    /// The district in which it lies in law on the day.
    pub lying_in: Option<DivisionCode>,
    /// The division in charge of it on the day.
    pub competent: Option<DivisionCode>,
    /// 镇街
    pub township: String,
    /// In business or not on the day.
    pub operation: Option<Operation>,
    /// Since when in scope, when it is on the day.
    pub in_scope_since: Option<Date>,
    /// Kinds of firm.
    pub types: Vec<FirmType>,
    /// Names of chain nodes.
    pub segments: Vec<String>,
    /// By the rule in force on the day.
    pub size: Option<SizeFound>,
    /// Titles that hold on the day.
    pub honours: Vec<String>,
    /// Recognitions that hold on the day, by key.
    pub recognitions: Vec<String>,
}

/// A filing in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct FilingLine {
    /// Which.
    pub filing: FilingId,
    /// The year reported on.
    pub year: Year,
    /// Where it stands.
    pub stage: StageKind,
    /// Packaging-and-test revenue, contract and captive.
    pub packaging: Money,
    /// The filing it corrects.
    pub corrects: Option<FilingId>,
    /// By when somebody acts.
    pub due: Option<Deadline>,
}

impl State {
    /// Firms in business and in scope on the day.
    pub fn in_scope_on(&self, day: Date) -> impl Iterator<Item = &FirmFile> {
        self.firms().filter(move |file| file.operates_in_scope_on(day))
    }

    /// The latest signed-off filing for a year before or on `year`.
    pub fn latest_signed(&self, firm: CreditCode, year: Year) -> Option<&Filing> {
        let years = self.years().rev().filter(|filed| *filed <= year);
        // At most one filing of a year counts, and it is among the last.
        years
            .flat_map(|year| self.filings_of_year(firm, year).rev())
            .find(|filing| matches!(filing.stage, Stage::SignedOff { .. }))
    }

    /// Size on the day: the rule in force applied to the latest signed-off filing of an earlier year.
    pub fn size(&self, firm: CreditCode, day: Date) -> Option<SizeFound> {
        let (rule_from, rule) = self.catalog()?.sizes.on(day)?;
        let filing = self.latest_signed(firm, day.year().checked_sub(1)?)?;
        let figures = filing.figures();
        let size = rule.size(figures.staff, figures.revenue);
        Some(SizeFound { size, filing: filing.id, rule_from, document: rule.document.clone() })
    }
}

/// Filings a district has to verify: those of firms it is in charge of today, most urgent first.
pub fn waiting_for_district(state: &State, division: DivisionCode, today: Date) -> Vec<Waiting> {
    waiting(state, |filing| {
        let in_charge = || {
            let file = state.firm(filing.firm)?;
            authority::competent_for(state.catalog()?, file, today)
        };
        matches!(filing.stage, Stage::Filed { .. }) && in_charge() == Some(division)
    })
}

/// Filings the responsible department has to sign off, most urgent first.
pub fn waiting_for_city(state: &State) -> Vec<Waiting> {
    waiting(state, |filing| matches!(filing.stage, Stage::Verified { .. }))
}

fn waiting(state: &State, wanted: impl Fn(&Filing) -> bool) -> Vec<Waiting> {
    let wanted = state.open_filings().filter(|filing| wanted(filing));
    let mut rows: Vec<_> = wanted
        .filter_map(|filing| {
            Some(Waiting {
                filing: filing.id,
                firm: filing.firm,
                name: state.firm(filing.firm).map_or_else(String::new, |file| file.name().to_owned()),
                year: filing.year,
                correction: filing.corrects.is_some(),
                due: filing.stage.due()?,
            })
        })
        .collect();
    rows.sort_by_key(|row| (row.due, row.firm, row.year));
    rows
}

/// Filings sent back to a firm, with what it has to put right.
pub fn returned_to_firm(state: &State, firm: CreditCode) -> Vec<(&Filing, &str)> {
    let filings = state.open_filings().filter(|filing| filing.firm == firm);
    let returned = filings.filter_map(|filing| match &filing.stage {
        Stage::Returned { reason, .. } => Some((filing, reason.as_str())),
        _ => None,
    });
    returned.collect()
}

/// Firms in scope in a year that have not filed it, with the last day on which filing is in time.
pub fn not_filed(state: &State, year: Year) -> Option<(Date, Vec<CreditCode>)> {
    let due = state.catalog()?.filing.annual_due(year)?;
    let in_scope = state.firms().filter(|file| file.in_scope_during(Period::year(year)));
    let missing = in_scope.filter(|file| state.filings_of_year(file.code, year).next().is_none());
    Some((due, missing.map(|file| file.code).collect()))
}

/// Firms operating in scope on the day that are not in the baseline, with their signed-off revenue of a year; whoever
/// asks compares it with a threshold of the plan.
pub fn newcomers(state: &State, baseline: &Baseline, day: Date, year: Year) -> Vec<Newcomer> {
    let fresh = state.in_scope_on(day).filter(|file| !baseline.firms.contains(&file.code));
    let entered = fresh.filter_map(|file| Some((file, file.entered_scope_on()?)));
    let captive_counts =
        state.catalog().and_then(|catalog| catalog.filing.scope_of(year)).is_some_and(|scope| scope.captive_counts);
    let revenue = |firm| {
        let filings = state.filings_of_year(firm, year).rev();
        let mut signed = filings.filter(|filing| matches!(filing.stage, Stage::SignedOff { .. }));
        signed.next().map(|filing| {
            let figures = filing.figures();
            (if captive_counts { figures.packaging() } else { figures.contract }, filing.id)
        })
    };
    entered
        .filter(|(_, entered)| *entered > baseline.day)
        .map(|(file, entered)| Newcomer {
            firm: file.code,
            name: file.name().to_owned(),
            entered,
            revenue: revenue(file.code),
        })
        .collect()
}

/// A firm as of a day. `None` when it has no file.
pub fn summary(state: &State, firm: CreditCode, day: Date) -> Option<Summary> {
    let (catalog, file) = (state.catalog()?, state.firm(firm)?);
    Some(summary_of(state, catalog, (file, file.site_on(day)?), day))
}

/// The same of a firm's file and the site where it is on the day.
pub fn summary_of(state: &State, catalog: &Catalog, (file, site): (&FirmFile, &Site), day: Date) -> Summary {
    let segments = file.segments.iter().map(|id| match catalog.chain.node(id) {
        Some((_, node)) => node.name.clone(),
        None => id.clone(),
    });
    let inside = file.membership.on(day);
    Summary {
        firm: file.code,
        revision: file.revision,
        name: file.name_on(day).to_owned(),
        legal_form: file.legal_form,
        registered_on: file.registered_on,
        lying_in: catalog.divisions.lying_in(site.district, &site.township, day),
        competent: authority::competent(catalog, site, day),
        township: site.township.clone(),
        operation: file.operation.on(day).map(|(_, operation)| *operation),
        in_scope_since: inside.and_then(|(from, is)| matches!(is, Membership::Inside { .. }).then_some(from)),
        types: file.types.iter().copied().collect(),
        segments: segments.collect(),
        size: state.size(file.code, day),
        honours: file.honours.values().filter(|h| h.holds_on(day)).map(|h| h.title.clone()).collect(),
        recognitions: file.recognitions.values().filter(|r| r.holds_on(day)).map(|r| r.kind.clone()).collect(),
    }
}

/// Every filing of a firm, newest year first.
pub fn filings(state: &State, firm: CreditCode) -> Vec<FilingLine> {
    let filings = state.years().rev().flat_map(|year| state.filings_of_year(firm, year).rev());
    filings.map(line).collect()
}

fn line(filing: &Filing) -> FilingLine {
    FilingLine {
        filing: filing.id,
        year: filing.year,
        stage: filing.stage.kind(),
        packaging: filing.figures().packaging(),
        corrects: filing.corrects.as_ref().map(|(id, _)| *id),
        due: filing.stage.due(),
    }
}

/// Whether the firm holds a recognition of this kind on the day.
pub fn recognised(state: &State, firm: CreditCode, kind: &str, day: Date) -> bool {
    let recognitions = state.firm(firm).into_iter().flat_map(|file| file.recognitions.values());
    recognitions.filter(|recognition| recognition.kind == kind).any(|recognition| recognition.holds_on(day))
}

/// Everything that happened to a firm's file and filings, oldest first.
pub fn timeline(state: &State, firm: CreditCode) -> Vec<Step> {
    let file = state.firm(firm).into_iter().flat_map(|file| file.history.iter());
    let filings = state.years().flat_map(|year| state.filings_of_year(firm, year));
    let mut steps: Vec<Step> = file.map(|entry| entry.step()).collect();
    for filing in filings {
        let year = |entry: &Entry| {
            let step = entry.step();
            Step { title: format!("{} 年度申报：{}", filing.year, step.title), ..step }
        };
        steps.extend(filing.history.iter().map(|entry| year(entry)));
    }
    steps.sort_by_key(|step| step.recorded.sequence);
    steps
}

/// What a verifier should look at twice: how the figures moved against the previous signed-off year.
pub fn attention(state: &State, filing: &Filing) -> Vec<String> {
    let Some(limit) = state.catalog().map(|catalog| catalog.filing.limits.attention_change) else { return Vec::new() };
    let Some(before) = filing.year.checked_sub(1).and_then(|year| state.latest_signed(filing.firm, year)) else {
        return vec!["没有上一年度的已签核申报可供比较。".to_owned()];
    };
    let (now, then) = (filing.figures(), before.figures());
    let compared = [
        ("营业收入", then.revenue, now.revenue),
        ("封测收入", then.packaging(), now.packaging()),
        ("研发费用", then.research, now.research),
    ];
    let moved = |then: Money, now: Money| {
        let change = (i128::from(now.fen()) - i128::from(then.fen())).abs() * i128::from(kernel::Rate::WHOLE);
        change > i128::from(then.fen()) * i128::from(limit.parts_per_million())
    };
    let noted = compared.iter().filter(|(_, then, now)| moved(*then, *now));
    let noted = noted.map(|(label, then, now)| {
        format!("{label}由 {} 年的 {then} 元变为 {now} 元，变动超过 {limit}，请核对单位与证明材料。", before.year)
    });
    noted.collect()
}
