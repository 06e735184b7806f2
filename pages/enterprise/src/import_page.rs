//! Excel in: firms to be registered, and a firm's annual filings. Uploaded, checked row by row, shown, and only then
//! taken, all rows or none.

use askama::Template;
use axum::http::StatusCode;
use enterprise::Command;
use enterprise::filing::FilingId;
use enterprise::import::{self, Column, FILING, NumberedRow, Outcome, REGISTRATION};
use kernel::{CommandId, CreditCode, Digest, Evidence};
use office::State;
use register::{Limits, RowError, Sheet};
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Reader, Upload, file, go};

/// A workbook, in bytes.
pub const UPLOAD: usize = 10 << 20;
const EXCEL: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Rows taken at once: each may lead to another command in the same transaction.
const ROWS: u32 = 5_000;

/// What a table file can hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Firms,
    Filings,
}

impl Sort {
    /// What the page asked for is about.
    fn of(page: &Page) -> Self {
        if page.path().starts_with("/import/filings") { Self::Filings } else { Self::Firms }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Firms => "firms",
            Self::Filings => "filings",
        }
    }

    const fn columns(self) -> &'static [Column] {
        match self {
            Self::Firms => &REGISTRATION,
            Self::Filings => &FILING,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Firms => "表格导入企业",
            Self::Filings => "表格报送年度数据",
        }
    }

    const fn register(self) -> (&'static str, &'static str) {
        match self {
            Self::Firms => ("企业台账", "/firms"),
            Self::Filings => ("年度申报", "/filings"),
        }
    }
}

/// The empty workbook with headings and what to write under each.
pub async fn template(counter: Counter, page: Page) -> Answer {
    let sort = Sort::of(&page);
    let columns: Vec<(&str, bool, &str)> =
        sort.columns().iter().map(|column| (column.name, column.required, column.explained)).collect();
    let bytes = Sheet::template(&columns, counter.hall.office.now());
    let bytes = bytes.map_err(|error| Failure::Fault(error.to_string()))?;
    Ok(file(bytes, EXCEL, &format!("{}-模板.xlsx", sort.title())))
}

/// A workbook, and whether one with errors comes back with them written in.
pub struct Typed {
    workbook: Upload,
    marked: bool,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let workbook = reader.file("workbook", "表格");
        let marked = reader.ticked("marked");
        Some(Self { workbook: workbook?, marked })
    }
}

#[derive(Template)]
#[template(source = r#"<p>先<a href="/import/{{ key }}/template">下载模板</a>，按列名填写。</p>"#, ext = "html")]
struct Above {
    key: &'static str,
}

fn upload_form(sort: Sort, page: Page, draft: Draft) -> Answer {
    let fields = [
        draft.upload("workbook", "表格", ".xlsx").hint("Excel 或 WPS 的 .xlsx，不超过 10 MB、5000 行").required(),
        draft.tick("marked", "有错误时，直接下载标出错误的表格"),
    ];
    let form = FormPage::new(sort.title(), format!("/import/{}", sort.key()), draft)
        .above(&Above { key: sort.key() })?
        .intro("任何一行有误，整份表格都不导入；检查通过后先预览，确认后才办理。")
        .group("", fields)
        .files()
        .button("检查表格");
    let form = match sort {
        Sort::Firms => form.intro("是否属于封测口径、类型与产业链环节，在导入后的企业档案中登记。"),
        Sort::Filings => form.intro("只能报送您现在代表的企业；一行一个年度。表格本身作为证明材料保存。"),
    };
    let (label, path) = sort.register();
    form.show(page.crumb(label, path))
}

/// The empty form.
pub async fn new(page: Page) -> Answer {
    let (sort, draft) = (Sort::of(&page), page.form());
    upload_form(sort, page, draft)
}

#[derive(Template)]
#[template(path = "import_errors.html")]
struct ErrorsPage {
    title: &'static str,
    key: &'static str,
    name: String,
    rows: usize,
    errors: Vec<RowError>,
}

#[derive(Template)]
#[template(path = "import_preview.html")]
struct Preview {
    title: &'static str,
    key: &'static str,
    name: String,
    digest: Digest,
    head: Vec<String>,
    rows: Vec<(u32, Vec<String>)>,
    warnings: Vec<String>,
    draft: Draft,
}

/// A workbook read: its sheet, the commands of its rows, and everything wrong with them.
struct Checked {
    sheet: Sheet,
    commands: Vec<enterprise::state::NumberedCommand>,
    errors: Vec<RowError>,
}

