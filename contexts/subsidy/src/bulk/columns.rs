//! The columns of a claims file: one table that readers, `--help` and the documentation share.

use std::fmt::Write as _;

use crate::clause::Base;

/// Which claims need a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Every row.
    Always,
    /// Rows whose benefit has this base.
    For(Base),
    /// May stay empty.
    Never,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its header.
    pub key: &'static str,
    /// Its header in Chinese, accepted as well.
    pub label: &'static str,
    /// Which rows need it.
    pub need: Need,
    /// What to write in it, with units.
    pub content: &'static str,
}

macro_rules! columns {
    ($($name:ident: $key:literal $label:literal $need:expr, $content:literal;)+) => {
        #[derive(Clone, Copy)]
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "named as the constants they give")]
        enum Index { $($name),+ }
        $(pub(super) const $name: usize = Index::$name as usize;)+
        /// Every column, in the order documentation shows them.
        pub const COLUMNS: &[Column] = &[$(Column { key: $key, label: $label, need: $need, content: $content }),+];
    };
}

use Need::{Always, For, Never};

columns! {
    CREDIT_CODE: "credit_code" "统一社会信用代码" Always, "18 位，校验位须正确";
    FIRM: "firm" "企业名称" Never, "仅用于显示";
    BENEFIT: "benefit" "事项" Always, "条款文件中的事项代号，如 interest、test-fee、platform";
    YEAR: "year" "年度" Always, "申报所属公历年，如 2025";
    PROJECT: "project" "项目" Never, "上限按项目累计时填写";
    PACKAGING_TEST_FIRM: "packaging_test_firm" "封测类企业" Never, "是/否；空白为否";
    SCORE: "score" "得分" Never, "0 至 100，最多两位小数";
    RECEIVED: "received" "此前已享受" Never, "本文件之前在该事项已享受的金额（元），写在该企业该事项的第一行";
    PAID_IN: "paid_in" "到位投资" For(Base::LoanInterest), "元";
    PROVEN_ON: "proven_on" "投资证明日期" For(Base::LoanInterest), "如 2025-11-30";
    PROOF: "proof" "投资证明" For(Base::LoanInterest), "验资报告、专项审计报告或企业自行说明";
    PROGRESS: "progress" "建设进度" For(Base::LoanInterest), "如 80%";
    PRINCIPAL: "principal" "借款本金" For(Base::LoanInterest), "元，计息期内的本金余额";
    INTEREST_PAID: "interest_paid" "实付利息" For(Base::LoanInterest), "元，该计息期实际支付";
    DISBURSED: "disbursed" "放款日" For(Base::LoanInterest), "如 2024-03-01";
    INTEREST_FROM: "interest_from" "计息起始日" For(Base::LoanInterest), "计入";
    INTEREST_UNTIL: "interest_until" "计息截止日" For(Base::LoanInterest), "是否计入由解释口径定";
    TERM: "term" "期限档" For(Base::LoanInterest), "一年以内、一至五年或五年以上";
    LOAN_KIND: "loan_kind" "借款种类" For(Base::LoanInterest), "银行贷款、委托贷款、关联企业借款、融资租赁或其他借款";
    OPENS_CAPACITY: "opens_capacity" "开放产能" Never, "是/否；空白为否";
    INVOICE: "invoice" "发票号" Never, "空白表示该行是全年合计";
    FEE_NET: "fee_net" "不含税金额" For(Base::TestFees), "元；红字发票写负数";
    FEE_TAX: "fee_tax" "增值税额" Never, "元；空白为 0";
    INVOICED: "invoiced" "开票日期" Never, "空白表示全年合计，按 1 月 1 日归入";
    PERFORMED: "performed" "服务完成日期" Never, "按完成日期归年时填写";
    RELATED: "related" "关联方" Never, "是/否；空白为否";
    IN_CITY: "in_city" "市内客户" Never, "是/否；空白为否";
    DESIGN_FIRM: "design_firm" "设计企业客户" Never, "是/否；空白为否";
    OPEN_CAPACITY: "open_capacity" "使用开放产能" Never, "是/否；空白为否";
    SUPPORTS_PLATFORM: "supports_platform" "同时支撑平台奖励" Never, "是/否；空白为否";
    PUBLIC_SERVICE: "public_service" "提供公共服务" Never, "是/否；空白为否";
    RECOGNISED_FROM: "recognised_from" "认定起始日" Never, "与认定截止日一起填写";
    RECOGNISED_UNTIL: "recognised_until" "认定截止日" Never, "与认定起始日一起填写";
    ANNUAL_CHECK: "annual_check" "年度考核合格" Never, "是/否；空白为否";
    COST_STAFF: "cost_staff" "人工" Never, "元；空白为 0";
    COST_ENERGY: "cost_energy" "水电气" Never, "元；空白为 0";
    COST_MATERIALS: "cost_materials" "材料与耗材" Never, "元；空白为 0";
    COST_MAINTENANCE: "cost_maintenance" "维修维护与校准" Never, "元；空白为 0";
    COST_RENT: "cost_rent" "房租物业" Never, "元；空白为 0";
    COST_DEPRECIATION: "cost_depreciation" "折旧摊销" Never, "元；空白为 0";
    COST_PUBLIC: "cost_public" "其他财政资金承担" Never, "元；空白为 0";
    COST_OTHER: "cost_other" "其他运营费" Never, "元；空白为 0";
    DISTRICT: "district" "主管区县" Never, "6 位区划代码；由区县定额的事项必填；没有细则的区县不测算";
    REVENUE: "revenue" "年度营收" For(Base::AnnualRevenue), "元，申报年度";
    HIGHEST_BEFORE: "highest_before" "以前年度最高营收" For(Base::AnnualRevenue), "元，没有的写 0";
    TOTAL_INVESTMENT: "total_investment" "项目总投资" For(Base::ProjectInvestment), "元";
    ENTERED: "entered" "入驻协议签订日" For(Base::EntryCost), "如 2025-03-01";
    ENTRY_PART: "entry_part" "费用种类" For(Base::EntryCost), "租金、购房、装修、水电气或通讯";
    ENTRY_AMOUNT: "entry_amount" "费用金额" For(Base::EntryCost), "元；退款写负数";
    ENTRY_PAID: "entry_paid" "付款日期" For(Base::EntryCost), "如 2025-06-30";
    TRAINED: "trained" "培训人数" For(Base::TrainedPersons), "人，取得证书的";
    HIRED: "hired" "用工人数" For(Base::TrainedPersons), "人，签订合同并参保的";
}

