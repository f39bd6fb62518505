//! The lists: one file each. Pure.

mod alerts;
mod cells;
mod columns;
mod crons;
mod events;
mod experiments;
mod home;
mod models;
mod namespaces;
mod nodes;
mod pods;
mod revisions;
mod runs;
mod serving;
pub mod serving_facts;
mod sources;
mod templates;
mod trials;
mod versions;

pub use alerts::Alerts;
pub use cells::{aged, mark, newest, role, since};
pub use crons::Crons;
pub use events::Events;
pub use experiments::Experiments;
pub use home::Home;
pub use models::{Known, Models, alias_of, drift, known, version};
pub use namespaces::Namespaces;
pub use nodes::Nodes;
pub use pods::{Pods, word as pod_word};
pub use revisions::{Revisions, part, replicas, state};
pub use runs::Runs;
pub use serving::{Services, feed as serving_feed};
pub use sources::Sources;
pub use templates::Templates;
pub use trials::Trials;
pub use versions::{Versions, champion, difference, gates_of, ranked, truth};
