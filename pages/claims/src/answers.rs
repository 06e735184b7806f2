//! Questions of a claim and the reading of their answers. What the facts are made of is asked and read as in the public
//! pre-claim check; here stands what a claim needs besides: contracts, invoice numbers, declarations.

use cases::support::Received;
use kernel::{CreditCode, Date, Money};
use subsidy::facts::{
    AnnualRevenue, EntryLine, FeeAttributes, FeeLine, Investment, Loan, ProjectInvestment, Recognition, TrainedPersons,
};
use subsidy_pages::precheck_answers as read;
use subsidy_pages::precheck_form as ask;
use subsidy_pages::precheck_rows::{ENTERED, EntryRow, LoanRow, PERSONS, REVENUE, TOTAL_INVESTMENT};
use web::{Draft, Field, FromFields, Reader};

use super::kept::Fields;

/// The fields of one loan: each stands on a page of its own.
const LOAN: LoanRow = LoanRow {
    legend: "借款",
    principal: ("principal", "本金"),
    paid: ("paid", "实付利息"),
    disbursed: ("disbursed", "放款日"),
    from: ("from", "计息期起"),
    until: ("until", "计息期止"),
    term: ("term", "合同期限"),
    kind: ("kind", "借款类型"),
};

/// The fields of one payment for premises.
const ENTRY: EntryRow =
    EntryRow {
        legend: "费用", part: ("part", "费用种类"), amount: ("amount", "金额"), paid: ("paid", "付款日期")
    };

/// Ticks that say what kind of customer and service a fee is for: name of the field, what it says.
pub const ATTRIBUTES: [(&str, &str); 5] = [
    ("in-city", "客户在本市"),
    ("design", "设计企业"),
    ("open", "开放的产能"),
    ("related", "关联方"),
    ("platform", "已用于平台奖励"),
];

/// Who applies, for what.
pub struct FirmAnswer {
    /// Whether the firm packages or tests.
    pub packaging: bool,
    /// The project, where one is named.
    pub project: Option<String>,
}

/// A loan with its contract.
pub struct LoanAnswer {
    /// What is computed from.
    pub loan: Loan,
    /// Lender and number of the contract; nothing where a completion left it as it was.
    pub contract: Option<String>,
}

/// What a platform offers.
pub struct PlatformAnswer {
    /// Whether it serves the public.
    pub public: bool,
    /// Its recognition.
    pub recognition: Option<Recognition>,
}

/// Whether capacity is opened.
pub struct CapacityAnswer(pub bool);
/// 实际到位投资
pub struct InvestmentAnswer(pub Investment);
/// Operating cost by part.
pub struct CostAnswer(pub [Money; 8]);
/// Revenue.
pub struct RevenueAnswer(pub AnnualRevenue);
/// 项目总投资
pub struct TotalInvestmentAnswer(pub ProjectInvestment);
/// 入驻协议签订日
pub struct EnteredAnswer(pub Date);
/// One payment for premises.
pub struct EntryAnswer(pub EntryLine);
/// People trained and taken on.
pub struct PersonsAnswer(pub TrainedPersons);
/// One invoice.
pub struct FeeAnswer(pub FeeLine);
/// Money from elsewhere.
pub struct ReceiptAnswer(pub Received);
/// Whether there was any.
pub struct ReceivedAnswer(pub bool);
/// How much is applied for.
pub struct AmountAnswer(pub Money);

impl FromFields for FirmAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let packaging = match reader.ticked("asks-packaging") {
            true => read::yes_no(reader, ("packaging", "是否封装测试企业")),
            false => Some(false),
        };
        let project = reader.optional::<String>("project", "项目名称");
        Some(Self { packaging: packaging?, project: project? })
    }
}

impl FromFields for LoanAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let lender = reader.optional::<String>("lender", "贷款机构");
        let number = reader.optional::<String>("contract", "借款合同编号");
        let loan = read::loan(reader, &LOAN, true);
        let (lender, number) = (lender?, number?);
        let contract = match (lender, number) {
            (Some(lender), Some(number)) => Some(format!("{} {}", lender.trim(), number.trim())),
            (None, None) if reader.ticked("as-filed") => None,
            (lender, number) => {
                let lacking =
                    [(lender.is_none(), "lender", "贷款机构"), (number.is_none(), "contract", "借款合同编号")];
                for (_, name, label) in lacking.into_iter().filter(|(lacks, ..)| *lacks) {
                    reader.refuse(name, label, "请填写");
                }
                return None;
            }
        };
        Some(Self { loan: loan??, contract })
    }
}

