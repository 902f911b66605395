//! `airclass-load`: what loads a server and measures it. Traffic stays on loopback, and every run ends by itself.
#![forbid(unsafe_code)]

fn main() -> anyhow::Result<()> {
    airclass_load::commands::main()
}