fn check(
    counter: &Counter,
    state: &State,
    sort: Sort,
    bytes: &[u8],
    evidence: &Evidence,
    command: CommandId,
) -> Result<Result<Checked, String>, Failure> {
    let sheet = match Sheet::read(bytes, &Limits { rows: ROWS, ..Limits::default() }) {
        Ok(sheet) => sheet.without_errors(),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let catalog = state.enterprise.catalog().ok_or_else(Failure::not_found)?;
    let heading: NumberedRow = (1, sheet.head.clone());
    let rows: Vec<NumberedRow> = sheet.rows.iter().map(|row| (row.number, row.cells.clone())).collect();
    let Outcome { commands, errors } = match sort {
        Sort::Firms => import::registrations(catalog, &heading, &rows),
        Sort::Filings => {
            let mut number = 0;
            let ids = || {
                number += 1;
                FilingId(numbered(command, number))
            };
            import::filings(catalog, &heading, &rows, std::slice::from_ref(evidence), ids)
        }
    };
    let of_context = import::check(&state.enterprise, &counter.context()?, &commands);
    let found = errors.into_iter().chain(of_context);
    let found = found.map(|error| RowError { row: error.row, column: Some(error.column), message: error.what });
    let mut errors: Vec<RowError> = sheet.errors.iter().cloned().chain(found).collect();
    errors.sort_by_key(|error| error.row);
    Ok(Ok(Checked { sheet, commands, errors }))
}

/// The n-th id that follows from the form's command: the same when the form is sent again.
fn numbered(command: CommandId, number: u32) -> uuid::Uuid {
    let digest = Digest::of_parts([b"row:".as_slice(), command.0.as_bytes(), &number.to_be_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Checks a workbook and shows what it would do, or what is wrong with it. Nothing is taken yet.
pub async fn upload(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let (state, sort) = (counter.state()?, Sort::of(&page));
    let Form { read, draft, command, .. } = form;
    let Some(Typed { workbook, marked }) = read else { return upload_form(sort, page, draft) };
    let size = workbook.bytes.len() as u64;
    let evidence = Evidence { digest: Digest::of(&workbook.bytes), name: workbook.name.clone(), size };
    let checked = match check(&counter, &state, sort, &workbook.bytes, &evidence, command)? {
        Ok(checked) => checked,
        Err(what) => return upload_form(sort, page, draft.refused(kernel::Refusal::invalid("workbook", what))?),
    };
    let Checked { sheet, commands, errors } = checked;
    let (label, path) = sort.register();
    let page = page.crumb(label, path).crumb(sort.title(), format!("/import/{}", sort.key()));
    if !errors.is_empty() || commands.is_empty() {
        if marked && !errors.is_empty() {
            let bytes = sheet.with_errors(&errors, counter.hall.office.now());
            let bytes = bytes.map_err(|error| Failure::Fault(error.to_string()))?;
            return Ok(file(bytes, EXCEL, &format!("标出错误-{}", workbook.name)));
        }
        let (title, key) = (sort.title(), sort.key());
        let content = ErrorsPage { title, key, name: workbook.name, rows: sheet.rows.len(), errors };
        return page.title("表格有误").status(StatusCode::UNPROCESSABLE_ENTITY).show(&content);
    }
    counter.keep(&workbook).await?;
    let rows = sheet.rows.into_iter().map(|row| (row.number, row.cells));
    let content = Preview {
        title: sort.title(),
        key: sort.key(),
        name: workbook.name,
        digest: evidence.digest,
        head: sheet.head,
        rows: rows.collect(),
        warnings: warnings(&commands),
        draft: page.form(),
    };
    page.title("预览").show(&content)
}

/// What is allowed and yet to be looked at twice.
fn warnings(commands: &[enterprise::state::NumberedCommand]) -> Vec<String> {
    let code = |command: &Command| -> Option<CreditCode> {
        match command {
            Command::Register { firm, .. } => Some(*firm),
            _ => None,
        }
    };
    let warned = commands.iter().filter_map(|(row, command)| Some((row, code(command)?.warning()?)));
    let said = warned.map(|(row, warning)| {
        format!(
            "第 {row} 行：主体代码校验位与组织机构代码不一致（应为 {}，填的是 {}），可以导入，请对照营业执照核对。",
            warning.expected, warning.found
        )
    });
    said.collect()
}

/// Which kept workbook is taken.
pub struct Confirmed {
    digest: Digest,
    name: String,
}

impl FromFields for Confirmed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let digest = reader.required("digest", "表格");
        let name = reader.required("name", "表格");
        Some(Self { digest: digest?, name: name? })
    }
}

/// Takes every row of a workbook that was shown, or none.
pub async fn confirm(counter: Counter, page: Page, form: Form<Confirmed>) -> Answer {
    let (state, sort) = (counter.state()?, Sort::of(&page));
    let Form { read, command, .. } = form;
    let Some(Confirmed { digest, name }) = read else {
        return Err(Failure::Unacceptable("预览已失效，请重新上传表格。".into()));
    };
    let bytes = counter.hall.file(&digest).await.map_err(|_| Failure::not_found())?;
    let evidence = Evidence { digest, name: name.clone(), size: bytes.len() as u64 };
    let checked = check(&counter, &state, sort, &bytes, &evidence, command)?;
    let Checked { sheet, commands, errors } = checked.map_err(|what| Failure::Unacceptable(what.into()))?;
    let (label, path) = sort.register();
    let page = page.crumb(label, path).crumb(sort.title(), format!("/import/{}", sort.key()));
    let errors_page = |errors: Vec<RowError>| {
        let (title, key) = (sort.title(), sort.key());
        let content = ErrorsPage { title, key, name: name.clone(), rows: sheet.rows.len(), errors };
        page.title("表格有误").status(StatusCode::UNPROCESSABLE_ENTITY).show(&content)
    };
    // Sent again after it was taken, the rows are no longer free: the office answers as it did the first time.
    match counter.submit(command, Command::Import(commands)).await {
        Ok(_) => Ok(go(path)),
        // What became wrong between the preview and now.
        Err(office::SubmitError::Refused(_)) if !errors.is_empty() => errors_page(errors),
        Err(office::SubmitError::Refused(refusal)) => {
            errors_page(vec![RowError { row: 1, column: None, message: refusal.reason.into_owned() }])
        }
        Err(error) => Err(error.into()),
    }
}
