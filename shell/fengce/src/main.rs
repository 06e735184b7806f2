//! fengce: carries out a city's action plan for IC packaging and test.
fn main() {}
