//! Legal periods and limits, dated, from `catalog/case-rules.toml`.

use std::collections::BTreeMap;

use kernel::{Context, Date, Dated, Deadline, Digest, Refusal, WorkingCalendar};
use serde::{Deserialize, Serialize};

/// Everything that has a time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeLimit {
    /// 区县初审
    DistrictReview,
    /// 审计机构出具报告
    Audit,
    /// 专家评审
    ExpertReview,
    /// 市级复核
    CityReview,
    /// 企业补正
    Completion,
    /// 企业确认免申即享
    Consent,
    /// 截止后汇总测算
    Settlement,
    /// 会议审定
    Meeting,
    /// 审定后发布公示
    NoticePublication,
    /// 公示期
    PublicNotice,
    /// 异议答复
    ObjectionAnswer,
    /// 投诉答复
    ComplaintAnswer,
    /// 举报办结
    ReportAnswer,
    /// 公示后列入资金计划
    FundingPlan,
    /// 资金计划后下达拨付指令
    PaymentOrder,
    /// 拨付指令下达后到账
    Transit,
    /// 不利决定前陈述申辩、申请听证
    Hearing,
    /// 陈述申辩后作出决定
    AdverseDecision,
    /// 决定送达
    Service,
    /// 公告送达视为送达
    AnnouncedService,
    /// 申请行政复议
    Reconsideration,
    /// 提起行政诉讼
    Litigation,
    /// 退还追回款
    Repayment,
    /// 失信、骗补后的限制申报
    Bar,
}

impl TimeLimit {
    /// Every one of them.
    pub const ALL: [Self; 24] = [
        Self::DistrictReview,
        Self::Audit,
        Self::ExpertReview,
        Self::CityReview,
        Self::Completion,
        Self::Consent,
        Self::Settlement,
        Self::Meeting,
        Self::NoticePublication,
        Self::PublicNotice,
        Self::ObjectionAnswer,
        Self::ComplaintAnswer,
        Self::ReportAnswer,
        Self::FundingPlan,
        Self::PaymentOrder,
        Self::Transit,
        Self::Hearing,
        Self::AdverseDecision,
        Self::Service,
        Self::AnnouncedService,
        Self::Reconsideration,
        Self::Litigation,
        Self::Repayment,
        Self::Bar,
    ];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::DistrictReview => "区县初审",
            Self::Audit => "审计机构出具报告",
            Self::ExpertReview => "专家评审",
            Self::CityReview => "市级复核",
            Self::Completion => "企业补正",
            Self::Consent => "企业确认免申即享",
            Self::Settlement => "截止后汇总测算",
            Self::Meeting => "会议审定",
            Self::NoticePublication => "审定后发布公示",
            Self::PublicNotice => "公示期",
            Self::ObjectionAnswer => "异议答复",
            Self::ComplaintAnswer => "投诉答复",
            Self::ReportAnswer => "举报办结",
            Self::FundingPlan => "公示后列入资金计划",
            Self::PaymentOrder => "资金计划后下达拨付指令",
            Self::Transit => "拨付指令下达后到账",
            Self::Hearing => "不利决定前陈述申辩、申请听证",
            Self::AdverseDecision => "陈述申辩后作出决定",
            Self::Service => "决定送达",
            Self::AnnouncedService => "公告送达视为送达",
            Self::Reconsideration => "申请行政复议",
            Self::Litigation => "提起行政诉讼",
            Self::Repayment => "退还追回款",
            Self::Bar => "失信、骗补后的限制申报",
        }
    }
}

/// How long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// 工作日, counted from the day after.
    WorkingDays(u16),
    /// 日, counted from the day after; one that ends on a day of rest ends on the next working day.
    Days(u16),
    /// 月, likewise.
    Months(u16),
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::WorkingDays(days) => write!(f, "{days} 个工作日"),
            Self::Days(days) => write!(f, "{days} 日"),
            Self::Months(months) => write!(f, "{months} 个月"),
        }
    }
}

impl Length {
    /// The deadline of a clock that starts on the day.
    pub fn deadline(self, calendar: &WorkingCalendar, started: Date) -> Deadline {
        let ends = |span: jiff::Span| {
            let last = started.saturating_add(span);
            if calendar.works_on(last) { last } else { calendar.after(last, 1) }
        };
        let due = match self {
            Self::WorkingDays(days) => return Deadline::working_days(calendar, started, days),
            Self::Days(days) => ends(jiff::Span::new().days(days)),
            Self::Months(months) => ends(jiff::Span::new().months(months)),
        };
        Deadline { due, started }
    }
}

/// Whether a figure was seen in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Seen in the source.
    Confirmed,
    /// From memory: to be checked before it decides anything.
    Recalled,
    /// No law sets it: a value proposed for the responsible department to confirm.
    Proposed,
}

/// One time limit as it holds from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How long.
    pub length: Length,
    /// Where it stands.
    pub source: String,
    /// Whether that was checked.
    pub confidence: Confidence,
}

/// How far recusal (回避) reaches, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recusal {
    /// First day in force.
    pub from: Date,
    /// Ties between the firm and a person, at most.
    pub steps: u8,
    /// Where it stands.
    pub source: String,
    /// Whether that was checked.
    pub confidence: Confidence,
}

