//! Claims from a CSV file, with every fault by line and column.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use kernel::{CreditCode, Date, DivisionCode, Money, Rate, Year};

use super::ClaimRow;
use super::columns::*;
use crate::benefit::BenefitId;
use crate::clause::Base;
use crate::facts::{
    AnnualRevenue, Claim, EntryCost, EntryLine, EntryPart, Facts, FeeAttributes, FeeLine, Investment, InvestmentProof,
    Loan, LoanInterest, LoanKind, OperatingCost, ProjectInvestment, Recognition, Score, TermClass, TestFees,
    TrainedPersons,
};
use crate::rulebook::Rulebook;

/// What is wrong in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// 1-based line in the file.
    pub line: u64,
    /// Header of the column, where one is to blame.
    pub column: Option<&'static str>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "第 {} 行", self.line)?;
        if let Some(column) = self.column {
            write!(f, "，列 {column}")?;
        }
        write!(f, "：{}", self.message)
    }
}

/// Claims and faults of a file. A claim to which a faulty row belongs, or may belong, is withheld whole: on the rest of
/// its rows it would be another claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadClaims {
    /// In the order of their first rows.
    pub claims: Vec<ClaimRow>,
    /// Claims that are not to be assessed, in the order of their first rows.
    pub withheld: Vec<Withheld>,
    /// In the order of lines.
    pub errors: Vec<RowError>,
}

/// A claim that is not to be assessed because rows of it, or rows that may be of it, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// As far as it could be read.
    pub claim: ClaimRow,
    /// Lines of the faulty rows.
    pub lines: Vec<u64>,
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClaimRow { line, firm, name, claim, .. } = &self.claim;
        let lines: Vec<String> = self.lines.iter().map(u64::to_string).collect();
        let (benefit, year, lines) = (&claim.benefit, claim.year, lines.join("、"));
        write!(f, "第 {line} 行起的申报（{firm} {name}，{benefit}，{year} 年）未测算：第 {lines} 行有误")
    }
}

/// Longest accepted cell in bytes: what is longer is not a claims file.
const LONGEST_CELL: usize = 1_000;

/// Years a claim may be for.
const YEARS: std::ops::RangeInclusive<Year> = 2000..=2100;

type Key = (CreditCode, BenefitId, Year, Option<Arc<str>>);

/// Reads claims. Nothing is guessed: a header that is not known, a cell that does not read, a missing cell are errors.
pub fn read_claims(input: &[u8], rulebook: &Rulebook) -> ReadClaims {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let mut read = ReadClaims::default();
    let headers = match headers(&mut reader) {
        Ok(headers) => headers,
        Err(errors) => return ReadClaims { errors, ..read },
    };
    let mut found: HashMap<Key, usize> = HashMap::new();
    let mut faulty: Vec<Vec<u64>> = Vec::new();
    let mut strays: Vec<Stray> = Vec::new();
    let mut lines = Lines { input, at: 0, line: 1 };
    for record in reader.byte_records() {
        let (record, line) = match record {
            Ok(record) => {
                let line = lines.of(record.position());
                (record, line)
            }
            Err(error) => {
                let (line, message) = (lines.of(error.position()), format!("无法读取：{error}"));
                read.errors.push(RowError { line, column: None, message });
                // What follows is unknown, and may be of any claim.
                strays.push(Stray { line, ..Stray::default() });
                break;
            }
        };
        let mut row = Row { line, record: &record, headers: &headers, errors: Vec::new() };
        if row.is_blank() {
            continue;
        }
        row.check_shape();
        let key = if row.errors.is_empty() { row.key(rulebook) } else { None };
        match key {
            Some((key, base)) => {
                let index = *found.entry(key.clone()).or_insert(read.claims.len());
                match read.claims.get_mut(index) {
                    Some(claim) => row.join(claim),
                    None => {
                        read.claims.push(row.first(key, base));
                        faulty.push(Vec::new());
                    }
                }
                if !row.errors.is_empty() {
                    faulty[index].push(line);
                }
            }
            None => strays.push(row.stray(rulebook)),
        }
        read.errors.append(&mut row.errors);
    }
    for (claim, mut lines) in std::mem::take(&mut read.claims).into_iter().zip(faulty) {
        lines.extend(strays.iter().filter(|stray| stray.may_be_of(&claim)).map(|stray| stray.line));
        if lines.is_empty() {
            read.claims.push(claim);
        } else {
            lines.sort_unstable();
            read.withheld.push(Withheld { claim, lines });
        }
    }
    read
}

