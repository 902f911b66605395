//! The agent of one peer: which address is proved, which one media goes to, and whether consent still holds.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rtc_stun::attributes::{ATTR_ICE_CONTROLLED, ATTR_USE_CANDIDATE, ATTR_USERNAME};

use super::credentials::Credentials;
use super::message::Request;

/// How long a peer may go without a valid check before it is gone (RFC 7675 section 5.1).
pub const CONSENT_TIMEOUT: Duration = Duration::from_secs(30);
/// The nominated path has been silent for so long when another proved one takes over without a nomination. Some
/// clients nominate once and check every one to two seconds afterwards, so that one whose address changed is followed,
/// and has its picture, within three seconds. Media comes and arrival times are told far more often: a check that is
/// recorded and sent again from elsewhere moves no path that is in use, and an idle one only until its own next check.
const PATH_SILENCE: Duration = Duration::from_millis(1_250);
/// A new path's first check may overtake the last packets of the old one by so much.
const OVERTAKING: Duration = Duration::from_millis(250);
/// Addresses remembered as proved: the nominated one and those being tried.
const MAX_PROVED: usize = 8;

/// Why a datagram was dropped without a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropReason {
    /// Not a well-formed binding request with a valid FINGERPRINT and a MESSAGE-INTEGRITY.
    Malformed,
    /// The USERNAME is not this session's.
    WrongUsername,
    /// MESSAGE-INTEGRITY does not match the password.
    BadIntegrity,
    /// An attribute that would have to be understood is not.
    UnknownAttribute,
    /// The reply would be longer than the request.
    Amplification,
}

/// What came of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IceOutcome {
    /// Nothing is to be sent.
    Drop(DropReason),
    /// The caller sends the bytes in `out` back to where the datagram came from.
    Reply {
        /// The address media goes to from now on, when this check changed it.
        nominated: Option<SocketAddr>,
    },
}

/// One generation of credentials.
#[derive(Debug)]
struct Generation {
    local: Credentials,
    /// `local:remote`, what the USERNAME must say.
    username: String,
}

impl Generation {
    fn new(local: Credentials, remote: &Credentials) -> Generation {
        let username = format!("{}:{}", local.ufrag, remote.ufrag);
        Generation { local, username }
    }
}

/// The ICE-lite agent of one peer.
#[derive(Debug)]
pub struct IceLite {
    current: Generation,
    /// The credentials before a restart; valid until a check with the current ones nominates.
    previous: Option<Generation>,
    /// Addresses that sent a valid check, oldest first.
    proved: Vec<SocketAddr>,
    nominated: Option<SocketAddr>,
    /// When something authenticated last came from the nominated address.
    heard: Instant,
    /// Where the last check from elsewhere came from, and when.
    rival: Option<(SocketAddr, Instant)>,
    last_check: Instant,
}

impl IceLite {
    /// An agent that has heard nothing yet; its consent runs from `now`.
    pub fn new(local: Credentials, remote: &Credentials, now: Instant) -> IceLite {
        IceLite {
            current: Generation::new(local, remote),
            previous: None,
            proved: Vec::new(),
            nominated: None,
            heard: now,
            rival: None,
            last_check: now,
        }
    }

    /// Handles a datagram that [`super::classify`] calls STUN. On [`IceOutcome::Reply`], `out` holds the reply;
    /// otherwise it is empty.
    pub fn handle(&mut self, datagram: &[u8], from: SocketAddr, now: Instant, out: &mut Vec<u8>) -> IceOutcome {
        out.clear();
        match self.check(datagram, from, now, out) {
            Ok(nominated) => IceOutcome::Reply { nominated },
            Err(reason) => {
                out.clear();
                IceOutcome::Drop(reason)
            }
        }
    }

