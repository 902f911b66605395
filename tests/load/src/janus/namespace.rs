//! A network namespace for this process.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use nix::sched::{CloneFlags, unshare};

/// The address everything uses there.
pub(crate) const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));

/// Moves this thread, and those it starts from now on, into a new namespace with one address and a default route.
pub(crate) fn enter() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNET).context("a network namespace needs root")?;
    for line in [
        "link set lo up",
        "link add airclass0 type veth peer name airclass1",
        "addr add 10.77.0.1/24 dev airclass0",
        "link set airclass0 up",
        "link set airclass1 up",
        "route add default via 10.77.0.2",
    ] {
        let status =
            Command::new("ip").args(line.split(' ')).status().context("the ip command is needed (iproute2)")?;
        ensure!(status.success(), "ip {line}");
    }
    Ok(())
}
