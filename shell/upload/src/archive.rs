//! Archives, opened with care: OFD, DOCX and XLSX are ZIP files.

use std::collections::HashSet;
use std::io::{Cursor, Read};

use memchr::memmem;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::unacceptable::shortened;
use crate::{Kind, Limits, Unacceptable, package, sniff};

/// Sizes below this are not judged by their ratio: a page of blanks packs extremely well.
const RATIO_FROM: u64 = 1 << 20;
/// Some programs sign their archives with a few letters; a file does not fit in.
const LONGEST_COMMENT: usize = 32;
const CHUNK: usize = 64 << 10;

/// What may still be unpacked from one uploaded file, in all its archives.
pub(crate) struct Budget<'a> {
    pub(crate) limits: &'a Limits,
    unpacked: u64,
    entries: u32,
    /// How deep in archives within archives.
    pub(crate) depth: u32,
}

impl<'a> Budget<'a> {
    pub(crate) fn of(limits: &'a Limits) -> Self {
        Self { limits, unpacked: limits.unpacked_bytes, entries: limits.entries, depth: 0 }
    }
}

/// An archive whose directory is in order.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// By index; `/` between the parts.
    names: Vec<String>,
    what: &'static str,
}

impl<'a> Archive<'a> {
    /// Reads the directory. Nothing is unpacked yet.
    pub(crate) fn open(content: &'a [u8], budget: &mut Budget<'_>) -> Result<Self, Unacceptable> {
        let what = "压缩包";
        let odd = |what: &str| Unacceptable::Structure { what: what.to_owned() };
        let mut zip = ZipArchive::new(Cursor::new(content)).map_err(|error| broken(what, &error))?;
        let count = u32::try_from(zip.len()).unwrap_or(u32::MAX);
        let most = budget.limits.entries;
        budget.entries =
            budget.entries.checked_sub(count).ok_or_else(|| too_much(format!("超过 {most} 个内部文件")))?;
        if zip.offset() != 0 || zip.comment().len() > LONGEST_COMMENT {
            return Err(odd("压缩包前后附有其他数据"));
        }
        if zip.has_duplicate_names() || zip.has_overlapping_entries().map_err(|error| broken(what, &error))? {
            return Err(odd("内部文件重名或互相重叠"));
        }
        let (mut names, mut seen) = (Vec::new(), HashSet::new());
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|error| broken(what, &error))?;
            let name = entry.name().map_err(|error| broken(what, &error))?.replace('\\', "/");
            if entry.encrypted() {
                return Err(Unacceptable::Encrypted { what: "文件" });
            }
            if entry.is_symlink() || !stays_inside(&name) {
                return Err(odd(&format!("内部路径“{}”指向文件之外", shortened(&name))));
            }
            if !seen.insert(name.to_lowercase()) {
                return Err(odd(&format!("内部文件“{}”重名", shortened(&name))));
            }
            names.push(name);
        }
        Ok(Self { zip, names, what })
    }

    /// Whether there is an entry of exactly this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// Names of all entries.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// From now on called so in refusals.
    pub(crate) fn called(&mut self, what: &'static str) {
        self.what = what;
    }

    /// Unpacks all entries, looks at each, and hands over those that `wanted` names.
    pub(crate) fn unpack(
        &mut self,
        budget: &mut Budget<'_>,
        wanted: impl Fn(&str) -> bool,
        mut take: impl FnMut(&str, &[u8]) -> Result<(), Unacceptable>,
    ) -> Result<(), Unacceptable> {
        for index in 0..self.names.len() {
            let is_wanted = wanted(&self.names[index]);
            if let Some(content) = self.look(index, is_wanted, budget)? {
                take(&self.names[index], &content)?;
            }
        }
        Ok(())
    }

    /// Unpacks those entries only that `wanted` names; for another look at an archive that was unpacked before.
    pub(crate) fn again(
        &mut self,
        budget: &mut Budget<'_>,
        wanted: impl Fn(&str) -> bool,
        mut take: impl FnMut(&str, &[u8]) -> Result<(), Unacceptable>,
    ) -> Result<(), Unacceptable> {
        for index in 0..self.names.len() {
            if wanted(&self.names[index])
                && let Some(content) = self.look(index, true, budget)?
            {
                take(&self.names[index], &content)?;
            }
        }
        Ok(())
    }

    /// Unpacks one entry piece by piece; keeps it only when it is wanted or an archive itself.
    fn look(&mut self, index: usize, wanted: bool, budget: &mut Budget<'_>) -> Result<Option<Vec<u8>>, Unacceptable> {
        let (what, name) = (self.what, self.names[index].clone());
        let size = self.zip.get_ref_len();
        let mut entry = self.zip.by_index(index).map_err(|error| broken(what, &error))?;
        let packed = entry.compressed_size().min(size).max(1);
        let mut watch = Watch::of(&name);
        let (mut kept, mut keep, mut unpacked) = (Vec::new(), wanted, 0_u64);
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = fill(&mut entry, &mut chunk).map_err(|error| broken(what, &ZipError::Io(error)))?;
            let Some(piece) = chunk.get(..length).filter(|piece| !piece.is_empty()) else { break };
            if unpacked == 0 {
                if let Some(found) = sniff::not_to_be_embedded(piece) {
                    return Err(Unacceptable::Embedded { entry: shortened(&name), found });
                }
                keep |= piece.starts_with(b"PK\x03\x04");
            }
            unpacked += length as u64;
            let most = budget.limits.unpacked_bytes;
            budget.unpacked = budget
                .unpacked
                .checked_sub(length as u64)
                .ok_or_else(|| too_much(format!("解开后超过 {} MB", most >> 20)))?;
            if unpacked > RATIO_FROM && unpacked / packed >= u64::from(budget.limits.ratio) {
                return Err(too_much(format!("“{}”的压缩比超过 {} 倍", shortened(&name), budget.limits.ratio)));
            }
            watch.see(piece, &name, what)?;
            if keep {
                if wanted && unpacked > budget.limits.xml_bytes {
                    return Err(too_much(format!("“{}”超过 {} MB", shortened(&name), budget.limits.xml_bytes >> 20)));
                }
                kept.extend_from_slice(piece);
            }
        }
        drop(entry);
        if kept.starts_with(b"PK\x03\x04") {
            nested(&name, &kept, budget)?;
        }
        Ok(wanted.then_some(kept))
    }
}

