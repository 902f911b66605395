//! Who may speak to whom: the lesson as a pure, event-sourced state machine, and its wire contract.
//!
//! [`decode`] turns a text frame into a [`wire::ClientMessage`], [`limits`] says when a client talks too much,
//! [`lesson::Lesson`] decides, and [`journal`] holds the lines from which a lesson is rebuilt. [`report`] and
//! [`timeline`] tell from the same lines what the lesson was. Knows no sockets, no clock, no randomness and no media: the
//! shell gives the time and obeys the effects.
#![forbid(unsafe_code)]

pub mod decode;
pub mod id;
pub mod journal;
pub mod lesson;
pub mod limits;
pub mod report;
pub mod text;
pub mod timeline;
pub mod wire;