impl FromFields for PlatformAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let (public, recognition) = read::service(reader)?;
        Some(Self { public, recognition })
    }
}

impl FromFields for CapacityAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        read::yes_no(reader, ("opens-capacity", "是否开放产能")).map(Self)
    }
}

impl FromFields for InvestmentAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        read::investment(reader).map(Self)
    }
}

impl FromFields for CostAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        read::costs(reader).map(Self)
    }
}

impl FromFields for FeeAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let number = reader.required::<String>("number", "发票号码");
        let number = number.filter(|number| is_invoice_number(reader, number));
        let customer = reader.optional::<CreditCode>("buyer", "客户统一社会信用代码");
        let invoiced = read::day(reader, ("invoiced", "开票日期"));
        // Below nothing: an invoice that takes back another.
        let net = reader.required::<Money>("net", "不含税金额");
        let tax = reader.optional::<Money>("tax", "增值税").map(Option::unwrap_or_default);
        let too_large = |amount: &Money| amount.fen().saturating_abs() > Money::LIMIT.fen();
        for (name, label, amount) in [("net", "不含税金额", net), ("tax", "增值税", tax)] {
            if amount.as_ref().is_some_and(too_large) {
                reader.refuse(name, label, "超出可受理的范围，请检查单位是不是元");
                return None;
            }
        }
        let [in_city, design_firm, open_capacity, related, supports_platform] =
            ATTRIBUTES.map(|(name, _)| reader.ticked(name));
        let attributes = FeeAttributes { related, in_city, design_firm, open_capacity, supports_platform };
        let (customer, invoiced) = (customer?.map(Box::new), invoiced?);
        Some(Self(FeeLine {
            number: Some(number?.into()),
            customer,
            net: net?,
            tax: tax?,
            invoiced,
            performed: Some(invoiced),
            attributes,
        }))
    }
}

impl FromFields for RevenueAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        read::revenue(reader).map(Self)
    }
}

impl FromFields for TotalInvestmentAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        read::total_investment(reader).map(Self)
    }
}

impl FromFields for EnteredAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        read::day(reader, ENTERED).map(Self)
    }
}

impl FromFields for PersonsAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        read::persons(reader).map(Self)
    }
}

impl FromFields for EntryAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let number = reader.optional::<String>("number", "发票号码")?;
        if number.as_ref().is_some_and(|number| !is_invoice_number(reader, number)) {
            return None;
        }
        let line = read::entry(reader, &ENTRY, true)??;
        Some(Self(EntryLine { number: number.map(Into::into), ..line }))
    }
}

/// 8 digits after a code of 10 or 12, or the 20 of a fully digital invoice.
fn is_invoice_number(reader: &mut Reader<'_>, number: &str) -> bool {
    let fits = number.bytes().all(|byte| byte.is_ascii_digit()) && matches!(number.len(), 18 | 20);
    if !fits {
        let advice = "应为 20 位数字（数电票），或发票代码加 8 位号码，中间不留空格";
        reader.refuse("number", "发票号码", advice);
    }
    fits
}

impl FromFields for ReceivedAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        read::yes_no(reader, ("elsewhere", "是否获得其他财政资金")).map(Self)
    }
}

impl FromFields for ReceiptAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let department = reader.required("department", "资金来源部门");
        let document = reader.required("document", "资金下达文号");
        let amount = read::amount(reader, ("amount", "金额"));
        if amount == Some(Money::ZERO) {
            reader.refuse("amount", "金额", "应大于 0");
            return None;
        }
        Some(Self(Received { department: department?, document: document?, amount: amount? }))
    }
}

impl FromFields for AmountAnswer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let amount = read::amount(reader, ("applied", "申请金额"))?;
        if amount == Money::ZERO {
            reader.refuse("applied", "申请金额", "应大于 0");
            return None;
        }
        Some(Self(amount))
    }
}

