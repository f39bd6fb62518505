//! What is read besides the target, as an action asks for it. Does I/O: one read for each object, all at once. Never fails:
//! what cannot be read is said.

use futures::future::join_all;
use jiff::Timestamp;
use serde_json::Value;

use super::plane::Plane;
use super::wire::Wire;
use crate::domain::Clean;
use crate::fault::FaultKind;
use crate::plan::{
    Ask, Beside, Cluster, Given, JOURNAL, Measure, NOTHING_BESIDE, Params, Read, Sight, action,
};

impl<W: Wire + 'static> Plane<W> {
    /// What an action asks to see before it is planned.
    pub(super) async fn beside(&self, ask: &Ask, object: &Value, cluster: &Cluster) -> Beside {
        let given = Given {
            object,
            params: &ask.params,
            now: Timestamp::now(),
            cluster,
            namespace: &ask.namespace,
            suffix: "",
            beside: &NOTHING_BESIDE,
        };
        let reads = action(ask.action).map(|action| action.reads(&given));
        self.look_beside(reads.unwrap_or_default(), (object, &ask.params))
            .await
    }

    /// Reads these objects, each once; what is no object (the journal, gates that are measured) is found out.
    pub(super) async fn look_beside(
        &self,
        mut reads: Vec<Read>,
        (object, params): (&Value, &Params),
    ) -> Beside {
        reads.sort();
        reads.dedup();
        let all = reads.into_iter().map(async |read| {
            if let Some(measure) = Measure::of(&read.path) {
                let sight = self.measured(&measure, object, params).await;
                return (read.path, sight);
            }
            if let Some(model) = read.path.strip_prefix(JOURNAL) {
                let sight = self.moves(model, object).await;
                return (read.path, sight);
            }
            let sight = match self.read(&read.path, &read.what).await {
                Ok(object) => Sight::Found(Box::new(object)),
                Err(fault) if fault.kind == FaultKind::Gone => Sight::Absent,
                Err(fault) => Sight::Unseen(Clean::new(&fault.what)),
            };
            (read.path, sight)
        });
        Beside::new(join_all(all).await)
    }
}
