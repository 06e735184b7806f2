//! Everything the context knows, and the one path by which it changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet, Vector};
use kernel::{
    Actor, Context, CreditCode, Date, Digest, Evidence, Impossible, Money, Recorded, Refusal, Revision, Role,
};
use serde::{Deserialize, Serialize};

use crate::adverse::{self, AdverseDecision};
use crate::basis::{self, FundRule, ReviewRecord};
use crate::call::{self, Call};
use crate::case::{self, Applicant, Case};
use crate::challenge::{self, Answered, Complaint, Objection, Report};
use crate::document::Citation;
use crate::key::{
    AdverseId, BenefitId, CallId, CaseId, ComplaintId, FundRuleId, FundingPlanId, MeetingId, NoticeId, ObjectionId,
    OrderId, ReportId, VoucherNumber,
};
use crate::material::Material;
use crate::meeting::{self, Meeting};
use crate::notice::{self, Notice, Publication};
use crate::payment::{self, FundingPlan, NewOrder, OrderRecord, PlanRecord};
use crate::proactive::{self, Invitation, Proposal};
use crate::rules::Rules;
use crate::support::{self, OtherFunding, Support};
use crate::voucher::{self, Payee, Receipt, Voucher, VoucherRecord};

mod read;
mod write;

/// Calls, cases and payments of a city. Cloning is O(1).
#[derive(Clone, Debug, Default, Serialize)]
pub struct State {
    #[serde(skip)]
    rules: Option<Arc<Rules>>,
    rules_digest: Option<Digest>,
    fund_rules: OrdMap<FundRuleId, Arc<FundRule>>,
    reviews: OrdMap<BenefitId, Vector<Arc<ReviewRecord>>>,
    calls: OrdMap<CallId, Arc<Call>>,
    cases: OrdMap<CaseId, Arc<Case>>,
    invitations: OrdMap<CallId, OrdMap<CreditCode, Arc<Invitation>>>,
    meetings: OrdMap<MeetingId, Arc<Meeting>>,
    notices: OrdMap<NoticeId, Arc<Notice>>,
    plans: OrdMap<FundingPlanId, Arc<PlanRecord>>,
    orders: OrdMap<OrderId, Arc<OrderRecord>>,
    vouchers: OrdMap<VoucherNumber, Arc<VoucherRecord>>,
    voucher_files: OrdSet<Digest>,
    receipts: OrdMap<VoucherNumber, Arc<Receipt>>,
    other_funding: Vector<Arc<OtherFunding>>,
    adverse: OrdMap<AdverseId, Arc<AdverseDecision>>,
    objections: OrdMap<ObjectionId, Arc<Answered<Objection>>>,
    complaints: OrdMap<ComplaintId, Arc<Answered<Complaint>>>,
    reports: OrdMap<ReportId, Arc<Answered<Report>>>,
    /// What follows from the records above.
    #[serde(skip)]
    index: Index,
}