/// What was kept of a form, read; or what is wrong with it, in words.
pub fn of<T: FromFields>(blank: &Draft, fields: &Fields) -> Result<T, Vec<String>> {
    let mut draft = blank.clone().restore(fields.iter().cloned());
    let read = draft.read::<T>();
    let said = |(_, label, message): (_, &str, &str)| match label {
        "" => message.to_owned(),
        label => format!("{label}：{message}"),
    };
    read.ok_or_else(|| draft.faults().map(said).collect())
}

/// The fields of one loan. `as_filed`: it stands in a claim that was sent, whose contracts are known.
pub fn loan_fields(draft: &Draft, as_filed: bool) -> Vec<Field> {
    let (lender, contract) = (draft.text("lender", "贷款机构"), draft.text("contract", "借款合同编号"));
    let lender = lender.hint(if as_filed { "不改合同的留空" } else { "例如 中国银行重庆分行" });
    let contracts = [lender.required_if(!as_filed), contract.required_if(!as_filed)];
    contracts.into_iter().chain(ask::loan(draft, &LOAN, true)).collect()
}

/// The fields of one invoice.
pub fn fee_fields(draft: &Draft) -> Vec<Field> {
    let ticks = ATTRIBUTES.map(|(name, label)| draft.tick(name, label));
    let fields = [
        draft.text("number", "发票号码").hint("数电票 20 位；旧版发票为代码加 8 位号码").required(),
        draft.text("buyer", "客户统一社会信用代码").hint("发票上的购买方"),
        draft.date("invoiced", "开票日期").required(),
        draft.money("net", "不含税金额（元）").hint("红字发票填负数").required(),
        draft.money("tax", "增值税（元）"),
    ];
    fields.into_iter().chain(ticks).collect()
}

/// The fields of one payment for premises.
pub fn entry_fields(draft: &Draft) -> Vec<Field> {
    let number = draft.text("number", "发票号码").hint("没有发票的（例如押金收据）留空");
    std::iter::once(number).chain(ask::entry(draft, &ENTRY, true)).collect()
}

/// The fields of one amount received elsewhere.
pub fn receipt_fields(draft: &Draft) -> Vec<Field> {
    vec![
        draft.text("department", "资金来源部门").hint("例如 市科技局").required(),
        draft.text("document", "资金下达文号").hint("以下达资金的文件为准").required(),
        draft.money("amount", "金额（元）").required(),
    ]
}

