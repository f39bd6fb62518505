//! Shares the allocation of short texts that come again and again (`main`, `Running`, a node's name). Pure as
//! seen from outside: it only decides which of two equal allocations is used.
//!
//! A direct-mapped table per thread: no lock, no growth (at most [`SLOTS`] × [`SHORT`] bytes).

use std::cell::RefCell;
use std::sync::Arc;

const SLOTS: usize = 512;
const SHORT: usize = 64;

thread_local! {
    static POOL: RefCell<Vec<Option<Arc<str>>>> = RefCell::new(vec![None; SLOTS]);
}

/// An allocation holding `text`, shared with an earlier equal one when that is still at hand.
pub(super) fn shared(text: &str) -> Arc<str> {
    if text.len() > SHORT {
        return Arc::from(text);
    }
    POOL.try_with(|pool| {
        let mut pool = pool.try_borrow_mut().ok()?;
        let slot = pool.get_mut(slot(text))?;
        if let Some(kept) = slot
            && **kept == *text
        {
            return Some(kept.clone());
        }
        let fresh: Arc<str> = Arc::from(text);
        *slot = Some(fresh.clone());
        Some(fresh)
    })
    .ok()
    .flatten()
    .unwrap_or_else(|| Arc::from(text))
}

/// FNV-1a, folded to the size of the table.
fn slot(text: &str) -> usize {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from((hash ^ (hash >> 32)) % SLOTS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_short_texts_share_one_allocation() {
        let (a, b) = (shared("Succeeded"), shared("Succeeded"));
        assert!(Arc::ptr_eq(&a, &b));
        let long = "x".repeat(SHORT + 1);
        assert!(!Arc::ptr_eq(&shared(&long), &shared(&long)));
    }

    #[test]
    fn texts_that_meet_in_a_slot_stay_themselves() {
        for n in 0..5_000 {
            let text = format!("pod-{n}");
            assert_eq!(&*shared(&text), text);
        }
    }
}
