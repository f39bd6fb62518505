//! `workload.hold`, `workload.release`: whether Kueue queues a job. Pure.
//!
//! The job itself is no place for this: Kueue suspends again what is let go by hand, and starts again what is suspended
//! while it is admitted. What counts is `spec.active` of the workload.

use serde_json::json;

use super::WORKLOADS;
use crate::domain::{Clean, Span};
use crate::kinds::kueue::GROUP;
use crate::plan::argo::guards::stands;
use crate::plan::beside::Read;
use crate::plan::forecast::Sight;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::queues::{SETTLING, Workload};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};
use crate::plan::{json, wire};

/// See the module.
pub(super) struct Hold;
/// See the module.
pub(super) struct Release;

const RIGHTS: &[Right] = &[Right::to("patch", GROUP, "workloads")];

const HOLD: ActionSpec = ActionSpec {
    name: "workload.hold",
    title: "Put a job on hold in its queue: it stops, and gives its quota back",
    targets: WORKLOADS,
    parameters: &[],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "workload.release: queues it again; what it had done without a checkpoint does not come back",
    verify: "The workload is not active, and has no quota",
};

const RELEASE: ActionSpec = ActionSpec {
    name: "workload.release",
    title: "Queue a job again that is on hold",
    targets: WORKLOADS,
    parameters: &[],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "workload.hold",
    verify: "The workload is active, and Kueue queues it",
};

impl Action for Hold {
    fn spec(&self) -> &'static ActionSpec {
        &HOLD
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let workload = begin(given)?;
        if !workload.active() {
            return Err(Refused::new("The workload is on hold already")
                .instead("workload.release queues it again"));
        }
        let mut plan = Plan::new(given, &HOLD, "");
        plan.does = format!("Puts {} on hold in its queue", plan.target.words()).into();
        let mut checks = vec![Check::flag("/spec/active", false)];
        if workload.is("QuotaReserved") {
            lost(&mut plan, given, workload);
            checks.push(Check::has(
                "/status/conditions",
                json!({"type": "QuotaReserved", "status": "False"}),
            ));
        } else {
            plan.fact(
                "loses",
                "Nothing: it has not been let in, so nothing of it runs",
            );
        }
        suspended(&mut plan, workload);
        plan.patch(
            json!({"spec": {"active": false}}),
            "Kueue evicts what is not active, and does not queue it again",
        );
        plan.undone_by(
            Inverse {
                action: "workload.release",
                text: "queues it again; what it had done without a checkpoint does not come back",
            },
            Vec::new(),
        );
        plan.done_when(HOLD.verify, checks);
        plan.verify.patience = SETTLING;
        Ok(plan)
    }
}

/// What an eviction ends.
fn lost(plan: &mut Plan, given: &Given<'_>, workload: Workload<'_>) {
    plan.risk = Risk::LosesWork;
    let (pods, they) = match workload.pods() {
        1 => ("pod is".to_owned(), "it"),
        n => (format!("{n} pods are"), "they"),
    };
    let since = workload
        .since("Admitted")
        .or_else(|| workload.since("QuotaReserved"));
    let since = since.map_or_else(String::new, |at| {
        format!(
            " in the {} since it was let in",
            Span::between(at, given.now)
        )
    });
    plan.warn(&format!(
        "Kueue evicts it: its {pods} deleted, and all that {they} did{since} is lost, but for checkpoints that the job writes by itself"
    ));
    let (reserved, queue) = (workload.reserved(), Clean::new(workload.let_in_by()));
    if !reserved.is_empty() {
        plan.fact("frees", &format!("{reserved} of ClusterQueue {queue}"));
    }
    plan.warn(
        "Its place is not kept: released again it waits for quota like any other, and may wait long",
    );
}

/// What becomes of the job behind it.
fn suspended(plan: &mut Plan, workload: Workload<'_>) {
    let (kind, name) = workload.job();
    if !name.is_empty() {
        let (kind, name) = (Clean::new(kind), Clean::new(name));
        plan.fact(
            "job",
            &format!("{kind} {name} stays suspended until the workload is released: let go by hand, Kueue suspends it again"),
        );
    }
}

