//! What the tests put around a server: a lossy link and pictures whose frames can be told apart from their pixels.
#![forbid(unsafe_code)]

pub mod camera;
pub mod relay;