/// What a faulty row still tells of the claim it belongs to. A part that could not be read may be any.
#[derive(Default)]
struct Stray {
    line: u64,
    firm: Option<CreditCode>,
    name: Option<String>,
    benefit: Option<BenefitId>,
    year: Option<Year>,
    project: Option<Option<Arc<str>>>,
}

impl Stray {
    fn may_be_of(&self, row: &ClaimRow) -> bool {
        let ClaimRow { firm, name, claim, .. } = row;
        let firm = match (&self.firm, &self.name) {
            (Some(known), _) => known == firm,
            // The code cannot be read: the name tells whose row it is, where both rows give one.
            (None, Some(known)) => name.is_empty() || known == name,
            (None, None) => true,
        };
        let benefit = self.benefit.as_ref().is_none_or(|known| *known == claim.benefit);
        let year = self.year.is_none_or(|known| known == claim.year);
        firm && benefit && year && self.project.as_ref().is_none_or(|known| *known == claim.project)
    }
}

/// Counts lines up to a record's first byte. The csv reader's own count is one short after CRLF, whose second half
/// it reads with the next record.
struct Lines<'a> {
    input: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let start = position.map_or(0, |position| position.byte() as usize).min(self.input.len());
        let breaks = self.input[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = start + breaks;
        if self.at <= start {
            self.line += self.input[self.at..start].iter().filter(|byte| **byte == b'\n').count() as u64;
            self.at = start;
        }
        self.line
    }
}

/// For each column of [`COLUMNS`], where it stands in the file.
struct Headers {
    places: Vec<Option<usize>>,
    width: usize,
}

fn headers(reader: &mut csv::Reader<&[u8]>) -> Result<Headers, Vec<RowError>> {
    let fault = |message: String| vec![RowError { line: 1, column: None, message }];
    let record = reader.byte_headers().map_err(|error| fault(format!("无法读取表头：{error}")))?;
    let mut places = vec![None; COLUMNS.len()];
    let mut errors = Vec::new();
    for (place, name) in record.iter().enumerate() {
        let Ok(name) = std::str::from_utf8(name) else {
            return Err(fault("表头不是 UTF-8 编码：请在电子表格软件中另存为“CSV UTF-8”".to_owned()));
        };
        let name = name.trim_start_matches('\u{feff}').trim();
        match COLUMNS.iter().position(|column| column.key == name || column.label == name) {
            Some(index) if places[index].is_some() => errors.extend(fault(format!("列“{name}”出现了两次"))),
            Some(index) => places[index] = Some(place),
            None => errors.extend(fault(format!("不认识的列“{name}”，请对照列说明（fengce subsidy assess --help）"))),
        }
    }
    for (column, place) in COLUMNS.iter().zip(&places) {
        if column.need == Need::Always && place.is_none() {
            errors.extend(fault(format!("缺少列 {}（{}）", column.key, column.label)));
        }
    }
    if errors.is_empty() { Ok(Headers { places, width: record.len() }) } else { Err(errors) }
}

struct Row<'a> {
    line: u64,
    record: &'a csv::ByteRecord,
    headers: &'a Headers,
    errors: Vec<RowError>,
}

