//! Steps that are lists, files or the amount, as they are shown.

use askama::Template;
use cases::ItemKey;
use register::Light;
use subsidy::clause::Base;
use subsidy_pages::{OutcomeView, TraceTable};
use web::{Draft, Failure, Field, Markup};

use super::answers::{self, ATTRIBUTES, EntryAnswer, FeeAnswer, LoanAnswer, ReceiptAnswer};
use super::claiming::Claiming;
use super::compose::Composed;
use super::kept::value;
use super::lists_step::{proposed, undeclared, unlisted};
use super::step::{Step, title_of};
use super::taken::{ACCEPT, spoken_size};

#[derive(Template)]
#[template(path = "rows.html")]
struct Rows<'a> {
    draft: &'a Draft,
    action: String,
    heads: [&'static str; 3],
    rows: Vec<Row>,
    add: (&'static str, String),
    question: Option<Field>,
    known: Vec<[String; 3]>,
    /// Head and button over what is known already.
    offer: [&'static str; 2],
    back: Option<String>,
}

/// A row in short: what it is, by what it is known, how much; a fault instead of an amount.
struct Row {
    n: usize,
    href: String,
    words: [String; 2],
    amount: String,
    is_wrong: bool,
}

fn row_address(claiming: &Claiming, row: impl Fn(usize) -> Step, n: usize) -> String {
    claiming.address(&row(n))
}

/// The loans listed.
pub fn loans(claiming: &Claiming, draft: &Draft) -> Result<Markup, Failure> {
    let rows = claiming.kept.rows("loan").iter().enumerate().map(|(index, fields)| {
        let read = answers::of::<LoanAnswer>(draft, fields).ok();
        let contract = [value(fields, "lender"), value(fields, "contract")].join(" ");
        let period = format!("{} 至 {}", value(fields, "from"), value(fields, "until"));
        let amount = read.as_ref().map(|read| read.loan.paid.to_string());
        row(claiming, Step::Loan, index, [contract, period], amount)
    });
    let rows: Vec<_> = rows.collect();
    let add = ("再添加一笔借款", row_address(claiming, Step::Loan, rows.len() + 1));
    let back = claiming.before(&Step::Loans).map(|step| claiming.address(&step));
    Ok(Markup::of(&Rows {
        draft,
        action: claiming.address(&Step::Loans),
        heads: ["借款合同", "计息期", "实付利息（元）"],
        rows,
        add,
        question: None,
        known: Vec::new(),
        offer: ["", ""],
        back,
    })?)
}

/// Payments for premises, listed; invoices read from the files are offered to be taken over.
pub fn entries(claiming: &Claiming, draft: &Draft) -> Result<Markup, Failure> {
    let rows = claiming.kept.rows("entry").iter().enumerate().map(|(index, fields)| {
        let read = answers::of::<EntryAnswer>(draft, fields).ok();
        let part = read.as_ref().map_or("未写明种类", |EntryAnswer(line)| line.part.label());
        let words = [part.to_owned(), [value(fields, "paid"), value(fields, "number")].join(" ")];
        row(claiming, Step::Entry, index, words, read.map(|EntryAnswer(line)| line.amount.to_string()))
    });
    let rows: Vec<_> = rows.collect();
    let known = unlisted(claiming).into_iter().map(|invoice| {
        let amount = invoice.net.checked_add(invoice.tax).unwrap_or(invoice.net);
        [invoice.seller_name, format!("{} {}", invoice.issued, invoice.number), amount.to_string()]
    });
    Ok(Markup::of(&Rows {
        draft,
        action: claiming.address(&Step::Entries),
        heads: ["费用种类", "付款日期与发票", "金额（元）"],
        add: ("再添加一笔费用", row_address(claiming, Step::Entry, rows.len() + 1)),
        rows,
        question: None,
        known: known.collect(),
        offer: ["从您上传的电子发票读到、还没有列入的", "列入，再逐笔写明种类"],
        back: claiming.before(&Step::Entries).map(|step| claiming.address(&step)),
    })?)
}

fn row(
    claiming: &Claiming,
    step: impl Fn(usize) -> Step,
    index: usize,
    words: [String; 2],
    amount: Option<String>,
) -> Row {
    let n = index + 1;
    let is_wrong = amount.is_none();
    Row { n, href: row_address(claiming, step, n), words, amount: amount.unwrap_or_default(), is_wrong }
}

/// Money from elsewhere, listed; what other departments reported is offered to be taken over.
pub fn received(claiming: &Claiming, draft: &Draft) -> Result<Markup, Failure> {
    let rows = claiming.kept.rows("receipt").iter().enumerate().map(|(index, fields)| {
        let read = answers::of::<ReceiptAnswer>(draft, fields).ok();
        let words = [value(fields, "department").to_owned(), value(fields, "document").to_owned()];
        row(claiming, Step::Receipt, index, words, read.map(|ReceiptAnswer(received)| received.amount.to_string()))
    });
    let rows: Vec<_> = rows.collect();
    let add = ("再添加一笔", row_address(claiming, Step::Receipt, rows.len() + 1));
    let question = rows.is_empty().then(|| {
        let hint = "含已获得、已立项的国家、市、区县资金；如实申报，系统会与其他部门的拨付名单比对";
        draft
            .radios("elsewhere", "同一事项、同一支出获得过其他财政资金吗？", &[("no", "没有"), ("yes", "有")])
            .hint(hint)
            .required()
    });
    let known =
        undeclared(claiming).into_iter().map(|known| [known.department, known.document, known.amount.to_string()]);
    let back = claiming.before(&Step::Received).map(|step| claiming.address(&step));
    Ok(Markup::of(&Rows {
        draft,
        action: claiming.address(&Step::Received),
        heads: ["资金来源部门", "下达文号", "金额（元）"],
        rows,
        add,
        question,
        known: known.collect(),
        offer: ["其他部门登记的、您还没有列明的资金", "属实，列入声明"],
        back,
    })?)
}

#[derive(Template)]
#[template(path = "fees.html")]
struct Fees<'a> {
    draft: &'a Draft,
    action: String,
    proposed: Vec<Proposed>,
    columns: [(&'static str, &'static str); 5],
    lines: Vec<Line>,
    total: String,
    add: String,
    back: Option<String>,
}

/// An invoice read from a file.
struct Proposed {
    number: String,
    issued: String,
    /// The other side.
    party: String,
    net: String,
    tax: String,
    /// Why it is not proposed to be listed.
    doubt: Option<Light>,
}

/// A line of the claim.
struct Line {
    n: usize,
    href: String,
    number: String,
    buyer: String,
    invoiced: String,
    net: String,
    ticks: [bool; 5],
    fault: Option<Light>,
}

/// Invoices: those read from files, offered to be listed, and those listed.
pub fn fees(claiming: &Claiming, draft: &Draft) -> Result<Markup, Failure> {
    let proposed = proposed(claiming).into_iter().map(|invoice| {
        let other_year = invoice.issued.year() != claiming.call.terms.year;
        let doubt = match invoice.seller {
            Some(seller) if seller != claiming.firm => Some(Light::watch("销售方不是本企业")),
            _ if other_year => Some(Light::watch(format!("不是 {} 年开具", claiming.call.terms.year))),
            _ => None,
        };
        Proposed {
            number: invoice.number,
            issued: invoice.issued.to_string(),
            party: invoice.buyer_name,
            net: invoice.net.to_string(),
            tax: invoice.tax.to_string(),
            doubt,
        }
    });
    let mut total = kernel::Money::ZERO;
    let lines = claiming.kept.rows("fee").iter().enumerate().map(|(index, fields)| {
        let read = answers::of::<FeeAnswer>(draft, fields).ok();
        if let Some(FeeAnswer(line)) = &read {
            total = total.checked_add(line.net).unwrap_or(total);
        }
        Line {
            n: index + 1,
            href: row_address(claiming, Step::Fee, index + 1),
            number: value(fields, "number").to_owned(),
            buyer: buyer(claiming, value(fields, "buyer")),
            invoiced: value(fields, "invoiced").to_owned(),
            net: read.as_ref().map_or_else(|| value(fields, "net").to_owned(), |FeeAnswer(line)| line.net.to_string()),
            ticks: ATTRIBUTES.map(|(name, _)| !value(fields, name).is_empty()),
            fault: read.is_none().then(|| Light::watch("有缺漏")),
        }
    });
    let lines: Vec<_> = lines.collect();
    Ok(Markup::of(&Fees {
        draft,
        action: claiming.address(&Step::Fees),
        proposed: proposed.collect(),
        columns: ATTRIBUTES,
        add: row_address(claiming, Step::Fee, lines.len() + 1),
        lines,
        total: total.to_string(),
        back: claiming.before(&Step::Fees).map(|step| claiming.address(&step)),
    })?)
}

/// A customer by its name where a file is kept of it.
fn buyer(claiming: &Claiming, code: &str) -> String {
    let known = code.parse().ok().and_then(|code| claiming.state.enterprise.firm(code));
    known.map_or_else(|| code.to_owned(), |file| file.name().to_owned())
}

#[derive(Template)]
#[template(path = "files.html")]
struct Files<'a> {
    draft: &'a Draft,
    action: String,
    is_required: bool,
    is_wanted: bool,
    reads_invoices: bool,
    files: Vec<FileRow>,
    field: Field,
    secret: Field,
    back: Option<String>,
}

