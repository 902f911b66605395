//! What one read of the socket brought.

use std::net::SocketAddr;

/// A view of equally spaced buffers; the core decrypts in place.
pub(crate) struct ReadBatch<'a> {
    bytes: &'a mut [u8],
    stride: usize,
    read: &'a [(SocketAddr, usize)],
}

impl<'a> ReadBatch<'a> {
    /// `read[i]` is sender and length of the datagram at `i * stride`.
    pub(crate) fn new(bytes: &'a mut [u8], stride: usize, read: &'a [(SocketAddr, usize)]) -> Self {
        assert!(bytes.len() >= stride * read.len() && read.iter().all(|(_, len)| *len <= stride));
        Self { bytes, stride, read }
    }

    /// Datagrams read.
    pub(crate) fn len(&self) -> usize {
        self.read.len()
    }

    /// Sender and bytes of each datagram, in order of arrival.
    pub(crate) fn datagrams(&mut self) -> impl Iterator<Item = (SocketAddr, &mut [u8])> {
        let chunks = self.bytes.chunks_mut(self.stride.max(1));
        self.read.iter().zip(chunks).map(|((from, len), chunk)| (*from, &mut chunk[..*len]))
    }
}
