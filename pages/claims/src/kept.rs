//! What a person has answered so far: kept on their desk after every step, so that nothing is lost with a session.
//!
//! Answers are kept as typed, right or wrong, and read anew wherever they are needed: a form comes back exactly as it was
//! left, and a rule that changes meanwhile is applied to what was typed.

use std::collections::{BTreeMap, BTreeSet};

use cases::{CallId, CaseId, ItemKey};
use kernel::{CreditCode, Digest, PersonId, Timestamp};
use office::Hall;
use serde::{Deserialize, Serialize};
use web::{Draft, Failure};

use super::taken::Taken;

/// Fields of one form, as typed.
pub type Fields = Vec<(String, String)>;

/// Answers and files of a claim that is not sent yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Forms that are asked once, by the key of their step.
    pub answers: BTreeMap<String, Fields>,
    /// Forms that are asked once for each loan, invoice or amount received, by the key of their step.
    pub rows: BTreeMap<String, Vec<Fields>>,
    /// Files by item of the checklist.
    pub files: BTreeMap<ItemKey, Vec<Taken>>,
    /// Steps that were gone through, whether or not there was anything to say.
    pub seen: BTreeSet<String>,
    /// Whether the person confirmed that nothing sent in is a state secret.
    pub not_secret: bool,
}

impl Kept {
    /// A form of one step.
    pub fn answer(&self, step: &str) -> Option<&Fields> {
        self.answers.get(step)
    }

    /// The forms of a step that is asked several times.
    pub fn rows(&self, step: &str) -> &[Fields] {
        self.rows.get(step).map(Vec::as_slice).unwrap_or_default()
    }

    /// Keeps row `n` (from 1) of a step; one past the last is a new one.
    pub fn keep_row(&mut self, step: &str, n: usize, fields: Fields) {
        let rows = self.rows.entry(step.to_owned()).or_default();
        match rows.get_mut(n.saturating_sub(1)) {
            Some(row) => *row = fields,
            None => rows.push(fields),
        }
    }

    /// Forgets row `n` (from 1) of a step.
    pub fn drop_row(&mut self, step: &str, n: usize) {
        if let Some(rows) = self.rows.get_mut(step)
            && (1..=rows.len()).contains(&n)
        {
            rows.remove(n - 1);
        }
    }

    /// Files of an item.
    pub fn files(&self, item: &ItemKey) -> &[Taken] {
        self.files.get(item).map(Vec::as_slice).unwrap_or_default()
    }

    /// A file by its digest, wherever it stands.
    pub fn file(&self, digest: Digest) -> Option<&Taken> {
        self.files.values().flatten().find(|file| file.evidence.digest == digest)
    }

    /// Every invoice read from the files, each once.
    pub fn invoices(&self) -> impl Iterator<Item = &super::taken::ReadInvoice> {
        let mut known = BTreeSet::new();
        let all = self.files.values().flatten().flat_map(|file| &file.invoices);
        all.filter(move |invoice| known.insert(invoice.number.as_str()))
    }

    /// Loads a draft and when it was last kept; an unreadable one of an earlier program counts as none.
    pub async fn load(hall: &Hall, owner: PersonId, place: &str) -> Result<Option<(Self, Timestamp)>, Failure> {
        let draft = hall.draft(owner, place).await?;
        Ok(draft.and_then(|(content, at)| Some((serde_json::from_str(&content).ok()?, at))))
    }

    /// Keeps it.
    pub async fn save(&self, hall: &Hall, owner: PersonId, place: &str) -> Result<(), Failure> {
        let content = serde_json::to_string(self).map_err(|error| Failure::Fault(error.to_string()))?;
        Ok(hall.save_draft(owner, place, &content).await?)
    }
}

/// Where a person's draft of a new claim is kept.
pub fn place_of_claim(call: CallId, firm: CreditCode) -> String {
    format!("claim:{call}:{firm}")
}

/// Where a person's draft of a completion is kept: of each version of the material anew.
pub fn place_of_completion(case: CaseId, version: usize) -> String {
    format!("completion:{case}:{version}")
}

/// Where what a person answered is kept once it was sent, so that a completion begins where they left.
pub fn place_of_sent(case: CaseId) -> String {
    format!("sent-claim:{case}")
}

/// What was typed into a form, to be kept.
pub fn typed(draft: &Draft) -> Fields {
    draft.typed().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The first value of a field.
pub fn value<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_replaced_added_and_dropped() {
        let row = |text: &str| vec![("a".to_owned(), text.to_owned())];
        let mut kept = Kept::default();
        kept.keep_row("loan", 1, row("x"));
        kept.keep_row("loan", 2, row("y"));
        kept.keep_row("loan", 1, row("z"));
        assert_eq!(kept.rows("loan"), [row("z"), row("y")]);
        kept.drop_row("loan", 3);
        kept.drop_row("loan", 0);
        kept.drop_row("loan", 1);
        assert_eq!(kept.rows("loan"), [row("y")]);
        assert_eq!(value(&kept.rows("loan")[0], "a"), "y");
    }
}