fn filled(values: impl IntoIterator<Item = (&'static str, String)>) -> Fields {
    let values = values.into_iter().filter(|(_, value)| !value.is_empty());
    values.map(|(name, value)| (name.to_owned(), value)).collect()
}

fn key_of<T: PartialEq>(choices: &[(&'static str, T)], value: &T) -> String {
    choices.iter().find(|(_, choice)| choice == value).map_or_else(String::new, |(key, _)| (*key).to_owned())
}

fn ticked(is: bool) -> String {
    if is { "on".to_owned() } else { String::new() }
}

/// As typed: who applies.
pub fn firm_typed(packaging: Option<bool>, project: Option<&str>) -> Fields {
    let packaging = packaging.map(|packaging| key_of(&read::YES_NO, &packaging));
    let asks = ticked(packaging.is_some());
    filled([
        ("asks-packaging", asks),
        ("packaging", packaging.unwrap_or_default()),
        ("project", project.unwrap_or_default().to_owned()),
    ])
}

/// As typed: what was invested.
pub fn investment_typed(investment: &Investment) -> Fields {
    let percent = investment.progress.to_string();
    filled([
        ("paid-in", investment.paid_in.plain()),
        ("proven-on", investment.proven_on.to_string()),
        ("proof", key_of(&read::PROOFS, &investment.proof)),
        ("progress", percent.trim_end_matches('%').to_owned()),
    ])
}

/// As typed: a loan of a claim that was sent.
pub fn loan_typed(loan: &Loan) -> Fields {
    filled([
        ("as-filed", "on".to_owned()),
        ("principal", loan.principal.plain()),
        ("paid", loan.paid.plain()),
        ("disbursed", loan.disbursed.to_string()),
        ("from", loan.from.to_string()),
        ("until", loan.until.to_string()),
        ("term", key_of(&read::TERMS, &loan.term)),
        ("kind", key_of(&read::KINDS, &loan.kind)),
    ])
}

/// As typed: whether capacity is opened.
pub fn capacity_typed(opens: bool) -> Fields {
    filled([("opens-capacity", key_of(&read::YES_NO, &opens))])
}

/// As typed: one invoice.
pub fn fee_typed(line: &FeeLine) -> Fields {
    let FeeAttributes { related, in_city, design_firm, open_capacity, supports_platform } = line.attributes;
    let ticks = [in_city, design_firm, open_capacity, related, supports_platform];
    let ticks = ATTRIBUTES.iter().zip(ticks).map(|((name, _), is)| (*name, ticked(is)));
    let customer = line.customer.as_ref().map(ToString::to_string).unwrap_or_default();
    let said = [
        ("number", line.number.as_deref().unwrap_or_default().to_owned()),
        ("buyer", customer),
        ("invoiced", line.invoiced.to_string()),
        ("net", line.net.plain()),
        ("tax", line.tax.plain()),
    ];
    filled(said.into_iter().chain(ticks))
}

/// As typed: revenue.
pub fn revenue_typed(facts: &AnnualRevenue) -> Fields {
    let [(revenue, _), (before, _)] = REVENUE;
    filled([(revenue, facts.revenue.plain()), (before, facts.highest_before.plain())])
}

/// As typed: the project's total investment.
pub fn total_investment_typed(facts: &ProjectInvestment) -> Fields {
    filled([(TOTAL_INVESTMENT.0, facts.total.plain())])
}

/// As typed: when the firm entered the park.
pub fn entered_typed(entered: Date) -> Fields {
    filled([(ENTERED.0, entered.to_string())])
}

/// As typed: one payment for premises; of what kind, an invoice does not say.
pub fn entry_typed(line: &EntryLine) -> Fields {
    let part = ("part", key_of(&read::PARTS, &line.part));
    payment_typed(line.number.as_deref(), line.amount, line.paid).into_iter().chain(filled([part])).collect()
}

/// As typed: a payment for premises of which the kind is still to be said.
pub fn payment_typed(number: Option<&str>, amount: Money, paid: Date) -> Fields {
    filled([("number", number.unwrap_or_default().to_owned()), ("amount", amount.plain()), ("paid", paid.to_string())])
}

/// As typed: people trained and taken on.
pub fn persons_typed(facts: &TrainedPersons) -> Fields {
    let [(trained, _), (hired, _)] = PERSONS;
    filled([(trained, facts.trained.to_string()), (hired, facts.hired.to_string())])
}

/// As typed: what a platform offers.
pub fn platform_typed(public: Option<bool>, recognition: Option<(Date, Date, bool)>) -> Fields {
    let public = public.map(|public| key_of(&read::YES_NO, &public)).unwrap_or_default();
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    filled([
        ("public-service", public),
        ("recognised-from", day(recognition.map(|(from, ..)| from))),
        ("recognised-until", day(recognition.map(|(_, until, _)| until))),
        ("recognition-checked", ticked(recognition.is_some_and(|(.., checked)| checked))),
    ])
}

/// As typed: operating cost.
pub fn costs_typed(parts: &[Money; 8]) -> Fields {
    let named = subsidy_pages::precheck_rows::COST.iter().zip(parts);
    filled(named.filter(|(_, part)| **part != Money::ZERO).map(|((name, _), part)| (*name, part.plain())))
}

/// As typed: money from elsewhere.
pub fn receipt_typed(received: &Received) -> Fields {
    filled([
        ("department", received.department.clone()),
        ("document", received.document.clone()),
        ("amount", received.amount.plain()),
    ])
}

/// As typed: how much is applied for.
pub fn amount_typed(amount: Money) -> Fields {
    filled([("applied", amount.plain())])
}

/// As typed: whether there was any money from elsewhere.
pub fn received_typed(any: bool) -> Fields {
    filled([("elsewhere", key_of(&read::YES_NO, &any))])
}
