//! `airclass doctor`: can this machine serve? One line per check, in plain words.

use std::net::{TcpListener, UdpSocket};

use anyhow::bail;
use clap::Args;

use super::Source;
use crate::config::Config;
use crate::db::Db;
use crate::tls;

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    source: Source,
}

#[derive(Default)]
struct Report {
    bad: usize,
}

impl Report {
    fn line(&mut self, what: &str, result: Result<String, String>) {
        match result {
            Ok(detail) => println!("ok    {what}: {detail}"),
            Err(detail) => {
                self.bad += 1;
                println!("FAIL  {what}: {detail}");
            }
        }
    }
}

impl Doctor {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut report = Report::default();
        let config = match self.source.load() {
            Ok(config) => config,
            Err(error) => bail!("configuration: {error:#}"),
        };
        report.line("configuration", Ok("no unknown keys".to_owned()));
        report.line("data folder", folder(&config));
        let database = Db::open(&config.data.join("airclass.db")).await;
        report.line("database", database.map(|_| "opens".to_owned()).map_err(|error| error.to_string()));
        ports(&config, &mut report);
        tls::install_provider();
        let certificate = tls::load(&config).await;
        report.line("certificate", certificate.map(|_| "usable".to_owned()).map_err(|error| format!("{error:#}")));
        let addresses: Vec<String> = tls::local_addresses().iter().map(ToString::to_string).collect();
        report.line("addresses", Ok(addresses.join(", ")));
        if report.bad > 0 { bail!("{} checks failed", report.bad) } else { Ok(()) }
    }
}

fn folder(config: &Config) -> Result<String, String> {
    let path = &config.data;
    let probe = path.join(".doctor");
    std::fs::create_dir_all(path)
        .and_then(|()| std::fs::write(&probe, b"x"))
        .and_then(|()| std::fs::remove_file(&probe))
        .map(|()| format!("{} can be written", path.display()))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn ports(config: &Config, report: &mut Report) {
    let tcp = [("HTTP", Some(config.http)), ("HTTPS", config.https), ("metrics", config.metrics)];
    for (what, address) in tcp {
        let Some(address) = address else { continue };
        let free = TcpListener::bind(address).map(|_| format!("{address} is free"));
        report.line(what, free.map_err(|error| format!("{address}: {error}; is airclass running already?")));
    }
    let free = UdpSocket::bind(config.media).map(|_| format!("UDP {} is free", config.media));
    report.line("media", free.map_err(|error| format!("UDP {}: {error}", config.media)));
}
