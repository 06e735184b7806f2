//! Simulation as pages.

mod family;
mod fields;
mod order;
mod outcome;
mod quantities;
mod run;
mod words;
