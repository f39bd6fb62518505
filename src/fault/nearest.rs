//! What was probably meant. Pure.

use super::showable;

/// Longest word that is looked at; nobody mistypes more.
const LONGEST: usize = 64;

/// The word of `words` that comes closest to what was written, when one is close enough to be meant.
pub fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: Vec<char> = fold(written);
    if written.is_empty() || written.len() > LONGEST {
        return None;
    }
    let allowed = (written.len() / 3).max(1);
    words
        .into_iter()
        .filter(|word| word.len() <= LONGEST && word.chars().all(showable))
        .map(|word| (distance(&written, &fold(word)), word))
        .filter(|(far, _)| *far <= allowed)
        .min_by_key(|(far, _)| *far)
        .map(|(_, word)| word)
}

/// "did you mean …?", or what there is when nothing is close and the words are few.
#[must_use]
pub fn meant<'a>(written: &str, words: impl IntoIterator<Item = &'a str> + Clone) -> String {
    const FEW: usize = 16;
    if let Some(word) = nearest(written, words.clone()) {
        return format!("did you mean `{word}`?");
    }
    let shown = |word: &&str| word.chars().all(showable);
    let all: Vec<&str> = words.into_iter().filter(shown).collect();
    if all.is_empty() || all.len() > FEW {
        return String::new();
    }
    format!("one of {}", all.join(", "))
}

fn fold(word: &str) -> Vec<char> {
    word.chars()
        .map(|c| {
            if c == '_' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

/// Letters to put in, take out, change, or swap with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut older: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(older[j - 1] + 1);
            }
            row.push(least);
        }
        older = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_seen_and_another_word_is_not() {
        let words = ["keymap", "theme", "start", "colours"];
        assert_eq!(nearest("kyemap", words), Some("keymap"));
        assert_eq!(nearest("colors", words), Some("colours"));
        assert_eq!(nearest("Theme", words), Some("theme"));
        assert_eq!(nearest("banana", words), None);
        assert_eq!(nearest("", words), None);
    }

    #[test]
    fn few_words_are_listed_when_none_is_close() {
        assert_eq!(meant("banana", ["one", "two"]), "one of one, two");
        assert_eq!(meant("twoo", ["one", "two"]), "did you mean `two`?");
    }
}