impl Need {
    /// In Chinese, for documentation.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Always => "必填",
            Self::For(Base::LoanInterest) => "贷款利息类必填",
            Self::For(Base::TestFees) => "封测费用类必填",
            Self::For(Base::OperatingCost) => "运营费类必填",
            Self::For(Base::AnnualRevenue) => "营收突破类必填",
            Self::For(Base::ProjectInvestment) => "综合体类必填",
            Self::For(Base::EntryCost) => "入驻类必填",
            Self::For(Base::TrainedPersons) => "人才类必填",
            Self::Never => "选填",
        }
    }
}

/// What joins rows into claims, for documentation.
pub const JOINING: &str = "同一企业、事项、年度、项目的各行合为一份申报：每行一笔借款、一张发票或一笔入驻费用；\
    企业层面的列写在第一行，其余行可以空白。编码为 UTF-8。";

/// The columns as plain text, for `--help`.
pub fn help() -> String {
    let mut text = format!("{JOINING}\n\n");
    for column in COLUMNS {
        let _ = writeln!(text, "  {:<20} {}（{}）：{}", column.key, column.label, column.need.label(), column.content);
    }
    text
}

/// The columns as a Markdown table, for the documentation.
pub fn markdown() -> String {
    let mut text = format!("{JOINING}\n\n| 列 | 中文列名 | 何时填写 | 内容 |\n|---|---|---|---|\n");
    for column in COLUMNS {
        let need = column.need.label();
        let _ = writeln!(text, "| `{}` | {} | {need} | {} |", column.key, column.label, column.content);
    }
    text
}
