//! nginx serving a recording's folder: one process on loopback with a configuration of its own.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::clock;
use crate::server::{Figures, on_cores};

/// How long it may take to listen.
const START: Duration = Duration::from_secs(10);

/// A running nginx; it ends when dropped.
pub(crate) struct Nginx {
    child: Child,
    pub(crate) http: SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    /// Where Debian puts it; `None` when it is not installed.
    pub(crate) fn installed() -> Option<PathBuf> {
        ["/usr/sbin/nginx", "/usr/bin/nginx"].map(PathBuf::from).into_iter().find(|path| path.exists())
    }

    /// Serves `root` from these cores.
    pub(crate) async fn start(binary: &Path, root: &Path, cores: &[usize]) -> Result<Self> {
        let folder = TempDir::new()?;
        let at = folder.path();
        // A free port, as far as one can tell beforehand.
        let http = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        fs::write(at.join("nginx.conf"), configuration(at, root, http))?;
        let mut command = Command::new(binary);
        command.arg("-p").arg(at).arg("-c").arg(at.join("nginx.conf")).arg("-e").arg(at.join("error.log"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let child = on_cores(cores, || command.spawn())?.context("starting nginx")?;
        let begun = clock::now();
        while TcpStream::connect(http).await.is_err() {
            if clock::now().saturating_duration_since(begun) > START {
                bail!("nginx does not listen: {}", fs::read_to_string(at.join("error.log")).unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { child, http, _folder: folder })
    }

    /// Its CPU time and memory now.
    pub(crate) fn figures(&self) -> Result<Figures> {
        Figures::of(self.child.id().context("nginx has ended")?)
    }
}

/// One process in the foreground that stays who it is: its CPU time is that of one pid, and it may read what this
/// process wrote.
fn configuration(at: &Path, root: &Path, http: SocketAddr) -> String {
    let (at, root) = (at.display(), root.display());
    format!(
        "daemon off;\nmaster_process off;\npid {at}/nginx.pid;\nerror_log {at}/error.log;\n\
         events {{ worker_connections 2048; }}\n\
         http {{\n\
         access_log off;\nsendfile on;\ntcp_nopush on;\ntcp_nodelay on;\nkeepalive_requests 1000000;\n\
         client_body_temp_path {at}/body;\nproxy_temp_path {at}/proxy;\nfastcgi_temp_path {at}/fastcgi;\n\
         uwsgi_temp_path {at}/uwsgi;\nscgi_temp_path {at}/scgi;\n\
         types {{ application/vnd.apple.mpegurl m3u8; video/iso.segment m4s; video/mp4 mp4; }}\n\
         server {{ listen {http} backlog=1024; root {root}; }}\n\
         }}\n"
    )
}
