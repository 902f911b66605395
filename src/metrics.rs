//! Figures for Prometheus, on a loopback listener of their own.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::http::Shared;

/// Serves `/metrics`; returns the bound address and the task.
///
/// # Errors
/// The address is taken.
pub async fn serve(address: SocketAddr, state: Shared) -> anyhow::Result<(SocketAddr, tokio::task::JoinHandle<()>)> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("metrics on {address}"))?;
    let bound = listener.local_addr().context("metrics address")?;
    let router = Router::new().route("/metrics", get(show)).with_state(state);
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "metrics listener ended");
        }
    });
    Ok((bound, task))
}

async fn show(State(state): State<Shared>) -> impl IntoResponse {
    let mut page = Page::default();
    page.gauge("airclass_lessons", "Lessons with a running task.", state.conductors.count());
    page.gauge("airclass_connections", "Open signaling connections.", state.conductors.connections());
    let stats = state.engine.stats().await;
    page.gauge("airclass_media_pending", "Media sessions answered but not heard of yet.", stats.pending);
    page.gauge("airclass_media_peers", "Media sessions.", stats.peers.len());
    let sum = |figure: fn(&airclass_media::WorkerStats) -> u64| stats.workers.iter().map(figure).sum::<u64>();
    page.counter("airclass_media_datagrams_in_total", "Datagrams read.", sum(|worker| worker.datagrams_in));
    page.counter("airclass_media_datagrams_out_total", "Datagrams written.", sum(|worker| worker.datagrams_out));
    page.counter("airclass_media_send_calls_total", "System calls that wrote them.", sum(|worker| worker.send_calls));
    page.counter("airclass_media_handed_over_total", "Strays given to their worker.", sum(|worker| worker.handed_over));
    page.head("airclass_media_dropped_total", "Dropped at the media port, by reason.", "counter");
    let mut drops = airclass_media::DropStats::default();
    for worker in &stats.workers {
        drops.add(&worker.drops);
    }
    if let Ok(serde_json::Value::Object(reasons)) = serde_json::to_value(drops) {
        for (reason, count) in reasons {
            page.line(&format!("airclass_media_dropped_total{{reason=\"{reason}\"}}"), &count);
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.text)
}

/// The text format, version 0.0.4.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, value: &impl std::fmt::Display) {
        let _ = writeln!(self.text, "{name} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: usize) {
        self.head(name, help, "gauge");
        self.line(name, &value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(name, &value);
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn the_text_format() {
        let mut page = Page::default();
        page.gauge("a", "An a.", 3);
        assert_eq!(page.text, "# HELP a An a.\n# TYPE a gauge\na 3\n");
    }
}
