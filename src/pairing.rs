//! How a classroom's screen becomes a paired device: it asks for a code and shows it, a member of the school's staff
//! confirms it on a phone, and the screen, which holds a secret of its own, collects its token.
//!
//! Everything here is forgotten after ten minutes and with the process; what lasts is the device's row.

use std::collections::HashMap;
use std::net::IpAddr;

use subtle::ConstantTimeEq as _;

use crate::accounts::token::{self, Secret};

/// How long a code is good, ms.
pub const LIFE_MS: i64 = 10 * 60_000;
/// Most codes at once.
pub const CODES: usize = 2_000;
/// Most codes at once for one address: a school's screens sit behind one.
pub const CODES_PER_ADDRESS: usize = 60;
/// Letters of a code: no vowels (no words), nothing that looks like another letter.
const LETTERS: &[u8; 26] = b"23456789BCDFGHJKMNPQRSTVWX";
const GROUP: usize = 3;

/// Why a pairing can't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairingError {
    /// No such code, or not any more, or another screen's.
    #[error("no such code")]
    Unknown,
    /// It was confirmed or refused already.
    #[error("decided already")]
    Decided,
    /// Too many codes are out.
    #[error("too many codes")]
    Full,
}

/// What became of a pairing.
#[derive(Debug)]
pub enum Outcome {
    /// Nobody has decided.
    Waiting,
    /// Confirmed: the device's id and the token it shall keep.
    Confirmed {
        /// Device id.
        device: String,
        /// Token text.
        token: String,
    },
    /// Refused.
    Refused,
}

#[derive(Debug)]
enum State {
    Waiting,
    Confirmed { device: String, token: Secret },
    Refused,
}

#[derive(Debug)]
struct Pairing {
    secret_hash: String,
    address: IpAddr,
    expires_ms: i64,
    state: State,
}

/// A new code, for the screen that asked.
#[derive(Debug)]
pub struct Offer {
    /// To be shown: `7K4-2MX`.
    pub code: String,
    /// To be kept.
    pub secret: Secret,
    /// When both are worth nothing any more, UTC ms.
    pub expires_ms: i64,
}

/// The codes that are out.
#[derive(Debug, Default)]
pub struct Pairings {
    open: HashMap<String, Pairing>,
}

/// A code as it is stored: as people type it, without what they leave out or add.
pub fn plain(code: &str) -> Option<String> {
    let letters: String = code.chars().filter(|letter| !matches!(letter, '-' | ' ')).take(2 * GROUP + 1).collect();
    let letters = letters.to_ascii_uppercase();
    (letters.len() == 2 * GROUP && letters.bytes().all(|letter| LETTERS.contains(&letter))).then_some(letters)
}

impl Pairings {
    /// Gives out a code. `now` is UTC ms.
    ///
    /// # Errors
    /// [`PairingError::Full`].
    pub fn offer(&mut self, address: IpAddr, now: i64) -> Result<Offer, PairingError> {
        self.open.retain(|_, pairing| pairing.expires_ms > now);
        let own = self.open.values().filter(|pairing| pairing.address == address).count();
        if self.open.len() >= CODES || own >= CODES_PER_ADDRESS {
            return Err(PairingError::Full);
        }
        let code = loop {
            let letter = |_| char::from(LETTERS[rand::random_range(0..LETTERS.len())]);
            let code: String = (0..2 * GROUP).map(letter).collect();
            if !self.open.contains_key(&code) {
                break code;
            }
        };
        let secret = Secret::generate(token::PAIRING);
        let expires_ms = now.saturating_add(LIFE_MS);
        let shown = format!("{}-{}", &code[..GROUP], &code[GROUP..]);
        self.open.insert(code, Pairing { secret_hash: secret.hash(), address, expires_ms, state: State::Waiting });
        Ok(Offer { code: shown, secret, expires_ms })
    }

    fn find(&mut self, code: &str, now: i64) -> Result<&mut Pairing, PairingError> {
        let code = plain(code).ok_or(PairingError::Unknown)?;
        self.open.get_mut(&code).filter(|pairing| pairing.expires_ms > now).ok_or(PairingError::Unknown)
    }

