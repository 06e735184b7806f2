//! Fund rules, their fair-competition reviews, and the calls with their performance sheets.

use std::collections::{BTreeMap, BTreeSet};

use cases::basis::{self, Conclusion, FairCompetitionReview, FundRule};
use cases::call::{Act, Mode, PlanSentence, Route, Terms};
use cases::document::Document;
use cases::material::Item;
use cases::performance::{Attained, Figure, IndicatorKind, Sheet, Target};
use cases::reduction::{Last, Order, Reduction};
use cases::{Command, FundRuleId};
use jiff::civil::date;
use kernel::{Date, Money, Period, Year};

use super::super::benefits::{BREAKTHROUGH, INTEREST, PLATFORM, TEST_FEE};
use super::super::cast::key;
use super::Story;

/// The calls of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Batch {
    /// Test fees of 2025: more is asked than there is, everybody is reduced.
    Fees,
    /// Interest of 2025, with audit: more is asked than there is, the last wait.
    Interest,
    /// Platforms of 2025, by experts' score.
    Platform,
    /// Test fees of 2025, offered without being asked.
    Proactive,
    /// Test fees of 2025, second call: from decision to payment today.
    Second,
    /// Test fees of this year: open today.
    Current,
    /// Test fees of this year, offered: open today.
    Offered,
    /// First breakthrough in revenue in 2025, by what the districts grant.
    Breakthrough,
}

/// What a call is, apart from its benefit and year.
struct Outline {
    title: &'static str,
    budget: i64,
    reduction: Reduction,
    route: Route,
    mode: Mode,
    drafted: Date,
    published: Date,
    window: (Date, Date),
}

/// 三(二)1-句1 and the other sentences that promise money.
const SENTENCES: [(&str, &str); 4] =
    [(INTEREST, "三(二)1-句1"), (TEST_FEE, "三(二)1-句2"), (PLATFORM, "三(二)2-句1"), (BREAKTHROUGH, "三(二)1-句3")];

/// What a claim brings along: key, title, whether it must.
pub fn checklist(benefit: &str) -> &'static [(&'static str, &'static str, bool)] {
    match benefit {
        INTEREST => &[
            ("application", "申请表", true),
            ("investment-proof", "到位投资证明", true),
            ("loan-contract", "借款合同和借据", true),
            ("interest-slips", "利息单", true),
        ],
        PLATFORM => &[
            ("application", "申请表", true),
            ("cost-report", "运营费专项审计报告", true),
            ("service-report", "平台运行服务情况", true),
        ],
        BREAKTHROUGH => &[
            ("application", "申请表", true),
            ("audit-report", "申报年度审计报告", true),
            ("earlier", "以前年度审计报告", true),
        ],
        _ => &[("application", "申请表", true), ("invoices", "发票", true), ("contract", "封测服务合同", false)],
    }
}

impl Batch {
    /// The benefit's key.
    pub const fn benefit(self) -> &'static str {
        match self {
            Self::Interest => INTEREST,
            Self::Platform => PLATFORM,
            Self::Breakthrough => BREAKTHROUGH,
            _ => TEST_FEE,
        }
    }

    /// Who may apply, in words.
    const fn scope(self) -> &'static str {
        match self {
            Self::Interest => "实际到位投资在5亿元以上的集成电路封测类企业",
            Self::Platform => "市级集成电路公共服务平台的运营企业",
            Self::Breakthrough => "年度营收首次突破所在区县细则一档的集成电路先进封测企业",
            _ => "开放产能、为行业企业提供封装测试服务的集成电路封装测试企业",
        }
    }

    /// The fund rule it rests on.
    const fn rule(self) -> &'static str {
        match self {
            Self::Platform => "rule of platforms",
            Self::Breakthrough => "rule of districts",
            _ => "rule of industry",
        }
    }
}

const fn route(audit: bool, experts: u8, notice_working_days: u16, acceptance_months: Option<u16>) -> Route {
    Route { district: true, audit, experts, notice_working_days, acceptance_months }
}

