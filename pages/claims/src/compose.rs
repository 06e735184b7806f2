//! From kept answers to a claim and its material, with everything that is missing or wrong on the way.

use std::collections::{BTreeMap, BTreeSet};

use cases::material::{Changes, Material};
use cases::support::{Received, Support};
use cases::{Call, Case};
use kernel::{Evidence, Money};
use subsidy::clause::Base;
use subsidy::facts::{Claim, EntryCost, EntryLine, Facts, FeeLine, LoanInterest, OperatingCost, TestFees};
use web::Draft;

use super::answers::{
    self, AmountAnswer, CapacityAnswer, CostAnswer, EnteredAnswer, EntryAnswer, FeeAnswer, FirmAnswer,
    InvestmentAnswer, LoanAnswer, PersonsAnswer, PlatformAnswer, ReceiptAnswer, ReceivedAnswer, RevenueAnswer,
    TotalInvestmentAnswer,
};
use super::kept::Kept;
use super::step::{Step, title_of};

/// Something missing or wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it is put right.
    pub step: Step,
    /// What it is.
    pub words: String,
}

/// What the answers amount to.
#[derive(Clone, Debug, Default)]
pub struct Composed {
    /// The facts, once all of them can be read.
    pub claim: Option<Claim>,
    /// 申请金额
    pub applied: Option<Money>,
    /// The project.
    pub project: Option<String>,
    /// Files by item.
    pub items: BTreeMap<cases::ItemKey, Vec<Evidence>>,
    /// Invoices and loans it rests on.
    pub supports: BTreeSet<Support>,
    /// Money from elsewhere.
    pub received: Vec<Received>,
    /// Everything that is missing or wrong, in the order of the steps.
    pub faults: Vec<Fault>,
}

/// What is read from, and what it is about.
pub struct Composing<'a> {
    /// An empty form.
    pub blank: &'a Draft,
    /// The answers.
    pub kept: &'a Kept,
    /// The call.
    pub call: &'a Call,
    /// Its benefit, as the context of assessments names it.
    pub benefit: &'a subsidy::BenefitId,
    /// What the benefit counts.
    pub base: Base,
    /// The case that is completed.
    pub completes: Option<&'a Case>,
}

