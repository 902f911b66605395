//! The demo's studio: the test card with its voice, through the same WHIP door as everybody.

use super::ToolError;
use super::door::Trust;
use super::media::{CardConfig, Feed};
use super::publish::{PublishOptions, publish};

/// Publishes the test card to `whip` until the lesson no longer takes it, or the future is dropped.
///
/// # Errors
/// The refusal, e.g. because the lesson has ended; or what the encoders could not do.
pub async fn studio(whip: &str, token: &str) -> Result<(), ToolError> {
    publish(&PublishOptions {
        feed: Feed::Card(CardConfig::DEMO),
        to: whip.to_owned(),
        token: token.to_owned(),
        // The demo talks to its own server, whose certificate is its own as well.
        trust: Trust::Anything,
    })
    .await
}
