//! Interpretations (解释口径): how the open points of a sentence are read, as dated records.
//!
//! The points are a closed set, because each changes the computation in one known way; their questions, options,
//! numbers and choices are data. [`Settings`] is the typed outcome for one day.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use kernel::{Date, Digest};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::finding::{Finding, Reader, word};
use crate::settings::{Reading, SettingError, Settings};

/// A point on which the text, or practice, leaves a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Point {
    /// Does “以上” include the number.
    ThresholdInclusive,
    /// What the share is taken of: interest paid, at benchmark, or the lower.
    InterestBase,
    /// Which published rate stands for the benchmark.
    RateSeries,
    /// Days in a year of interest.
    DayCount,
    /// On which day the rate is read.
    RateDate,
    /// Does the last day of an interest period count.
    InterestDays,
    /// How far a project must be built.
    InvestmentProgress,
    /// What proves paid-in investment.
    InvestmentProof,
    /// Which kinds of loan count.
    LoanKinds,
    /// Is the interest award the ceiling, or set by review.
    InterestAward,
    /// Over what the interest cap counts.
    InterestCapScope,
    /// Fees with or without value-added tax.
    FeeTax,
    /// Do fees from related parties count.
    RelatedParties,
    /// Which date puts a fee into a year.
    FeeYear,
    /// Which customers count.
    Customers,
    /// Do customers outside the city count.
    CustomerLocation,
    /// Does ordinary business count as opened capacity.
    OrdinaryBusiness,
    /// May one invoice support two benefits.
    InvoiceSharing,
    /// Which costs are operating cost.
    OperatingCost,
    /// Is a recognition document a precondition of the platform award.
    PlatformRecognition,
    /// How service performance sets the platform's share.
    PlatformPerformance,
    /// Awards below this amount are not paid.
    MinimumAward,
    /// First day whose interest, fees and cost are eligible.
    FirstEligibleDate,
    /// How a fraction of a fen is rounded.
    Rounding,
    /// What happens when the budget does not suffice.
    Reduction,
    /// Who pays the grant for a district's service complex, and to whom.
    ComplexPayee,
    /// Out of which money talent subsidies are paid.
    TalentFund,
    /// To whom talent subsidies are paid.
    TalentPayee,
    /// What a firm gets that breaks through for the first time after smaller breakthroughs.
    FirstBreakthrough,
    /// How long after entry costs count.
    EntryPeriod,
}

impl Point {
    /// All, in the order people read them.
    pub const ALL: [Self; 30] = [
        Self::ThresholdInclusive,
        Self::InterestBase,
        Self::RateSeries,
        Self::DayCount,
        Self::RateDate,
        Self::InterestDays,
        Self::InvestmentProgress,
        Self::InvestmentProof,
        Self::LoanKinds,
        Self::InterestAward,
        Self::InterestCapScope,
        Self::FeeTax,
        Self::RelatedParties,
        Self::FeeYear,
        Self::Customers,
        Self::CustomerLocation,
        Self::OrdinaryBusiness,
        Self::InvoiceSharing,
        Self::OperatingCost,
        Self::PlatformRecognition,
        Self::PlatformPerformance,
        Self::MinimumAward,
        Self::FirstEligibleDate,
        Self::Rounding,
        Self::Reduction,
        Self::ComplexPayee,
        Self::TalentFund,
        Self::TalentPayee,
        Self::FirstBreakthrough,
        Self::EntryPeriod,
    ];

    /// As files write it: `interest-base`.
    pub fn key(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key())
    }
}

/// How sure the project is of a fact it relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Seen in a source that is named.
    Confirmed,
    /// From memory or practice: to be checked before it decides money.
    Recalled,
}

/// One way to read a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choosable {
    /// Its key: `lower-of-paid-and-benchmark`.
    pub key: Arc<str>,
    /// In Chinese, short enough for a line of a trace.
    pub label: Arc<str>,
    /// The number, percentage or date it stands for, on points that are one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Arc<str>>,
}

/// A reading that holds from one day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The option's key.
    pub chosen: Arc<str>,
    /// What it rests on.
    pub authority: Arc<str>,
    /// Who approved it: a person or post, or the adoption of the file it stands in.
    pub approver: Arc<str>,
    /// First day on which it holds.
    pub from: Date,
    /// Last day, where one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// One point with its options and every reading that ever held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpretation {
    /// How officials cite it: `I-02`.
    pub number: Arc<str>,
    /// What is open.
    pub question: Arc<str>,
    /// How sure the readings' sources are.
    pub confidence: Confidence,
    /// The possible readings.
    pub options: Vec<Choosable>,
    /// Readings by the order in which they were approved; the last that holds on a day wins.
    pub choices: Vec<Choice>,
}

impl Interpretation {
    /// The reading that holds on a day: the one approved last among those whose dates cover it.
    pub fn on(&self, day: Date) -> Option<&Choice> {
        let holds = |choice: &&Choice| choice.from <= day && choice.until.is_none_or(|until| day <= until);
        self.choices.iter().rev().find(holds)
    }

