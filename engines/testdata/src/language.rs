//! Chinese and English words for people: reports, plots and the terminal
//!
//! Chinese is the usual language; terms of the standard stand as they are (`PRR`, `HBR`, `Cpk`).

use crate::selection::{Retest, Selection};

/// Language of reports, plots and the terminal
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "command-line", derive(clap::ValueEnum))]
pub enum Language {
    /// 简体中文
    #[default]
    #[cfg_attr(feature = "command-line", value(name = "zh"))]
    Chinese,
    /// English
    #[cfg_attr(feature = "command-line", value(name = "en"))]
    English,
}

impl Language {
    pub(crate) fn say<'t>(self, chinese: &'t str, english: &'t str) -> &'t str {
        match self {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }

    /// What a retest policy is called
    pub fn policy(self, policy: Retest) -> &'static str {
        match policy {
            Retest::All => self.say("逐次全计", "every attempt"),
            Retest::First => self.say("首次", "first attempt"),
            Retest::Last => self.say("末次", "last attempt"),
            Retest::Best => self.say("最好一次", "best attempt"),
        }
    }

    /// How attempts at the same part were recognised
    pub fn rule(self, selection: &Selection) -> String {
        if self == Language::English {
            return selection.rule();
        }
        let rules = [
            (selection.by_die, "批次、晶圆、X、Y"),
            (selection.by_part_id, "批次、芯片编号"),
            (selection.alone, "无从辨认，各算各的"),
        ];
        let named = rules.iter().filter(|(count, _)| *count > 0);
        named.map(|(count, rule)| format!("{count} 次按{rule}")).collect::<Vec<_>>().join("；")
    }

    /// A remark of the reader
    pub fn remark(self, text: &str) -> String {
        if self == Language::Chinese { remark(text) } else { text.to_owned() }
    }

    /// What a claim is about
    pub fn claim(self, about: &str) -> String {
        if self == Language::Chinese { claim(about) } else { about.to_owned() }
    }
}

/// Columns that a text takes on a terminal: Chinese characters take two
#[cfg(feature = "command-line")]
fn columns(text: &str) -> usize {
    text.chars().map(|c| if matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6) { 2 } else { 1 }).sum()
}

/// A text with blanks behind it, so many columns wide
#[cfg(feature = "command-line")]
pub(crate) fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// A text with blanks before it, so many columns wide
#[cfg(feature = "command-line")]
pub(crate) fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Remarks of the reader and what they mean here; `{}` stands for what varies.
const REMARKS: [(&str, &str); 14] = [
    ("{} runs without MRR: the file is cut off there", "{} 个测试段没有结束记录（MRR），文件在那里被截断"),
    ("{} results outside of any part: left out", "{} 条结果不属于任何芯片，没有采用"),
    ("{} PRR without PIR: counted as parts", "{} 条 PRR 没有对应的 PIR，仍按芯片计入"),
    ("{} parts that began and never ended: not counted as tested", "{} 颗芯片只有开始没有结束，不计为已测"),
    (
        "{} parts claim tests but have no results (sampled datalog): counted by their bins",
        "{} 次测试声称测过但没有明细（抽样记录），按分档计入",
    ),
    ("and {} more places", "另有 {} 处"),
    (
        "{}: the file ends inside a {} record: {} of {} bytes are there",
        "{}：文件在 {} 记录中间结束，应有 {3} 字节，只有 {2} 字节",
    ),
    ("{}: {} bytes are no records and were skipped", "{}：有 {} 字节不是记录，已跳过"),
    ("{}: the file does not begin with FAR: byte order found by trying", "{}：文件不以 FAR 开头，字节序由试读判定"),
    (
        "{}: FAR says CPU_TYPE {}, the record lengths say otherwise and are used",
        "{}：FAR 中 CPU_TYPE 为 {}，与记录长度矛盾，以记录长度为准",
    ),
    ("{}: unpacking stopped: {}", "{}：解压中断（{}）"),
    ("at byte {} (after {} records, the last {})", "第 {} 字节处（之前有 {} 条记录，最后一条是 {}）"),
    ("at byte {} (after {} records)", "第 {} 字节处（之前有 {} 条记录）"),
    (
        "{}: no STDF file: its first bytes are neither FAR nor a chain of known records",
        "{}：不是 STDF 文件，开头既没有 FAR，也没有可识别的记录",
    ),
];

