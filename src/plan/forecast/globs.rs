//! Patterns of names as Argo CD matches them (`github.com/gobwas/glob` without separators). Pure.

/// Steps that a comparison may take, so that no pattern of a cluster can hold the program.
const MOST_STEPS: usize = 20_000;

/// Whether a text fits a pattern: `*`, `?`, `[abc]`, `[!a-c]`, `{one,two}`, `\` before any of these. What cannot be read
/// fits nothing.
pub(super) fn globs(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let mut steps = MOST_STEPS;
    fits(&pattern, &text, &mut steps)
}

fn fits(pattern: &[char], text: &[char], steps: &mut usize) -> bool {
    let Some(left) = steps.checked_sub(1) else {
        return false;
    };
    *steps = left;
    let (Some(first), rest) = (pattern.first(), pattern.get(1..).unwrap_or_default()) else {
        return text.is_empty();
    };
    let shorter = text.get(1..).unwrap_or_default();
    match (first, text.first()) {
        ('*', None) => fits(rest, text, steps),
        ('*', Some(_)) => fits(rest, text, steps) || fits(pattern, shorter, steps),
        ('?', Some(_)) => fits(rest, shorter, steps),
        ('[', Some(letter)) => {
            let Some(end) = rest.iter().position(|c| *c == ']') else {
                return false;
            };
            let (set, after) = rest.split_at(end);
            in_set(set, *letter) && fits(after.get(1..).unwrap_or_default(), shorter, steps)
        }
        ('{', _) => {
            let Some(end) = rest.iter().position(|c| *c == '}') else {
                return false;
            };
            let (words, after) = rest.split_at(end);
            let after = after.get(1..).unwrap_or_default();
            words
                .split(|c| *c == ',')
                .any(|word| fits(&[word, after].concat(), text, steps))
        }
        ('\\', Some(letter)) => {
            rest.first() == Some(letter) && fits(rest.get(1..).unwrap_or_default(), shorter, steps)
        }
        (first, Some(letter)) => first == letter && fits(rest, shorter, steps),
        (_, None) => false,
    }
}

fn in_set(set: &[char], letter: char) -> bool {
    let (not, set) = match set.split_first() {
        Some(('!', set)) => (true, set),
        _ => (false, set),
    };
    let within = match set {
        [low, '-', high] => (*low..=*high).contains(&letter),
        letters => letters.contains(&letter),
    };
    within != not
}

#[cfg(test)]
mod tests {
    use super::globs;

    #[test]
    fn names_fit_as_they_do_for_argo_cd() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "anything/at-all"),
            ("serving-*", "serving-prod"),
            ("*-prod", "serving-prod"),
            ("team-?", "team-a"),
            ("team-[ab]", "team-b"),
            ("team-[!ab]", "team-c"),
            ("{serving,training}-*", "training-prod"),
            ("a\\*", "a*"),
        ] {
            assert!(globs(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("serving", "serving-prod"),
            ("team-?", "team-"),
            ("team-[ab]", "team-c"),
            ("a\\*", "ab"),
            ("[a", "a"),
        ] {
            assert!(!globs(pattern, text), "{pattern} {text}");
        }
        // ends, whatever a cluster says
        assert!(!globs(
            &"*a".repeat(40),
            &"a".repeat(2_000).replace("aa", "ab")
        ));
    }
}
