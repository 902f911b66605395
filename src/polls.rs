//! Pupils' own devices in polls: the lesson's code that an assistant shows, and which device answers for which seat.
//!
//! A code is worked out from the lesson and a secret of this installation, so that nothing is stored and a restart
//! changes nothing. Which device has which seat is forgotten with the process; a seat can then be claimed again.

use std::collections::HashMap;

use airclass_signaling::id::{ClassroomId, LessonId};
use sha2::{Digest as _, Sha256};

use crate::accounts::token::Secret;
use crate::db::{Db, DbError};

const SETTING: &str = "poll_secret";
/// Letters of a code: no vowels (no words), nothing that looks like another letter.
const LETTERS: &[u8; 26] = b"23456789BCDFGHJKMNPQRSTVWX";
const LENGTH: usize = 6;
/// Most seats claimed in one lesson: 500 classrooms of 120.
const SEATS: usize = 60_000;
/// Most lessons whose claims are kept; beyond them all are forgotten.
const LESSONS: usize = 200;

/// Makes the codes of this installation.
#[derive(Clone, Debug)]
pub struct Codes {
    secret: String,
}

impl Codes {
    /// With the installation's secret, made at the first start.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open(db: &Db) -> Result<Self, DbError> {
        if let Some(secret) = db.setting(SETTING).await? {
            return Ok(Self { secret });
        }
        let secret = Secret::generate("poll").text().to_owned();
        db.set_setting(SETTING, &secret).await?;
        Ok(Self { secret })
    }

    /// A lesson's code: six letters.
    pub fn of(&self, lesson: &LessonId) -> String {
        let digest =
            Sha256::new().chain_update(&self.secret).chain_update(" ").chain_update(lesson.as_str()).finalize();
        digest.iter().take(LENGTH).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
    }
}

/// A code as it is compared: as people type it, without what they leave out or add.
pub fn plain(code: &str) -> Option<String> {
    let letters: String = code.chars().filter(|letter| !matches!(letter, '-' | ' ')).take(LENGTH + 1).collect();
    let letters = letters.to_ascii_uppercase();
    (letters.len() == LENGTH && letters.bytes().all(|letter| LETTERS.contains(&letter))).then_some(letters)
}

/// Why a device may not answer for a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// Another device answers for that seat.
    #[error("another device answers for that seat")]
    SeatTaken,
    /// This device answers for another seat.
    #[error("this device answers for another seat")]
    OtherSeat,
    /// More seats than a lesson has.
    #[error("too many seats")]
    Full,
}

type Seat = (ClassroomId, u16);

#[derive(Debug, Default)]
struct LessonClaims {
    by_device: HashMap<String, Seat>,
    by_seat: HashMap<Seat, String>,
}

/// Which device answers for which seat, in which lesson.
#[derive(Debug, Default)]
pub struct Claims {
    lessons: HashMap<LessonId, LessonClaims>,
}

impl Claims {
    /// Gives the seat to the device, or confirms that it has it. `device` is the hash of what it holds.
    ///
    /// # Errors
    /// Any [`ClaimError`]; then nothing has changed.
    pub fn claim(
        &mut self,
        lesson: &LessonId,
        classroom: &ClassroomId,
        seat: u16,
        device: &str,
    ) -> Result<(), ClaimError> {
        if self.lessons.len() >= LESSONS && !self.lessons.contains_key(lesson) {
            self.lessons.clear();
        }
        let claims = self.lessons.entry(lesson.clone()).or_default();
        let wanted = (classroom.clone(), seat);
        match (claims.by_device.get(device), claims.by_seat.get(&wanted)) {
            (Some(own), _) if *own == wanted => return Ok(()),
            (Some(_), _) => return Err(ClaimError::OtherSeat),
            (None, Some(_)) => return Err(ClaimError::SeatTaken),
            (None, None) if claims.by_seat.len() >= SEATS => return Err(ClaimError::Full),
            (None, None) => {}
        }
        claims.by_device.insert(device.to_owned(), wanted.clone());
        claims.by_seat.insert(wanted, device.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::scratch;

    #[tokio::test]
    async fn codes_stay_over_a_restart_and_differ() {
        let (_folder, db) = scratch().await;
        let (a, b) = (LessonId::new("a"), LessonId::new("b"));
        let codes = Codes::open(&db).await.unwrap();
        let code = codes.of(&a);
        assert_eq!(Codes::open(&db).await.unwrap().of(&a), code);
        assert_ne!(codes.of(&b), code);
        assert_eq!(plain(&code.to_lowercase()), Some(code));
        for bad in ["", "ABC", "2222222", "AAAAAA", "22 22", &"2".repeat(100_000)] {
            assert_eq!(plain(bad), None, "{bad:.10}");
        }
        let (_folder, other) = scratch().await;
        assert_ne!(Codes::open(&other).await.unwrap().of(&b), codes.of(&b));
    }

    #[test]
    fn one_device_one_seat() {
        let mut claims = Claims::default();
        let (lesson, room) = (LessonId::new("l"), ClassroomId::new("c"));
        assert_eq!(claims.claim(&lesson, &room, 1, "x"), Ok(()));
        assert_eq!(claims.claim(&lesson, &room, 1, "x"), Ok(()));
        assert_eq!(claims.claim(&lesson, &room, 2, "x"), Err(ClaimError::OtherSeat));
        assert_eq!(claims.claim(&lesson, &room, 1, "y"), Err(ClaimError::SeatTaken));
        assert_eq!(claims.claim(&lesson, &room, 2, "y"), Ok(()));
        assert_eq!(claims.claim(&LessonId::new("m"), &room, 1, "y"), Ok(()), "in another lesson");
        for n in 0..=LESSONS {
            claims.claim(&LessonId::new(n.to_string()), &room, 1, "z").unwrap();
        }
        assert!(claims.lessons.len() <= LESSONS);
    }
}
