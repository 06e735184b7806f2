//! Invoices in OFD files (GB/T 33190-2016).
//!
//! An OFD invoice can state its fields three times: in the custom data of `OFD.xml` (发票号码 and others by name), in an
//! attached XML file (`original_invoice.xml`), and on the page, whose text objects the custom tags
//! (`Tags/CustomTag.xml`) name by id. All are read and compared, for people look at the page and programs at the
//! attachment. What a fully digital invoice shows is in tags and custom data; older ones have the attachment too.

use std::collections::{HashMap, HashSet};

use crate::archive::{Archive, Budget};
use crate::invoice_xml::{self, Document, TAGGED};
use crate::stated::Statements;
use crate::unacceptable::shortened;
use crate::{Field, Invoice, InvoiceKind, Kind, Limits, Remark, Unacceptable, xml};

const WHAT: &str = Kind::Ofd.label();
const PROPERTIES: &str = "文档属性";
const PAGE: &str = "票面";
const ATTACHMENT: &str = "附件 XML";

/// Names of custom data in `OFD.xml`.
const CUSTOM_DATA: &[(&str, Field)] = &[
    ("发票代码", Field::Code),
    ("发票号码", Field::Number),
    ("开票日期", Field::Issued),
    ("销售方纳税人识别号", Field::Seller),
    ("销售方名称", Field::SellerName),
    ("购买方纳税人识别号", Field::Buyer),
    ("购买方名称", Field::BuyerName),
    ("合计金额", Field::Net),
    ("合计税额", Field::Tax),
    ("价税合计", Field::Total),
];

#[derive(Default)]
struct Reading {
    documents: u32,
    properties: Statements,
    attached: Vec<Statements>,
    /// Fields by the ids of the text objects that show them, in their order.
    tags: Vec<(Field, String)>,
}

/// Looks at all of the archive, and reads its invoices.
pub(crate) fn inspect(
    archive: &mut Archive<'_>,
    budget: &mut Budget<'_>,
) -> Result<(Vec<Invoice>, Vec<Remark>), Unacceptable> {
    let limits = *budget.limits;
    let mut reading = Reading::default();
    let wanted = |name: &str| name == "OFD.xml" || is_tag(name) || is_attachment(name);
    archive.unpack(budget, wanted, |name, content| reading.take(name, content, &limits))?;
    if reading.documents > 1 {
        return Ok((Vec::new(), vec![Remark::SeveralDocuments { count: reading.documents }]));
    }
    let page = reading.page(archive, &limits)?;
    let statements = reading.together(page);
    let (mut invoices, mut remarks) = (Vec::new(), Vec::new());
    for statements in statements.iter().filter(|statements| is_invoice(statements)) {
        let (invoice, said) = statements.settle();
        invoices.extend(invoice);
        remarks.extend(said);
    }
    Ok((invoices, remarks))
}

fn is_tag(name: &str) -> bool {
    name.ends_with("/CustomTag.xml")
}

fn is_attachment(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.ends_with(".xml")
        && (lower.contains("/attach") || lower.ends_with("/original_invoice.xml"))
        && !lower.ends_with("/attachments.xml")
}

fn is_page(name: &str) -> bool {
    name.ends_with("/Content.xml")
}

/// The kind, when the text is the title of an invoice, such as 电子发票（普通发票） or 某市增值税电子专用发票.
fn kind_by_title(text: &str) -> Option<InvoiceKind> {
    const LONGEST: usize = 20;
    let text: String = text.chars().filter(|letter| !letter.is_whitespace()).take(LONGEST + 1).collect();
    let ends_in =
        |endings: &[&str]| text.chars().count() <= LONGEST && endings.iter().any(|ending| text.ends_with(ending));
    if ends_in(&["电子发票（增值税专用发票）", "增值税电子专用发票"]) {
        Some(InvoiceKind::Special)
    } else if ends_in(&["电子发票（普通发票）", "增值税电子普通发票"]) {
        Some(InvoiceKind::Ordinary)
    } else {
        None
    }
}

