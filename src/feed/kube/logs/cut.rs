//! Bytes of a stream cut into lines, in bounded memory. Pure.
//!
//! A container may print a line of any length, and progress bars overwrite theirs with carriage returns: of a line
//! its first [`KEPT`] bytes are kept, of what a carriage return overwrites nothing.

/// Bytes kept of a line, without its time.
pub(super) const KEPT: usize = crate::domain::LINE_CAP;
/// Longest time in front of a line, with its space.
const HEAD: usize = 40;

/// The line that is being read.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    line: Vec<u8>,
    /// Bytes that were not kept.
    cut: u64,
    /// A carriage return came; what follows overwrites the line, unless it is the line's end.
    returned: bool,
}

impl Cutter {
    /// Takes a piece of the stream; `each` gets every line that ends in it, and how many bytes of it were not kept.
    pub(super) fn feed(&mut self, chunk: &[u8], mut each: impl FnMut(&[u8], u64)) {
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let (line, behind) = rest.split_at(end);
            self.add(line);
            each(&self.line, self.cut);
            self.clear();
            rest = behind.get(1..).unwrap_or_default();
        }
        self.add(rest);
    }

    /// The last line, when it has no end.
    pub(super) fn rest(&mut self, mut each: impl FnMut(&[u8], u64)) {
        if !self.line.is_empty() {
            each(&self.line, self.cut);
        }
        self.clear();
    }

    /// Forgets the line that is being read.
    pub(super) fn clear(&mut self) {
        self.line.clear();
        self.cut = 0;
        self.returned = false;
    }

    fn add(&mut self, piece: &[u8]) {
        for (n, part) in piece.split(|b| *b == b'\r').enumerate() {
            self.returned |= n > 0;
            if part.is_empty() {
                continue;
            }
            if std::mem::take(&mut self.returned) {
                let head = head(&self.line);
                self.line.truncate(head);
                self.cut = 0;
            }
            self.append(part);
        }
    }

    fn append(&mut self, part: &[u8]) {
        let room = (KEPT + HEAD).saturating_sub(self.line.len());
        let (kept, over) = part.split_at(part.len().min(room));
        self.line.extend_from_slice(kept);
        self.cut += over.len() as u64;
    }
}

/// Length of the time in front of a line, with its space; 0 when there is none.
pub(super) fn head(line: &[u8]) -> usize {
    let space = line.iter().take(HEAD).position(|b| *b == b' ');
    let time = |at: &usize| {
        let head = line.get(..*at).unwrap_or_default();
        at > &19 && head.first().is_some_and(u8::is_ascii_digit) && head.get(10) == Some(&b'T')
    };
    space.filter(time).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const T: &str = "2026-11-21T09:48:51.123456789Z ";

    fn lines(chunks: &[&[u8]]) -> Vec<(String, u64)> {
        let mut cutter = Cutter::default();
        let mut out = Vec::new();
        let mut each =
            |line: &[u8], cut| out.push((String::from_utf8_lossy(line).into_owned(), cut));
        for chunk in chunks {
            cutter.feed(chunk, &mut each);
        }
        cutter.rest(&mut each);
        out
    }

    #[test]
    fn lines_are_whole_wherever_the_stream_is_cut() {
        let got = lines(&[b"one\ntw", b"o\r", b"\nthree"]);
        let want = [("one", 0), ("two", 0), ("three", 0)];
        assert_eq!(got, want.map(|(t, c)| (t.to_owned(), c)));
    }

    #[test]
    fn of_a_progress_bar_the_last_state_is_kept_with_the_time_of_the_line() {
        let bar = format!("{T} 10 %\r 50 %\r100 %\r\nnext\n");
        for at in 0..bar.len() {
            let (a, b) = bar.as_bytes().split_at(at);
            let got = lines(&[a, b]);
            assert_eq!(got[0].0, format!("{T}100 %"), "cut at {at}");
            assert_eq!(got[1].0, "next");
        }
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut_and_the_rest_counted() {
        let long = format!("{T}{}\nnext\n", "x".repeat(1 << 20));
        let mut cutter = Cutter::default();
        let mut got = Vec::new();
        for chunk in long.as_bytes().chunks(7_000) {
            cutter.feed(chunk, |line, cut| got.push((line.len() as u64, cut)));
            assert!(cutter.line.capacity() <= 4 * KEPT);
        }
        assert_eq!(got[0].0 + got[0].1, long.len() as u64 - 6);
        assert_eq!(got[0].0, (KEPT + HEAD) as u64);
        assert_eq!(got[1], (4, 0));
    }

    proptest! {
        /// However a stream is cut into pieces, its lines are the same.
        #[test]
        fn pieces_make_no_difference(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200), at in 0..200_usize) {
            let at = at.min(bytes.len());
            let (a, b) = bytes.split_at(at);
            prop_assert_eq!(lines(&[a, b]), lines(&[&bytes]));
        }
    }
}
