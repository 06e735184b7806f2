//! Files of one item of the checklist: sent, looked at, kept, taken out again.

use axum::http::StatusCode;
use cases::ItemKey;
use web::{Answer, Counter, Draft, FromFields, Page, Reader, Upload, go};

use super::claiming::Claiming;
use super::step::Step;
use super::step_page;
use super::taken::{take as take_in, without};

/// What is sent with files.
struct Sent {
    files: Vec<Upload>,
}

impl FromFields for Sent {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let files = reader.files("files");
        if !files.is_empty() {
            reader.must_tick("not-secret", "不含涉密信息")?;
        }
        Some(Self { files })
    }
}

/// Takes in what was sent, or takes out what is not wanted.
pub async fn take(counter: &Counter, mut claiming: Claiming, page: Page, item: ItemKey, mut draft: Draft) -> Answer {
    let step = Step::Material(item.clone());
    let stays = draft.value("act") == "stay";
    let removed = draft.value("remove").to_owned();
    if !removed.is_empty() {
        without(&mut claiming.kept.files, &item, &removed);
        claiming.keep(counter).await?;
        return Ok(go(&claiming.address(&step)));
    }
    let Some(Sent { files }) = draft.read::<Sent>() else {
        return step_page::show(&claiming, page, &step, draft, StatusCode::UNPROCESSABLE_ENTITY);
    };
    for upload in &files {
        claiming.kept.not_secret = true;
        match take_in(&counter.hall, upload).await? {
            Ok(taken) => {
                let list = claiming.kept.files.entry(item.clone()).or_default();
                // The same content twice is the same file.
                list.retain(|known| known.evidence.digest != taken.evidence.digest);
                list.push(taken);
            }
            Err(refusal) => draft = draft.complain_at("files", format!("{}：{refusal}", upload.name)),
        }
    }
    claiming.kept.seen.insert(step.key());
    claiming.keep(counter).await?;
    if draft.has_errors() {
        return step_page::show(&claiming, page, &step, draft, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let next = if stays { step } else { claiming.after(&step) };
    Ok(go(&claiming.address(&next)))
}
