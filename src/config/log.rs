//! The log file: what midwatch did, for finding out later. Never on the terminal, bounded, without secrets. I/O.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::redact;
use super::rolling::Rolling;

/// Bytes of one log file, and how many older ones are kept: 20 MiB in all.
const MOST: u64 = 5 * 1024 * 1024;
const KEPT: u32 = 3;

/// Lines waiting to be written; more are dropped, since a log must never slow the console.
const WAITING: usize = 4096;

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Level {
    /// What went wrong.
    Error,
    /// And what looks wrong.
    Warn,
    /// And what was done.
    #[default]
    Info,
    /// And why.
    Debug,
    /// Everything.
    Trace,
}

impl Level {
    /// midwatch's own lines at this level. Libraries never below a warning: their debug lines hold requests with
    /// their headers.
    fn filter(self) -> String {
        let own = match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        };
        let others = if self == Self::Error { "error" } else { "warn" };
        format!("{others},midwatch={own}")
    }
}

/// Keeps the log open; what waits is written when it is dropped.
#[derive(Debug)]
pub struct LogGuard {
    /// The file.
    pub path: PathBuf,
    /// The last lines.
    pub recent: Recent,
    _worker: WorkerGuard,
}

/// The last lines of the log, for the report of a crash. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Recent(Arc<Mutex<VecDeque<String>>>);

impl Recent {
    /// Most lines kept, and most letters of each.
    const MOST: usize = 200;
    const LONGEST: usize = 2000;

    /// Keeps a line that has no secrets. Does nothing while another thread does: a log must never wait.
    pub fn keep(&self, line: &str) {
        if let Ok(mut lines) = self.0.try_lock() {
            if lines.len() == Self::MOST {
                lines.pop_front();
            }
            lines.push_back(line.chars().take(Self::LONGEST).collect());
        }
    }

    /// The lines, oldest first; none when a thread died while it kept one.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let lines = self.0.try_lock();
        lines
            .map(|lines| lines.iter().cloned().collect())
            .unwrap_or_default()
    }
}

/// Starts logging to `midwatch.log` in a folder.
pub fn start_log(folder: &Path, level: Level) -> io::Result<LogGuard> {
    let path = folder.join("midwatch.log");
    let file = Rolling::open(&path, MOST, KEPT)?;
    let (lines, worker) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING)
        .lossy(true)
        .thread_name("log")
        .finish(file);
    let recent = Recent::default();
    // A second logger in one process (tests) is not an error: the first goes on.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level.filter()))
        .with_ansi(false)
        .with_writer(Redacting(lines, recent.clone()))
        .try_init();
    Ok(LogGuard {
        path,
        recent,
        _worker: worker,
    })
}

/// Hands lines on without their secrets.
#[derive(Debug, Clone)]
struct Redacting<W>(W, Recent);

impl<'a> MakeWriter<'a> for Redacting<NonBlocking> {
    type Writer = Redacting<NonBlocking>;

    fn make_writer(&'a self) -> Self::Writer {
        self.clone()
    }
}

impl<W: Write> Write for Redacting<W> {
    /// tracing-subscriber hands over one whole line at a time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = redact(&text);
        self.1.keep(text.trim_end());
        self.0.write_all(text.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_an_event_is_not_in_the_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("midwatch.log");
        let file = Rolling::open(&path, MOST, KEPT).unwrap();
        let (lines, worker) = NonBlockingBuilder::default().lossy(false).finish(file);
        let log = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(Level::Info.filter()))
            .with_ansi(false)
            .with_writer(Redacting(lines, Recent::default()))
            .finish();
        tracing::subscriber::with_default(log, || {
            tracing::info!(header = "Bearer abcdef123456", "refused");
            tracing::info!(target: "hyper", "a request with its headers");
            tracing::debug!("too fine");
        });
        drop(worker);
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(kept.contains("refused"), "{kept}");
        assert!(kept.contains("Bearer [redacted]"), "{kept}");
        assert!(!kept.contains("abcdef123456"), "{kept}");
        assert_eq!(kept.lines().count(), 1, "{kept}");
    }

    #[test]
    fn libraries_are_never_logged_below_a_warning() {
        assert_eq!(Level::Trace.filter(), "warn,midwatch=trace");
        assert_eq!(Level::Error.filter(), "error,midwatch=error");
    }
}
