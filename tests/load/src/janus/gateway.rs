//! The Janus process and its configuration.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::ADDRESS;
use crate::server::{Figures, on_cores};

const BINARY: &str = "/usr/bin/janus";
const HTTP_PORT: u16 = 18088;
const AUDIO_PORT: u16 = 18002;
const VIDEO_PORT: u16 = 18004;
/// How long it may take to listen.
const START: Duration = Duration::from_secs(10);

/// Whether there is a Janus to compare with.
pub(crate) fn is_installed() -> bool {
    Path::new(BINARY).exists()
}

/// A running Janus; it ends when dropped.
pub(crate) struct Gateway {
    child: Child,
    folder: TempDir,
}

impl Gateway {
    /// Starts it on these cores.
    pub(crate) async fn start(cores: &[usize]) -> Result<Self> {
        let folder = TempDir::new()?;
        let at = folder.path();
        fs::write(at.join("janus.jcfg"), main_config(at))?;
        fs::write(at.join("janus.transport.http.jcfg"), http_config())?;
        fs::write(at.join("janus.plugin.streaming.jcfg"), streaming_config())?;
        let log = fs::File::create(at.join("janus.log"))?;
        let mut command = Command::new(BINARY);
        command
            .arg("--configs-folder")
            .arg(at)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        let child = on_cores(cores, || command.spawn())??;
        let gateway = Self { child, folder };
        let begun = crate::clock::now();
        while TcpStream::connect(("127.0.0.1", HTTP_PORT)).await.is_err() {
            if crate::clock::now().saturating_duration_since(begun) > START {
                bail!("Janus does not listen: {}", fs::read_to_string(at_log(&gateway)).unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(gateway)
    }

    /// Its CPU time and memory now.
    pub(crate) fn figures(&self) -> Result<Figures> {
        Figures::of(self.child.id().context("Janus has ended")?)
    }

    /// The address of its API.
    pub(crate) fn api() -> String {
        format!("http://127.0.0.1:{HTTP_PORT}/janus")
    }

    /// Where sound and picture go as plain RTP.
    pub(crate) fn feeds() -> (u16, u16) {
        (AUDIO_PORT, VIDEO_PORT)
    }
}

fn at_log(gateway: &Gateway) -> std::path::PathBuf {
    gateway.folder.path().join("janus.log")
}

fn main_config(folder: &Path) -> String {
    let folder = folder.display();
    let library = "/usr/lib/x86_64-linux-gnu/janus";
    format!(
        "general: {{ configs_folder = \"{folder}\"; plugins_folder = \"{library}/plugins\"; \
         transports_folder = \"{library}/transports\"; events_folder = \"{library}/events\"; \
         loggers_folder = \"{library}/loggers\"; debug_level = 2; session_timeout = 0; interface = \"{ADDRESS}\"; }}\n\
         media: {{ rtp_port_range = \"20000-60000\"; }}\n\
         nat: {{ ice_enforce_list = \"{ADDRESS}\"; full_trickle = false; }}\n\
         plugins: {{ disable = \"libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,\
         libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_textroom.so,libjanus_videocall.so,\
         libjanus_videoroom.so,libjanus_voicemail.so\"; }}\n\
         transports: {{ disable = \"libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so,\
         libjanus_websockets.so\"; }}\n"
    )
}

fn http_config() -> String {
    format!(
        "general: {{ json = \"compact\"; base_path = \"/janus\"; http = true; port = {HTTP_PORT}; ip = \"127.0.0.1\"; \
         https = false; }}\nadmin: {{ admin_http = false; }}\n"
    )
}

fn streaming_config() -> String {
    format!(
        "load: {{ type = \"rtp\"; id = 1; description = \"load\"; media = (\n\
         {{ type = \"audio\"; mid = \"0\"; port = {AUDIO_PORT}; pt = 111; codec = \"opus\"; }},\n\
         {{ type = \"video\"; mid = \"1\"; port = {VIDEO_PORT}; pt = 102; codec = \"h264\"; \
         fmtp = \"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\"; }}\n); }}\n"
    )
}
