//! The lines of the ledger that a case consists of, with their place. A line that also concerns others is named by its
//! digest alone: what it says is theirs too.

use std::collections::BTreeSet;

use cases::{Case, CaseId, view};
use kernel::{Digest, Sequence};
use office::lines::StoredLine;
use office::{Event, State};
use serde::Serialize;

/// A line as the archive holds it.
#[derive(Serialize)]
struct Kept<'a> {
    batch: u64,
    batch_digest: Digest,
    line: usize,
    first: Sequence,
    events: usize,
    sm3: Digest,
    /// The stored line, where all of it is about the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// Events that a case consists of.
pub fn sequences(state: &State, case: &Case) -> BTreeSet<Sequence> {
    let steps = view::timeline(&state.cases, case).into_iter().map(|step| step.recorded.sequence);
    let orders = state.cases.orders().filter(|record| record.order.case == case.id);
    let orders = orders.map(|record| record.recorded.sequence);
    let receipts = state.cases.receipts().filter(|receipt| receipt.case == case.id);
    let receipts = receipts.map(|receipt| receipt.recorded.sequence);
    let claim = office::claims::claim_of(case.id);
    let filed = state.subsidy.filed(claim).map(|record| record.recorded.sequence);
    let assessed = state.subsidy.decision_on(claim).map(|record| record.recorded.sequence);
    steps.chain(orders).chain(receipts).chain(filed).chain(assessed).collect()
}

/// Whether an event says nothing of anybody else.
fn is_of(event: &Event, case: CaseId, state: &State) -> bool {
    let claim = office::claims::claim_of(case);
    match event {
        Event::Cases(cases::Event::Case { case: of, .. }) => *of == case,
        Event::Cases(cases::Event::Adverse { adverse, .. }) => {
            state.cases.adverse(*adverse).is_some_and(|decision| decision.intended.case == case)
        }
        Event::Cases(cases::Event::Payment(payment)) => match payment {
            cases::payment::Event::Issued(order) => order.case == case,
            cases::payment::Event::Cancelled { order, .. }
            | cases::payment::Event::Matched { order, .. }
            | cases::payment::Event::Returned { order, .. } => {
                state.cases.order(*order).is_some_and(|record| record.order.case == case)
            }
            cases::payment::Event::Received { case: of, .. } => *of == case,
            cases::payment::Event::Imported { .. } => false,
        },
        Event::Subsidy(event) => is_of_claim(event, claim),
        _ => false,
    }
}

fn is_of_claim(event: &subsidy::Event, claim: subsidy::ClaimId) -> bool {
    match event {
        subsidy::Event::ClaimFiled(filed) => filed.claim_id == claim,
        subsidy::Event::AssessmentMade(decision) => decision.claim_id == claim,
        _ => false,
    }
}

/// One JSON object for each line, in the order of the ledger.
pub fn written(state: &State, case: CaseId, lines: &[StoredLine]) -> Vec<u8> {
    let mut text = Vec::new();
    for line in lines {
        let own = line.entry.events.iter().all(|event| is_of(event, case, state));
        let kept = Kept {
            batch: line.batch,
            batch_digest: line.batch_digest,
            line: line.line,
            first: line.first,
            events: line.entry.events.len(),
            sm3: Digest::of(&line.text),
            text: own.then(|| std::str::from_utf8(&line.text).ok()).flatten(),
        };
        // Digests, numbers and text always serialise.
        text.extend(serde_json::to_vec(&kept).unwrap_or_default());
        text.push(b'\n');
    }
    text
}

/// How anybody compares the lines with the ledger.
pub const HOW_TO_CHECK: &str = "怎样核对这一卷

一、文件。清单.json 列出包内每个文件的路径、大小和 SM3（GB/T 32905-2016）摘要。用任何实现重算，应当相同：
    openssl dgst -sm3 文件

二、账本。账本/行.jsonl 每行是本案在账本中的一行：第几批（batch）、批的摘要（batch_digest）、批内第几行（line）、
首个事件序号（first）、事件数（events）、该行原文的 SM3（sm3），以及原文（text）。同时涉及其他企业的行只列摘要，
不列原文。
    向经办单位索取 fengce ledger export 导出的账本，或请有权限的人在其上核对：第 batch 批第 line 行的字节，SM3 应当
等于 sm3；该批的 digest 应当等于 batch_digest。整条链用 fengce ledger verify --checkpoints 校验，方法见系统的 /verify 页。

三、测算。案卷“资金测算”一章列出条款、口径、利率表、申报与账户的摘要和逐步过程，可用 tools 目录下的独立核算程序重算。
";
