//! No double funding: one invoice or loan supports one benefit, and money from elsewhere counts.

use std::collections::BTreeSet;

use kernel::{Context, CreditCode, Date, Digest, Money, Refusal, Role};
use serde::{Deserialize, Serialize};

use crate::call::Terms;
use crate::case::Case;
use crate::document::not_later;
use crate::key::CaseId;
use crate::material::Material;
use crate::state::State;
use crate::text;

/// What a claim rests on, by an identity that is the same wherever it turns up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// An invoice by its number (20 digits for electronic ones), with its code where it has one.
    Invoice(String),
    /// A loan by lender and contract number. It bears interest every year, so a year supports a benefit once.
    Loan(String),
}

impl std::fmt::Display for Support {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invoice(number) => write!(f, "发票 {number}"),
            Self::Loan(contract) => write!(f, "借款合同 {contract}"),
        }
    }
}

/// Money received elsewhere, as the firm declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Who gave it.
    pub department: String,
    /// 文号 of the decision or plan: by it the declaration is compared with what was imported.
    pub document: String,
    /// How much.
    pub amount: Money,
}

impl Received {
    pub(crate) fn checked(self) -> Result<Self, Refusal> {
        if self.amount <= Money::ZERO {
            return Err(Refusal::invalid("received", "已获其他资金的金额应大于 0。"));
        }
        Ok(Self {
            department: text::required("received", "资金来源部门", &self.department)?,
            document: text::required("received", "资金下达文号", &self.document)?,
            ..self
        })
    }
}

/// 其他部门资金: what another department or the state gave a firm, imported from its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherFunding {
    /// Who received it.
    pub firm: CreditCode,
    /// Who gave it.
    pub department: String,
    /// Under what name.
    pub programme: String,
    /// 文号 of the decision or plan.
    pub document: String,
    /// How much.
    pub amount: Money,
    /// When.
    pub on: Date,
    /// Invoices and loans it supported, where the list names them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub supports: BTreeSet<Support>,
    /// Of the list it was read from.
    pub file: Digest,
}

/// Why a claim would be funded twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The same invoice or loan stands behind another case.
    SupportUsed {
        /// Which.
        support: Support,
        /// The other case.
        by: CaseId,
    },
    /// Another department has funded the same invoice or loan.
    FundedElsewhere {
        /// Which.
        support: Support,
        /// By whom.
        department: String,
        /// 文号.
        document: String,
    },
    /// Money of the claim's year that was imported and not declared.
    Undeclared {
        /// By whom.
        department: String,
        /// 文号.
        document: String,
        /// How much.
        amount: Money,
    },
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SupportUsed { support, by } => write!(f, "{support} 已用于办件 {by}"),
            Self::FundedElsewhere { support, department, document } => {
                write!(f, "{support} 已获{department}资金（{document}）")
            }
            Self::Undeclared { department, document, amount } => {
                write!(f, "{department}已下达资金 {amount} 元（{document}），申报时没有说明")
            }
        }
    }
}

/// Everything that would fund this material twice. `own`: the case it belongs to, when it has one.
pub fn conflicts(
    state: &State,
    own: Option<CaseId>,
    firm: CreditCode,
    terms: &Terms,
    material: &Material,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    for support in &material.supports {
        let others = state.supported_by(support).filter(|case| own != Some(case.id) && case.stage.holds_supports());
        let clashing = others.filter(|case| clashes(support, terms, case));
        found.extend(clashing.map(|case| Conflict::SupportUsed { support: support.clone(), by: case.id }));
        let elsewhere = state.other_funding_for(support);
        found.extend(elsewhere.map(|funding| Conflict::FundedElsewhere {
            support: support.clone(),
            department: funding.department.clone(),
            document: funding.document.clone(),
        }));
    }
    let of_year = state.other_funding_of(firm).filter(|funding| funding.on.year() == terms.year);
    let undeclared = of_year.filter(|funding| !material.received.iter().any(|own| own.document == funding.document));
    found.extend(undeclared.map(|funding| Conflict::Undeclared {
        department: funding.department.clone(),
        document: funding.document.clone(),
        amount: funding.amount,
    }));
    found
}

/// Whether two cases may not rest on the same support: under one benefit an invoice counts once and a loan once a year;
/// under two benefits only where the call's interpretation says so.
fn clashes(support: &Support, terms: &Terms, other: &Case) -> bool {
    if other.benefit == terms.benefit {
        return matches!(support, Support::Invoice(_)) || other.year == terms.year;
    }
    !terms.sharing.contains_key(&other.benefit)
}

/// Refuses when anything would be funded twice.
pub(crate) fn require_no_conflict(
    state: &State,
    own: Option<CaseId>,
    firm: CreditCode,
    terms: &Terms,
    material: &Material,
) -> Result<(), Refusal> {
    let found = conflicts(state, own, firm, terms, material);
    if found.is_empty() {
        return Ok(());
    }
    let found: Vec<_> = found.iter().take(10).map(ToString::to_string).collect();
    Err(Refusal::forbidden(format!("同一支出不得重复支持：{}。请更换或剔除后再办理。", found.join("；"))))
}

/// Decides an import of another department's list: all rows or none.
pub(crate) fn import(state: &State, context: &Context, rows: Vec<OtherFunding>) -> Result<Vec<OtherFunding>, Refusal> {
    context.require(&[Role::CityOfficer, Role::Finance])?;
    if rows.is_empty() {
        return Err(Refusal::invalid("rows", "文件里没有可导入的资金记录。"));
    }
    let check = |(number, row): (usize, OtherFunding)| {
        let at = |what: String| Refusal::invalid("rows", format!("第 {} 行：{what}", number + 1));
        let known = |known: &&OtherFunding| known.firm == row.firm && known.document == row.document;
        if state.other_funding_of(row.firm).any(|funding| known(&funding) && funding.amount == row.amount) {
            return Err(at(format!("{} 的 {} 已经导入过，请删除后重新导入。", row.firm, row.document)));
        }
        if row.amount <= Money::ZERO || row.amount > Money::LIMIT {
            return Err(at("金额应大于 0 且不超过 90 万亿元。".to_owned()));
        }
        not_later(context, "rows", "下达日期", row.on).map_err(|refusal| at(refusal.reason.into_owned()))?;
        Ok(OtherFunding {
            department: text::required("rows", "资金来源部门", &row.department)?,
            programme: text::required("rows", "资金名称", &row.programme)?,
            document: text::required("rows", "资金下达文号", &row.document)?,
            ..row
        })
    };
    rows.into_iter().enumerate().map(check).collect()
}
