//! Texts on the screen: an object as it is written, or described. Pure.

pub mod doc;
pub mod pane;
pub mod reading;
mod screen;
pub mod yaml;

pub use doc::{Doc, Fold, Line};
pub use pane::Pane;
pub use screen::{Sort, TextScreen};
