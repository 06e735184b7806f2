//! Invoices as XML: the fully digital ones, and those attached to older OFD invoices.
//!
//! What is known of the two forms (facts, gathered from public descriptions and readers; neither form is published as a
//! schema):
//! - **`EInvoice`**, delivered by the tax authority's platform since 2021 (数电票): `Header` with the number (`EIid`) and
//!   labels, `EInvoiceData` with `SellerInformation`, `BuyerInformation` and `BasicInformation`, `TaxSupervisionInfo`
//!   with the number again and the time of issue. `GeneralOrSpecialVAT` is 01 for special and 02 for ordinary invoices,
//!   `InIssuType` is Y for blue and N for red ones. The day of issue is that of `RequestTime` (the element list of the
//!   Ministry of Finance's accounting data standard for electronic vouchers, 财会〔2023〕7号 and its successors);
//!   `IssueTime` is when the file was made, and stands in for it. Line items repeat names of amounts: only full paths
//!   count.
//! - **`eInvoice`** or `Invoice`, in the namespace `http://www.edrm.org.cn/schema/e-invoice/2019`, attached to OFD
//!   invoices since 2020 (公告2020年第1号): flat, with `Buyer` and `Seller`. The custom tags of an OFD
//!   (GB/T 33190-2016, 16) use the same names.

use crate::stated::Statements;
use crate::unacceptable::shortened;
use crate::xml::{self, Element, XmlError};
use crate::{Field, Invoice, InvoiceKind, Kind, Limits, Remark, Unacceptable, sniff};

const DIGITAL: &[(&str, Field)] = &[
    ("Header/EIid", Field::Number),
    ("TaxSupervisionInfo/InvoiceNumber", Field::Number),
    ("EInvoiceData/SellerInformation/SellerIdNum", Field::Seller),
    ("EInvoiceData/SellerInformation/SellerName", Field::SellerName),
    ("EInvoiceData/BuyerInformation/BuyerIdNum", Field::Buyer),
    ("EInvoiceData/BuyerInformation/BuyerName", Field::BuyerName),
    ("EInvoiceData/BasicInformation/TotalAmWithoutTax", Field::Net),
    ("EInvoiceData/BasicInformation/TotalTaxAm", Field::Tax),
    ("EInvoiceData/BasicInformation/TotalTax-includedAmount", Field::Total),
];
const REQUESTED: &str = "EInvoiceData/BasicInformation/RequestTime";
const ISSUED: &str = "TaxSupervisionInfo/IssueTime";
const SPECIAL_OR_ORDINARY: &str = "Header/InherentLabel/GeneralOrSpecialVAT/LabelCode";
const BLUE_OR_RED: &str = "Header/InherentLabel/InIssuType/LabelCode";

/// Of the older form, and of the custom tags of an OFD.
pub(crate) const TAGGED: &[(&str, Field)] = &[
    ("InvoiceCode", Field::Code),
    ("InvoiceNo", Field::Number),
    ("IssueDate", Field::Issued),
    ("Seller/SellerTaxID", Field::Seller),
    ("Seller/SellerName", Field::SellerName),
    ("Buyer/BuyerTaxID", Field::Buyer),
    ("Buyer/BuyerName", Field::BuyerName),
    ("TaxExclusiveTotalAmount", Field::Net),
    ("TaxTotalAmount", Field::Tax),
    ("TaxInclusiveTotalAmount", Field::Total),
];

/// What a piece of XML is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    Invoice(Statements),
    /// Another document, with the name of its root element.
    Other(String),
}

/// The path below the root, such as `Buyer/BuyerName`.
pub(crate) fn path(open: &[Element]) -> String {
    let names: Vec<&str> = open.iter().skip(1).map(|element| element.name.as_str()).collect();
    names.join("/")
}

/// Reads XML. `place` says where in the file it stands.
pub(crate) fn read(content: &[u8], place: &'static str, limits: &Limits) -> Result<Document, XmlError> {
    let text = xml::decode(content, limits)?;
    let (mut statements, mut root) = (Statements::default(), String::new());
    let (mut requested, mut issued) = (None, None);
    xml::walk(&text, limits, |open| {
        let Some((first, last)) = open.first().zip(open.last()) else { return };
        if open.len() == 1 {
            root.clone_from(&first.name);
        }
        let table = match first.name.as_str() {
            "EInvoice" => DIGITAL,
            "eInvoice" | "Invoice" => TAGGED,
            _ => return,
        };
        let path = path(open);
        match path.as_str() {
            REQUESTED => requested = Some(last.text.clone()),
            ISSUED => issued = Some(last.text.clone()),
            SPECIAL_OR_ORDINARY => statements.kind = special_or_ordinary(&last.text),
            BLUE_OR_RED => statements.red = last.text.trim() == "N",
            path => {
                if let Some((_, field)) = table.iter().find(|(known, _)| *known == path) {
                    statements.state(*field, &last.text, place);
                }
            }
        }
    })?;
    if !matches!(root.as_str(), "EInvoice" | "eInvoice" | "Invoice") {
        return Ok(Document::Other(root));
    }
    let day = requested.filter(|text| !text.trim().is_empty()).or(issued);
    statements.state(Field::Issued, &day.unwrap_or_default(), place);
    Ok(Document::Invoice(statements))
}

/// A file of its own: an invoice, or refused.
pub(crate) fn inspect(content: &[u8], limits: &Limits) -> Result<(Vec<Invoice>, Vec<Remark>), Unacceptable> {
    let what = Kind::XmlInvoice.label();
    let text = xml::decode(content, limits).map_err(|error| error.refusal(what, "XML 文件"))?;
    let unsupported = |found: String| Unacceptable::Unsupported { found, advice: sniff::TAKEN };
    let start: String = text.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Err(unsupported("网页".to_owned()));
    }
    match read(content, what, limits).map_err(|error| error.refusal(what, "XML 文件"))? {
        Document::Invoice(statements) if !statements.fields.is_empty() => {
            let (invoice, remarks) = statements.settle();
            Ok((invoice.into_iter().collect(), remarks))
        }
        Document::Invoice(_) => Err(unsupported("不是我国电子发票的 XML 文件".to_owned())),
        Document::Other(root) if root == "svg" => Err(unsupported("SVG 图".to_owned())),
        Document::Other(root) => Err(unsupported(format!("不是电子发票的 XML 文件（根元素 {}）", shortened(&root)))),
    }
}

fn special_or_ordinary(label: &str) -> Option<InvoiceKind> {
    match label.trim() {
        "01" => Some(InvoiceKind::Special),
        "02" => Some(InvoiceKind::Ordinary),
        _ => None,
    }
}
