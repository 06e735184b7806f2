//! Honours and recognitions of a firm.

use std::collections::BTreeMap;

use enterprise::Change;
use enterprise::standing::{AnnualCheck, Honour, HonourId, HonourLevel, Recognition, RecognitionId};
use kernel::{CommandId, Date, Evidence, Period, Role, Year};
use office::Hall;
use web::{Draft, FormPage, FromFields, Reader, Upload};

use crate::amend::{Amendment, DEPARTMENT, GOVERNMENT, PAPERS, Subject};

const LEVELS: [(&str, HonourLevel); 3] =
    [("national", HonourLevel::National), ("city", HonourLevel::City), ("district", HonourLevel::District)];

/// First and last day of validity as typed.
pub fn read_validity(reader: &mut Reader<'_>) -> Option<Period> {
    let from: Option<Date> = reader.required("valid_from", "有效期起");
    let until: Option<Date> = reader.required("valid_until", "有效期止");
    match Period::new(from?, until?) {
        Ok(valid) => Some(valid),
        Err(error) => {
            reader.refuse("valid_until", "有效期止", &error.to_string());
            None
        }
    }
}

/// Fields of first and last day of validity.
pub fn validity(form: FormPage, draft: &Draft) -> FormPage {
    form.field(draft.date("valid_from", "有效期起").required())
        .field(draft.date("valid_until", "有效期止").hint("最后一天").required())
}

/// A title.
pub struct Award {
    title: String,
    level: HonourLevel,
    document: String,
    valid: Period,
    evidence: Option<Upload>,
}

impl FromFields for Award {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let title = reader.text("title", "荣誉名称", 60, true);
        let level = reader.choice("level", "级别", &LEVELS);
        let document = reader.text("document", "文号", 60, true);
        let valid = read_validity(reader);
        let evidence = reader.optional_file("evidence");
        Some(Self { title: title?, level: level?, document: document?, valid: valid?, evidence })
    }
}

impl Amendment for Award {
    const PATTERN: &'static str = "/firms/{code}/amend/honour";
    const TITLE: &'static str = "登记荣誉";
    const ROLES: &'static [Role] = GOVERNMENT;

    fn fields(form: FormPage, draft: &Draft, _: &Subject<'_>) -> FormPage {
        let form = form
            .intro("有效期届满后自动不再计为有效荣誉。")
            .field(draft.text("title", "荣誉名称").hint("例如 专精特新中小企业").required())
            .field(draft.radios("level", "级别", &LEVELS.map(|(key, level)| (key, level.label()))).required())
            .field(draft.text("document", "授予文件文号").required());
        validity(form, draft).field(draft.upload("evidence", "授予文件", PAPERS).hint("不超过 20 MB"))
    }

    fn proof(&self) -> Option<&Upload> {
        self.evidence.as_ref()
    }

    fn change(self, id: CommandId, evidence: Vec<Evidence>, _: &Hall) -> Change {
        let Self { title, level, document, valid, .. } = self;
        let honour = Honour { title, level, document, valid, revoked: None };
        Change::AwardHonour { id: HonourId(id.0), honour, evidence }
    }
}

/// A title taken back.
pub struct RevokeAward {
    id: HonourId,
    on: Date,
    reason: String,
}

impl FromFields for RevokeAward {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let id = reader.required("id", "荣誉");
        let on = reader.required("on", "撤销日");
        let reason = reader.text("reason", "撤销原因", 300, true);
        Some(Self { id: id?, on: on?, reason: reason? })
    }
}

impl Amendment for RevokeAward {
    const PATTERN: &'static str = "/firms/{code}/amend/honour-revoked";
    const TITLE: &'static str = "撤销荣誉";
    const ROLES: &'static [Role] = GOVERNMENT;

    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage {
        let held = subject.file.honours.iter().filter(|(_, honour)| honour.revoked.is_none());
        let held: Vec<(HonourId, String)> =
            held.map(|(id, honour)| (*id, format!("{}（{}）", honour.title, honour.document))).collect();
        let form = if held.is_empty() { form.told("没有可以撤销的荣誉。") } else { form };
        form.field(draft.select("id", "荣誉", &held).required())
            .field(draft.date("on", "撤销日").hint("不再有效的第一天").required())
            .field(draft.lines("reason", "撤销原因").required())
    }

    fn change(self, _: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        Change::RevokeHonour { id: self.id, on: self.on, reason: self.reason }
    }
}

/// A recognition.
pub struct Recognise {
    kind: String,
    document: String,
    valid: Period,
    evidence: Option<Upload>,
}