    /// The option with this key.
    pub fn option(&self, key: &str) -> Option<&Choosable> {
        self.options.iter().find(|option| option.key.as_ref() == key)
    }
}

/// Every point of a plan. Its digest names the set a decision was made under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpretations {
    points: BTreeMap<Point, Interpretation>,
    digest: Digest,
}

/// Over the canonical JSON of all points, options and choices.
fn digest_of(points: &BTreeMap<Point, Interpretation>) -> Digest {
    Digest::of(canonical(points).as_bytes())
}

fn canonical(points: &BTreeMap<Point, Interpretation>) -> String {
    serde_json::to_string(points).unwrap_or_default()
}

/// Other readings to try, without choosing them: a what-if.
pub type Overrides = BTreeMap<Point, Arc<str>>;

impl Interpretations {
    /// One point.
    pub fn get(&self, point: Point) -> Option<&Interpretation> {
        self.points.get(&point)
    }

    /// All points.
    pub fn iter(&self) -> impl Iterator<Item = (Point, &Interpretation)> {
        self.points.iter().map(|(point, interpretation)| (*point, interpretation))
    }

    /// Adds a reading that was approved.
    pub(crate) fn choose(&mut self, point: Point, choice: Choice) {
        if let Some(interpretation) = self.points.get_mut(&point) {
            interpretation.choices.push(choice);
            self.digest = digest_of(&self.points);
        }
    }

    /// All points, options and choices as JSON, in canonical order: what [`Self::digest`] is taken over.
    pub fn canonical(&self) -> String {
        canonical(&self.points)
    }

    /// Over the canonical JSON of all points, options and choices.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The readings that hold on a day, with `overrides` in place of them where given.
    pub fn settings(&self, day: Date, overrides: &Overrides) -> Result<Settings, SettingError> {
        let (mut options, mut readings) = (BTreeMap::new(), BTreeMap::new());
        for (point, interpretation) in &self.points {
            let chosen = match overrides.get(point) {
                Some(key) => key,
                None => &interpretation.on(day).ok_or(SettingError::NotChosen(*point, day))?.chosen,
            };
            let option =
                interpretation.option(chosen).ok_or_else(|| SettingError::NoSuchOption(*point, chosen.clone()))?;
            options.insert(*point, option);
            readings.insert(*point, Reading { number: interpretation.number.clone(), label: option.label.clone() });
        }
        Settings::from_options(&options, readings)
    }

    /// Reads `interpretations.toml`. Every point must be there, every option must be readable, every choice must be
    /// one of the options.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Finding>> {
        let mut reader = Reader::new(file, text);
        let Some(raw) = reader.read::<RawFile>() else { return Err(reader.findings) };
        let mut points = BTreeMap::new();
        for entry in raw.interpretation {
            let span = entry.span();
            if let Some((point, interpretation)) = interpretation(&mut reader, &span, entry.into_inner())
                && points.insert(point, interpretation).is_some()
            {
                reader.find(&span, format!("解释点“{point}”写了两次，请合并"));
            }
        }
        for point in Point::ALL {
            if !points.contains_key(&point) {
                reader.find(&(0..0), format!("缺少解释点“{point}”，每个解释点都须写明问题、选项与选择"));
            }
        }
        let digest = digest_of(&points);
        reader.finish(Some(Self { points, digest }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    interpretation: Vec<Spanned<RawInterpretation>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInterpretation {
    point: Spanned<String>,
    number: Arc<str>,
    question: Arc<str>,
    confidence: Confidence,
    chosen: Spanned<String>,
    authority: Arc<str>,
    approver: Arc<str>,
    from: Date,
    until: Option<Date>,
    option: Vec<Spanned<Choosable>>,
}

fn interpretation(
    reader: &mut Reader<'_>,
    span: &Range<usize>,
    raw: RawInterpretation,
) -> Option<(Point, Interpretation)> {
    let Some(point) = word::<Point>(raw.point.get_ref()) else {
        reader.find(&raw.point.span(), format!("“{}”不是解释点", raw.point.get_ref()));
        return None;
    };
    if raw.option.len() < 2 {
        reader.find(span, "一个解释点至少要有两个选项，否则没有什么可选");
    }
    for option in &raw.option {
        if let Err(error) = Settings::check(point, option.get_ref()) {
            reader.find(&option.span(), error.to_string());
        }
    }
    let options: Vec<Choosable> = raw.option.into_iter().map(Spanned::into_inner).collect();
    if !options.iter().any(|option| option.key.as_ref() == raw.chosen.get_ref()) {
        reader.find(&raw.chosen.span(), format!("选择“{}”不在选项之中", raw.chosen.get_ref()));
    }
    let choice = Choice {
        chosen: raw.chosen.into_inner().into(),
        authority: raw.authority,
        approver: raw.approver,
        from: raw.from,
        until: raw.until,
    };
    let (number, question, confidence) = (raw.number, raw.question, raw.confidence);
    Some((point, Interpretation { number, question, confidence, options, choices: vec![choice] }))
}
