//! What nobody should type into a lesson: telephone numbers, identity card numbers and e-mail addresses are masked
//! before the lesson hears of them, so that neither a screen, nor the journal, nor a report ever holds one.
//!
//! Every letter of a find becomes `*`. Numbers as they come up in a lesson (results, years, lists) are left alone.

use airclass_signaling::wire::ClientMessage;

/// Masks what people type in a message.
pub fn message(message: &mut ClientMessage) {
    match message {
        ClientMessage::AskQuestion { text: Some(typed), .. }
        | ClientMessage::CallHelp { text: Some(typed), .. }
        | ClientMessage::AnswerQuestion { text: typed, .. }
        | ClientMessage::SayToStaff { text: typed, .. } => {
            if let Some(masked) = text(typed) {
                *typed = masked;
            }
        }
        _ => {}
    }
}

/// The text with its finds masked; `None` when there is nothing to mask.
pub fn text(typed: &str) -> Option<String> {
    let letters: Vec<char> = typed.chars().collect();
    let mut masked = vec![false; letters.len()];
    for at in 0..letters.len() {
        let found = match letters[at] {
            '@' | '＠' => address(&letters, at),
            _ if masked[at] => None,
            _ => number(&letters, at).map(|end| at..end),
        };
        for letter in found.into_iter().flatten() {
            masked[letter] = true;
        }
    }
    let letter = |(letter, masked): (&char, &bool)| if *masked { '*' } else { *letter };
    masked.contains(&true).then(|| letters.iter().zip(&masked).map(letter).collect())
}

/// The e-mail address around the sign at `at`.
fn address(letters: &[char], at: usize) -> Option<std::ops::Range<usize>> {
    let local = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let domain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let before = letters[..at].iter().rev().take_while(|c| local(c)).count();
    let after = letters[at + 1..].iter().take_while(|c| domain(c)).count();
    let name = &letters[at + 1..at + 1 + after];
    let dot = name.iter().rposition(|c| *c == '.')?;
    let whole = before > 0 && dot > 0 && name[dot + 1..].iter().filter(|c| c.is_ascii_alphabetic()).count() >= 2;
    whole.then_some(at - before..at + 1 + after)
}

/// Where the number that begins at `at` ends, if it is one to mask.
fn number(letters: &[char], at: usize) -> Option<usize> {
    digit(*letters.get(at)?)?;
    let inside = at.checked_sub(1).is_some_and(|before| digit(letters[before]).is_some() || is_point(letters, before));
    if inside {
        return None;
    }
    identity(letters, at)
        .or_else(|| grouped(letters, at, &[3, 4, 4]).filter(|_| is_mobile(letters, at)))
        .or_else(|| with_country(letters, at))
        .or_else(|| landline(letters, at))
}

/// An identity card: seventeen digits and a check letter with a date of birth inside, or the older fifteen.
fn identity(letters: &[char], at: usize) -> Option<usize> {
    let digits: Vec<u8> = letters[at..].iter().map_while(|letter| digit(*letter)).take(19).collect();
    let two = |n: usize| u16::from(digits[n]) * 10 + u16::from(digits[n + 1]);
    let date = |year: usize| (1..=12).contains(&two(year + 2)) && (1..=31).contains(&two(year + 4));
    let checked = matches!(letters.get(at + 17), Some('x' | 'X' | 'ｘ' | 'Ｘ'));
    match digits.len() {
        17 if checked && date(8) => Some(at + 18),
        18 if matches!(two(6), 18..=20) && date(8) => Some(at + 18),
        15 if digits[0] > 0 && date(6) => Some(at + 15),
        _ => None,
    }
}

fn is_mobile(letters: &[char], at: usize) -> bool {
    let digit_at = |n: usize| letters.get(at + n).and_then(|letter| digit(*letter));
    digit_at(0) == Some(1) && digit_at(1).is_some_and(|second| second >= 3)
}

/// A mobile number behind the country's own, 86 or 0086.
fn with_country(letters: &[char], at: usize) -> Option<usize> {
    let prefix = [&[8, 6][..], &[0, 0, 8, 6]];
    let behind = prefix.into_iter().find_map(|prefix| {
        let fits =
            prefix.iter().enumerate().all(|(n, want)| letters.get(at + n).and_then(|c| digit(*c)) == Some(*want));
        fits.then_some(at + prefix.len())
    })?;
    let behind = behind + usize::from(letters.get(behind).copied().is_some_and(is_separator));
    grouped(letters, behind, &[3, 4, 4]).filter(|_| is_mobile(letters, behind))
}

