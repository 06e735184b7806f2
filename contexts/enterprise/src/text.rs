//! Words people type, checked once.

use kernel::Refusal;

/// Trimmed, not empty, at most `longest` characters and without control characters; otherwise a refusal at `field`
/// that calls it `label`.
pub fn required(field: &'static str, label: &str, text: &str, longest: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 {
        return Err(Refusal::invalid(field, format!("请填写{label}。")));
    }
    if length > longest {
        return Err(Refusal::invalid(field, format!("{label}最多 {longest} 个字，现在是 {length} 个字，请精简。")));
    }
    if text.contains(|c: char| c.is_control() && c != '\n') {
        return Err(Refusal::invalid(field, format!("{label}含有不可见的控制字符，请删除后重新填写。")));
    }
    Ok(text.to_owned())
}

/// As [`required`], but nothing typed is `None`.
pub fn optional(
    field: &'static str,
    label: &str,
    text: Option<&str>,
    longest: usize,
) -> Result<Option<String>, Refusal> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => required(field, label, text, longest).map(Some),
    }
}
