//! The generator's command line.

use anyhow::{Result, ensure};
use clap::Parser as _;
use serde_json::{Value, json};

use crate::bench::machine::Machine;
use crate::bench::{self, fanout, join, lesson, many, replay as watching, report, signal, table};
use crate::options::{Command, Options, Peer};
use crate::{janus, server};

/// What tells one row of `fanout` from another.
const FANOUT_KEYS: &[&str] = &["receivers", "media", "gro", "twcc", "picture_kbit"];

/// Does what the command line says.
///
/// # Errors
/// What went wrong, for people.
pub fn main() -> Result<()> {
    let options = Options::parse();
    // Fails when there is one already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    if let Command::Fanout { peer: Some(_), .. } = &options.command {
        if !janus::is_installed() {
            println!("skipped: Janus is not installed (apt-get install janus)");
            return Ok(());
        }
        // Before any other thread starts.
        if let Err(error) = janus::enter() {
            println!("skipped: no network namespace to run Janus in: {error:#}");
            return Ok(());
        }
    }
    server::stay_on(&options.own_cores())?;
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(run(options))
}

async fn run(options: Options) -> Result<()> {
    match &options.command {
        Command::Camera { folder } => {
            println!("{}", crate::camera::picture(folder)?.display());
            println!("{}", crate::camera::sound(folder)?.display());
            return Ok(());
        }
        Command::Table => {
            print!("{}", table::print(&options.json)?);
            return Ok(());
        }
        _ => println!("{}", Machine::here()),
    }
    let keep = |bench: &str, keys: &[&str], row: Value| report::merge(&options.json, bench, keys, &[row]);
    match &options.command {
        Command::Camera { .. } | Command::Table => {}
        Command::Fanout { receivers, peer: Some(Peer::Janus), rounds, .. } => {
            for count in receivers {
                let row = bench::janus::compare(&options.fanout(*count), *rounds).await?;
                println!(
                    "{count} receivers: Janus spends {:.1} times as much per packet",
                    row.ratio_to_janus.unwrap_or(0.0)
                );
                keep("fanout", FANOUT_KEYS, json!(row))?;
            }
        }
        Command::Fanout { receivers, .. } => {
            println!("{}", fanout::HEAD);
            let mut failed = Vec::new();
            for count in receivers {
                match fanout::run(&options.fanout(*count)).await {
                    Ok(row) => {
                        println!("{row}");
                        keep("fanout", FANOUT_KEYS, json!(row))?;
                    }
                    // A larger one that fails says nothing about the next.
                    Err(error) => {
                        eprintln!("{count} receivers: {error:#}");
                        failed.push(count.to_string());
                    }
                }
            }
            ensure!(failed.is_empty(), "not measured: {} receivers", failed.join(", "));
        }
        Command::Many { lessons, classrooms, .. } => {
            println!("{}", fanout::HEAD);
            let row = many::run(&options.fanout(lessons * classrooms), *classrooms).await?;
            println!("{row}");
            keep("many", &["lessons", "receivers", "picture_kbit"], json!(row))?;
        }
        Command::Signal { seats, rounds } => {
            let row = signal::run(&options.program(), *seats, *rounds).await?;
            println!("{row}");
            keep("signal", &["seats"], json!(row))?;
        }
        Command::Lesson { classrooms, late, turns, seconds } => {
            let large = lesson::Large { classrooms: *classrooms, late: *late, turns: *turns, seconds: *seconds };
            let row = lesson::run(&options.program(), &large).await?;
            println!("{row}");
            keep("lesson", &["classrooms"], json!(row))?;
        }
        Command::Replay { viewers, seconds } => {
            let row = watching::run(&options.replay(*viewers, *seconds)).await?;
            println!("{row}");
            keep("replay", &["viewers"], json!(row))?;
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
            keep("join", &["receivers", "within_seconds"], json!(row))?;
        }
    }
    Ok(())
}
