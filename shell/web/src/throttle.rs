//! Slowing down who asks too much.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel::Timestamp;
use ledger::desk::Attempts;

/// Buckets kept at most; beyond it, full ones are forgotten.
const MOST_BUCKETS: usize = 50_000;

/// Token buckets in memory: so many requests at once, so many per minute in the long run, for each key.
pub(crate) struct Throttle {
    burst: f64,
    per_second: f64,
    buckets: Mutex<HashMap<String, (f64, Timestamp)>>,
}

impl Throttle {
    pub fn new(burst: u32, per_minute: u32) -> Self {
        Self { burst: burst.into(), per_second: f64::from(per_minute) / 60.0, buckets: Mutex::default() }
    }

    /// Takes one token, or says in how many seconds there will be one.
    pub fn take(&self, key: &str, now: Timestamp) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|_, (left, at)| self.filled(*left, *at, now) < self.burst);
        }
        let (left, at) = buckets.get(key).copied().unwrap_or((self.burst, now));
        let left = self.filled(left, at, now);
        if left < 1.0 {
            buckets.insert(key.to_owned(), (left, now));
            return Err(((1.0 - left) / self.per_second).ceil() as u64);
        }
        buckets.insert(key.to_owned(), (left - 1.0, now));
        Ok(())
    }

    fn filled(&self, left: f64, at: Timestamp, now: Timestamp) -> f64 {
        (left + now.duration_since(at).as_secs_f64().max(0.0) * self.per_second).min(self.burst)
    }
}

/// Failed sign-ins in a row that cost nothing yet.
const FREE_FAILURES: u32 = 4;
/// Longest a login is locked, in seconds.
const LONGEST_LOCK: i64 = 30 * 60;

/// Seconds a login is locked after so many failures in a row: none at first, then 30 s, doubling with each further
/// failure up to half an hour.
pub(crate) fn lock_after(failures: u32) -> i64 {
    match failures.checked_sub(FREE_FAILURES + 1) {
        None => 0,
        Some(beyond) => 30i64.checked_shl(beyond.min(16)).unwrap_or(LONGEST_LOCK).min(LONGEST_LOCK),
    }
}

/// Seconds for which a login is still locked.
pub(crate) fn locked_for(attempts: Option<Attempts>, now: Timestamp) -> i64 {
    let left = |attempts: Attempts| lock_after(attempts.failures) - now.duration_since(attempts.last).as_secs();
    attempts.map_or(0, left).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let throttle = Throttle::new(2, 60);
        assert_eq!([0, 0, 0].map(|second| throttle.take("a", at(second)).is_ok()), [true, true, false]);
        assert_eq!(throttle.take("b", at(0)), Ok(()), "each client has its own");
        assert_eq!(throttle.take("a", at(0)), Err(1));
        assert_eq!(throttle.take("a", at(1)), Ok(()));
    }

    #[test]
    fn a_lock_grows_with_failures_and_ends() {
        assert_eq!([4, 5, 6, 7, 30].map(lock_after), [0, 30, 60, 120, 1800]);
        let lock = |failures, after| locked_for(Some(Attempts { failures, last: at(0) }), at(after));
        assert_eq!((lock(5, 29), lock(5, 30), lock(4, 0), locked_for(None, at(0))), (1, 0, 0, 0));
    }
}
