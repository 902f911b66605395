//! `--demo`: two schools, five accounts with known passwords, and a lesson that is always live.
//!
//! A data folder is either a demo or real, never both: accounts whose passwords are printed on a screen must not
//! outlive the demo.

mod school;
mod studio;

pub use school::{ACCOUNTS, DemoError, refuse_mixture, seed};
pub use studio::conduct;
