//! An electronic invoice as its document states it.

use kernel::{CreditCode, Date, Money};
use serde::{Deserialize, Serialize};

use crate::Remark;

/// An electronic invoice as its document states it. It is there only when number, date and amounts could all be read;
/// otherwise [`Remark::Unreadable`] and [`Remark::Disagreement`] name what could not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Whether its tax can be deducted.
    pub kind: InvoiceKind,
    /// 发票代码, 10 or 12 digits; a fully digital invoice (数电票) has none.
    pub code: Option<String>,
    /// 发票号码: 20 digits of a fully digital invoice, 8 digits with a code.
    pub number: String,
    /// 开票日期.
    pub issued: Date,
    /// Who sold. `None`: no credit code could be read.
    pub seller: Option<CreditCode>,
    /// As printed.
    pub seller_name: Option<String>,
    /// Who bought. `None`: a person, or no credit code could be read.
    pub buyer: Option<CreditCode>,
    /// As printed.
    pub buyer_name: Option<String>,
    /// 合计金额, without tax.
    pub net: Money,
    /// 合计税额.
    pub tax: Money,
    /// 价税合计.
    pub total: Money,
    /// 红字发票: takes back an earlier one.
    pub red: bool,
}

/// Kinds of value-added-tax invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvoiceKind {
    /// 增值税专用发票.
    Special,
    /// 普通发票.
    Ordinary,
    /// The document does not say.
    Unstated,
}

impl InvoiceKind {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Special => "增值税专用发票",
            Self::Ordinary => "普通发票",
            Self::Unstated => "发票（种类未载明）",
        }
    }
}

/// A field of an invoice, to name it in remarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// 发票代码.
    Code,
    /// 发票号码.
    Number,
    /// 开票日期.
    Issued,
    /// 销售方统一社会信用代码.
    Seller,
    /// 销售方名称.
    SellerName,
    /// 购买方统一社会信用代码.
    Buyer,
    /// 购买方名称.
    BuyerName,
    /// 合计金额.
    Net,
    /// 合计税额.
    Tax,
    /// 价税合计.
    Total,
}

impl Field {
    /// As printed on invoices.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Code => "发票代码",
            Self::Number => "发票号码",
            Self::Issued => "开票日期",
            Self::Seller => "销售方统一社会信用代码",
            Self::SellerName => "销售方名称",
            Self::Buyer => "购买方统一社会信用代码",
            Self::BuyerName => "购买方名称",
            Self::Net => "合计金额",
            Self::Tax => "合计税额",
            Self::Total => "价税合计",
        }
    }
}

impl Invoice {
    /// What tells one invoice from all others: code and number, or the 20 digits alone. One invoice supports one
    /// benefit.
    pub fn identity(&self) -> String {
        format!("{}{}", self.code.as_deref().unwrap_or_default(), self.number)
    }

    /// What is odd about it on a given day; the rest was already said when the file was inspected.
    pub fn seen_on(&self, today: Date) -> Option<Remark> {
        (self.issued > today).then(|| Remark::Future { number: self.number.clone(), issued: self.issued })
    }
}