struct FileRow {
    digest: String,
    href: String,
    name: String,
    kind: String,
    size: String,
    remarks: Vec<String>,
    invoices: usize,
}

/// Files of an item.
pub fn files(claiming: &Claiming, item: &ItemKey, draft: &Draft) -> Result<Markup, Failure> {
    let step = Step::Material(item.clone());
    let wanted = claiming
        .completes
        .as_ref()
        .is_some_and(|case| matches!(&case.stage, cases::Stage::Returned { wanted, .. } if wanted.contains(item)));
    let files = claiming.kept.files(item).iter().map(|file| FileRow {
        digest: file.evidence.digest.to_string(),
        href: format!("{}/files/{}", claiming.path(), file.evidence.digest),
        name: file.evidence.name.clone(),
        kind: file.kind.clone(),
        size: spoken_size(file.evidence.size),
        remarks: file.remarks.clone(),
        invoices: file.invoices.len(),
    });
    let is_required = claiming.call.terms.checklist.iter().any(|listed| listed.key == *item && listed.required);
    let (is_first, title) = (claiming.kept.files(item).is_empty(), title_of(&claiming.call, item));
    let hint = "可以一次选多个；PDF、OFD、XML 电子发票、图片、Word、Excel，每个不超过 20 MB";
    Ok(Markup::of(&Files {
        draft,
        action: claiming.address(&step),
        is_required,
        is_wanted: wanted,
        reads_invoices: matches!(claiming.base, Base::TestFees | Base::OperatingCost | Base::EntryCost)
            && title.contains("发票"),
        files: files.collect(),
        field: draft.uploads("files", "选择文件", ACCEPT).hint(hint).required_if(is_required && is_first),
        // Declared anew for what is sent now: a declaration does not tick itself.
        secret: draft.tick("not-secret", "我确认上传的文件不含国家秘密、工作秘密等涉密信息").required_if(false),
        back: claiming.before(&step).map(|step| claiming.address(&step)),
    })?)
}

