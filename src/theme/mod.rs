//! Roles and what they look like at each depth of colours: the built-in theme files of the folder `themes`, and those
//! of the person over them. Pure leaf: no terminal types, and texts are handed in.

mod load;
mod mark;
mod paint;
mod role;
mod shade;
mod sheet;

pub use load::{BUILT_IN, Theme, check};
pub use mark::Mark;
pub use paint::{Paint, Paints, Weight};
pub use role::Role;
pub use shade::{Colours, Shade};
