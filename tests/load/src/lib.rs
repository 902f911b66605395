//! What the tests put around a server: lossy links, pictures whose frames can be told apart from their pixels, crowds of
//! receivers, and peers by hand that do what no browser would. The generator's commands are built of the same.
#![forbid(unsafe_code)]

mod bench;
pub mod camera;
mod classrooms;
mod client;
mod clock;
pub mod commands;
pub mod crowd;
pub mod eyes;
mod floor;
pub mod insider;
mod janus;
mod options;
mod publisher;
mod receivers;
pub mod relay;
mod replay;
mod server;
