//! airclass: live dual-teacher classrooms and their library, in one binary.
//!
//! This crate is the server: configuration, HTTP, accounts, the database, and the task that conducts each live lesson.
//! Lessons themselves are decided in `airclass-signaling`, packets are forwarded by `airclass-media`, and
//! `airclass-recordings` writes them to disk.
#![forbid(unsafe_code)]

pub mod accounts;
pub mod alive;
pub mod cli;
pub mod clock;
pub mod conductor;
pub mod config;
pub mod db;
pub mod demo;
pub mod http;
pub mod metrics;
pub mod pairing;
pub mod polls;
pub mod recordings;
pub mod redact;
pub mod report;
pub mod rights;
pub mod server;
pub mod tls;
pub mod tools;
pub mod uploads;

pub use config::Config;
pub use server::{Running, Server};
