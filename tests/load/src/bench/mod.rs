//! The measurements, one command each.

pub(crate) mod audience;
pub(crate) mod fanout;
pub(crate) mod janus;
pub(crate) mod join;
pub(crate) mod lesson;
pub(crate) mod machine;
pub(crate) mod many;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod signal;
pub(crate) mod table;
