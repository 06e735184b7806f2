//! A dataset kept on disk and opened again says the same
#![allow(clippy::unwrap_used)]

use stdf::{Reader, generate};
use testdata::ingest::{Options, read_one};
use testdata::model::Dataset;
use testdata::overview::overviews;
use testdata::screening::{Rules, screen};
use testdata::selection::{Retest, measurements, select};
use testdata::{kept, yields};

fn generated() -> Dataset {
    let plan = generate::Plan { wafers: 3, diameter: 16, parametric: 20, ..generate::Plan::default() };
    let mut bytes = Vec::new();
    generate::generate(&plan, &mut bytes, |_| true).unwrap();
    let mut dataset = Dataset::default();
    let reader = Reader::from_bytes(bytes).unwrap();
    read_one(&mut dataset, reader, "lot.stdf", &Options::default(), |_| true).unwrap();
    dataset
}

#[test]
fn what_is_kept_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let before = generated();
    kept::keep(&before, folder.path()).unwrap();
    let after = kept::open(folder.path()).unwrap();
    assert_eq!((&before.runs, &before.wafers, &before.parts), (&after.runs, &after.wafers, &after.parts));
    assert_eq!((&before.tests, &before.files), (&after.tests, &after.files));
    for test in 0..before.tests.len() {
        let (was, is) = (before.column(test).unwrap(), after.column(test).unwrap());
        assert_eq!((&was.part, &was.flags), (&is.part, &is.flags), "test {test}");
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&was.value), bits(&is.value), "test {test}");
    }
    for part in [0, 17, before.parts.len() as u32 - 1] {
        let spelled = |dataset: &Dataset| format!("{:?}", dataset.results_of(part, |_, _, _| true).unwrap());
        assert_eq!(spelled(&before), spelled(&after));
        assert_eq!(after.results_of(part, |_, _, _| true).unwrap().len(), before.parts[part as usize].results as usize);
    }
    let (was, is) = (yields::report(&before, Retest::Best), yields::report(&after, Retest::Best));
    assert_eq!((was.total, was.hard_bins, was.differences), (is.total, is.hard_bins, is.differences));
}

#[test]
fn a_test_is_summed_up_as_by_hand() {
    let dataset = generated();
    let selections = [Retest::First, Retest::Last].map(|policy| select(&dataset, policy));
    let rows = overviews(&dataset, &selections, |_| true).unwrap().unwrap();
    assert_eq!(rows.len(), 2);
    for (selection, rows) in selections.iter().zip(&rows) {
        let row = rows.iter().find(|row| row.test == 3).unwrap();
        let values: Vec<f64> =
            measurements(&dataset, selection, 3, 0).unwrap().into_iter().map(|(_, value)| value).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert_eq!(row.measured, values.len());
        assert!((row.mean.unwrap() - mean).abs() < 1e-9 * mean.abs().max(1.0));
    }
    assert!(overviews(&dataset, &selections, |done| done < 2).unwrap().is_none(), "stops when told to");
}

#[test]
fn only_passing_parts_are_suspected() {
    let dataset = generated();
    let selection = select(&dataset, Retest::Last);
    let rules = Rules { residual: Some(6.0), pat: Some(3.0), ..Rules::default() };
    let screening = screen(&dataset, &selection, &rules, |_| true).unwrap().unwrap();
    assert!(!screening.suspicions.is_empty());
    for suspicion in &screening.suspicions {
        assert_eq!(dataset.parts[suspicion.part as usize].passed(), Some(true));
        assert!(selection.selected[suspicion.part as usize]);
    }
    let rebins = screening.rebins(99, |suspicion| format!("{:?}", suspicion.method));
    assert_eq!(rebins.len(), screening.parts().len());
}
