//! Tables in: vouchers of treasury and bank, other departments' money. Uploaded, checked row by row, shown with what they
//! would do, and only then taken, all rows or none.

use askama::Template;
use axum::http::StatusCode;
use cases::payment::Event as PaymentEvent;
use cases::{Command, Event, VoucherNumber};
use kernel::{Context, Digest, Evidence};
use office::State;
use register::{Limits, RowError, Sheet};
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Reader, Upload, file, go};

use super::readers::order_number;
use super::rows::{self, Column, OTHER_FUNDING, VOUCHERS};

/// A table, in bytes.
pub const UPLOAD: usize = 10 << 20;
const EXCEL: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Rows taken at once: each may pay a case in the same transaction.
const ROWS: u32 = 5_000;

/// What a table holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Vouchers,
    OtherFunding,
}

impl Sort {
    fn of(page: &Page) -> Self {
        if page.path().starts_with("/other-funding") { Self::OtherFunding } else { Self::Vouchers }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Vouchers => "导入拨付凭证",
            Self::OtherFunding => "导入其他部门资金",
        }
    }

    /// The register it goes into.
    const fn register(self) -> (&'static str, &'static str) {
        match self {
            Self::Vouchers => ("拨付凭证", "/vouchers"),
            Self::OtherFunding => ("其他部门资金", "/other-funding"),
        }
    }

    const fn columns(self) -> &'static [Column] {
        match self {
            Self::Vouchers => &VOUCHERS,
            Self::OtherFunding => &OTHER_FUNDING,
        }
    }

    fn path(self) -> String {
        format!("{}/import", self.register().1)
    }
}

/// The empty workbook with headings and what to write under each.
pub async fn template(counter: Counter, page: Page) -> Answer {
    let sort = Sort::of(&page);
    let bytes = Sheet::template(sort.columns(), counter.hall.office.now());
    let bytes = bytes.map_err(|error| Failure::Fault(error.to_string()))?;
    Ok(file(bytes, EXCEL, &format!("{}-模板.xlsx", sort.title())))
}

/// A table.
pub struct Typed(Upload);

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.file("table", "文件").map(Self)
    }
}

#[derive(Template)]
#[template(
    source = r#"<p>列名：{% for (label, required, _) in columns %}{{ label }}{% if !required %}（选填）{% endif %}{% if !loop.last %}、{% endif %}{% endfor %}。<a href="{{ path }}/template">下载模板</a></p>"#,
    ext = "html"
)]
struct Above {
    columns: &'static [Column],
    path: String,
}

fn upload_form(sort: Sort, page: Page, draft: Draft) -> Answer {
    let field = draft
        .upload("table", "文件", ".xlsx,.csv")
        .hint("Excel、WPS 的 .xlsx，或国库、网银导出的 .csv（UTF-8 或 GBK），不超过 10 MB、5000 行")
        .required();
    let form = FormPage::new(sort.title(), sort.path(), draft)
        .above(&Above { columns: sort.columns(), path: sort.path() })?
        .intro("任何一行有误，整份文件都不导入；检查通过后先预览，确认后才办理。同一份文件只能导入一次。")
        .field(field)
        .files()
        .button("检查文件");
    let (label, path) = sort.register();
    form.show(page.crumb(label, path))
}

/// The empty form.
pub async fn new(page: Page) -> Answer {
    let (sort, draft) = (Sort::of(&page), page.form());
    upload_form(sort, page, draft)
}

#[derive(Template)]
#[template(path = "table_errors.html")]
struct ErrorsPage {
    name: String,
    path: String,
    rows: usize,
    errors: Vec<RowError>,
}

#[derive(Template)]
#[template(path = "table_preview.html")]
struct Preview {
    title: &'static str,
    name: String,
    path: String,
    digest: Digest,
    head: Vec<String>,
    rows: Vec<(u32, Vec<String>, String)>,
    summary: String,
    draft: Draft,
}

/// A table read: the command it leads to, what each row does, and everything wrong with it.
struct Checked {
    sheet: Sheet,
    command: Option<Command>,
    does: Vec<String>,
    errors: Vec<RowError>,
}

/// What each voucher is matched with at once.
fn matched(state: &State, context: &Context, command: &Command) -> Result<Vec<String>, kernel::Refusal> {
    let Command::ImportVouchers { vouchers, .. } = command else { return Ok(Vec::new()) };
    let events = cases::decide(&state.cases, context, command.clone())?;
    let order = |number: &VoucherNumber| {
        events.iter().find_map(|event| match event {
            Event::Payment(PaymentEvent::Matched { voucher, order }) if voucher == number => state.cases.order(*order),
            _ => None,
        })
    };
    let said = |number: &VoucherNumber| {
        order(number).map_or_else(|| "在途，待人工对应".to_owned(), |order| format!("对应 {}", order_number(order)))
    };
    Ok(vouchers.iter().map(|voucher| said(&voucher.number)).collect())
}