impl Row<'_> {
    fn is_blank(&self) -> bool {
        self.record.iter().all(|cell| cell.iter().all(u8::is_ascii_whitespace))
    }

    fn fault(&mut self, column: usize, message: impl Into<String>) {
        let column = COLUMNS.get(column).map(|column| column.key);
        self.errors.push(RowError { line: self.line, column, message: message.into() });
    }

    fn check_shape(&mut self) {
        let (width, found) = (self.headers.width, self.record.len());
        if width != found {
            let message = format!("应有 {width} 列，实有 {found} 列；含逗号的单元格须加引号");
            self.errors.push(RowError { line: self.line, column: None, message });
        }
        if let Some(place) = self.record.iter().position(|cell| std::str::from_utf8(cell).is_err()) {
            let message = format!("第 {} 列不是 UTF-8 编码：请另存为“CSV UTF-8”", place + 1);
            self.errors.push(RowError { line: self.line, column: None, message });
        }
        if self.record.iter().any(|cell| cell.len() > LONGEST_CELL) {
            let message = format!("单元格超过 {LONGEST_CELL} 字节");
            self.errors.push(RowError { line: self.line, column: None, message });
        }
    }

    /// The cell, trimmed; `None` when it is empty or the column is not in the file.
    fn cell(&self, column: usize) -> Option<&str> {
        let cell = self.record.get(self.headers.places.get(column).copied().flatten()?)?;
        let text = std::str::from_utf8(cell).ok()?.trim();
        (!text.is_empty()).then_some(text)
    }

    fn missing(&mut self, column: usize) {
        self.fault(column, "不能空白");
    }

    fn optional<T: FromStr<Err: fmt::Display>>(&mut self, column: usize) -> Option<T> {
        match self.cell(column)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let message = error.to_string();
                self.fault(column, message);
                None
            }
        }
    }

    fn required<T: FromStr<Err: fmt::Display>>(&mut self, column: usize) -> Option<T> {
        if self.cell(column).is_none() {
            self.missing(column);
        }
        self.optional(column)
    }

    fn optional_date(&mut self, column: usize) -> Option<Date> {
        let text = self.cell(column)?.to_owned();
        let date = text.parse().ok();
        if date.is_none() {
            self.fault(column, format!("“{text}”不是日期，请写成 2025-06-30 的形式"));
        }
        date
    }

    fn required_date(&mut self, column: usize) -> Date {
        if self.cell(column).is_none() {
            self.missing(column);
        }
        self.optional_date(column).unwrap_or_default()
    }

    fn money(&mut self, column: usize) -> Money {
        self.required(column).unwrap_or_default()
    }

    fn money_or_nothing(&mut self, column: usize) -> Money {
        self.optional(column).unwrap_or_default()
    }

    fn flag(&mut self, column: usize) -> bool {
        match self.cell(column) {
            None | Some("否" | "no" | "false" | "0") => false,
            Some("是" | "yes" | "true" | "1") => true,
            Some(other) => {
                let message = format!("“{other}”应写“是”或“否”");
                self.fault(column, message);
                false
            }
        }
    }

    /// One of a few words.
    fn one_of<T: Copy>(&mut self, column: usize, words: &[(&str, T)], default: T) -> T {
        let Some(text) = self.cell(column) else {
            self.missing(column);
            return default;
        };
        let found = words.iter().find(|(word, _)| *word == text);
        if let Some((_, value)) = found {
            return *value;
        }
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let message = format!("“{text}”应为：{}", known.join("、"));
        self.fault(column, message);
        default
    }

    fn key(&mut self, rulebook: &Rulebook) -> Option<(Key, Base)> {
        let firm = self.required::<CreditCode>(CREDIT_CODE);
        let benefit = self.required::<BenefitId>(BENEFIT);
        let year = self.required::<Year>(YEAR);
        if year.is_some_and(|year| !YEARS.contains(&year)) {
            self.fault(YEAR, "年度应在 2000 与 2100 之间");
        }
        let project = self.cell(PROJECT).map(Arc::from);
        let base = benefit.as_ref().and_then(|benefit| rulebook.clauses.get(benefit)?.base());
        if let (Some(benefit), None) = (&benefit, base) {
            let known: Vec<_> = rulebook.clauses.keys().map(BenefitId::as_str).collect();
            self.fault(BENEFIT, format!("没有事项“{benefit}”，可用的是：{}", known.join("、")));
        }
        if !self.errors.is_empty() {
            return None;
        }
        Some(((firm?, benefit?, year?, project), base?))
    }

    /// What is known of the claim of a row that is not read further.
    fn stray(&self, rulebook: &Rulebook) -> Stray {
        let benefit = self.cell(BENEFIT).and_then(|text| text.parse::<BenefitId>().ok());
        // A row with too many or too few cells may have shifted the project's; the other parts prove themselves.
        let whole = self.record.len() == self.headers.width && std::str::from_utf8(self.record.as_slice()).is_ok();
        Stray {
            line: self.line,
            firm: self.cell(CREDIT_CODE).and_then(|text| text.parse().ok()),
            name: self.cell(FIRM).map(str::to_owned),
            benefit: benefit.filter(|benefit| rulebook.clauses.contains_key(benefit)),
            year: self.cell(YEAR).and_then(|text| text.parse().ok()).filter(|year| YEARS.contains(year)),
            project: whole.then(|| self.cell(PROJECT).map(Arc::from)),
        }
    }

    /// A claim from its first row.
    fn first(&mut self, key: Key, base: Base) -> ClaimRow {
        let (firm, benefit, year, project) = key;
        let score = self.optional::<Money>(SCORE).map(Money::fen);
        let score = score.map(|hundredths| u16::try_from(hundredths).ok().and_then(Score::from_hundredths));
        if score == Some(None) {
            self.fault(SCORE, "得分应在 0 与 100 之间，最多两位小数");
        }
        let received = self.optional::<Money>(RECEIVED);
        if received.is_some_and(Money::is_negative) {
            self.fault(RECEIVED, "已享受金额不能为负数");
        }
        let facts = match base {
            Base::LoanInterest => {
                let investment = self.investment();
                Facts::LoanInterest(LoanInterest { investment, planned: None, loans: vec![self.loan()] })
            }
            Base::TestFees => {
                let opens_capacity = self.flag(OPENS_CAPACITY);
                Facts::TestFees(TestFees { opens_capacity, lines: vec![self.fee_line(year)] })
            }
            Base::OperatingCost => Facts::OperatingCost(self.operating_cost()),
            Base::AnnualRevenue => Facts::AnnualRevenue(AnnualRevenue {
                revenue: self.money(REVENUE),
                highest_before: self.money(HIGHEST_BEFORE),
            }),
            Base::ProjectInvestment => {
                Facts::ProjectInvestment(ProjectInvestment { total: self.money(TOTAL_INVESTMENT) })
            }
            Base::EntryCost => {
                let entered = self.required_date(ENTERED);
                Facts::EntryCost(EntryCost { entered, lines: vec![self.entry_line()] })
            }
            Base::TrainedPersons => {
                let (trained, hired) = (self.required(TRAINED), self.required(HIRED));
                let (trained, hired) = (trained.unwrap_or_default(), hired.unwrap_or_default());
                Facts::TrainedPersons(TrainedPersons { trained, hired })
            }
        };
        let district = self.optional::<DivisionCode>(DISTRICT);
        if base.by_district() && district.is_none() {
            self.missing(DISTRICT);
        }
        let packaging_test_firm = self.flag(PACKAGING_TEST_FIRM);
        let (score, verified) = (score.flatten(), None);
        let claim = Claim { benefit, year, project, packaging_test_firm, score, verified, district, facts };
        ClaimRow { line: self.line, firm, name: self.cell(FIRM).unwrap_or_default().to_owned(), claim, received }
    }

    /// A further row of a claim: one more loan or fee. What is said once more about the firm must be the same.
    fn join(&mut self, row: &mut ClaimRow) {
        for column in [RECEIVED, SCORE, PAID_IN] {
            let said = match (column, &row.claim.facts) {
                (RECEIVED, _) => row.received,
                (SCORE, _) => row.claim.score.map(|score| Money::from_fen(i64::from(score.hundredths()))),
                (_, Facts::LoanInterest(facts)) => Some(facts.investment.paid_in),
                _ => None,
            };
            let again = self.optional::<Money>(column);
            if again.is_some() && again != said {
                self.fault(column, format!("与第 {} 行同一申报的填写不一致", row.line));
            }
        }
        match &mut row.claim.facts {
            Facts::LoanInterest(facts) => facts.loans.push(self.loan()),
            Facts::TestFees(facts) => facts.lines.push(self.fee_line(row.claim.year)),
            Facts::EntryCost(facts) => facts.lines.push(self.entry_line()),
            Facts::OperatingCost(_)
            | Facts::AnnualRevenue(_)
            | Facts::ProjectInvestment(_)
            | Facts::TrainedPersons(_) => {
                let message = format!("此事项的申报只能有一行，第 {} 行已填报同一企业同一年度", row.line);
                self.fault(BENEFIT, message);
            }
        }
    }

    fn investment(&mut self) -> Investment {
        let proofs =
            [InvestmentProof::CapitalVerification, InvestmentProof::SpecialAudit, InvestmentProof::OwnStatement]
                .map(|proof| (proof.label(), proof));
        Investment {
            paid_in: self.money(PAID_IN),
            proven_on: self.required_date(PROVEN_ON),
            proof: self.one_of(PROOF, &proofs, InvestmentProof::OwnStatement),
            progress: self.required::<Rate>(PROGRESS).unwrap_or_default(),
        }
    }

    fn loan(&mut self) -> Loan {
        let terms = [
            ("一年以内", TermClass::UpToOneYear),
            ("一至五年", TermClass::OneToFiveYears),
            ("五年以上", TermClass::OverFiveYears),
        ];
        let kinds = [LoanKind::Bank, LoanKind::Entrusted, LoanKind::Affiliate, LoanKind::FinanceLease, LoanKind::Other]
            .map(|kind| (kind.label(), kind));
        let loan = Loan {
            principal: self.money(PRINCIPAL),
            paid: self.money(INTEREST_PAID),
            disbursed: self.required_date(DISBURSED),
            from: self.required_date(INTEREST_FROM),
            until: self.required_date(INTEREST_UNTIL),
            term: self.one_of(TERM, &terms, TermClass::UpToOneYear),
            kind: self.one_of(LOAN_KIND, &kinds, LoanKind::Other),
        };
        if self.errors.is_empty() && loan.until <= loan.from {
            self.fault(INTEREST_UNTIL, "计息截止日应晚于起始日");
        }
        loan
    }

    fn fee_line(&mut self, year: Year) -> FeeLine {
        FeeLine {
            number: self.cell(INVOICE).map(Arc::from),
            customer: None,
            net: self.money(FEE_NET),
            tax: self.money_or_nothing(FEE_TAX),
            invoiced: self.optional_date(INVOICED).unwrap_or_else(|| kernel::Period::year(year).from()),
            performed: self.optional_date(PERFORMED),
            attributes: FeeAttributes {
                related: self.flag(RELATED),
                in_city: self.flag(IN_CITY),
                design_firm: self.flag(DESIGN_FIRM),
                open_capacity: self.flag(OPEN_CAPACITY),
                supports_platform: self.flag(SUPPORTS_PLATFORM),
            },
        }
    }

    fn entry_line(&mut self) -> EntryLine {
        let parts = EntryPart::ALL.map(|part| (part.label(), part));
        EntryLine {
            number: self.cell(INVOICE).map(Arc::from),
            part: self.one_of(ENTRY_PART, &parts, EntryPart::Rent),
            amount: self.money(ENTRY_AMOUNT),
            paid: self.required_date(ENTRY_PAID),
        }
    }

    fn operating_cost(&mut self) -> OperatingCost {
        let (from, until) = (self.optional_date(RECOGNISED_FROM), self.optional_date(RECOGNISED_UNTIL));
        let checked = self.flag(ANNUAL_CHECK);
        if from.is_some() != until.is_some() {
            self.fault(RECOGNISED_UNTIL, "认定起始日与截止日须一起填写");
        }
        let recognition = from.zip(until).map(|(from, until)| Recognition { from, until, checked });
        let columns = [
            COST_STAFF,
            COST_ENERGY,
            COST_MATERIALS,
            COST_MAINTENANCE,
            COST_RENT,
            COST_DEPRECIATION,
            COST_PUBLIC,
            COST_OTHER,
        ];
        let parts = columns.map(|column| self.money_or_nothing(column));
        OperatingCost { public_service: self.flag(PUBLIC_SERVICE), recognition, parts }
    }
}
