//! The report of a crash: what a person can send along, without secrets. I/O.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::log::{LogGuard, Recent};
use super::redact;

/// Reports kept; older ones are removed.
const KEPT: usize = 10;

/// Where reports go, and what is known beside the crash itself.
#[derive(Debug, Clone, Default)]
pub struct CrashReport {
    folder: Option<PathBuf>,
    log: Option<PathBuf>,
    recent: Recent,
}

/// A crash.
#[derive(Debug, Clone)]
pub struct Crash<'a> {
    /// The message, its place in the source, the thread.
    pub what: &'a str,
    /// Who called whom.
    pub backtrace: &'a str,
    /// Size of the terminal in cells.
    pub size: (u16, u16),
    /// The screen that was shown.
    pub screen: &'a str,
}

impl CrashReport {
    /// Reports go beside the log; without a log nothing is written.
    #[must_use]
    pub fn of(log: Option<&LogGuard>) -> Self {
        Self {
            folder: log.and_then(|log| log.path.parent()).map(Path::to_owned),
            log: log.map(|log| log.path.clone()),
            recent: log.map(|log| log.recent.clone()).unwrap_or_default(),
        }
    }

    /// Writes the report; answers what the person is told, its last line says where the report is.
    #[must_use]
    pub fn tell(&self, crash: &Crash<'_>) -> String {
        const WISH: &str = "Please report it with the steps that led here.";
        let Some(folder) = &self.folder else {
            return format!("{WISH} No folder for a report is known.");
        };
        match self.write(folder, crash, Timestamp::now()) {
            Ok(path) => format!("{WISH} The report to send along is {}", path.display()),
            Err(error) => {
                let log = self.log.as_ref();
                let log = log.map_or_else(String::new, |p| format!(" More is in {}", p.display()));
                format!(
                    "{WISH} No report could be written to {}: {error}.{log}",
                    folder.display()
                )
            }
        }
    }

    fn write(&self, folder: &Path, crash: &Crash<'_>, now: Timestamp) -> io::Result<PathBuf> {
        let name = format!(
            "crash-{}-{}.txt",
            now.strftime("%Y%m%dT%H%M%SZ"),
            std::process::id()
        );
        let path = folder.join(name);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(self.text(crash, now).as_bytes())?;
        prune(folder);
        Ok(path)
    }

    fn text(&self, crash: &Crash<'_>, now: Timestamp) -> String {
        let mut text = String::new();
        let (width, height) = crash.size;
        let _ = write!(
            text,
            "midwatch {} crashed at {}\n{}\n\nterminal  {width}x{height}\nscreen    {}\nsystem    {} {}\n\n\
             Who called whom:\n{}\n\nThe last messages, oldest first:\n",
            env!("CARGO_PKG_VERSION"),
            now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            crash.what,
            crash.screen,
            std::env::consts::OS,
            std::env::consts::ARCH,
            crash.backtrace,
        );
        for line in self.recent.lines() {
            let _ = writeln!(text, "{line}");
        }
        text.lines()
            .flat_map(|line| [safe(line), "\n".to_owned()])
            .collect()
    }
}

/// A line without secrets and without anything that a terminal would obey.
fn safe(line: &str) -> String {
    let plain: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    redact(&plain).trim_end().to_owned()
}

/// Removes all but the newest reports; their names sort by time.
fn prune(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let is_report = |path: &PathBuf| {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
        name.starts_with("crash-") && path.extension().is_some_and(|e| e == "txt")
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut reports: Vec<PathBuf> = paths.filter(is_report).collect();
    reports.sort();
    let old = reports.len().saturating_sub(KEPT);
    for path in reports.into_iter().take(old) {
        // one that stays does no harm
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_was_known_and_no_secret() {
        let home = tempfile::tempdir().unwrap();
        let report = CrashReport {
            folder: Some(home.path().to_owned()),
            ..CrashReport::default()
        };
        report.recent.keep("INFO asked with token=hunter2hunter2");
        let crash = Crash {
            what: "boom \x1b[31m Authorization: Bearer abcdefghijkl",
            backtrace: "0: main",
            size: (120, 36),
            screen: "runs",
        };
        let told = report.tell(&crash);
        let path = told.rsplit(' ').next().unwrap();
        let text = fs::read_to_string(path).unwrap();
        for part in [
            env!("CARGO_PKG_VERSION"),
            "boom",
            "120x36",
            "runs",
            "0: main",
            "asked with",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        for secret in ["hunter2", "abcdefghijkl", "\x1b"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }

    #[test]
    fn old_reports_go_and_other_files_stay() {
        let home = tempfile::tempdir().unwrap();
        for n in 0..KEPT + 5 {
            fs::write(home.path().join(format!("crash-2026010{n:02}.txt")), "").unwrap();
        }
        fs::write(home.path().join("midwatch.log"), "").unwrap();
        prune(home.path());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), KEPT + 1);
        assert!(home.path().join("crash-202601014.txt").exists());
        assert!(!home.path().join("crash-202601000.txt").exists());
    }
}
