//! Images: whole to their end, and of a size that a viewer can hold.

use memchr::memmem;

use crate::{Kind, Limits, Remark, Unacceptable};

fn cut(kind: Kind, why: &str) -> Unacceptable {
    Unacceptable::Damaged { what: kind.label(), why: why.to_owned() }
}

fn bounded(kind: Kind, width: u64, height: u64, limits: &Limits) -> Result<(), Unacceptable> {
    if width == 0 || height == 0 {
        return Err(cut(kind, "没有宽或高"));
    }
    if width.saturating_mul(height) > limits.pixels {
        return Err(Unacceptable::Bomb { what: format!("图片 {width}×{height} 像素") });
    }
    Ok(())
}

/// What is behind the end of an image: nothing, something viewers pass over, or another file in hiding.
fn behind(kind: Kind, rest: &[u8]) -> Result<Vec<Remark>, Unacceptable> {
    let begins = |start: &[u8]| memmem::find(rest.get(..1024).unwrap_or(rest), start).is_some();
    for (start, other) in [
        (b"%PDF-".as_slice(), "PDF 文件"),
        (b"<script", "网页脚本"),
        (b"<html", "网页"),
        (b"MZ\x90", "程序"),
        (b"Rar!", "压缩包"),
    ] {
        if begins(start) {
            return Err(Unacceptable::TwoInOne { kind, other });
        }
    }
    let bytes = rest.len() as u64;
    Ok(if rest.iter().all(|byte| *byte == 0) { Vec::new() } else { vec![Remark::Trailing { bytes }] })
}

/// PNG (ISO/IEC 15948): chunks from IHDR to IEND.
pub(crate) fn png(content: &[u8], limits: &Limits) -> Result<Vec<Remark>, Unacceptable> {
    let kind = Kind::Png;
    let mut rest = content.get(8..).unwrap_or_default();
    let mut is_first = true;
    loop {
        let length = number(rest, 0).ok_or_else(|| cut(kind, "在中途断开"))? as usize;
        let name = rest.get(4..8).ok_or_else(|| cut(kind, "在中途断开"))?;
        let data = rest.get(8..).and_then(|data| data.get(..length)).ok_or_else(|| cut(kind, "在中途断开"))?;
        if is_first {
            let size = number(data, 0).zip(number(data, 4)).filter(|_| name == b"IHDR");
            let (width, height) = size.ok_or_else(|| cut(kind, "没有图头"))?;
            bounded(kind, width.into(), height.into(), limits)?;
            is_first = false;
        }
        let is_last = name == b"IEND";
        rest = rest.get(length.saturating_add(12)..).ok_or_else(|| cut(kind, "在中途断开"))?;
        if is_last {
            return behind(kind, rest);
        }
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}

/// JPEG (ISO/IEC 10918-1): segments to the first scan, then to the end-of-image marker.
pub(crate) fn jpeg(content: &[u8], limits: &Limits) -> Result<Vec<Remark>, Unacceptable> {
    let kind = Kind::Jpeg;
    let broken = || cut(kind, "在中途断开");
    let (mut at, mut has_size) = (2, false);
    loop {
        let [0xff, marker] = *content.get(at..at + 2).ok_or_else(broken)? else {
            return Err(cut(kind, "段落标记不对"));
        };
        match marker {
            // Filling before a marker.
            0xff => {
                at += 1;
                continue;
            }
            0xd9 => {
                return if has_size {
                    behind(kind, content.get(at + 2..).unwrap_or_default())
                } else {
                    Err(cut(kind, "没有图像"))
                };
            }
            0x01 | 0xd0..=0xd7 => {
                at += 2;
                continue;
            }
            _ => {}
        }
        let length = content.get(at + 2..at + 4).ok_or_else(broken)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let segment = content.get(at + 4..at + 2 + length.max(2)).ok_or_else(broken)?;
        // Frame headers: C0 to CF but DHT, JPG and DAC.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let [_, high, low, wide, narrow, ..] = *segment else { return Err(broken()) };
            let (height, width) = (u16::from_be_bytes([high, low]), u16::from_be_bytes([wide, narrow]));
            bounded(kind, width.into(), height.into(), limits)?;
            has_size = true;
        }
        at += 2 + length.max(2);
        if marker == 0xda {
            at = scan_end(content, at).ok_or_else(broken)?;
        }
    }
}

/// Where the next marker stands that ends a scan: after FF, neither a stuffed zero, a restart nor another FF.
fn scan_end(content: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(0xff, content.get(at..)?)?;
        match content.get(at + 1)? {
            0 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}
