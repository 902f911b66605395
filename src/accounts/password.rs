//! Password hashes: argon2id with the crate's recommended cost (19 MiB, two passes), off the async threads.
//!
//! A wrong name costs the same time as a wrong password: it is checked against a hash nobody knows the password of.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use super::token;

/// Hashes computed at a time: each takes 19 MiB and a core. More sign-ins wait in line.
const AT_ONCE: usize = 2;

static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));

/// What an unknown name's password is compared with.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now(token::Secret::generate("nobody").text()).unwrap_or_default());

/// Hashing failed; only a system without randomness does that.
#[derive(Debug, thiserror::Error)]
#[error("password hash: {0}")]
pub struct PasswordError(String);

fn hash_now(password: &str) -> Result<String, PasswordError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|error| PasswordError(error.to_string()))
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
    let turn = Arc::clone(&TURNS).acquire_owned().await.map_err(|error| PasswordError(error.to_string()))?;
    tokio::task::spawn_blocking(move || {
        let result = work();
        drop(turn);
        result
    })
    .await
    .map_err(|error| PasswordError(error.to_string()))
}

/// Hashes a new password into a PHC string.
///
/// # Errors
/// The system has no randomness.
pub async fn hash(password: &str) -> Result<String, PasswordError> {
    let password = password.to_owned();
    in_turn(move || hash_now(&password)).await?
}

/// Checks a password against a stored hash, or against nobody's when there is none; same time either way.
///
/// # Errors
/// The worker broke.
pub async fn verify(password: &str, stored: Option<String>) -> Result<bool, PasswordError> {
    let password = password.to_owned();
    in_turn(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.clone());
        let matches = PasswordHash::new(&stored)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        matches && known
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_account_matches() {
        let stored = hash("correct horse").await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correct horse", Some(stored.clone())).await.unwrap());
        assert!(!verify("correct horsE", Some(stored)).await.unwrap());
        assert!(!verify("correct horse", None).await.unwrap());
        assert!(!verify("x", Some("not a hash".to_owned())).await.unwrap());
    }
}
