//! The handshake of one peer and what follows it.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_shared::TransportProtocol;
use rtc_shared::error::Error;
use rtc_srtp::config::LABEL_EXTRACTOR_DTLS_SRTP;

use crate::sdp::Fingerprint;
use crate::srtp::{Profile, SrtpKeys};

use super::certificate::{Certificate, fingerprint_of};
use super::config::handshake_config;
use super::error::DtlsError;
use super::filter::{DropReason, Filter};
use super::flight::LastFlight;

/// How long a handshake may take.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);
/// Datagrams kept to start over with another profile: a hello in fragments has a few.
const MAX_KEPT: usize = 8;
/// The endpoint's name for the peer. Constant, so that the peer may change its address.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// What happened in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DtlsEvent {
    /// The handshake is complete.
    Connected(SrtpKeys),
    /// The peer has closed the session.
    Closed,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Handshaking,
    Connected,
    Closed,
}

/// DTLS towards one peer.
pub struct DtlsServer {
    certificate: Arc<Certificate>,
    expected: Fingerprint,
    mismatch: Arc<AtomicBool>,
    profile: Profile,
    endpoint: Endpoint,
    state: State,
    deadline: Instant,
    filter: Filter,
    /// What came before this end's first flight, while another profile may still be tried.
    kept: Vec<Vec<u8>>,
    flight: LastFlight,
    transmits: VecDeque<Vec<u8>>,
    events: VecDeque<DtlsEvent>,
    last_drop: Option<DropReason>,
}

impl DtlsServer {
    /// A session that waits for the hello of a peer whose certificate is `expected`.
    pub fn new(certificate: &Arc<Certificate>, expected: Fingerprint, now: Instant) -> DtlsServer {
        let mismatch = Arc::new(AtomicBool::new(false));
        let profile = Profile::AeadAes128Gcm;
        let endpoint = new_endpoint(certificate, expected, profile, &mismatch);
        DtlsServer {
            certificate: Arc::clone(certificate),
            expected,
            mismatch,
            profile,
            endpoint,
            state: State::Handshaking,
            deadline: now + HANDSHAKE_TIMEOUT,
            filter: Filter::default(),
            kept: Vec::new(),
            flight: LastFlight::default(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            last_drop: None,
        }
    }

    /// Handles a datagram from an address that ICE has proved. What cannot be used is dropped.
    ///
    /// # Errors
    /// The session is over; what [`DtlsServer::poll_transmit`] still holds (an alert) may be sent.
    pub fn handle(&mut self, datagram: &[u8], now: Instant) -> Result<(), DtlsError> {
        self.last_drop = None;
        if self.state == State::Closed {
            self.last_drop = Some(DropReason::Closed);
            return Ok(());
        }
        let admitted = self.filter.admit(datagram, self.state == State::Connected);
        if let Err(reason) = admitted.inspect_err(|_| self.state = State::Closed)? {
            self.last_drop = Some(reason);
            return Ok(());
        }
        if self.flight.is_empty() && self.kept.len() < MAX_KEPT {
            self.kept.push(datagram.to_vec());
        }
        let result = self.endpoint.read(now, PEER, None, BytesMut::from(datagram));
        let result = match result {
            Err(Error::ErrServerNoMatchingSrtpProfile) if self.profile == Profile::AeadAes128Gcm => {
                self.start_over(now)
            }
            other => other,
        };
        let had_output = self.drain(now);
        match result {
            Ok(events) => self.take_events(events)?,
            Err(error) => self.fail(&error)?,
        }
        if !had_output && self.state != State::Closed {
            self.flight.stalled(now);
            self.resend(now);
        }
        Ok(())
    }

    /// Whether anything has been sent.
    pub fn has_begun(&self) -> bool {
        !self.flight.is_empty()
    }

    /// The reason why the last datagram was dropped, if it was.
    pub fn last_drop(&self) -> Option<DropReason> {
        self.last_drop
    }

    /// The next datagram to send to the peer's current address.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.transmits.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<DtlsEvent> {
        self.events.pop_front()
    }

