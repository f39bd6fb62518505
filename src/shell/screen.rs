//! What the loop draws on and what it listens to, as far as it has to know. The traits let a test run the loop
//! without a terminal and without a cluster. I/O.

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::sync::Arc;

use ratatui::Frame;

use super::program::{self, Shown};
use crate::app::findings::Ring;
use crate::app::note::Note;
use crate::domain::ClusterId;
use crate::store::Want;
use crate::term::{Bell, Clipboard, Ears, Output, Tty, stop_ourselves};

/// Where frames go.
pub trait Screen {
    /// The last frame is out; another may be drawn.
    fn ready(&self) -> bool;
    /// Waits until [`Screen::ready`]; may be dropped and called again.
    fn idle(&self) -> impl Future<Output = ()>;
    /// Draws one frame.
    fn draw(&mut self, paint: impl FnOnce(&mut Frame)) -> io::Result<()>;
    /// It has a new size in cells.
    fn resize(&mut self, columns: u16, rows: u16);
    /// Hands the terminal back and stops the process; [`Screen::resume`] follows when it goes on.
    fn suspend(&mut self) -> io::Result<()>;
    /// Puts a text on the clipboard with the next frame, or tells why it cannot be.
    fn copy(&mut self, text: &str) -> Result<(), String>;
    /// Rings, and tells the desktop where that is asked for, with the next frame.
    fn ring(&mut self, ring: &Ring);
    /// Hands the terminal to a program that shows a text and waits for its end; [`Screen::resume`] follows. Answers
    /// what the person has to know. When it is dropped before, the program is asked to end.
    fn lend(&mut self, shown: &Shown) -> impl Future<Output = Option<Note>>;
    /// Takes the terminal again; answers its size now.
    fn resume(&mut self) -> io::Result<(u16, u16)>;
}

/// Where rows come from.
pub trait Sources {
    /// What the screen needs watched from now on: all of it, not the difference.
    fn want(&self, wants: BTreeSet<Want>);
    /// Sends no more requests a minute than this from now on; 0 for no cap.
    fn limit(&self, _requests_per_minute: u32) {}
    /// Try everything that is not live again now.
    fn reconnect(&self);
    /// Read again now what is not watched of a cluster.
    fn reread(&self, _cluster: &ClusterId) {}
}

/// The terminal.
#[derive(Debug)]
pub struct TtyScreen {
    /// The device.
    pub tty: Arc<Tty>,
    /// Frames on their way to it.
    pub output: Output,
    /// What reads it.
    pub ears: Ears,
    /// How its clipboard is reached.
    pub clipboard: Clipboard,
    /// How it rings.
    pub bell: Bell,
}

impl Screen for TtyScreen {
    fn ready(&self) -> bool {
        self.output.ready()
    }

    fn idle(&self) -> impl Future<Output = ()> {
        self.output.idle()
    }

    fn draw(&mut self, paint: impl FnOnce(&mut Frame)) -> io::Result<()> {
        self.output.draw(paint)
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.output.resize(columns, rows);
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.tty.leave();
        // Nobody to continue us, or not allowed to stop: go on as if nothing was asked.
        if !stop_ourselves().unwrap_or(false) {
            self.tty.enter()?;
            self.output.repaint();
        }
        Ok(())
    }

    fn copy(&mut self, text: &str) -> Result<(), String> {
        let bytes = self.clipboard.bytes(text).map_err(|e| e.to_string())?;
        self.output.put(&bytes);
        Ok(())
    }

    fn ring(&mut self, ring: &Ring) {
        let bytes = self.bell.bytes(ring.bell, ring.desktop, &ring.text);
        self.output.put(&bytes);
    }

    async fn lend(&mut self, shown: &Shown) -> Option<Note> {
        self.ears.pause();
        self.tty.leave();
        program::run(shown).await
    }

    fn resume(&mut self) -> io::Result<(u16, u16)> {
        self.tty.enter()?;
        self.ears.resume();
        self.output.repaint();
        Ok(self.tty.size())
    }
}
