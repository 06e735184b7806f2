//! PDF, by its structure only (ISO 32000-2): whole, unencrypted, and nothing in it that runs.
//!
//! The file is read once from front to back, whatever its cross-references say: a name that makes something run is found
//! wherever it stands, written with `#` escapes too, and in object streams, which are unpacked for that. This is no
//! proof of harmlessness; for what hides in fonts and images there is the virus scanner.

use std::io::Read;

use flate2::read::ZlibDecoder;
use memchr::memmem;

use crate::invoice_xml::{self, Document};
use crate::{Invoice, Kind, Limits, Remark, Unacceptable, sniff};

const WHAT: &str = Kind::Pdf.label();
const REPRINT: &str = "请用“打印为 PDF”另存后上传";
/// Readers look for the end within this many last bytes.
const TAIL: usize = 1024;
/// Longer names mean nothing to us.
const LONGEST_NAME: usize = 32;
/// Bytes of one unpacked stream of objects, far above what programs write (some hundred objects in each).
const LARGEST_OBJECTS: u64 = 32 << 20;
/// Bytes up to which an attachment is read for an invoice.
const LARGEST_ATTACHMENT: u64 = 4 << 20;
/// What looking at a stream costs at least, in unpacked bytes, however small it is.
const LEAST_COST: u64 = 16 << 10;

/// Names of what runs, fetches or replaces the pages.
const ACTIVE: &[(&[u8], &str)] = &[
    (b"JavaScript", "脚本（JavaScript）"),
    (b"Launch", "启动程序的动作"),
    (b"ImportData", "导入数据的动作"),
    (b"RichMedia", "多媒体程序"),
    (b"XFA", "动态表单（XFA）"),
];

/// Filters other than Flate that an object stream could hide behind, with their abbreviations.
const OTHER_FILTERS: &[&[u8]] =
    &[b"ASCIIHexDecode", b"AHx", b"ASCII85Decode", b"A85", b"LZWDecode", b"LZW", b"RunLengthDecode", b"RL", b"Crypt"];

/// Names seen since the last stream: those in front of a stream are of its dictionary.
#[derive(Default)]
struct Seen {
    object_stream: bool,
    first: bool,
    count: bool,
    attachment: bool,
    /// A filter other than Flate, or a predictor on top of it.
    scrambled: bool,
}

struct Reading<'a> {
    limits: &'a Limits,
    unpacked: u64,
    invoices: Vec<Invoice>,
    remarks: Vec<Remark>,
}

/// Looks at a PDF, and reads the invoices attached to it.
pub(crate) fn inspect(content: &[u8], limits: &Limits) -> Result<(Vec<Invoice>, Vec<Remark>), Unacceptable> {
    whole(content)?;
    let mut reading = Reading { limits, unpacked: limits.unpacked_bytes, invoices: Vec::new(), remarks: Vec::new() };
    reading.read(content, true)?;
    Ok((reading.invoices, reading.remarks))
}

/// Begins and ends as a PDF does.
fn whole(content: &[u8]) -> Result<(), Unacceptable> {
    let damaged = |why: &str| Unacceptable::Damaged { what: WHAT, why: why.to_owned() };
    let tail = content.get(content.len().saturating_sub(TAIL)..).unwrap_or_default();
    if memmem::find(tail, b"%%EOF").is_none() {
        let elsewhere = memmem::find(content, b"%%EOF").is_some();
        return Err(if elsewhere {
            Unacceptable::TwoInOne { kind: Kind::Pdf, other: "结尾之后的其他数据" }
        } else {
            damaged("没有结尾标记，可能没有下载完")
        });
    }
    let start = memmem::rfind(content, b"startxref").ok_or_else(|| damaged("没有索引位置"))?;
    let digits: String = content
        .iter()
        .skip(start + 9)
        .copied()
        .map(char::from)
        .skip_while(char::is_ascii_whitespace)
        .take_while(char::is_ascii_digit)
        .take(20)
        .collect();
    let place: usize = digits.parse().map_err(|_| damaged("索引位置不是数字"))?;
    if place == 0 || place >= content.len() {
        return Err(damaged("索引位置在文件之外"));
    }
    Ok(())
}

