//! Classrooms behind narrow lines, on a virtual clock: what a class sees when its line changes.

pub(crate) mod bottleneck;
mod classroom;
mod network;
mod picture;
mod tests;
