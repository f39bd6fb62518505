//! What the action plane sees of a cluster, made of what the data plane has. I/O.

use serde_json::Value;
use tokio::sync::mpsc::Receiver;

use super::backends::Backends;
use crate::act::{Reply, Seen, Wire};
use crate::fault::Fault;
use crate::feed::kube::{Options, Sent, Sight, Target, Writer};
use crate::plan::{Cluster, Home, Operator, Step};

/// One cluster, for acting on it. Used by the console and by `midwatch do` alike. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ClusterWire {
    writer: Writer,
    backends: Backends,
}

impl ClusterWire {
    /// Connects when the first question is asked.
    #[must_use]
    pub fn new(target: Target, options: Options) -> Self {
        Self {
            backends: Backends::new(target.clone(), options.clone()),
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
        match Home::of(path) {
            (Home::Kubernetes, _) => self.writer.read(path, what).await,
            (home, path) => self.backends.read(home, path).await,
        }
    }

    async fn ask(&self, path: &str, body: &Value, what: &str) -> Result<Value, Fault> {
        self.writer.ask(path, body, what).await
    }

    async fn send(&self, step: &Step, dry: bool) -> Reply {
        let home = Home::of(&step.path).0;
        if !home.is_kubernetes() {
            return self.backends.send(home, step, &self.writer).await;
        }
        match self.writer.send(step, dry).await {
            Sent::Answered(status, body) => Reply::Answered { status, body },
            Sent::NotSent(fault) => Reply::NotSent(fault),
            Sent::Lost(fault) => Reply::Lost(fault),
        }
    }

    fn follow(&self, path: &str) -> Receiver<Seen> {
        let (home, rest) = Home::of(path);
        if !home.is_kubernetes() {
            return self.backends.follow(home, rest);
        }
        self.writer.follow(path, |sight| match sight {
            Sight::Object(object) => Seen::Object(object),
            Sight::Absent => Seen::Absent,
            Sight::Trouble(fault) => Seen::Trouble(fault),
        })
    }

    async fn place(&self, home: Home) -> Result<String, Fault> {
        self.backends.place(home).await
    }

    async fn query(&self, promql: &str) -> Result<Value, Fault> {
        self.backends.query(promql).await
    }
}
