//! A claim as filed beside its evidence, and what the last completion changed.

use cases::Stage;
use cases::case::Version;
use cases::material::Material;
use cases::support::Support;
use kernel::{Digest, Evidence};
use office::claims::claim_of;
use subsidy::Facts;

use super::seen::Seen;

/// Invoices and loans shown one by one; a claim can have many more.
const MOST: usize = 200;

/// One statement of the claim.
pub struct Line {
    /// What it is about.
    pub label: String,
    /// As it stands.
    pub now: String,
    /// As it stood before the last completion, where that changed it.
    pub before: Option<String>,
}

/// A file with what is known of it.
pub struct File {
    /// As it was called.
    pub name: String,
    /// Where it is opened.
    pub href: String,
    /// Its size, in words.
    pub size: String,
    /// What the scanner said of it.
    pub scanned: &'static str,
    /// Whether it came with the last completion.
    pub is_new: bool,
}

/// An item of the checklist.
pub struct Item {
    /// As the call calls it.
    pub title: String,
    /// Whether a claim without it is incomplete.
    pub required: bool,
    /// Whether it was asked for again.
    pub wanted: bool,
    /// What was sent in.
    pub files: Vec<File>,
}

/// Everything the firm sent in.
pub struct ClaimView {
    /// Statements.
    pub lines: Vec<Line>,
    /// The checklist with its files.
    pub items: Vec<Item>,
    /// How often it was sent in, and when last.
    pub note: String,
    /// What cannot be compared.
    pub remark: Option<&'static str>,
}

impl ClaimView {
    /// Of a case.
    pub fn of(seen: &Seen<'_>) -> Self {
        let versions = &seen.case.versions;
        let (now, before) = (versions.last(), versions.len().checked_sub(2).and_then(|n| versions.get(n)));
        let material = now.map(|version| &*version.material);
        let earlier = before.map(|version| &*version.material);
        let changed_facts = earlier.zip(material).is_some_and(|(before, now)| before.claim != now.claim);
        let old_facts = earlier.and_then(|before| facts_of(seen, before.claim));
        let facts = material.and_then(|material| facts_of(seen, material.claim));
        let mut lines = compared(material.map(said).unwrap_or_default(), earlier.map(said));
        let old = if changed_facts { old_facts.as_ref().map(subsidy_pages::facts_in_words) } else { None };
        lines.extend(compared(facts.as_ref().map(subsidy_pages::facts_in_words).unwrap_or_default(), old));
        let lost = changed_facts && old_facts.is_none();
        Self {
            lines,
            items: items(seen, material, earlier),
            note: note(versions),
            remark: lost.then_some("补正前的申报事实没有测算记录，不能逐项比较。"),
        }
    }
}

fn note(versions: &[Version]) -> String {
    let day = |version: &Version| version.recorded.day();
    match versions {
        [] => String::new(),
        [only] => format!("{} 提交", day(only)),
        [.., last] => format!("第 {} 次提交，{} 补正；改动处已标出", versions.len(), day(last)),
    }
}

/// Facts under their digest: as filed last, or as a recorded assessment of the claim had them.
fn facts_of(seen: &Seen<'_>, digest: Digest) -> Option<Facts> {
    let id = claim_of(seen.case.id);
    let filed = seen.state.subsidy.filed(id).filter(|record| record.filed.digest() == digest);
    if let Some(record) = filed {
        return Some(record.filed.claim.facts.clone());
    }
    let made = seen.state.subsidy.decisions().find(|record| {
        let decision = &record.decision;
        decision.claim_id == id && decision.claim.filed_digest() == digest
    });
    made.map(|record| record.decision.claim.facts.clone())
}

/// What the material says in words.
fn said(material: &Material) -> Vec<(String, String)> {
    let mut lines = vec![("申请金额".to_owned(), format!("{} 元", material.applied))];
    lines.extend(material.project.clone().map(|project| ("项目".to_owned(), project)));
    let of = |kind: fn(&Support) -> bool| material.supports.iter().filter(|support| kind(support)).count();
    let (invoices, loans) = (of(|one| matches!(one, Support::Invoice(_))), of(|one| matches!(one, Support::Loan(_))));
    if invoices > 0 {
        lines.push(("所用发票".to_owned(), format!("{invoices} 张")));
    }
    if loans > 0 {
        lines.push(("所用借款合同".to_owned(), format!("{loans} 份")));
    }
    let received =
        material.received.iter().map(|one| format!("{} {} 元（{}）", one.department, one.amount, one.document));
    let received: Vec<_> = received.collect();
    let declared = if received.is_empty() { "申明没有".to_owned() } else { received.join("；") };
    lines.push(("同一事项已获其他资金".to_owned(), declared));
    lines
}

fn compared(now: Vec<(String, String)>, before: Option<Vec<(String, String)>>) -> Vec<Line> {
    let gone: Vec<_> =
        before.iter().flatten().filter(|(label, _)| !now.iter().any(|(own, _)| own == label)).cloned().collect();
    let was = |label: &str, value: &str| {
        let before = before.as_ref()?;
        let old = before.iter().find(|(own, _)| own == label).map_or("（没有）", |(_, value)| value.as_str());
        (old != value).then(|| old.to_owned())
    };
    let kept = now.into_iter().take(MOST).map(|(label, value)| Line { before: was(&label, &value), label, now: value });
    let mut lines: Vec<_> = kept.collect();
    lines.extend(gone.into_iter().map(|(label, value)| Line {
        label,
        now: "（已删除）".to_owned(),
        before: Some(value),
    }));
    lines
}

fn items(seen: &Seen<'_>, material: Option<&Material>, earlier: Option<&Material>) -> Vec<Item> {
    let wanted = match &seen.case.stage {
        Stage::Returned { wanted, .. } => Some(wanted),
        _ => None,
    };
    let item = |item: &cases::material::Item| {
        let files = material.and_then(|material| material.items.get(&item.key)).into_iter().flatten();
        let old = earlier.map(|earlier| earlier.items.get(&item.key).cloned().unwrap_or_default());
        let is_new = |file: &Evidence| old.as_ref().is_some_and(|old| !old.iter().any(|one| one.digest == file.digest));
        Item {
            title: item.title.clone(),
            required: item.required,
            wanted: wanted.is_some_and(|wanted| wanted.contains(&item.key)),
            files: files
                .map(|file| File {
                    name: file.name.clone(),
                    href: seen.file_path(file),
                    size: size_in_words(file.size),
                    scanned: seen.verdicts.get(&file.digest).copied().unwrap_or("未查毒"),
                    is_new: is_new(file),
                })
                .collect(),
        }
    };
    seen.call.terms.checklist.iter().map(item).collect()
}

/// A number of bytes as people read it.
pub fn size_in_words(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} 字节"),
        1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completion_shows_what_changed_and_what_is_gone() {
        let line = |label: &str, value: &str| (label.to_owned(), value.to_owned());
        let now = vec![line("申请金额", "2 元"), line("项目", "甲")];
        let before = vec![line("申请金额", "1 元"), line("项目", "甲"), line("所用发票", "1 张")];
        let lines = compared(now.clone(), Some(before));
        let changed: Vec<_> = lines.iter().map(|line| (line.label.as_str(), line.before.as_deref())).collect();
        assert_eq!(changed, [("申请金额", Some("1 元")), ("项目", None), ("所用发票", Some("1 张"))]);
        assert!(compared(now, None).iter().all(|line| line.before.is_none()), "nothing to compare with");
    }
}
