//! What may be sent in and what may not, as people meet it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use made::{docx, docx_with, invoice, jpeg, looked, pdf, pdf_with, png, refusal, relationship, stream, xlsx, zip};
use upload::{Kind, Limits, Remark, Unacceptable, example, inspect};

#[test]
fn every_kind_is_known_by_its_content() {
    let ofd = example::ofd(&invoice()).unwrap();
    let xml = example::xml(&invoice()).into_bytes();
    let files = [
        (Kind::Pdf, pdf()),
        (Kind::Ofd, ofd),
        (Kind::XmlInvoice, xml),
        (Kind::Png, png(640, 480)),
        (Kind::Jpeg, jpeg(640, 480)),
        (Kind::Docx, docx()),
        (Kind::Xlsx, xlsx()),
    ];
    for (kind, content) in &files {
        for name in [
            format!("材料.{}", kind.extension()),
            "没有扩展名".into(),
            "清单 2026.10".into(),
            format!("A.{}", kind.extension().to_uppercase()),
        ] {
            assert_eq!(looked(&name, content).unwrap_or_else(|error| panic!("{name}: {error}")).kind, *kind, "{name}");
        }
        for other in Kind::ALL.iter().filter(|other| *other != kind) {
            let said = refusal(&format!("材料.{}", other.extension()), content);
            assert!(
                said.contains(&format!(".{}", other.extension())) && said.contains(kind.label()),
                "both are named: {said}"
            );
        }
    }
    assert_eq!(files.len(), Kind::ALL.len());
    assert!(looked("照片.JPEG", &jpeg(1, 1)).is_ok());
}

