//! Runbooks: Markdown that reads well on any forge, with steps that midwatch carries out. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `book` | a runbook and its steps |
//! | `read` | a whole file: front matter, prose, blocks |
//! | `front`, `block` | what stands in the front matter, in one block |
//! | `field` | `key: value` lines with the place of each |
//! | `expression` | CEL: read, tested against facts |
//! | `known` | what expressions may speak of, by kind of target |
//! | `course` | one run of a runbook: which step is next, what it needs, what came of it |
//! | `shelf` | all runbooks: the person's over the built-in ones |

mod block;
mod book;
pub mod course;
mod expression;
mod field;
mod front;
mod known;
mod read;
mod shelf;

pub use book::{Book, Otherwise, Step, What};
pub use course::Course;
pub use expression::{Expression, Flaw, Verdict};
pub use known::{Named, Target, Unknown};
pub use read::{LARGEST, read};
pub use shelf::{BUILT_IN, Shelf, Stands, Volume, built_in};
