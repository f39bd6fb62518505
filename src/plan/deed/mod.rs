//! What passes between who asks for an action, who carries it out, and who shows it. Pure data.
//!
//! | file | owns |
//! |---|---|
//! | `ask` | what is asked for, by whom, and what could be asked for |
//! | `prepared` | a plan with what the cluster said about it, and how it has to be confirmed |
//! | `halt` | why nothing was written |
//! | `outcome` | what happens on the way, and what came of it |
//! | `changes` | what differs between two states of an object |
//! | `who` | who wrote to it in between |

mod ask;
mod changes;
mod halt;
mod outcome;
mod prepared;
mod who;

pub use ask::{Ask, Offer, Operator, Possible};
pub use changes::{Change, changes};
pub use halt::{By, Halt, HaltKind};
pub use outcome::{Answered, Outcome, Progress, Undo, Verdict};
pub use prepared::{Access, Confirm, Consent, Prepared, Safety};
pub use who::who;
