//! What somebody should know about a file that was taken.

use kernel::{Date, Money};
use serde::{Deserialize, Serialize};

use crate::Field;

/// What the person who opens or relies on a file should know. [`Display`](std::fmt::Display) is the sentence for pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Remark {
    /// Of every invoice: fields are claims of the document.
    #[error("发票 {number} 的内容按文件所载读取，没有验证电子签名：请在全国增值税发票查验平台查验")]
    NotVerified {
        /// Of the invoice.
        number: String,
    },
    /// A field that is not there or not in a form that can be read. It was not guessed.
    #[error("发票的{}无法读取{}：请对照票面手工填写", field.label(), quoted(text))]
    Unreadable {
        /// Which.
        field: Field,
        /// What stood there; `None`: nothing.
        text: Option<String>,
    },
    /// Two places of one file say different things. Neither was believed.
    #[error("发票的{}前后不一：{first_place}为“{first}”，{second_place}为“{second}”，均未采用：请核对原件", field.label())]
    Disagreement {
        /// Which.
        field: Field,
        /// Where one stands.
        first_place: String,
        /// The one.
        first: String,
        /// Where the other stands.
        second_place: String,
        /// The other.
        second: String,
    },
    /// An amount that the file does not state, computed from the two others.
    #[error("发票未载明{}，按另外两项金额算得", field.label())]
    Derived {
        /// Which.
        field: Field,
    },
    /// Net and tax do not make the total.
    #[error("发票 {number}：金额 {net} 元加税额 {tax} 元，不等于价税合计 {total} 元")]
    Sum {
        /// Of the invoice.
        number: String,
        /// Without tax.
        net: Money,
        /// Tax.
        tax: Money,
        /// With tax.
        total: Money,
    },
    /// An identification number that is no credit code: an old one, a person's, or a wrong one.
    #[error("发票的{}“{text}”不是有效的统一社会信用代码（{why}）", field.label())]
    NotACreditCode {
        /// Which.
        field: Field,
        /// What stands there.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The first two digits of a fully digital invoice's number are the year it was issued in.
    #[error("发票号码 {number} 的年度位与开票日期 {issued} 不符")]
    NumberYear {
        /// Of the invoice.
        number: String,
        /// Of the invoice.
        issued: Date,
    },
    /// Issued later than today.
    #[error("发票 {number} 的开票日期 {issued} 晚于今天")]
    Future {
        /// Of the invoice.
        number: String,
        /// Of the invoice.
        issued: Date,
    },
    /// A red-letter invoice (红字发票) takes back another; it pays for nothing.
    #[error("发票 {number} 是红字发票（冲销），不能作为支出凭证")]
    Red {
        /// Of the invoice.
        number: String,
    },
    /// A file attached to a PDF, of a kind that runs nothing.
    #[error("PDF 内附有文件（{what}）：查阅时请一并打开")]
    Attachment {
        /// What it is.
        what: String,
    },
    /// Fetches or names something outside of itself.
    #[error("文件引用了外部内容“{target}”：打开时请不要允许更新或下载")]
    External {
        /// Where to.
        target: String,
    },
    /// Bytes behind the end, which viewers pass over (phones append film clips to photographs).
    #[error("文件结尾之后还有 {bytes} 字节附加数据，查看时不会显示")]
    Trailing {
        /// How many.
        bytes: u64,
    },
    /// An OFD with several documents: their invoices were not read.
    #[error("OFD 中含有 {count} 份文档，未自动读取发票：请逐份核对")]
    SeveralDocuments {
        /// How many.
        count: u32,
    },
}

fn quoted(text: &Option<String>) -> String {
    text.as_ref().map_or_else(|| "（未找到）".to_owned(), |text| format!("（“{text}”）"))
}
