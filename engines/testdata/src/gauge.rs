//! Analysis of variance and gauge repeatability and reproducibility (AIAG, Measurement Systems Analysis, 4th edition)

use serde::Serialize;

use crate::kernels::{f_tail, summary};

/// One-way analysis of variance
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OneWay {
    /// Degrees of freedom between groups
    pub between_freedom: f64,
    /// Degrees of freedom within groups
    pub within_freedom: f64,
    /// Sum of squares between groups
    pub between_squares: f64,
    /// Sum of squares within groups
    pub within_squares: f64,
    /// F statistic
    pub f: f64,
    /// Probability of a greater F when all groups have one mean
    pub p: f64,
    /// Share of variation between groups
    pub r_squared: f64,
    /// Residual standard deviation
    pub residual_deviation: f64,
}

/// Between and within groups; `None` without at least two groups and one degree of freedom within
///
/// Values are taken relative to the first one, so constant leading digits cost nothing that the input still holds.
pub fn one_way(groups: &[Vec<f64>]) -> Option<OneWay> {
    let origin = *groups.iter().flatten().next()?;
    let shifted: Vec<Vec<f64>> =
        groups.iter().map(|group| group.iter().map(|value| value - origin).collect()).collect();
    let filled: Vec<&Vec<f64>> = shifted.iter().filter(|group| !group.is_empty()).collect();
    let all: Vec<f64> = shifted.iter().flatten().copied().collect();
    let grand = summary(&all)?.mean;
    let between_freedom = filled.len().checked_sub(1).filter(|freedom| *freedom > 0)? as f64;
    let within_freedom = all.len().checked_sub(filled.len()).filter(|freedom| *freedom > 0)? as f64;
    let (mut between_squares, mut within_squares) = (0.0, 0.0);
    for group in filled {
        let of = summary(group)?;
        between_squares += group.len() as f64 * (of.mean - grand) * (of.mean - grand);
        within_squares += of.deviation * of.deviation * (group.len() - 1) as f64;
    }
    let f = (between_squares / between_freedom) / (within_squares / within_freedom);
    Some(OneWay {
        between_freedom,
        within_freedom,
        between_squares,
        within_squares,
        f,
        p: f_tail(f, between_freedom, within_freedom),
        r_squared: between_squares / (between_squares + within_squares),
        residual_deviation: (within_squares / within_freedom).sqrt(),
    })
}

/// A crossed gauge study: every appraiser (or site, or tester) measures every part equally often
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// `values[appraiser][part][trial]`
    values: Vec<Vec<Vec<f64>>>,
}

/// A study that is not crossed and balanced
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("gauge study needs at least 2 appraisers, 2 parts and 2 trials of every part by every appraiser: {0}")]
pub struct NotBalanced(String);

impl Study {
    /// Checks that the study is crossed and balanced
    ///
    /// # Errors
    /// When it is not, saying where
    pub fn new(values: Vec<Vec<Vec<f64>>>) -> Result<Study, NotBalanced> {
        let parts = values.first().map_or(0, Vec::len);
        let trials = values.first().and_then(|parts| parts.first()).map_or(0, Vec::len);
        if values.len() < 2 || parts < 2 || trials < 2 {
            return Err(NotBalanced(format!("there are {} appraisers, {parts} parts, {trials} trials", values.len())));
        }
        for (appraiser, of) in values.iter().enumerate() {
            if of.len() != parts || of.iter().any(|of| of.len() != trials) {
                return Err(NotBalanced(format!("appraiser {} differs from the first", appraiser + 1)));
            }
        }
        Ok(Study { values })
    }
}

/// Result of a gauge study; all variations are standard deviations in the unit measured
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gauge {
    /// Repeatability: equipment variation
    pub ev: f64,
    /// Reproducibility: appraiser variation
    pub av: f64,
    /// Variation of the interaction of appraiser and part; 0 when pooled
    pub interaction: f64,
    /// Repeatability and reproducibility
    pub grr: f64,
    /// Part variation
    pub pv: f64,
    /// Total variation
    pub tv: f64,
    /// 100 GRR / TV
    pub percent_grr: f64,
    /// 600 GRR / (high − low), when a tolerance was given
    pub percent_tolerance: Option<f64>,
    /// Number of distinct categories: 1.41 PV / GRR, cut off
    pub ndc: u32,
    /// Probability of a greater F of the interaction, for the ANOVA method
    pub interaction_p: Option<f64>,
    /// Whether the interaction was pooled into repeatability
    pub pooled: bool,
    /// How it was computed
    pub method: &'static str,
}

fn finish(mut gauge: Gauge, tolerance: Option<f64>) -> Gauge {
    gauge.grr = (gauge.ev.powi(2) + gauge.av.powi(2) + gauge.interaction.powi(2)).sqrt();
    gauge.tv = (gauge.grr.powi(2) + gauge.pv.powi(2)).sqrt();
    gauge.percent_grr = 100.0 * gauge.grr / gauge.tv;
    gauge.percent_tolerance = tolerance.filter(|width| *width > 0.0).map(|width| 600.0 * gauge.grr / width);
    gauge.ndc = (1.41 * gauge.pv / gauge.grr).max(1.0).floor().min(f64::from(u32::MAX)) as u32;
    gauge
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    summary(&values.collect::<Vec<_>>()).map_or(0.0, |summary| summary.mean)
}

