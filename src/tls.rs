//! HTTPS: the configured certificate, or one of the server's own, made on first run for every name of this machine.
//!
//! Browsers give pages the camera only over HTTPS. Accepting the server's own certificate once per device is enough in
//! a school's network; a certificate from an authority is two lines of configuration.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};

use crate::config::Config;

/// Most addresses put into a certificate or offered as candidates.
const ADDRESSES: usize = 16;

/// Makes AWS-LC the process's TLS provider. Harmless when repeated.
pub fn install_provider() {
    // An error says that a provider is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Addresses of this machine others could reach it by, LAN addresses first, loopback last.
pub fn local_addresses() -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .map(|interface| interface.ip())
        .filter(|ip| !ip.is_loopback() && !ip.is_unspecified() && !is_link_local(*ip))
        .collect();
    found.sort_by_key(IpAddr::is_ipv6);
    found.truncate(ADDRESSES);
    found.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
    found
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

/// The server's TLS configuration.
///
/// # Errors
/// Files that can't be read or are no certificate and key.
pub async fn load(config: &Config) -> anyhow::Result<RustlsConfig> {
    let (cert, key) = match (&config.tls_cert, &config.tls_key) {
        (Some(cert), Some(key)) => (cert.clone(), key.clone()),
        _ => own(config)?,
    };
    RustlsConfig::from_pem_file(&cert, &key)
        .await
        .with_context(|| format!("certificate {} with key {}", cert.display(), key.display()))
}

/// Paths of the server's own certificate and key, made if missing.
fn own(config: &Config) -> anyhow::Result<(PathBuf, PathBuf)> {
    let folder = config.data.join("tls");
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    if cert.exists() && key.exists() {
        return Ok((cert, key));
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("folder {}", folder.display()))?;
    let (cert_pem, key_pem) = make(&names(config))?;
    write_private(&key, &key_pem)?;
    write_private(&cert, &cert_pem)?;
    tracing::info!(path = %cert.display(), "made a certificate for this machine");
    Ok((cert, key))
}

fn names(config: &Config) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "airclass.local".to_owned()];
    if let Ok(host) = std::fs::read_to_string("/proc/sys/kernel/hostname") {
        names.push(host.trim().to_owned());
    }
    names.extend(local_addresses().iter().map(IpAddr::to_string));
    names.push(IpAddr::V6(Ipv6Addr::LOCALHOST).to_string());
    names.extend(config.tls_names.iter().cloned());
    // A host name that is no DNS name would spoil the whole certificate.
    names.retain(|name| {
        name.parse::<IpAddr>().is_ok()
            || (!name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.'))
    });
    names.sort_unstable();
    names.dedup();
    names
}

fn make(names: &[String]) -> anyhow::Result<(String, String)> {
    let key = KeyPair::generate().context("certificate key")?;
    let mut params = CertificateParams::new(names).context("certificate names")?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "airclass");
    params.distinguished_name = subject;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let cert = params.self_signed(&key).context("certificate")?;
    Ok((cert.pem(), key.serialize_pem()))
}

/// Writes through a temporary name, readable by the owner only.
fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .with_context(|| format!("file {}", temporary.display()))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path).with_context(|| format!("file {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_certificate_is_made_once_and_kept_private() {
        install_provider();
        let folder = tempfile::tempdir().unwrap();
        let config = Config::ephemeral(folder.path());
        load(&config).await.unwrap();
        let key = folder.path().join("tls/key.pem");
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        let before = std::fs::read(&key).unwrap();
        load(&config).await.unwrap();
        assert_eq!(std::fs::read(&key).unwrap(), before);
    }

    #[test]
    fn odd_names_are_left_out() {
        let config = Config { tls_names: vec!["bad name".into(), "ok.example".into()], ..Config::default() };
        let names = names(&config);
        assert!(names.contains(&"ok.example".to_owned()));
        assert!(!names.contains(&"bad name".to_owned()));
        assert!(make(&names).is_ok());
    }
}
