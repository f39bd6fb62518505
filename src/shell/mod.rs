//! The loop, and everything it is tied to. I/O; started by the command line.

mod backends;
mod console;
mod end;
mod hands;
mod program;
mod save;
mod scene;
mod screen;
mod turn;
mod wire;

pub use console::{Launch, LaunchError, open};
pub use end::End;
pub use hands::{Bench, Crew, Finished, Hands, NoHands, Pages, Shelf, Tools, Works};
pub use program::Shown;
pub use scene::Scene;
pub use screen::{Screen, Sources, TtyScreen};
pub use turn::{Inbox, Turns};
pub use wire::ClusterWire;