/// A document that is no invoice states no number of one and no amount.
fn is_invoice(statements: &Statements) -> bool {
    let states = |sought: &[Field]| statements.fields.iter().any(|stated| sought.contains(&stated.field));
    states(&[Field::Number]) && states(&[Field::Net, Field::Tax, Field::Total])
}

impl Reading {
    fn take(&mut self, name: &str, content: &[u8], limits: &Limits) -> Result<(), Unacceptable> {
        let refusal = |error: xml::XmlError| error.refusal(WHAT, &shortened(name));
        if is_attachment(name) {
            if let Document::Invoice(statements) = invoice_xml::read(content, ATTACHMENT, limits).map_err(refusal)? {
                self.attached.push(statements);
            }
            return Ok(());
        }
        let text = xml::decode(content, limits).map_err(refusal)?;
        let is_tag = is_tag(name);
        xml::walk(&text, limits, |open| if is_tag { self.tag(open) } else { self.property(open) }).map_err(refusal)
    }

    fn property(&mut self, open: &[xml::Element]) {
        let Some(element) = open.last() else { return };
        match element.name.as_str() {
            "DocBody" => self.documents += 1,
            "CustomData" => {
                let name = element.attribute("Name").unwrap_or_default();
                if let Some((_, field)) = CUSTOM_DATA.iter().find(|(known, _)| *known == name) {
                    self.properties.state(*field, &element.text, PROPERTIES);
                }
            }
            _ => {}
        }
    }

    fn tag(&mut self, open: &[xml::Element]) {
        let Some((reference, above)) = open.split_last().filter(|(last, _)| last.name == "ObjectRef") else { return };
        let path = invoice_xml::path(above);
        // The root may be the invoice itself or a list around it.
        let field = TAGGED.iter().find(|(known, _)| path == *known || path.ends_with(&format!("/{known}")));
        if let Some((_, field)) = field {
            self.tags.push((*field, reference.text.trim().to_owned()));
        }
    }

    /// What the page shows where the tags point to. Only texts that are pointed to are kept.
    fn page(&self, archive: &mut Archive<'_>, limits: &Limits) -> Result<Statements, Unacceptable> {
        let mut shown = Statements::default();
        if self.tags.is_empty() {
            return Ok(shown);
        }
        let ids: HashSet<&str> = self.tags.iter().map(|(_, id)| id.as_str()).collect();
        let mut texts: HashMap<String, String> = HashMap::new();
        archive.again(&mut Budget::of(limits), is_page, |name, content| {
            let refusal = |error: xml::XmlError| error.refusal(WHAT, &shortened(name));
            let text = xml::decode(content, limits).map_err(refusal)?;
            xml::walk(&text, limits, |open| {
                let Some(code) = open.last().filter(|element| element.name == "TextCode") else { return };
                shown.kind = shown.kind.or_else(|| kind_by_title(&code.text));
                let object = open.iter().rev().find(|element| element.name == "TextObject");
                if let Some(id) = object.and_then(|object| object.attribute("ID")).filter(|id| ids.contains(id)) {
                    texts.entry(id.to_owned()).or_default().push_str(&code.text);
                }
            })
            .map_err(refusal)
        })?;
        let mut fields: Vec<Field> = self.tags.iter().map(|(field, _)| *field).collect();
        fields.sort_unstable();
        fields.dedup();
        for field in fields {
            // The sign ¥ and the amount, or the lines of a long name, are objects of their own.
            let own = self.tags.iter().filter(|(tagged, _)| *tagged == field);
            let whole: String = own.filter_map(|(_, id)| texts.get(id)).map(String::as_str).collect();
            shown.state(field, &whole, PAGE);
        }
        Ok(shown)
    }

    /// All that is stated, by invoice: one that is stated in three places, or several attached ones.
    fn together(self, page: Statements) -> Vec<Statements> {
        let mut attached = self.attached;
        if attached.len() > 1 {
            return attached;
        }
        let mut whole = attached.pop().unwrap_or_default();
        whole.kind = whole.kind.or(page.kind);
        whole.fields.extend(page.fields);
        whole.fields.extend(self.properties.fields);
        vec![whole]
    }
}
