//! Dated documents that a case cites.

use kernel::{Context, Date, Evidence, OrganisationId, Refusal};
use serde::{Deserialize, Serialize};

use crate::text;

/// An official document with its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// As published.
    pub title: String,
    /// 文号: as the issuer numbers it.
    pub number: String,
    /// Who issued it.
    pub issuer: OrganisationId,
    /// The file; the record stands on its digest.
    pub file: Evidence,
    /// First day on which it holds.
    pub from: Date,
    /// Last day on which it holds, where one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Document {
    /// Whether it holds on the day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// With its title and number trimmed, or what is missing.
    pub(crate) fn checked(self) -> Result<Self, Refusal> {
        if self.until.is_some_and(|until| until < self.from) {
            return Err(Refusal::invalid("until", "文件的失效日早于生效日，请核对。"));
        }
        Ok(Self {
            title: text::required("title", "文件名称", &self.title)?,
            number: text::required("number", "文号", &self.number)?,
            ..self
        })
    }
}

/// The place in a law, rule or agreement that a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// 文件名称.
    pub document: String,
    /// 文号.
    pub number: String,
    /// 条款: “第十二条第二款”.
    pub article: String,
}

impl Citation {
    pub(crate) fn checked(self) -> Result<Self, Refusal> {
        Ok(Self {
            document: text::required("basis", "所依据的文件名称", &self.document)?,
            number: text::required("basis", "所依据文件的文号", &self.number)?,
            article: text::required("basis", "所依据的条款", &self.article)?,
        })
    }
}

impl std::fmt::Display for Citation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "《{}》（{}）{}", self.document, self.number, self.article)
    }
}

/// Refuses a day that has not come yet.
pub(crate) fn not_later(context: &Context, field: &'static str, label: &str, day: Date) -> Result<Date, Refusal> {
    let today = context.today();
    if day > today {
        return Err(Refusal::invalid(field, format!("{label} {day} 在今天（{today}）之后，请核对。")));
    }
    Ok(day)
}