    /// Until when a code that nobody has decided about is good, UTC ms.
    ///
    /// # Errors
    /// [`PairingError::Unknown`], [`PairingError::Decided`].
    pub fn waiting(&mut self, code: &str, now: i64) -> Result<i64, PairingError> {
        let pairing = self.find(code, now)?;
        match pairing.state {
            State::Waiting => Ok(pairing.expires_ms),
            State::Confirmed { .. } | State::Refused => Err(PairingError::Decided),
        }
    }

    /// Notes that a code's screen is now that device.
    ///
    /// # Errors
    /// As [`Self::waiting`].
    pub fn confirm(&mut self, code: &str, device: String, token: Secret, now: i64) -> Result<(), PairingError> {
        self.waiting(code, now)?;
        self.find(code, now)?.state = State::Confirmed { device, token };
        Ok(())
    }

    /// Notes that a code's screen is nobody's.
    ///
    /// # Errors
    /// As [`Self::waiting`].
    pub fn refuse(&mut self, code: &str, now: i64) -> Result<(), PairingError> {
        self.waiting(code, now)?;
        self.find(code, now)?.state = State::Refused;
        Ok(())
    }

    /// Tells the screen that holds `secret` what became of its code. It may ask again: an answer can get lost.
    ///
    /// # Errors
    /// [`PairingError::Unknown`], also for another screen's secret.
    pub fn outcome(&mut self, code: &str, secret: &str, now: i64) -> Result<Outcome, PairingError> {
        let pairing = self.find(code, now)?;
        let given = token::hash(secret);
        if !bool::from(given.as_bytes().ct_eq(pairing.secret_hash.as_bytes())) {
            return Err(PairingError::Unknown);
        }
        Ok(match &pairing.state {
            State::Waiting => Outcome::Waiting,
            State::Confirmed { device, token } => {
                Outcome::Confirmed { device: device.clone(), token: token.text().to_owned() }
            }
            State::Refused => Outcome::Refused,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_code_is_confirmed_once_and_collected_by_its_screen_only() {
        let mut pairings = Pairings::default();
        let offer = pairings.offer(HERE, 0).unwrap();
        let (code, secret) = (offer.code.as_str(), offer.secret.text());
        assert_eq!((code.len(), &code[3..4]), (7, "-"));
        assert!(matches!(pairings.outcome(code, secret, 1).unwrap(), Outcome::Waiting));
        assert_eq!(pairings.outcome(code, "acp_other", 1).unwrap_err(), PairingError::Unknown);
        // As people type it.
        let typed = code.replace('-', " ").to_lowercase();
        assert_eq!(pairings.waiting(&typed, 1), Ok(LIFE_MS));
        let token = Secret::generate(token::DEVICE);
        let text = token.text().to_owned();
        pairings.confirm(&typed, "d".into(), token, 1).unwrap();
        for _ in 0..2 {
            let Outcome::Confirmed { device, token } = pairings.outcome(code, secret, 2).unwrap() else { panic!() };
            assert_eq!((device.as_str(), token), ("d", text.clone()));
        }
        assert_eq!(pairings.refuse(code, 2), Err(PairingError::Decided));
        assert_eq!(pairings.outcome(code, secret, LIFE_MS).unwrap_err(), PairingError::Unknown);
    }

    #[test]
    fn what_is_no_code_is_unknown() {
        let mut pairings = Pairings::default();
        for code in ["", "AAA-AAA", "7K4", "7K4-2MX9", "７Ｋ４-2MX", "\0\0\0\0\0\0", &"7".repeat(100_000)] {
            assert_eq!(pairings.waiting(code, 0), Err(PairingError::Unknown), "{code:.20}");
        }
    }

    #[test]
    fn codes_are_bounded_and_old_ones_make_room() {
        let mut pairings = Pairings::default();
        for _ in 0..CODES_PER_ADDRESS {
            pairings.offer(HERE, 0).unwrap();
        }
        assert_eq!(pairings.offer(HERE, 1).unwrap_err(), PairingError::Full);
        assert!(pairings.offer(HERE, LIFE_MS).is_ok());
        for n in 0..CODES - 1 {
            let address = IpAddr::from([10, 0, (n >> 8) as u8, n as u8]);
            pairings.offer(address, LIFE_MS).unwrap();
        }
        assert_eq!(pairings.offer(IpAddr::from([10, 9, 9, 9]), LIFE_MS).unwrap_err(), PairingError::Full);
    }
}
