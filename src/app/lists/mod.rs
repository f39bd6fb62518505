//! The lists: one file each. Pure.

mod alerts;
mod cells;
mod columns;
mod crons;
mod events;
mod namespaces;
mod nodes;
mod pods;
mod runs;
mod sources;
mod templates;

pub use alerts::Alerts;
pub use cells::{aged, mark, newest, role, since};
pub use crons::Crons;
pub use events::Events;
pub use namespaces::Namespaces;
pub use nodes::Nodes;
pub use pods::Pods;
pub use runs::Runs;
pub use sources::Sources;
pub use templates::Templates;
