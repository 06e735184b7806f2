//! Any text as the words of the kernel: no panic; what is read prints as something that reads as the same.
#![no_main]

use std::fmt::Display;
use std::str::FromStr;

fn there_and_back<T: FromStr + Display + PartialEq>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        assert!(read.to_string().parse::<T>().is_ok_and(|again| again == read), "{text} became {read}");
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    there_and_back::<kernel::Money>(text);
    there_and_back::<kernel::Rate>(text);
    there_and_back::<kernel::CreditCode>(text);
    there_and_back::<kernel::DivisionCode>(text);
    there_and_back::<kernel::Anchor>(text);
    there_and_back::<kernel::OrganisationId>(text);
    there_and_back::<kernel::Digest>(text);
});