impl Story<'_> {
    /// The year a call is about.
    pub(super) fn year_of(&self, batch: Batch) -> Year {
        match batch {
            // Old enough that most of the year's invoices are written.
            Batch::Current | Batch::Offered => self.agenda.before().saturating_sub(jiff::Span::new().days(270)).year(),
            _ => 2025,
        }
    }

    fn rule(&self, batch: Batch) -> FundRuleId {
        FundRuleId(self.id(batch.rule()))
    }

    /// The fund rules and a review of each benefit under its rule.
    pub(super) fn basis(&mut self) {
        let city = self.cast.city.clone();
        let rules = [
            (Batch::Fees, "集成电路封测产业专项资金管理办法", 1, &[INTEREST, TEST_FEE][..]),
            (Batch::Platform, "集成电路公共服务平台奖励资金管理办法", 2, &[PLATFORM][..]),
            (Batch::Breakthrough, "区县封测产业奖补资金管理办法", 3, &[BREAKTHROUGH][..]),
        ];
        for (batch, title, nth, benefits) in rules {
            let anchors = SENTENCES.iter().filter(|(benefit, _)| benefits.contains(benefit));
            let file = self
                .paper(title, "第一条 为落实行动计划，制定本办法。\n第十二条 不符合条件的不予支持；已拨付的予以追回。");
            let document = Document {
                title: format!("{title}（示例）"),
                number: format!("示例经信规范〔2025〕{nth}号"),
                issuer: city.organisation.clone(),
                file: file.clone(),
                from: date(2025, 12, 1),
                until: Some(date(2027, 12, 31)),
            };
            let rule = FundRule {
                id: self.rule(batch),
                document,
                plan: self.world.plan.digest,
                anchors: anchors.filter_map(|(_, anchor)| anchor.parse().ok()).collect(),
                benefits: benefits.iter().filter_map(|benefit| benefit.parse().ok()).collect(),
            };
            let record = Command::Basis(basis::Command::RecordRule(rule));
            self.agenda.approve((date(2025, 12, 8), 10), &city, format!("登记{title}"), record);
            for benefit in benefits {
                let Ok(benefit) = benefit.parse() else { continue };
                let evidence = self.paper(&format!("{title}公平竞争审查表"), &format!("事项：{benefit}"));
                let review = FairCompetitionReview {
                    benefit,
                    rule: self.rule(batch),
                    reviewed: file.digest,
                    body: "市级部门公平竞争审查小组（示例）".to_owned(),
                    on: date(2025, 12, 9),
                    conclusion: Conclusion::Fair,
                    expires: date(2027, 12, 31),
                    evidence,
                };
                let record = Command::Basis(basis::Command::RecordReview(review));
                self.agenda.approve((date(2025, 12, 10), 10), &city, "公平竞争审查", record);
            }
        }
    }

    fn outline(&self, batch: Batch) -> Outline {
        let queue = Reduction::Queue { order: Order::Received, last: Last::Partly };
        let before = self.agenda.before();
        let later = |days: i64| before.saturating_add(jiff::Span::new().days(days));
        let open = |title, budget, reduction, route, published, window| Outline {
            title,
            budget,
            reduction,
            route,
            mode: Mode::Open,
            drafted: self.world.working_days_before(published, 2),
            published,
            window,
        };
        let proactive = |outline| Outline { mode: Mode::Proactive, ..outline };
        let proportional = Reduction::Proportional;
        match batch {
            Batch::Fees => open(
                "2025年度封测费用补助（第一批，示例）",
                4_000_000,
                proportional,
                route(false, 2, 7, Some(6)),
                date(2026, 1, 12),
                (date(2026, 1, 19), date(2026, 3, 13)),
            ),
            Batch::Interest => open(
                "2025年度贷款贴息（示例）",
                18_000_000,
                queue,
                route(true, 0, 7, None),
                date(2026, 2, 4),
                (date(2026, 2, 24), date(2026, 3, 31)),
            ),
            Batch::Platform => open(
                "2025年度公共服务平台奖励（示例）",
                8_000_000,
                proportional,
                route(false, 3, 7, Some(6)),
                date(2026, 2, 27),
                (date(2026, 3, 9), date(2026, 4, 10)),
            ),
            Batch::Proactive => proactive(open(
                "2025年度封测费用补助（免申即享，示例）",
                3_000_000,
                proportional,
                route(false, 0, 7, None),
                date(2026, 4, 9),
                (date(2026, 4, 15), date(2026, 5, 29)),
            )),
            Batch::Breakthrough => open(
                "2025年度营收突破奖励（示例）",
                super::districts::BUDGET,
                proportional,
                route(false, 0, 7, None),
                date(2026, 3, 3),
                (date(2026, 3, 9), date(2026, 4, 10)),
            ),
            Batch::Second => open(
                "2025年度封测费用补助（第二批，示例）",
                3_000_000,
                queue,
                route(false, 0, 5, Some(6)),
                self.before(64),
                (self.before(62), self.before(30)),
            ),
            Batch::Current => open(
                "封测费用补助（本年度前三季度，示例）",
                8_000_000,
                proportional,
                route(true, 2, 7, Some(6)),
                self.before(17),
                (self.before(15), later(35)),
            ),
            Batch::Offered => proactive(open(
                "封测费用补助（本年度免申即享，示例）",
                2_000_000,
                proportional,
                route(false, 0, 5, None),
                self.before(14),
                (self.before(12), later(21)),
            )),
        }
    }

    /// Drafts a call, files its targets and publishes it.
    pub(super) fn publish(&mut self, batch: Batch) {
        let outline = self.outline(batch);
        let (city, call) = (self.cast.city.clone(), self.call(batch));
        let anchor =
            SENTENCES.iter().find(|(benefit, _)| *benefit == batch.benefit()).map(|(_, anchor)| anchor.parse());
        let Some((Ok(anchor), Ok(window))) = anchor.zip(Some(Period::new(outline.window.0, outline.window.1))) else {
            return;
        };
        let Ok(benefit) = batch.benefit().parse() else { return };
        let items = checklist(batch.benefit()).iter().filter_map(|(key, title, required)| {
            Some(Item { key: key.parse().ok()?, title: (*title).to_owned(), required: *required })
        });
        let terms = Terms {
            title: outline.title.to_owned(),
            year: self.year_of(batch),
            issuer: city.organisation.clone(),
            finance: key("finance"),
            benefit,
            sentence: PlanSentence { plan: self.world.plan.digest, anchor },
            rule: self.rule(batch),
            mode: outline.mode,
            window,
            scope: format!("{}（示例）", batch.scope()),
            checklist: items.collect(),
            budget: Money::from_yuan(outline.budget),
            reduction: outline.reduction,
            route: outline.route,
            sharing: BTreeMap::new(),
        };
        let act = |act| Command::Call { call, expected: None, act };
        let target = |name: &str, kind, target| Target { name: name.to_owned(), kind, target };
        let targets = vec![
            target(
                "支持企业数",
                IndicatorKind::Output,
                Figure::Count(if batch == Batch::Breakthrough { 2 } else { 3 }),
            ),
            target("拨付金额", IndicatorKind::Cost, Figure::Amount(Money::from_yuan(1_000_000))),
        ];
        self.agenda.approve((outline.drafted, 10), &city, outline.title, act(Act::Draft(terms)));
        let sheet = act(Act::FileSheet(Sheet::Targets(targets)));
        self.agenda.approve((outline.drafted, 11), &city, outline.title, sheet);
        let file = self.paper(outline.title, "现将申报工作通知如下……");
        let notice = Document {
            title: format!("关于开展{}申报工作的通知", outline.title),
            number: format!("示例经信〔{}〕{}号", outline.published.year(), 10 + batch as u8),
            issuer: city.organisation.clone(),
            file,
            from: outline.published,
            until: None,
        };
        self.agenda.approve((outline.published, 15), &city, outline.title, act(Act::Publish { notice }));
    }

    /// Half way and at the end: what the call attained.
    pub(super) fn judge(&mut self, batch: Batch, half: Option<(Date, i64, Money)>, end: (Date, i64, Money)) {
        let (city, call) = (self.cast.city.clone(), self.call(batch));
        let attained = |firms, paid| {
            let line = |name: &str, value| Attained { name: name.to_owned(), value, deviation: None };
            vec![line("支持企业数", Figure::Count(firms)), line("拨付金额", Figure::Amount(paid))]
        };
        let mut file = |day, sheet| {
            let command = Command::Call { call, expected: None, act: Act::FileSheet(sheet) };
            self.agenda.approve((day, 10), &city, "填报绩效", command);
        };
        if let Some((day, firms, paid)) = half {
            file(day, Sheet::MidYear(attained(firms, paid)));
        }
        let (day, firms, paid) = end;
        let conclusion = "完成年度绩效目标（示例）".to_owned();
        file(day, Sheet::SelfAssessment { attained: attained(firms, paid), score: 94, conclusion });
    }

    pub(super) fn settle(&mut self, batch: Batch, day: Date) {
        // Not the second officer, who records what the meeting decides.
        let (hand, call) = (self.cast.city.clone(), self.call(batch));
        let command = Command::Call { call, expected: None, act: Act::Settle };
        self.agenda.approve((day, 10), &hand, format!("{batch:?} 汇总测算"), command);
    }
}

/// The keys of a checklist.
pub fn keys(wanted: &[&str]) -> BTreeSet<cases::ItemKey> {
    wanted.iter().filter_map(|key| key.parse().ok()).collect()
}
