//! Frames on their way to the terminal: drawn into memory, then written in one piece by a thread of its own. I/O.
//!
//! While the thread writes, [`Output::ready`] is false and the loop draws nothing, so a slow link lowers the frame
//! rate, holds one frame in memory, and never blocks a key.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use ratatui::layout::{Position, Rect, Size};
use ratatui::{Frame, Terminal};
use tokio::sync::Notify;

use super::memory::Memory;
use super::{Alarm, Ended, Tty};

/// Begin and end of a synchronised update: terminals that know it show the frame at once, others ignore it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Where frames go.
#[derive(Debug)]
pub struct Output {
    terminal: Terminal<Memory>,
    repaint: bool,
    frames: SyncSender<Vec<u8>>,
    writer: Arc<Writer>,
    /// Goes out before the next frame, in one piece with it.
    first: Vec<u8>,
}

/// What the loop and the writer thread share.
#[derive(Debug, Default)]
struct Writer {
    busy: AtomicBool,
    done: Notify,
    /// The last frame's buffer, to be used again.
    spare: Mutex<Vec<u8>>,
}

impl Output {
    /// Starts the writer. A terminal that no longer takes what is written raises the alarm.
    pub fn start(tty: Arc<Tty>, alarm: Alarm) -> io::Result<Self> {
        let (columns, rows) = tty.size();
        let writer = Arc::new(Writer::default());
        let (frames, todo) = sync_channel::<Vec<u8>>(1);
        let shared = Arc::clone(&writer);
        thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || shared.run(todo, &tty, &alarm))?;
        Ok(Self {
            terminal: Terminal::new(Memory::new(Size::new(columns, rows)))?,
            repaint: true,
            frames,
            writer,
            first: Vec::new(),
        })
    }

    /// Nothing is being written: a frame may be drawn.
    #[must_use]
    pub fn ready(&self) -> bool {
        !self.writer.busy.load(Ordering::Acquire)
    }

    /// Waits until nothing is being written. Safe to drop and to call again.
    pub async fn idle(&self) {
        // A permit left over from an earlier frame costs one more turn.
        while !self.ready() {
            self.writer.done.notified().await;
        }
    }

    /// The terminal has a new size; the next frame is painted in full, also when the size is the old one: it may have
    /// been another in between, and the terminal has cut off what did not fit.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let size = Size::new(columns, rows);
        self.terminal.backend_mut().resize(size);
        self.repaint = true;
    }

    /// Nothing on the screen is ours any more; the next frame is painted in full.
    pub fn repaint(&mut self) {
        self.repaint = true;
    }

    /// Has the next frame begin with something that is not drawn: a text for the clipboard.
    pub fn put(&mut self, bytes: &[u8]) {
        self.first.extend_from_slice(bytes);
    }

    /// Draws a frame and hands it to the writer; no byte is written when nothing changed. To be called when
    /// [`Output::ready`].
    pub fn draw(&mut self, paint: impl FnOnce(&mut Frame)) -> io::Result<()> {
        if std::mem::take(&mut self.repaint) {
            let size = self.terminal.size()?;
            self.terminal.backend_mut().forget();
            // Not `clear`: that asks the terminal where its cursor is, and waits two seconds for the answer.
            self.terminal.resize(Rect::from((Position::ORIGIN, size)))?;
        }
        self.terminal.draw(paint)?;
        self.hand_over();
        Ok(())
    }

    fn hand_over(&mut self) {
        let cells = self.terminal.backend().bytes();
        if cells.is_empty() && self.first.is_empty() {
            return;
        }
        let mut frame = std::mem::take(&mut *self.writer.spare());
        frame.clear();
        frame.append(&mut self.first);
        for part in [BEGIN, cells, END] {
            frame.extend_from_slice(part);
        }
        self.terminal.backend_mut().taken();
        self.writer.busy.store(true, Ordering::Release);
        // A writer that is gone has raised the alarm before it went; the loop is about to end.
        let _ = self.frames.try_send(frame);
    }
}

impl Writer {
    fn spare(&self) -> MutexGuard<'_, Vec<u8>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes frames until the loop has ended.
    fn run(&self, frames: Receiver<Vec<u8>>, tty: &Tty, alarm: &Alarm) {
        for frame in frames {
            let written = tty.write(&frame);
            *self.spare() = frame;
            self.busy.store(false, Ordering::Release);
            self.done.notify_one();
            if let Err(error) = written {
                alarm.raise(Ended::Lost(format!("writing to it failed: {error}")));
                return;
            }
        }
    }
}
