//! Rows that repeat in the public check: loans, fees, amounts received. Their names are fixed, so that the form works
//! without script; each has the name of its field and, for the list of errors, which row it is.

/// Name of a field and what the list of errors calls it.
pub type Named = (&'static str, &'static str);

/// The fields of one loan.
pub struct LoanRow {
    /// Head of the row.
    pub legend: &'static str,
    /// 本金.
    pub principal: Named,
    /// 实付利息.
    pub paid: Named,
    /// 放款日.
    pub disbursed: Named,
    /// 计息期起.
    pub from: Named,
    /// 计息期止.
    pub until: Named,
    /// 期限档次.
    pub term: Named,
    /// 借款类型.
    pub kind: Named,
}

/// The fields of one kind of fees.
pub struct FeeRow {
    /// Head of the row.
    pub legend: &'static str,
    /// 不含税金额.
    pub net: Named,
    /// 增值税.
    pub tax: Named,
    /// 开票日期.
    pub invoiced: Named,
    /// 关联方.
    pub related: Named,
    /// 市内.
    pub in_city: Named,
    /// 设计企业.
    pub design_firm: Named,
    /// 专门开放的产能.
    pub open_capacity: Named,
    /// 同时支撑平台奖励.
    pub supports_platform: Named,
}

/// The fields of one amount already received.
pub struct ReceivedRow {
    /// 年度.
    pub year: Named,
    /// 金额.
    pub amount: Named,
}

impl LoanRow {
    /// The names of its fields: a row in which one is filled is a row.
    pub fn names(&self) -> [&'static str; 7] {
        [self.principal, self.paid, self.disbursed, self.from, self.until, self.term, self.kind].map(|(name, _)| name)
    }
}

impl FeeRow {
    /// The names of its fields: a row in which one is filled or ticked is a row.
    pub fn names(&self) -> [&'static str; 8] {
        let Self { net, tax, invoiced, related, in_city, design_firm, open_capacity, supports_platform, .. } = self;
        [net, tax, invoiced, related, in_city, design_firm, open_capacity, supports_platform].map(|(name, _)| *name)
    }
}

macro_rules! loan {
    ($n:literal) => {
        LoanRow {
            legend: concat!("第 ", $n, " 笔借款"),
            principal: (concat!("loan", $n, "-principal"), concat!("第 ", $n, " 笔借款本金")),
            paid: (concat!("loan", $n, "-paid"), concat!("第 ", $n, " 笔借款实付利息")),
            disbursed: (concat!("loan", $n, "-disbursed"), concat!("第 ", $n, " 笔借款放款日")),
            from: (concat!("loan", $n, "-from"), concat!("第 ", $n, " 笔借款计息期起")),
            until: (concat!("loan", $n, "-until"), concat!("第 ", $n, " 笔借款计息期止")),
            term: (concat!("loan", $n, "-term"), concat!("第 ", $n, " 笔借款期限")),
            kind: (concat!("loan", $n, "-kind"), concat!("第 ", $n, " 笔借款类型")),
        }
    };
}

macro_rules! fee {
    ($n:literal) => {
        FeeRow {
            legend: concat!("第 ", $n, " 类费用"),
            net: (concat!("fee", $n, "-net"), concat!("第 ", $n, " 类费用不含税金额")),
            tax: (concat!("fee", $n, "-tax"), concat!("第 ", $n, " 类费用增值税")),
            invoiced: (concat!("fee", $n, "-invoiced"), concat!("第 ", $n, " 类费用开票日期")),
            related: (concat!("fee", $n, "-related"), concat!("第 ", $n, " 类费用客户是否关联方")),
            in_city: (concat!("fee", $n, "-in-city"), concat!("第 ", $n, " 类费用客户是否在市内")),
            design_firm: (concat!("fee", $n, "-design"), concat!("第 ", $n, " 类费用客户是否设计企业")),
            open_capacity: (concat!("fee", $n, "-open"), concat!("第 ", $n, " 类费用是否专门开放的产能")),
            supports_platform: (concat!("fee", $n, "-platform"), concat!("第 ", $n, " 类费用是否已用于平台奖励")),
        }
    };
}

macro_rules! received {
    ($n:literal) => {
        ReceivedRow {
            year: (concat!("received", $n, "-year"), concat!("第 ", $n, " 笔已享受的年度")),
            amount: (concat!("received", $n, "-amount"), concat!("第 ", $n, " 笔已享受的金额")),
        }
    };
}

/// The fields of one payment for premises.
pub struct EntryRow {
    /// Head of the row.
    pub legend: &'static str,
    /// 费用种类.
    pub part: Named,
    /// 金额.
    pub amount: Named,
    /// 付款日期.
    pub paid: Named,
}

impl EntryRow {
    /// The names of its fields: a row in which one is filled is a row.
    pub fn names(&self) -> [&'static str; 3] {
        [self.part, self.amount, self.paid].map(|(name, _)| name)
    }
}

/// The fields of one tier a district sets.
pub struct TierRow {
    /// 超过多少.
    pub over: Named,
    /// 给多少.
    pub amount: Named,
}

macro_rules! entry {
    ($n:literal) => {
        EntryRow {
            legend: concat!("第 ", $n, " 笔费用"),
            part: (concat!("entry", $n, "-part"), concat!("第 ", $n, " 笔费用种类")),
            amount: (concat!("entry", $n, "-amount"), concat!("第 ", $n, " 笔费用金额")),
            paid: (concat!("entry", $n, "-paid"), concat!("第 ", $n, " 笔费用付款日期")),
        }
    };
}

macro_rules! tier {
    ($n:literal) => {
        TierRow {
            over: (concat!("tier", $n, "-over"), concat!("第 ", $n, " 档超过（元）")),
            amount: (concat!("tier", $n, "-amount"), concat!("第 ", $n, " 档金额（元）")),
        }
    };
}

/// Payments for premises one can ask about.
pub const ENTRIES: [EntryRow; 5] = [entry!("1"), entry!("2"), entry!("3"), entry!("4"), entry!("5")];
/// Tiers a district can set.
pub const TIERS: [TierRow; 5] = [tier!("1"), tier!("2"), tier!("3"), tier!("4"), tier!("5")];
/// 营收.
pub const REVENUE: [Named; 2] = [("revenue", "年度营收"), ("highest-before", "以前年度最高营收")];
/// 项目总投资.
pub const TOTAL_INVESTMENT: Named = ("total-investment", "项目总投资");
/// 入驻协议签订日.
pub const ENTERED: Named = ("entered", "入驻协议签订日");
/// 人数.
pub const PERSONS: [Named; 2] = [("trained", "培训人数"), ("hired", "用工人数")];

/// Loans one can ask about; more are asked with their sums.
pub const LOANS: [LoanRow; 5] = [loan!("1"), loan!("2"), loan!("3"), loan!("4"), loan!("5")];
/// Kinds of fees one can ask about.
pub const FEES: [FeeRow; 4] = [fee!("1"), fee!("2"), fee!("3"), fee!("4")];
/// Amounts already received.
pub const RECEIVED: [ReceivedRow; 3] = [received!("1"), received!("2"), received!("3")];

/// Parts of operating cost, in the order of [`subsidy::facts::CostPart::ALL`].
pub const COST: [Named; 8] = [
    ("cost-staff", "人工"),
    ("cost-energy", "水电气"),
    ("cost-materials", "材料与耗材"),
    ("cost-maintenance", "维修维护与校准"),
    ("cost-rent", "房租物业"),
    ("cost-depreciation", "折旧摊销"),
    ("cost-public", "已由其他财政资金承担的支出"),
    ("cost-other", "其他"),
];
