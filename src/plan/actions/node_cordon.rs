//! `node.cordon` and `node.uncordon`: a node takes no more pods, or does again. Those that it has stay. Pure.

use serde_json::{Value, json};

use super::NODES;
use crate::domain::Clean;
use crate::plan::argo::guards;
use crate::plan::form::{Check, Expect, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::nodes;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, Right, Risk};

/// `node.cordon`.
pub(super) struct Cordon;
/// `node.uncordon`.
pub(super) struct Uncordon;

const RIGHTS: &[Right] = &[Right::to("patch", "", "nodes")];

const CORDON: ActionSpec = ActionSpec {
    name: "node.cordon",
    title: "Let a node take no more pods",
    targets: NODES,
    parameters: &[],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "node.uncordon: lets it take pods again",
    verify: "The node shows that it takes no more pods",
};

const UNCORDON: ActionSpec = ActionSpec {
    name: "node.uncordon",
    title: "Let a cordoned node take pods again",
    targets: NODES,
    parameters: &[],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "node.cordon: lets it take no more; pods that came meanwhile stay",
    verify: "The node shows that it takes pods",
};

impl Action for Cordon {
    fn spec(&self) -> &'static ActionSpec {
        &CORDON
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        guards::stands(given.object)?;
        if nodes::is_cordoned(given.object) {
            let refused = Refused::new(&format!(
                "The node is cordoned already{}",
                since(given.object)
            ));
            return Err(refused
                .instead("node.drain asks its pods to go, node.uncordon lets it take pods again"));
        }
        let mut plan = Plan::new(given, &CORDON, "");
        plan.does = format!("Lets node {} take no more pods", plan.target.words()).into();
        plan.fact("pods", "The pods that it has stay and go on");
        plan.warn(
            "DaemonSets, and pods that name the node themselves or tolerate the taint, still start on it",
        );
        nodes::cordon(&mut plan);
        plan.inverse = Some(nodes::UNDONE);
        Ok(plan)
    }
}

impl Action for Uncordon {
    fn spec(&self) -> &'static ActionSpec {
        &UNCORDON
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        guards::stands(given.object)?;
        let node = given.object;
        if !nodes::is_cordoned(node) {
            return Err(Refused::new("The node is not cordoned"));
        }
        let mut plan = Plan::new(given, &UNCORDON, "");
        plan.does = format!("Lets node {} take pods again", plan.target.words()).into();
        let since = since(node);
        if !since.is_empty() {
            plan.fact("cordoned", &format!("Cordoned{since}"));
        }
        warn(&mut plan, node);
        plan.patch(
            json!({"spec": {"unschedulable": null}}),
            "The scheduler looks at it for every pod that waits",
        );
        plan.done_when(
            UNCORDON.verify,
            vec![Check {
                pointer: "/spec/unschedulable".to_owned(),
                expect: Expect::Absent(true),
            }],
        );
        plan.inverse = Some(Inverse {
            action: "node.cordon",
            text: "lets it take no more; pods that came meanwhile stay",
        });
        Ok(plan)
    }
}

/// What is not well with a node that is to take pods.
fn warn(plan: &mut Plan, node: &Value) {
    match nodes::ready(node) {
        Some(true) => {}
        Some(false) => plan.warn("The node is not ready: pods wait until it is"),
        None => plan.warn("The kubelet of the node is silent: pods wait until it is heard"),
    }
    let (layout, state) = nodes::mig(node);
    match state {
        "pending" | "rebooting" => plan.warn(&format!(
            "Its GPUs are being cut into {} ({state}): a pod that gets one of them now makes that fail",
            Clean::new(layout)
        )),
        "failed" => plan.warn(&format!(
            "Its GPUs could not be cut into {}: what it offers may not be what pods ask for",
            Clean::new(layout)
        )),
        _ => {}
    }
}

/// Who cordoned it and when, as far as the API server keeps that: ` by kubectl-cordon at …`.
fn since(node: &Value) -> String {
    nodes::cordoned_by(node).map_or_else(String::new, |by| format!(" by {}", by.words()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::nodes::tests::{node, planned};

    #[test]
    fn a_cordon_holds_on_to_the_node_that_was_seen_and_is_taken_back_by_its_inverse() {
        let plan = planned("node.cordon", &node(), &[]).unwrap();
        let step = &plan.steps[0];
        assert_eq!(
            (step.method, step.path.as_str()),
            ("PATCH", "/api/v1/nodes/gpu-1")
        );
        assert_eq!(step.body["spec"]["unschedulable"], true);
        assert_eq!(
            step.body["metadata"],
            json!({"uid": "u-1", "resourceVersion": "7"})
        );
        assert_eq!(plan.inverse.as_ref().unwrap().action, "node.uncordon");
        let mut after = node();
        assert!(!plan.verify.holds(Some(&after)));
        after["spec"]["unschedulable"] = json!(true);
        assert!(plan.verify.holds(Some(&after)));
        let refused = planned("node.cordon", &after, &[]).unwrap_err();
        assert!(refused.why.contains("cordoned already"), "{refused}");
    }

    #[test]
    fn an_uncordon_tells_who_cordoned_and_what_is_not_well() {
        let mut cordoned = node();
        cordoned["spec"]["unschedulable"] = json!(true);
        cordoned["metadata"]["managedFields"] = json!([
            {"manager": "kubectl-cordon", "operation": "Update", "time": "2026-11-21T02:00:00Z",
                "fieldsV1": {"f:spec": {"f:unschedulable": {}}}}]);
        cordoned["metadata"]["labels"]["nvidia.com/mig.config.state"] = json!("pending");
        cordoned["status"]["conditions"] = json!([{"type": "Ready", "status": "Unknown"}]);
        let plan = planned("node.uncordon", &cordoned, &[]).unwrap();
        let all: String = plan.facts.iter().map(|f| f.text.as_str()).collect();
        assert!(
            all.contains("kubectl-cordon (Update) at 2026-11-21 02:00:00Z"),
            "{all}"
        );
        let traps: Vec<&str> = plan.traps.iter().map(|t| t.text.as_str()).collect();
        assert!(traps[0].contains("silent"), "{traps:?}");
        assert!(
            traps[1].contains("being cut into all-disabled (pending)"),
            "{traps:?}"
        );
        assert!(plan.verify.holds(Some(&node())));
        assert!(planned("node.uncordon", &node(), &[]).is_err());
    }
}
