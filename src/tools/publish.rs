//! `airclass publish`: a file or the test card into a lesson, in real time, until it ends or is stopped.

use std::time::Duration;

use super::door::Trust;
use super::media::Feed;
use super::program::{PlayEnd, Program};
use super::whip::Publisher;
use super::{JoinOptions, ToolError};

/// Waits between sessions: short at first, so that a restart of the server costs little.
const BACKOFF: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// What to publish and where to.
#[derive(Clone, Debug)]
pub struct PublishOptions {
    /// The source.
    pub feed: Feed,
    /// WHIP address.
    pub to: String,
    /// Bearer token.
    pub token: String,
    /// Which server certificates are believed.
    pub trust: Trust,
}

/// Publishes until the source ends, the server refuses, or the future is dropped. A lost session is joined again.
///
/// # Errors
/// A refusal by the server, a source that can't be read.
pub async fn publish(options: &PublishOptions) -> Result<(), ToolError> {
    let mut program = Program::start(options.feed.clone()).await?;
    let mut join = JoinOptions::new(&options.to, &options.token);
    join.trust = options.trust;
    let mut failures = 0;
    loop {
        let error = match Publisher::join(&join, program.tracks()).await {
            Ok(publisher) => {
                tracing::info!(to = %options.to, "publishing");
                failures = 0;
                let end = tokio::select! {
                    end = program.play(&publisher, |_| {}) => end?,
                    () = publisher.ended() => PlayEnd::Disconnected,
                };
                publisher.leave().await;
                if end == PlayEnd::Finished {
                    return Ok(());
                }
                ToolError::Gone("the session was lost")
            }
            Err(error @ (ToolError::Refused { .. } | ToolError::Address(_))) if !passing(&error) => return Err(error),
            Err(error) => error,
        };
        let wait = BACKOFF[failures.min(BACKOFF.len() - 1)];
        failures += 1;
        tracing::info!(%error, wait_ms = wait.as_millis(), "publishing again soon");
        tokio::time::sleep(wait).await;
    }
}

/// A refusal that may be over in a moment.
fn passing(error: &ToolError) -> bool {
    matches!(error, ToolError::Refused { status: 429 | 500..=599, .. })
}
