//! Who else is told of an action that has ended. What does not arrive is told on standard error and changes no exit code:
//! the journal has it. I/O.

use std::env;

use super::stages::Signals;
use super::tell as say;
use crate::act::{Copies, Journal, Plane, Wire};
use crate::domain::Clean;
use crate::fault::Fault;
use crate::settings::Audit;

/// As the settings say. What cannot be done is told at once.
pub(super) fn copies(audit: &Audit) -> Copies {
    let (copies, faults) = Copies::new(audit, &|name| env::var(name).ok());
    faults.iter().for_each(warn);
    copies
}

/// Tells others of an action by its id. One that never began has none; one that was left under way has no end yet, and
/// who left it does not want to wait. An interrupt ends the wait.
pub(super) async fn tell<W: Wire + 'static>(
    plane: &Plane<W>,
    (journal, copies): (&Journal, &Copies),
    id: &str,
) {
    if id.is_empty() || !copies.any() || plane.running() > 0 {
        return;
    }
    let mut signals = Signals::new();
    let faults = tokio::select! {
        faults = copies.tell(journal, plane.wire(), id) => faults,
        () = signals.next() => {
            say(&format!("copies of {id} may not have been sent; the journal has it"));
            Vec::new()
        }
    };
    faults.iter().for_each(warn);
}

fn warn(fault: &Fault) {
    say(&format!("{}: {}", fault.source, Clean::new(&fault.told())));
}