/// Ways to find records; follows from them.
#[derive(Clone, Debug, Default)]
struct Index {
    of_call: OrdMap<CallId, OrdSet<CaseId>>,
    of_firm: OrdMap<CreditCode, OrdSet<CaseId>>,
    adverse_of_firm: OrdMap<CreditCode, OrdSet<AdverseId>>,
    supported: OrdMap<Support, OrdSet<CaseId>>,
    funding_of_firm: OrdMap<CreditCode, Vector<Arc<OtherFunding>>>,
    funding_of_support: OrdMap<Support, Vector<Arc<OtherFunding>>>,
    open: OrdSet<CaseId>,
    open_notices: OrdSet<NoticeId>,
    awaited: OrdMap<(Payee, Money), OrdSet<OrderId>>,
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are those of the records")]
pub enum Command {
    /// Puts the text of [`Rules::FILE`] in force.
    AdoptRules { text: String },
    /// Fund rules and fair-competition reviews.
    Basis(basis::Command),
    /// Does something with a call.
    Call { call: CallId, expected: Option<Revision>, act: call::Act },
    /// A firm applies.
    Submit { case: CaseId, call: CallId, applicant: Applicant, material: Material },
    /// An award is offered without an application, or the firm invited to apply.
    Offer(Box<Proposal>),
    /// Does something with a case.
    Case { case: CaseId, expected: Option<Revision>, act: case::Act },
    /// A meeting decided: amounts by case.
    HoldMeeting { meeting: Meeting, resolutions: BTreeMap<CaseId, Money> },
    /// A notice was published.
    PublishNotice(Publication),
    /// A notice is over; sent by the program.
    ConfirmNotice { notice: NoticeId },
    /// Cases enter a funding plan.
    PlanFunding { plan: FundingPlanId, call: CallId, number: String, document: Evidence, cases: Vec<CaseId> },
    /// Payment is ordered.
    IssueOrders(Vec<NewOrder>),
    /// An order is taken back.
    CancelOrder { order: OrderId, reason: String },
    /// A file of vouchers is imported.
    ImportVouchers { file: Evidence, vouchers: Vec<Voucher> },
    /// A voucher in transit belongs to an order.
    MatchVoucher { voucher: VoucherNumber, order: OrderId },
    /// The bank sent a voucher's money back.
    ReturnVoucher { voucher: VoucherNumber, on: Date, reason: String, proof: Evidence },
    /// A firm paid back something of what is clawed back.
    ReceiveInstalment { receipt: VoucherNumber, case: CaseId, amount: Money, on: Date, proof: Evidence },
    /// A list of other departments' money.
    ImportOtherFunding(Vec<OtherFunding>),
    /// The firm is told of an intended adverse decision.
    ProposeAdverse {
        adverse: AdverseId,
        case: CaseId,
        kind: adverse::Kind,
        reasons: String,
        basis: Vec<Citation>,
        notice: Evidence,
    },
    /// Does something with an adverse decision.
    Adverse { adverse: AdverseId, expected: Option<Revision>, act: adverse::Act },
    /// Objections, complaints, reports.
    Challenge(challenge::Command),
}

impl Command {
    /// Whether a person acting for a firm needs the authority to file (授权范围：申报材料) for it.
    pub const fn files_for_a_firm(&self) -> bool {
        use case::Act::{Consent, Decline, Resubmit, Withdraw};
        matches!(
            self,
            Self::Submit { .. }
                | Self::Case { act: Consent { .. } | Decline { .. } | Resubmit { .. } | Withdraw { .. }, .. }
                | Self::Adverse { act: adverse::Act::Speak(_), .. }
        )
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the fields are those of the records")]
pub enum Event {
    /// Rules came into force.
    RulesAdopted { digest: Digest, text: String },
    /// Fund rules and fair-competition reviews.
    Basis(basis::Event),
    /// Something happened to a call.
    Call { call: CallId, happened: call::Happened },
    /// Something happened to a case.
    Case { case: CaseId, happened: case::Happened },
    /// Facts did not suffice for an offer: the firm may apply.
    Invited { call: CallId, firm: CreditCode, missing: Vec<String> },
    /// A meeting was held; what it decided is told by each case's own event, as with all that follow.
    MeetingHeld(Box<Meeting>),
    /// A notice was published.
    NoticePublished(Box<Notice>),
    /// A funding plan was made.
    Planned(Box<FundingPlan>),
    /// Orders and vouchers.
    Payment(payment::Event),
    /// Other departments' money was imported.
    OtherFundingImported(Vec<OtherFunding>),
    /// Something happened to an adverse decision.
    Adverse { adverse: AdverseId, happened: adverse::Happened },
    /// Objections, complaints, reports.
    Challenge(challenge::Event),
}

/// Decides a command: the events it leads to, or why not.
pub fn decide(state: &State, context: &Context, command: Command) -> Result<Vec<Event>, Refusal> {
    let event = match command {
        Command::AdoptRules { text } => adopt(state, context, text)?,
        Command::Basis(command) => Event::Basis(basis::decide(state, context, command)?),
        Command::Call { call, expected, act } => return call::decide(state, context, call, expected, act),
        Command::Submit { case, call, applicant, material } => {
            case::submit(state, context, case, call, applicant, material)?
        }
        Command::Offer(proposal) => proactive::offer(state, context, *proposal)?,
        Command::Case { case, expected, act } => case::decide(state, context, case, expected, act)?,
        Command::HoldMeeting { meeting, resolutions } => return meeting::hold(state, context, meeting, &resolutions),
        Command::PublishNotice(publication) => return notice::publish(state, context, publication),
        Command::ConfirmNotice { notice } => return notice::confirm(state, context, notice),
        Command::PlanFunding { plan, call, number, document, cases } => {
            return payment::plan(state, context, (plan, call), &number, document, &cases);
        }
        Command::IssueOrders(orders) => return payment::issue(state, context, orders),
        Command::CancelOrder { order, reason } => return payment::cancel(state, context, order, &reason),
        Command::ImportVouchers { file, vouchers } => return voucher::import(state, context, file, vouchers),
        Command::MatchVoucher { voucher, order } => return voucher::match_by_hand(state, context, &voucher, order),
        Command::ReturnVoucher { voucher, on, reason, proof } => {
            return voucher::give_back(state, context, &voucher, (on, &reason, proof));
        }
        Command::ReceiveInstalment { receipt, case, amount, on, proof } => {
            return voucher::receive(state, context, (receipt, case), (amount, on, proof));
        }
        Command::ImportOtherFunding(rows) => Event::OtherFundingImported(support::import(state, context, rows)?),
        Command::ProposeAdverse { adverse, case, kind, reasons, basis, notice } => {
            let proposal = adverse::Proposal { case, kind, reasons, basis, notice };
            return adverse::propose(state, context, adverse, proposal);
        }
        Command::Adverse { adverse, expected, act } => return adverse::decide(state, context, adverse, expected, act),
        Command::Challenge(command) => return challenge::decide(state, context, command),
    };
    Ok(vec![event])
}

fn adopt(state: &State, context: &Context, text: String) -> Result<Event, Refusal> {
    if context.actor != Actor::System {
        context.require(&[Role::SystemAdministrator])?;
        context.require_reauthentication()?;
    }
    let rules = Rules::parse(&text).map_err(|error| Refusal::invalid("text", error.to_string()))?;
    if state.rules_digest == Some(rules.digest) {
        return Err(Refusal::conflict("这一版时限规则已经生效，无需重复采用。"));
    }
    Ok(Event::RulesAdopted { digest: rules.digest, text })
}

impl State {
    /// Assigns one event of the ledger.
    pub fn apply(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::RulesAdopted { digest, text } => {
                let rules = Rules::parse(text).map_err(|error| Impossible::at(recorded, error.to_string()))?;
                if rules.digest != *digest {
                    return Err(Impossible::at(recorded, "时限规则与其摘要不符"));
                }
                self.rules_digest = Some(*digest);
                self.rules = Some(Arc::new(rules));
            }
            Event::Basis(basis::Event::RuleRecorded(rule)) => {
                self.fund_rules.insert(rule.id, Arc::new((**rule).clone()));
            }
            Event::Basis(basis::Event::Reviewed(review)) => {
                let record = ReviewRecord { review: (**review).clone(), recorded: recorded.clone() };
                self.reviews.entry(review.benefit.clone()).or_default().push_back(Arc::new(record));
            }
            Event::Call { call, happened } => self.apply_call(recorded, *call, happened)?,
            Event::Case { case, happened } => self.apply_case(recorded, *case, happened)?,
            Event::Invited { call, firm, missing } => {
                let invitation = Invitation { missing: missing.clone(), recorded: recorded.clone() };
                self.invitations.entry(*call).or_default().insert(*firm, Arc::new(invitation));
            }
            Event::MeetingHeld(meeting) => {
                self.meetings.insert(meeting.id, Arc::new((**meeting).clone()));
            }
            Event::NoticePublished(notice) => {
                self.index.open_notices.insert(notice.id);
                self.notices.insert(notice.id, Arc::new((**notice).clone()));
            }
            Event::Planned(plan) => {
                let record = PlanRecord { plan: (**plan).clone(), recorded: recorded.clone() };
                self.plans.insert(plan.id, Arc::new(record));
            }
            Event::Payment(event) => self.apply_payment(recorded, event)?,
            Event::OtherFundingImported(rows) => self.insert_other_funding(rows),
            Event::Adverse { adverse, happened } => self.apply_adverse(recorded, *adverse, happened)?,
            Event::Challenge(event) => self.apply_challenge(recorded, event)?,
        }
        Ok(())
    }

    /// Whether both have the same cases, notices, orders and vouchers: answered by comparing pointers, so “no” may also be
    /// said of states that only look alike.
    pub fn has_same_cases(&self, other: &Self) -> bool {
        self.cases.ptr_eq(&other.cases)
            && self.notices.ptr_eq(&other.notices)
            && self.orders.ptr_eq(&other.orders)
            && self.vouchers.ptr_eq(&other.vouchers)
    }

    /// Over everything in the state, in order: two replays of one ledger agree.
    pub fn digest(&self) -> Digest {
        // Every key serialises as a string and every map is ordered, so this cannot fail; an empty text would only
        // make two states look alike in a test.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}
