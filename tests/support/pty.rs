//! A program in a real pseudo-terminal, with a terminal emulator on the other side: what a person would see, and
//! keys as a person would press them.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};

use super::process;
use keys::encode;

#[path = "pty/keys.rs"]
mod keys;

/// Bytes kept for [`Pty::bytes_since`].
const KEPT: usize = 16 << 20;

/// One at a time: between making a pseudo-terminal and marking it close-on-exec, another child could inherit it.
static SPAWN: Mutex<()> = Mutex::new(());

/// What to run.
pub struct Program {
    command: CommandBuilder,
    size: PtySize,
    home: tempfile::TempDir,
}

impl Program {
    /// A program with nothing in its environment but a PATH, an empty home that goes with it, and a terminal with
    /// colours and UTF-8.
    pub fn new(path: &str) -> Self {
        let mut command = CommandBuilder::new(path);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.cwd(std::env::temp_dir());
        let home = tempfile::tempdir().unwrap();
        command.env("HOME", home.path());
        Self {
            command,
            size: size(120, 36),
            home,
        }
    }

    pub fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args(self, args: &[&str]) -> Self {
        args.iter().fold(self, Self::arg)
    }

    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts it in this folder instead of the one for temporary files.
    pub fn folder(mut self, path: &std::path::Path) -> Self {
        self.command.cwd(path);
        self
    }

    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = size(columns, rows);
        self
    }

    /// Starts it as the leader of a session of its own, on a terminal of its own.
    pub fn spawn(self) -> Pty {
        Pty::spawn(self)
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// The modes of the terminal: input, output, control, local flags and control characters, to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modes([u32; 4], Vec<u8>);

/// A running program and its terminal.
pub struct Pty {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    pid: u32,
    glass: Arc<Glass>,
    reader: Option<JoinHandle<()>>,
    _home: tempfile::TempDir,
}

/// What the person sees, and whether they look.
struct Glass {
    seen: Mutex<Seen>,
    changed: Condvar,
}

struct Seen {
    terminal: vt100::Parser,
    bytes: Vec<u8>,
    total: usize,
    paused: bool,
    stop: bool,
    /// The program's side is closed.
    ended: bool,
}

impl Glass {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Reads until the other side closes; while paused, nothing is read.
    fn read(&self, mut from: Box<dyn Read + Send>) {
        let mut piece = [0; 8192];
        loop {
            let count = from.read(&mut piece).unwrap_or(0);
            let mut seen = self.seen();
            if count == 0 || seen.stop {
                seen.ended = true;
                self.changed.notify_all();
                return;
            }
            seen.total += count;
            seen.terminal.process(&piece[..count]);
            if seen.bytes.len() < KEPT {
                seen.bytes.extend_from_slice(&piece[..count]);
            }
            self.changed.notify_all();
            drop(
                self.changed
                    .wait_while(seen, |seen| seen.paused && !seen.stop)
                    .unwrap(),
            );
        }
    }
}

impl Pty {
    fn spawn(program: Program) -> Self {
        let one_at_a_time = SPAWN
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let pair = native_pty_system().openpty(program.size).unwrap();
        let child = pair.slave.spawn_command(program.command).unwrap();
        drop(pair.slave);
        drop(one_at_a_time);
        let glass = Arc::new(Glass {
            seen: Mutex::new(Seen {
                terminal: vt100::Parser::new(program.size.rows, program.size.cols, 0),
                bytes: Vec::new(),
                total: 0,
                paused: false,
                stop: false,
                ended: false,
            }),
            changed: Condvar::new(),
        });
        let (shared, from) = (Arc::clone(&glass), pair.master.try_clone_reader().unwrap());
        Self {
            writer: Some(pair.master.take_writer().unwrap()),
            master: Some(pair.master),
            pid: child.process_id().unwrap(),
            child,
            glass,
            reader: Some(thread::spawn(move || shared.read(from))),
            _home: program.home,
        }
    }

    /// The process id of the program started.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The screen as text, one line a row.
    pub fn screen(&self) -> String {
        self.glass.seen().terminal.screen().contents()
    }

    /// Looks at the emulated terminal: cells, cursor, modes.
    pub fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.glass.seen().terminal.screen())
    }

    /// Waits until the emulated terminal is as wanted; fails with the screen when it is not in time.
    pub fn wait_until(&self, what: &str, within: Duration, is: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + within;
        let mut seen = self.glass.seen();
        while !is(seen.terminal.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "waited {within:?} for {what}; the screen is:\n{}",
                seen.terminal.screen().contents()
            );
            (seen, _) = self.glass.changed.wait_timeout(seen, left).unwrap();
        }
    }

    /// Waits until a text is on the screen.
    pub fn wait_for(&self, text: &str, within: Duration) {
        self.wait_until(text, within, |screen| screen.contents().contains(text));
    }

    /// Waits until a text is no longer on the screen.
    pub fn wait_gone(&self, text: &str, within: Duration) {
        self.wait_until(text, within, |screen| !screen.contents().contains(text));
    }

    /// How many bytes have come so far.
    pub fn bytes(&self) -> usize {
        self.glass.seen().total
    }

    /// The bytes that came since a count that [`Pty::bytes`] gave.
    pub fn bytes_since(&self, mark: usize) -> Vec<u8> {
        let seen = self.glass.seen();
        assert!(seen.total <= KEPT, "too many bytes to keep them all");
        seen.bytes[mark..].to_vec()
    }

    /// Waits until nothing has come for a while, the way to find the end of what was caused before.
    pub fn settle(&self, quiet: Duration, within: Duration) {
        let end = Instant::now() + within;
        let mut seen = self.glass.seen();
        loop {
            let total = seen.total;
            let timeout;
            (seen, timeout) = self
                .glass
                .changed
                .wait_timeout_while(seen, quiet, |seen| seen.total == total && !seen.ended)
                .unwrap();
            if timeout.timed_out() || seen.ended {
                return;
            }
            assert!(
                Instant::now() < end,
                "not quiet for {quiet:?} within {within:?}"
            );
        }
    }

    /// Presses one key: a character, `Enter`, `Esc`, `Up`, `PageDown`, `F5`, `C-c`, `A-x`, `S-Tab` … An escape that
    /// is followed by another key at once reads as Alt: wait for what it does first, or with [`Pty::wait_read`].
    pub fn send(&mut self, key: &str) {
        self.write(&encode(key));
    }

    /// Presses several keys, one after another.
    pub fn send_all(&mut self, keys: &[&str]) {
        for key in keys {
            self.send(key);
        }
    }

    /// Waits until the program has read all that was sent to it.
    pub fn wait_read(&self, within: Duration) {
        let name = self.master.as_ref().expect("hung up").tty_name().unwrap();
        let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let terminal = open(name, flags, Mode::empty()).unwrap();
        super::wait_for("the program to read its keys", within, || {
            let mut unread = [PollFd::new(&terminal, PollFlags::IN)];
            (poll(&mut unread, Some(&Timespec::default())).unwrap() == 0).then_some(())
        });
    }

    /// Writes bytes as the terminal would send them.
    pub fn write(&mut self, bytes: &[u8]) {
        let writer = self.writer.as_mut().expect("hung up");
        writer.write_all(bytes).unwrap();
        writer.flush().unwrap();
    }

    /// Gives the terminal a new size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = size(columns, rows);
        self.glass
            .seen()
            .terminal
            .screen_mut()
            // this emulator knows no letter of two cells in a terminal of one
            .set_size(rows, columns.max(2));
        self.master.as_ref().expect("hung up").resize(size).unwrap();
    }

    /// The modes of the terminal now. They are reset when the program started here ends (it leads the session), so to
    /// see what a program leaves behind, start it from a shell that stays.
    pub fn modes(&self) -> Modes {
        modes(self.master.as_ref().expect("hung up").as_ref())
    }

    /// Stops reading, as a link that is stuck: after one more piece, the program's output piles up.
    pub fn pause(&self) {
        self.glass.seen().paused = true;
    }

    /// Reads again.
    pub fn resume(&self) {
        self.glass.seen().paused = false;
        self.glass.changed.notify_all();
    }

    /// Closes the terminal, as a closed window or a lost connection does. The program must draw when its size
    /// changes: that is what ends the reading side.
    pub fn hang_up(&mut self) {
        self.glass.seen().stop = true;
        self.glass.changed.notify_all();
        self.resize(77, 22);
        let reader = self.reader.take().expect("hung up twice");
        let end = Instant::now() + super::SOON;
        while !reader.is_finished() {
            assert!(
                Instant::now() < end,
                "the program draws nothing on a new size"
            );
            thread::park_timeout(Duration::from_millis(5));
        }
        // What it draws on the new size is out: from here on it has no reason to write.
        for pid in process::children(self.pid).into_iter().chain([self.pid]) {
            process::rest(pid, Duration::from_millis(200));
        }
        self.writer = None;
        self.master = None;
    }

    /// Sends a signal to the program.
    pub fn kill(&self, signal: Signal) {
        kill(self.pid, signal);
    }

    /// Waits for the program's end; fails with the screen when it does not end in time.
    pub fn wait_exit(&mut self, within: Duration) -> ExitStatus {
        let end = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < end,
                "it did not end within {within:?}; the screen is:\n{}",
                self.screen()
            );
            thread::park_timeout(Duration::from_millis(5));
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.glass.seen().stop = true;
        self.glass.changed.notify_all();
    }
}

fn modes(master: &(dyn MasterPty + Send)) -> Modes {
    let modes = master.get_termios().expect("a terminal has modes");
    Modes(
        [
            modes.input_flags.bits(),
            modes.output_flags.bits(),
            modes.control_flags.bits(),
            modes.local_flags.bits(),
        ],
        modes.control_chars.to_vec(),
    )
}

/// Sends a signal to a process.
pub fn kill(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}
