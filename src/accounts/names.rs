//! Names people type: stored in NFC, without control characters or direction overrides, at most 64 letters.

use unicode_normalization::UnicodeNormalization;

/// Longest name, in letters (Unicode scalar values after normalisation).
pub const NAME_LETTERS: usize = 64;
/// Longest title of a lesson.
pub const TITLE_LETTERS: usize = 120;
/// Shortest password.
pub const PASSWORD_LETTERS: usize = 8;
/// Longest password, in bytes; a bound for the hash.
pub const PASSWORD_BYTES: usize = 256;

/// Why a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// More letters than allowed.
    #[error("is too long")]
    TooLong,
    /// Control characters, direction overrides or invisible letters.
    #[error("contains characters that are not allowed")]
    Forbidden,
    /// Fewer letters than a password needs.
    #[error("is too short")]
    TooShort,
}

/// Characters that change how the text around them looks without being seen themselves.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Normalises a line of text people will read.
///
/// # Errors
/// [`NameError`] says what is wrong; the caller knows the field.
pub fn line(text: &str, letters: usize) -> Result<String, NameError> {
    // A bound before the work: NFC can shorten a text, but never by more than this.
    if text.len() > letters.saturating_mul(16) {
        return Err(NameError::TooLong);
    }
    let text: String = text.trim().nfc().collect();
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.chars().any(|letter| letter.is_control() || is_invisible(letter)) {
        return Err(NameError::Forbidden);
    }
    if text.chars().count() > letters {
        return Err(NameError::TooLong);
    }
    Ok(text)
}

/// Normalises a display name.
///
/// # Errors
/// As [`line`].
pub fn display_name(text: &str) -> Result<String, NameError> {
    line(text, NAME_LETTERS)
}

/// Normalises a sign-in name: lower case, no spaces.
///
/// # Errors
/// As [`line`]; white space inside is forbidden.
pub fn sign_in_name(text: &str) -> Result<String, NameError> {
    let name = line(text, NAME_LETTERS)?.to_lowercase();
    if name.chars().any(char::is_whitespace) { Err(NameError::Forbidden) } else { Ok(name) }
}

/// Checks a new password's length.
///
/// # Errors
/// Too short or too long.
pub fn new_password(text: &str) -> Result<(), NameError> {
    if text.len() > PASSWORD_BYTES {
        Err(NameError::TooLong)
    } else if text.chars().count() < PASSWORD_LETTERS {
        Err(NameError::TooShort)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised_or_refused() {
        let long = "王".repeat(65);
        for (text, expected) in [
            ("  王老师 ", Ok("王老师")),
            ("e\u{301}cole", Ok("école")),
            ("八（3）班", Ok("八（3）班")),
            ("", Err(NameError::Empty)),
            ("  \t ", Err(NameError::Empty)),
            ("a\u{0}b", Err(NameError::Forbidden)),
            ("a\nb", Err(NameError::Forbidden)),
            ("abc\u{202e}fdp", Err(NameError::Forbidden)),
            ("a\u{200b}b", Err(NameError::Forbidden)),
            (long.as_str(), Err(NameError::TooLong)),
        ] {
            assert_eq!(display_name(text), expected.map(str::to_owned), "{text:?}");
        }
        assert_eq!(display_name(&"王".repeat(64)).map(|name| name.chars().count()), Ok(64));
    }

    #[test]
    fn sign_in_names_are_lower_case_and_one_word() {
        assert_eq!(sign_in_name("Wang.Li"), Ok("wang.li".to_owned()));
        assert_eq!(sign_in_name("wang li"), Err(NameError::Forbidden));
    }

    #[test]
    fn passwords_have_bounds() {
        assert_eq!(new_password("1234567"), Err(NameError::TooShort));
        assert_eq!(new_password("12345678"), Ok(()));
        assert_eq!(new_password(&"x".repeat(257)), Err(NameError::TooLong));
    }
}