/// By analysis of variance; the interaction is pooled into repeatability when its p value is above `alpha` (AIAG 0.25)
pub fn by_anova(study: &Study, tolerance: Option<f64>, alpha: f64) -> Gauge {
    let values = &study.values;
    let (appraisers, parts) = (values.len() as f64, values[0].len() as f64);
    let trials = values[0][0].len() as f64;
    let grand = mean(values.iter().flatten().flatten().copied());
    let appraiser_squares: f64 =
        values.iter().map(|of| (mean(of.iter().flatten().copied()) - grand).powi(2)).sum::<f64>() * parts * trials;
    let part_squares: f64 = (0..values[0].len())
        .map(|part| (mean(values.iter().flat_map(|of| of[part].iter().copied())) - grand).powi(2))
        .sum::<f64>()
        * appraisers
        * trials;
    let cell_squares: f64 =
        values.iter().flatten().map(|cell| (mean(cell.iter().copied()) - grand).powi(2)).sum::<f64>() * trials;
    let error_squares: f64 = values
        .iter()
        .flatten()
        .map(|cell| {
            let center = mean(cell.iter().copied());
            cell.iter().map(|value| (value - center).powi(2)).sum::<f64>()
        })
        .sum();
    let interaction_squares = cell_squares - appraiser_squares - part_squares;
    let interaction_freedom = (appraisers - 1.0) * (parts - 1.0);
    let error_freedom = appraisers * parts * (trials - 1.0);
    let f = (interaction_squares / interaction_freedom) / (error_squares / error_freedom);
    let p = f_tail(f, interaction_freedom, error_freedom);
    let pooled = p > alpha;
    let (appraiser_mean, part_mean) = (appraiser_squares / (appraisers - 1.0), part_squares / (parts - 1.0));
    let (error, reference, interaction) = if pooled {
        let error = (error_squares + interaction_squares) / (error_freedom + interaction_freedom);
        (error, error, 0.0)
    } else {
        let error = error_squares / error_freedom;
        let mean = interaction_squares / interaction_freedom;
        (error, mean, ((mean - error) / trials).max(0.0))
    };
    let gauge = Gauge {
        ev: error.sqrt(),
        av: ((appraiser_mean - reference) / (parts * trials)).max(0.0).sqrt(),
        interaction: interaction.sqrt(),
        grr: 0.0,
        pv: ((part_mean - reference) / (appraisers * trials)).max(0.0).sqrt(),
        tv: 0.0,
        percent_grr: 0.0,
        percent_tolerance: None,
        ndc: 0,
        interaction_p: Some(p),
        pooled,
        method: "ANOVA of a crossed study (AIAG MSA 4); interaction pooled when its p value exceeds alpha",
    };
    finish(gauge, tolerance)
}

/// d2* for one subgroup range (number of samples 1), by subgroup size 2 to 15 (AIAG MSA, appendix C)
// As printed, to the printed digits
#[allow(clippy::approx_constant)]
const D2_ONE: [f64; 14] = [
    1.41421, 1.91155, 2.23887, 2.48124, 2.67253, 2.82981, 2.96288, 3.07794, 3.17905, 3.26909, 3.35016, 3.42378,
    3.49116, 3.55333,
];
/// d2 for many subgroups, by subgroup size 2 and 3 trials and more
#[allow(clippy::approx_constant)]
const D2: [f64; 9] = [1.12838, 1.69257, 2.05875, 2.32593, 2.53441, 2.70436, 2.8472, 2.97003, 3.07751];

/// By average and range; appraisers and parts up to 15, trials up to 10; `None` beyond the printed constants
pub fn by_range(study: &Study, tolerance: Option<f64>) -> Option<Gauge> {
    let values = &study.values;
    let (appraisers, parts, trials) = (values.len(), values[0].len(), values[0][0].len());
    let range = |values: &[f64]| summary(values).map_or(0.0, |summary| summary.max - summary.min);
    let mean_range = mean(values.iter().flatten().map(|cell| range(cell)));
    let ev = mean_range / D2.get(trials - 2)?;
    let by_appraiser: Vec<f64> = values.iter().map(|of| mean(of.iter().flatten().copied())).collect();
    let by_part: Vec<f64> =
        (0..parts).map(|part| mean(values.iter().flat_map(|of| of[part].iter().copied()))).collect();
    let apart = range(&by_appraiser) / D2_ONE.get(appraisers - 2)?;
    let gauge = Gauge {
        ev,
        av: (apart * apart - ev * ev / (parts * trials) as f64).max(0.0).sqrt(),
        interaction: 0.0,
        grr: 0.0,
        pv: range(&by_part) / D2_ONE.get(parts - 2)?,
        tv: 0.0,
        percent_grr: 0.0,
        percent_tolerance: None,
        ndc: 0,
        interaction_p: None,
        pooled: false,
        method: "average and range of a crossed study (AIAG MSA 4, appendix C constants)",
    };
    Some(finish(gauge, tolerance))
}