    /// When [`DtlsServer::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Handshaking => {
                let timers = [self.endpoint.poll_timeout(&PEER), self.flight.due(), Some(self.deadline)];
                timers.into_iter().flatten().min()
            }
            State::Connected => self.flight.due(),
            State::Closed => None,
        }
    }

    /// Sends lost flights again and ends handshakes that take too long.
    ///
    /// # Errors
    /// The session is over.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsError> {
        if self.state == State::Handshaking {
            if now >= self.deadline {
                self.state = State::Closed;
                return Err(DtlsError::TimedOut);
            }
            if self.endpoint.poll_timeout(&PEER).is_some_and(|due| due <= now) {
                let result = self.endpoint.handle_timeout(PEER, now);
                self.drain(now);
                if result.is_err() {
                    self.state = State::Closed;
                    return Err(DtlsError::TimedOut);
                }
            }
        }
        if self.state != State::Closed {
            self.resend(now);
        }
        Ok(())
    }

    /// Whether the handshake is complete and the session not closed.
    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// Says goodbye; the alert is in [`DtlsServer::poll_transmit`].
    pub fn close(&mut self, now: Instant) {
        if self.state == State::Connected {
            self.endpoint.stop(now, PEER);
            self.drain(now);
        }
        self.state = State::Closed;
    }

    /// Starts over with AES-CM and the datagrams so far.
    fn start_over(&mut self, now: Instant) -> rtc_shared::error::Result<Vec<EndpointEvent>> {
        // The alert that refuses the first profile is not sent.
        while self.endpoint.poll_transmit().is_some() {}
        self.profile = Profile::AesCm128HmacSha1_80;
        self.endpoint = new_endpoint(&self.certificate, self.expected, self.profile, &self.mismatch);
        let mut events = Vec::new();
        for datagram in std::mem::take(&mut self.kept) {
            events.extend(self.endpoint.read(now, PEER, None, BytesMut::from(&datagram[..]))?);
        }
        Ok(events)
    }

    /// Moves what the endpoint wants to send into the queue; a flight replaces the one kept.
    fn drain(&mut self, now: Instant) -> bool {
        let mut flight = Vec::new();
        while let Some(transmit) = self.endpoint.poll_transmit() {
            flight.push(transmit.message.to_vec());
        }
        if flight.is_empty() {
            return false;
        }
        self.kept.clear();
        self.transmits.extend(flight.iter().cloned());
        self.flight.replace(flight, now);
        if self.state == State::Connected {
            self.flight.rest();
        }
        true
    }

    fn resend(&mut self, now: Instant) {
        let is_repeating = self.state == State::Handshaking;
        self.transmits.extend(self.flight.take_due(now, is_repeating).iter().cloned());
    }

    fn take_events(&mut self, events: Vec<EndpointEvent>) -> Result<(), DtlsError> {
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => {
                    let keys = self.keys().inspect_err(|_| self.state = State::Closed)?;
                    self.state = State::Connected;
                    self.flight.rest();
                    self.events.push_back(DtlsEvent::Connected(keys));
                }
                EndpointEvent::PeerClosed => self.closed(),
                _ => {}
            }
        }
        Ok(())
    }

    fn closed(&mut self) {
        if self.state == State::Connected {
            self.events.push_back(DtlsEvent::Closed);
        }
        // Nothing reaches the endpoint from now on, or a stray datagram would start a new association in it.
        self.state = State::Closed;
    }

    /// The keys of a complete handshake. The certificate is compared once more: without it nothing is trusted.
    fn keys(&self) -> Result<SrtpKeys, DtlsError> {
        let state = self.endpoint.get_connection_state(PEER).ok_or(DtlsError::Handshake)?;
        if state.peer_certificates.first().is_none_or(|leaf| fingerprint_of(leaf) != self.expected) {
            return Err(DtlsError::FingerprintMismatch);
        }
        use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile as Negotiated;
        let profile = match state.srtp_protection_profile() {
            Negotiated::Srtp_Aead_Aes_128_Gcm => Profile::AeadAes128Gcm,
            Negotiated::Srtp_Aes128_Cm_Hmac_Sha1_80 => Profile::AesCm128HmacSha1_80,
            _ => return Err(DtlsError::NoSrtpProfile),
        };
        let material = state
            .export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], profile.exported_len())
            .map_err(|_| DtlsError::Handshake)?;
        SrtpKeys::from_exported(profile, material.as_ref(), false).ok_or(DtlsError::Handshake)
    }

    fn fail(&mut self, error: &Error) -> Result<(), DtlsError> {
        if self.state == State::Connected {
            // Only records under the session's keys get here; a fatal alert ends it, anything else is dropped.
            if *error == Error::ErrAlertFatalOrClose {
                self.closed();
            }
            return Ok(());
        }
        let error = match error {
            _ if self.mismatch.load(Ordering::Relaxed) => DtlsError::FingerprintMismatch,
            // A forged hello with a made-up cookie must not end the handshake of the peer whose address it wears.
            Error::ErrCookieMismatch => return Ok(()),
            Error::ErrServerNoMatchingSrtpProfile => DtlsError::NoSrtpProfile,
            Error::ErrServerRequiredButNoClientEms => DtlsError::NoExtendedMasterSecret,
            _ => DtlsError::Handshake,
        };
        self.state = State::Closed;
        Err(error)
    }
}

fn new_endpoint(
    certificate: &Certificate,
    expected: Fingerprint,
    profile: Profile,
    mismatch: &Arc<AtomicBool>,
) -> Endpoint {
    let config = handshake_config(certificate, expected, profile, mismatch)
        .expect("the same settings were accepted when the certificate was made");
    Endpoint::new(PEER, TransportProtocol::UDP, Some(config))
}

impl std::fmt::Debug for DtlsServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DtlsServer").field("state", &self.state).field("profile", &self.profile).finish_non_exhaustive()
    }
}
