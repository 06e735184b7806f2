//! What may not pass as mere prose when a text is bound to data.
//!
//! A plan or clause file binds every character to something the program carries out, or marks it as prose with a
//! reason. A sentence that demands something must not slip through as prose: this finds what demands.

use serde::{Deserialize, Serialize};

use crate::date::Date;

/// A second person who read a marked stretch and confirmed, by name, that it demands nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondReader {
    /// Name or post of the reader.
    pub name: String,
    /// When it was confirmed.
    pub date: Date,
}

/// Words that state a threshold, an amount or a comparison.
const MEASURES: [&str; 18] = [
    "万元",
    "亿元",
    "%",
    "％",
    "百分之",
    "以上",
    "以下",
    "以内",
    "最高",
    "最低",
    "不超过",
    "超过",
    "突破",
    "不低于",
    "不少于",
    "至少",
    "翻番",
    "翻一番",
];
/// Verbs by which Chinese plans demand.
const DEMANDS: [&str; 48] = [
    "支持", "鼓励", "给予", "建设", "引导", "推动", "加快", "培育", "壮大", "引进", "打造", "简化", "完善", "保障",
    "强化", "推进", "拓展", "优化", "发挥", "争取", "吸引", "出台", "实施", "设立", "探索", "开展", "统筹", "督促",
    "明确", "纳入", "提升", "提高", "增强", "加大", "加强", "构建", "孵化", "健全", "招引", "对接", "集聚", "落实",
    "贯彻", "力争", "确保", "应当", "必须", "不得",
];
const CHINESE_DIGITS: &str = "一二三四五六七八九十百千万亿两";
/// What is counted, so that a Chinese numeral before it is a number: 十家, 两个. Not 条: “第一条” names a place.
const COUNTED: &str = "家个项户亩元人名台倍";

/// The first thing in a stretch of prose that demands something, with its character offset; `None` when it may be prose.
pub fn first_demand(text: &str) -> Option<(usize, String)> {
    let words = MEASURES.iter().chain(&DEMANDS).filter_map(|word| Some((text.find(word)?, (*word).to_owned())));
    let digit = text.find(|c: char| c.is_numeric() && !CHINESE_DIGITS.contains(c));
    let digit = digit.and_then(|at| Some((at, text[at..].chars().next()?.to_string())));
    let (at, word) = words.chain(digit).chain(chinese_count(text)).min()?;
    Some((text[..at].chars().count(), word))
}

/// The first number of things written in Chinese numerals, with its byte offset. “第一个” is an order, not a number.
fn chinese_count(text: &str) -> Option<(usize, String)> {
    let mut run = String::new();
    let mut before = None;
    let mut last = None;
    for (at, c) in text.char_indices() {
        if CHINESE_DIGITS.contains(c) {
            if run.is_empty() {
                before = last;
            }
            run.push(c);
        } else {
            if !run.is_empty() && COUNTED.contains(c) && before != Some('第') {
                let start = at - run.len();
                run.push(c);
                return Some((start, run));
            }
            run.clear();
        }
        last = Some(c);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demands_are_found_where_they_stand() {
        assert_eq!(first_demand("结合我市实际，制定本行动计划。"), None);
        assert_eq!(first_demand("的企业，给予"), Some((4, "给予".into())));
        assert_eq!(first_demand("年度50%"), Some((2, "5".into())));
        assert_eq!(first_demand("第一条"), None, "Chinese numerals name places in the text");
        assert_eq!(first_demand("第一个部分"), None, "an order is no number");
        assert_eq!(first_demand("新增十五家企业"), Some((2, "十五家".into())));
        assert_eq!(first_demand("应当于年内办结"), Some((0, "应当".into())));
    }
}
