//! Rows of a table file as vouchers and as other departments' money, with every mistake named by row and column.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use cases::support::{OtherFunding, Support};
use cases::voucher::{Payee, Voucher};
use cases::{OrderId, VoucherNumber};
use kernel::{CreditCode, Digest, Money};
use office::State;
use register::{RowError, Sheet, SheetRow};

use super::readers::order_number;
use super::typed::Day;

/// A column of a table file: its heading, whether it must be filled in, what to write.
pub type Column = (&'static str, bool, &'static str);

/// Columns of a treasury's or bank's file.
pub const VOUCHERS: [Column; 5] = [
    ("凭证号", true, "国库或银行的凭证号，不得重复，不含空格"),
    ("金额（元）", true, "例如 1234567.89"),
    ("付款日期", true, "例如 2026-04-14"),
    ("收款人", true, "企业的统一社会信用代码或全称；经区县拨付的填区县名称、代码或“××区财政局”"),
    ("拨付指令", false, "指令编号，例如 ZF2026-000123；国库回单的附言里通常有，填了就按它对应"),
];

/// Columns of another department's list.
pub const OTHER_FUNDING: [Column; 8] = [
    ("统一社会信用代码", true, "18 位"),
    ("资金来源部门", true, "例如 市科技局"),
    ("资金名称", true, "专项或项目名称"),
    ("下达文号", true, "企业申报时按它说明"),
    ("金额（元）", true, "例如 500000"),
    ("下达日期", true, "例如 2025-11-03"),
    ("发票号", false, "所支持的发票，多张用、分开；填了的发票不能再支持别的办件"),
    ("借款合同号", false, "所支持的借款，多份用、分开，写法与申报一致：银行名称 合同号"),
];

/// What a sheet came to.
pub struct Read<T> {
    /// Rows that are right, with their numbers in the file.
    pub rows: Vec<(u32, T)>,
    /// Everything that is wrong.
    pub errors: Vec<RowError>,
}

/// One row being read.
struct Cells<'a> {
    row: &'a SheetRow,
    places: &'a [Option<usize>],
    columns: &'a [Column],
    errors: &'a mut Vec<RowError>,
}

impl Cells<'_> {
    fn text(&self, column: usize) -> &str {
        let place = self.places.get(column).copied().flatten();
        place.and_then(|place| self.row.cells.get(place)).map_or("", String::as_str)
    }

    fn wrong(&mut self, column: usize, message: impl Into<String>) {
        let label = self.columns.get(column).map(|(label, ..)| (*label).to_owned());
        self.errors.push(RowError { row: self.row.number, column: label, message: message.into() });
    }

    fn required(&mut self, column: usize) -> Option<String> {
        let text = self.text(column).to_owned();
        if text.is_empty() {
            self.wrong(column, "请填写");
            return None;
        }
        Some(text)
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self, column: usize) -> Option<T> {
        let text = self.required(column)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(column, error.to_string());
                None
            }
        }
    }

    fn amount(&mut self, column: usize) -> Option<Money> {
        let amount: Money = self.parsed(column)?;
        if amount <= Money::ZERO {
            self.wrong(column, "金额应大于 0");
            return None;
        }
        Some(amount)
    }
}

/// Where the columns stand; an error for the head when one that is needed is missing.
fn places(sheet: &Sheet, columns: &[Column]) -> Result<Vec<Option<usize>>, String> {
    let needed: Vec<&str> = columns.iter().filter(|(_, required, _)| *required).map(|(label, ..)| *label).collect();
    sheet.places(&needed).map_err(|error| error.to_string())?;
    let place = |(label, ..): &Column| sheet.places(&[*label]).ok().and_then(|found| found.first().copied());
    Ok(columns.iter().map(place).collect())
}

fn read<T>(
    sheet: &Sheet,
    columns: &[Column],
    mut one: impl FnMut(&mut Cells<'_>) -> Option<T>,
) -> Result<Read<T>, String> {
    let places = places(sheet, columns)?;
    let (mut rows, mut errors) = (Vec::new(), sheet.errors.clone());
    for row in &sheet.rows {
        let mut cells = Cells { row, places: &places, columns, errors: &mut errors };
        if let Some(read) = one(&mut cells) {
            rows.push((row.number, read));
        }
    }
    Ok(Read { rows, errors })
}

/// Names that a payee may be written by.
struct Payees<'a> {
    state: &'a State,
    firms: BTreeMap<&'a str, Option<CreditCode>>,
    districts: BTreeMap<String, kernel::DivisionCode>,
}

