//! `airclass publish`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::start_log;
use crate::tools::door::Trust;
use crate::tools::media::{CardConfig, Feed};
use crate::tools::publish::{PublishOptions, publish};

#[derive(Debug, Args)]
pub(super) struct Publish {
    /// File to publish; what is not H.264 without B-frames or Opus is encoded again.
    file: Option<PathBuf>,
    /// Publish the test card with its voice.
    #[arg(long)]
    test_card: bool,
    /// WHIP address, e.g. https://host:8443/whip/LESSON?source=camera.
    #[arg(long, value_name = "URL")]
    to: String,
    /// Bearer token.
    #[arg(long, env = "AIRCLASS_TOKEN", hide_env_values = true)]
    token: String,
    /// Start the file over at its end.
    #[arg(long = "loop")]
    looped: bool,
    /// Believe any server certificate.
    #[arg(long)]
    insecure: bool,
}

impl Publish {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        start_log("info");
        let feed = match (self.file, self.test_card) {
            (Some(path), false) => Feed::File { path, looped: self.looped },
            (None, true) => Feed::Card(CardConfig::DEMO),
            _ => bail!("give a file or --test-card"),
        };
        let trust = if self.insecure { Trust::Anything } else { Trust::System };
        let options = PublishOptions { feed, to: self.to, token: self.token, trust };
        tokio::select! {
            done = publish(&options) => Ok(done?),
            interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        }
    }
}
