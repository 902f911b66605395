//! Handshakes over a lossy link, and hostile ones.