impl Action for Release {
    fn spec(&self) -> &'static ActionSpec {
        &RELEASE
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        let queue = Workload::of(given.object).queue();
        if queue.is_empty() {
            return Vec::new();
        }
        vec![Read {
            path: queue_path(given),
            what: format!("LocalQueue {}", Clean::new(queue)),
        }]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let workload = begin(given)?;
        if workload.active() {
            return Err(Refused::new(
                "The workload is not on hold: whether it starts is for its queue to decide",
            ));
        }
        let mut plan = Plan::new(given, &RELEASE, "");
        plan.does = format!("Queues {} again", plan.target.words()).into();
        queue(&mut plan, given, workload);
        plan.fact(
            "starts",
            "When its queue has quota for it: at once, or after those that go before it; from the beginning, or from its last checkpoint",
        );
        plan.patch(
            json!({"spec": {"active": true}}),
            "Kueue queues what is active",
        );
        plan.undone_by(
            Inverse {
                action: "workload.hold",
                text: "puts it on hold again",
            },
            Vec::new(),
        );
        let mut checks = vec![Check::flag("/spec/active", true)];
        if workload.is("Evicted") {
            checks.push(Check::has(
                "/status/conditions",
                json!({"type": "Requeued", "status": "True"}),
            ));
        }
        plan.done_when(RELEASE.verify, checks);
        plan.verify.patience = SETTLING;
        Ok(plan)
    }
}

fn queue_path(given: &Given<'_>) -> String {
    let namespace = json::text(given.object, &["metadata", "namespace"]);
    let queue = Workload::of(given.object).queue();
    let version = super::WORKLOADS.first().map_or("v1beta2", |r| r.version);
    wire::path(GROUP, version, (namespace, "localqueues", queue))
}

/// What its queue makes of it.
fn queue(plan: &mut Plan, given: &Given<'_>, workload: Workload<'_>) {
    let name = Clean::new(workload.queue());
    if name.is_empty() {
        plan.warn("It names no queue, so nothing will let it in");
        return;
    }
    match given.beside.at(&queue_path(given)) {
        Sight::Found(found) => {
            let policy = json::text(found, &["spec", "stopPolicy"]);
            let mut told = json::list(found, &["status", "conditions"]).iter();
            let active = told.find(|c| json::text(c, &["type"]) == "Active");
            if !matches!(policy, "" | "None") {
                let policy = Clean::new(policy);
                plan.warn(&format!(
                    "LocalQueue {name} is stopped ({policy}): it lets nothing in, so this waits until that ends"
                ));
            } else if let Some(shut) = active.filter(|c| json::text(c, &["status"]) == "False") {
                let why = Clean::new(json::text(shut, &["message"]));
                plan.warn(&format!(
                    "LocalQueue {name} is not active, so this waits: {why}"
                ));
            }
        }
        Sight::Absent => plan.warn(&format!(
            "There is no LocalQueue {name}, so nothing will let it in"
        )),
        Sight::Unseen(why) => plan.fact(
            "queue",
            &format!("LocalQueue {name} could not be seen: {why}"),
        ),
        Sight::Unasked => {}
    }
}

