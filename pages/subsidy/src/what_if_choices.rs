//! What an officer changes in a what-if, read from the address and offered again: readings, caps, rates, budgets.

use std::collections::BTreeMap;
use std::str::FromStr;

use kernel::{Date, Money};
use subsidy::clause::Operator;
use subsidy::interpretation::Interpretation;
use subsidy::settings::Reduction;
use subsidy::what_if::{Budget, Variant};
use subsidy::{Clause, Point, Rulebook, Settings};

use crate::typed::Percent;
use crate::words;

/// What stands in the address.
pub type Asked = BTreeMap<String, String>;

/// How budgets are shared out when they do not suffice.
const SHARING: &str = "sharing";

/// The choices as fields, the variant they make, and what cannot be read.
pub struct Choices {
    /// Points that a clause in force is read under.
    pub points: Vec<PointField>,
    /// Caps, rates and budgets of each benefit.
    pub benefits: Vec<BenefitFields>,
    /// The methods of sharing out: value, label, whether chosen.
    pub sharing: Vec<(&'static str, &'static str, bool)>,
    /// What was chosen.
    pub variant: Variant,
    /// In words, one line for each change.
    pub changed: Vec<String>,
    /// Id of the field and what is wrong.
    pub errors: Vec<(String, String)>,
}

/// One point with its options.
pub struct PointField {
    /// Name of the field: the point's key.
    pub name: String,
    /// How officials cite it.
    pub number: String,
    /// What is open.
    pub question: String,
    /// The reading in force.
    pub current: String,
    /// The other ones: key, label, whether chosen.
    pub options: Vec<(String, String, bool)>,
}

/// The amounts of one benefit.
pub struct BenefitFields {
    /// In Chinese.
    pub title: String,
    /// Cap, rate and budget.
    pub amounts: [AmountField; 3],
}

/// A field for an amount or share.
pub struct AmountField {
    /// Its name, and its id after `field-`.
    pub name: String,
    /// What it is.
    pub label: &'static str,
    /// What holds now, with its unit.
    pub current: String,
    /// What was typed.
    pub typed: String,
    /// Whether it cannot be read.
    pub is_wrong: bool,
}

/// Whether a point changes what some clause gives.
pub fn is_read(rulebook: &Rulebook, point: Point) -> bool {
    rulebook.clauses.values().any(|clause| clause.operators().any(|(_, _, points)| points.contains(&point)))
}

/// Options of a point other than the one in force on a day.
pub fn others(interpretation: &Interpretation, day: Date) -> impl Iterator<Item = &subsidy::interpretation::Choosable> {
    let current = interpretation.on(day).map(|choice| choice.chosen.clone());
    interpretation.options.iter().filter(move |option| current.as_ref() != Some(&option.key))
}

impl Choices {
    /// From the address, under the rules in force on a day.
    pub fn read(asked: &Asked, rulebook: &Rulebook, settings: &Settings, day: Date) -> Self {
        let by_default = if settings.reduction == Reduction::Queue { "queue" } else { "proportional" };
        let sharing = asked.get(SHARING).map_or(by_default, String::as_str);
        let is_queue = sharing == "queue";
        let mut choices = Self {
            points: Vec::new(),
            benefits: Vec::new(),
            sharing: vec![("proportional", "同比例核减", !is_queue), ("queue", "按测算先后，拨完为止", is_queue)],
            variant: Variant::default(),
            changed: Vec::new(),
            errors: Vec::new(),
        };
        for (point, interpretation) in rulebook.interpretations.iter().filter(|(point, _)| is_read(rulebook, *point)) {
            choices.point(asked, point, interpretation, day);
        }
        let sharing = if is_queue { Reduction::Queue } else { Reduction::Proportional };
        for clause in rulebook.clauses.values() {
            choices.benefit(asked, clause, settings, sharing);
        }
        choices
    }

