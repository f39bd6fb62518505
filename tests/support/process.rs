//! What a running program costs, read from `/proc`.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Resident memory in KiB; `None` when the process is gone.
pub fn resident_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The most it ever had resident, in KiB; `None` when the process is gone.
pub fn peak_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// User and system time used so far, in clock ticks (100 a second on Linux); `None` when the process is gone or
/// waits to be reaped.
pub fn cpu_ticks(pid: u32) -> Option<u64> {
    let fields = stat(pid)?;
    if fields.first()? == "Z" {
        return None;
    }
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(ticks(11)? + ticks(12)?)
}

/// Waits until a process has used no time for `quiet`: it is done with what it was given. Fails when that does not come.
pub fn rest(pid: u32, quiet: Duration) {
    let end = Instant::now() + super::SOON;
    let (mut last, mut since) = (cpu_ticks(pid), Instant::now());
    while since.elapsed() < quiet {
        assert!(Instant::now() < end, "process {pid} does not rest");
        thread::park_timeout(Duration::from_millis(10));
        let now = cpu_ticks(pid);
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
}

/// State letter, as in `ps`: `S` sleeping, `T` stopped, `Z` ended and not yet reaped.
pub fn state(pid: u32) -> Option<String> {
    stat(pid)?.into_iter().next()
}

/// Processes whose parent it is.
pub fn children(pid: u32) -> Vec<u32> {
    let Ok(all) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|child: &u32| {
            stat(*child).is_some_and(|fields| fields.get(1) == Some(&pid.to_string()))
        })
        .collect()
}

/// The fields of `/proc/PID/stat` from the state on: the name before it may hold blanks and brackets.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}
