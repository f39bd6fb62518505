//! What carries out the orders of the console, beside the loop. I/O.
//!
//! | file | owns |
//! |---|---|
//! | `works` | what is used of an action plane |
//! | `crew` | orders become tasks, and their reports messages |
//! | `post` | what happens on the way of one action, until the loop takes it |
//! | `shelf` | reading the journal off the loop |
//! | `doubts` | actions of earlier sessions whose end is not known: looked at once their cluster answers |

mod crew;
mod doubts;
mod post;
mod shelf;
mod works;

use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;

pub use crew::{Crew, Tools};
pub use shelf::{Pages, Shelf};
pub use works::{Bench, Works};

use crate::app::deed::Order;
use crate::domain::ClusterId;

/// How many actions are left when waiting for them has ended.
pub type Finished<'a> = Pin<Box<dyn Future<Output = usize> + Send + 'a>>;

/// Carries out orders beside the loop; what comes of them arrives as messages. A seam: tests have none, or their own.
pub trait Hands: Send + Debug {
    /// Takes an order. Does not wait for it.
    fn act(&mut self, order: Order);
    /// A cluster answers: what is in doubt there can be looked at.
    fn reached(&mut self, _cluster: &ClusterId) {}
    /// How many actions are carried out now.
    fn under_way(&self) -> usize {
        0
    }
    /// Waits until none is, at most for `within`.
    fn finish(&mut self, _within: Duration) -> Finished<'_> {
        Box::pin(std::future::ready(0))
    }
}

/// A console that can only look.
#[derive(Debug)]
pub struct NoHands;

impl Hands for NoHands {
    fn act(&mut self, _order: Order) {}
}
