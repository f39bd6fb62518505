//! What happens on the way of one action, until the loop takes it. Whoever carries it out never waits for a screen.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::plan::Progress;

/// A queue as long as the plan: of what is only seen in a row, the newest stays.
#[derive(Debug, Default)]
pub(super) struct Post {
    queue: Mutex<VecDeque<Progress>>,
    ring: Notify,
}

impl Post {
    pub(super) fn put(&self, progress: Progress) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = |p: &Progress| matches!(p, Progress::Seen { .. });
        if seen(&progress) && queue.back().is_some_and(seen) {
            queue.pop_back();
        }
        queue.push_back(progress);
        drop(queue);
        self.ring.notify_one();
    }

    /// Waits until something may be there.
    pub(super) async fn ring(&self) {
        self.ring.notified().await;
    }

    /// Takes all that is there, in order.
    pub(super) fn take(&self) -> VecDeque<Progress> {
        std::mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn seen(hold: usize) -> Progress {
        Progress::Seen {
            words: "Running".into(),
            hold,
            of: 9,
            after: Duration::ZERO,
        }
    }

    #[test]
    fn of_what_is_seen_in_a_row_the_newest_stays_and_nothing_else_is_lost() {
        let post = Post::default();
        for progress in [
            Progress::Checked,
            seen(1),
            seen(2),
            Progress::Journaled("a".to_owned()),
            seen(3),
        ] {
            post.put(progress);
        }
        let taken: Vec<_> = post.take().into();
        assert_eq!(
            taken,
            [
                Progress::Checked,
                seen(2),
                Progress::Journaled("a".to_owned()),
                seen(3)
            ]
        );
        assert!(post.take().is_empty());
    }
}
