//! Figures for Prometheus, on a loopback listener of their own.
//!
//! Names, units and kinds follow its conventions. The figures are those of the moment they are asked for; nothing is
//! kept here.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

mod media;
mod page;

use crate::http::Shared;
use page::Page;

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
    media::write(&mut page, &state.engine.stats().await);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.finish())
}
