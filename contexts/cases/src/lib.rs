//! Calls, cases and payments (政策兑现): how money promised by a plan reaches a firm, lawfully, once, and provably.
//!
//! Assessment and cap accounts are another context's; what they say arrives here as plain data ([`case::Assessment`]),
//! and what they must learn is read from events here ([`account::effect`]).

pub mod account;
pub mod adverse;
pub mod basis;
pub mod call;
pub mod case;
pub mod challenge;
pub mod document;
pub mod due;
pub mod history;
pub mod key;
pub mod material;
pub mod meeting;
pub mod notice;
pub mod payment;
pub mod performance;
pub mod proactive;
pub mod reduction;
pub mod relation;
pub mod rules;
pub mod state;
pub mod statistics;
pub mod support;
mod text;
pub mod view;
pub mod voucher;

pub use call::{Call, Terms};
pub use case::{Case, Stage, StageKind};
pub use key::{
    AdverseId, AssessmentId, BenefitId, CallId, CaseId, ComplaintId, FundRuleId, FundingPlanId, ItemKey, MeetingId,
    NoticeId, ObjectionId, OrderId, ReportId, VoucherNumber,
};
pub use rules::Rules;
pub use state::{Command, Event, State, decide};
