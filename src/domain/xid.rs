//! What the numbers of NVIDIA's driver errors mean, and what to do. Pure.
//!
//! Source: NVIDIA, "Analyzing Xid Errors with the Xid Catalog"; which of them take a device away from Kubernetes:
//! k8s-device-plugin, internal/rm/health.go.

/// How much an error matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum XidWeight {
    /// The GPU cannot be used: somebody has to act now.
    Page,
    /// The GPU works; somebody should look at it.
    Ticket,
    /// The program did it, most likely.
    Workload,
    /// Follows from another one, or needs nothing.
    Info,
}

impl XidWeight {
    /// In words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Page => "act now",
            Self::Ticket => "look at it",
            Self::Workload => "the program's",
            Self::Info => "for information",
        }
    }
}

/// An entry of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Xid {
    /// What happened.
    pub meaning: &'static str,
    /// How much it matters.
    pub weight: XidWeight,
    /// What to do.
    pub advice: &'static str,
}

const fn of(meaning: &'static str, weight: XidWeight, advice: &'static str) -> Xid {
    Xid {
        meaning,
        weight,
        advice,
    }
}

impl Xid {
    /// What a number means.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a catalogue: an arm for each number")]
    pub fn of(code: u32) -> Self {
        use XidWeight::{Info, Page, Ticket, Workload};
        match code {
            13 => of(
                "an engine exception",
                Workload,
                "restart the program; on the same GPU again: run diagnostics",
            ),
            31 => of(
                "a memory page fault",
                Workload,
                "restart the program; on the same GPU again: run diagnostics",
            ),
            43 => of(
                "the driver stopped a channel",
                Info,
                "look for the error before it",
            ),
            45 => of(
                "cleaned up after another fault",
                Info,
                "look for the error before it",
            ),
            46 => of(
                "the GPU stopped processing",
                Page,
                "reset the GPU; if it comes again, call support",
            ),
            48 => of("a double-bit memory error", Page, "drain and reset the GPU"),
            62 => of(
                "its micro-controller halted",
                Page,
                "reset the GPU; if it comes again, call support",
            ),
            63 => of(
                "a memory row is to be remapped",
                Info,
                "nothing by itself; after a 48 a reset activates it",
            ),
            64 => of(
                "a memory row could not be remapped",
                Page,
                "reset the GPU; expect to replace it",
            ),
            68 => of("a video decoder exception", Workload, "restart the program"),
            69 => of(
                "a graphics engine exception",
                Workload,
                "restart the program",
            ),
            74 => of(
                "an NVLink error",
                Page,
                "inspect the link; drain the node if it comes again",
            ),
            79 => of(
                "the GPU fell off the bus",
                Page,
                "cordon, drain and restart the node; replace it if it comes again",
            ),
            92 => of(
                "many corrected memory errors",
                Ticket,
                "watch whether they grow",
            ),
            94 => of(
                "a contained memory error",
                Ticket,
                "restart the one program; reset when it suits",
            ),
            95 => of(
                "an uncontained memory error",
                Page,
                "drain everything on it and reset",
            ),
            109 => of(
                "a context switch took too long",
                Ticket,
                "restart the program",
            ),
            119 => of(
                "its system processor does not answer",
                Page,
                "reset or power-cycle; check the driver",
            ),
            120 => of(
                "an error of its system processor",
                Page,
                "reset or power-cycle; check the driver",
            ),
            140 => of("an unrecovered memory error", Page, "reset the GPU"),
            144..=150 => of(
                "an NVLink 5 error",
                Page,
                "follow NVIDIA's catalogue for its sub-code",
            ),
            154 => of(
                "the driver asks for a recovery",
                Ticket,
                "read which: none, reset, reboot, drain",
            ),
            _ => of(
                "an error that is not in the catalogue",
                Ticket,
                "look it up in NVIDIA's Xid catalogue",
            ),
        }
    }
}

/// Errors after which the device plugin still gives the GPU out. After every other the device is unhealthy until the
/// plugin is restarted.
#[must_use]
pub fn keeps_device(code: u32) -> bool {
    matches!(code, 13 | 31 | 43 | 45 | 68 | 109)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_that_fell_off_the_bus_pages_and_one_that_is_unknown_is_not_calm() {
        assert_eq!(Xid::of(79).weight, XidWeight::Page);
        assert_eq!(Xid::of(13).weight, XidWeight::Workload);
        assert_eq!(Xid::of(9_999).weight, XidWeight::Ticket);
        assert!(keeps_device(31) && !keeps_device(79) && !keeps_device(9_999));
    }
}
