//! Clauses as data: one file per benefit, beside the sentence it carries out.
//!
//! Every character of the sentence is bound to an operator or marked as prose with a reason; prose may demand
//! nothing unless a named second reader confirmed it. What practice adds to the sentence stands apart as rules, each
//! resting on an interpretation.

use std::ops::Range;
use std::sync::Arc;

use kernel::prose::{SecondReader, first_demand};
use kernel::{Anchor, Digest, Money, Rate};
use serde::Deserialize;
use toml::Spanned;

use crate::account::{CapPeriod, CapScope};
use crate::benefit::BenefitId;
use crate::facts::Score;
use crate::finding::{Finding, Reader, word};
use crate::interpretation::Point;

/// A benefit clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its key.
    pub benefit: BenefitId,
    /// In Chinese, as registers name the benefit: 贷款贴息.
    pub title: Arc<str>,
    /// Where it stands.
    pub source: Source,
    /// The sentence, part by part; their texts joined are the quote.
    pub terms: Vec<Term>,
    /// What interpretations add to the sentence.
    pub rules: Vec<Rule>,
    /// Of the file.
    pub digest: Digest,
    /// The file.
    pub text: Arc<str>,
}

/// The sentence a clause carries out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Document number.
    pub document: Arc<str>,
    /// Place in the plan.
    pub anchor: Anchor,
    /// The whole sentence as published, without white space.
    pub quote: Arc<str>,
}

/// One part of the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As it stands in the quote.
    pub text: Arc<str>,
    /// 1-based line in the clause file.
    pub line: usize,
    /// What it is bound to.
    pub binding: Binding,
}

/// What a part of the sentence means to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// It is carried out, read in the light of these points.
    Carried(Operator, Vec<Point>),
    /// It demands nothing.
    Prose {
        /// Why.
        reason: Arc<str>,
        /// Who confirmed it, where its words look like a demand.
        second_reader: Option<SecondReader>,
    },
}

/// What an interpretation adds to the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What to do.
    pub operator: Operator,
    /// The points it rests on; never empty.
    pub points: Vec<Point>,
    /// 1-based line in the clause file.
    pub line: usize,
}

/// Where in a clause something stands: what a trace line and a failed condition point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the sentence: index into [`Clause::terms`].
    Term(u16),
    /// Beside it: index into [`Clause::rules`].
    Rule(u16),
}

/// The closed set of operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The measure must reach the value (or pass it, if “以上” is read to exclude the number).
    AtLeast(Measure, Money),
    /// The measure must pass the value: 超过, 突破.
    MoreThan(Measure, Money),
    /// Something must be so, and be proven.
    Require(Requirement),
    /// What the share is taken of.
    Base(Base),
    /// The share.
    Rate(Rate),
    /// The share is a ceiling; the score sets the award below it.
    Discretionary,
    /// No more than this over scope and period.
    Cap(Money, CapScope, CapPeriod),
    /// Awards below the minimum are not paid.
    FloorExclude,
    /// What lies partly before the first eligible day counts in proportion of days.
    Prorate,
    /// What lies before the first eligible day does not count.
    Window,
    /// An invoice counts once, and for one benefit.
    Dedupe,
    /// The award's rate by score band, highest band first.
    Tier(Vec<Band>),
    /// Who pays and to whom: as the sentence says, or as the points read it.
    Payer,
    /// A district's parameter set gives share, amounts and cap (“一定奖励”“一定比例或者额度”).
    District,
}

/// An amount a threshold is put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// 实际到位投资.
    PaidInInvestment,
    /// The clause's own base.
    ClaimedBase,
}

/// What must be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// A packaging-and-test firm by its products.
    PackagingTestFirm,
    /// It opens capacity to firms of the industry.
    OpensCapacity,
    /// It offers chip test, verification and the like to packaging-and-test firms.
    PublicService,
    /// It is recognised as a municipal platform.
    MunicipalPlatform,
}

/// What a share can be taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// 贷款利息.
    LoanInterest,
    /// 封测费用.
    TestFees,
    /// 企业运营费.
    OperatingCost,
    /// 年度营收.
    AnnualRevenue,
    /// 项目总投资.
    ProjectInvestment,
    /// 入驻费用.
    EntryCost,
    /// 培训与用工人数.
    TrainedPersons,
}

