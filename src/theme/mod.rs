//! Roles and what they look like at each colour depth. Pure leaf: no terminal types, so that a theme file can
//! describe the same things.

mod mark;
mod role;

pub use mark::Mark;
pub use role::{Colour, Paint, Role};
