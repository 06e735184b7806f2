//! What an archive is (OFD, Word, Excel or none of them), and what is dangerous in Word and Excel.

use crate::archive::{Archive, Budget};
use crate::unacceptable::shortened;
use crate::{Invoice, Kind, Limits, Remark, Unacceptable, ofd, sniff, xml};

const CONTENT_TYPES: &str = "[Content_Types].xml";
const PRINT: &str = "请另存为不含宏、控件的 docx、xlsx，或导出为 PDF 后上传";

/// Kind, invoices and remarks of an archive.
pub(crate) fn inspect(
    content: &[u8],
    budget: &mut Budget<'_>,
) -> Result<(Kind, Vec<Invoice>, Vec<Remark>), Unacceptable> {
    let mut archive = Archive::open(content, budget)?;
    if archive.names().any(|name| name.eq_ignore_ascii_case("Encryptions.xml")) {
        return Err(Unacceptable::Encrypted { what: "OFD 版式文件" });
    }
    match (archive.has("OFD.xml"), archive.has(CONTENT_TYPES)) {
        (true, true) => Err(Unacceptable::TwoInOne { kind: Kind::Ofd, other: "Office 文档" }),
        (true, false) => {
            archive.called(Kind::Ofd.label());
            let (invoices, remarks) = ofd::inspect(&mut archive, budget)?;
            Ok((Kind::Ofd, invoices, remarks))
        }
        (false, true) => {
            let (kind, remarks) = office(&mut archive, budget)?;
            Ok((kind, Vec::new(), remarks))
        }
        (false, false) => Err(other(&archive)),
    }
}

/// An archive of another sort.
fn other(archive: &Archive<'_>) -> Unacceptable {
    let (found, advice) = if archive.has("META-INF/MANIFEST.MF") || archive.has("classes.dex") {
        ("程序包", "不能上传程序")
    } else if archive.has("mimetype") {
        ("OpenDocument 或 EPUB 文档", "请另存为 docx、xlsx，或导出为 PDF 后上传")
    } else {
        ("ZIP 压缩包", "请解压后逐个上传其中的文件")
    };
    Unacceptable::Unsupported { found: found.to_owned(), advice }
}

/// Word or Excel, by its main part; and what it fetches from outside.
fn office(archive: &mut Archive<'_>, budget: &mut Budget<'_>) -> Result<(Kind, Vec<Remark>), Unacceptable> {
    const WHAT: &str = "Office 文档";
    archive.called(WHAT);
    if let Some(active) = archive.names().find_map(active_part) {
        return Err(Unacceptable::Active { what: WHAT, active, advice: PRINT });
    }
    let limits = *budget.limits;
    let (mut kinds, mut remarks) = (Vec::new(), Vec::new());
    let wanted = |name: &str| name == CONTENT_TYPES || name.to_lowercase().ends_with(".rels");
    archive.unpack(budget, wanted, |name, content| {
        if name == CONTENT_TYPES {
            main_parts(content, &limits, &mut kinds)
        } else {
            links(name, content, &limits, &mut remarks)
        }
    })?;
    match kinds.as_slice() {
        [kind] => Ok((*kind, remarks)),
        _ => Err(Unacceptable::Structure { what: format!("有 {} 个主文档，应有一个", kinds.len()) }),
    }
}

fn active_part(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let last = lower.rsplit('/').next().unwrap_or_default();
    if matches!(last, "vbaproject.bin" | "vbadata.xml") || lower.contains("/macrosheets/") {
        Some("宏")
    } else if lower.contains("/activex/") {
        Some("ActiveX 控件")
    } else {
        None
    }
}

/// Which main part `[Content_Types].xml` declares (ECMA-376 part 2).
fn main_parts(content: &[u8], limits: &Limits, kinds: &mut Vec<Kind>) -> Result<(), Unacceptable> {
    let mut refused = None;
    let text = xml::decode(content, limits).map_err(|error| error.refusal("Office 文档", CONTENT_TYPES))?;
    xml::walk(&text, limits, |open| {
        let Some(declared) = open.last().and_then(|element| element.attribute("ContentType")) else { return };
        let declared = declared.to_lowercase();
        if declared.contains("macroenabled") || declared.contains("vbaproject") {
            refused = Some(Unacceptable::Active { what: "Office 文档", active: "宏", advice: PRINT });
        } else if declared.ends_with("wordprocessingml.document.main+xml") {
            kinds.push(Kind::Docx);
        } else if declared.ends_with("spreadsheetml.sheet.main+xml") {
            kinds.push(Kind::Xlsx);
        } else if declared.contains("presentationml.") && declared.ends_with(".main+xml") {
            let found = "PowerPoint 演示文稿".to_owned();
            refused = Some(Unacceptable::Unsupported { found, advice: "请导出为 PDF 后上传" });
        } else if declared.ends_with("template.main+xml") {
            refused = Some(Unacceptable::Unsupported { found: "Office 模板".to_owned(), advice: sniff::TAKEN });
        }
    })
    .map_err(|error| error.refusal("Office 文档", CONTENT_TYPES))?;
    refused.map_or(Ok(()), Err)
}

/// Relationships that lead outside: a link to click is harmless, a template or object that is fetched on opening is
/// not; the rest is remarked.
fn links(name: &str, content: &[u8], limits: &Limits, remarks: &mut Vec<Remark>) -> Result<(), Unacceptable> {
    const MOST_REMARKS: usize = 20;
    let refusal = |error: xml::XmlError| error.refusal("Office 文档", &shortened(name));
    let text = xml::decode(content, limits).map_err(refusal)?;
    let mut fetched = None;
    xml::walk(&text, limits, |open| {
        let Some(element) = open.last().filter(|element| element.attribute("TargetMode") == Some("External")) else {
            return;
        };
        let (kind, target) =
            (element.attribute("Type").unwrap_or_default(), element.attribute("Target").unwrap_or_default());
        let kind = kind.rsplit('/').next().unwrap_or_default();
        if kind == "hyperlink" {
            return;
        }
        let runs = matches!(
            kind,
            "attachedTemplate" | "oleObject" | "frame" | "subDocument" | "control" | "package" | "aFChunk"
        );
        if runs && is_remote(target) {
            fetched = Some(Unacceptable::Active {
                what: "Office 文档",
                active: "打开时从网络取得的模板或对象",
                advice: PRINT,
            });
        }
        let remark = Remark::External { target: shortened(target) };
        if remarks.len() < MOST_REMARKS && !remarks.contains(&remark) {
            remarks.push(remark);
        }
    })
    .map_err(refusal)?;
    fetched.map_or(Ok(()), Err)
}

/// Whether a target is fetched over a network. A template on somebody's own disk is not there for anybody else.
fn is_remote(target: &str) -> bool {
    let target = target.trim().to_lowercase().replace('\\', "/");
    let local = target.strip_prefix("file:///").is_some_and(|path| !path.starts_with('/'))
        || target.as_bytes().get(1) == Some(&b':');
    !local && (target.contains(':') || target.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remote() {
        for target in [
            "https://a/b.dotm",
            "\\\\server\\b.dotm",
            "//server/b",
            "file://server/b",
            "file:////server/b",
            "mhtml:http://a",
        ] {
            assert!(is_remote(target), "{target}");
        }
        for target in ["file:///C:\\Users\\a\\Normal.dotm", "C:\\a.dotm", "Normal.dotm"] {
            assert!(!is_remote(target), "{target}");
        }
    }
}
