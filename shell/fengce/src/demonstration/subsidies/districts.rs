//! What districts grant out of their own money: their parameter sets with reviews, and the call for the first
//! breakthrough in revenue, which the districts pay.

use cases::case::Act;
use jiff::civil::date;
use kernel::{Date, DivisionCode, Money, Rate};
use subsidy::ParameterSet;
use subsidy::account::{CapPeriod, CapScope};
use subsidy::event::{Conclusion, Review};
use subsidy::facts::AnnualRevenue;
use subsidy::parameters::{Grant, SetCap, Tier};
use subsidy::rulebook::Clauses;

use super::super::benefits::{BREAKTHROUGH, COMPLEX, PARK};
use super::Story;
use super::calls::Batch;
use super::claims::{BREAKTHROUGHS, Number, revenue};

/// When the districts adopted what they grant.
const ADOPTED: Date = date(2026, 2, 10);
/// (passed, granted) in yuan, in every district that grants.
pub const TIERS: [(i64, i64); 3] = [(100_000_000, 500_000), (500_000_000, 2_000_000), (1_000_000_000, 5_000_000)];
/// In yuan; less than the awards come to, where the second passed a tier more.
pub const BUDGET: i64 = 1_600_000;

impl Story<'_> {
    /// Sets of two districts and the call that rests on them; nothing where no firm broke through.
    pub(super) fn breakthroughs(&mut self) {
        if BREAKTHROUGHS.iter().any(|number| !self.claimants.contains_key(number)) {
            return;
        }
        self.sets();
        self.publish(Batch::Breakthrough);
        for number in BREAKTHROUGHS {
            let filed = self.after(date(2026, 3, 9), i64::from(number - 48) * 2);
            self.apply(Batch::Breakthrough, number, filed);
            let passed = self.after(filed, 4);
            if number == 51 {
                // No higher tier was passed: the estimate said so, and the firm takes its claim back.
                let filer = self.filer(51);
                let reason = "营收没有首次突破更高一档，撤回申报（示例）".to_owned();
                self.act(51, (passed, 10), &filer, Act::Withdraw { reason });
                continue;
            }
            self.pass(number, passed);
            self.recommend(number, self.after(passed, 3));
        }
        self.settle(Batch::Breakthrough, date(2026, 5, 13));
        let decided = self.decided();
        self.meet(Batch::Breakthrough, "营收突破奖励", date(2026, 5, 21), &decided);
        self.paid_by_districts(&decided);
    }

    /// What the meeting decides: the amount of the tier each passed, less that of one passed before; all reduced alike
    /// where the budget does not suffice.
    fn decided(&self) -> Vec<(Number, Money)> {
        let amount = |revenue: Money| {
            let passed = TIERS.into_iter().rfind(|(over, _)| revenue > Money::from_yuan(*over));
            passed.map_or(Money::ZERO, |(_, amount)| Money::from_yuan(amount))
        };
        let award = |number: Number| {
            let AnnualRevenue { revenue, highest_before } = revenue(self.firm(number));
            amount(revenue) - amount(highest_before)
        };
        let numbers = [49, 50];
        let (asked, budget) = (numbers.map(award), Money::from_yuan(BUDGET));
        let enough = asked.into_iter().sum::<Money>() <= budget;
        let shares = if enough { asked.to_vec() } else { budget.apportion(&asked) };
        numbers.into_iter().zip(shares).collect()
    }

    /// Each district adopts its own; the department has them reviewed.
    fn sets(&mut self) {
        // Districts that took over in January are in charge by then.
        let mut districts: Vec<(DivisionCode, Number)> =
            BREAKTHROUGHS.map(|number| (self.applicant(number, ADOPTED).district, number)).to_vec();
        districts.sort();
        districts.dedup_by_key(|(district, _)| *district);
        let Ok((clauses, _)) = subsidy::rulebook::parse_clauses(&self.world.clauses) else { return };
        for (nth, (district, number)) in districts.into_iter().enumerate() {
            let tier = |(over, amount)| Tier { over: Money::from_yuan(over), amount: Money::from_yuan(amount) };
            let tiers = Grant::Tiers(TIERS.into_iter().map(tier).collect());
            let lifetime = |yuan| SetCap {
                value: Money::from_yuan(yuan),
                scope: CapScope::Enterprise,
                period: CapPeriod::Lifetime,
            };
            self.set(number, district, BREAKTHROUGH, "营收突破奖励办法", (tiers, lifetime(5_000_000)), Some(&clauses));
            if nth == 0 {
                let shares = [500_000, 0, 200_000, 100_000, 0].map(Rate::from_parts_per_million);
                let a_year = SetCap { period: CapPeriod::Year, ..lifetime(1_000_000) };
                self.set(
                    number,
                    district,
                    PARK,
                    "封测企业入驻支持办法",
                    (Grant::ByPart(shares), a_year),
                    Some(&clauses),
                );
                let share = Grant::Share(Rate::from_parts_per_million(80_000));
                let of_project = SetCap { scope: CapScope::Project, ..lifetime(20_000_000) };
                self.set(number, district, COMPLEX, "公共服务综合体补助办法", (share, of_project), None);
            }
        }
    }

    fn set(
        &mut self,
        number: Number,
        district: DivisionCode,
        benefit: &str,
        title: &str,
        (grant, cap): (Grant, SetCap),
        reviewed: Option<&Clauses>,
    ) {
        let recorded = date(2026, 2, 12);
        let Ok(benefit) = benefit.parse::<subsidy::BenefitId>() else { return };
        let set = ParameterSet {
            benefit: benefit.clone(),
            district,
            document: format!("{title}（{district} 示例〔2026〕9号，示例数据）").into(),
            from: date(2026, 2, 15),
            until: None,
            grant,
            cap,
        };
        let digest = set.digest();
        let officer = self.district(number, ADOPTED);
        self.agenda.approve((ADOPTED, 15), &officer, title, subsidy::Command::AdoptParameters(set));
        let Some(clause) = reviewed.and_then(|clauses| clauses.get(&benefit)) else { return };
        let evidence = vec![self.paper(&format!("{title}公平竞争审查表"), &format!("区县：{district}"))];
        let review = Review {
            benefit,
            clause: clause.digest,
            parameters: Some(digest),
            body: "区县公平竞争审查小组（示例）".into(),
            on: date(2026, 2, 11),
            conclusion: Conclusion::Fair,
            expires: date(2027, 12, 31),
            evidence,
        };
        let city = self.cast.second_city.clone();
        self.agenda.approve((recorded, 15), &city, "公平竞争审查", subsidy::Command::RecordReview(review));
    }

    /// The districts' treasuries pay their firms: no money of the city's is in it.
    fn paid_by_districts(&mut self, decided: &[(Number, Money)]) {
        const NAME: &str = "营收突破奖励";
        let batch = Batch::Breakthrough;
        let numbers: Vec<Number> = decided.iter().map(|(number, _)| *number).collect();
        let published = date(2026, 5, 25);
        self.notice(batch, NAME, published, &numbers);
        let planned = self.after(published, 9);
        self.plan(batch, NAME, planned, &numbers);
        let ordered = self.after(planned, 2);
        let (first, second) = (self.cast.finance.clone(), self.cast.second_finance.clone());
        self.order(&first, ordered, &numbers, &[], false);
        let paid = self.after(ordered, 5);
        let row = |(number, amount): &(Number, Money)| {
            self.voucher(&format!("区县国库-2026-00{number}"), *number, *amount, paid)
        };
        let rows = decided.iter().filter_map(row).collect();
        self.import(&second, self.after(paid, 1), "区县国库拨款回单-营收突破奖励", rows);
        let end = (date(2026, 10, 30), 2, decided.iter().map(|(_, amount)| *amount).sum());
        self.judge(batch, None, end);
    }
}