impl Base {
    /// All, in the order of the plan's clauses.
    pub const ALL: [Self; 7] = [
        Self::LoanInterest,
        Self::TestFees,
        Self::OperatingCost,
        Self::AnnualRevenue,
        Self::ProjectInvestment,
        Self::EntryCost,
        Self::TrainedPersons,
    ];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::LoanInterest => "贷款利息",
            Self::TestFees => "封测费用",
            Self::OperatingCost => "平台运营费",
            Self::AnnualRevenue => "年度营收",
            Self::ProjectInvestment => "项目总投资",
            Self::EntryCost => "入驻费用",
            Self::TrainedPersons => "培训与用工人数",
        }
    }

    /// Whether a district sets what is granted on it.
    pub const fn by_district(self) -> bool {
        matches!(self, Self::AnnualRevenue | Self::ProjectInvestment | Self::EntryCost | Self::TrainedPersons)
    }
}

/// From this score on, this rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Lowest score of the band.
    pub from: Score,
    /// Its rate.
    pub rate: Rate,
}

impl Clause {
    /// The operators with their places and points, in reading order: the sentence, then the rules.
    pub fn operators(&self) -> impl Iterator<Item = (Place, &Operator, &[Point])> {
        let terms = self.terms.iter().enumerate().filter_map(|(index, term)| match &term.binding {
            Binding::Carried(operator, points) => Some((Place::Term(index as u16), operator, points.as_slice())),
            Binding::Prose { .. } => None,
        });
        let rules = self.rules.iter().enumerate();
        terms.chain(rules.map(|(index, rule)| (Place::Rule(index as u16), &rule.operator, rule.points.as_slice())))
    }

    /// The words of the sentence at a place; for a rule, nothing.
    pub fn words(&self, place: Place) -> Option<&str> {
        match place {
            Place::Term(index) => self.terms.get(usize::from(index)).map(|term| term.text.as_ref()),
            Place::Rule(_) => None,
        }
    }

    /// What the amount is computed from; every clause that passed its check has one.
    pub fn base(&self) -> Option<Base> {
        self.operators().find_map(|(_, operator, _)| match operator {
            Operator::Base(base) => Some(*base),
            _ => None,
        })
    }

    /// Whether a district's parameter set gives the amount.
    pub fn by_district(&self) -> bool {
        self.operators().any(|(_, operator, _)| matches!(operator, Operator::District))
    }

    /// Share of the quote's characters that are prose, in characters: (prose, all).
    pub fn prose_share(&self) -> (usize, usize) {
        let length = |term: &Term| term.text.chars().count();
        let prose = self.terms.iter().filter(|term| matches!(term.binding, Binding::Prose { .. }));
        (prose.map(length).sum(), self.terms.iter().map(length).sum())
    }

