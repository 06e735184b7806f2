//! Which attempts count: retest policies by die or part, across files (rules 12, 13)
//!
//! The flags of PRR are never trusted alone: identity is lot, wafer and coordinates when a part has coordinates and a
//! wafer, else lot and part id. The rule used is part of the answer.

use std::collections::HashMap;

use serde::Serialize;

use crate::model::{Dataset, Part, ResultColumns};

/// Which attempts at a die or part count
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "command-line", derive(clap::ValueEnum))]
pub enum Retest {
    /// The first attempt
    First,
    /// The last attempt
    #[default]
    Last,
    /// The first passing attempt, else the last
    Best,
    /// Every attempt by itself
    All,
}

/// How two attempts are known to be the same thing
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Identity {
    /// Lot, wafer, X and Y
    Die,
    /// Lot and part id
    PartId,
    /// Neither: the attempt stands for itself
    Alone,
}

/// A selection of attempts
#[derive(Debug, Clone, Serialize)]
pub struct Selection {
    /// The policy
    pub retest: Retest,
    /// Numbers of the selected attempts, ascending
    #[serde(skip)]
    pub parts: Vec<u32>,
    /// For every attempt whether it is selected
    #[serde(skip)]
    pub selected: Vec<bool>,
    /// Attempts that ended
    pub attempts: usize,
    /// Different dies or parts
    pub unique: usize,
    /// Attempts after the first at the same die or part
    pub repeats: usize,
    /// Of these, attempts that carry no retest flag
    pub unflagged_repeats: usize,
    /// How many attempts were identified how
    pub by_die: usize,
    /// See above
    pub by_part_id: usize,
    /// See above
    pub alone: usize,
}

#[derive(PartialEq, Eq, Hash)]
enum Key<'d> {
    Die(&'d str, &'d str, i16, i16),
    Part(&'d str, &'d str),
    Alone(u32),
}

fn key<'d>(dataset: &'d Dataset, number: u32, part: &'d Part) -> (Key<'d>, Identity) {
    let lot = dataset.runs.get(part.run as usize).map_or("", |run| run.lot.as_str());
    let wafer = part.wafer.and_then(|wafer| dataset.wafers.get(wafer as usize));
    match (wafer, part.at) {
        (Some(wafer), Some((x, y))) => (Key::Die(lot, &wafer.id, x, y), Identity::Die),
        _ if !part.id.is_empty() => (Key::Part(lot, &part.id), Identity::PartId),
        _ => (Key::Alone(number), Identity::Alone),
    }
}

/// Selects attempts; parts that never ended are never selected
pub fn select(dataset: &Dataset, retest: Retest) -> Selection {
    let mut groups: HashMap<Key<'_>, u32> = HashMap::new();
    let mut selection = Selection {
        retest,
        parts: Vec::new(),
        selected: vec![false; dataset.parts.len()],
        attempts: 0,
        unique: 0,
        repeats: 0,
        unflagged_repeats: 0,
        by_die: 0,
        by_part_id: 0,
        alone: 0,
    };
    for (number, part) in (0u32..).zip(&dataset.parts) {
        let Some(flags) = part.flags else { continue };
        selection.attempts += 1;
        let (key, identity) = key(dataset, number, part);
        match identity {
            Identity::Die => selection.by_die += 1,
            Identity::PartId => selection.by_part_id += 1,
            Identity::Alone => selection.alone += 1,
        }
        match groups.entry(key) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(number);
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                selection.repeats += 1;
                selection.unflagged_repeats += usize::from(flags & 3 == 0);
                let chosen = dataset.parts.get(*entry.get() as usize).and_then(Part::passed);
                let replace = match retest {
                    Retest::First => false,
                    Retest::Last => true,
                    Retest::Best => chosen != Some(true),
                    Retest::All => {
                        selection.selected[number as usize] = true;
                        false
                    }
                };
                if replace {
                    entry.insert(number);
                }
            }
        }
    }
    selection.unique = groups.len();
    for number in groups.into_values() {
        selection.selected[number as usize] = true;
    }
    selection.parts = (0..dataset.parts.len() as u32).filter(|&number| selection.selected[number as usize]).collect();
    selection
}

impl Selection {
    /// The identity rule in words
    pub fn rule(&self) -> String {
        let mut rules = Vec::new();
        for (count, rule) in [
            (self.by_die, "lot, wafer, X and Y"),
            (self.by_part_id, "lot and part id"),
            (self.alone, "nothing (each attempt for itself)"),
        ] {
            if count > 0 {
                rules.push(format!("{count} attempts by {rule}"));
            }
        }
        rules.join("; ")
    }
}

/// The measurements of one test on the selected parts: part number and value, in order of execution
///
/// With several results in one part (MPR, or the test executed again) the last one of `element` counts.
///
/// # Errors
/// When spilled results cannot be read back
pub fn measurements(
    dataset: &Dataset,
    selection: &Selection,
    test: usize,
    element: u16,
) -> Result<Vec<(u32, f64)>, crate::store::StoreError> {
    let columns = dataset.column(test)?;
    Ok(measurements_in(&columns, selection, element))
}

/// See [`measurements`], from the results of the test
pub(crate) fn measurements_in(columns: &ResultColumns, selection: &Selection, element: u16) -> Vec<(u32, f64)> {
    let mut values: Vec<(u32, f64)> = Vec::with_capacity(columns.len());
    // Parts nearly always come in order, and then only the last one can come again.
    let mut at: HashMap<u32, usize> = HashMap::new();
    let mut greatest = None;
    for index in 0..columns.len() {
        let part = columns.part[index];
        let wanted = columns.element.get(index).copied().unwrap_or(0) == element;
        if !wanted || !selection.selected[part as usize] || !columns.is_valid(index) {
            continue;
        }
        let value = f64::from(columns.value[index]);
        if greatest.is_none_or(|greatest| part > greatest) {
            greatest = Some(part);
            values.push((part, value));
            continue;
        }
        if at.is_empty() {
            at = values.iter().enumerate().map(|(place, (part, _))| (*part, place)).collect();
        }
        match at.entry(part) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(values.len());
                values.push((part, value));
            }
            std::collections::hash_map::Entry::Occupied(entry) => values[*entry.get()].1 = value,
        }
    }
    values
}
