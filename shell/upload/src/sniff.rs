//! What a file is, by its first bytes.

use memchr::memmem;

use crate::{Kind, Unacceptable};

/// What the first bytes say. An archive has to be opened to tell more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Pdf,
    Zip,
    Xml,
    Png,
    Jpeg,
}

/// General advice to whoever brings another kind of file.
pub(crate) const TAKEN: &str = "请上传 PDF、OFD、XML 电子发票、PNG 或 JPEG 图片、Word（docx）或 Excel（xlsx）文件";

const OLD_OFFICE: &str = "请在 Word、Excel 或 WPS 中另存为 docx、xlsx，或导出为 PDF 后上传";
const IMAGE: &str = "请转换为 JPEG 或 PNG，或打印为 PDF 后上传";
const UNPACK: &str = "请解压后逐个上传其中的文件";
const PROGRAM: &str = "不能上传程序";

/// First bytes, what has them, what to do. Offsets other than 0 are in [`is_heic`].
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"MZ", "Windows 程序", PROGRAM),
    (b"\x7fELF", "Linux 程序", PROGRAM),
    (b"\xca\xfe\xba\xbe", "程序", PROGRAM),
    (b"\xcf\xfa\xed\xfe", "macOS 程序", PROGRAM),
    (b"#!", "脚本", PROGRAM),
    (b"Rar!", "RAR 压缩包", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包", UNPACK),
    (b"\x1f\x8b", "gzip 压缩包", UNPACK),
    (b"BZh", "bzip2 压缩包", UNPACK),
    (b"\xfd7zXZ", "xz 压缩包", UNPACK),
    (b"\x28\xb5\x2f\xfd", "zstd 压缩包", UNPACK),
    (b"PK\x05\x06", "空的压缩包", UNPACK),
    (b"GIF8", "GIF 图片", IMAGE),
    (b"BM", "BMP 图片", IMAGE),
    (b"II*\0", "TIFF 图片", IMAGE),
    (b"MM\0*", "TIFF 图片", IMAGE),
    (b"{\\rtf", "RTF 文档", OLD_OFFICE),
    (b"%!PS", "PostScript 文件", "请转换为 PDF 后上传"),
];

const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// By the first bytes, or what the file is instead.
pub(crate) fn form(content: &[u8]) -> Result<Form, Unacceptable> {
    let unsupported = |found: &str, advice| Unacceptable::Unsupported { found: found.to_owned(), advice };
    if content.starts_with(b"%PDF-") {
        return Ok(Form::Pdf);
    }
    if content.starts_with(b"PK\x03\x04") {
        return Ok(Form::Zip);
    }
    if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Form::Png);
    }
    if content.starts_with(b"\xff\xd8\xff") {
        return Ok(Form::Jpeg);
    }
    if content.starts_with(COMPOUND_FILE) {
        return Err(compound(content));
    }
    if is_heic(content) {
        return Err(unsupported("HEIC 或 AVIF 图片", IMAGE));
    }
    if content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP") {
        return Err(unsupported("WebP 图片", IMAGE));
    }
    if let Some((_, found, advice)) = OTHERS.iter().find(|(start, ..)| content.starts_with(start)) {
        return Err(unsupported(found, advice));
    }
    if looks_like_xml(content) {
        return Ok(Form::Xml);
    }
    Err(unsupported("无法识别的文件", TAKEN))
}

/// What a file inside another one is, when it must not be there.
pub(crate) fn not_to_be_embedded(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(COMPOUND_FILE) {
        return Some("嵌入的 OLE 对象");
    }
    OTHERS
        .iter()
        .find(|(first, _, advice)| (*advice == PROGRAM || *advice == UNPACK) && start.starts_with(first))
        // Two or three letters begin many a harmless file too; a program has its header further on.
        .filter(|(first, ..)| *first != b"MZ" || is_windows_program(start))
        .map(|(_, found, _)| *found)
}

/// Whether the header of a program stands where the bytes at 60 say.
fn is_windows_program(start: &[u8]) -> bool {
    let Some(Ok(place)) = start.get(60..64).map(<[u8; 4]>::try_from) else { return false };
    let place = u32::from_le_bytes(place) as usize;
    // Beyond what was kept of the start nothing can be said: take it for a program.
    start.get(place..place.saturating_add(2)).is_none_or(|signature| signature == b"PE")
}

fn is_heic(content: &[u8]) -> bool {
    content.get(4..8) == Some(b"ftyp")
        && content.get(8..12).is_some_and(|brand| {
            [b"heic", b"heix", b"mif1", b"avif", b"hevc"].contains(&brand.try_into().unwrap_or(b"    "))
        })
}

/// Office before 2007, or an Office document under a password: both come in a compound file.
fn compound(content: &[u8]) -> Unacceptable {
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if memmem::find(content, &encrypted).is_some() {
        return Unacceptable::Encrypted { what: "Office 文档" };
    }
    Unacceptable::Unsupported { found: "旧版 Office 文件（doc、xls、ppt）".to_owned(), advice: OLD_OFFICE }
}

fn looks_like_xml(content: &[u8]) -> bool {
    let utf16 = content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff");
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    utf16 || content.trim_ascii_start().starts_with(b"<")
}

/// Whether an archive ends where the file ends: programs for archives read from the end, and would open it.
pub(crate) fn has_archive_behind(content: &[u8]) -> bool {
    const RECORD: usize = 22;
    const LONGEST_COMMENT: usize = 65_535;
    let tail = content.get(content.len().saturating_sub(RECORD + LONGEST_COMMENT)..).unwrap_or_default();
    memmem::rfind_iter(tail, b"PK\x05\x06").any(|at| {
        let comment = tail.get(at + 20..at + RECORD).and_then(|length| length.try_into().ok()).map(u16::from_le_bytes);
        comment.is_some_and(|length| at + RECORD + usize::from(length) <= tail.len())
    })
}

/// Whether the name deceives or contradicts the content. A name without an extension contradicts nothing.
pub(crate) fn agrees(name: &str, kind: Kind) -> Result<(), Unacceptable> {
    let deceptive = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if name.chars().any(deceptive) {
        return Err(Unacceptable::DeceptiveName);
    }
    match extension(name) {
        Some(extension) if !kind.may_end_in(&extension) => Err(Unacceptable::Contradiction { extension, kind }),
        _ => Ok(()),
    }
}

/// What stands behind the last dot, in lower case, when it is an extension: `清单 2026.10` has none.
fn extension(name: &str) -> Option<String> {
    let (_, last) = name.trim_end().rsplit_once('.')?;
    let is_extension = (1..=5).contains(&last.len())
        && last.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && last.bytes().any(|byte| byte.is_ascii_alphabetic());
    is_extension.then(|| last.to_ascii_lowercase())
}
