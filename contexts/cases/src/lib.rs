//! Calls, cases and payments (政策兑现): how money promised by a plan reaches a firm, lawfully, once, and provably.
//!
//! ```text
//! plan sentence ─► FundRule ─► Call ─► Case ─► Meeting ─► Notice ─► FundingPlan ─► Order ─► Voucher ─► acceptance
//!                    │          │       │                    ▲                                            │
//!      FairCompetitionReview  Sheet   Material               Objection            AdverseDecision ◄───────┘
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`basis`], [`document`] | the dated documents a case rests on |
//! | [`call`], [`performance`], [`reduction`] | terms, window, budget; budget-performance sheets; sharing out to the fen |
//! | [`case`], [`material`], [`support`] | the claim's way with all its stages; what was sent in; no double funding |
//! | [`relation`] | who is related to an applicant and may not touch its case |
//! | [`proactive`] | awards offered because proven facts show them |
//! | [`meeting`], [`notice`], [`challenge`] | decision, public notice, objection, complaint, report |
//! | [`receipt`] | how those who spoke read the answer without saying who they are |
//! | [`payment`], [`voucher`] | plans, orders, and what was really paid |
//! | [`adverse`] | rejection, clawback, bar, with hearing, remedy and proof of service |
//! | [`rules`] | every legal period and limit, dated, from the catalog |
//! | [`due`], [`view`], [`statistics`] | who is late; timeline, what is missing, queue; days and sums |
//!
//! Assessment and cap accounts are another context's. What others know arrives as plain data: an [`case::Assessment`] and
//! the [`relation::Relations`] of a firm by commands that only the program may send, the [`case::Applicant`] with the
//! claim. A case moves no further before its relations were recorded, nor past city review before it was assessed. What
//! cap accounts must learn from an event, [`account::effect`] says; what dates demand of the program, [`due::commands`].

pub mod account;
pub mod adverse;
pub mod basis;
pub mod call;
pub mod case;
pub mod challenge;
pub mod document;
pub mod due;
pub mod key;
pub mod material;
pub mod meeting;
pub mod notice;
pub mod payment;
pub mod performance;
pub mod proactive;
pub mod receipt;
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
