//! `airclass watch`.

use std::path::PathBuf;

use clap::Args;

use super::start_log;
use crate::tools::door::Trust;
use crate::tools::watch::{WatchOptions, watch};

#[derive(Debug, Args)]
pub(super) struct Watch {
    /// WHEP address, e.g. https://host:8443/whep/LESSON.
    url: String,
    /// Bearer token.
    #[arg(long, env = "AIRCLASS_TOKEN", hide_env_values = true)]
    token: String,
    /// Write what comes to this file (.mp4 or .mkv).
    #[arg(long, value_name = "OUT")]
    record: Option<PathBuf>,
    /// Stop after so many seconds.
    #[arg(long)]
    seconds: Option<u64>,
    /// Believe any server certificate.
    #[arg(long)]
    insecure: bool,
}

impl Watch {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        start_log("info");
        let trust = if self.insecure { Trust::Anything } else { Trust::System };
        let options =
            WatchOptions { url: self.url, token: self.token, record: self.record, seconds: self.seconds, trust };
        let stop = async {
            // Without a signal handler the watch goes on until it ends by itself.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let watched = watch(&options, stop).await?;
        println!(
            "{}",
            serde_json::json!({
                "pictures": watched.pictures,
                "broken": watched.broken,
                "sounds": watched.sounds,
                "lost": watched.lost,
            })
        );
        Ok(())
    }
}
