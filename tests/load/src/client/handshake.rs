//! DTLS as client, up to the SRTP keys.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use airclass_media::srtp::{Profile, SrtpKeys};
use bytes::BytesMut;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;

use super::Identity;

/// The endpoint's name for the server; it never goes on the wire.
const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
/// Label of RFC 5764 section 4.2.
const EXPORTER: &str = "EXTRACTOR-dtls_srtp";
/// A flight that nothing has answered for so long is sent again: `rtc-dtls` does not after a lost server flight.
const STALLED: Duration = Duration::from_millis(250);

/// The handshake is over without keys; the whole join is to be tried again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HandshakeFailed;

/// One handshake.
pub(crate) struct Handshake {
    endpoint: Endpoint,
    last_flight: Vec<BytesMut>,
    resend_at: Instant,
    heard: usize,
}

impl Handshake {
    /// Starts; the hello is in [`Handshake::output`].
    pub(crate) fn start(identity: &Identity, now: Instant) -> Result<Self, HandshakeFailed> {
        let mut endpoint = Endpoint::new(SERVER, TransportProtocol::UDP, None);
        endpoint.connect(now, SERVER, Arc::clone(&identity.config), None).map_err(|_| HandshakeFailed)?;
        Ok(Self { endpoint, last_flight: Vec::new(), resend_at: now + STALLED, heard: 0 })
    }

    /// Datagrams read so far.
    pub(crate) fn heard(&self) -> usize {
        self.heard
    }

    /// Reads a datagram; gives the keys when it was the last one.
    pub(crate) fn read(&mut self, datagram: &[u8], now: Instant) -> Result<Option<SrtpKeys>, HandshakeFailed> {
        self.heard += 1;
        let events = self.endpoint.read(now, SERVER, None, BytesMut::from(datagram)).map_err(|_| HandshakeFailed)?;
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => return self.keys().map(Some),
                EndpointEvent::PeerClosed => return Err(HandshakeFailed),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Gives `send` every datagram that is due.
    pub(crate) fn output(&mut self, now: Instant, mut send: impl FnMut(&[u8])) {
        if self.endpoint.poll_timeout(&SERVER).is_some_and(|due| due <= now) {
            // A failure here ends in the join's own timeout.
            let _ = self.endpoint.handle_timeout(SERVER, now);
        }
        let mut flight = Vec::new();
        while let Some(transmit) = self.endpoint.poll_transmit() {
            flight.push(transmit.message);
        }
        if flight.is_empty() {
            if now >= self.resend_at {
                self.resend_at = now + STALLED;
                self.last_flight.iter().for_each(|datagram| send(datagram));
            }
            return;
        }
        flight.iter().for_each(|datagram| send(datagram));
        self.last_flight = flight;
        self.resend_at = now + STALLED;
    }

    fn keys(&self) -> Result<SrtpKeys, HandshakeFailed> {
        let state = self.endpoint.get_connection_state(SERVER).ok_or(HandshakeFailed)?;
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => Profile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => Profile::AesCm128HmacSha1_80,
            _ => return Err(HandshakeFailed),
        };
        let material =
            state.export_keying_material(EXPORTER, &[], profile.exported_len()).map_err(|_| HandshakeFailed)?;
        SrtpKeys::from_exported(profile, material.as_ref(), true).ok_or(HandshakeFailed)
    }
}
