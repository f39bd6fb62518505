//! A ratatui backend that draws into memory and never touches the terminal. I/O free; `output` owns it.
//!
//! Two things differ from drawing straight to the terminal: an unchanged frame makes no byte at all (the stock
//! backend resets colours and hides the cursor each time), and size and cursor are known here, never asked for.

use std::io;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// What the stock backend writes after each run of cells. `0m` alone resets the colours too; the rest would send
/// colour sequences to terminals that have none.
const TAIL: &[u8] = b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m";
const RESET: &[u8] = b"\x1b[0m";

/// Where the cursor is, as far as the terminal was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    /// Anything may be true: nothing was said since the terminal was taken over.
    Unknown,
    Hidden,
    /// Visible, at a position.
    At(Position),
    /// Visible, but cells were drawn since, so it stands elsewhere.
    Moved,
}

/// Cells turned into bytes, kept until [`Memory::taken`].
#[derive(Debug)]
pub struct Memory {
    bytes: Vec<u8>,
    size: Size,
    wanted: Option<Position>,
    told: Cursor,
}

impl Memory {
    /// For a terminal of this size in cells.
    pub fn new(size: Size) -> Self {
        Self {
            bytes: Vec::new(),
            size,
            wanted: None,
            told: Cursor::Unknown,
        }
    }

    /// The terminal has a new size.
    pub fn resize(&mut self, size: Size) {
        self.size = size;
    }

    /// Nothing is known about the terminal any more (it was handed back for a while).
    pub fn forget(&mut self) {
        self.told = Cursor::Unknown;
        self.bytes.clear();
    }

    /// Everything drawn since the last [`Memory::taken`]; empty when nothing changed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes were taken.
    pub fn taken(&mut self) {
        self.bytes.clear();
    }

    fn stock(&mut self) -> CrosstermBackend<&mut Vec<u8>> {
        CrosstermBackend::new(&mut self.bytes)
    }

    fn settle_cursor(&mut self) -> io::Result<()> {
        match self.wanted {
            None if self.told != Cursor::Hidden => {
                self.stock().hide_cursor()?;
                self.told = Cursor::Hidden;
            }
            Some(position) if self.told != Cursor::At(position) => {
                self.stock().set_cursor_position(position)?;
                if matches!(self.told, Cursor::Hidden | Cursor::Unknown) {
                    self.stock().show_cursor()?;
                }
                self.told = Cursor::At(position);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Backend for Memory {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.stock().draw(content)?;
        if self.bytes.ends_with(TAIL) {
            self.bytes.truncate(self.bytes.len() - TAIL.len());
            self.bytes.extend_from_slice(RESET);
        }
        if matches!(self.told, Cursor::At(_)) {
            self.told = Cursor::Moved;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.wanted = None;
        Ok(())
    }

    /// The position follows at once; both are settled in [`Backend::flush`].
    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.wanted.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.wanted = Some(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.stock().clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::default(),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.settle_cursor()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::style::{Color, Style};

    use super::*;

    fn terminal() -> Terminal<Memory> {
        Terminal::new(Memory::new(Size::new(20, 3))).unwrap()
    }

    fn bytes(terminal: &mut Terminal<Memory>) -> String {
        let bytes = terminal.backend().bytes().to_vec();
        terminal.backend_mut().taken();
        String::from_utf8(bytes).unwrap()
    }

    fn drawn(terminal: &mut Terminal<Memory>, text: &str, cursor: Option<(u16, u16)>) -> String {
        terminal
            .draw(|frame| {
                frame.render_widget(text, frame.area());
                if let Some(at) = cursor {
                    frame.set_cursor_position(at);
                }
            })
            .unwrap();
        bytes(terminal)
    }

    #[test]
    fn an_unchanged_frame_makes_no_byte() {
        let mut terminal = terminal();
        assert!(drawn(&mut terminal, "runs", None).contains("runs"));
        assert_eq!(drawn(&mut terminal, "runs", None), "");
        assert_eq!(
            drawn(&mut terminal, "runs", Some((2, 0))),
            "\x1b[1;3H\x1b[?25h"
        );
        assert_eq!(drawn(&mut terminal, "runs", Some((2, 0))), "");
        assert_eq!(drawn(&mut terminal, "runs", None), "\x1b[?25l");
    }

    #[test]
    fn the_cursor_comes_back_to_its_place_after_cells_were_drawn() {
        let mut terminal = terminal();
        drawn(&mut terminal, "one", Some((5, 0)));
        let bytes = drawn(&mut terminal, "two", Some((5, 0)));
        assert!(bytes.ends_with("\x1b[1;6H"), "{bytes:?}");
    }

    #[test]
    fn a_frame_without_colours_sends_no_colour_sequence() {
        let mut terminal = terminal();
        let bytes = drawn(&mut terminal, "plain", None);
        for sequence in ["\x1b[3", "\x1b[4", "\x1b[59m"] {
            assert!(!bytes.contains(sequence), "{bytes:?}");
        }
    }

    #[test]
    fn colours_end_with_the_frame() {
        let mut terminal = terminal();
        terminal
            .draw(|frame| {
                let style = Style::new().fg(Color::Red);
                frame.buffer_mut().set_string(0, 0, "failed", style);
            })
            .unwrap();
        let bytes = bytes(&mut terminal);
        assert!(bytes.contains("failed\x1b[0m"), "{bytes:?}");
    }

    #[test]
    fn a_resize_to_the_same_size_repaints_without_asking_the_terminal() {
        let mut terminal = terminal();
        drawn(&mut terminal, "runs", None);
        terminal.backend_mut().forget();
        terminal
            .resize(ratatui::layout::Rect::new(0, 0, 20, 3))
            .unwrap();
        let bytes = drawn(&mut terminal, "runs", None);
        assert!(bytes.starts_with("\x1b[2J"), "{bytes:?}");
        assert!(bytes.contains("runs"));
        assert!(bytes.ends_with("\x1b[?25l"), "{bytes:?}");
    }
}
