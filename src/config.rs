//! Configuration: defaults, then a TOML file, then `AIRCLASS_*` environment variables, then the command line.
//!
//! Every key is flat, so that `demo_lesson_seconds` in the file is `AIRCLASS_DEMO_LESSON_SECONDS` in the environment.
//! Unknown keys are refused in both: a misspelt key must not be silently ignored.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

/// Everything an operator can set. Port 0 asks the system for a free port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Data folder: database, certificate, recordings. Created if missing.
    pub data: PathBuf,
    /// Plain HTTP; loopback only, because cookies on it are not `Secure`.
    pub http: SocketAddr,
    /// HTTPS; `None` (in TOML: `https_off = true`) serves plain HTTP only.
    pub https: Option<SocketAddr>,
    /// Switches HTTPS off, for servers behind a proxy on the same machine.
    pub https_off: bool,
    /// The one UDP port of the media plane.
    pub media: SocketAddr,
    /// Prometheus metrics; loopback only.
    pub metrics: Option<SocketAddr>,
    /// Addresses offered to browsers as ICE candidates; empty means every address of this machine.
    pub advertise: Vec<IpAddr>,
    /// Media worker threads; 0 means one per core.
    pub media_workers: usize,
    /// While somebody may join late a keyframe is asked for this often, milliseconds.
    pub keyframe_interval_ms: u64,
    /// Certificate chain and key (PEM). Both or neither; without them the server makes its own on first run.
    pub tls_cert: Option<PathBuf>,
    /// Key that belongs to `tls_cert`.
    pub tls_key: Option<PathBuf>,
    /// Extra names and addresses for the server's own certificate.
    pub tls_names: Vec<String>,
    /// Origins besides the server's own that may use cookies, e.g. `https://school.example`.
    pub origins: Vec<String>,
    /// ICE servers announced in WHIP and WHEP `Link` headers, e.g. `stun:stun.school.example:3478`.
    pub ice_servers: Vec<String>,
    /// Sound slots of a receiver.
    pub audio_slots: u8,
    /// Picture slots of a receiver.
    pub video_slots: u8,
    /// Receiving sessions one account may have in one lesson: a few tabs, a phone, one that is being replaced.
    pub sessions_per_account: usize,
    /// Seed demo schools, accounts and a live lesson with a synthetic studio.
    pub demo: bool,
    /// Length of one demo lesson, seconds.
    pub demo_lesson_seconds: u64,
    /// Whether the demo's synthetic studio publishes; tests that bring their own studio switch it off.
    pub demo_studio: bool,
    /// Login sessions end after so many hours without use.
    pub session_hours: u32,
    /// How long a graceful stop may take, seconds.
    pub stop_seconds: u64,
    /// The program that looks at uploaded files in a process of its own; without one this process does.
    #[serde(skip)]
    pub upload_checker: Option<PathBuf>,
    /// Log filter in the syntax of `tracing`, e.g. `info,airclass=debug`.
    pub log: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            https: Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443))),
            https_off: false,
            media: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443)),
            metrics: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 9464))),
            advertise: Vec::new(),
            media_workers: 0,
            keyframe_interval_ms: 6_000,
            tls_cert: None,
            tls_key: None,
            tls_names: Vec::new(),
            origins: Vec::new(),
            ice_servers: Vec::new(),
            audio_slots: 7,
            video_slots: 4,
            sessions_per_account: 12,
            demo: false,
            demo_lesson_seconds: 600,
            demo_studio: true,
            session_hours: 12,
            stop_seconds: 10,
            upload_checker: None,
            log: "info,rtc=warn,rtc_ice=warn,rtc_dtls=error,webrtc=warn".to_owned(),
        }
    }
}