/// The rules in force, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Of the file.
    pub digest: Digest,
    limits: BTreeMap<TimeLimit, Dated<Row>>,
    recusal: Dated<Recusal>,
}

/// A rules file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("目录数据 {} 第 {line} 行：{what}", Rules::FILE)]
pub struct RulesError {
    /// From 1; 1 also when the whole file is meant.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    limit: Vec<LimitRows>,
    recusal: Vec<Recusal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitRows {
    key: TimeLimit,
    row: Vec<LimitRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitRow {
    from: Date,
    length: Length,
    source: String,
    confidence: Confidence,
}

impl Rules {
    /// The file of `catalog/` they come from.
    pub const FILE: &'static str = "case-rules.toml";

    /// From the text of the file.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            RulesError { line, what: error.message().to_owned() }
        })?;
        let fault = |what: String| Err(RulesError { line: 1, what });
        let mut limits = BTreeMap::new();
        for LimitRows { key, row } in file.limit {
            let dated =
                |row: LimitRow| (row.from, Row { length: row.length, source: row.source, confidence: row.confidence });
            let rows: Dated<Row> = row.into_iter().map(dated).collect();
            if limits.insert(key, rows).is_some() {
                return fault(format!("时限“{}”写了两次，请合并为一处", key.label()));
            }
        }
        if let Some(key) = TimeLimit::ALL.iter().find(|key| limits.get(key).is_none_or(Dated::is_empty)) {
            return fault(format!("缺少时限“{}”，请补充 [[limit]]", key.label()));
        }
        if file.recusal.is_empty() {
            return fault("缺少回避规则，请补充 [[recusal]]".to_owned());
        }
        let recusal = file.recusal.into_iter().map(|rule| (rule.from, rule)).collect();
        Ok(Self { digest: Digest::of(text.as_bytes()), limits, recusal })
    }

    /// The row in force on a day.
    pub fn row(&self, limit: TimeLimit, day: Date) -> Option<&Row> {
        self.limits.get(&limit)?.on(day).map(|(_, row)| row)
    }

    /// The deadline of a clock that starts on the day.
    pub(crate) fn deadline_from(
        &self,
        context: &Context,
        limit: TimeLimit,
        started: Date,
    ) -> Result<Deadline, Refusal> {
        let row = self.row(limit, started).ok_or_else(|| {
            Refusal::conflict(format!("时限“{}”在 {started} 没有生效的规定，请先更新 {}。", limit.label(), Self::FILE))
        })?;
        Ok(row.length.deadline(&context.calendar, started))
    }

    /// The deadline of a clock that starts today.
    pub(crate) fn deadline(&self, context: &Context, limit: TimeLimit) -> Result<Deadline, Refusal> {
        self.deadline_from(context, limit, context.today())
    }

    /// How many ties recusal reaches over on a day; none before the first rule.
    pub fn recusal_steps(&self, day: Date) -> u8 {
        self.recusal.on(day).map_or(0, |(_, rule)| rule.steps)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::civil::date;

    /// The file as shipped.
    pub(crate) const SHIPPED: &str = include_str!("../../../catalog/case-rules.toml");

    #[test]
    fn a_period_that_ends_on_a_day_of_rest_runs_on() {
        let calendar = WorkingCalendar::default();
        // 2026-03-14 is a Saturday.
        assert_eq!(Length::Days(7).deadline(&calendar, date(2026, 3, 7)).due, date(2026, 3, 16));
        assert_eq!(Length::Months(6).deadline(&calendar, date(2025, 8, 31)).due, date(2026, 3, 2));
        assert_eq!(Length::WorkingDays(5).deadline(&calendar, date(2026, 3, 6)).due, date(2026, 3, 13));
    }

    #[test]
    fn the_shipped_file_has_every_limit_with_its_source() {
        let rules = Rules::parse(SHIPPED).unwrap();
        for limit in TimeLimit::ALL {
            let row = rules.row(limit, date(2026, 1, 5)).unwrap();
            assert!(!row.source.is_empty(), "{limit:?}");
        }
        assert_eq!(rules.recusal_steps(date(2026, 1, 5)), 2);
        assert!(rules.row(TimeLimit::Reconsideration, date(2023, 12, 31)).is_none(), "rows are dated");
    }

    #[test]
    fn a_file_that_lacks_a_limit_is_refused_by_name() {
        let lacking = SHIPPED.replace("key = \"bar\"", "key = \"service\"");
        assert!(Rules::parse(&lacking).unwrap_err().to_string().contains("写了两次"));
        let lacking = SHIPPED.split("[[limit]]\nkey = \"bar\"").next().unwrap().to_owned()
            + "[[recusal]]\nfrom = \"2024-01-01\"\nsteps = 2\nsource = \"例\"\nconfidence = \"proposed\"\n";
        assert!(Rules::parse(&lacking).unwrap_err().to_string().contains("限制申报"));
        assert_eq!(Rules::parse("\n\nlimit = 3").unwrap_err().line, 3);
    }
}