impl FromFields for Recognise {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let kind = reader.text("kind", "认定事项", 60, true);
        let document = reader.text("document", "文号", 60, true);
        let valid = read_validity(reader);
        let evidence = reader.file("evidence", "认定文件");
        Some(Self { kind: kind?, document: document?, valid: valid?, evidence: Some(evidence?) })
    }
}

impl Amendment for Recognise {
    const PATTERN: &'static str = "/firms/{code}/amend/recognition";
    const TITLE: &'static str = "登记认定";
    const ROLES: &'static [Role] = DEPARTMENT;

    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage {
        let known = known_kinds(subject);
        let hint = if known.is_empty() {
            "与条款所用的认定编号一致，例如 municipal-platform（市级集成电路公共服务平台）".to_owned()
        } else {
            format!("与条款所用的认定编号一致；已用过：{}", known.join("、"))
        };
        let form = form
            .field(draft.text("kind", "认定事项").hint(hint).required())
            .field(draft.text("document", "认定文件文号").required());
        validity(form, draft).field(draft.upload("evidence", "认定文件", PAPERS).hint("不超过 20 MB").required())
    }

    fn proof(&self) -> Option<&Upload> {
        self.evidence.as_ref()
    }

    fn change(self, id: CommandId, evidence: Vec<Evidence>, _: &Hall) -> Change {
        let Self { kind, document, valid, .. } = self;
        let recognition = Recognition { kind, document, valid, checks: BTreeMap::new(), withdrawn: None };
        Change::Recognise { id: RecognitionId(id.0), recognition, evidence }
    }
}

/// Kinds of recognition that firms hold or held.
fn known_kinds(subject: &Subject<'_>) -> Vec<String> {
    let all = subject.state.enterprise.firms().flat_map(|file| file.recognitions.values());
    let kinds: std::collections::BTreeSet<String> = all.map(|recognition| recognition.kind.clone()).collect();
    kinds.into_iter().collect()
}

fn recognitions(draft: &Draft, subject: &Subject<'_>) -> web::Field {
    let held = subject.file.recognitions.iter().filter(|(_, one)| one.withdrawn.is_none());
    let held: Vec<(RecognitionId, String)> =
        held.map(|(id, one)| (*id, format!("{}（{}）", one.kind, one.document))).collect();
    draft.select("id", "认定", &held).required()
}

/// A year's check of a recognition.
pub struct Check {
    id: RecognitionId,
    year: Year,
    check: AnnualCheck,
}

impl FromFields for Check {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let id = reader.required("id", "认定");
        let year = reader.required("year", "年度");
        let passed = reader.choice("passed", "结论", &[("yes", true), ("no", false)]);
        let on = reader.required("on", "作出结论日");
        let opinion = reader.text("opinion", "年检意见", 300, true);
        let check = AnnualCheck { on: on?, passed: passed?, opinion: opinion? };
        Some(Self { id: id?, year: year?, check })
    }
}

impl Amendment for Check {
    const PATTERN: &'static str = "/firms/{code}/amend/recognition-check";
    const TITLE: &'static str = "登记年检";
    const ROLES: &'static [Role] = DEPARTMENT;

    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage {
        form.intro("年检不合格的，自作出结论之日起不再是有效认定。")
            .field(recognitions(draft, subject))
            .field(draft.count("year", "年度").hint("例如 2025").required())
            .field(draft.radios("passed", "结论", &[("yes", "合格"), ("no", "不合格")]).required())
            .field(draft.date("on", "作出结论日").required())
            .field(draft.lines("opinion", "年检意见").required())
    }

    fn change(self, _: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        Change::CheckRecognition { id: self.id, year: self.year, check: self.check }
    }
}

/// A recognition taken back.
pub struct Withdraw {
    id: RecognitionId,
    on: Date,
    reason: String,
}

impl FromFields for Withdraw {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let id = reader.required("id", "认定");
        let on = reader.required("on", "撤销日");
        let reason = reader.text("reason", "撤销原因", 300, true);
        Some(Self { id: id?, on: on?, reason: reason? })
    }
}

impl Amendment for Withdraw {
    const PATTERN: &'static str = "/firms/{code}/amend/recognition-withdrawn";
    const TITLE: &'static str = "撤销认定";
    const ROLES: &'static [Role] = DEPARTMENT;

    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage {
        form.field(recognitions(draft, subject))
            .field(draft.date("on", "撤销日").hint("不再有效的第一天").required())
            .field(draft.lines("reason", "撤销原因").required())
    }

    fn change(self, _: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        Change::WithdrawRecognition { id: self.id, on: self.on, reason: self.reason }
    }
}
