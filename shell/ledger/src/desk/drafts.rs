//! Forms begun and not yet sent.

use kernel::{PersonId, Timestamp};

use super::{Desk, DeskError, id, stored};
use crate::database::instant;

/// A form as far as it was filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormDraft {
    /// Which form, for which record: unique for its owner.
    pub form: String,
    /// The fields as JSON.
    pub content: String,
    /// When it was last saved.
    pub updated_at: Timestamp,
}

/// Where a draft's content is sealed: it opens in no other form.
fn place(form: &str) -> String {
    format!("desk draft {form}")
}

/// The table of drafts.
pub struct Drafts<'a>(pub(super) &'a Desk);

impl Drafts<'_> {
    /// Saves the form, replacing what was saved of it before.
    pub async fn save(&self, owner: PersonId, form: &str, content: &str, at: Timestamp) -> Result<(), DeskError> {
        let sealed = self.0.seal(owner, &place(form), content.as_bytes()).await?;
        let query = sqlx::query("insert or replace into draft values (?, ?, ?, ?)");
        let query = query.bind(id(owner)).bind(form).bind(sealed).bind(stored(at));
        query.execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    /// What was saved of the form.
    pub async fn load(&self, owner: PersonId, form: &str) -> Result<Option<FormDraft>, DeskError> {
        let query = sqlx::query_as("select form, sealed_content, updated_at from draft where owner = ? and form = ?");
        let row: Option<Row> = query.bind(id(owner)).bind(form).fetch_optional(self.0.readers()).await?;
        row.map(|row| self.draft(owner, row)).transpose()
    }

    /// All forms the person has begun, last saved first.
    pub async fn of(&self, owner: PersonId) -> Result<Vec<FormDraft>, DeskError> {
        let sql = "select form, sealed_content, updated_at from draft where owner = ? order by updated_at desc";
        let rows: Vec<Row> = sqlx::query_as(sql).bind(id(owner)).fetch_all(self.0.readers()).await?;
        rows.into_iter().map(|row| self.draft(owner, row)).collect()
    }

    /// Removes a form that was sent or given up.
    pub async fn discard(&self, owner: PersonId, form: &str) -> Result<(), DeskError> {
        let query = sqlx::query("delete from draft where owner = ? and form = ?");
        query.bind(id(owner)).bind(form).execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    fn draft(&self, owner: PersonId, (form, sealed, updated_at): Row) -> Result<FormDraft, DeskError> {
        let content = self.0.opened(owner, &place(&form), &sealed)?;
        Ok(FormDraft { form, content, updated_at: instant(updated_at) })
    }
}

type Row = (String, Vec<u8>, i64);
