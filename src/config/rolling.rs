//! A file that never grows past a bound: when full, it is renamed and begun anew. I/O.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A log file with its predecessors, `NAME` and `NAME.1` (older) to `NAME.N`.
#[derive(Debug)]
pub struct Rolling {
    path: PathBuf,
    file: File,
    written: u64,
    /// Bytes a file may hold.
    most: u64,
    /// How many predecessors are kept.
    kept: u32,
}

impl Rolling {
    /// Opens or continues the file, readable by its owner only.
    pub fn open(path: &Path, most: u64, kept: u32) -> io::Result<Self> {
        let file = append(path)?;
        Ok(Self {
            path: path.to_owned(),
            written: file.metadata()?.len(),
            file,
            most,
            kept,
        })
    }

    fn older(&self, n: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{n}"));
        PathBuf::from(name)
    }

    fn roll(&mut self) -> io::Result<()> {
        for n in (1..self.kept).rev() {
            // A missing predecessor is no mistake: not so many have been filled yet.
            let _ = fs::rename(self.older(n), self.older(n + 1));
        }
        fs::rename(&self.path, self.older(1))?;
        self.file = append(&self.path)?;
        // Another midwatch may have begun it before us.
        self.written = self.file.metadata()?.len();
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}

impl Write for Rolling {
    /// Writes one line. A line is never split over two files.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let length = line.len() as u64;
        if self.written > 0 && self.written + length > self.most {
            self.roll()?;
        }
        self.file.write_all(line)?;
        self.written += length;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_log_keeps_its_newest_lines_and_never_outgrows_its_bound() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("midwatch.log");
        let mut log = Rolling::open(&path, 100, 2).unwrap();
        for n in 0..100 {
            log.write_all(format!("line {n:04}\n").as_bytes()).unwrap();
        }
        let total: u64 = fs::read_dir(home.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 3);
        assert!(total <= 300, "{total}");
        assert!(fs::read_to_string(&path).unwrap().ends_with("line 0099\n"));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_second_start_continues_the_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("midwatch.log");
        for line in ["one\n", "two\n"] {
            let mut log = Rolling::open(&path, 100, 2).unwrap();
            log.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }
}
