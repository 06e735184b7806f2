//! Published loan rates as dated tables (`catalog/rates.toml`).

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Date, Dated, Digest, Rate};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::facts::TermClass;
use crate::finding::{Finding, Reader};
use crate::interpretation::Confidence;

/// A published series of rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateSeries {
    /// 中国人民银行公布的金融机构人民币贷款基准利率.
    PbocBenchmark,
    /// 贷款市场报价利率.
    Lpr,
}

/// The rates of one announcement, by term class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateRow {
    /// First day on which the rates hold.
    pub from: Date,
    /// ≤ 1 year.
    pub up_to_one_year: Rate,
    /// 1–5 years; some series quote none.
    #[serde(default)]
    pub one_to_five_years: Option<Rate>,
    /// > 5 years.
    pub over_five_years: Rate,
    /// How sure the values are.
    pub confidence: Confidence,
}

impl RateRow {
    /// The yearly rate of a term class.
    pub const fn rate(&self, term: TermClass) -> Option<Rate> {
        match term {
            TermClass::UpToOneYear => Some(self.up_to_one_year),
            TermClass::OneToFiveYears => self.one_to_five_years,
            TermClass::OverFiveYears => Some(self.over_five_years),
        }
    }
}

/// One series with where its values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateTable {
    /// Its full name.
    pub title: Arc<str>,
    /// Who published it, where.
    pub source: Arc<str>,
    /// By first day.
    pub rows: Dated<RateRow>,
}

/// All series of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    tables: BTreeMap<RateSeries, RateTable>,
    digest: Digest,
    text: Arc<str>,
}

impl Rates {
    /// A series.
    pub fn table(&self, series: RateSeries) -> Option<&RateTable> {
        self.tables.get(&series)
    }

    /// All series.
    pub fn tables(&self) -> impl Iterator<Item = (RateSeries, &RateTable)> {
        self.tables.iter().map(|(series, table)| (*series, table))
    }

    /// Of the file they were read from.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The file they were read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads `rates.toml`.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Finding>> {
        let mut reader = Reader::new(file, text);
        let Some(raw) = reader.read::<RawFile>() else { return Err(reader.findings) };
        let mut tables = BTreeMap::new();
        for series in raw.series {
            let span = series.span();
            let series = series.into_inner();
            let mut rows = Dated::default();
            for row in series.row {
                let from = row.get_ref().from;
                if rows.on(from).is_some_and(|(known, _)| known == from) {
                    reader.find(&row.span(), format!("{from} 的利率写了两次"));
                }
                rows.set(from, row.into_inner());
            }
            let table = RateTable { title: series.title, source: series.source, rows };
            if tables.insert(series.key, table).is_some() {
                reader.find(&span, "同一利率系列写了两次，请合并");
            }
        }
        reader.finish(Some(Self { tables, digest: Digest::of(text.as_bytes()), text: text.into() }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    series: Vec<Spanned<RawSeries>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSeries {
    key: RateSeries,
    title: Arc<str>,
    source: Arc<str>,
    row: Vec<Spanned<RateRow>>,
}
