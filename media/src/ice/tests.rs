//! Checks, restarts and hostile datagrams.
