//! One input file, many inputs: a field takes one value after the other.

use super::input::Input;
use crate::error::{self, Result, SimulationError};

/// The inputs of a TOML text with one field changed: `changes` is written as `path.to.field=value,value`; numbers in the path
/// count from zero in lists, as in `package.dies.0.attach.voids=0 %,10 %,50 %`. Each comes with its value.
///
/// # Errors
/// If the text or a changed input makes no sense, or the field is not in the text.
pub fn sweep(text: &str, changes: &str) -> Result<Vec<(String, Input)>> {
    let (path, values) = changes
        .split_once('=')
        .ok_or_else(|| SimulationError::field("sweep", "is written as path.to.field=value,value"))?;
    let table: toml::Value = error::read(text)?;
    let change = |value: &str| {
        let mut changed = table.clone();
        set(&mut changed, path.trim(), value)?;
        Ok((value.to_owned(), Input::from_value(changed)?))
    };
    values.split(',').map(str::trim).filter(|value| !value.is_empty()).map(change).collect()
}

/// Replaces one value of a table by path.
fn set(table: &mut toml::Value, path: &str, value: &str) -> Result<()> {
    let missing = |part: &str| SimulationError::field("sweep", format!("`{part}` of `{path}` is not in the file"));
    let mut place = table;
    for part in path.split('.') {
        place = match part.parse::<usize>() {
            Ok(index) => place.get_mut(index).ok_or_else(|| missing(part))?,
            Err(_) => place.get_mut(part).ok_or_else(|| missing(part))?,
        };
    }
    let no_number = || SimulationError::field("sweep", format!("`{value}` for `{path}` is no number"));
    *place = match place {
        toml::Value::Integer(_) => toml::Value::Integer(value.parse().map_err(|_| no_number())?),
        toml::Value::Float(_) => toml::Value::Float(value.parse().map_err(|_| no_number())?),
        toml::Value::String(_) => toml::Value::String(value.to_owned()),
        _ => return Err(SimulationError::field("sweep", format!("`{path}` is not one value"))),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Family;

    const QFN: &str = include_str!("../../templates/qfn.toml");

    #[test]
    fn one_field_takes_all_values() {
        let inputs = sweep(QFN, "package.dies.0.attach.voids=0 %, 25 %,50 %").unwrap();
        let voids = |input: &Input| match &input.package {
            Family::Qfn(p) => p.dies[0].attach.voids.si(),
            _ => f64::NAN,
        };
        assert_eq!(inputs.iter().map(|(_, input)| voids(input)).collect::<Vec<_>>(), [0.0, 0.25, 0.5]);
        assert_eq!(inputs[1].0, "25 %");
        assert_eq!(sweep(QFN, "package.leads.per_side=4,8").unwrap().len(), 2);
    }

    #[test]
    fn what_cannot_be_changed_is_named() {
        for (changes, expected) in [
            ("package.dies.3.power=1 W", "`3` of `package.dies.3.power`"),
            ("package.lid=1", "`lid`"),
            ("package.dies=1", "not one value"),
            ("package.leads.per_side=many", "`many`"),
            ("package.dies.0.power=-1 W", "power"),
            ("voids", "path.to.field"),
        ] {
            let said = sweep(QFN, changes).unwrap_err().to_string();
            assert!(said.contains(expected), "{changes}: {said}");
        }
    }
}
