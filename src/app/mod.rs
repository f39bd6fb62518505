//! The core of the console: `update(&mut Model, Msg, now) -> Effects`. Pure; the shell feeds it and carries out what
//! it asks for.

mod asking;
pub mod bindings;
pub mod column;
pub mod command;
pub mod copy;
pub mod deed;
pub mod describe;
mod effect;
pub mod events;
pub mod findings;
mod frames;
pub mod gates;
pub mod gpus;
mod guard;
pub mod history;
pub mod inspect;
pub mod journal;
pub mod list;
pub mod lists;
pub mod logs;
pub mod messages;
mod model;
mod msg;
pub mod note;
mod only;
pub mod palette;
pub mod pointer;
mod prompt;
pub mod registry;
pub mod run;
pub mod screen;
pub mod serving;
mod setup;
pub mod text;
pub mod trials;
mod update;
pub mod versions;

pub use effect::{Effect, Effects, Program};
pub use frames::{Frames, Pace};
pub use guard::Guard;
pub use model::Model;
pub use msg::Msg;
pub use prompt::{Prompt, Typed};
pub use setup::Setup;
pub use update::update;
