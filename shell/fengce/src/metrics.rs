//! `/metrics`: what those who watch the machine measure, in the text format that Prometheus reads, on a listener of
//! its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Context;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use office::{Hall, Health};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use tokio::net::TcpListener;

/// As the format is called on the wire.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Jobs by their state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Jobs {
    state: String,
}

/// Everything measured, and the gauges that are read when somebody asks.
pub struct Metrics {
    hall: Hall,
    registry: Registry,
    queue: Gauge,
    sequence: Gauge,
    working: Gauge,
    sessions: Gauge,
    undelivered: Gauge,
    jobs: Family<Jobs, Gauge>,
    checkpoint: Gauge<f64, AtomicU64>,
}

impl Metrics {
    /// Of a city and the pages over it.
    pub fn new(hall: &Hall, pages: &web::Measures) -> Self {
        let mut registry = Registry::with_prefix("fengce");
        hall.office.measures().register(&mut registry);
        pages.register(&mut registry);
        let metrics = Self {
            hall: hall.clone(),
            registry: Registry::default(),
            queue: Gauge::default(),
            sequence: Gauge::default(),
            working: Gauge::default(),
            sessions: Gauge::default(),
            undelivered: Gauge::default(),
            jobs: Family::default(),
            checkpoint: Gauge::default(),
        };
        let Self { queue, sequence, working, sessions, undelivered, jobs, checkpoint, .. } = &metrics;
        registry.register("queue_length", "Commands that wait to be carried out", queue.clone());
        registry.register("ledger_sequence", "Sequence of the last durable event", sequence.clone());
        registry.register("working", "1 while commands are accepted, 0 when the process must restart", working.clone());
        registry.register("sessions", "Sessions that have not ended", sessions.clone());
        registry.register("outbox", "Messages that no channel took yet", undelivered.clone());
        registry.register("jobs", "Long work, by state", jobs.clone());
        let help = "When the last checkpoint of the ledger was signed, in Unix time";
        registry.register_with_unit("checkpoint_timestamp", help, Unit::Seconds, checkpoint.clone());
        Self { registry, ..metrics }
    }

    /// Reads the gauges and writes everything.
    async fn text(&self) -> anyhow::Result<String> {
        let office = &self.hall.office;
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.queue.set(number(office.waiting() as u64));
        self.sequence.set(number(office.published().head.sequence.0));
        self.working.set(i64::from(*office.health().borrow() == Health::Working));
        let census = self.hall.store().desk.census().await?;
        self.sessions.set(number(census.sessions));
        self.undelivered.set(number(census.undelivered));
        self.jobs.clear();
        for (state, count) in census.jobs {
            self.jobs.get_or_create(&Jobs { state }).set(number(count));
        }
        if let Some(last) = self.hall.checkpoints().await?.last() {
            self.checkpoint.set(last.at.as_second() as f64);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

async fn show(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.text().await {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the measurements could not be read");
            (StatusCode::INTERNAL_SERVER_ERROR, "the measurements could not be read").into_response()
        }
    }
}

/// Serves them until the process ends.
pub async fn serve(metrics: Metrics, address: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("无法在 {address} 提供 /metrics：端口可能已被占用，请换一个。"))?;
    let router = axum::Router::new().route("/metrics", axum::routing::get(show)).with_state(Arc::new(metrics));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the listener of /metrics ended");
        }
    });
    Ok(())
}
