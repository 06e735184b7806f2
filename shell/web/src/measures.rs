//! What the gate counts about requests, for whoever watches the machine.

use std::time::Duration;

use axum::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::route::{Method, RouteCard};

/// Requests by route and how they were answered. Patterns, never addresses: what people look at stays out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    pattern: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    pattern: &'static str,
}

#[derive(Clone, Debug)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    /// From one millisecond to 32 seconds.
    fn new_metric(&self) -> Histogram {
        Histogram::new(exponential_buckets(0.001, 2.0, 16))
    }
}

/// Counted since the process started.
#[derive(Clone, Debug)]
pub struct Measures {
    answered: Family<Answered, Counter>,
    took: Family<Asked, Histogram, Buckets>,
}

impl Default for Measures {
    fn default() -> Self {
        Self { answered: Family::default(), took: Family::new_with_constructor(Buckets) }
    }
}

impl Measures {
    /// Puts them under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("requests", "Requests answered, by route and status", self.answered.clone());
        let help = "From the first byte of the request to the answer's head, by route";
        registry.register_with_unit("request", help, Unit::Seconds, self.took.clone());
    }

    pub(crate) fn answered(&self, card: &RouteCard, status: StatusCode, took: Duration) {
        let (method, pattern) = (method(card.method), card.pattern);
        self.answered.get_or_create(&Answered { method, pattern, status: status.as_u16() }).inc();
        self.took.get_or_create(&Asked { method, pattern }).observe(took.as_secs_f64());
    }
}

pub(crate) const fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
    }
}
