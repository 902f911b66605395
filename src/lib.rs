//! airclass.
