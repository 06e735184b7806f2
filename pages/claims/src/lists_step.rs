//! Steps that are lists: loans, invoices, money from elsewhere. Rows are added, changed and taken out one at a time, or
//! taken over from what is known.

use web::Draft;

use super::answers::{self, ATTRIBUTES};
use super::claiming::Claiming;
use super::kept::{Fields, value};
use super::prefill;
use super::step::Step;
use super::taken::ReadInvoice;

/// Where to go after a list was changed.
pub enum Next {
    /// The list again.
    Stay,
    /// Another step.
    Step(Step),
    /// The step after it.
    On,
    /// The list again, with what is wrong.
    Wrong(&'static str),
}

/// Carries out what a button of the list asks for.
pub fn take(claiming: &mut Claiming, step: &Step, draft: &Draft) -> Next {
    let row = match step {
        Step::Loans => "loan",
        Step::Fees => "fee",
        Step::Entries => "entry",
        _ => "receipt",
    };
    if *step == Step::Fees {
        keep_ticks(claiming, draft);
    }
    if let Ok(n) = draft.value("remove").parse() {
        claiming.kept.drop_row(row, n);
        return Next::Stay;
    }
    match (step, draft.value("act")) {
        (Step::Fees, "adopt") => adopt_invoices(claiming, draft),
        (Step::Entries, "adopt") => adopt_payments(claiming),
        (Step::Received, "adopt") => adopt_funding(claiming),
        (Step::Received, _) => received(claiming, draft),
        (Step::Fees, "") if !draft.value("all").is_empty() => {
            tick_all(claiming, draft.value("all"));
            Next::Stay
        }
        (Step::Fees, _) if claiming.kept.rows(row).is_empty() => {
            Next::Wrong("还没有列入任何发票，请从上传的电子发票列入，或逐张填写。")
        }
        (Step::Loans, _) if claiming.kept.rows(row).is_empty() => Next::Step(Step::Loan(1)),
        (Step::Entries, _) if claiming.kept.rows(row).is_empty() => Next::Step(Step::Entry(1)),
        _ => Next::On,
    }
}

/// Whether there is money from elsewhere.
fn received(claiming: &mut Claiming, draft: &Draft) -> Next {
    let any = draft.value("elsewhere").to_owned();
    let has_rows = !claiming.kept.rows("receipt").is_empty();
    let any = if has_rows { "yes".to_owned() } else { any };
    let fields: Fields =
        [("elsewhere".to_owned(), any.clone())].into_iter().filter(|(_, any)| !any.is_empty()).collect();
    claiming.kept.answers.insert(Step::Received.name().to_owned(), fields);
    match any.as_str() {
        "yes" if !has_rows => Next::Step(Step::Receipt(1)),
        "yes" | "no" => Next::On,
        _ => Next::Wrong("请选择“有”或“没有”。"),
    }
}

/// Money of the claim's year that other departments reported, not declared yet.
pub fn undeclared(claiming: &Claiming) -> Vec<cases::support::Received> {
    let declared = |document: &str| claiming.kept.rows("receipt").iter().any(|row| value(row, "document") == document);
    let year = claiming.call.terms.year;
    let known = claiming.state.cases.other_funding_of(claiming.firm).filter(|funding| funding.on.year() == year);
    let open = known.filter(|funding| !declared(&funding.document));
    open.map(|funding| cases::support::Received {
        department: funding.department.clone(),
        document: funding.document.clone(),
        amount: funding.amount,
    })
    .collect()
}

fn adopt_funding(claiming: &mut Claiming) -> Next {
    for received in undeclared(claiming) {
        let n = claiming.kept.rows("receipt").len() + 1;
        claiming.kept.keep_row("receipt", n, answers::receipt_typed(&received));
    }
    claiming.kept.answers.insert(Step::Received.name().to_owned(), answers::received_typed(true));
    Next::Stay
}

/// Invoices read from the files that stand in no line yet.
pub fn proposed(claiming: &Claiming) -> Vec<ReadInvoice> {
    let listed = |number: &str| claiming.kept.rows("fee").iter().any(|row| value(row, "number") == number);
    claiming.kept.invoices().filter(|invoice| !listed(&invoice.number)).cloned().collect()
}

/// Invoices the firm paid, read from the files, that stand in no payment yet.
pub fn unlisted(claiming: &Claiming) -> Vec<ReadInvoice> {
    let listed = |number: &str| claiming.kept.rows("entry").iter().any(|row| value(row, "number") == number);
    let own = |invoice: &&ReadInvoice| invoice.buyer.is_none_or(|buyer| buyer == claiming.firm);
    claiming.kept.invoices().filter(|invoice| !listed(&invoice.number)).filter(own).cloned().collect()
}

/// Takes them over; what each was for is asked next.
fn adopt_payments(claiming: &mut Claiming) -> Next {
    for invoice in unlisted(claiming) {
        let n = claiming.kept.rows("entry").len() + 1;
        let amount = invoice.net.checked_add(invoice.tax).unwrap_or(invoice.net);
        claiming.kept.keep_row("entry", n, answers::payment_typed(Some(&invoice.number), amount, invoice.issued));
    }
    Next::Stay
}

fn adopt_invoices(claiming: &mut Claiming, draft: &Draft) -> Next {
    let chosen: Vec<_> = draft.all("adopt").map(str::to_owned).collect();
    if chosen.is_empty() {
        return Next::Wrong("请勾选要列入的发票。");
    }
    for invoice in proposed(claiming).iter().filter(|invoice| chosen.contains(&invoice.number)) {
        let n = claiming.kept.rows("fee").len() + 1;
        let row = prefill::fee_of(&claiming.state, claiming.firm, invoice, claiming.today);
        claiming.kept.keep_row("fee", n, row);
    }
    Next::Stay
}

/// The ticks of all lines as they stand in the table: a tick's value is the number of its line.
fn keep_ticks(claiming: &mut Claiming, draft: &Draft) {
    // The table was not part of what was sent: adopting stands in a form of its own.
    if draft.value("lines").is_empty() {
        return;
    }
    let Some(rows) = claiming.kept.rows.get_mut("fee") else { return };
    for (index, row) in rows.iter_mut().enumerate() {
        let n = (index + 1).to_string();
        row.retain(|(name, _)| !ATTRIBUTES.iter().any(|(attribute, _)| attribute == name));
        for (attribute, _) in ATTRIBUTES {
            if draft.all(attribute).any(|line| line == n) {
                row.push((attribute.to_owned(), "on".to_owned()));
            }
        }
    }
}

/// Ticks a column in all lines, or clears it where all are ticked.
fn tick_all(claiming: &mut Claiming, column: &str) {
    let Some((attribute, _)) = ATTRIBUTES.iter().find(|(name, _)| *name == column) else { return };
    let Some(rows) = claiming.kept.rows.get_mut("fee") else { return };
    let all = rows.iter().all(|row| !value(row, attribute).is_empty());
    for row in rows {
        row.retain(|(name, _)| name != attribute);
        if !all {
            row.push(((*attribute).to_owned(), "on".to_owned()));
        }
    }
}
