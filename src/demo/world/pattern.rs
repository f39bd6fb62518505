//! The few regular expressions that rules use: literals, `.`, `\d`, escapes, `*`, `+`, `^`, `$`. Pure.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Any,
    Digit,
    Is(char),
}

impl Unit {
    fn fits(self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Digit => c.is_ascii_digit(),
            Self::Is(own) => own == c,
        }
    }
}

/// Least and most repetitions of a unit.
type Part = (Unit, usize, usize);

/// Whether a pattern is found in a text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let (start, rest) = pattern
        .strip_prefix('^')
        .map_or((false, pattern), |p| (true, p));
    let (end, rest) = match rest.strip_suffix('$') {
        Some(p) if !p.ends_with('\\') => (true, p),
        _ => (false, rest),
    };
    let parts = read(rest);
    // more would take too long, and no sample has more
    if parts.len() > 64 || parts.iter().filter(|p| p.2 > 1).count() > 3 {
        return false;
    }
    let last = if start { 0 } else { chars.len() };
    (0..=last).any(|from| here(&parts, &chars, from, end))
}

fn read(pattern: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let unit = match c {
            '*' | '+' => {
                if let Some(last) = parts.last_mut() {
                    *last = (last.0, usize::from(c == '+'), usize::MAX);
                }
                continue;
            }
            '\\' => match chars.next() {
                Some('d') => Unit::Digit,
                Some(other) => Unit::Is(other),
                None => continue,
            },
            '.' => Unit::Any,
            other => Unit::Is(other),
        };
        parts.push((unit, 1, 1));
    }
    parts
}

fn here(parts: &[Part], chars: &[char], from: usize, end: bool) -> bool {
    let Some(((unit, least, most), rest)) = parts.split_first() else {
        return !end || from == chars.len();
    };
    let tail = chars.get(from..).unwrap_or_default();
    let run = tail
        .iter()
        .take(*most)
        .take_while(|c| unit.fits(**c))
        .count();
    (*least..=run)
        .rev()
        .any(|n| here(rest, chars, from + n, end))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_of_the_samples_are_understood() {
        for (pattern, text, expected) in [
            (r"trial\(13:", "w.trial(13:13)", true),
            (r"trial\(13:", "w.trial(113:1)", false),
            (r"embed\(\d*57:", "w.embed(157:x)", true),
            (r"\.ingest-driver$", "w.root.ingest-driver", true),
            (r"\.ingest-driver$", "w.root.ingest-driver(0)", false),
            (r"^w", "aw", false),
            ("a.+c", "abbc", true),
            ("", "anything", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} in {text}");
        }
    }
}
