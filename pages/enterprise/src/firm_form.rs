//! Opening a firm's file by hand.

use std::collections::BTreeSet;

use enterprise::{Change, Command, FirmType, LegalForm, Registration, ScopeEntry, Site};
use kernel::{CommandId, CreditCode, Date, Role};
use office::State;
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Reader, Upload, go};

use crate::amend_basics::{kind_fields, read_kinds, read_site, scope_fields, site_fields};

/// A firm as typed.
pub struct Typed {
    firm: CreditCode,
    name: String,
    legal_form: LegalForm,
    registered_on: Date,
    site: Site,
    types: BTreeSet<FirmType>,
    segments: BTreeSet<String>,
    scope: Option<(ScopeEntry, Option<Upload>)>,
}

fn read_scope(reader: &mut Reader<'_>) -> Option<Option<(ScopeEntry, Option<Upload>)>> {
    if !reader.ticked("in_scope") {
        return Some(None);
    }
    let from = reader.required("from", "纳入日");
    let industry = reader.required("industry", "行业代码");
    let products = reader.text("products", "主要产品与工艺", 300, true);
    let evidence = reader.optional_file("evidence");
    let entry = ScopeEntry { from: from?, industry: industry?, products: products?, evidence: Vec::new() };
    Some(Some((entry, evidence)))
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let firm = reader.required("code", "统一社会信用代码");
        let name = reader.text("name", "企业名称", 100, true);
        let forms = LegalForm::ALL.map(|form| (form.label(), form));
        let legal_form = reader.choice("legal_form", "企业类型", &forms);
        let registered_on = reader.required("registered_on", "成立日期");
        let site = read_site(reader);
        let (types, segments) = read_kinds(reader);
        let scope = read_scope(reader);
        Some(Self {
            firm: firm?,
            name: name?,
            legal_form: legal_form?,
            registered_on: registered_on?,
            site: site?,
            types,
            segments,
            scope: scope?,
        })
    }
}

fn show(state: &State, day: Date, page: Page, draft: Draft) -> Answer {
    let catalog = state.enterprise.catalog().ok_or_else(Failure::not_found)?;
    let forms = LegalForm::ALL.map(|form| (form.label(), form.label()));
    let licence = [
        draft.text("code", "统一社会信用代码").hint("18 位，与营业执照一致；校验位不符不能建档").required(),
        draft.text("name", "企业名称").hint("营业执照上的全称").required(),
        draft.select("legal_form", "企业类型", &forms).required(),
        draft.date("registered_on", "成立日期").required(),
    ];
    let site = site_fields(&draft, catalog, day);
    let kinds = kind_fields(&draft, catalog);
    let in_scope = draft.tick("in_scope", "纳入封测口径").hint("勾选后填写以下各项；材料、装备、设计企业不纳入");
    let scope = std::iter::once(in_scope).chain(scope_fields(&draft, catalog, false));
    FormPage::new("企业建档", "/firms/new", draft)
        .intro("一企一档：每个统一社会信用代码建一份档案。多家企业可以用表格导入。")
        .group("营业执照", licence)
        .group("属地", site)
        .group("在产业链中的位置", kinds)
        .group("封测口径", scope)
        .files()
        .button("建档")
        .show(page.crumb("企业台账", "/firms"))
}

/// The empty form, at the officer's own place.
pub async fn new(counter: Counter, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let draft = match (counter.visitor.role(), counter.visitor.organisation()) {
        (Some(Role::DistrictOfficer), Some(own)) => {
            page.form().fill([("district", own.to_string()), ("zone", own.to_string())])
        }
        _ => page.form(),
    };
    show(&state, day, page, draft)
}

/// Opens the file, then notes what kind of firm it is.
pub async fn register(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let Form { read, draft, command, .. } = form;
    let Some(typed) = read else { return show(&state, day, page, draft) };
    let Typed { firm, name, legal_form, registered_on, site, types, segments, scope } = typed;
    let mut entry = None;
    if let Some((mut scope, evidence)) = scope {
        if let Some(evidence) = evidence {
            scope.evidence.push(counter.keep(&evidence).await?);
        }
        entry = Some(scope);
    }
    let registration = Registration { name, legal_form, registered_on, site };
    let register = Command::Register { firm, registration, scope: entry };
    let known = state.enterprise.firm(firm).is_some();
    let sent = counter.submit(command, register).await;
    if known && sent.is_err() {
        let what = format!("{firm} 已有企业档案，请打开该档案办理变更。");
        return show(&state, day, page, draft.refused(kernel::Refusal::invalid("code", what))?);
    }
    if let Some(draft) = draft.unless_done(sent)? {
        return show(&state, day, page, draft);
    }
    if !types.is_empty() || !segments.is_empty() {
        let change = Change::Classify { types, segments };
        counter.submit(second(command), Command::Amend { firm, expected: None, change }).await?;
    }
    Ok(go(&format!("/firms/{firm}")))
}

/// The id of the command that follows the form's own: the same when the form is sent again.
fn second(command: CommandId) -> CommandId {
    CommandId::derived([b"second:".as_slice(), command.0.as_bytes()])
}
