//! The steps of a claim: one question at a time, each with an address of its own.

use cases::{Call, ItemKey};
use serde::Deserialize;
use subsidy::clause::Base;

/// A question, or a few that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Who applies.
    Firm,
    /// What was invested.
    Investment,
    /// The loans listed.
    Loans,
    /// One loan, from 1.
    Loan(usize),
    /// Whether capacity is opened, or what the platform offers.
    Service,
    /// Operating cost by part.
    Costs,
    /// Revenue of the year, and the highest before.
    Revenue,
    /// The project's total investment.
    TotalInvestment,
    /// When the firm entered the park.
    Entered,
    /// Payments for premises, listed.
    Entries,
    /// One payment for premises, from 1.
    Entry(usize),
    /// People trained and taken on.
    Persons,
    /// Files of an item of the checklist.
    Material(ItemKey),
    /// The invoices listed.
    Fees,
    /// One invoice, from 1.
    Fee(usize),
    /// Invoices behind the operating cost.
    Invoices,
    /// Money received elsewhere, listed.
    Received,
    /// One amount received, from 1.
    Receipt(usize),
    /// How much is applied for.
    Amount,
    /// Everything before it is sent.
    Check,
}

/// A step as the address names it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    step: Option<String>,
    n: Option<usize>,
    item: Option<ItemKey>,
}

impl Asked {
    /// The step asked for; the first unless one is named.
    pub fn step(&self) -> Option<Step> {
        let n = self.n.unwrap_or(1).max(1);
        Some(match self.step.as_deref() {
            None | Some("") => return None,
            Some("firm") => Step::Firm,
            Some("investment") => Step::Investment,
            Some("loans") => Step::Loans,
            Some("loan") => Step::Loan(n),
            Some("service") => Step::Service,
            Some("costs") => Step::Costs,
            Some("revenue") => Step::Revenue,
            Some("total-investment") => Step::TotalInvestment,
            Some("entered") => Step::Entered,
            Some("entries") => Step::Entries,
            Some("entry") => Step::Entry(n),
            Some("persons") => Step::Persons,
            Some("material") => Step::Material(self.item.clone()?),
            Some("fees") => Step::Fees,
            Some("fee") => Step::Fee(n),
            Some("invoices") => Step::Invoices,
            Some("received") => Step::Received,
            Some("receipt") => Step::Receipt(n),
            Some("amount") => Step::Amount,
            Some("check") => Step::Check,
            Some(_) => return None,
        })
    }
}