#[derive(Template)]
#[template(path = "invoices.html")]
struct Invoices<'a> {
    draft: &'a Draft,
    action: String,
    rows: Vec<(Proposed, bool)>,
    back: Option<String>,
}

/// Invoices read from files, of which the person says whether the claim rests on them.
pub fn invoices(claiming: &Claiming, draft: &Draft) -> Result<Markup, Failure> {
    let answered = claiming.kept.answer(Step::Invoices.name());
    let rows = claiming.kept.invoices().map(|invoice| {
        let doubt = match invoice.buyer {
            Some(buyer) if buyer != claiming.firm => Some(Light::watch("购买方不是本企业")),
            _ if invoice.red => Some(Light::watch("红字发票")),
            _ => None,
        };
        let chosen = |fields: &super::kept::Fields| {
            fields.iter().any(|(name, number)| name == "supports" && *number == invoice.number)
        };
        let is_chosen = answered.map_or(doubt.is_none(), chosen);
        let row = Proposed {
            number: invoice.number.clone(),
            issued: invoice.issued.to_string(),
            party: invoice.seller_name.clone(),
            net: invoice.net.to_string(),
            tax: invoice.tax.to_string(),
            doubt,
        };
        (row, is_chosen)
    });
    let back = claiming.before(&Step::Invoices).map(|step| claiming.address(&step));
    let action = claiming.address(&Step::Invoices);
    Ok(Markup::of(&Invoices { draft, action, rows: rows.collect(), back })?)
}

#[derive(Template)]
#[template(path = "amount.html")]
struct Amount<'a> {
    draft: &'a Draft,
    action: String,
    field: Field,
    computed: Option<(OutcomeView, TraceTable)>,
    full_score: bool,
    trouble: Option<String>,
    back: Option<String>,
}

/// How much, proposed by the assessment.
pub fn amount(claiming: &Claiming, draft: &Draft, composed: &Composed) -> Result<Markup, Failure> {
    let estimate = composed.claim.as_ref().map(|claim| claiming.estimate(claim));
    let (estimate, trouble) = match estimate {
        None => (None, Some("前面的步骤还没有填完，暂时算不出金额；可以先填一个数，提交前会再核对。".to_owned())),
        Some(Err(why)) => (None, Some(why)),
        Some(Ok(estimate)) => (Some(estimate), None),
    };
    let proposal = estimate.as_ref().map(super::estimate::Estimate::award).filter(|award| *award > kernel::Money::ZERO);
    let proposed = match (draft.value("applied").is_empty(), proposal) {
        (true, Some(award)) => draft.clone().fill([("applied", award.plain())]),
        _ => draft.clone(),
    };
    let hint = "已按测算填入，可以改小；填得比测算大，也只按测算支持";
    let note = format!("按 {} 的条款与口径，与正式测算同一程序", claiming.today);
    let full_score = estimate.as_ref().is_some_and(|estimate| estimate.full_score);
    let computed =
        estimate.map(|estimate| (estimate.outcome(&claiming.clause), estimate.trace(&claiming.clause, note)));
    Ok(Markup::of(&Amount {
        draft,
        action: claiming.address(&Step::Amount),
        field: proposed.money("applied", "申请金额（元）").hint(hint).required(),
        computed,
        full_score,
        trouble,
        back: claiming.before(&Step::Amount).map(|step| claiming.address(&step)),
    })?)
}
