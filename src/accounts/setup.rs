//! The first administrator: a code printed once, at the first start without one.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::token;
use crate::db::{Db, DbError};

const SETTING: &str = "setup_code_hash";
/// Letters of a code: no vowels (no words), nothing that looks like another letter.
const LETTERS: &[u8; 26] = b"23456789BCDFGHJKMNPQRSTVWX";
const GROUPS: usize = 4;
const GROUP: usize = 4;

/// Makes a setup code if there is no administrator and none was printed before; the caller prints it.
///
/// # Errors
/// The database fails.
pub async fn first_code(db: &Db) -> Result<Option<String>, DbError> {
    if db.has_administrator().await? || db.setting(SETTING).await?.is_some() {
        return Ok(None);
    }
    let groups: Vec<String> = (0..GROUPS)
        .map(|_| (0..GROUP).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect())
        .collect();
    let code = groups.join("-");
    db.set_setting(SETTING, &token::hash(&code)).await?;
    Ok(Some(code))
}

/// Whether `code` is the setup code. Always false once there is an administrator.
///
/// # Errors
/// The database fails.
pub async fn code_fits(db: &Db, code: &str) -> Result<bool, DbError> {
    let Some(stored) = db.setting(SETTING).await? else { return Ok(false) };
    let given = token::hash(&code.trim().to_ascii_uppercase());
    let same = Sha256::digest(stored.as_bytes()).ct_eq(&Sha256::digest(given.as_bytes()));
    Ok(bool::from(same) && !db.has_administrator().await?)
}

/// Forgets the code: it has been used.
///
/// # Errors
/// The database fails.
pub async fn forget_code(db: &Db) -> Result<(), DbError> {
    db.clear_setting(SETTING).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::scratch;

    #[tokio::test]
    async fn the_code_is_shown_once_and_checked() {
        let (_folder, db) = scratch().await;
        let code = first_code(&db).await.unwrap().unwrap();
        assert_eq!(code.len(), GROUPS * GROUP + GROUPS - 1);
        assert_eq!(first_code(&db).await.unwrap(), None);
        assert!(code_fits(&db, &code.to_lowercase()).await.unwrap());
        assert!(!code_fits(&db, "2222-2222-2222-2222").await.unwrap());
        forget_code(&db).await.unwrap();
        assert!(!code_fits(&db, &code).await.unwrap());
    }
}
