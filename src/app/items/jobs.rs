//! Training jobs as JSON. Pure.

use serde_json::{Value, json};

use super::{Item, Said, placed, said_of, seconds, text, time};
use crate::app::jobs::standing;
use crate::app::screen::Ctx;
use crate::domain::{JobRow, Role, Suspender};

fn held(job: &JobRow) -> Option<&'static str> {
    job.held_by().map(|by| match by {
        Suspender::Queue => "queue",
        Suspender::Spec => "spec",
        Suspender::Person => "person",
    })
}

fn role(role: &Role) -> Value {
    json!({
        "name": text(&role.name),
        "wanted": role.wanted,
        "podsEach": role.each,
        "active": role.active,
        "succeeded": role.succeeded,
        "failed": role.failed,
        "restartPolicy": text(&role.restarts),
        "devices": text(&role.devices),
    })
}

impl Item for JobRow {
    fn item(&self, said: Said<'_>) -> Value {
        let conditions = self.conditions.iter().map(|c| {
            json!({"type": text(&c.kind), "holds": c.holds, "reason": text(&c.reason), "message": text(&c.message), "since": time(c.since)})
        });
        let owner = self.owner.as_ref();
        let devices = self.devices();
        let fields = json!({
            "uid": text(&self.uid),
            "kind": self.kind.word(),
            "state": said_of(said, "state"),
            "reason": text(&self.reason),
            "message": text(&self.message),
            "conditions": conditions.collect::<Vec<_>>(),
            "devices": (!devices.is_empty()).then_some(devices),
            "maxRestarts": self.retries,
            "suspended": self.suspended,
            "suspendedBy": held(self),
            "elastic": self.elastic.map(|(least, most)| json!({"min": least, "max": most})),
            "queue": text(&self.queue),
            "managedBy": text(&self.managed_by),
            "deadlineSeconds": self.deadline,
            "rayStatus": text(&self.engine),
            "rayClusters": self.clusters.iter().map(text).collect::<Vec<_>>(),
            "owner": owner.map(|o| json!({"kind": text(&o.kind), "name": text(&o.name)})),
            "createdAt": time(self.created),
            "startedAt": time(self.started),
            "finishedAt": time(self.finished),
            "tookSeconds": seconds(self.started, self.finished),
            "deletingSince": time(self.deleting),
        });
        placed(&self.key, true, fields)
    }

    fn joined(&self, ctx: &Ctx<'_>) -> Value {
        let failures = standing::failures(self, ctx.world);
        let pods = standing::pods(self, ctx.world);
        let pods = pods.iter().map(|(rank, pod)| {
            json!({"name": text(&pod.key.name), "rank": rank.words(), "phase": text(&pod.phase), "node": text(&pod.node), "devices": text(&pod.gpus)})
        });
        let first = failures.first().map(|f| {
            json!({"pod": text(&f.pod.key.name), "rank": f.rank.words(), "node": text(&f.pod.node), "how": f.how, "at": time(f.at)})
        });
        let roles = standing::roles(self, ctx).iter().map(role);
        json!({
            // that it is being deleted stands in its state, and for how long does not belong to the row
            "why": standing::why(self, ctx).filter(|_| self.deleting.is_none()).map(|(text, _)| text),
            "firstFailed": first,
            "roles": roles.collect::<Vec<_>>(),
            "restarts": standing::restarts(self, ctx),
            "pods": pods.collect::<Vec<_>>(),
        })
    }
}
