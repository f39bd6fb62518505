//! Conditions: `depends` of a DAG task, `when` of a task or step. Pure.

/// How one word of a `depends` expression stands.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> bool;

/// Evaluates `A && (B.Failed || !C)`; what cannot be read is false.
pub(super) fn evaluate(expression: &str, lookup: Lookup<'_>) -> bool {
    let words = split(expression);
    let mut at = 0;
    let value = any(&words, &mut at, lookup);
    value && at == words.len()
}

/// The tasks that an expression names, in order.
pub(super) fn tasks(expression: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in split(expression) {
        let name = word.split('.').next().unwrap_or_default().to_owned();
        if !["&&", "||", "!", "(", ")"].contains(&word.as_str()) && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn split(expression: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut chars = expression.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() || "-_.".contains(c) {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if "!()".contains(c) {
            words.push(c.to_string());
        } else if "&|".contains(c) {
            // both && and & are accepted
            if chars.peek() == Some(&c) {
                chars.next();
            }
            words.push(format!("{c}{c}"));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn any(words: &[String], at: &mut usize, lookup: Lookup<'_>) -> bool {
    let mut value = all(words, at, lookup);
    while words.get(*at).is_some_and(|w| w == "||") {
        *at += 1;
        let right = all(words, at, lookup);
        value = value || right;
    }
    value
}

fn all(words: &[String], at: &mut usize, lookup: Lookup<'_>) -> bool {
    let mut value = one(words, at, lookup);
    while words.get(*at).is_some_and(|w| w == "&&") {
        *at += 1;
        let right = one(words, at, lookup);
        value = value && right;
    }
    value
}

fn one(words: &[String], at: &mut usize, lookup: Lookup<'_>) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    match word.as_str() {
        "!" => !one(words, at, lookup),
        "(" => {
            let value = any(words, at, lookup);
            *at += 1;
            value
        }
        name => lookup(name),
    }
}

/// Evaluates a filled-in `when`: `a == b`, `a != b`, `3 > 2`, `true`, joined by `&&` and `||`.
pub(super) fn when(condition: &str) -> bool {
    condition
        .split("||")
        .any(|any| any.split("&&").all(|term| comparison(term.trim())))
}

fn comparison(term: &str) -> bool {
    let bare = |w: &str| {
        w.trim()
            .trim_matches(|c| c == '"' || c == '\'' || c == '(' || c == ')')
            .to_owned()
    };
    for (operator, test) in [("==", true), ("!=", false)] {
        if let Some((left, right)) = term.split_once(operator) {
            return (bare(left) == bare(right)) == test;
        }
    }
    for operator in [">=", "<=", ">", "<"] {
        if let Some((left, right)) = term.split_once(operator) {
            let (Ok(left), Ok(right)) = (bare(left).parse::<f64>(), bare(right).parse::<f64>())
            else {
                return false;
            };
            return match operator {
                ">=" => left >= right,
                "<=" => left <= right,
                ">" => left > right,
                _ => left < right,
            };
        }
    }
    bare(term) != "false"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depends_is_read_as_argo_reads_it() {
        let yes = |w: &str| w == "a" || w == "b.Failed";
        for (text, expected) in [
            ("a", true),
            ("a && b.Failed", true),
            ("a && b", false),
            ("!b && (c || a)", true),
            ("a || (", false),
            ("", false),
            ("a b", false),
        ] {
            assert_eq!(evaluate(text, &yes), expected, "{text}");
        }
        assert_eq!(
            tasks("a && (b.Failed || !c) && a.Succeeded"),
            ["a", "b", "c"]
        );
    }

    #[test]
    fn when_compares() {
        for (text, expected) in [
            ("yes == yes", true),
            ("\"a\" != 'a'", false),
            ("0.93 > 0.9", true),
            ("3 <= 2 || true", true),
            ("false", false),
            ("a == a && b == c", false),
        ] {
            assert_eq!(when(text), expected, "{text}");
        }
    }
}
