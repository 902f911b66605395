//! `--demo`: two schools with six classes, six accounts with known passwords, and a lesson that is always live and
//! full of life.
//!
//! A data folder is either a demo or real, never both: accounts whose passwords are printed on a screen must not
//! outlive the demo.

mod bustle;
mod desk;
mod prepared;
mod pupils;
mod room;
mod school;
mod studio;

pub use school::{ACCOUNTS, DemoError, refuse_mixture, seed};
pub use studio::conduct;
