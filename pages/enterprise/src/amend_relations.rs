//! Who owns and runs a firm, and whom it lets see its data.

use std::collections::BTreeMap;

use enterprise::Change;
use enterprise::relation::{Holder, Holding, HoldingId, HoldingKind, SubjectId};
use enterprise::standing::{Consent, ConsentId};
use kernel::{CommandId, CreditCode, Date, Evidence, OrganisationId, Period, Rate, Role};
use office::Hall;
use web::{Draft, FormPage, FromFields, Reader};

use crate::amend::{Amendment, FIRM, FIRM_OR_GOVERNMENT, Subject, holder, part};
use crate::amend_standing::{read_validity, validity};

/// Who has the part, before the vault knows them.
enum Typed {
    Organisation(CreditCode, String),
    Foreign(String),
    Person(String, String),
}

#[derive(Clone, Copy)]
enum Sort {
    Organisation,
    Foreign,
    Person,
}

const SORTS: [(&str, Sort); 3] =
    [("organisation", Sort::Organisation), ("foreign", Sort::Foreign), ("person", Sort::Person)];

/// A part in the firm.
pub struct Hold {
    who: Typed,
    kind: HoldingKind,
    from: Date,
}

fn read_kind(reader: &mut Reader<'_>) -> Option<HoldingKind> {
    match reader.choice("kind", "关系", &[("shareholder", 0), ("officer", 1), ("controller", 2)])? {
        0 => reader.required::<Rate>("share", "持股比例").map(HoldingKind::Shareholder),
        1 => reader.text("post", "职务", 30, true).map(HoldingKind::Officer),
        _ => Some(HoldingKind::Controller),
    }
}

fn read_holder(reader: &mut Reader<'_>) -> Option<Typed> {
    let sort = reader.choice("sort", "是谁", &SORTS);
    let name = reader.text("name", "姓名或名称", 100, true);
    match sort? {
        Sort::Organisation => {
            let code = reader.required("code", "统一社会信用代码");
            Some(Typed::Organisation(code?, name?))
        }
        Sort::Foreign => name.map(Typed::Foreign),
        Sort::Person => {
            let document = reader.required("document", "证件号码");
            Some(Typed::Person(name?, document?))
        }
    }
}

impl FromFields for Hold {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let who = read_holder(reader);
        let kind = read_kind(reader);
        let from = reader.required("from", "起始日");
        Some(Self { who: who?, kind: kind?, from: from? })
    }
}

impl Amendment for Hold {
    const PATTERN: &'static str = "/firms/{code}/amend/holding";
    const TITLE: &'static str = "登记股东、董监高或控制人";
    const ROLES: &'static [Role] = FIRM_OR_GOVERNMENT;

    fn fields(form: FormPage, draft: &Draft, _: &Subject<'_>) -> FormPage {
        let sorts = [("organisation", "境内机构"), ("foreign", "境外机构"), ("person", "自然人")];
        let kinds = [("shareholder", "股东"), ("officer", "董事、监事或高管"), ("controller", "实际控制人")];
        form.intro("用于识别关联企业。自然人的姓名只存入保险库，证件号码只存摘要。")
            .group(
                "是谁",
                [
                    draft.radios("sort", "类别", &sorts).required(),
                    draft.text("name", "姓名或名称").required(),
                    draft.text("code", "统一社会信用代码").hint("境内机构必填"),
                    draft.text("document", "证件号码").hint("自然人必填；同一人在两家企业由此识别"),
                ],
            )
            .group(
                "关系",
                [
                    draft.radios("kind", "关系", &kinds).required(),
                    draft.text("share", "持股比例").hint("股东必填，例如 51% 或 33.4%"),
                    draft.text("post", "职务").hint("董事、监事或高管必填，例如 执行董事"),
                    draft.date("from", "起始日").required(),
                ],
            )
    }

    fn person(&self) -> Option<&str> {
        match &self.who {
            Typed::Person(name, _) => Some(name),
            _ => None,
        }
    }

    fn change(self, id: CommandId, _: Vec<Evidence>, hall: &Hall) -> Change {
        let holder = match self.who {
            Typed::Organisation(code, name) => Holder::Organisation { code, name },
            Typed::Foreign(name) => Holder::Foreign { name },
            Typed::Person(_, document) => {
                Holder::Person { subject: SubjectId(id.0), identity: hall.identity_digest(&document) }
            }
        };
        let holding = Holding { holder, kind: self.kind, from: self.from, until: None };
        Change::Hold { id: HoldingId(id.0), holding }
    }
}

