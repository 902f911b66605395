//! `airclass-load`: what loads a server and measures it. Traffic stays on loopback, and every run ends by itself.
#![forbid(unsafe_code)]

mod bench;
mod classrooms;
mod client;
mod clock;
mod floor;
mod janus;
mod options;
mod publisher;
mod receivers;
mod server;

use anyhow::Result;
use clap::Parser as _;

use bench::machine::Machine;
use bench::{fanout, join, report, signal};
use options::{Command, Options, Peer};

fn main() -> Result<()> {
    let options = Options::parse();
    // Fails when there is one already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    if let Command::Fanout { peer: Some(_), .. } = &options.command {
        if !janus::is_installed() {
            println!("Janus is not installed (apt-get install janus): nothing to compare with");
            return Ok(());
        }
        // Before any other thread starts.
        janus::enter()?;
    }
    server::stay_on(&options.own_cores())?;
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(run(options))
}

async fn run(options: Options) -> Result<()> {
    if let Command::Camera { folder } = &options.command {
        println!("{}", airclass_load::camera::picture(folder)?.display());
        println!("{}", airclass_load::camera::sound(folder)?.display());
        return Ok(());
    }
    println!("{}", Machine::here());
    match &options.command {
        Command::Camera { .. } => {}
        Command::Fanout { receivers, peer: Some(Peer::Janus), rounds, .. } => {
            for count in receivers {
                let row = bench::janus::compare(&options.fanout(*count), *rounds).await?;
                println!(
                    "{count} receivers: Janus spends {:.1} times as much per packet",
                    row.ratio_to_janus.unwrap_or(0.0)
                );
                report::merge(&options.json, "janus", &["receivers", "media"], &[row])?;
            }
        }
        Command::Fanout { receivers, .. } => {
            println!("{}", fanout::HEAD);
            for count in receivers {
                let row = fanout::run(&options.fanout(*count)).await?;
                println!("{row}");
                report::merge(&options.json, "fanout", &["receivers", "media", "gro", "twcc", "picture_kbit"], &[row])?;
            }
        }
        Command::Many { lessons, classrooms, .. } => {
            println!("{}", fanout::HEAD);
            let row = fanout::run(&options.fanout(lessons * classrooms)).await?;
            println!("{row}");
            report::merge(&options.json, "many", &["lessons", "receivers", "picture_kbit"], &[row])?;
        }
        Command::Signal { seats, rounds } => {
            let row = signal::run(&options.program(), *seats, *rounds).await?;
            println!("{row}");
            report::merge(&options.json, "signal", &["seats"], &[row])?;
        }
        Command::Floor { receivers, .. } => {
            for count in receivers {
                let floor = fanout::floor_of(&options.fanout(*count)).await?;
                println!(
                    "{count} receivers: {:.0} ns/packet, {} sent, {} arrived",
                    floor.ns_per_packet, floor.sent, floor.arrived
                );
            }
        }
        Command::Join { receivers, within } => {
            let row = join::run(&options.join(*receivers, *within)).await?;
            println!("{row}");
            report::merge(&options.json, "join", &["receivers", "within_seconds"], &[row])?;
        }
    }
    Ok(())
}