    fn check(
        &mut self,
        datagram: &[u8],
        from: SocketAddr,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> Result<Option<SocketAddr>, DropReason> {
        let request = Request::parse(datagram).ok_or(DropReason::Malformed)?;
        let username = request.get(ATTR_USERNAME).ok_or(DropReason::Malformed)?;
        let is_current = username == self.current.username.as_bytes();
        let generation = if is_current {
            &self.current
        } else {
            self.previous
                .as_ref()
                .filter(|previous| username == previous.username.as_bytes())
                .ok_or(DropReason::WrongUsername)?
        };
        let pwd = generation.local.pwd.as_str();
        if !request.is_signed_with(pwd) {
            return Err(DropReason::BadIntegrity);
        }
        if request.has_unknown_required() {
            return Err(DropReason::UnknownAttribute);
        }
        // A lite agent is always controlled (RFC 8445 section 7.3.1.1).
        let is_conflict = request.get(ATTR_ICE_CONTROLLED).is_some();
        let is_written =
            if is_conflict { request.write_role_conflict(pwd, out) } else { request.write_success(from, pwd, out) };
        if !is_written || (out.len() > datagram.len() && !self.is_proved(from)) {
            return Err(DropReason::Amplification);
        }
        if is_conflict {
            return Ok(None);
        }
        self.last_check = self.last_check.max(now);
        self.prove(from);
        self.heard_from(from, now);
        let nominates = request.get(ATTR_USE_CANDIDATE).is_some();
        // A check with old credentials keeps the old path alive but moves nothing once a restart is under way.
        if !is_current && self.nominated.is_some() {
            return Ok(None);
        }
        if !nominates {
            if self.nominated != Some(from) {
                self.rival = Some((from, now));
            }
            return Ok(self.follow(now));
        }
        if is_current {
            self.previous = None;
        }
        Ok(self.move_to(from, now))
    }

    fn move_to(&mut self, address: SocketAddr, now: Instant) -> Option<SocketAddr> {
        let is_changed = self.nominated != Some(address);
        self.nominated = Some(address);
        self.heard = self.heard.max(now);
        self.rival = None;
        is_changed.then_some(address)
    }

    /// Notes that something authenticated came from `from`: a check, media or feedback.
    pub fn heard_from(&mut self, from: SocketAddr, now: Instant) {
        if self.nominated == Some(from) {
            self.heard = self.heard.max(now);
        }
    }

    /// Follows a peer whose address changed and who does not nominate again: when the nominated path has been silent
    /// for [`PATH_SILENCE`] and a check came from elsewhere since. Gives the address media goes to from now on, if
    /// that changes it.
    pub fn follow(&mut self, now: Instant) -> Option<SocketAddr> {
        self.nominated?;
        let (address, checked) = self.rival?;
        let is_silent = now.saturating_duration_since(self.heard) >= PATH_SILENCE;
        let is_later = checked + OVERTAKING >= self.heard;
        // One that has itself gone silent meanwhile is no better.
        let is_fresh = now.saturating_duration_since(checked) <= PATH_SILENCE * 2;
        if is_silent && is_later && is_fresh { self.move_to(address, now) } else { None }
    }

    fn prove(&mut self, from: SocketAddr) {
        self.proved.retain(|known| *known != from);
        if self.proved.len() == MAX_PROVED {
            let oldest = self.proved.iter().position(|known| Some(*known) != self.nominated).unwrap_or(0);
            self.proved.remove(oldest);
        }
        self.proved.push(from);
    }

    /// Whether an authenticated check came from this address. DTLS and SRTP are taken from such addresses only.
    pub fn is_proved(&self, from: SocketAddr) -> bool {
        self.proved.contains(&from)
    }

    /// Where media goes; `None` before the first nomination.
    pub fn nominated(&self) -> Option<SocketAddr> {
        self.nominated
    }

    /// The ufrags a datagram for this peer may name: the current one and, during a restart, the one before.
    pub fn local_ufrags(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.current).chain(&self.previous).map(|generation| generation.local.ufrag.as_str())
    }

    /// The credentials of this end.
    pub fn local(&self) -> &Credentials {
        &self.current.local
    }

    /// Starts an ICE restart (RFC 8445 section 9). The old path works on until a check with the new credentials
    /// nominates; a restart during a restart forgets the middle credentials.
    pub fn set_credentials(&mut self, local: Credentials, remote: &Credentials) {
        let old = std::mem::replace(&mut self.current, Generation::new(local, remote));
        self.previous.get_or_insert(old);
    }

    /// When the last valid check came, or when the agent was made.
    pub fn last_check(&self) -> Instant {
        self.last_check
    }

    /// Whether consent has run out.
    pub fn is_expired(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_check) >= CONSENT_TIMEOUT
    }

    /// When consent runs out if no further check comes.
    pub fn expires_at(&self) -> Instant {
        self.last_check + CONSENT_TIMEOUT
    }
}
