//! Queues, workloads, quotas and notebooks as JSON. Pure.

use serde_json::{Map, Value, json};

use super::{Item, Said, placed, said_of, text, time};
use crate::app::lists::quota_refusals;
use crate::app::screen::Ctx;
use crate::domain::{
    Amount, Key, NotebookRow, QueueRow, QueueShare, QueuedRow, QuotaLine, QuotaRow, TeamRow,
};
use crate::store::{
    Asked, cluster_queue_of, evidence_of, place, preemptor, queue_why, quota_holders,
};

fn amount(amount: Option<Amount>) -> Value {
    amount.map_or(Value::Null, |a| a.to_string().into())
}

fn share(share: &QueueShare) -> Value {
    json!({
        "resource": text(&share.resource),
        "flavor": text(&share.flavor),
        "nominal": amount(share.nominal),
        "borrowingLimit": amount(share.may_borrow),
        "reserved": share.used.to_string(),
        "borrowed": share.borrowed.to_string(),
    })
}

fn devices(written: &str) -> Value {
    let all = Asked::read(written).into_iter();
    let pairs = all.map(|a| (a.resource.to_string(), Value::from(a.count)));
    Value::Object(pairs.collect::<Map<_, _>>())
}

impl Item for QueueRow {
    fn item(&self, said: Said<'_>) -> Value {
        let fields = json!({
            "uid": text(&self.uid),
            "state": said_of(said, "state"),
            "local": self.local,
            "within": text(&self.within),
            "strategy": text(&self.strategy),
            "stopPolicy": self.halt.word(),
            "active": self.active,
            "reason": text(&self.reason),
            "message": text(&self.message),
            "pendingWorkloads": self.pending,
            "reservingWorkloads": self.reserving,
            "admittedWorkloads": self.admitted,
            "shares": self.shares.iter().map(share).collect::<Vec<_>>(),
            "createdAt": time(self.created),
        });
        placed(&self.key, true, fields)
    }
}

impl Item for QueuedRow {
    fn item(&self, said: Said<'_>) -> Value {
        let preempted = self.preempted.as_ref().map(|p| {
            json!({"reason": text(&p.reason), "message": text(&p.message), "byUid": text(&p.by), "at": time(p.at)})
        });
        let fields = json!({
            "uid": text(&self.uid),
            "state": said_of(said, "state"),
            "jobKind": text(&self.owner_kind),
            "job": text(&self.owner),
            "queue": text(&self.queue),
            "admittedBy": text(&self.cluster_queue),
            "flavors": text(&self.flavors),
            "wants": devices(&self.devices),
            "pods": self.pods,
            "priority": self.priority,
            "priorityClass": text(&self.priority_class),
            "active": self.active,
            "reason": text(&self.reason),
            "message": text(&self.message),
            "since": time(self.since),
            "checks": text(&self.checks),
            "preempted": preempted,
            "evictions": self.evictions,
            "requeueAt": time(self.requeue_at),
            "createdAt": time(self.created),
        });
        placed(&self.key, true, fields)
    }

    fn joined(&self, ctx: &Ctx<'_>) -> Value {
        let queue = cluster_queue_of(self, ctx.world);
        let by = preemptor(self, ctx.world).map(|w| w.job().to_string());
        let held = if self.phase.waits() {
            quota_holders(self, ctx.world)
        } else {
            Vec::new()
        };
        json!({
            "place": place(self, ctx.world).map(|p| p.in_cluster_queue + 1),
            "why": queue_why(self, ctx.world),
            "evidence": evidence_of(self, ctx.world),
            "clusterQueue": queue.map(|q| q.key.name.to_string()),
            "cohort": queue.map(|q| text(&q.within)),
            "preemptedBy": by,
            "heldBy": held.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}

fn line(line: &QuotaLine) -> Value {
    json!({
        "resource": text(&line.resource),
        "hard": text(&line.hard),
        "used": text(&line.used),
        "accelerator": line.device,
        "full": line.left().map(|left| left.0 <= 0),
    })
}

impl Item for QuotaRow {
    fn item(&self, said: Said<'_>) -> Value {
        let fields = json!({
            "uid": text(&self.uid),
            "state": said_of(said, "state"),
            "lines": self.lines.iter().map(line).collect::<Vec<_>>(),
            "scopes": text(&self.scopes),
            "keptBy": text(&self.keeper),
            "createdAt": time(self.created),
        });
        placed(&self.key, true, fields)
    }

    fn joined(&self, ctx: &Ctx<'_>) -> Value {
        let key = Key::new(self.key.cluster.clone(), "", &self.key.namespace);
        let team = ctx.world.table::<TeamRow>().and_then(|t| t.get(&key));
        let refused = quota_refusals(self, ctx.world).into_iter().map(|(r, why)| {
            let event = &r.event;
            json!({"kind": text(&event.kind), "name": text(&event.object.name), "times": event.count,
                "last": time(event.last), "why": why})
        });
        json!({
            "ownerKind": team.map(|t| text(&t.owner_kind)),
            "owner": team.map(|t| text(&t.owner)),
            "refused": refused.collect::<Vec<_>>(),
        })
    }
}

impl Item for NotebookRow {
    fn item(&self, said: Said<'_>) -> Value {
        let fields = json!({
            "uid": text(&self.uid),
            "state": said_of(said, "state"),
            "stopped": self.is_stopped,
            "stoppedAt": time(self.stopped),
            "lastActivity": time(self.activity),
            "wants": devices(&self.devices),
            "createdAt": time(self.created),
        });
        placed(&self.key, true, fields)
    }
}
