//! Any text as a package, floor plan, power trace, stack or power map: an error that names the field, never a panic.
#![no_main]

use simulation::SimulationError;
use simulation::formats::{hotspot, power_map, stack};
use simulation::material::Library;
use simulation::package::{Input, build};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let nothing = |file: &str| -> simulation::Result<String> { Err(SimulationError::field(file, "not there")) };
    let _ = hotspot::floorplan("a.flp", text);
    let _ = hotspot::PowerTrace::read("a.ptrace", text);
    let _ = power_map::read("a.csv", text);
    let _ = stack::read("a.stk", text, &nothing);
    if let (Ok(input), Ok(library)) = (Input::parse(text), Library::built_in()) {
        let _ = build(&input.package, &library, &nothing);
    }
});
