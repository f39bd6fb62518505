//! What the action plane sees of a cluster, made of what the data plane has. I/O.

use serde_json::Value;
use tokio::sync::mpsc::Receiver;

use crate::act::{Reply, Seen, Wire};
use crate::fault::Fault;
use crate::feed::kube::{Options, Sent, Sight, Target, Writer};
use crate::plan::{Cluster, Operator, Step};

/// One cluster, for acting on it. Used by the console and by `midwatch do` alike. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ClusterWire {
    writer: Writer,
}

impl ClusterWire {
    /// Connects when the first question is asked.
    #[must_use]
    pub fn new(target: Target, options: Options) -> Self {
        Self {
            writer: Writer::new(target, options),
        }
    }
}

impl Wire for ClusterWire {
    async fn cluster(&self) -> Result<Cluster, Fault> {
        self.writer.cluster().await
    }

    async fn operator(&self) -> Operator {
        self.writer.operator().await
    }

    async fn read(&self, path: &str, what: &str) -> Result<Value, Fault> {
        self.writer.read(path, what).await
    }

    async fn ask(&self, path: &str, body: &Value, what: &str) -> Result<Value, Fault> {
        self.writer.ask(path, body, what).await
    }

    async fn send(&self, step: &Step, dry: bool) -> Reply {
        match self.writer.send(step, dry).await {
            Sent::Answered(status, body) => Reply::Answered { status, body },
            Sent::NotSent(fault) => Reply::NotSent(fault),
            Sent::Lost(fault) => Reply::Lost(fault),
        }
    }

    fn follow(&self, path: &str) -> Receiver<Seen> {
        self.writer.follow(path, |sight| match sight {
            Sight::Object(object) => Seen::Object(object),
            Sight::Absent => Seen::Absent,
            Sight::Trouble(fault) => Seen::Trouble(fault),
        })
    }
}
