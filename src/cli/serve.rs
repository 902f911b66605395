//! `airclass serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Source, start_log};
use crate::config::Config;
use crate::demo;
use crate::server::{Running, Server};
use crate::tls;

/// Exit status after a second signal.
const FORCED: i32 = 130;

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    source: Source,
    /// Seed demo schools and accounts, and keep a synthetic lesson live.
    #[arg(long)]
    demo: bool,
    /// Plain-HTTP address (loopback only).
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// HTTPS address.
    #[arg(long, value_name = "ADDR")]
    https: Option<SocketAddr>,
    /// Media address (UDP).
    #[arg(long, value_name = "ADDR")]
    media: Option<SocketAddr>,
    /// Metrics address (loopback only).
    #[arg(long, value_name = "ADDR")]
    metrics: Option<SocketAddr>,
    /// Print the bound addresses as one line of JSON on standard output.
    #[arg(long)]
    print_addresses: bool,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut config = self.source.load()?;
        config.demo |= self.demo;
        if let Some(http) = self.http {
            config.http = http;
        }
        if let Some(https) = self.https {
            config.https = Some(https);
        }
        if let Some(media) = self.media {
            config.media = media;
        }
        if let Some(metrics) = self.metrics {
            config.metrics = Some(metrics);
        }
        // This very program, also when its file was replaced by a newer one meanwhile.
        config.upload_checker = Some(PathBuf::from(format!("/proc/{}/exe", std::process::id())));
        start_log(&config.log);
        let (demo, data) = (config.demo, config.data.clone());
        // Before the start, so that a signal in the middle of it is not lost.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let running = Server::start(config).await?;
        if self.print_addresses {
            let https = running.https.map(|address| address.to_string());
            println!(
                "{}",
                serde_json::json!({
                    "http": running.http.to_string(),
                    "https": https,
                    "media": running.media.to_string(),
                    "metrics": running.metrics.map(|address| address.to_string()),
                })
            );
        }
        greet(&running, demo, &data);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping; a second signal ends at once");
        let stop = running.stop();
        tokio::select! {
            () = stop => Ok(()),
            _ = terminate.recv() => std::process::exit(FORCED),
            _ = interrupt.recv() => std::process::exit(FORCED),
        }
    }
}

/// Tells people where to go, on standard error, beside the log.
fn greet(running: &Running, demo: bool, data: &std::path::Path) {
    eprintln!();
    eprintln!("  airclass 空中课堂");
    eprintln!("  本机打开 on this machine    http://{}", Config::reachable(running.http));
    if let Some(https) = running.https {
        let addresses = if https.ip().is_unspecified() { tls::local_addresses() } else { vec![https.ip()] };
        for ip in addresses.into_iter().filter(|ip| !ip.is_loopback() && ip.is_ipv4()) {
            eprintln!("  教室打开 from classrooms    https://{}", SocketAddr::new(ip, https.port()));
        }
        if https.ip().is_loopback() {
            eprintln!("  HTTPS                       https://{https}");
        }
        eprintln!("                              （首次打开请信任证书 trust the certificate once per device）");
    }
    eprintln!("  媒体端口 media              UDP {}", running.media.port());
    eprintln!("  数据目录 data               {}", data.display());
    if demo {
        eprintln!();
        eprintln!("  演示账号 demo accounts      {:<12} {:<16}", "账号 name", "密码 password");
        for account in demo::ACCOUNTS {
            eprintln!("    {:<12} {:<16} {}", account.name, account.password, account.use_for);
        }
    }
    if let Some(code) = &running.setup_code {
        eprintln!();
        eprintln!("  首次启动：用此安装码创建管理员。 First start: make the administrator with this setup code.");
        eprintln!("    {code}");
    }
    eprintln!();
}
