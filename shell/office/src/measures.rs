//! What the office counts about itself, for whoever watches the machine.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Ending {
    outcome: &'static str,
}

impl Ending {
    pub const RECORDED: Self = Self { outcome: "recorded" };
    pub const REPEATED: Self = Self { outcome: "repeated" };
    pub const REFUSED: Self = Self { outcome: "refused" };
    pub const FAILED: Self = Self { outcome: "failed" };
}

/// Counted since the process started.
#[derive(Debug)]
pub struct Measures {
    commands: Family<Ending, Counter>,
    batches: Counter,
    events: Counter,
    append: Histogram,
    pub(crate) replay: Gauge<f64, std::sync::atomic::AtomicU64>,
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            commands: Family::default(),
            batches: Counter::default(),
            events: Counter::default(),
            // From half a millisecond to eight seconds.
            append: Histogram::new(exponential_buckets(0.0005, 2.0, 15)),
            replay: Gauge::default(),
        }
    }
}

impl Measures {
    /// Puts them under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("commands", "Commands sent to the office, by how they ended", self.commands.clone());
        registry.register("batches", "Batches committed to the ledger", self.batches.clone());
        registry.register("events", "Events committed to the ledger", self.events.clone());
        let (append, replay) = ("Durable append of one batch to the ledger", "Replay of the ledger at start-up");
        registry.register_with_unit("append", append, Unit::Seconds, self.append.clone());
        registry.register_with_unit("replay", replay, Unit::Seconds, self.replay.clone());
    }

    pub(crate) fn ended(&self, ending: Ending) {
        self.commands.get_or_create(&ending).inc();
    }

    pub(crate) fn appended(&self, events: u64, took: Duration) {
        self.batches.inc();
        self.events.inc_by(events);
        self.append.observe(took.as_secs_f64());
    }
}
