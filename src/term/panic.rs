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

/// Installs the hook. `advice` is printed below the message: where more can be read.
pub fn guard_panics(tty: Arc<Tty>, alarm: Alarm, advice: String) {
    let told = AtomicBool::new(false);
    panic::set_hook(Box::new(move |info| {
        tty.leave();
        let what = describe(info);
        tracing::error!(backtrace = %Backtrace::force_capture(), "{what}");
        if !told.swap(true, Ordering::AcqRel) {
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
    format!(
        "{what}{place} in thread {}",
        thread.name().unwrap_or("unnamed")
    )
}
