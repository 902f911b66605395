//! The server under load: a process of its own, its HTTP doors, its CPU time and memory.

mod doors;
mod figures;
mod program;

pub(crate) use doors::{Doors, Lesson};
pub(crate) use figures::{Figures, cpu_time_of_thread};
pub(crate) use program::{Program, ProgramOptions, on_cores, stay_on};
