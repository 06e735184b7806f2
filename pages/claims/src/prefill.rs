//! What is known already and need not be typed: from the enterprise file, from invoices, from the claim as it was sent.

use std::collections::BTreeMap;

use cases::Case;
use cases::support::Support;
use enterprise::firm::Membership;
use enterprise::{FirmFile, relation};
use kernel::{CreditCode, Date, Year};
use office::State;
use subsidy::Facts;
use subsidy::facts::{FeeAttributes, FeeLine};

use super::answers;
use super::kept::{Fields, Kept};
use super::step::Step;
use super::taken::{ReadInvoice, sent_before};

/// What recognitions of the kind the platform benefit depends on are called.
const PLATFORM: &str = "公共服务平台";

/// What the form of a step begins with, where nothing was typed yet.
pub fn of_step(state: &State, firm: CreditCode, (step, year): (&Step, Year), today: Date) -> Fields {
    let Some(file) = state.enterprise.firm(firm) else { return Fields::new() };
    match step {
        Step::Firm => answers::firm_typed(packaging(file, today).then_some(true), None),
        Step::Service => answers::platform_typed(None, recognition(file, year)),
        _ => Fields::new(),
    }
}

/// Whether the enterprise file has the firm as one that packages or tests.
fn packaging(file: &FirmFile, today: Date) -> bool {
    matches!(file.membership.on(today), Some((_, Membership::Inside { .. })))
}

/// The platform recognition on file, and whether the year's check was passed.
pub fn recognition(file: &FirmFile, year: Year) -> Option<(Date, Date, bool)> {
    let standing = |found: &&std::sync::Arc<enterprise::standing::Recognition>| found.kind.contains(PLATFORM);
    let found = file.recognitions.values().filter(standing).max_by_key(|found| found.valid.until())?;
    let checked = found.checks.get(&year).is_some_and(|check| check.passed);
    Some((found.valid.from(), found.valid.until(), checked))
}

/// A line for an invoice, with what the registers know of its customer. Whether its capacity was opened, and whether the
/// customer designs circuits, only the firm can say.
pub fn fee_of(state: &State, firm: CreditCode, invoice: &ReadInvoice, today: Date) -> Fields {
    let customer = invoice.buyer.and_then(|buyer| state.enterprise.firm(buyer));
    let steps = state.cases.rules().map_or(1, |rules| rules.recusal_steps(today));
    let related = invoice.buyer.is_some_and(|buyer| {
        let near = relation::related(&state.enterprise, firm, today, steps);
        near.iter().any(|found| found.party == relation::Party::Firm(buyer))
    });
    let is_platform = |case: &Case| case.benefit.as_str() == "platform";
    let support = Support::Invoice(invoice.number.clone());
    let attributes = FeeAttributes {
        related,
        in_city: customer.is_some_and(|file| file.site_on(today).is_some()),
        design_firm: customer.is_some_and(|file| file.types.contains(&enterprise::FirmType::Design)),
        open_capacity: false,
        supports_platform: state.cases.supported_by(&support).any(is_platform),
    };
    answers::fee_typed(&FeeLine {
        number: Some(invoice.number.as_str().into()),
        customer: invoice.buyer.map(Box::new),
        net: invoice.net,
        tax: invoice.tax,
        invoiced: invoice.issued,
        performed: Some(invoice.issued),
        attributes,
    })
}

/// Whether a draft says what a case's material says: nobody else completed it since.
pub fn is_of(kept: &Kept, case: &Case) -> bool {
    let Some(material) = case.material() else { return false };
    material.items.iter().all(|(key, files)| {
        let own = kept.files(key).iter().map(|file| file.evidence.digest);
        own.eq(files.iter().map(|file| file.digest))
    })
}

/// Everything a claim said, as it would have been typed.
pub fn of_case(state: &State, case: &Case) -> Kept {
    let mut kept = Kept { not_secret: true, ..Kept::default() };
    let Some(material) = case.material() else { return kept };
    let files = |files: &Vec<kernel::Evidence>| files.iter().map(sent_before).collect();
    kept.files = material.items.iter().map(|(key, list)| (key.clone(), files(list))).collect();
    kept.rows.insert("receipt".to_owned(), material.received.iter().map(answers::receipt_typed).collect());
    let mut answered = BTreeMap::from([
        (Step::Received.name(), answers::received_typed(!material.received.is_empty())),
        (Step::Amount.name(), answers::amount_typed(material.applied)),
    ]);
    if let Some(record) = state.subsidy.filed(office::claims::claim_of(case.id)) {
        let claim = &record.filed.claim;
        let asks = !matches!(claim.facts, Facts::OperatingCost(_) | Facts::ProjectInvestment(_));
        let packaging = asks.then_some(claim.packaging_test_firm);
        answered.insert(Step::Firm.name(), answers::firm_typed(packaging, claim.project.as_deref()));
        match &claim.facts {
            Facts::LoanInterest(facts) => {
                answered.insert(Step::Investment.name(), answers::investment_typed(&facts.investment));
                kept.rows.insert("loan".to_owned(), facts.loans.iter().map(answers::loan_typed).collect());
            }
            Facts::TestFees(facts) => {
                answered.insert(Step::Service.name(), answers::capacity_typed(facts.opens_capacity));
                kept.rows.insert("fee".to_owned(), facts.lines.iter().map(answers::fee_typed).collect());
            }
            Facts::OperatingCost(facts) => {
                let recognition = facts.recognition.map(|found| (found.from, found.until, found.checked));
                let service = answers::platform_typed(Some(facts.public_service), recognition);
                answered.insert(Step::Service.name(), service);
                answered.insert(Step::Costs.name(), answers::costs_typed(&facts.parts));
                let numbers = material.supports.iter().filter_map(|support| match support {
                    Support::Invoice(number) => Some(("supports".to_owned(), number.clone())),
                    Support::Loan(_) => None,
                });
                answered.insert(Step::Invoices.name(), numbers.collect());
            }
            Facts::AnnualRevenue(facts) => {
                answered.insert(Step::Revenue.name(), answers::revenue_typed(facts));
            }
            Facts::ProjectInvestment(facts) => {
                answered.insert(Step::TotalInvestment.name(), answers::total_investment_typed(facts));
            }
            Facts::EntryCost(facts) => {
                answered.insert(Step::Entered.name(), answers::entered_typed(facts.entered));
                kept.rows.insert("entry".to_owned(), facts.lines.iter().map(answers::entry_typed).collect());
            }
            Facts::TrainedPersons(facts) => {
                answered.insert(Step::Persons.name(), answers::persons_typed(facts));
            }
        }
    }
    kept.answers = answered.into_iter().map(|(name, fields)| (name.to_owned(), fields)).collect();
    kept
}
