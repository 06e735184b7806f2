//! Example files for demonstrations and tests: 示例数据, each of them says so on its face.
//!
//! The same input gives the same bytes.

use std::io::{Cursor, Write as _};

use kernel::{CreditCode, Date, Money};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::{Invoice, InvoiceKind};

/// What marks every file made here.
pub const MARK: &str = "示例数据";

/// An invoice with all its fields, to be made into a file. `number`: 20 digits, the first two of them its year.
pub fn invoice(
    number: &str,
    issued: Date,
    seller: (CreditCode, &str),
    buyer: (CreditCode, &str),
    net: Money,
    tax: Money,
) -> Invoice {
    Invoice {
        kind: InvoiceKind::Special,
        code: None,
        number: number.to_owned(),
        issued,
        seller: Some(seller.0),
        seller_name: Some(seller.1.to_owned()),
        buyer: Some(buyer.0),
        buyer_name: Some(buyer.1.to_owned()),
        net,
        tax,
        total: net + tax,
        red: false,
    }
}

/// The invoice as the XML of a fully digital invoice.
pub fn xml(invoice: &Invoice) -> String {
    let kind = match invoice.kind {
        InvoiceKind::Special => ("01", "增值税专用发票"),
        InvoiceKind::Ordinary | InvoiceKind::Unstated => ("02", "普通发票"),
    };
    let blue = if invoice.red { "N" } else { "Y" };
    let (seller, seller_name) = party(invoice.seller, &invoice.seller_name);
    let (buyer, buyer_name) = party(invoice.buyer, &invoice.buyer_name);
    let Invoice { number, issued, .. } = invoice;
    let (net, tax, total) = (invoice.net.plain(), invoice.tax.plain(), invoice.total.plain());
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<EInvoice>
  <Header>
    <EIid>{number}</EIid>
    <InherentLabel>
      <InIssuType><LabelCode>{blue}</LabelCode></InIssuType>
      <GeneralOrSpecialVAT><LabelCode>{}</LabelCode><LabelName>{}</LabelName></GeneralOrSpecialVAT>
    </InherentLabel>
  </Header>
  <EInvoiceData>
    <SellerInformation><SellerIdNum>{seller}</SellerIdNum><SellerName>{seller_name}</SellerName></SellerInformation>
    <BuyerInformation><BuyerIdNum>{buyer}</BuyerIdNum><BuyerName>{buyer_name}</BuyerName></BuyerInformation>
    <BasicInformation>
      <TotalAmWithoutTax>{net}</TotalAmWithoutTax>
      <TotalTaxAm>{tax}</TotalTaxAm>
      <TotalTax-includedAmount>{total}</TotalTax-includedAmount>
      <RequestTime>{issued} 10:00:00</RequestTime>
    </BasicInformation>
    <AdditionalInformation><Remark>{MARK}</Remark></AdditionalInformation>
  </EInvoiceData>
  <TaxSupervisionInfo><InvoiceNumber>{number}</InvoiceNumber><IssueTime>{issued} 10:00:05</IssueTime></TaxSupervisionInfo>
</EInvoice>
"#,
        kind.0, kind.1
    )
}