    /// Whether anything is otherwise.
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    fn point(&mut self, asked: &Asked, point: Point, interpretation: &Interpretation, day: Date) {
        let name = point.key();
        let wanted = asked.get(&name).map_or("", |key| key.trim());
        let current = interpretation.on(day).and_then(|choice| interpretation.option(&choice.chosen));
        let current = current.map(|option| option.label.to_string()).unwrap_or_default();
        let mut options = Vec::new();
        for option in others(interpretation, day) {
            let is_chosen = option.key.as_ref() == wanted;
            if is_chosen {
                self.variant.readings.insert(point, option.key.clone());
                self.changed.push(format!(
                    "{} {}：{current} → {}",
                    interpretation.number, interpretation.question, option.label
                ));
            }
            options.push((option.key.to_string(), option.label.to_string(), is_chosen));
        }
        if !wanted.is_empty() && interpretation.option(wanted).is_none() {
            self.errors.push((name.clone(), format!("{}没有这个选项，请重新选择", interpretation.number)));
        }
        let (number, question) = (interpretation.number.to_string(), interpretation.question.to_string());
        self.points.push(PointField { name, number, question, current, options });
    }

    fn benefit(&mut self, asked: &Asked, clause: &Clause, settings: &Settings, sharing: Reduction) {
        let (benefit, title) = (clause.benefit.clone(), clause.title.to_string());
        let cap_now = words::cap_of(clause, settings);
        let rate_now = clause.operators().find_map(|(_, operator, _)| match operator {
            Operator::Rate(rate) => Some(*rate),
            _ => None,
        });
        // What districts set, each of them sets otherwise.
        let unset = if clause.by_district() { "各区县细则" } else { "" }.to_owned();
        let now =
            cap_now.map_or(unset.clone(), |(cap, scope, period)| format!("{cap} 元，{}", words::over(scope, period)));
        let (cap, cap_field) = self.amount::<NotNegative>(asked, (&title, "上限（元）"), format!("cap-{benefit}"), now);
        let now = rate_now.map_or(unset, |rate| rate.to_string());
        let (rate, rate_field) = self.amount::<Percent>(asked, (&title, "比例"), format!("rate-{benefit}"), now);
        let (name, now) = (format!("budget-{benefit}"), "不限".to_owned());
        let (budget, budget_field) = self.amount::<NotNegative>(asked, (&title, "每个年度的预算（元）"), name, now);
        if let Some(NotNegative(cap)) = cap.filter(|cap| cap_now.is_none_or(|(now, ..)| now != cap.0)) {
            self.changed.push(format!("{title}：上限改为 {cap} 元"));
            self.variant.caps.insert(benefit.clone(), cap);
        }
        if let Some(Percent(rate)) = rate.filter(|rate| rate_now != Some(rate.0)) {
            self.changed.push(format!("{title}：比例改为 {rate}"));
            self.variant.rates.insert(benefit.clone(), rate);
        }
        if let Some(NotNegative(amount)) = budget {
            let how =
                if sharing == Reduction::Queue { "按测算先后，拨完为止" } else { "不足时同比例核减" };
            self.changed.push(format!("{title}：每个年度的预算 {amount} 元，{how}"));
            self.variant.budgets.insert(benefit, Budget { amount, sharing });
        }
        self.benefits.push(BenefitFields { title, amounts: [cap_field, rate_field, budget_field] });
    }

    fn amount<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        asked: &Asked,
        (title, label): (&str, &'static str),
        name: String,
        current: String,
    ) -> (Option<T>, AmountField) {
        let typed = asked.get(&name).map_or("", |typed| typed.trim()).to_owned();
        let read = if typed.is_empty() { Ok(None) } else { typed.parse().map(Some) };
        let read = read.map_err(|error: T::Err| self.errors.push((name.clone(), format!("{title}{label}：{error}"))));
        let is_wrong = read.is_err();
        (read.ok().flatten(), AmountField { name, label, current, typed, is_wrong })
    }
}

/// An amount of at least nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotNegative(pub Money);

impl FromStr for NotNegative {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let amount: Money = text.parse().map_err(|error: kernel::money::MoneyError| error.to_string())?;
        if amount.is_negative() { Err(format!("“{text}”是负数，请填 0 或正数")) } else { Ok(Self(amount)) }
    }
}
