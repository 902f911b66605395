//! Text that people typed: stored and sent in Unicode NFC, without control characters and without the characters that
//! make text run backwards or hide.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The longest name, in Unicode scalar values.
pub const NAME_LETTERS_MAX: usize = 64;

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// It holds a control character, or one that changes the direction of what follows.
    #[error("control characters and direction marks are not allowed")]
    Forbidden,
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Longer than allowed.
    #[error("too long")]
    TooLong,
}

/// Text in NFC; line breaks and tabs are allowed.
///
/// # Errors
/// [`TextError::Forbidden`].
pub fn text(raw: &str) -> Result<String, TextError> {
    if raw.chars().any(|letter| is_forbidden(letter) && letter != '\n' && letter != '\t') {
        return Err(TextError::Forbidden);
    }
    Ok(if is_nfc(raw) { raw.to_owned() } else { raw.nfc().collect() })
}

/// A name or title: one line of at most [`NAME_LETTERS_MAX`] letters, trimmed, in NFC.
///
/// # Errors
/// Any [`TextError`].
pub fn name(raw: &str) -> Result<String, TextError> {
    let trimmed = raw.trim();
    // Checked before anything is normalised: composing never lengthens what is within the limit by much, but there is
    // no reason to compose a megabyte.
    if trimmed.chars().nth(NAME_LETTERS_MAX * 4).is_some() {
        return Err(TextError::TooLong);
    }
    if trimmed.chars().any(is_forbidden) {
        return Err(TextError::Forbidden);
    }
    let name: String = trimmed.nfc().collect();
    match name.chars().count() {
        0 => Err(TextError::Empty),
        1..=NAME_LETTERS_MAX => Ok(name),
        _ => Err(TextError::TooLong),
    }
}

/// Free text of at most `letters_max` letters, trimmed, in NFC; line breaks and tabs are allowed.
///
/// # Errors
/// Any [`TextError`].
pub fn bounded(raw: &str, letters_max: usize) -> Result<String, TextError> {
    let trimmed = raw.trim();
    if trimmed.chars().nth(letters_max.saturating_mul(4)).is_some() {
        return Err(TextError::TooLong);
    }
    let text = text(trimmed)?;
    match text.chars().count() {
        0 => Err(TextError::Empty),
        letters if letters > letters_max => Err(TextError::TooLong),
        _ => Ok(text),
    }
}

/// Control characters (C0, DEL, C1), line and paragraph separators, and the bidirectional controls of Unicode
/// Standard Annex 9, section 2.
fn is_forbidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_composed() {
        assert_eq!(name("  王老师 ").as_deref(), Ok("王老师"));
        assert_eq!(name("Ame\u{301}lie").as_deref(), Ok("Am\u{e9}lie"));
    }

    #[test]
    fn what_hides_or_turns_text_is_refused() {
        for raw in ["a\u{202e}b", "a\u{0}b", "a\u{7f}", "\u{2066}x", "a\nb", "a\u{85}b", "\u{feff}x"] {
            assert_eq!(name(raw), Err(TextError::Forbidden), "{raw:?}");
        }
        assert_eq!(text("第一行\n第二行\t。").as_deref(), Ok("第一行\n第二行\t。"));
        assert_eq!(text("a\u{202e}b"), Err(TextError::Forbidden));
    }

    #[test]
    fn free_text_is_trimmed_and_bounded() {
        assert_eq!(bounded(" 一行\n两行 ", 5).as_deref(), Ok("一行\n两行"));
        assert_eq!(bounded("一行\n两行", 4), Err(TextError::TooLong));
        assert_eq!(bounded(" \n ", 4), Err(TextError::Empty));
        assert_eq!(bounded("a\u{202e}b", 4), Err(TextError::Forbidden));
    }

    #[test]
    fn names_have_1_to_64_letters() {
        assert_eq!(name(" \u{3000} "), Err(TextError::Empty));
        assert!(name(&"班".repeat(64)).is_ok());
        assert_eq!(name(&"班".repeat(65)), Err(TextError::TooLong));
        assert_eq!(name(&"班".repeat(100_000)), Err(TextError::TooLong));
    }
}