fn party(code: Option<CreditCode>, name: &Option<String>) -> (String, String) {
    (code.map(|code| code.to_string()).unwrap_or_default(), escaped(name.as_deref().unwrap_or_default()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The invoice as a one-page OFD: text on the page, custom tags that point to it, and custom data.
///
/// # Errors
/// Only when memory for the archive cannot be had.
pub fn ofd(invoice: &Invoice) -> std::io::Result<Vec<u8>> {
    let (seller, seller_name) = party(invoice.seller, &invoice.seller_name);
    let (buyer, buyer_name) = party(invoice.buyer, &invoice.buyer_name);
    let issued = invoice.issued.strftime("%Y年%m月%d日").to_string();
    let (net, tax, total) = (invoice.net.plain(), invoice.tax.plain(), invoice.total.plain());
    // Tag, name of the custom data, what is printed in front, value.
    let fields: [(&str, &str, &str, &str); 9] = [
        ("InvoiceNo", "发票号码", "发票号码：", &invoice.number),
        ("IssueDate", "开票日期", "开票日期：", &issued),
        ("Buyer/BuyerName", "购买方名称", "购买方名称：", &buyer_name),
        ("Buyer/BuyerTaxID", "购买方纳税人识别号", "购买方统一社会信用代码：", &buyer),
        ("Seller/SellerName", "销售方名称", "销售方名称：", &seller_name),
        ("Seller/SellerTaxID", "销售方纳税人识别号", "销售方统一社会信用代码：", &seller),
        ("TaxExclusiveTotalAmount", "合计金额", "合计金额：¥", &net),
        ("TaxTotalAmount", "合计税额", "合计税额：¥", &tax),
        ("TaxInclusiveTotalAmount", "价税合计", "价税合计：¥", &total),
    ];
    let (mut data, mut tags, mut texts) = (String::new(), String::new(), String::new());
    let title = format!("电子发票（{}）", invoice.kind.label());
    texts.push_str(&text_object(11, 150.0, 15.0, 5.0, MARK));
    texts.push_str(&text_object(10, 60.0, 15.0, 5.0, &title));
    for (row, (tag, name, label, value)) in (0_u16..).zip(fields) {
        let (id, top) = (100 + row * 2, 30.0 + 10.0 * f64::from(row));
        texts.push_str(&text_object(id, 15.0, top, 3.5, label));
        texts.push_str(&text_object(id + 1, 75.0, top, 3.5, value));
        data.push_str(&format!(r#"<ofd:CustomData Name="{name}">{value}</ofd:CustomData>"#));
        let parts: Vec<&str> = tag.split('/').collect();
        let opening: String = parts.iter().map(|part| format!("<ofd:{part}>")).collect();
        let closing: String = parts.iter().rev().map(|part| format!("</ofd:{part}>")).collect();
        tags.push_str(&format!(r#"{opening}<ofd:ObjectRef PageRef="1">{}</ofd:ObjectRef>{closing}"#, id + 1));
    }
    let root = format!(
        r#"<ofd:DocBody><ofd:DocInfo><ofd:DocID>{}</ofd:DocID><ofd:Title>{MARK}</ofd:Title><ofd:CustomDatas>{data}</ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"#,
        invoice.number
    );
    let document = r#"<ofd:CommonData><ofd:MaxUnitID>1000</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>0 0 210 140</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages><ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>"#;
    archive(&[
        ("OFD.xml", &part("OFD", r#" Version="1.0" DocType="OFD""#, &root)),
        ("Doc_0/Document.xml", &part("Document", "", document)),
        (
            "Doc_0/PublicRes.xml",
            &part(
                "Res",
                r#" BaseLoc="Res""#,
                r#"<ofd:Fonts><ofd:Font ID="2" FontName="宋体" FamilyName="宋体"/></ofd:Fonts>"#,
            ),
        ),
        (
            "Doc_0/Pages/Page_0/Content.xml",
            &part(
                "Page",
                "",
                &format!(r#"<ofd:Content><ofd:Layer ID="3" Type="Body">{texts}</ofd:Layer></ofd:Content>"#),
            ),
        ),
        (
            "Doc_0/Tags/CustomTags.xml",
            &part(
                "CustomTags",
                "",
                r#"<ofd:CustomTag TypeID="0"><ofd:FileLoc>CustomTag.xml</ofd:FileLoc></ofd:CustomTag>"#,
            ),
        ),
        ("Doc_0/Tags/CustomTag.xml", &part("eInvoice", "", &tags)),
    ])
}

/// A part of an OFD with its root element.
fn part(root: &str, attributes: &str, content: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><ofd:{root} xmlns:ofd="http://www.ofdspec.org/2016"{attributes}>{content}</ofd:{root}>"#
    )
}

/// Text at a place, in millimetres from the left and upper edge.
fn text_object(id: u16, left: f64, top: f64, size: f64, text: &str) -> String {
    let advances = vec![size.to_string(); text.chars().count().saturating_sub(1)].join(" ");
    format!(
        r#"<ofd:TextObject ID="{id}" Boundary="{left} {top} 120 8" Font="2" Size="{size}"><ofd:TextCode X="0" Y="5" DeltaX="{advances}">{text}</ofd:TextCode></ofd:TextObject>"#
    )
}

fn archive(parts: &[(&str, &str)]) -> std::io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default().last_modified_time(zip::DateTime::default()))?;
        zip.write_all(content.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// A PDF of one page: a title, some lines, and the mark. The font is that of the reader (宋体), not embedded.
pub fn pdf(title: &str, lines: &[&str]) -> Vec<u8> {
    let shown = |size: u8, text: &str| -> String {
        let codes: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
        format!("/F1 {size} Tf <{codes}> Tj 0 -24 Td\n")
    };
    let mut content = String::from("BT 72 770 Td\n");
    content.push_str(&shown(16, title));
    content.push_str(&shown(10, MARK));
    lines.iter().for_each(|line| content.push_str(&shown(11, line)));
    content.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [6 0 R] >>".to_owned(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor 7 0 R /DW 1000 >>".to_owned(),
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>".to_owned(),
    ];
    let (mut file, mut places) = ("%PDF-1.5\n".to_owned(), String::from("0000000000 65535 f \n"));
    for (number, object) in (1..).zip(&objects) {
        places.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let (index, count) = (file.len(), objects.len() + 1);
    file.push_str(&format!(
        "xref\n0 {count}\n{places}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{index}\n%%EOF\n"
    ));
    file.into_bytes()
}
