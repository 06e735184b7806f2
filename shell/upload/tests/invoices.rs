//! Invoices read from XML and OFD.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use kernel::Money;
use made::{invoice, looked, zip};
use upload::{Field, InvoiceKind, Kind, Remark, Unacceptable, example};

const VERIFY: &str = "26502000000012345678";

fn not_verified() -> Vec<Remark> {
    vec![Remark::NotVerified { number: VERIFY.into() }]
}

#[test]
fn what_is_made_is_read_again() {
    let made = invoice();
    let files = [("a.xml", example::xml(&made).into_bytes()), ("a.ofd", example::ofd(&made).unwrap())];
    for (name, content) in files {
        let found = looked(name, &content).unwrap();
        assert_eq!((&found.invoices[..], found.remarks), (&[made.clone()][..], not_verified()), "{name}");
    }
    assert_eq!(example::ofd(&made).unwrap(), example::ofd(&made).unwrap(), "the same bytes");
}

#[test]
fn names_with_special_characters_survive() {
    let mut made = invoice();
    made.seller_name = Some("示例 R&D <实验> \"甲\" 公司".into());
    for (name, content) in [("a.xml", example::xml(&made).into_bytes()), ("a.ofd", example::ofd(&made).unwrap())] {
        assert_eq!(looked(name, &content).unwrap().invoices, [made.clone()], "{name}");
    }
}

#[test]
fn red_and_ordinary_invoices_are_told_apart() {
    let mut made = invoice();
    made.kind = InvoiceKind::Ordinary;
    made.red = true;
    (made.net, made.tax, made.total) = (-made.net, -made.tax, -made.total);
    let found = looked("a.xml", example::xml(&made).as_bytes()).unwrap();
    assert_eq!(found.invoices, [made]);
    assert!(found.remarks.contains(&Remark::Red { number: VERIFY.into() }));
}

#[test]
fn line_items_are_no_totals() {
    let items = "<IssuItemInformation><Amount>1.00</Amount><TotaltaxIncludedAmount>9.99</TotaltaxIncludedAmount><TotalTax-includedAmount>9.99</TotalTax-includedAmount><SellerName>别人</SellerName></IssuItemInformation>";
    let xml = example::xml(&invoice()).replace("<AdditionalInformation>", &format!("{items}<AdditionalInformation>"));
    assert_eq!(looked("a.xml", xml.as_bytes()).unwrap().invoices, [invoice()]);
}

#[test]
fn the_day_of_the_request_counts_and_that_of_the_file_stands_in() {
    let xml = example::xml(&invoice());
    let next_day = xml.replace("2026-03-05 10:00:05", "2026-03-06 00:00:01");
    assert_eq!(looked("a.xml", next_day.as_bytes()).unwrap().invoices, [invoice()]);
    let without = xml.replace("<RequestTime>2026-03-05 10:00:00</RequestTime>", "<RequestTime/>");
    assert_eq!(looked("a.xml", without.as_bytes()).unwrap().invoices, [invoice()]);
    let neither = without.replace("2026-03-05 10:00:05", "");
    let found = looked("a.xml", neither.as_bytes()).unwrap();
    assert_eq!(found.invoices, []);
    assert_eq!(found.remarks, [Remark::Unreadable { field: Field::Issued, text: None }]);
}

#[test]
fn two_numbers_in_one_invoice_are_both_disbelieved() {
    let xml = example::xml(&invoice()).replace("<EIid>26502000000012345678", "<EIid>26502000000099999999");
    let found = looked("a.xml", xml.as_bytes()).unwrap();
    assert_eq!(found.invoices, []);
    assert!(matches!(&found.remarks[..], [Remark::Disagreement { field: Field::Number, .. }]), "{:?}", found.remarks);
}

/// The older form, as attached to OFD invoices with a code.
fn older(total: &str) -> String {
    format!(
        r#"<eInvoice xmlns:fp="http://www.edrm.org.cn/schema/e-invoice/2019" Version="1.0"><fp:DocID>01</fp:DocID><fp:InvoiceCode>050001700111</fp:InvoiceCode><fp:InvoiceNo>12345678</fp:InvoiceNo><fp:IssueDate>2021年04月07日</fp:IssueDate><fp:Buyer><fp:BuyerName>示例甲</fp:BuyerName></fp:Buyer><fp:Seller><fp:SellerName>示例乙</fp:SellerName><fp:SellerTaxID>91500000MAEX00010T</fp:SellerTaxID></fp:Seller><fp:TaxExclusiveTotalAmount>100.00</fp:TaxExclusiveTotalAmount><fp:TaxTotalAmount>6.00</fp:TaxTotalAmount><fp:TaxInclusiveTotalAmount>{total}</fp:TaxInclusiveTotalAmount><fp:GoodsInfos><fp:GoodsInfo><fp:Amount>1</fp:Amount></fp:GoodsInfo></fp:GoodsInfos></eInvoice>"#
    )
}

