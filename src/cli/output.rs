//! Standard output for commands without a screen: colours where a terminal shows them, columns that align, and errors
//! that are not lost. I/O.
//!
//! Nothing here sanitises: what comes from clusters is `Clean` before it gets here.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use unicode_width::UnicodeWidthStr;

use super::args::Show;
use super::exit::Failure;
use crate::term::caps;
use crate::theme::Role;
use crate::ui::{Colours, Look, fit, plain};

/// Between two columns, so that a blank inside a cell is no border.
const GAP: usize = 2;

/// Columns assumed for a terminal that does not tell.
const WIDTH: usize = 80;

/// Standard output.
#[derive(Debug)]
pub struct Out {
    to: BufWriter<Stdout>,
    /// What may be used on it: nothing but plain text when it is no terminal.
    look: Look,
    /// Columns of the terminal; `None` when it is none, so that nothing is cut.
    width: Option<usize>,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// What it means.
    pub role: Role,
}

impl Text {
    /// A text with a meaning.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self {
            text: text.into(),
            role,
        }
    }
}

/// How one column of a table is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Cells it takes.
    pub width: usize,
    /// Numbers stand to the right.
    pub right: bool,
    /// What does not fit is cut.
    pub cut: bool,
}

impl Out {
    /// Standard output as this process has it.
    #[must_use]
    pub fn new(show: &Show) -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let mut look = caps(|name| env::var(name).ok()).look;
        look.ascii |= show.ascii;
        if !terminal || show.no_color {
            look.colours = Colours::None;
        }
        if !terminal {
            // what reads a pipe reads UTF-8
            look.ascii = show.ascii;
        }
        let width = terminal.then(|| columns(&stdout));
        Self {
            to: BufWriter::new(stdout),
            look,
            width,
        }
    }

    /// What may be used.
    #[must_use]
    pub fn look(&self) -> Look {
        self.look
    }

    /// Columns of the terminal; `None` when nothing has to be cut.
    #[must_use]
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// Writes a text as it stands.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.to.write_all(text.as_bytes()).map_err(Failure::Output)
    }

    /// Writes a line.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.text(text)?;
        self.text("\n")
    }

    /// Writes a text with a meaning.
    pub fn role(&mut self, text: &str, role: Role) -> Result<(), Failure> {
        let shown = plain(text, self.look).into_owned();
        match self.sgr(role) {
            "" => self.text(&shown),
            sgr => self.text(&format!("\x1b[{sgr}m{shown}\x1b[0m")),
        }
    }

    /// Writes one line of a table.
    pub fn row(&mut self, cells: &[Text], shapes: &[Shape]) -> Result<(), Failure> {
        // blanks are written when something comes after them: no line ends in any
        let mut blanks = 0;
        for (cell, shape) in cells.iter().zip(shapes) {
            let text = if shape.cut {
                let width = u16::try_from(shape.width).unwrap_or(u16::MAX);
                fit(&cell.text, width, self.look.ascii).0.into_owned()
            } else {
                cell.text.clone()
            };
            let room = shape.width.saturating_sub(text.width());
            let (before, behind) = if shape.right { (room, 0) } else { (0, room) };
            if text.is_empty() {
                blanks += before + behind + GAP;
            } else {
                self.text(&" ".repeat(blanks + before))?;
                self.role(&text, cell.role)?;
                blanks = behind + GAP;
            }
        }
        self.text("\n")
    }

    /// Everything written so far reaches its reader now.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.to.flush().map_err(Failure::Output)
    }

    fn sgr(&self, role: Role) -> &'static str {
        if self.look.colours == Colours::None {
            return "";
        }
        match role {
            Role::Strong => "1",
            Role::Dim => "90",
            Role::Bad => "91",
            Role::Warn => "33",
            Role::Good => "32",
            Role::Busy => "94",
            Role::Chosen => "36",
            _ => "",
        }
    }
}

fn columns(stdout: &Stdout) -> usize {
    rustix::termios::tcgetwinsize(stdout)
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(WIDTH)
}

