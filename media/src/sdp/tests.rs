//! Real offers, and hostile ones.