    /// Reads a clause file and checks it: form, coverage of every character, prose, and that the operators together
    /// make a computation.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Finding>> {
        let mut reader = Reader::new(file, text);
        let Some(raw) = reader.read::<RawClause>() else { return Err(reader.findings) };
        let benefit = raw.benefit.get_ref().parse::<BenefitId>();
        if let Err(error) = &benefit {
            reader.find(&raw.benefit.span(), error.to_string());
        }
        let terms: Vec<Term> = raw.term.into_iter().filter_map(|term| read_term(&mut reader, term)).collect();
        let rules: Vec<Rule> = raw.rule.into_iter().filter_map(|rule| read_rule(&mut reader, rule)).collect();
        let quote = raw.source.get_ref().quote.clone();
        if reader.findings.is_empty() {
            check_coverage(&mut reader, &raw.source.span(), &quote, &terms);
        }
        let source = raw.source.into_inner();
        let digest = Digest::of(text.as_bytes());
        let (title, text) = (raw.title, Arc::from(text));
        let clause = benefit.ok().map(|benefit| Self { benefit, title, source, terms, rules, digest, text });
        if let Some(clause) = &clause
            && reader.findings.is_empty()
        {
            check_computation(&mut reader, clause);
        }
        reader.finish(clause)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClause {
    benefit: Spanned<String>,
    title: Arc<str>,
    source: Spanned<Source>,
    term: Vec<Spanned<RawTerm>>,
    #[serde(default)]
    rule: Vec<Spanned<RawRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerm {
    text: Arc<str>,
    prose: Option<Arc<str>>,
    second_reader: Option<SecondReader>,
    op: Option<String>,
    #[serde(default)]
    interpretations: Vec<Point>,
    fact: Option<String>,
    value: Option<String>,
    scope: Option<CapScope>,
    period: Option<CapPeriod>,
    bands: Option<Vec<RawBand>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    op: String,
    interpretations: Vec<Point>,
    bands: Option<Vec<RawBand>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBand {
    from: u16,
    rate: Rate,
}

/// The parameters of an operator as the file gives them; taken one by one, so that what is left over is a finding.
#[derive(Default)]
struct Parameters {
    fact: Option<String>,
    value: Option<String>,
    scope: Option<CapScope>,
    period: Option<CapPeriod>,
    bands: Option<Vec<RawBand>>,
}

impl Parameters {
    fn fact<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, String> {
        let name = self.fact.take().ok_or("须写明 fact")?;
        word(&name).ok_or_else(|| format!("fact “{name}”不是此运算可用的事实"))
    }

    fn value<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self) -> Result<T, String> {
        self.value.take().ok_or("须写明 value")?.parse().map_err(|error: T::Err| error.to_string())
    }

    fn bands(&mut self) -> Result<Vec<Band>, String> {
        let bands = self.bands.take().ok_or("须写明 bands")?.into_iter().map(|band| {
            let from = band.from.checked_mul(100).and_then(Score::from_hundredths);
            Ok(Band { from: from.ok_or(format!("分数 {} 超过 100", band.from))?, rate: band.rate })
        });
        let bands = bands.collect::<Result<Vec<_>, String>>()?;
        let falls = |pair: &[Band]| pair[0].from > pair[1].from && pair[0].rate >= pair[1].rate;
        if bands.windows(2).all(falls) {
            Ok(bands)
        } else {
            Err("分档须从高分到低分，且比例不得上升".to_owned())
        }
    }

    fn operator(&mut self, name: &str) -> Result<Operator, String> {
        let operator = match name {
            "at_least" => Operator::AtLeast(self.fact()?, self.value()?),
            "more_than" => Operator::MoreThan(self.fact()?, self.value()?),
            "require" => Operator::Require(self.fact()?),
            "base" => Operator::Base(self.fact()?),
            "rate" => Operator::Rate(self.value()?),
            "discretionary" => Operator::Discretionary,
            "cap" => Operator::Cap(
                self.value()?,
                self.scope.take().ok_or("须写明 scope：enterprise 或 project")?,
                self.period.take().ok_or("须写明 period：year 或 lifetime")?,
            ),
            "floor_exclude" => Operator::FloorExclude,
            "prorate" => Operator::Prorate,
            "window" => Operator::Window,
            "dedupe" => Operator::Dedupe,
            "tier" => Operator::Tier(self.bands()?),
            "payer" => Operator::Payer,
            "district" => Operator::District,
            other => return Err(format!("没有运算“{other}”")),
        };
        let rest = [
            ("fact", self.fact.is_some()),
            ("value", self.value.is_some()),
            ("scope", self.scope.is_some()),
            ("period", self.period.is_some()),
            ("bands", self.bands.is_some()),
        ];
        match rest.into_iter().find(|(_, left)| *left) {
            Some((name_left, _)) => Err(format!("运算“{name}”不用 {name_left}，请删去")),
            None => Ok(operator),
        }
    }
}

fn read_term(reader: &mut Reader<'_>, raw: Spanned<RawTerm>) -> Option<Term> {
    let span = raw.span();
    let line = reader.line(span.start);
    let raw = raw.into_inner();
    let binding = match (raw.op, raw.prose) {
        (Some(name), None) => {
            let (fact, value, scope, period, bands) = (raw.fact, raw.value, raw.scope, raw.period, raw.bands);
            match (Parameters { fact, value, scope, period, bands }).operator(&name) {
                Ok(operator) => Binding::Carried(operator, raw.interpretations),
                Err(message) => {
                    reader.find(&span, format!("“{}”：{message}", raw.text));
                    return None;
                }
            }
        }
        (None, Some(reason)) => {
            check_prose(reader, &span, &raw.text, &reason, raw.second_reader.as_ref());
            Binding::Prose { reason, second_reader: raw.second_reader }
        }
        _ => {
            reader.find(&span, format!("“{}”须写明 op（运算）或 prose（为何不是要求），且只能写一样", raw.text));
            return None;
        }
    };
    Some(Term { text: raw.text, line, binding })
}

fn check_prose(
    reader: &mut Reader<'_>,
    span: &Range<usize>,
    text: &str,
    reason: &str,
    second_reader: Option<&SecondReader>,
) {
    if reason.trim().is_empty() {
        reader.find(span, format!("“{text}”标为非要求文字，须写明理由"));
    }
    if let (Some((at, word)), None) = (first_demand(text), second_reader) {
        reader.find(
            span,
            format!("“{text}”第 {} 字起的“{word}”像是要求，不能标为 prose；请绑定运算，或由第二人具名确认", at + 1),
        );
    }
}

fn read_rule(reader: &mut Reader<'_>, raw: Spanned<RawRule>) -> Option<Rule> {
    let span = raw.span();
    let line = reader.line(span.start);
    let raw = raw.into_inner();
    if raw.interpretations.is_empty() {
        reader.find(&span, "原文之外的规则须写明所依据的解释点");
    }
    match (Parameters { bands: raw.bands, ..Parameters::default() }).operator(&raw.op) {
        Ok(operator) => Some(Rule { operator, points: raw.interpretations, line }),
        Err(message) => {
            reader.find(&span, message);
            None
        }
    }
}

/// The terms' texts, one after another, must be the quote, character by character.
fn check_coverage(reader: &mut Reader<'_>, span: &Range<usize>, quote: &str, terms: &[Term]) {
    let mut rest = quote;
    for term in terms {
        match rest.strip_prefix(term.text.as_ref()) {
            Some(after) if !term.text.is_empty() => rest = after,
            _ => {
                let position = quote.chars().count() - rest.chars().count() + 1;
                let next: String = rest.chars().take(12).collect();
                let message =
                    format!("原文第 {position} 字起是“{next}…”，而此处写的是“{}”；各段须依次连成原文", term.text);
                reader.find_on(term.line, message);
                return;
            }
        }
    }
    if !rest.is_empty() {
        reader.find(span, format!("原文“{rest}”没有绑定到任何运算，也没有标为非要求文字"));
    }
}

/// The operators must make one computation: one base, one rate and one cap (or a district that gives both), at most one
/// threshold, and the rest once.
fn check_computation(reader: &mut Reader<'_>, clause: &Clause) {
    let count =
        |matches: fn(&Operator) -> bool| clause.operators().filter(|(_, operator, _)| matches(operator)).count();
    let base = count(|operator| matches!(operator, Operator::Base(_)));
    let rate = count(|operator| matches!(operator, Operator::Rate(_)));
    let cap = count(|operator| matches!(operator, Operator::Cap(..)));
    let threshold = count(|operator| matches!(operator, Operator::AtLeast(..) | Operator::MoreThan(..)));
    let district = count(|operator| matches!(operator, Operator::District));
    let once = usize::from(district == 0);
    for (name, found, wanted) in [("base", base, 1), ("rate", rate, once), ("cap", cap, once)] {
        if found != wanted {
            reader.find(&(0..0), format!("此条款须有 {wanted} 个 {name}，现有 {found} 个"));
        }
    }
    if clause.base().is_some_and(|base| base.by_district() != (district == 1)) {
        let message = "金额由区县定的条款（district 恰好一处）须以年度营收、项目总投资、入驻费用或培训与用工人数为基数，其他条款不能";
        reader.find(&(0..0), message);
    }
    if threshold > 1 {
        reader.find(&(0..0), format!("每条条款至多一个门槛（at_least 或 more_than），现有 {threshold} 个"));
    }
    let of_investment = count(|operator| {
        matches!(
            operator,
            Operator::AtLeast(Measure::PaidInInvestment, _) | Operator::MoreThan(Measure::PaidInInvestment, _)
        )
    });
    if of_investment > 0 && count(|operator| matches!(operator, Operator::Base(Base::LoanInterest))) == 0 {
        reader.find(&(0..0), "门槛 paid-in-investment 只能用于以 loan-interest 为基数的条款：其他事项不填报投资");
    }
    let whole = Rate::from_parts_per_million(Rate::WHOLE);
    for (place, operator, _) in clause.operators() {
        let wrong = match operator {
            Operator::Rate(rate) if *rate > whole || rate.parts_per_million() <= 0 => {
                Some("比例须大于 0 且不超过 100%")
            }
            Operator::Cap(value, ..) if value.fen() <= 0 => Some("上限须大于 0"),
            Operator::Tier(bands) if bands.is_empty() => Some("至少要有一档"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            let line = match place {
                Place::Term(index) => clause.terms.get(usize::from(index)).map(|term| term.line),
                Place::Rule(index) => clause.rules.get(usize::from(index)).map(|rule| rule.line),
            };
            reader.find_on(line.unwrap_or(1), wrong);
        }
    }
}