impl Reading<'_> {
    /// Looks for names; at the outermost level for streams too.
    fn read(&mut self, content: &[u8], outermost: bool) -> Result<(), Unacceptable> {
        let mut seen = Seen::default();
        let mut at = 0;
        while let Some(offset) = content.get(at..).and_then(|rest| memchr::memchr2(b'/', b's', rest)) {
            at += offset;
            if content[at] == b'/' {
                let (name, length) = name(&content[at + 1..]);
                at += 1 + length;
                self.note(&name, &mut seen)?;
            } else if outermost && let Some(data) = stream_data(content, at) {
                let names = std::mem::take(&mut seen);
                self.stream(content.get(data..).unwrap_or_default(), &names)?;
                at = data;
            } else {
                at += 1;
            }
        }
        Ok(())
    }

    fn note(&mut self, name: &[u8], seen: &mut Seen) -> Result<(), Unacceptable> {
        if let Some((_, active)) = ACTIVE.iter().find(|(known, _)| *known == name) {
            return Err(Unacceptable::Active { what: WHAT, active, advice: REPRINT });
        }
        match name {
            b"Encrypt" => return Err(Unacceptable::Encrypted { what: WHAT }),
            b"ObjStm" => seen.object_stream = true,
            b"First" => seen.first = true,
            b"N" => seen.count = true,
            b"EmbeddedFile" => seen.attachment = true,
            b"Predictor" => seen.scrambled = true,
            filter if OTHER_FILTERS.contains(&filter) => seen.scrambled = true,
            _ => {}
        }
        Ok(())
    }

    /// Unpacks what is behind `stream`, when it is a stream of objects or an attachment.
    fn stream(&mut self, data: &[u8], seen: &Seen) -> Result<(), Unacceptable> {
        if (seen.object_stream || seen.attachment) && seen.scrambled {
            return Err(Unacceptable::Structure {
                what: "对象或附件用了少见的编码，无法检查".to_owned()
            });
        }
        // Some readers need no more than these two names to take a stream for one of objects.
        if (seen.object_stream || (seen.first && seen.count)) && is_packed(data) {
            let mut objects = self.unpack(data, LARGEST_OBJECTS)?;
            while is_packed(&objects) {
                objects = self.unpack(&objects, LARGEST_OBJECTS)?;
            }
            if objects.len() as u64 == LARGEST_OBJECTS {
                return Err(Unacceptable::Bomb { what: format!("一个对象流超过 {} MB", LARGEST_OBJECTS >> 20) });
            }
            self.read(&objects, false)?;
        }
        if seen.attachment {
            if is_packed(data) {
                let content = self.unpack(data, LARGEST_ATTACHMENT)?;
                self.attachment(&content)?;
            } else {
                let content = plain(data);
                self.pay(content.len())?;
                self.attachment(content)?;
            }
        }
        Ok(())
    }

    fn unpack(&mut self, data: &[u8], most: u64) -> Result<Vec<u8>, Unacceptable> {
        let mut unpacked = Vec::new();
        // What follows a break cannot be read by anybody: what was unpacked until then is looked at.
        let _broken = ZlibDecoder::new(data).take(most).read_to_end(&mut unpacked);
        self.pay(unpacked.len())?;
        Ok(unpacked)
    }

    fn pay(&mut self, bytes: usize) -> Result<(), Unacceptable> {
        let most = self.limits.unpacked_bytes >> 20;
        let left = self.unpacked.checked_sub(LEAST_COST.max(bytes as u64));
        self.unpacked = left.ok_or_else(|| Unacceptable::Bomb { what: format!("解开后超过 {most} MB") })?;
        Ok(())
    }

    /// An attached invoice is read; other harmless files are remarked.
    fn attachment(&mut self, content: &[u8]) -> Result<(), Unacceptable> {
        let what = match sniff::form(content) {
            Ok(sniff::Form::Xml) => match invoice_xml::read(content, "PDF 所附 XML", self.limits) {
                Ok(Document::Invoice(statements)) => {
                    let (invoice, remarks) = statements.settle();
                    self.invoices.extend(invoice);
                    self.remarks.extend(remarks);
                    "XML 电子发票".to_owned()
                }
                _ => "XML 文件".to_owned(),
            },
            Ok(sniff::Form::Pdf) => Kind::Pdf.label().to_owned(),
            Ok(sniff::Form::Png) => Kind::Png.label().to_owned(),
            Ok(sniff::Form::Jpeg) => Kind::Jpeg.label().to_owned(),
            Ok(sniff::Form::Zip) => {
                return Err(Unacceptable::Embedded { entry: "附件".to_owned(), found: "压缩包或 Office 文档" });
            }
            Err(_) => match sniff::not_to_be_embedded(content) {
                Some(found) => return Err(Unacceptable::Embedded { entry: "附件".to_owned(), found }),
                None => "其他文件".to_owned(),
            },
        };
        let remark = Remark::Attachment { what };
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
        Ok(())
    }
}

/// Whether data begin as Flate writes them (RFC 1950).
fn is_packed(data: &[u8]) -> bool {
    matches!(data, [first, second, ..] if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31))
}

/// The data of a stream that is stored as it is.
fn plain(data: &[u8]) -> &[u8] {
    let data = data.get(..LARGEST_ATTACHMENT as usize).unwrap_or(data);
    let end = memmem::find(data, b"endstream").unwrap_or(data.len());
    data.get(..end).unwrap_or_default()
}

/// A name behind its slash, with `#` escapes read, and how many bytes it takes.
fn name(content: &[u8]) -> (Vec<u8>, usize) {
    let mut name = Vec::new();
    let mut at = 0;
    while let Some(byte) = content.get(at).copied().filter(|byte| is_regular(*byte)) {
        let digit = |place: usize| content.get(place).and_then(|byte| char::from(*byte).to_digit(16));
        match digit(at + 1).zip(digit(at + 2)).filter(|_| byte == b'#') {
            Some((high, low)) => {
                name.push((high * 16 + low) as u8);
                at += 3;
            }
            None => {
                name.push(byte);
                at += 1;
            }
        }
        if name.len() > LONGEST_NAME {
            break;
        }
    }
    (name, at)
}

/// Neither white space nor a delimiter (ISO 32000-2, 7.2.3).
fn is_regular(byte: u8) -> bool {
    !matches!(
        byte,
        b'\0'
            | b'\t'
            | b'\n'
            | 0x0c
            | b'\r'
            | b' '
            | b'('
            | b')'
            | b'<'
            | b'>'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'/'
            | b'%'
    )
}

/// Where the data begin, when `stream` and the end of its line stand here.
fn stream_data(content: &[u8], at: usize) -> Option<usize> {
    let rest = content.get(at..)?.strip_prefix(b"stream")?;
    let ends_another = at.checked_sub(3).and_then(|before| content.get(before..at)) == Some(b"end");
    if ends_another {
        return None;
    }
    let line_end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        _ => return None,
    };
    Some(at + 6 + line_end)
}
