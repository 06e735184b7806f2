//! Words people type, checked once.

use kernel::Refusal;

/// The longest reason or opinion, in characters.
const LONGEST: usize = 1000;

/// Trimmed, not empty, not longer than a page and without control characters; otherwise a refusal at `field` that calls
/// it `label`.
pub(crate) fn required(field: &'static str, label: &str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 {
        return Err(Refusal::invalid(field, format!("请填写{label}。")));
    }
    if length > LONGEST {
        let what = format!("{label}最多 {LONGEST} 个字，现在是 {length} 个字，请精简，详细内容请作为附件上传。");
        return Err(Refusal::invalid(field, what));
    }
    if text.contains(|c: char| c.is_control() && c != '\n') {
        return Err(Refusal::invalid(field, format!("{label}含有不可见的控制字符，请删除后重新填写。")));
    }
    Ok(text.to_owned())
}
