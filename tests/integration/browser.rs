//! Runs a browser script of `tests/browser` and takes its result.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// Files for the fake camera and microphone.
pub(crate) fn camera() -> (String, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fixtures");
    let picture = airclass_load::camera::picture(&folder).expect("a camera file");
    let sound = airclass_load::camera::sound(&folder).expect("a microphone file");
    (picture.to_str().unwrap().to_owned(), sound.to_str().unwrap().to_owned())
}

/// Runs `node SCRIPT --name value …`; the JSON after `RESULT` in its last line. Fails with the script's own words.
pub(crate) async fn run(script: &str, parameters: &[(&str, &str)], within: Duration) -> Value {
    assert!(folder().join("node_modules").exists(), "the browser scripts' modules are missing: make browser-modules");
    let mut command = Command::new("node");
    command.arg(folder().join(script)).current_dir(folder());
    for (name, value) in parameters {
        command.arg(format!("--{name}")).arg(value);
    }
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn();
    let child = child.expect("node");
    let output = timeout(within, child.wait_with_output()).await.expect("the script ends in time").unwrap();
    let (out, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{out}");
    assert!(output.status.success(), "{script}:\n{out}\n{complaints}");
    let result = out.lines().rev().find_map(|line| line.strip_prefix("RESULT ")).expect("a result");
    serde_json::from_str(result).unwrap()
}
