//! Forgetting a person: one administrator proposes, another confirms, and vault and desk forget at once.

use accounts::Command;
use accounts::erasure::{self, Ground};
use axum::extract::Path;
use kernel::PersonId;
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Reader, go};

use crate::people::name_of;

/// On what ground.
pub struct Wanted(Ground);

impl FromFields for Wanted {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let ground = reader.choice("ground", "依据", &Ground::ALL.map(|ground| (ground.key(), ground)));
        let understood = reader.must_tick("understood", "知悉不能恢复");
        understood?;
        ground.map(Self)
    }
}

async fn form(counter: &Counter, person: PersonId, page: Page, draft: Draft) -> Answer {
    let name = name_of(counter, person).await?;
    let ground = draft.radios("ground", "依据", &Ground::ALL.map(|ground| (ground.key(), ground.label())));
    let ground = ground.hint("个人信息保护法第四十七条").required();
    let understood = draft.tick("understood", "我知悉：复核通过后立即清除，不能恢复").required();
    FormPage::new(format!("清除{name}的个人信息"), format!("/people/{person}/erase"), draft)
        .intro(
            "销毁此人的密钥：姓名、登录名、草稿和消息从保险库、工作台和以往的备份中一并无法读取。\
             其编号和办理过的事项留在账本中，上传过的文件不在清除范围内。",
        )
        .told("须由另一位管理员（系统、安全或审计）复核。申请之前，请先移交此人手中的企业授权。")
        .group("", [ground, understood])
        .button("提交复核")
        .show(page.crumb("人员", "/people").crumb(name, format!("/people/{person}")))
}

/// The form.
pub async fn new(counter: Counter, Path(person): Path<PersonId>, page: Page) -> Answer {
    counter.state()?.accounts.person(person).ok_or_else(Failure::not_found)?;
    let draft = page.form();
    form(&counter, person, page, draft).await
}

/// The security administrator proposes it.
pub async fn propose(counter: Counter, Path(person): Path<PersonId>, page: Page, sent: Form<Wanted>) -> Answer {
    let Form { read, draft, command, .. } = sent;
    let Some(Wanted(ground)) = read else { return form(&counter, person, page, draft).await };
    let propose = Command::Erasure(erasure::Command::Propose { person, ground });
    let sent = counter.submit(command, propose).await;
    match draft.unless_done(sent)? {
        Some(draft) => form(&counter, person, page, draft).await,
        None => Ok(go(&format!("/people/{person}"))),
    }
}

/// Another administrator confirms: from then on nobody can read who this was.
pub async fn confirm(counter: Counter, Path(person): Path<PersonId>, form: Form<()>) -> Answer {
    counter.submit(form.command, Command::Erasure(erasure::Command::Confirm { person })).await?;
    counter.hall.finish_erasures().await?;
    Ok(go(&format!("/people/{person}")))
}

/// Another administrator turns it down, or the same one takes it back.
pub async fn reject(counter: Counter, Path(person): Path<PersonId>, form: Form<()>) -> Answer {
    counter.submit(form.command, Command::Erasure(erasure::Command::Reject { person })).await?;
    Ok(go(&format!("/people/{person}")))
}