/// Ends when nobody can read standard output any more, which a command that waits for changes would not notice.
pub async fn closed() {
    let (tell, told) = tokio::sync::oneshot::channel();
    // waits in the kernel; the process does not wait for it
    std::thread::spawn(move || {
        use rustix::event::{PollFd, PollFlags, poll};
        let stdout = io::stdout();
        let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
        loop {
            let mut ends = [PollFd::new(&stdout, PollFlags::empty())];
            match poll(&mut ends, None) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(_) if !ends[0].revents().intersects(gone) => {}
                _ => break,
            }
        }
        let _ = tell.send(());
    });
    if told.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// What a column of natural width `natural` gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Width of its widest cell.
    pub natural: usize,
    /// Least width that makes sense.
    pub least: usize,
    /// When space is short the highest goes first; 0 never goes.
    pub drop: u8,
}

/// Lays columns out: `None` for one that has no room. Without a width nothing is cut.
#[must_use]
pub fn layout(needs: &[Need], width: Option<usize>) -> Vec<Option<usize>> {
    let Some(width) = width else {
        return needs.iter().map(|n| Some(n.natural)).collect();
    };
    let mut kept: Vec<bool> = vec![true; needs.len()];
    let least = |n: &Need| n.natural.min(n.least);
    let used = |kept: &[bool], of: &dyn Fn(&Need) -> usize| -> usize {
        let each = needs.iter().zip(kept).filter(|(_, k)| **k);
        each.map(|(n, _)| of(n) + GAP)
            .sum::<usize>()
            .saturating_sub(GAP)
    };
    while used(&kept, &least) > width {
        let worst = (0..needs.len())
            .filter(|i| kept.get(*i) == Some(&true) && needs.get(*i).is_some_and(|n| n.drop > 0))
            .max_by_key(|i| needs.get(*i).map(|n| n.drop));
        match worst.and_then(|i| kept.get_mut(i)) {
            Some(slot) => *slot = false,
            None => break,
        }
    }
    let mut room = width.saturating_sub(used(&kept, &least));
    let mut widths: Vec<Option<usize>> = needs
        .iter()
        .zip(&kept)
        .map(|(n, k)| k.then(|| least(n)))
        .collect();
    // those that need least are served first: one long column does not starve the others
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|i| needs.get(*i).map(|n| n.natural.saturating_sub(least(n))));
    for i in order {
        if let (Some(need), Some(Some(slot))) = (needs.get(i), widths.get_mut(i)) {
            let more = need.natural.saturating_sub(*slot).min(room);
            *slot += more;
            room -= more;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn need(natural: usize, least: usize, drop: u8) -> Need {
        Need {
            natural,
            least,
            drop,
        }
    }

    #[test]
    fn without_a_terminal_nothing_is_cut_and_nothing_left_out() {
        let needs = [need(200, 10, 1), need(300, 10, 0)];
        assert_eq!(layout(&needs, None), [Some(200), Some(300)]);
    }

    #[test]
    fn short_columns_keep_their_width_and_the_long_one_is_cut() {
        let needs = [need(6, 11, 0), need(300, 16, 0), need(20, 8, 0)];
        assert_eq!(
            layout(&needs, Some(80)),
            [Some(6), Some(80 - 6 - 20 - 4), Some(20)]
        );
    }

    #[test]
    fn when_even_that_does_not_fit_the_least_needed_columns_go() {
        let needs = [need(20, 20, 0), need(20, 20, 1), need(20, 20, 2)];
        assert_eq!(layout(&needs, Some(50)), [Some(20), Some(20), None]);
        assert_eq!(layout(&needs, Some(30)), [Some(20), None, None]);
    }

    proptest! {
        #[test]
        fn columns_never_take_more_than_there_is(
            needs in proptest::collection::vec((0usize..60, 1usize..20, 1u8..5), 0..8),
            width in 0usize..200,
        ) {
            let needs: Vec<Need> = needs.into_iter().map(|(n, l, d)| need(n, l, d)).collect();
            let widths = layout(&needs, Some(width));
            let kept: Vec<usize> = widths.into_iter().flatten().collect();
            let all = kept.iter().sum::<usize>() + GAP * kept.len().saturating_sub(1);
            prop_assert!(all <= width || kept.is_empty());
        }
    }
}