fn check(state: &State, context: &Context, sort: Sort, bytes: &[u8], evidence: &Evidence) -> Result<Checked, String> {
    let sheet =
        Sheet::of_file(bytes, &Limits { rows: ROWS, ..Limits::default() }).map_err(|error| error.to_string())?;
    let sheet = sheet.without_errors();
    let (numbers, command, mut errors) = match sort {
        Sort::Vouchers => {
            let rows::Read { rows, errors } = rows::vouchers(state, &sheet)?;
            let (numbers, vouchers): (Vec<u32>, Vec<_>) = rows.into_iter().unzip();
            (numbers, Command::ImportVouchers { file: evidence.clone(), vouchers }, errors)
        }
        Sort::OtherFunding => {
            let rows::Read { rows, errors } = rows::other_funding(state, &sheet, evidence.digest)?;
            let (numbers, rows): (Vec<u32>, Vec<_>) = rows.into_iter().unzip();
            (numbers, Command::ImportOtherFunding(rows), errors)
        }
    };
    if !errors.is_empty() {
        errors.sort_by_key(|error| error.row);
        return Ok(Checked { sheet, command: None, does: Vec::new(), errors });
    }
    // What the office would say to the whole of it: a row's place in the command is not its number in the file.
    let refused = cases::decide(&state.cases, context, command.clone()).err();
    if let Some(refusal) = refused {
        let (place, message) = placed(&refusal.reason);
        let row = place.and_then(|place| numbers.get(place).copied());
        match row {
            Some(row) => errors.push(RowError { row, column: None, message: message.to_owned() }),
            None => return Err(refusal.reason.into_owned()),
        }
    }
    let does = if errors.is_empty() {
        matched(state, context, &command).map_err(|refusal| refusal.reason.into_owned())?
    } else {
        Vec::new()
    };
    Ok(Checked { sheet, command: Some(command), does, errors })
}

/// The place among the rows that a refusal names (“第 3 行：…”), from zero, and the rest of it.
fn placed(reason: &str) -> (Option<usize>, &str) {
    let split = reason.strip_prefix("第 ").and_then(|rest| rest.split_once(" 行："));
    match split.and_then(|(number, message)| Some((number.parse::<usize>().ok()?.checked_sub(1)?, message))) {
        Some((place, message)) => (Some(place), message),
        None => (None, reason),
    }
}

fn evidence_of(name: &str, bytes: &[u8]) -> Evidence {
    Evidence { digest: Digest::of(bytes), name: name.to_owned(), size: bytes.len() as u64 }
}

fn show_errors(sort: Sort, page: Page, name: String, rows: usize, errors: Vec<RowError>) -> Answer {
    let content = ErrorsPage { name, path: sort.path(), rows, errors };
    page.title("文件有误").status(StatusCode::UNPROCESSABLE_ENTITY).show(&content)
}

/// Checks a table and shows what it would do, or what is wrong with it. Nothing is taken yet.
pub async fn upload(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let (state, sort) = (counter.state()?, Sort::of(&page));
    let Form { read, draft, .. } = form;
    let Some(Typed(table)) = read else { return upload_form(sort, page, draft) };
    let evidence = evidence_of(&table.name, &table.bytes);
    let checked = match check(&state, &counter.context()?, sort, &table.bytes, &evidence) {
        Ok(checked) => checked,
        Err(what) => return upload_form(sort, page, draft.refused(kernel::Refusal::invalid("table", what))?),
    };
    let (label, path) = sort.register();
    let page = page.crumb(label, path).crumb(sort.title(), sort.path());
    let Checked { sheet, does, errors, .. } = checked;
    if !errors.is_empty() {
        return show_errors(sort, page, table.name, sheet.rows.len(), errors);
    }
    counter.keep(&table).await?;
    let at_once = does.iter().filter(|does| does.starts_with("对应")).count();
    let summary = match sort {
        Sort::Vouchers => {
            format!("{} 张凭证，其中 {at_once} 张可以立即对应到拨付指令，其余先记为在途。", sheet.rows.len())
        }
        Sort::OtherFunding => format!("{} 条资金记录。", sheet.rows.len()),
    };
    let does = does.into_iter().map(Some).chain(std::iter::repeat(None));
    let rows = sheet.rows.into_iter().zip(does).map(|(row, does)| (row.number, row.cells, does.unwrap_or_default()));
    let content = Preview {
        title: sort.title(),
        name: table.name,
        path: sort.path(),
        digest: evidence.digest,
        head: sheet.head,
        rows: rows.collect(),
        summary,
        draft: page.form(),
    };
    page.title("预览").show(&content)
}

/// Which kept table is taken.
pub struct Confirmed {
    digest: Digest,
    name: String,
}

impl FromFields for Confirmed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let digest = reader.required("digest", "文件");
        let name = reader.required("name", "文件");
        Some(Self { digest: digest?, name: name? })
    }
}

/// Takes every row of a table that was shown, or none.
pub async fn confirm(counter: Counter, page: Page, form: Form<Confirmed>) -> Answer {
    let (state, sort) = (counter.state()?, Sort::of(&page));
    let Form { read, command: id, .. } = form;
    let stale = || Failure::Unacceptable("预览已失效，请重新上传文件。".into());
    let Some(Confirmed { digest, name }) = read else { return Err(stale()) };
    let bytes = counter.hall.file(&digest).await.map_err(|_| Failure::not_found())?;
    let checked = check(&state, &counter.context()?, sort, &bytes, &evidence_of(&name, &bytes));
    let (label, path) = sort.register();
    let Checked { sheet, command, errors, .. } = match checked {
        Ok(checked) => checked,
        Err(what) => {
            let page = page.clone().crumb(label, path).crumb(sort.title(), sort.path());
            return upload_form(sort, page.clone(), page.form().complain(what));
        }
    };
    let page = page.crumb(label, path).crumb(sort.title(), sort.path());
    let Some(command) = command.filter(|_| errors.is_empty()) else {
        return show_errors(sort, page, name, sheet.rows.len(), errors);
    };
    match counter.submit(id, command).await {
        Ok(_) => Ok(go(path)),
        Err(office::SubmitError::Refused(refusal)) => {
            let error = RowError { row: 1, column: None, message: refusal.reason.into_owned() };
            show_errors(sort, page, name, sheet.rows.len(), vec![error])
        }
        Err(error) => Err(error.into()),
    }
}
