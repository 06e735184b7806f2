//! The questions of the public check, in groups.

use kernel::DivisionCode;
use subsidy::Clause;
use subsidy::clause::Base;
use subsidy::settings::{AwardReading, Settings};
use web::{Draft, Field};

use crate::precheck_answers::{DISTRICT, KINDS, PARTS, PROOFS, TERMS, YES_NO, asks_for_the_firm};
use crate::precheck_rows::{
    COST, ENTERED, ENTRIES, EntryRow, FEES, FeeRow, LOANS, LoanRow, Named, PERSONS, RECEIVED, REVENUE, TOTAL_INVESTMENT,
};
use crate::words;

/// Questions under one head.
pub struct Group {
    /// Its head.
    pub legend: &'static str,
    /// What to know before answering.
    pub hint: Option<&'static str>,
    /// The questions.
    pub fields: Vec<Field>,
    /// Rows for those who have more: closed until asked for. `Some(true)` when something is in it.
    pub folded: Option<bool>,
}

impl Group {
    fn new(legend: &'static str, fields: Vec<Field>) -> Self {
        Self { legend, hint: None, fields, folded: None }
    }

    fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Closed unless one of these fields was filled.
    fn folded(mut self, draft: &Draft, names: &[&str]) -> Self {
        self.folded = Some(names.iter().any(|name| !draft.value(name).trim().is_empty()));
        self
    }
}

/// What is offered of values that have labels.
macro_rules! labels {
    ($values:ident) => {{
        let mut labels = [("", ""); $values.len()];
        let mut index = 0;
        while index < labels.len() {
            labels[index] = ($values[index].0, $values[index].1.label());
            index += 1;
        }
        labels
    }};
}

const KINDS_OF_LOAN: [(&str, &str); 5] = labels!(KINDS);
const TERMS_OF_LOAN: [(&str, &str); 3] = labels!(TERMS);
const PROOFS_OF_INVESTMENT: [(&str, &str); 3] = labels!(PROOFS);
const PARTS_OF_ENTRY: [(&str, &str); 5] = labels!(PARTS);
const ANSWERS: [(&str, &str); 2] = [(YES_NO[0].0, "是"), (YES_NO[1].0, "否")];

/// All questions for a clause; `districts` to choose from where a district sets the amount.
pub fn groups(draft: &Draft, clause: &Clause, settings: &Settings, districts: &[(DivisionCode, String)]) -> Vec<Group> {
    let Some(base) = clause.base() else { return Vec::new() };
    let mut firm = vec![draft.count("year", "申报年度").hint("利息、费用发生的自然年度，例如 2025").required()];
    if base.by_district() {
        let hint = "企业住所或项目所在的区县；金额由区县细则规定";
        firm.push(draft.select(DISTRICT.0, DISTRICT.1, districts).hint(hint).required());
    }
    if asks_for_the_firm(base) {
        firm.push(packaging(draft));
    }
    if words::award_reading(clause, settings) != AwardReading::AtCeiling {
        firm.push(draft.count("score", "预计得分").hint("0 至 100 分；不知道就留空，只算上限"));
    }
    let mut groups = vec![Group::new("企业", firm)];
    match base {
        Base::LoanInterest => loan_interest(draft, &mut groups),
        Base::TestFees => test_fees(draft, &mut groups),
        Base::OperatingCost => operating_cost(draft, &mut groups),
        Base::AnnualRevenue => groups.push(Group::new("营收", revenue(draft))),
        Base::ProjectInvestment => groups.push(Group::new("项目", vec![total_investment(draft)])),
        Base::EntryCost => entry_cost(draft, &mut groups),
        Base::TrainedPersons => groups.push(Group::new("人数", persons(draft))),
    }
    groups.push(received(draft));
    groups
}

/// 实际到位投资 with its proof.
pub fn investment(draft: &Draft) -> Vec<Field> {
    vec![
        draft.money("paid-in", "实际到位投资（元）").hint("截至证明日期，已经投入项目的资金").required(),
        draft.date("proven-on", "证明日期").required(),
        draft.select("proof", "用什么证明", &PROOFS_OF_INVESTMENT).required(),
        draft.count("progress", "建设进度（%）").hint("例如 85").required(),
    ]
}

fn loan_interest(draft: &Draft, groups: &mut Vec<Group>) {
    groups.push(Group::new("投资", investment(draft)));
    let planned = vec![
        draft.date("planned-by", "计划到哪一天"),
        draft.money("planned-paid-in", "届时到位投资合计（元）"),
        draft.count("planned-progress", "届时建设进度（%）"),
    ];
    let names = ["planned-by", "planned-paid-in", "planned-progress"];
    let planned = Group::new("还没达到条件？填写投资计划", planned).folded(draft, &names);
    groups.push(planned.hint("用来算出最早哪一天可以符合条件；三项一起填。"));
    for (index, row) in LOANS.iter().enumerate() {
        let group = Group::new(row.legend, loan(draft, row, index == 0));
        groups.push(match index {
            0 => group.hint("只填这一年度支付的利息；按借款合同逐笔填写。"),
            _ => group.folded(draft, &row.names()),
        });
    }
}

/// The first row is always asked for; in the others, all fields once one is filled.
pub fn loan(draft: &Draft, row: &LoanRow, is_required: bool) -> Vec<Field> {
    let fields = vec![
        draft.money(row.principal.0, "本金（元）"),
        draft.money(row.paid.0, "实付利息（元）").hint("计息期内实际支付，不含罚息"),
        draft.date(row.disbursed.0, "放款日"),
        draft.date(row.from.0, "计息期起"),
        draft.date(row.until.0, "计息期止").hint("付息日，即下一期的第一天"),
        draft.select(row.term.0, "合同期限", &TERMS_OF_LOAN),
        draft.select(row.kind.0, "借款类型", &KINDS_OF_LOAN),
    ];
    if is_required { fields.into_iter().map(Field::required).collect() } else { fields }
}

