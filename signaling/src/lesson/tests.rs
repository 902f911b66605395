//! Stories of lessons.