impl Composing<'_> {
    /// Everything the answers amount to.
    pub fn composed(&self) -> Composed {
        let mut composed = Composed::default();
        let firm = self.one::<FirmAnswer>(&Step::Firm, &mut composed);
        let unnamed = firm.as_ref().is_some_and(|firm| firm.project.is_none());
        if self.base == Base::ProjectInvestment && unnamed {
            Self::fault(&mut composed, &Step::Firm, "请写明项目名称");
        }
        let facts = self.facts(&mut composed);
        self.files(&mut composed);
        self.received(&mut composed);
        composed.applied = self.one::<AmountAnswer>(&Step::Amount, &mut composed).map(|AmountAnswer(amount)| amount);
        let order = super::step::steps(self.call, self.base);
        let place = |step: &Step| order.iter().position(|other| *other == step.listed_in());
        composed.faults.sort_by_key(|fault| place(&fault.step));
        if let (Some(firm), Some(facts)) = (firm, facts) {
            composed.project = firm.project;
            composed.claim = Some(Claim {
                benefit: self.benefit.clone(),
                year: self.call.terms.year,
                project: composed.project.as_deref().map(Into::into),
                packaging_test_firm: firm.packaging,
                score: None,
                verified: None,
                district: None,
                facts,
            });
        }
        composed
    }

    fn fault(composed: &mut Composed, step: &Step, words: impl Into<String>) {
        composed.faults.push(Fault { step: step.clone(), words: words.into() });
    }

    /// A step that is asked once.
    fn one<T: web::FromFields>(&self, step: &Step, composed: &mut Composed) -> Option<T> {
        let Some(fields) = self.kept.answer(step.name()) else {
            Self::fault(composed, step, format!("“{}”还没有填写", step.label(self.call)));
            return None;
        };
        match answers::of(self.blank, fields) {
            Ok(read) => Some(read),
            Err(faults) => {
                let label = step.label(self.call);
                composed.faults.extend(
                    faults.into_iter().map(|words| Fault { step: step.clone(), words: format!("{label} · {words}") }),
                );
                None
            }
        }
    }

    /// A step that is asked for each row; `None` when one cannot be read.
    fn each<T: web::FromFields>(&self, row: impl Fn(usize) -> Step, composed: &mut Composed) -> Option<Vec<T>> {
        let rows = self.kept.rows(row(1).name());
        let mut read = Vec::with_capacity(rows.len());
        for (index, fields) in rows.iter().enumerate() {
            let step = row(index + 1);
            match answers::of(self.blank, fields) {
                Ok(one) => read.push(one),
                Err(faults) => {
                    for words in faults {
                        Self::fault(composed, &step, format!("{} · {words}", step.label(self.call)));
                    }
                }
            }
        }
        (read.len() == rows.len()).then_some(read)
    }

    fn facts(&self, composed: &mut Composed) -> Option<Facts> {
        match self.base {
            Base::LoanInterest => self.loan_interest(composed).map(Facts::LoanInterest),
            Base::TestFees => self.test_fees(composed).map(Facts::TestFees),
            Base::OperatingCost => self.operating_cost(composed).map(Facts::OperatingCost),
            Base::AnnualRevenue => {
                let read = self.one::<RevenueAnswer>(&Step::Revenue, composed);
                read.map(|RevenueAnswer(facts)| Facts::AnnualRevenue(facts))
            }
            Base::ProjectInvestment => {
                let read = self.one::<TotalInvestmentAnswer>(&Step::TotalInvestment, composed);
                read.map(|TotalInvestmentAnswer(facts)| Facts::ProjectInvestment(facts))
            }
            Base::EntryCost => self.entry_cost(composed).map(Facts::EntryCost),
            Base::TrainedPersons => {
                let read = self.one::<PersonsAnswer>(&Step::Persons, composed);
                read.map(|PersonsAnswer(facts)| Facts::TrainedPersons(facts))
            }
        }
    }

    fn loan_interest(&self, composed: &mut Composed) -> Option<LoanInterest> {
        let investment = self.one::<InvestmentAnswer>(&Step::Investment, composed);
        if self.kept.rows("loan").is_empty() {
            Self::fault(composed, &Step::Loans, "还没有填写借款");
        }
        let loans = self.each::<LoanAnswer>(Step::Loan, composed)?;
        // Contracts that a completion leaves as they were are those of the claim as it was sent.
        if loans.iter().any(|loan| loan.contract.is_none()) {
            let filed = self.completes.and_then(Case::material).map(|material| material.supports.clone());
            composed.supports.extend(filed.unwrap_or_default());
        }
        composed.supports.extend(loans.iter().filter_map(|loan| loan.contract.clone()).map(Support::Loan));
        let loans: Vec<_> = loans.into_iter().map(|answer| answer.loan).collect();
        let InvestmentAnswer(investment) = investment?;
        (!loans.is_empty()).then_some(LoanInterest { investment, planned: None, loans })
    }

    fn test_fees(&self, composed: &mut Composed) -> Option<TestFees> {
        let opens = self.one::<CapacityAnswer>(&Step::Service, composed);
        if self.kept.rows("fee").is_empty() {
            Self::fault(composed, &Step::Fees, "还没有列入发票");
        }
        let lines = self.each::<FeeAnswer>(Step::Fee, composed)?;
        let lines: Vec<FeeLine> = lines.into_iter().map(|FeeAnswer(line)| line).collect();
        Self::invoices(Step::Fee, lines.iter().map(|line| line.number.as_deref()), composed);
        let CapacityAnswer(opens_capacity) = opens?;
        (!lines.is_empty()).then_some(TestFees { opens_capacity, lines })
    }

    /// Invoices of listed lines: each once.
    fn invoices<'a>(
        row: impl Fn(usize) -> Step,
        numbers: impl Iterator<Item = Option<&'a str>>,
        composed: &mut Composed,
    ) {
        for (index, number) in numbers.enumerate() {
            let Some(number) = number else { continue };
            if !composed.supports.insert(Support::Invoice(number.to_owned())) {
                Self::fault(composed, &row(index + 1), format!("发票 {number} 列了两次，请删去一行"));
            }
        }
    }

    fn entry_cost(&self, composed: &mut Composed) -> Option<EntryCost> {
        let entered = self.one::<EnteredAnswer>(&Step::Entered, composed);
        if self.kept.rows("entry").is_empty() {
            Self::fault(composed, &Step::Entries, "还没有列入费用");
        }
        let lines = self.each::<EntryAnswer>(Step::Entry, composed)?;
        let lines: Vec<EntryLine> = lines.into_iter().map(|EntryAnswer(line)| line).collect();
        Self::invoices(Step::Entry, lines.iter().map(|line| line.number.as_deref()), composed);
        let EnteredAnswer(entered) = entered?;
        (!lines.is_empty()).then_some(EntryCost { entered, lines })
    }

    fn operating_cost(&self, composed: &mut Composed) -> Option<OperatingCost> {
        let service = self.one::<PlatformAnswer>(&Step::Service, composed);
        let costs = self.one::<CostAnswer>(&Step::Costs, composed);
        let chosen = self.kept.answer(Step::Invoices.name());
        let numbers = chosen.into_iter().flatten().filter(|(name, _)| name == "supports");
        composed.supports.extend(numbers.map(|(_, number)| Support::Invoice(number.clone())));
        if chosen.is_none() && self.kept.invoices().next().is_some() {
            Self::fault(composed, &Step::Invoices, "请确认本次申报依据哪些发票");
        }
        let (service, CostAnswer(parts)) = (service?, costs?);
        Some(OperatingCost { public_service: service.public, recognition: service.recognition, parts })
    }

    fn files(&self, composed: &mut Composed) {
        for item in &self.call.terms.checklist {
            let files: Vec<_> = self.kept.files(&item.key).iter().map(|file| file.evidence.clone()).collect();
            if files.is_empty() && item.required {
                Self::fault(composed, &Step::Material(item.key.clone()), format!("还缺材料“{}”", item.title));
            }
            if !files.is_empty() {
                composed.items.insert(item.key.clone(), files);
            }
        }
        if let Some(case) = self.completes {
            self.wanted(case, composed);
        }
    }

    /// Items that were sent back must have changed.
    fn wanted(&self, case: &Case, composed: &mut Composed) {
        let cases::Stage::Returned { wanted, .. } = &case.stage else { return };
        let before = case.material().map(|material| material.items.clone()).unwrap_or_default();
        for key in wanted.iter().filter(|key| before.get(*key) == composed.items.get(*key)) {
            let words = format!("要求补正的“{}”还没有更换或补充", title_of(self.call, key));
            composed.faults.push(Fault { step: Step::Material(key.clone()), words });
        }
    }

    fn received(&self, composed: &mut Composed) {
        let any = self.one::<ReceivedAnswer>(&Step::Received, composed);
        let rows = self.each::<ReceiptAnswer>(Step::Receipt, composed);
        let rows: Vec<_> = rows.unwrap_or_default().into_iter().map(|ReceiptAnswer(received)| received).collect();
        if any.is_some_and(|ReceivedAnswer(any)| any) && rows.is_empty() {
            Self::fault(composed, &Step::Received, "您选择了“有”其他资金，请至少列出一笔");
        }
        composed.received = rows;
    }
}

impl Composed {
    /// The material of a new claim.
    pub fn material(&self, claim: &Claim, applied: Money) -> Material {
        Material {
            claim: claim.filed_digest(),
            applied,
            project: self.project.clone(),
            items: self.items.clone(),
            supports: self.supports.clone(),
            received: self.received.clone(),
        }
    }

    /// What a completion changes of the material as it stands.
    pub fn changes(&self, before: &Material, claim: &Claim, applied: Money) -> Changes {
        let digest = claim.filed_digest();
        let items = self.items.iter().filter(|(key, files)| before.items.get(*key) != Some(*files));
        // An item that is not required and was emptied is replaced by nothing.
        let emptied = before.items.keys().filter(|key| !self.items.contains_key(*key));
        let emptied = emptied.map(|key| (key.clone(), Vec::new()));
        Changes {
            claim: (digest != before.claim).then_some(digest),
            applied: (applied != before.applied).then_some(applied),
            items: items.map(|(key, files)| (key.clone(), files.clone())).chain(emptied).collect(),
            supports: (self.supports != before.supports).then(|| self.supports.clone()),
            received: (self.received != before.received).then(|| self.received.clone()),
        }
    }
}
