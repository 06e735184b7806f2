//! A file as it was taken in: looked at, kept by its content, with what a reader should know of it.

use cases::ItemKey;
use kernel::{CreditCode, Date, Evidence, Money};
use office::Hall;
use serde::{Deserialize, Serialize};
use upload::{Invoice, Kind, Limits};
use web::{Failure, Upload};

/// Largest body of one upload, in bytes: several files at once.
pub const BODY: usize = 64 << 20;
/// For the file field.
pub const ACCEPT: &str = Kind::ACCEPT;

/// A file that is kept, with what was found in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Its place among the kept files.
    pub evidence: Evidence,
    /// What it is, in Chinese.
    pub kind: String,
    /// What whoever opens or relies on it should know.
    pub remarks: Vec<String>,
    /// Invoices it holds.
    pub invoices: Vec<ReadInvoice>,
}

/// An invoice as its file states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadInvoice {
    /// Number, with the code before it where it has one: what tells it from all others.
    pub number: String,
    /// 开票日期.
    pub issued: Date,
    /// Who sold.
    pub seller: Option<CreditCode>,
    /// As printed.
    pub seller_name: String,
    /// Who bought.
    pub buyer: Option<CreditCode>,
    /// As printed.
    pub buyer_name: String,
    /// Without tax.
    pub net: Money,
    /// Tax.
    pub tax: Money,
    /// Takes back another.
    pub red: bool,
}

/// Looks at a file and keeps it; a file that may not be taken is told in a sentence for the person who sent it.
pub async fn take(hall: &Hall, upload: &Upload) -> Result<Result<Taken, String>, Failure> {
    let inspected = match upload::inspect(&upload.name, &upload.bytes, &Limits::default()) {
        Ok(inspected) => inspected,
        Err(refusal) => return Ok(Err(refusal.to_string())),
    };
    let evidence = match hall.keep_uploaded(&upload.name, &upload.bytes).await? {
        Ok(evidence) => evidence,
        Err(verdict) => {
            return Ok(Err(format!("{}，没有保存：请换一台已杀毒的电脑重新导出后再上传", verdict.label())));
        }
    };
    Ok(Ok(Taken {
        evidence,
        kind: inspected.kind.label().to_owned(),
        remarks: inspected.remarks.iter().map(ToString::to_string).collect(),
        invoices: inspected.invoices.into_iter().map(ReadInvoice::from).collect(),
    }))
}

impl From<Invoice> for ReadInvoice {
    fn from(invoice: Invoice) -> Self {
        Self {
            number: invoice.identity(),
            issued: invoice.issued,
            seller: invoice.seller,
            seller_name: invoice.seller_name.unwrap_or_default(),
            buyer: invoice.buyer,
            buyer_name: invoice.buyer_name.unwrap_or_default(),
            net: invoice.net,
            tax: invoice.tax,
            red: invoice.red,
        }
    }
}

/// A file of a claim that was sent before: kept already, looked at then.
pub fn sent_before(evidence: &Evidence) -> Taken {
    Taken { evidence: evidence.clone(), kind: "此前已提交".to_owned(), remarks: Vec::new(), invoices: Vec::new() }
}

/// How a file's size is said.
pub fn spoken_size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} 字节"),
        1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => format!("{}.{} MB", bytes >> 20, ((bytes & 0xf_ffff) * 10) >> 20),
    }
}

/// Which files of an item a person takes out, by digest.
pub fn without(files: &mut std::collections::BTreeMap<ItemKey, Vec<Taken>>, item: &ItemKey, digest: &str) {
    if let Some(files) = files.get_mut(item) {
        files.retain(|file| file.evidence.digest.to_string() != digest);
    }
}
