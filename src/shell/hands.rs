//! What carries out the orders of the console. A seam: tests have none, or their own.

use crate::app::deed::Order;

/// Carries out orders beside the loop; what comes of them arrives as messages.
pub trait Hands: Send + std::fmt::Debug {
    /// Takes an order. Does not wait for it.
    fn act(&mut self, order: Order);
}

/// A console that can only look.
#[derive(Debug)]
pub struct NoHands;

impl Hands for NoHands {
    fn act(&mut self, _order: Order) {}
}