/// A remark of the reader in Chinese; one that is not known stays as it is.
pub fn remark(text: &str) -> String {
    for (pattern, chinese) in REMARKS {
        if let Some(found) = matched(pattern, text) {
            let found: Vec<String> =
                found.into_iter().map(|part| if part == text { part.into() } else { remark(part) }).collect();
            return filled(chinese, &found);
        }
    }
    text.to_owned()
}

/// What stands in the places of a pattern, if the text is of that pattern.
fn matched<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut found = Vec::new();
    let pieces: Vec<&str> = pieces.collect();
    for (index, piece) in pieces.iter().enumerate() {
        let last = index + 1 == pieces.len();
        let end = if last && piece.is_empty() {
            rest.len()
        } else if last {
            rest.strip_suffix(piece)?.len()
        } else {
            rest.find(piece)?
        };
        found.push(&rest[..end]);
        rest = &rest[end + piece.len()..];
    }
    rest.is_empty().then_some(found)
}

/// Fills `{}` in order and `{2}` by number.
fn filled(pattern: &str, found: &[String]) -> String {
    let mut text = pattern.to_owned();
    for (index, part) in found.iter().enumerate() {
        text = text.replace(&format!("{{{index}}}"), part);
    }
    found.iter().fold(text, |text, part| text.replacen("{}", part, 1))
}

/// What a claim is about, in Chinese.
pub fn claim(about: &str) -> String {
    const ABOUT: [(&str, &str); 8] = [
        ("good parts of wafer {}", "晶圆 {} 的良品数"),
        ("parts of wafer {}", "晶圆 {} 的芯片数"),
        ("good parts, {}", "良品数，{}"),
        ("parts, {}", "芯片数，{}"),
        ("hardware bin {}, {}", "硬分档 {}，{}"),
        ("software bin {}, {}", "软分档 {}，{}"),
        ("executions of test {}, {}", "测试项 {} 的执行次数，{}"),
        ("failures of test {}, {}", "测试项 {} 的失效次数，{}"),
    ];
    let place = |text: &str| match matched("head {} site {}", text) {
        Some(found) => format!("测试头 {} 测试座 {}", found[0], found[1]),
        None if text == "all sites" => "全部测试座".to_owned(),
        None => match matched("{} (called {} in its results)", text) {
            Some(found) => format!("{}（结果中称 {}）", found[0], found[1]),
            None => text.to_owned(),
        },
    };
    for (pattern, chinese) in ABOUT {
        if let Some(found) = matched(pattern, about) {
            let found: Vec<String> = found.into_iter().map(place).collect();
            return filled(chinese, &found);
        }
    }
    about.to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn remarks_are_told_in_chinese() {
        assert_eq!(remark("3 results outside of any part: left out"), "3 条结果不属于任何芯片，没有采用");
        let damage =
            "at byte 120 (after 4 records, the last PTR): the file ends inside a PRR record: 3 of 20 bytes are there";
        let told =
            "第 120 字节处（之前有 4 条记录，最后一条是 PTR）：文件在 PRR 记录中间结束，应有 20 字节，只有 3 字节";
        assert_eq!(remark(damage), told);
        assert_eq!(remark("something new"), "something new");
    }

    #[test]
    fn the_engine_still_says_what_is_translated_here() {
        let mut bytes = Vec::new();
        let plan = stdf::generate::Plan { diameter: 6, parametric: 2, functional: 0, ..Default::default() };
        stdf::generate::generate(&plan, &mut bytes, |_| true).unwrap();
        bytes.truncate(bytes.len() / 2);
        let mut dataset = crate::model::Dataset::default();
        let reader = stdf::Reader::from_bytes(bytes).unwrap();
        crate::ingest::read_one(&mut dataset, reader, "cut.stdf", &Default::default(), |_| true).unwrap();
        let file = &dataset.files[0];
        assert!(!file.notes.is_empty());
        for line in file.damage.iter().chain(&file.notes) {
            assert_ne!(&remark(line), line, "no Chinese for this");
        }
    }

    #[test]
    fn claims_are_told_in_chinese() {
        assert_eq!(claim("good parts, head 1 site 2"), "良品数，测试头 1 测试座 2");
        assert_eq!(claim("hardware bin 5, all sites"), "硬分档 5，全部测试座");
        assert_eq!(
            claim("failures of test 7 LK (called \"LK <> P\" in its results), all sites"),
            "测试项 7 LK（结果中称 \"LK <> P\"） 的失效次数，全部测试座"
        );
        assert_eq!(
            claim("executions of test 1001 leak, A, head 1 site 0"),
            "测试项 1001 leak 的执行次数，A, head 1 site 0"
        );
    }
}