/// Why a configuration is refused. The text names the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file or an environment variable does not parse, or has a key that does not exist.
    #[error("configuration: {0}")]
    Read(Box<figment::Error>),
    /// A value contradicts another or a rule.
    #[error("configuration: `{key}`: {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Config {
    /// Reads `file` (if given it must exist) and the environment over the defaults.
    ///
    /// # Errors
    /// A missing file, a syntax error, an unknown key, a value out of range.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(path) = file {
            figment = figment.merge(Toml::file_exact(path));
        }
        let config: Self = figment
            .merge(Env::prefixed("AIRCLASS_").ignore(&["config"]))
            .extract()
            .map_err(|error| ConfigError::Read(Box::new(error)))?;
        config.checked()
    }

    /// A configuration for tests and tools in this process: everything on loopback, every port free, no demo.
    pub fn ephemeral(data: impl Into<PathBuf>) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            data: data.into(),
            http: any,
            https: Some(any),
            media: any,
            metrics: Some(any),
            advertise: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            stop_seconds: 5,
            ..Self::default()
        }
    }

    /// Checks what a type can't.
    ///
    /// # Errors
    /// Names the first key that is wrong.
    pub fn checked(mut self) -> Result<Self, ConfigError> {
        let refuse = |key, reason| Err(ConfigError::Value { key, reason });
        if !self.http.ip().is_loopback() {
            return refuse("http", "plain HTTP is for loopback only; serve other machines over `https`");
        }
        if self.metrics.is_some_and(|address| !address.ip().is_loopback()) {
            return refuse("metrics", "metrics are for loopback only");
        }
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return refuse("tls_cert", "`tls_cert` and `tls_key` belong together");
        }
        if self.audio_slots == 0 || self.audio_slots > 8 || self.video_slots == 0 || self.video_slots > 8 {
            return refuse("audio_slots", "slots go from 1 to 8");
        }
        if !(1_000..=60_000).contains(&self.keyframe_interval_ms) {
            return refuse("keyframe_interval_ms", "from 1000 to 60000");
        }
        if !(10..=14_400).contains(&self.demo_lesson_seconds) {
            return refuse("demo_lesson_seconds", "from 10 to 14400");
        }
        if self.session_hours == 0 || self.session_hours > 24 * 90 {
            return refuse("session_hours", "from 1 to 2160");
        }
        if self.https_off {
            self.https = None;
        }
        Ok(self)
    }

    /// Idle life of a login session.
    pub fn session_life(&self) -> Duration {
        Duration::from_secs(u64::from(self.session_hours) * 3_600)
    }

    /// The plain-HTTP address a client in this machine would use for `bound`.
    pub fn reachable(bound: SocketAddr) -> SocketAddr {
        let ip = match bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        SocketAddr::new(ip, bound.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_toml(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("airclass.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(Some(&path))
    }

    #[test]
    fn the_file_overrides_the_defaults() {
        let config = from_toml("http = \"127.0.0.1:9000\"\nadvertise = [\"10.0.0.5\"]\ndemo = true").unwrap();
        assert_eq!(config.http.port(), 9000);
        assert_eq!(config.advertise, ["10.0.0.5".parse::<IpAddr>().unwrap()]);
        assert!(config.demo);
        assert_eq!(config.keyframe_interval_ms, 6_000);
    }

    #[test]
    fn refused_configurations_name_their_key() {
        for (text, key) in [
            ("htpp = \"127.0.0.1:1\"", "htpp"),
            ("http = \"0.0.0.0:80\"", "http"),
            ("metrics = \"0.0.0.0:80\"", "metrics"),
            ("tls_cert = \"a.pem\"", "tls_key"),
            ("video_slots = 9", "slots"),
            ("demo_lesson_seconds = 1", "demo_lesson_seconds"),
            ("session_hours = 0", "session_hours"),
            ("http = 12", "http"),
        ] {
            let error = from_toml(text).expect_err(text).to_string();
            assert!(error.contains(key), "{text}: {error}");
        }
    }

    #[test]
    fn https_can_be_switched_off() {
        assert_eq!(from_toml("https_off = true").unwrap().https, None);
    }

    #[test]
    fn a_named_file_must_exist() {
        assert!(Config::load(Some(Path::new("/nonexistent/airclass.toml"))).is_err());
    }
}
