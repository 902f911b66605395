//! The `airclass` command.

fn main() -> std::process::ExitCode {
    airclass::cli::run()
}