impl<'a> Payees<'a> {
    fn new(state: &'a State) -> Self {
        let mut firms: BTreeMap<&str, Option<CreditCode>> = BTreeMap::new();
        for file in state.enterprise.firms() {
            // Two firms of one name: the code has to tell which.
            firms.entry(file.name()).and_modify(|known| *known = None).or_insert(Some(file.code));
        }
        let mut districts = BTreeMap::new();
        for division in state.enterprise.catalog().iter().flat_map(|catalog| catalog.divisions.all()) {
            districts.insert(division.name.to_string(), division.code);
            districts.insert(division.code.to_string(), division.code);
        }
        Self { state, firms, districts }
    }

    fn find(&self, text: &str) -> Result<Payee, String> {
        if let Ok(firm) = text.parse::<CreditCode>() {
            let known =
                self.state.enterprise.firm(firm).is_some() || self.state.cases.cases_of_firm(firm).next().is_some();
            return if known {
                Ok(Payee::Firm(firm))
            } else {
                Err(format!("没有代码为 {firm} 的企业，请核对"))
            };
        }
        match self.firms.get(text) {
            Some(Some(firm)) => return Ok(Payee::Firm(*firm)),
            Some(None) => return Err(format!("有不止一家企业叫“{text}”，请填统一社会信用代码")),
            None => {}
        }
        let district = text.strip_suffix("财政局").unwrap_or(text);
        let found = self.districts.get(district).or_else(|| {
            let of_city = self.districts.iter().find(|(name, _)| district.ends_with(name.as_str()));
            of_city.map(|(_, code)| code)
        });
        let what = || format!("“{text}”不是在册企业，也不是本市区县：请填统一社会信用代码、企业全称或区县名称");
        found.map(|code| Payee::District(*code)).ok_or_else(what)
    }
}

/// Vouchers of a sheet.
///
/// # Errors
/// If a column that is needed is missing.
pub fn vouchers(state: &State, sheet: &Sheet) -> Result<Read<Voucher>, String> {
    let payees = Payees::new(state);
    let orders: BTreeMap<String, OrderId> =
        state.cases.orders().map(|record| (order_number(record), record.order.id)).collect();
    let mut numbers = BTreeSet::new();
    read(sheet, &VOUCHERS, |cells| {
        let number = cells.parsed::<VoucherNumber>(0).filter(|number| {
            let fresh = numbers.insert(number.clone());
            let known = state.cases.voucher(number).is_some() || state.cases.receipt(number).is_some();
            if known {
                cells.wrong(0, format!("凭证 {number} 已经导入过，请删除这一行"));
            } else if !fresh {
                cells.wrong(0, format!("凭证 {number} 在文件中重复，请只保留一行"));
            }
            fresh && !known
        });
        let amount = cells.amount(1);
        let on = cells.parsed::<Day>(2);
        let payee = cells.required(3).and_then(|text| match payees.find(&text) {
            Ok(payee) => Some(payee),
            Err(what) => {
                cells.wrong(3, what);
                None
            }
        });
        let named = cells.text(4).to_owned();
        let order = match named.as_str() {
            "" => Some(None),
            text => {
                let found = orders.get(text).copied().or_else(|| text.parse().ok());
                let found = found.filter(|id| state.cases.order(*id).is_some());
                if found.is_none() {
                    cells.wrong(4, format!("没有编号为 {text} 的拨付指令，请核对或留空"));
                }
                found.map(Some)
            }
        };
        Some(Voucher { number: number?, amount: amount?, on: on?.0, payee: payee?, order: order? })
    })
}

fn several(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(['、', '，', ',', '；', ';']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned)
}

/// Other departments' money of a sheet.
///
/// # Errors
/// If a column that is needed is missing.
pub fn other_funding(state: &State, sheet: &Sheet, file: Digest) -> Result<Read<OtherFunding>, String> {
    let mut seen = BTreeSet::new();
    read(sheet, &OTHER_FUNDING, |cells| {
        let firm = cells.parsed::<CreditCode>(0);
        let department = cells.required(1);
        let programme = cells.required(2);
        let document = cells.required(3);
        let amount = cells.amount(4);
        let on = cells.parsed::<Day>(5);
        let invoices = several(cells.text(6)).map(Support::Invoice);
        let supports: BTreeSet<_> = invoices.chain(several(cells.text(7)).map(Support::Loan)).collect();
        if let (Some(firm), Some(document), Some(amount)) = (firm, &document, amount) {
            let known = state.cases.other_funding_of(firm).any(|one| one.document == *document && one.amount == amount);
            if known || !seen.insert((firm, document.clone(), amount)) {
                cells.wrong(3, format!("{firm} 的 {document}（{amount} 元）已经导入过或在文件中重复，请删除这一行"));
                return None;
            }
        }
        Some(OtherFunding {
            firm: firm?,
            department: department?,
            programme: programme?,
            document: document?,
            amount: amount?,
            on: on?.0,
            supports,
            file,
        })
    })
}
