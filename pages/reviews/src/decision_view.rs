//! Decisions against the firm in a case, as the case shows them.

use cases::adverse::{AdverseDecision, Kind, Stage};
use kernel::Evidence;
use register::Light;

use super::adverse::{method_label, route_label};
use super::seen::Seen;

/// One decision, intended or made.
pub struct DecisionView {
    /// What it is.
    pub title: String,
    /// Where it stands.
    pub standing: Light,
    /// Facts and reasons.
    pub reasons: String,
    /// Cited places.
    pub basis: Vec<String>,
    /// What else is known, with its label.
    pub lines: Vec<(&'static str, String)>,
    /// Its files: what, name, where.
    pub files: Vec<(&'static str, String, String)>,
    /// Where it is dealt with, for those who do.
    pub href: Option<String>,
    /// Whether the address names it.
    pub is_open: bool,
}

/// All of a case, the latest first.
pub fn of(seen: &Seen<'_>) -> Vec<DecisionView> {
    let mut views: Vec<_> = seen.adverse_decisions().map(|decision| view(seen, decision)).collect();
    views.reverse();
    views
}

fn standing(stage: &Stage) -> Light {
    let word = stage.label();
    match stage {
        Stage::Revoked | Stage::Dropped => Light::unknown(word),
        Stage::Final { .. } | Stage::Served { .. } => Light::bad(word),
        _ => Light::watch(word),
    }
}

fn view(seen: &Seen<'_>, decision: &AdverseDecision) -> DecisionView {
    let intended = &decision.intended;
    let title = match intended.kind {
        Kind::Clawback(amount) => format!("追回资金 {amount} 元"),
        kind => kind.label().to_owned(),
    };
    let mut lines = vec![("陈述申辩期限", intended.until.due.to_string())];
    let mut files: Vec<(&'static str, &Evidence)> = vec![("事先告知书", &intended.notice)];
    match &decision.stage {
        Stage::Notified { statement: Some(said) } | Stage::Heard { statement: said, .. } => {
            lines.push(("企业意见", if said.hearing { "要求听证" } else { "陈述申辩" }.to_owned()));
            files.push(("企业意见", &said.file));
        }
        Stage::Made { due, .. } => lines.push(("送达期限", due.due.to_string())),
        Stage::Served { service, .. } => {
            lines.push(("送达", format!("{} {}", service.on, method_label(service.method))));
            lines.push(("复议期限", service.reconsideration.due.to_string()));
            lines.push(("起诉期限", service.litigation.due.to_string()));
            files.push(("送达回证", &service.proof));
        }
        Stage::Contested { service, route, .. } => {
            lines.push(("送达", format!("{} {}", service.on, method_label(service.method))));
            lines.push(("企业申请", route_label(*route).to_owned()));
            files.push(("送达回证", &service.proof));
        }
        _ => {}
    }
    if let Some(made) = decision.stage.made() {
        lines.extend(made.answer.clone().map(|answer| ("意见采纳情况", answer)));
        lines.push(("复议机关", made.remedy.reconsideration.clone()));
        lines.push(("管辖法院", made.remedy.court.clone()));
        lines.extend(made.bar_until.map(|until| ("限制至", until.to_string())));
        files.push(("决定书", &made.document));
    }
    let is_open = seen.adverse.is_some_and(|open| open.id == decision.id);
    let deals = seen.is_department() && !is_open;
    DecisionView {
        title,
        standing: standing(&decision.stage),
        reasons: intended.reasons.clone(),
        basis: intended.basis.iter().map(ToString::to_string).collect(),
        lines,
        files: files.into_iter().map(|(what, file)| (what, file.name.clone(), seen.file_path(file))).collect(),
        href: deals.then(|| format!("{}/adverse/{}", seen.path(), decision.id)),
        is_open,
    }
}