fn data(name: &str, value: &str) -> String {
    format!(r#"<ofd:CustomData Name="{name}">{value}</ofd:CustomData>"#)
}

fn root(custom_data: &str) -> String {
    format!(
        r#"<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"><ofd:DocBody><ofd:DocInfo><ofd:CustomDatas>{custom_data}</ofd:CustomDatas></ofd:DocInfo></ofd:DocBody></ofd:OFD>"#
    )
}

#[test]
fn older_invoices_are_read_from_the_attachment() {
    let properties = root(&(data("发票代码", "050001700111") + &data("价税合计", "106.00")));
    let attached = older("106.00");
    let ofd = zip(&[("OFD.xml", properties.as_bytes()), ("Doc_0/Attachs/original_invoice.xml", attached.as_bytes())]);
    let found = looked("a.ofd", &ofd).unwrap();
    let [invoice] = &found.invoices[..] else { panic!("{:?}", found.remarks) };
    assert_eq!(
        (invoice.code.as_deref(), invoice.number.as_str(), invoice.kind),
        (Some("050001700111"), "12345678", InvoiceKind::Ordinary)
    );
    assert_eq!(
        (invoice.total, invoice.buyer, invoice.buyer_name.as_deref()),
        (Money::from_yuan(106), None, Some("示例甲"))
    );
    assert_eq!(looked("a.xml", attached.as_bytes()).unwrap().invoices, found.invoices, "the attachment alone");
}

#[test]
fn an_attachment_that_differs_from_the_page_is_not_believed() {
    let properties = root(&data("价税合计", "106.00"));
    let attached = older("10600.00");
    let ofd = zip(&[("OFD.xml", properties.as_bytes()), ("Doc_0/Attachs/original_invoice.xml", attached.as_bytes())]);
    let found = looked("a.ofd", &ofd).unwrap();
    assert_eq!(found.invoices, []);
    let said = found.remarks[0].to_string();
    assert!(said.contains("附件 XML为“10600.00”") && said.contains("文档属性为“106.00”"), "{said}");
}

#[test]
fn custom_data_alone_give_what_they_hold() {
    let properties: String = [
        ("发票号码", VERIFY),
        ("合计税额", "2.61"),
        ("合计金额", "261.39"),
        ("开票日期", "2026年01月06日"),
        ("销售方纳税人识别号", "91500000MAEX00010T"),
        ("购买方纳税人识别号", "91500106MAEX00029K"),
    ]
    .iter()
    .map(|(name, value)| data(name, value))
    .collect();
    let found = looked("a.ofd", &zip(&[("OFD.xml", root(&properties).as_bytes())])).unwrap();
    assert_eq!(found.invoices[0].total, Money::from_yuan(264));
    for remark in [
        Remark::Derived { field: Field::Total },
        Remark::Unreadable { field: Field::SellerName, text: None },
        Remark::Unreadable { field: Field::BuyerName, text: None },
    ] {
        assert!(found.remarks.contains(&remark), "{remark}: {:?}", found.remarks);
    }
}

#[test]
fn signs_and_broken_lines_on_the_page_are_joined() {
    let tags = r#"<:eInvoice xmlns:=""/>"#;
    let bad = zip(&[("OFD.xml", root("").as_bytes()), ("Doc_0/Tags/CustomTag.xml", tags.as_bytes())]);
    assert!(looked("a.ofd", &bad).is_ok() || looked("a.ofd", &bad).is_err(), "never a panic");
    let tags = r#"<r><InvoiceNo><ObjectRef PageRef="1">1</ObjectRef></InvoiceNo><IssueDate><ObjectRef>2</ObjectRef></IssueDate><Buyer><BuyerName><ObjectRef>3</ObjectRef><ObjectRef>4</ObjectRef></BuyerName></Buyer><Seller><SellerName><ObjectRef>5</ObjectRef></SellerName><SellerTaxID><ObjectRef>6</ObjectRef></SellerTaxID></Seller><TaxExclusiveTotalAmount><ObjectRef>7</ObjectRef><ObjectRef>8</ObjectRef></TaxExclusiveTotalAmount><TaxTotalAmount><ObjectRef>9</ObjectRef></TaxTotalAmount><TaxInclusiveTotalAmount><ObjectRef>10</ObjectRef></TaxInclusiveTotalAmount></r>"#;
    let texts = [
        VERIFY,
        "2026年03月05日",
        "示例（重庆）封测",
        "有限公司",
        "示例仪器有限公司",
        "91500000MAEX00010T",
        "¥",
        "100.00",
        "***",
        "100.00",
    ];
    let objects: String = (1..)
        .zip(texts)
        .map(|(id, text)| format!(r#"<TextObject ID="{id}"><TextCode><![CDATA[{text}]]></TextCode></TextObject>"#))
        .collect();
    let page = format!("<Page><Content><Layer>{objects}</Layer></Content></Page>");
    // The page stands in front of the tags: the order in the archive must not matter.
    let ofd = zip(&[
        ("OFD.xml", root("").as_bytes()),
        ("Doc_0/Pages/Page_0/Content.xml", page.as_bytes()),
        ("Doc_0/Tags/CustomTag.xml", tags.as_bytes()),
    ]);
    let found = looked("a.ofd", &ofd).unwrap();
    let [invoice] = &found.invoices[..] else { panic!("{:?}", found.remarks) };
    assert_eq!(invoice.buyer_name.as_deref(), Some("示例（重庆）封测有限公司"));
    assert_eq!((invoice.net, invoice.tax, invoice.total), (Money::from_yuan(100), Money::ZERO, Money::from_yuan(100)));
    assert!(found.remarks.contains(&Remark::Derived { field: Field::Tax }));
}

#[test]
fn an_ofd_that_is_no_invoice_is_a_document() {
    let found =
        looked("a.ofd", &zip(&[("OFD.xml", root("").as_bytes()), ("Doc_0/Document.xml", b"<Document/>")])).unwrap();
    assert_eq!((found.kind, found.invoices, found.remarks), (Kind::Ofd, vec![], vec![]));
    let several = root("").replace("</ofd:OFD>", "<ofd:DocBody/></ofd:OFD>");
    let found = looked("a.ofd", &zip(&[("OFD.xml", several.as_bytes())])).unwrap();
    assert_eq!(found.remarks, [Remark::SeveralDocuments { count: 2 }]);
    let locked = zip(&[("OFD.xml", root("").as_bytes()), ("Encryptions.xml", b"<Encryptions/>")]);
    assert!(matches!(looked("a.ofd", &locked), Err(Unacceptable::Encrypted { .. })));
}
