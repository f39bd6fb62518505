//! `key: value` lines with the place of each: what front matter and blocks are made of. Pure.
//!
//! A value reaches to the end of its line; lines that begin with blanks belong to the one above. `#` begins a comment where
//! a key would stand. No quotes and no escapes: an expression stands as it is.

/// One value with its key and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) key: &'a str,
    /// Byte of the key in the file.
    pub(super) at: usize,
    /// The value's first line.
    pub(super) value: &'a str,
    /// Byte of the value in the file.
    pub(super) from: usize,
    /// The lines below that belong to it, each with its byte in the file.
    pub(super) more: Vec<(usize, &'a str)>,
}

impl Field<'_> {
    /// The value with its further lines.
    pub(super) fn text(&self) -> String {
        let lines = std::iter::once(self.value).chain(self.more.iter().map(|(_, line)| *line));
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    }

    /// Byte in the file of a byte of [`Self::text`].
    pub(super) fn byte(&self, at: usize) -> usize {
        let first = (self.from, self.value);
        let lines = std::iter::once(first).chain(self.more.iter().copied());
        let mut left = at;
        let mut last = self.from;
        for (from, line) in lines.filter(|(_, line)| !line.is_empty()) {
            if left <= line.len() {
                return from + left;
            }
            last = from + line.len();
            left -= line.len() + 1;
        }
        last
    }
}

/// A line that is no field: its byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stray(pub(super) usize);

/// The fields of a part of a file that begins at byte `from` of it.
pub(super) fn fields(part: &str, from: usize) -> (Vec<Field<'_>>, Vec<Stray>) {
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut strays = Vec::new();
    let mut at = from;
    for line in part.split_inclusive('\n') {
        let here = at;
        at += line.len();
        let bare = line.trim_end();
        let trimmed = bare.trim_start();
        let indent = bare.len() - trimmed.len();
        if trimmed.is_empty() || (indent == 0 && trimmed.starts_with('#')) {
            continue;
        }
        if indent > 0 {
            match fields.last_mut() {
                Some(field) => field.more.push((here + indent, trimmed)),
                None => strays.push(Stray(here + indent)),
            }
            continue;
        }
        match split(trimmed) {
            Some((key, value)) => fields.push(Field {
                key,
                at: here,
                value,
                from: here + (trimmed.len() - value.len()),
                more: Vec::new(),
            }),
            None => strays.push(Stray(here)),
        }
    }
    (fields, strays)
}

/// A line `key: value`.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let word = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    word.then(|| (key, value.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_goes_on_below_and_every_byte_keeps_its_place() {
        let file = "x\ncheck: a > 1\n  && b\n# no\nwithin: 5m\nodd\n";
        let (fields, strays) = fields(file.get(2..).unwrap(), 2);
        let [check, within] = &fields[..] else {
            panic!("{fields:?}")
        };
        assert_eq!(check.text(), "a > 1\n&& b");
        let letter = |at: usize| file.get(at..).and_then(|rest| rest.chars().next());
        assert_eq!(letter(check.byte(0)), Some('a'));
        assert_eq!(letter(check.byte(9)), Some('b'));
        assert_eq!((within.key, within.value), ("within", "5m"));
        assert_eq!(strays, [Stray(file.find("odd").unwrap())]);
    }
}
