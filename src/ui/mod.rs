//! What the model looks like. Pure; ratatui is allowed here.

mod clusters;
mod deed;
mod follow;
mod frame;
mod help;
mod look;
mod menu;
mod paint;
mod palette;
mod panel;
mod pointer;
mod prompt;
mod screens;
mod tabs;
mod text;
mod view;

pub use look::{Colours, Look};
pub use view::View;

pub(crate) use text::{fit, plain, wrap};
