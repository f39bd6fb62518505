//! Panics: the terminal is handed back first, then the message is printed, then the program ends. I/O.
//!
//! A task that panics in the background would otherwise leave a screen that looks alive and is not.

use std::backtrace::Backtrace;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{Alarm, Ended, Tty};

/// Installs the hook. `report` is given the message, the backtrace and the size of the terminal; what it answers is
/// printed below the message: where more can be read.
pub fn guard_panics<R>(tty: Arc<Tty>, alarm: Alarm, report: R)
where
    R: Fn(&str, &str, (u16, u16)) -> String + Send + Sync + 'static,
{
    let told = AtomicBool::new(false);
    panic::set_hook(Box::new(move |info| {
        let size = tty.size();
        tty.leave();
        let what = describe(info);
        let backtrace = Backtrace::force_capture().to_string();
        tracing::error!(%backtrace, "{what}");
        if !told.swap(true, Ordering::AcqRel) {
            let advice = report(&what, &backtrace, size);
            let _ = writeln!(
                io::stderr(),
                "midwatch has a bug and had to stop: {what}\n{advice}"
            );
        }
        alarm.raise(Ended::Panicked(what));
    }));
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let what = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = info
        .location()
        .map_or_else(String::new, |place| format!(" at {place}"));
    let thread = thread::current();
    let what = format!(
        "{what}{place} in thread {}",
        thread.name().unwrap_or("unnamed")
    );
    // it may quote what came from a cluster, and goes to the terminal as it is
    what.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
