//! 收款账户: where a firm is paid. The firm alone says; whoever pays sees the last digits and carries out what was named
//! when the order was given.

use kernel::{CreditCode, Role};
use office::BankAccount;
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Reader, go};

use cases_pages::viewer::firm_name;

/// Those who say where their firm is paid.
pub const OWNERS: &[Role] = &[Role::Enterprise];

fn firm(counter: &Counter) -> Result<CreditCode, Failure> {
    let code = counter.visitor.organisation().and_then(|organisation| organisation.as_str().parse().ok());
    code.ok_or_else(Failure::not_found)
}

async fn show(counter: &Counter, page: Page, draft: Draft) -> Answer {
    let (state, firm) = (counter.state()?, firm(counter)?);
    let name = firm_name(&state, firm);
    let kept = counter.hall.account(firm).await?;
    let draft = if draft.value("account_holder").is_empty() { draft.fill([("account_holder", name)]) } else { draft };
    let fields = [
        draft.text("account_holder", "户名").hint("应与营业执照上的名称一致，否则银行会退回").required(),
        draft.text("account_bank", "开户银行").hint("写到支行，例如 ××银行重庆××支行").required(),
        draft.text("account_number", "银行账号").hint("只写数字，对公账户").required(),
    ];
    let form = FormPage::new("收款账户", "/payee-account", draft)
        .intro("奖补资金拨付到这个账户。账号加密存放，只有您和办理拨付的财政人员能看到全部数字。")
        .group("", fields)
        .button("保存");
    let form = match kept {
        Some((_, account)) => form.told(format!(
            "现在的账户：{} · {} {}。更换后，之后下达的拨付指令才使用新账户；已经下达的仍付到原账户。",
            account.holder(),
            account.bank(),
            account.masked()
        )),
        None => form.told("还没有填写收款账户：审定后无法下达拨付指令。"),
    };
    form.show(page)
}

/// The form, with what is kept.
pub async fn form(counter: Counter, page: Page) -> Answer {
    let draft = page.form();
    show(&counter, page, draft).await
}

/// What a firm types.
pub struct Typed {
    holder: String,
    bank: String,
    number: String,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let holder = reader.required("account_holder", "户名");
        let bank = reader.required("account_bank", "开户银行");
        let number = reader.required("account_number", "银行账号");
        Some(Self { holder: holder?, bank: bank?, number: number? })
    }
}

/// Keeps the account.
pub async fn keep(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let Form { read, draft, .. } = form;
    let Some(Typed { holder, bank, number }) = read else { return show(&counter, page, draft).await };
    match BankAccount::new(&holder, &bank, &number) {
        Ok(account) => {
            counter.hall.keep_account(firm(&counter)?, &account).await?;
            Ok(go("/payee-account"))
        }
        Err(refusal) => {
            let draft = draft.refused(refusal)?;
            show(&counter, page, draft).await
        }
    }
}