/// 年度营收, and the highest before.
pub fn revenue(draft: &Draft) -> Vec<Field> {
    let [(revenue, _), (before, _)] = REVENUE;
    vec![
        draft.money(revenue, "申报年度营业收入（元）").hint("以年度审计报告为准").required(),
        draft.money(before, "以前各年度中最高的营业收入（元）").hint("没有以前年度的填 0").required(),
    ]
}

/// 项目总投资
pub fn total_investment(draft: &Draft) -> Field {
    draft.money(TOTAL_INVESTMENT.0, "项目总投资（元）").hint("以项目备案证为准").required()
}

/// 入驻协议签订日
pub fn entered(draft: &Draft) -> Field {
    draft.date(ENTERED.0, ENTERED.1).hint("从这一天起计算支持期").required()
}

fn entry_cost(draft: &Draft, groups: &mut Vec<Group>) {
    groups.push(Group::new("入驻", vec![entered(draft)]));
    for (index, row) in ENTRIES.iter().enumerate() {
        let group = Group::new(row.legend, entry(draft, row, index == 0));
        groups.push(match index {
            0 => group.hint("只填这一年度支付的费用；同一类、同一天的可以合并。"),
            _ => group.folded(draft, &row.names()),
        });
    }
}

/// One payment for premises.
pub fn entry(draft: &Draft, row: &EntryRow, is_required: bool) -> Vec<Field> {
    let fields = vec![
        draft.select(row.part.0, "费用种类", &PARTS_OF_ENTRY),
        draft.money(row.amount.0, "金额（元）"),
        draft.date(row.paid.0, "付款日期"),
    ];
    if is_required { fields.into_iter().map(Field::required).collect() } else { fields }
}

/// 培训与用工人数
pub fn persons(draft: &Draft) -> Vec<Field> {
    let [(trained, _), (hired, _)] = PERSONS;
    vec![
        draft.count(trained, "培训人数").hint("这一年度培训并取得证书的").required(),
        draft.count(hired, "用工人数").hint("这一年度新招用、签订合同并参保的").required(),
    ]
}

/// 开放产能
pub fn opens_capacity(draft: &Draft) -> Field {
    draft.radios("opens-capacity", "向行业企业开放产能、提供封装测试服务吗？", &ANSWERS).required()
}

/// 封装测试类企业
pub fn packaging(draft: &Draft) -> Field {
    let question = "企业属于集成电路封装测试类企业吗？";
    draft.radios("packaging", question, &ANSWERS).hint("看产品与业务，不看行业代码").required()
}

fn test_fees(draft: &Draft, groups: &mut Vec<Group>) {
    groups.push(Group::new("服务", vec![opens_capacity(draft)]));
    for (index, row) in FEES.iter().enumerate() {
        let group = Group::new(row.legend, fee(draft, row, index == 0));
        groups.push(match index {
            0 => group.hint("客户与服务情况相同的费用合并成一类，填全年合计。"),
            _ => group.folded(draft, &row.names()),
        });
    }
}

/// One kind of fees, or one invoice.
pub fn fee(draft: &Draft, row: &FeeRow, is_required: bool) -> Vec<Field> {
    let net = draft.money(row.net.0, "不含税金额（元）");
    vec![
        if is_required { net.required() } else { net },
        draft.money(row.tax.0, "增值税（元）"),
        draft.date(row.invoiced.0, "开票日期").hint("全年合计的留空"),
        draft.tick(row.in_city.0, "客户在本市"),
        draft.tick(row.design_firm.0, "客户是集成电路设计企业"),
        draft.tick(row.open_capacity.0, "使用专门开放的产能"),
        draft.tick(row.related.0, "客户是关联方"),
        draft.tick(row.supports_platform.0, "发票已用于平台奖励"),
    ]
}

/// Whether the platform serves the public, and its recognition.
pub fn service(draft: &Draft) -> Vec<Field> {
    let question = "为封测企业提供芯片测试与验证等公共服务吗？";
    vec![
        draft.radios("public-service", question, &ANSWERS).required(),
        draft.date("recognised-from", "市级平台认定有效期起").hint("没有认定就留空"),
        draft.date("recognised-until", "市级平台认定有效期止"),
        draft.tick("recognition-checked", "这一年度考核合格"),
    ]
}

/// Parts of the year's operating cost.
pub fn costs(draft: &Draft) -> Vec<Field> {
    COST.iter().map(|(name, label)| draft.money(name, label)).collect()
}

fn operating_cost(draft: &Draft, groups: &mut Vec<Group>) {
    groups.push(Group::new("平台", service(draft)));
    groups.push(Group::new("这一年度的运营费", costs(draft)).hint("以元为单位；没有的项目留空。"));
}

fn received(draft: &Draft) -> Group {
    let names: Vec<&str> = RECEIVED.iter().flat_map(|row| [row.year.0, row.amount.0]).collect();
    let field = |(name, label): Named, is_amount: bool| {
        if is_amount { draft.money(name, label) } else { draft.count(name, label) }
    };
    let fields = RECEIVED.iter().flat_map(|row| [field(row.year, false), field(row.amount, true)]).collect();
    let group = Group::new("以前享受过这一事项？", fields).folded(draft, &names);
    group.hint("计入上限，包括计划出台以前的；没有就留空。")
}
