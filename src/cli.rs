//! The command line. Every command is one file; this one parses and starts the runtime.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::Config;

mod check_upload;
mod doctor;
mod publish;
mod serve;
mod user;
mod watch;

#[derive(Debug, Parser)]
#[command(name = "airclass", version, about = "Live dual-teacher classrooms and their library, in one binary.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Serve),
    /// Add and list accounts, set passwords.
    User(user::User),
    /// Publish a file or the test card into a lesson through WHIP.
    Publish(publish::Publish),
    /// Receive a lesson through WHEP, and record it to a file if asked to.
    Watch(watch::Watch),
    /// Check whether this machine can serve.
    Doctor(doctor::Doctor),
    /// Look at an uploaded file; the server asks for this.
    #[command(hide = true, name = crate::uploads::CHECK_COMMAND)]
    CheckUpload(check_upload::CheckUpload),
}

/// Where the configuration comes from; for every command that needs the data folder.
#[derive(Debug, Args)]
struct Source {
    /// Configuration file (TOML). Every key can also be given as AIRCLASS_KEY in the environment.
    #[arg(long, value_name = "FILE", env = "AIRCLASS_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Source {
    fn load(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }
}

/// Parses the command line, runs the command, prints what went wrong.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    // Without a runtime: its threads would count against the bounds this command runs in.
    if let Command::CheckUpload(check) = &cli.command {
        return finish(check.run());
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("airclass: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Serve(serve) => serve.run().await,
            Command::User(user) => user.run().await,
            Command::Publish(publish) => publish.run().await,
            Command::Watch(watch) => watch.run().await,
            Command::Doctor(doctor) => doctor.run().await,
            Command::CheckUpload(check) => check.run(),
        }
    });
    // A blocked worker must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    finish(done)
}

fn finish(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("airclass: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Starts the log, on standard error so that standard output stays for what commands print.
fn start_log(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    // Fails when a log runs already, which is as good.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