fn begin<'a>(given: &Given<'a>) -> Result<Workload<'a>, Refused> {
    stands(given.object)?;
    let workload = Workload::of(given.object);
    if workload.is("Finished") {
        return Err(Refused::new(
            "The workload has finished: nothing of it is queued or runs",
        ));
    }
    Ok(workload)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::queue_tests::{plan, refusal, seen, trap};
    use super::*;

    fn workload(active: bool, conditions: &Value) -> Value {
        json!({
            "apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Workload",
            "metadata": {"name": "job-sweep-x", "namespace": "ml", "uid": "u", "resourceVersion": "7",
                "ownerReferences": [{"kind": "Job", "name": "sweep", "controller": true}]},
            "spec": {"queueName": "fraud", "active": active, "podSets": [{"name": "main", "count": 3}]},
            "status": {"conditions": conditions, "admission": {"clusterQueue": "shared", "podSetAssignments": [
                {"name": "main", "resourceUsage": {"cpu": "6", "nvidia.com/gpu": "6"}}]}},
        })
    }

    fn admitted() -> Value {
        json!([{"type": "QuotaReserved", "status": "True", "lastTransitionTime": "2026-11-21T00:00:00Z"},
            {"type": "Admitted", "status": "True", "lastTransitionTime": "2026-11-21T00:00:00Z"}])
    }

    fn evicted() -> Value {
        json!([{"type": "QuotaReserved", "status": "False"}, {"type": "Evicted", "status": "True", "reason": "Deactivated"}])
    }

    #[test]
    fn holding_what_runs_loses_what_it_did_since_it_was_let_in() {
        let object = workload(true, &admitted());
        let hold = plan("workload.hold", &object, &[]).unwrap();
        assert_eq!(hold.risk, Risk::LosesWork);
        trap(
            &hold,
            "its 3 pods are deleted, and all that they did in the 3 h",
        );
        trap(&hold, "Its place is not kept");
        let fact = |topic: &str| {
            hold.facts
                .iter()
                .find(|f| f.topic == topic)
                .unwrap()
                .text
                .clone()
        };
        assert_eq!(
            &*fact("frees"),
            "6 nvidia.com/gpu, 6 cpu of ClusterQueue shared"
        );
        assert!(fact("job").contains("Job sweep stays suspended"));
        assert_eq!(hold.steps[0].body["spec"], json!({"active": false}));
        let mut after = object.clone();
        after["spec"]["active"] = false.into();
        assert!(!hold.verify.holds(Some(&after)), "it has its quota still");
        after["status"]["conditions"] = evicted();
        assert!(hold.verify.holds(Some(&after)));
    }

    #[test]
    fn holding_what_waits_loses_nothing() {
        let waits = json!([{"type": "QuotaReserved", "status": "False"}]);
        let hold = plan("workload.hold", &workload(true, &waits), &[]).unwrap();
        assert_eq!(hold.risk, Risk::Reversible);
        assert!(hold.traps.is_empty());
        assert_eq!(hold.inverse.unwrap().action, "workload.release");
    }

    #[test]
    fn what_is_on_hold_or_has_ended_is_not_held_again() {
        let held = workload(false, &evicted());
        assert!(refusal("workload.hold", &held, &[]).contains("workload.release"));
        let ended = workload(true, &json!([{"type": "Finished", "status": "True"}]));
        for action in ["workload.hold", "workload.release"] {
            assert!(refusal(action, &ended, &[]).contains("has finished"));
        }
        let runs = workload(true, &admitted());
        assert!(refusal("workload.release", &runs, &[]).contains("not on hold"));
    }

    #[test]
    fn a_release_says_when_its_queue_lets_nothing_in() {
        let held = workload(false, &evicted());
        let path = "/apis/kueue.x-k8s.io/v1beta2/namespaces/ml/localqueues/fraud";
        let queue = json!({"spec": {"stopPolicy": "Hold"}});
        let release = seen("workload.release", &held, &[], (path, &queue)).unwrap();
        trap(&release, "is stopped (Hold)");
        let shut = json!({"status": {"conditions": [{"type": "Active", "status": "False", "message": "ClusterQueue is inactive"}]}});
        let release = seen("workload.release", &held, &[], (path, &shut)).unwrap();
        trap(&release, "ClusterQueue is inactive");
        let open = json!({"spec": {"stopPolicy": "None"}});
        let release = seen("workload.release", &held, &[], (path, &open)).unwrap();
        assert!(release.traps.is_empty());
        let mut after = held.clone();
        after["spec"]["active"] = true.into();
        assert!(
            !release.verify.holds(Some(&after)),
            "Kueue has not queued it yet"
        );
        let requeued = json!({"type": "Requeued", "status": "True"});
        after["status"]["conditions"]
            .as_array_mut()
            .unwrap()
            .push(requeued);
        assert!(release.verify.holds(Some(&after)));
    }
}