/// The size of the archive itself, beyond which nothing is packed.
trait Length {
    fn get_ref_len(&self) -> u64;
}

impl Length for ZipArchive<Cursor<&[u8]>> {
    fn get_ref_len(&self) -> u64 {
        // The directory stands behind all that is packed.
        self.central_directory_start()
    }
}

/// A chart pasted into a document carries its workbook; no other archive may be inside.
fn nested(name: &str, content: &[u8], budget: &mut Budget<'_>) -> Result<(), Unacceptable> {
    let refused = Unacceptable::Embedded { entry: shortened(name), found: "压缩包" };
    if budget.depth >= budget.limits.depth {
        return Err(refused);
    }
    budget.depth += 1;
    let (kind, _, _) = package::inspect(content, budget)?;
    budget.depth -= 1;
    if matches!(kind, Kind::Docx | Kind::Xlsx) { Ok(()) } else { Err(refused) }
}

/// Reads until the piece is full or the entry ends: what is sought must not depend on how a reader cuts it up.
fn fill(reader: &mut impl Read, piece: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = piece.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest)? {
            0 => break,
            length => filled += length,
        }
    }
    Ok(filled)
}

/// Whether a path leads nowhere but into the archive.
fn stays_inside(name: &str) -> bool {
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    !name.starts_with('/')
        && !has_drive
        && !name.chars().any(char::is_control)
        && name.split('/').all(|part| part != ".." && part != ".")
}

fn too_much(what: String) -> Unacceptable {
    Unacceptable::Bomb { what }
}

fn broken(what: &'static str, error: &ZipError) -> Unacceptable {
    let why = match error {
        ZipError::Io(_) | ZipError::InvalidArchive(_) => "内部数据读不通或校验不符".to_owned(),
        ZipError::UnsupportedArchive(_) => "采用了不支持的压缩方法".to_owned(),
        _ => "打不开".to_owned(),
    };
    Unacceptable::Damaged { what, why }
}

/// What must not stand in the XML of an archive, whichever part it is in.
const FORBIDDEN: [&[u8]; 4] = [b"<!DOCTYPE", b"<!ENTITY", b"<ddeLink", b"DDEAUTO"];
/// Longest of them less one: so much of a piece is seen again with the next.
const OVERLAP: usize = 8;

/// Looks for forbidden words in XML while it is unpacked.
struct Watch {
    is_xml: bool,
    before: Vec<u8>,
    started: bool,
}

impl Watch {
    fn of(name: &str) -> Self {
        let lower = name.to_lowercase();
        let is_xml = [".xml", ".rels", ".vml"].iter().any(|extension| lower.ends_with(extension));
        Self { is_xml, before: Vec::new(), started: false }
    }

    fn see(&mut self, piece: &[u8], name: &str, what: &'static str) -> Result<(), Unacceptable> {
        if !self.is_xml {
            return Ok(());
        }
        if !std::mem::replace(&mut self.started, true) && piece.iter().take(64).any(|byte| *byte == 0) {
            return Err(Unacceptable::Structure { what: format!("“{}”不是 UTF-8 编码", shortened(name)) });
        }
        let seam: Vec<u8> = self.before.iter().chain(piece.iter().take(OVERLAP)).copied().collect();
        for word in FORBIDDEN {
            if memmem::find(&seam, word).is_none() && memmem::find(piece, word).is_none() {
                continue;
            }
            return Err(if word.starts_with(b"<!") {
                Unacceptable::DocumentType { place: format!("文件内部的“{}”", shortened(name)) }
            } else {
                let advice = "请删去动态数据交换（DDE）链接，或导出为 PDF 后上传";
                Unacceptable::Active { what, active: "动态数据交换（DDE）链接", advice }
            });
        }
        self.before = piece.get(piece.len().saturating_sub(OVERLAP)..).unwrap_or_default().to_vec();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_outside() {
        for name in ["../a", "a/../../b", "/etc/passwd", "C:/a", "a\nb", "./a"] {
            assert!(!stays_inside(name), "{name}");
        }
        assert!(stays_inside("Doc_0/Pages/Page_0/Content.xml") && stays_inside("a..b") && stays_inside("Doc_0/"));
    }

    #[test]
    fn a_forbidden_word_is_seen_across_a_seam() {
        let text = b"<a>".repeat(10).into_iter().chain(*b"<!DOCTYPE").collect::<Vec<u8>>();
        for cut in 0..text.len() {
            let mut watch = Watch::of("A.XML");
            let (first, second) = text.split_at(cut);
            let seen = watch.see(first, "a", "").and_then(|()| watch.see(second, "a", ""));
            assert!(matches!(seen, Err(Unacceptable::DocumentType { .. })), "{cut}");
        }
        assert_eq!(Watch::of("a.png").see(&text, "a", ""), Ok(()));
        assert!(FORBIDDEN.iter().all(|word| word.len() <= OVERLAP + 1));
    }
}
