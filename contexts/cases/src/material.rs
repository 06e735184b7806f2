//! What a firm sends in, in versions none of which is ever overwritten.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Digest, Evidence, Money, Refusal};
use serde::{Deserialize, Serialize};

use crate::key::ItemKey;
use crate::support::{Received, Support};
use crate::text;

/// An item of a call's checklist (材料清单).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its key.
    pub key: ItemKey,
    /// As the notice calls it.
    pub title: String,
    /// Whether a claim without it is incomplete.
    pub required: bool,
}

/// A claim's material.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// Of the claim's facts as the assessment reads them: other facts need another assessment.
    pub claim: Digest,
    /// 申请金额
    pub applied: Money,
    /// 项目名称, where the call is about projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Files by item of the checklist.
    pub items: BTreeMap<ItemKey, Vec<Evidence>>,
    /// Invoices and loans it rests on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub supports: BTreeSet<Support>,
    /// Declared: money received elsewhere for the same matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub received: Vec<Received>,
}

/// What a completion changes; whatever is not named stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Other facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Digest>,
    /// Another amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Money>,
    /// Items whose files are replaced.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub items: BTreeMap<ItemKey, Vec<Evidence>>,
    /// Other supports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supports: Option<BTreeSet<Support>>,
    /// Another declaration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Vec<Received>>,
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Material {
    /// The next version.
    pub fn with(&self, changes: &Changes) -> Self {
        let mut next = self.clone();
        next.claim = changes.claim.unwrap_or(next.claim);
        next.applied = changes.applied.unwrap_or(next.applied);
        next.items.extend(changes.items.iter().map(|(key, files)| (key.clone(), files.clone())));
        next.supports = changes.supports.clone().unwrap_or(next.supports);
        next.received = changes.received.clone().unwrap_or(next.received);
        next
    }

    /// Items a claim lacks.
    pub fn missing<'a>(&self, checklist: &'a [Item]) -> Vec<&'a Item> {
        let lacks = |item: &&Item| item.required && self.items.get(&item.key).is_none_or(Vec::is_empty);
        checklist.iter().filter(lacks).collect()
    }

    /// Refuses material that is incomplete or names items the call does not know.
    pub(crate) fn checked(self, checklist: &[Item]) -> Result<Self, Refusal> {
        if let Some(foreign) = self.items.keys().find(|key| !checklist.iter().any(|item| item.key == **key)) {
            return Err(Refusal::invalid("items", format!("申报通知的材料清单中没有 {foreign}，请删除后重新提交。")));
        }
        let missing: Vec<_> = self.missing(checklist).iter().map(|item| item.title.as_str()).collect();
        if !missing.is_empty() {
            return Err(Refusal::invalid("items", format!("还缺 {} 项材料：{}。", missing.len(), missing.join("、"))));
        }
        if self.applied <= Money::ZERO || self.applied > Money::LIMIT {
            return Err(Refusal::invalid("applied", "申请金额应大于 0 且不超过 90 万亿元，请检查单位是否填错。"));
        }
        let received = self.received.into_iter().map(Received::checked).collect::<Result<_, _>>()?;
        let project = self.project.map(|name| text::required("project", "项目名称", &name)).transpose()?;
        Ok(Self { received, project, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> Evidence {
        Evidence { digest: Digest::of(name.as_bytes()), name: name.to_owned(), size: 1 }
    }

    #[test]
    fn a_completion_keeps_what_it_does_not_name() {
        let item = |key: &str| Item { key: key.parse().unwrap(), title: key.to_owned(), required: true };
        let checklist = [item("report"), item("invoices")];
        let first = Material {
            claim: Digest::ZERO,
            applied: Money::from_yuan(10),
            project: None,
            items: BTreeMap::from([(checklist[0].key.clone(), vec![file("a.pdf")])]),
            supports: BTreeSet::new(),
            received: Vec::new(),
        };
        assert_eq!(first.missing(&checklist), [&checklist[1]]);
        let refusal = first.clone().checked(&checklist).unwrap_err();
        assert!(refusal.reason.contains("invoices"), "{refusal}");
        let items = BTreeMap::from([(checklist[1].key.clone(), vec![file("b.pdf")])]);
        let second = first.with(&Changes { items, ..Changes::default() });
        assert!(second.missing(&checklist).is_empty());
        assert_eq!(second.items[&checklist[0].key], first.items[&checklist[0].key]);
        assert_eq!(second.applied, first.applied);
    }
}
