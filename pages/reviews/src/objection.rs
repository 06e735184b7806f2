//! An objection is answered by the department.

use kernel::Role;
use office::Act;
use web::{Draft, Failure, Field, FromFields, Reader};

use super::seen::Seen;
use super::step::{DEPARTMENT, Sent, Step};

/// 答复异议.
pub struct AnswerObjection {
    upheld: bool,
    reasons: String,
}

impl FromFields for AnswerObjection {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let upheld = reader.choice("upheld", "结论", &[("dismissed", false), ("upheld", true)]);
        let reasons = reader.text("reasons", "答复理由", 1000, true);
        Some(Self { upheld: upheld?, reasons: reasons? })
    }
}

impl Step for AnswerObjection {
    const PATTERN: &'static str = "/cases/{firm}/{case}/objections/{objection}";
    const SAMPLE: &'static str = "/cases/91500118000000001G/00000000-0000-7000-8000-0000000000a3/objections/00000000-0000-7000-8000-0000000000c9";
    const TITLE: &'static str = "答复异议";
    const BUTTON: &'static str = "答复";
    const ROLES: &'static [Role] = DEPARTMENT;
    const PROOF: bool = true;

    fn fits(seen: &Seen<'_>) -> bool {
        seen.is_department() && seen.objection.is_some_and(|objection| objection.is_open())
    }

    fn intro(seen: &Seen<'_>) -> Vec<String> {
        let said = match &seen.statement {
            Some((statement, contact)) => {
                let contact = contact
                    .as_deref()
                    .map_or("没有留下联系方式".to_owned(), |contact| format!("联系方式：{contact}"));
                vec![format!("异议内容：{statement}"), contact]
            }
            None => vec!["异议内容已依法清除。".to_owned()],
        };
        let what = "异议成立的，办件退回会议重新审定；不成立的，公示期满后继续办理。".to_owned();
        said.into_iter().chain([what]).collect()
    }

    fn fields(draft: &Draft, _: &Seen<'_>) -> Vec<Field> {
        let conclusions = [("dismissed", "不成立"), ("upheld", "成立，重新审定")];
        vec![
            draft.radios("upheld", "结论", &conclusions).required(),
            draft.lines("reasons", "答复理由").hint("会告知提出异议的人和企业").required(),
        ]
    }

    fn act(self, seen: &Seen<'_>, _: Sent) -> Result<Act, Failure> {
        let objection = seen.objection.ok_or_else(Failure::not_found)?;
        let (id, upheld, reasons) = (objection.said.id, self.upheld, self.reasons);
        Ok(cases::Command::Challenge(cases::challenge::Command::AnswerObjection { id, upheld, reasons }).into())
    }
}
