//! Makes sure that the folder of the built web client exists: a page that says how to build it, until it is built.

use std::fs;
use std::path::Path;

const PAGE: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>airclass</title>\
<p>网页客户端尚未构建：请运行 <code>make run</code>。</p>\
<p lang=\"en\">The web client is not built yet: run <code>make run</code>.</p></html>\n";

fn main() {
    let folder = Path::new("web-client/dist");
    let page = folder.join("index.html");
    if !page.exists() {
        fs::create_dir_all(folder).expect("the source tree can be written");
        fs::write(&page, PAGE).expect("the source tree can be written");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=web-client/dist");
}
