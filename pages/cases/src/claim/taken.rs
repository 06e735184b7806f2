//! A file as it was taken in: looked at, kept by its content, with what a reader should know of it.

use cases::ItemKey;
use kernel::{CreditCode, Date, Evidence, Money};
use office::Hall;
use serde::{Deserialize, Serialize};
use web::{Failure, Upload};

/// Largest body of one upload, in bytes: several files at once.
pub const BODY: usize = 64 << 20;
/// For the file field.
pub const ACCEPT: &str = ".pdf,.ofd,.xml,.png,.jpg,.jpeg,.docx,.xlsx";

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
    let looked = match look(upload) {
        Ok(looked) => looked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let evidence = hall.keep_file(&upload.name, &upload.bytes).await?;
    let (kind, remarks, invoices) = looked;
    Ok(Ok(Taken { evidence, kind, remarks, invoices }))
}

/// Kind, remarks, invoices.
type Looked = (String, Vec<String>, Vec<ReadInvoice>);

fn look(upload: &Upload) -> Result<Looked, String> {
    let kind = upload.name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_uppercase());
    if upload.bytes.is_empty() {
        return Err("文件是空的（0 字节）：请确认文件能打开后重新上传".to_owned());
    }
    Ok((kind, Vec::new(), Vec::new()))
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
