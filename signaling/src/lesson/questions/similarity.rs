//! How alike two questions sound: Dice's coefficient over the pairs of neighbouring Chinese characters and the
//! lower-case words of both (L. R. Dice, *Measures of the amount of ecologic association between species*, 1945).
//!
//! Pairs serve where no spaces part words; the search of the library splits text the same way.

/// From here on two questions are offered as one.
pub(crate) const ALIKE: f64 = 0.5;

/// The pairs and words of a text, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Features(Vec<String>);

impl Features {
    pub(crate) fn of(text: &str) -> Self {
        let mut features = Vec::new();
        let mut run: Vec<char> = Vec::new();
        let mut word = String::new();
        for letter in text.chars().chain([' ']) {
            if is_han(letter) {
                run.push(letter);
            } else {
                take_run(&mut run, &mut features);
            }
            if letter.is_alphanumeric() && !is_han(letter) {
                word.extend(letter.to_lowercase());
            } else if !word.is_empty() {
                features.push(std::mem::take(&mut word));
            }
        }
        features.sort_unstable();
        features.dedup();
        Self(features)
    }

    /// From 0, nothing in common, to 1, the same pairs and words.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = 0_usize;
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => drop(mine.next()),
                std::cmp::Ordering::Greater => drop(theirs.next()),
                std::cmp::Ordering::Equal => {
                    common += 1;
                    mine.next();
                    theirs.next();
                }
            }
        }
        match self.0.len() + other.0.len() {
            0 => 0.0,
            all => 2.0 * common as f64 / all as f64,
        }
    }
}

/// A run of Chinese characters as pairs; one that stands alone as itself.
fn take_run(run: &mut Vec<char>, features: &mut Vec<String>) {
    match run.as_slice() {
        [] => {}
        [alone] => features.push(alone.to_string()),
        more => features.extend(more.windows(2).map(|pair| pair.iter().collect::<String>())),
    }
    run.clear();
}

/// CJK Unified Ideographs with their extensions A to H and compatibility forms.
fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn likeness(a: &str, b: &str) -> f64 {
        Features::of(a).likeness(&Features::of(b))
    }

    #[test]
    fn the_same_question_in_other_words_is_alike() {
        for (a, b) in [
            ("木块为什么不会全部沉下去？", "木块为什么不会沉下去"),
            ("铝块放进盐水里，示数会变大还是变小？", "铝块放进盐水，示数变大还是变小"),
            ("Why does the block float?", "why does a block float"),
            ("pH 值是 7 吗", "PH值是7吗？"),
        ] {
            assert!(likeness(a, b) >= ALIKE, "{a} {b}: {}", likeness(a, b));
        }
    }

    #[test]
    fn other_questions_are_not() {
        for (a, b) in [
            ("木块为什么不会全部沉下去？", "铝块换成铁块，排开的水一样多吗？"),
            ("物体沉到水底还受浮力吗？", "潜水艇怎样上浮"),
            ("Why does the block float?", "what is the density of salt water"),
            ("", ""),
            ("？！", "。"),
        ] {
            assert!(likeness(a, b) < ALIKE, "{a} {b}: {}", likeness(a, b));
        }
    }

    proptest! {
        #[test]
        fn likeness_is_mutual_and_bounded(a in "[浮力木块为什么a-c ]{0,20}", b in "[浮力木块为什么a-c ]{0,20}") {
            let there = likeness(&a, &b);
            prop_assert_eq!(there, likeness(&b, &a));
            prop_assert!((0.0..=1.0).contains(&there));
            let same = likeness(&a, &a);
            prop_assert!(same == 1.0 || a.trim().is_empty());
        }
    }
}