/// The part ended.
pub struct EndHold {
    id: HoldingId,
    until: Date,
}

impl FromFields for EndHold {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let id = reader.required("id", "哪一项");
        let until = reader.required("on", "退出日");
        Some(Self { id: id?, until: until? })
    }
}

impl Amendment for EndHold {
    const PATTERN: &'static str = "/firms/{code}/amend/holding-ended";
    const TITLE: &'static str = "登记退出";
    const ROLES: &'static [Role] = FIRM_OR_GOVERNMENT;

    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage {
        let open = subject.file.holdings.iter().filter(|(_, holding)| holding.until.is_none());
        // Names of natural persons stand on the page before, where looking is recorded with them.
        let named = |one: &Holding| match &one.holder {
            Holder::Person { identity, .. } => format!("自然人 {}", identity.short()),
            other => holder(other, &BTreeMap::new()),
        };
        let open: Vec<(HoldingId, String)> =
            open.map(|(id, one)| (*id, format!("{}，{}，{} 起", named(one), part(&one.kind), one.from))).collect();
        form.field(draft.select("id", "哪一项", &open).required())
            .field(draft.date("on", "退出日").hint("最后一天").required())
    }

    fn change(self, _: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        Change::EndHolding { id: self.id, until: self.until }
    }
}

/// The firm lets an organisation see something.
pub struct Allow {
    to: OrganisationId,
    what: String,
    purpose: String,
    valid: Period,
}

impl FromFields for Allow {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let to = reader.required("to", "单位");
        let what = reader.text("what", "内容", 100, true);
        let purpose = reader.text("purpose", "用途", 100, true);
        let valid = read_validity(reader);
        Some(Self { to: to?, what: what?, purpose: purpose?, valid: valid? })
    }
}

impl Amendment for Allow {
    const PATTERN: &'static str = "/firms/{code}/amend/consent";
    const TITLE: &'static str = "同意他方查看";
    const ROLES: &'static [Role] = FIRM;

    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage {
        let offices = subject.state.accounts.organisations();
        let others = offices.filter(|one| one.exists_on(subject.day) && one.id != subject.file.code.into());
        let others: Vec<(String, String)> = others.map(|one| (one.id.to_string(), one.name.clone())).collect();
        let form = form
            .intro("同意只用于写明的用途，随时可以撤回；每次查看都会出现在本企业的查看记录中。")
            .field(draft.select("to", "单位", &others).required())
            .field(draft.text("what", "同意查看的内容").hint("例如 2025 年度申报与审计报告").required())
            .field(draft.text("purpose", "用途").hint("例如 贴息事项第三方审计").required());
        validity(form, draft)
    }

    fn change(self, id: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        let Self { to, what, purpose, valid } = self;
        Change::GiveConsent { id: ConsentId(id.0), consent: Consent { to, what, purpose, valid, withdrawn: None } }
    }
}

/// The firm takes a consent back.
pub struct Disallow {
    id: ConsentId,
    on: Date,
}

impl FromFields for Disallow {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let id = reader.required("id", "哪一项");
        let on = reader.required("on", "撤回日");
        Some(Self { id: id?, on: on? })
    }
}

impl Amendment for Disallow {
    const PATTERN: &'static str = "/firms/{code}/amend/consent-withdrawn";
    const TITLE: &'static str = "撤回同意";
    const ROLES: &'static [Role] = FIRM;

    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage {
        let given = subject.file.consents.iter().filter(|(_, consent)| consent.withdrawn.is_none());
        let given: Vec<(ConsentId, String)> = given
            .map(|(id, one)| {
                (*id, format!("{}：{}（{}）", subject.state.organisation_name(&one.to), one.what, one.purpose))
            })
            .collect();
        form.field(draft.select("id", "哪一项", &given).required())
            .field(draft.date("on", "撤回日").hint("不再可以查看的第一天，不晚于今天").required())
    }

    fn change(self, _: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        Change::WithdrawConsent { id: self.id, on: self.on }
    }
}