#[test]
fn other_kinds_are_named_with_advice() {
    let old_word = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 600]].concat();
    let locked: Vec<u8> =
        old_word.iter().copied().chain("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (content, words) in [
        (b"MZ\x90\0 program".as_slice(), "Windows 程序"),
        (b"Rar!\x1a\x07", "解压后逐个上传"),
        (b"\0\0\0\x18ftypheic\0\0", "HEIC"),
        (b"GIF89a", "GIF"),
        (b"<!DOCTYPE html><html></html>", "网页"),
        (b"<html><body/></html>", "网页"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "SVG"),
        (b"<catalog/>", "根元素 catalog"),
        (b"<Invoice xmlns='urn:oasis:names:specification:ubl'><ID>1</ID></Invoice>", "不是我国电子发票"),
        (b"hello", "无法识别"),
        (&old_word, "另存为 docx"),
        (&locked, "取消密码"),
        (&zip(&[("a.txt", b"x")]), "ZIP 压缩包"),
        (&zip(&[("META-INF/MANIFEST.MF", b"x")]), "程序包"),
        (&zip(&[("mimetype", b"application/vnd.oasis.opendocument.text")]), "OpenDocument"),
        (&zip(&[("[Content_Types].xml", br#"<Types><Override ContentType="application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"/></Types>"#)]), "PowerPoint"),
        (b"", "0 字节"),
    ] {
        let said = refusal("文件", content);
        assert!(said.contains(words) && said.contains('请') || said.contains("不能上传程序"), "{words}: {said}");
    }
}

#[test]
fn names_that_hide_what_they_are() {
    for name in ["合同\u{202e}fdp.exe", "a\0.pdf", "a\u{200b}.pdf"] {
        assert_eq!(looked(name, &pdf()), Err(Unacceptable::DeceptiveName), "{name:?}");
    }
    assert!(refusal("合同.pdf.exe", &pdf()).contains(".exe"));
}

#[test]
fn a_file_over_the_limit_of_the_city_is_refused_with_both_sizes() {
    let limits = Limits { file_bytes: 1 << 20, ..Limits::default() };
    let said = inspect("a.pdf", &vec![b'%'; (1 << 20) + 1], &limits).unwrap_err().to_string();
    assert!(said.contains("1.1 MB") && said.contains("上限 1 MB"), "{said}");
}

#[test]
fn truncated_files_are_damaged() {
    let ofd = example::ofd(&invoice()).unwrap();
    let xml = example::xml(&invoice()).into_bytes();
    for content in [pdf(), ofd, xml, png(10, 10), jpeg(10, 10), docx(), xlsx()] {
        for share in [2, 3, 10] {
            let cut = &content[..content.len() - content.len() / share];
            assert!(matches!(looked("文件", cut), Err(Unacceptable::Damaged { .. })), "{:?}", looked("文件", cut));
        }
    }
}

#[test]
fn two_kinds_in_one_are_refused() {
    let archive = zip(&[("a.exe", b"MZ")]);
    for first in [pdf(), png(10, 10), jpeg(10, 10)] {
        let both = [first, archive.clone()].concat();
        assert!(matches!(looked("文件", &both), Err(Unacceptable::TwoInOne { .. })), "{:?}", looked("文件", &both));
    }
    let script = [jpeg(10, 10), b"<script>alert(1)</script>".to_vec()].concat();
    assert!(matches!(looked("a.jpg", &script), Err(Unacceptable::TwoInOne { .. })));
    let clip = [jpeg(10, 10), b"\0\0\0\x18ftypmp42 film".to_vec()].concat();
    assert!(matches!(looked("a.jpg", &clip).unwrap().remarks[..], [Remark::Trailing { bytes: 17 }]), "phones do that");
    let behind_pdf = [pdf(), vec![b'x'; 2000]].concat();
    assert!(matches!(looked("a.pdf", &behind_pdf), Err(Unacceptable::TwoInOne { .. })));
    let mut commented = docx();
    let end = commented.len();
    commented[end - 2] = 40;
    commented.extend([b'#'; 40]);
    assert!(matches!(looked("a.docx", &commented), Err(Unacceptable::Structure { .. })));
    let both = zip(&[("OFD.xml", b"<OFD/>"), ("[Content_Types].xml", made::WORD_TYPES.as_bytes())]);
    assert!(matches!(looked("a.ofd", &both), Err(Unacceptable::TwoInOne { .. })));
}

#[test]
fn images_that_do_not_fit_into_memory() {
    for content in [png(100_000, 100_000), jpeg(65_500, 65_500)] {
        assert!(matches!(looked("a", &content), Err(Unacceptable::Bomb { .. })));
    }
    assert!(matches!(looked("a.png", &png(0, 5)), Err(Unacceptable::Damaged { .. })));
}

#[test]
fn macros_controls_and_objects_of_office_are_refused() {
    let macro_types = made::WORD_TYPES.replace(
        "openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "ms-word.document.macroEnabled.main+xml",
    );
    for (content, words) in [
        (docx_with(&[("word/vbaProject.bin", b"x")]), "宏"),
        (zip(&[("[Content_Types].xml", macro_types.as_bytes()), ("word/document.xml", b"<a/>")]), "宏"),
        (docx_with(&[("xl/macrosheets/sheet1.xml", b"<a/>")]), "宏"),
        (docx_with(&[("word/activeX/activeX1.xml", b"<a/>")]), "ActiveX"),
        (docx_with(&[("word/embeddings/oleObject1.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")]), "OLE"),
        (docx_with(&[("word/media/image1.png", b"\x7fELF")]), "程序"),
        (
            docx_with(&[(
                "word/_rels/settings.xml.rels",
                relationship("attachedTemplate", "https://example.com/a.dotm").as_bytes(),
            )]),
            "网络",
        ),
        (
            docx_with(&[(
                "xl/externalLinks/externalLink1.xml",
                b"<externalLink><ddeLink ddeService='cmd'/></externalLink>",
            )]),
            "DDE",
        ),
    ] {
        let said = refusal("a.docx", &content);
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn what_office_fetches_harmlessly_is_remarked_or_passed_over() {
    let own_template = relationship("attachedTemplate", "file:///C:\\Users\\a\\Normal.dotm");
    let found = looked("a.docx", &docx_with(&[("word/_rels/settings.xml.rels", own_template.as_bytes())])).unwrap();
    assert!(matches!(&found.remarks[..], [Remark::External { target }] if target.contains("Normal.dotm")));
    let link = relationship("hyperlink", "https://example.com");
    assert_eq!(looked("a.docx", &docx_with(&[("word/_rels/document.xml.rels", link.as_bytes())])).unwrap().remarks, []);
    let chart = docx_with(&[("word/embeddings/Microsoft_Excel_Sheet.xlsx", &xlsx())]);
    assert_eq!(looked("a.docx", &chart).unwrap().kind, Kind::Docx, "a chart carries its workbook");
}

#[test]
fn pdfs_that_run_something_or_are_locked_are_refused() {
    let objects = made::flate(b"10 0 << /S /JavaScript /JS (app.alert(1)) >>");
    let twice = made::flate(&objects);
    let mut program = [b"MZ".as_slice(), &[0; 66]].concat();
    program[60] = 64;
    program[64..66].copy_from_slice(b"PE");
    for (object, words) in [
        (b"<< /S /JavaScript /JS (app.alert(1)) >>".to_vec(), "JavaScript"),
        (b"<< /S /J#61vaScript /JS (x) >>".to_vec(), "JavaScript"),
        (b"<</S/Launch/F(cmd.exe)>>".to_vec(), "启动程序"),
        (b"<< /AcroForm << /XFA 5 0 R >> >>".to_vec(), "XFA"),
        (stream("/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode", &objects), "JavaScript"),
        (stream("/N 1 /First 5 /Filter /FlateDecode", &objects), "JavaScript"),
        (stream("/Type /ObjStm /N 1 /First 5 /Filter [/FlateDecode /FlateDecode]", &twice), "JavaScript"),
        (stream("/Type /ObjStm /N 1 /First 5 /Filter /ASCIIHexDecode", b"00"), "无法检查"),
        (b"<< /Encrypt 8 0 R >>".to_vec(), "取消密码"),
        (stream("/Type /EmbeddedFile", &program), "程序"),
        (stream("/Type /EmbeddedFile /Filter /FlateDecode", &made::flate(&docx())), "压缩包"),
    ] {
        let content = pdf_with(&object);
        let said = refusal("a.pdf", &content);
        assert!(said.contains(words), "{words}: {said}");
    }
    let harmless = b"<< /OpenAction [3 0 R /Fit] /A << /S /URI /URI (https://example.com) >> >>";
    assert_eq!(looked("a.pdf", &pdf_with(harmless)).unwrap().remarks, []);
}

#[test]
fn an_invoice_attached_to_a_pdf_is_read() {
    let xml = example::xml(&invoice());
    let packed = made::flate(xml.as_bytes());
    for object in
        [stream("/Type /EmbeddedFile /Filter /FlateDecode", &packed), stream("/Type /EmbeddedFile", xml.as_bytes())]
    {
        let found = looked("a.pdf", &pdf_with(&object)).unwrap();
        assert_eq!(found.invoices, [invoice()]);
        assert!(found.remarks.iter().any(|remark| matches!(remark, Remark::Attachment { .. })));
    }
    let note = looked("a.pdf", &pdf_with(&stream("/Type /EmbeddedFile", "说明".as_bytes()))).unwrap();
    assert!(matches!(&note.remarks[..], [Remark::Attachment { what }] if what == "其他文件"));
}
