//! The HTTP doors: JSON API, WHIP and WHEP, the signaling socket, recordings' files, the web client.
//!
//! Handlers translate: who calls ([`caller`]), may they ([`crate::rights`]), what does the database or the lesson's
//! conductor say, and in which shape is it answered. Nothing is decided about lessons here.

use std::sync::Arc;
use std::time::Duration;

use airclass_media::Engine;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::accounts::throttle::Throttle;
use crate::conductor::{Conductors, MediaTokens};
use crate::config::Config;
use crate::db::Db;
use crate::pairing::Pairings;
use crate::polls::{Claims, Codes};
use crate::report::follow_ups::FollowUps;
use crate::uploads::Uploads;

pub mod assets;
pub mod body;
pub mod caller;
pub mod cards;
mod checks;
mod classrooms;
mod decks;
pub mod error;
mod files;
mod health;
mod lessons;
mod library;
mod observations;
mod origin;
mod pairing;
pub mod permits;
mod polls;
mod report;
mod security;
mod session;
mod setup;
mod socket;
mod statistics;
mod takeover;
mod tokens;
mod unread;
mod uploads;
mod whep;
mod whip;
mod whole_file;
mod wish;

pub use error::ApiError;

/// A body that stops arriving for so long ends its request.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// What every handler can reach.
#[derive(Debug)]
pub struct App {
    /// Configuration.
    pub config: Config,
    /// Database.
    pub db: Db,
    /// Failed sign-ins.
    pub throttle: std::sync::Mutex<Throttle>,
    /// Codes of screens that are being paired.
    pub pairings: std::sync::Mutex<Pairings>,
    /// Files on their way in.
    pub uploads: Uploads,
    /// What is left of ended lessons.
    pub follow_ups: FollowUps,
    /// Codes by which pupils' devices find a lesson.
    pub poll_codes: Codes,
    /// Which of them answers for which seat.
    pub poll_claims: std::sync::Mutex<Claims>,
    /// Rights to recordings, for the while they are believed.
    pub permits: permits::Permits,
    /// Media tokens of open connections.
    pub media_tokens: MediaTokens,
    /// Lessons' tasks.
    pub conductors: Conductors,
    /// Media engine.
    pub engine: Engine,
}

/// The state of the router.
pub type Shared = Arc<App>;

/// Which listener a request came in by.
#[derive(Clone, Copy, Debug)]
pub struct Listener {
    /// Whether it is HTTPS.
    pub secure: bool,
}

/// The whole router, for one listener.
pub fn router(state: Shared, listener: Listener) -> Router {
    let compress = CompressionLayer::new().gzip(true).compress_when(
        SizeAbove::new(1024)
            .and(NotForContentType::IMAGES)
            .and(NotForContentType::const_new("video/"))
            .and(NotForContentType::const_new("audio/"))
            .and(NotForContentType::const_new("application/pdf"))
            .and(NotForContentType::const_new("application/sdp")),
    );
    Router::new()
        .nest("/api", api())
        .route("/whip/{lesson}", post(whip::publish).options(wish::endpoint_options))
        .route("/whip/{lesson}/{resource}", wish::resource_routes())
        .route("/whep/{lesson}", post(whep::receive).options(wish::endpoint_options))
        .route("/whep/{lesson}/{resource}", wish::resource_routes())
        .route("/ws/{lesson}", get(socket::upgrade))
        .route("/media/decks/{deck}", get(decks::deck))
        .route("/media/clips/{clip}", get(decks::clip))
        .route("/media/recordings/{recording}/{*path}", get(files::file))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(assets::serve)
        .layer(axum::middleware::from_fn(wish::cors))
        .layer(DefaultBodyLimit::max(body::JSON_BYTES))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(axum::middleware::from_fn(unread::drop_rest))
        .layer(compress)
        .layer(axum::middleware::map_response(security::headers))
        .layer(axum::Extension(listener))
        .with_state(state)
}

fn api() -> Router<Shared> {
    Router::new()
        .route("/setup", get(setup::needed).post(setup::first_administrator))
        .route("/session", get(session::show).post(session::sign_in).delete(session::sign_out))
        .route("/home", get(lessons::home))
        .route("/lessons", post(lessons::plan))
        .route("/lessons/{id}", get(lessons::show))
        .route("/lessons/{id}/start", post(lessons::start))
        .route("/lessons/{id}/end", post(lessons::end))
        .route("/lessons/{id}/uploads", post(uploads::begin))
        .route("/lessons/{id}/decks", get(decks::list))
        .route("/lessons/{id}/decks/{deck}", delete(decks::remove))
        .route("/uploads/{id}", get(uploads::show).patch(uploads::append).delete(uploads::cancel))
        .route("/lessons/{id}/takeover", post(takeover::take_over))
        .route("/lessons/{id}/checks", post(checks::note))
        .route("/lessons/{id}/report", get(report::show))
        .route("/lessons/{id}/report.csv", get(report::csv))
        .route("/lessons/{id}/observation", get(observations::show).put(observations::write))
        .route("/lessons/{id}/observations", get(observations::list))
        .route("/preflight", get(checks::board))
        .route("/follow-ups", get(report::follow_ups))
        .route("/lessons/{id}/poll-code", get(polls::code))
        .route("/polls/{code}", get(polls::show).post(polls::answer))
        .route("/lessons/{id}/statistics", get(statistics::show))
        .route("/lessons/{id}/tokens", post(tokens::issue))
        .route("/schools", get(classrooms::schools))
        .route("/classrooms", get(classrooms::list).post(classrooms::add))
        .route("/classrooms/{id}", get(classrooms::show).patch(classrooms::change))
        .route("/classrooms/{id}/seats", put(classrooms::set_seats))
        .route("/pairing", post(pairing::begin))
        .route("/pairing/{code}", get(pairing::look))
        .route("/pairing/{code}/offer", get(pairing::offer))
        .route("/pairing/{code}/confirm", post(pairing::confirm))
        .route("/pairing/{code}/refuse", post(pairing::refuse))
        .route("/devices", get(pairing::devices))
        .route("/devices/{id}", delete(pairing::revoke))
        .route("/library", get(library::list))
        .route("/recordings/{id}", get(library::show))
        .fallback(|| async { ApiError::not_found() })
        .method_not_allowed_fallback(method_not_allowed)
}

async fn method_not_allowed(request: Request) -> Response {
    // A preflight for a door without an OPTIONS handler: nothing is allowed across sites.
    if request.method() == Method::OPTIONS {
        return axum::http::StatusCode::NO_CONTENT.into_response();
    }
    ApiError::method_not_allowed().into_response()
}

#[cfg(test)]
#[path = "http/tests.rs"]
mod tests;
