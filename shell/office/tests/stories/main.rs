//! Stories of the office: what it answers, what it records, and that a naive table agrees.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails")]

mod bank_accounts;
mod claims;
mod claims_city;
mod earlier_days;
mod retries;
mod table;
mod time;