/// An area code and a number behind a sign, or both in one from a zero on.
fn landline(letters: &[char], at: usize) -> Option<usize> {
    let run = |from: usize| letters[from.min(letters.len())..].iter().take_while(|c| digit(**c).is_some()).count();
    if digit(letters[at]) != Some(0) || letters.get(at + 1).and_then(|c| digit(*c)).unwrap_or(0) == 0 {
        return None;
    }
    let code = run(at);
    if (11..=12).contains(&code) {
        return Some(at + code);
    }
    let split = (3..=4).contains(&code) && letters.get(at + code).copied().is_some_and(|c| is_separator(c) || c == ')');
    let rest = if split { run(at + code + 1) } else { 0 };
    (7..=8).contains(&rest).then_some(at + code + 1 + rest)
}

/// Where digits in these groups end, with one separator or none between two groups; no digit follows.
fn grouped(letters: &[char], at: usize, groups: &[usize]) -> Option<usize> {
    let mut end = at;
    for (n, group) in groups.iter().enumerate() {
        if n > 0 && letters.get(end).copied().is_some_and(is_separator) {
            end += 1;
        }
        let digits = letters.get(end..end + group)?;
        if digits.iter().any(|letter| digit(*letter).is_none()) {
            return None;
        }
        end += group;
    }
    let goes_on = letters.get(end).is_some_and(|next| digit(*next).is_some()) || is_point(letters, end);
    (!goes_on).then_some(end)
}

/// Whether a decimal point stands there: what is around it is one number.
fn is_point(letters: &[char], at: usize) -> bool {
    let around = [at.checked_sub(1), at.checked_add(1)];
    let is_digit = |n: &Option<usize>| n.and_then(|n| letters.get(n)).is_some_and(|letter| digit(*letter).is_some());
    letters.get(at) == Some(&'.') && around.iter().all(is_digit)
}

fn is_separator(letter: char) -> bool {
    matches!(letter, ' ' | '-' | '‑' | '－')
}

/// A digit, also a full-width one.
fn digit(letter: char) -> Option<u8> {
    match letter {
        '0'..='9' => Some(letter as u8 - b'0'),
        '０'..='９' => u8::try_from(u32::from(letter) - u32::from('０')).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn personal_numbers_are_masked() {
        for (typed, kept) in [
            ("打我电话13812345678。", "打我电话***********。"),
            ("138-1234-5678", "*************"),
            ("138 1234 5678 或者", "************* 或者"),
            ("+8613812345678", "+*************"),
            ("+86 138 1234 5678", "+****************"),
            ("１３８１２３４５６７８", "***********"),
            ("12号 13900001111", "12号 ***********"),
            ("110105194912310021", "******************"),
            ("11010519491231002X是", "******************是"),
            ("110105491231002", "***************"),
            ("010-88889999", "************"),
            ("0755 8888999 找我", "************ 找我"),
            ("01088889999", "***********"),
            ("写信到 zhang.san@mail.example.cn 好吗", "写信到 ************************* 好吗"),
            ("两个 a@b.cc，13812345678", "两个 ******，***********"),
        ] {
            assert_eq!(text(typed).as_deref(), Some(kept), "{typed}");
        }
    }

    #[test]
    fn what_a_lesson_is_about_stays() {
        for typed in [
            "ρ = 1.0×10³ kg/m³",
            "3.1415926535897932384626",
            "0.13812345678",
            "13812345678.5 牛顿",
            "10 20 30 40 50 60",
            "15 20 30 40 50 6",
            "1949-10-01 到 2026-11-22",
            "答案是 12345678901",
            "299792458 m/s",
            "第17号同学问 2026 年",
            "a@b 和 @小明",
            "1381234567",
            "138123456789",
            "602214076000000000000000",
        ] {
            assert_eq!(text(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_and_keeps_its_length(typed in "\\PC{0,80}") {
            if let Some(masked) = text(&typed) {
                prop_assert_eq!(masked.chars().count(), typed.chars().count());
            }
        }

        #[test]
        fn digits_and_signs_never_panic(typed in "[0-9xX@. a-c+-]{0,60}") {
            let _ = text(&typed);
        }

        #[test]
        fn a_mobile_number_is_found_wherever_it_stands(before in "[^0-9０-９.@]{0,20}", rest in "[3-9][0-9]{9}") {
            let masked = text(&format!("{before}1{rest}。")).unwrap_or_default();
            prop_assert!(masked.ends_with("***********。"), "{}", masked);
        }
    }
}
