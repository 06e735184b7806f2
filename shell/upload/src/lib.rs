//! What a firm may send in.
//!
//! [`inspect`] looks at an uploaded file without any input or output: what it is (by its content, never by its name),
//! whether an official can open it safely, and which invoices it holds. It either says what it found, or refuses with
//! a sentence for the person who uploads. Nothing is ever unpacked to disk, and every count is taken while unpacking:
//! sizes that a file declares about itself are not believed.
//!
//! **What it does not do.** It is no virus scanner ([`Scanner`] is the port for one), and it does not verify the
//! electronic signature of an invoice: what it reads is what the document claims ([`Remark::NotVerified`]). Whether
//! the invoice exists, the national verification platform (全国增值税发票查验平台) answers.
//!
//! ```
//! use upload::{Kind, Limits, Unacceptable, inspect};
//!
//! let refused = inspect("合同.pdf", b"PK\x03\x04", &Limits::default());
//! assert!(matches!(refused, Err(Unacceptable::Damaged { .. })));
//! let refused = inspect("照片.heic", b"\0\0\0\x18ftypheic", &Limits::default()).unwrap_err();
//! assert!(refused.to_string().contains("HEIC"));
//! ```

mod archive;
mod clamd;
pub mod example;
mod image;
mod invoice;
mod invoice_xml;
mod kind;
mod limits;
mod ofd;
mod package;
mod pdf;
mod remark;
mod scanner;
mod sniff;
mod stated;
mod unacceptable;
mod xml;

pub use clamd::{Clamd, ClamdAddress, ClamdAddressError};
pub use invoice::{Field, Invoice, InvoiceKind};
pub use kind::Kind;
pub use limits::Limits;
pub use remark::Remark;
pub use scanner::{BoxFuture, Scanner, Unconfigured, Verdict};
pub use unacceptable::Unacceptable;

use sniff::Form;

/// What was found in a file that may be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// What it is.
    pub kind: Kind,
    /// The invoices it holds, as it states them.
    pub invoices: Vec<Invoice>,
    /// What the person who opens or relies on it should know, in the order found.
    pub remarks: Vec<Remark>,
}

/// Looks at a file: its kind, whether it is safe to open, its invoices. `name` is the name it was uploaded under.
///
/// # Errors
/// [`Unacceptable`] with what is wrong and what to do, when the file may not be taken.
pub fn inspect(name: &str, content: &[u8], limits: &Limits) -> Result<Inspected, Unacceptable> {
    let size = content.len() as u64;
    if content.is_empty() {
        return Err(Unacceptable::Empty);
    }
    if size > limits.file_bytes {
        return Err(Unacceptable::TooLarge { found: size, limit: limits.file_bytes });
    }
    let form = sniff::form(content)?;
    let (kind, invoices, remarks) = match form {
        Form::Pdf => {
            let (invoices, remarks) = pdf::inspect(content, limits)?;
            (Kind::Pdf, invoices, remarks)
        }
        Form::Zip => package::inspect(content, &mut archive::Budget::of(limits))?,
        Form::Xml => {
            let (invoices, remarks) = invoice_xml::inspect(content, limits)?;
            (Kind::XmlInvoice, invoices, remarks)
        }
        Form::Png => (Kind::Png, Vec::new(), image::png(content, limits)?),
        Form::Jpeg => (Kind::Jpeg, Vec::new(), image::jpeg(content, limits)?),
    };
    if form != Form::Zip && sniff::has_archive_behind(content) {
        return Err(Unacceptable::TwoInOne { kind, other: "压缩包" });
    }
    sniff::agrees(name, kind)?;
    Ok(Inspected { kind, invoices, remarks })
}
