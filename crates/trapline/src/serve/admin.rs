//! The admin listener: `/healthz` for load balancers and supervisors, `/metrics` for Prometheus.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use journal::{FileJournal, Journal};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::failure::{Failure, Kind};

/// What `/healthz` is answered from.
#[derive(Clone)]
pub struct Health {
    journal: Arc<FileJournal>,
}

impl Health {
    /// The health of a server with this journal.
    pub fn new(journal: Arc<FileJournal>) -> Self {
        Self { journal }
    }
}

#[derive(Clone)]
struct Shared {
    health: Health,
    metrics: PrometheusHandle,
}

/// Serves it until `stop`.
pub fn spawn(
    (listener, bound): (TcpListener, SocketAddr),
    health: Health,
    tasks: &mut JoinSet<io::Result<()>>,
    stop: &CancellationToken,
) -> Result<SocketAddr, Failure> {
    let metrics = PrometheusBuilder::new()
        .install_recorder()
        .map_err(|error| Failure::new(Kind::Failed, format!("metrics can't be gathered: {error}")))?;
    let upkeep = metrics.clone();
    let stop_upkeep = stop.clone();
    tasks.spawn(async move {
        // Histograms are drained now and then even if nobody asks, or they would grow.
        while stop_upkeep.run_until_cancelled(tokio::time::sleep(std::time::Duration::from_secs(5))).await.is_some() {
            upkeep.run_upkeep();
        }
        Ok(())
    });
    let router = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(render))
        .with_state(Shared { health, metrics });
    let stop = stop.clone();
    tasks.spawn(async move {
        axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await }).await
    });
    Ok(bound)
}

/// 200 while the journal takes events, 503 with the reason while it doesn't.
async fn healthz(State(shared): State<Shared>) -> impl IntoResponse {
    match shared.health.journal.append(Vec::new()).await {
        Ok(_) => (StatusCode::OK, "ok\n".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

async fn render(State(shared): State<Shared>) -> impl IntoResponse {
    metrics::gauge!("trapline_journal_end").set(shared.health.journal.end().0 as f64);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], shared.metrics.render())
}
