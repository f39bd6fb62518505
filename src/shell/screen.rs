//! What the loop draws on and what it listens to, as far as it has to know. The traits let a test run the loop
//! without a terminal and without a cluster. I/O.

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::sync::Arc;

use ratatui::Frame;

use crate::store::Want;
use crate::term::{Output, Tty, stop_ourselves};

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
}

/// The terminal.
#[derive(Debug)]
pub struct TtyScreen {
    /// The device.
    pub tty: Arc<Tty>,
    /// Frames on their way to it.
    pub output: Output,
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

    fn resume(&mut self) -> io::Result<(u16, u16)> {
        self.tty.enter()?;
        self.output.repaint();
        Ok(self.tty.size())
    }
}