impl Step {
    /// Its name in addresses and drafts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Firm => "firm",
            Self::Investment => "investment",
            Self::Loans => "loans",
            Self::Loan(_) => "loan",
            Self::Service => "service",
            Self::Costs => "costs",
            Self::Revenue => "revenue",
            Self::TotalInvestment => "total-investment",
            Self::Entered => "entered",
            Self::Entries => "entries",
            Self::Entry(_) => "entry",
            Self::Persons => "persons",
            Self::Material(_) => "material",
            Self::Fees => "fees",
            Self::Fee(_) => "fee",
            Self::Invoices => "invoices",
            Self::Received => "received",
            Self::Receipt(_) => "receipt",
            Self::Amount => "amount",
            Self::Check => "check",
        }
    }

    /// As the query of an address.
    pub fn query(&self) -> String {
        match self {
            Self::Loan(n) | Self::Fee(n) | Self::Entry(n) | Self::Receipt(n) => format!("?step={}&n={n}", self.name()),
            Self::Material(item) => format!("?step=material&item={item}"),
            step => format!("?step={}", step.name()),
        }
    }

    /// The step whose list it belongs to; itself otherwise.
    pub fn listed_in(&self) -> Self {
        match self {
            Self::Loan(_) => Self::Loans,
            Self::Fee(_) => Self::Fees,
            Self::Entry(_) => Self::Entries,
            Self::Receipt(_) => Self::Received,
            step => step.clone(),
        }
    }

    /// Under what the draft notes that it was gone through.
    pub fn key(&self) -> String {
        match self {
            Self::Material(item) => format!("material-{item}"),
            step => step.name().to_owned(),
        }
    }

    /// What it is called in the list of steps.
    pub fn label(&self, call: &Call) -> String {
        match self {
            Self::Firm => "申报主体".to_owned(),
            Self::Investment => "到位投资".to_owned(),
            Self::Loans => "借款与利息".to_owned(),
            Self::Loan(n) => format!("第 {n} 笔借款"),
            Self::Service => "服务情况".to_owned(),
            Self::Costs => "运营费".to_owned(),
            Self::Revenue => "年度营收".to_owned(),
            Self::TotalInvestment => "项目总投资".to_owned(),
            Self::Entered => "入驻时间".to_owned(),
            Self::Entries => "入驻费用".to_owned(),
            Self::Entry(n) => format!("第 {n} 笔入驻费用"),
            Self::Persons => "培训与用工人数".to_owned(),
            Self::Material(item) => title_of(call, item),
            Self::Fees => "封测费用明细".to_owned(),
            Self::Fee(n) => format!("第 {n} 张发票"),
            Self::Invoices => "支出发票".to_owned(),
            Self::Received => "其他资金".to_owned(),
            Self::Receipt(n) => format!("第 {n} 笔其他资金"),
            Self::Amount => "申请金额".to_owned(),
            Self::Check => "检查并提交".to_owned(),
        }
    }
}

/// What the notice calls an item of the checklist.
pub fn title_of(call: &Call, item: &ItemKey) -> String {
    let found = call.terms.checklist.iter().find(|listed| listed.key == *item);
    found.map_or_else(|| item.to_string(), |listed| listed.title.clone())
}

/// The steps of a claim in their order: what a claim of test fees rests on is read from its invoices, so there they are
/// asked for before the lines.
pub fn steps(call: &Call, base: Base) -> Vec<Step> {
    let materials = call.terms.checklist.iter().map(|item| Step::Material(item.key.clone()));
    let mut steps = vec![Step::Firm];
    match base {
        Base::LoanInterest => {
            steps.extend([Step::Investment, Step::Loans]);
            steps.extend(materials);
        }
        Base::TestFees => {
            steps.push(Step::Service);
            steps.extend(materials);
            steps.push(Step::Fees);
        }
        Base::OperatingCost => {
            steps.extend([Step::Service, Step::Costs]);
            steps.extend(materials);
            steps.push(Step::Invoices);
        }
        Base::AnnualRevenue => {
            steps.push(Step::Revenue);
            steps.extend(materials);
        }
        Base::ProjectInvestment => {
            steps.push(Step::TotalInvestment);
            steps.extend(materials);
        }
        Base::EntryCost => {
            steps.push(Step::Entered);
            steps.extend(materials);
            steps.push(Step::Entries);
        }
        Base::TrainedPersons => {
            steps.push(Step::Persons);
            steps.extend(materials);
        }
    }
    steps.extend([Step::Received, Step::Amount, Step::Check]);
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_back_to_its_step() {
        let item: ItemKey = "audit-report".parse().unwrap();
        for step in [Step::Firm, Step::Check, Step::Received] {
            let asked = Asked { step: Some(step.name().to_owned()), ..Asked::default() };
            assert_eq!(asked.step(), Some(step));
        }
        let asked = Asked { step: Some("loan".into()), n: Some(3), item: None };
        assert_eq!(asked.step(), Some(Step::Loan(3)));
        assert_eq!(Step::Loan(3).query(), "?step=loan&n=3");
        let asked = Asked { step: Some("material".into()), n: None, item: Some(item.clone()) };
        assert_eq!(asked.step(), Some(Step::Material(item)));
        assert_eq!(Asked { step: Some("x".into()), ..Asked::default() }.step(), None);
    }
}
