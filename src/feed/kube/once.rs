//! One cluster asked once, for commands that need an object as it is and no watch. Does I/O.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::connect::Target;
use super::link::Link;
use super::options::Options;
use crate::fault::Fault;

/// A connection to one cluster for single questions.
pub struct Once {
    link: Arc<Link>,
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Once({})", self.link.target.server)
    }
}

impl Once {
    /// Connects when the first question is asked.
    #[must_use]
    pub fn new(target: Target, options: Options) -> Self {
        Self {
            link: Arc::new(Link::new(target, Arc::new(options))),
        }
    }

    /// Reads an object as the server serves it. `what` completes "You may not …".
    pub async fn get(&self, path: &str, what: &str) -> Result<Value, Fault> {
        let asked = self.link.get(path, what).await;
        asked.map_err(|trouble| trouble.fault(self.link.target.id.as_str(), Timestamp::now()))
    }
}
