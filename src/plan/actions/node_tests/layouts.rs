//! A relayout, planned for nodes as the API server has them.

use super::*;

const LAYOUTS: &str = "/api/v1/namespaces/gpu-operator/configmaps/default-mig-parted-config";

const FILE: &str = "
version: v1
mig-configs:
  all-disabled:
    - {devices: all, mig-enabled: false}
  all-1g.10gb:
    - {devices: all, mig-enabled: true, mig-devices: {1g.10gb: 7}}
  all-1g.5gb:
    - {devices: all, mig-enabled: true, mig-devices: {1g.5gb: 7}}
  mixed:
    - {devices: [0, 1], mig-enabled: false}
    - {devices: [2, 3], mig-enabled: true, mig-devices: {3g.40gb: 2}}
";

fn relayout(node: &Value, pods: &[Value], layout: &str) -> Result<Plan, Refused> {
    let map = json!({"data": {"config.yaml": FILE}});
    let seen = vec![
        (PODS.to_owned(), list(pods)),
        (LAYOUTS.to_owned(), Sight::Found(Box::new(map))),
    ];
    planned_with("node.mig-layout", node, &[("layout", layout)], seen)
}

fn cordoned() -> Value {
    let mut node = node();
    node["spec"]["unschedulable"] = json!(true);
    node
}

#[test]
fn the_layout_that_makes_most_of_a_size_is_found() {
    let seen = || {
        let map = json!({"data": {"config.yaml": FILE}});
        vec![
            (PODS.to_owned(), list(&[])),
            (LAYOUTS.to_owned(), Sight::Found(Box::new(map))),
        ]
    };
    let fits = |size: &str| planned_with("node.mig-layout", &cordoned(), &[("fits", size)], seen());
    for size in ["mig-1g.10gb", "2 nvidia.com/mig-1g.10gb"] {
        let plan = fits(size).unwrap();
        let to = &plan.steps[0].body["metadata"]["labels"]["nvidia.com/mig.config"];
        assert_eq!(to, "all-1g.10gb");
        assert_eq!(plan.risk, Risk::Reversible);
    }
    let none = fits("mig-9g.90gb").unwrap_err();
    assert!(
        none.why.contains("makes slices of the size mig-9g.90gb"),
        "{}",
        none.why
    );
    assert!(none.instead.contains("all-1g.10gb"));
}

#[test]
fn a_relayout_sets_the_label_and_takes_off_what_was_said_of_the_one_before() {
    let plan = relayout(&cordoned(), &[], "all-1g.10gb").unwrap();
    assert_eq!(traps(&plan), "");
    let labels = &plan.steps[0].body["metadata"]["labels"];
    assert_eq!(
        *labels,
        json!({"nvidia.com/mig.config": "all-1g.10gb", "nvidia.com/mig.config.state": null})
    );
    assert!(
        facts(&plan).contains("with: all-1g.10gb: every GPU: 7 × 1g.10gb"),
        "{}",
        facts(&plan)
    );
    assert_eq!(plan.inverse_parameters["layout"], "all-disabled");
    let mut node = cordoned();
    let mut says = |layout: &str, state: &str| {
        node["metadata"]["labels"]["nvidia.com/mig.config"] = json!(layout);
        node["metadata"]["labels"]["nvidia.com/mig.config.state"] = json!(state);
        let back = plan.rollback.as_ref().unwrap();
        let failed = back
            .when
            .iter()
            .all(|c| c.expect.holds(node.pointer(&c.pointer)));
        (plan.verify.holds(Some(&node)), failed)
    };
    assert_eq!(says("all-1g.10gb", "pending"), (false, false));
    assert_eq!(says("all-1g.10gb", "success"), (true, false));
    assert_eq!(says("all-1g.10gb", "failed"), (false, true));
    assert_eq!(
        says("all-disabled", "failed"),
        (false, false),
        "somebody else asked for another"
    );
}

#[test]
fn a_relayout_waits_until_nobody_holds_a_part_of_the_node() {
    let mut holder = pod(
        "t-1",
        "Job",
        &json!({"katib.kubeflow.org/trial": "sweep-x"}),
    );
    holder["spec"]["containers"][0]["resources"] = json!({"limits": {"nvidia.com/gpu": "1"}});
    let plan = relayout(&cordoned(), std::slice::from_ref(&holder), "all-1g.10gb").unwrap();
    let told = traps(&plan);
    assert!(
        told.contains("BLOCKED 1 pod holds GPUs or slices of the node and would lose them"),
        "{told}"
    );
    assert!(
        told.contains("ml/t-1 (1 nvidia.com/gpu; trial sweep-x). node.drain first"),
        "{told}"
    );
    holder["status"]["phase"] = json!("Succeeded");
    assert!(
        !relayout(&cordoned(), &[holder], "all-1g.10gb")
            .unwrap()
            .is_blocked()
    );
    let open = traps(&relayout(&node(), &[], "all-1g.10gb").unwrap());
    assert!(open.contains("The node is not cordoned"), "{open}");
}

#[test]
fn a_layout_that_the_node_cannot_have_is_refused_with_those_it_can() {
    let refused = relayout(&cordoned(), &[], "all-2g").unwrap_err();
    assert!(
        refused
            .instead
            .contains("all-1g.10gb, all-1g.5gb, all-disabled, mixed"),
        "{refused:?}"
    );
    let none = relayout(&cordoned(), &[], "").unwrap_err();
    assert!(none.instead.contains("all-1g.10gb"), "{none:?}");
    assert!(
        relayout(&cordoned(), &[], "all-disabled").is_err(),
        "it has it already"
    );
    let other = relayout(&cordoned(), &[], "all-1g.5gb").unwrap();
    assert!(
        traps(&other).contains("BLOCKED No GPU of the node"),
        "{}",
        traps(&other)
    );
    let mut single = cordoned();
    single["metadata"]["labels"]["nvidia.com/mig.strategy"] = json!("single");
    let mixed = relayout(&single, &[], "mixed").unwrap();
    assert!(traps(&mixed).contains("MIG-INVALID"), "{}", traps(&mixed));
    let mut plain = cordoned();
    plain["metadata"]["labels"]["nvidia.com/mig.capable"] = json!("false");
    assert!(relayout(&plain, &[], "mixed").is_err());
}

#[test]
fn a_change_under_way_is_waited_for_unless_it_is_stuck() {
    let mut node = cordoned();
    node["metadata"]["labels"]["nvidia.com/mig.config.state"] = json!("pending");
    let written = |at: &str| {
        json!([{"manager": "nvidia-mig-manager", "operation": "Update", "time": at,
            "fieldsV1": {"f:metadata": {"f:labels": {"f:nvidia.com/mig.config.state": {}}}}}])
    };
    node["metadata"]["managedFields"] = written("2026-11-21T02:55:00Z");
    let fresh = relayout(&node, &[], "all-1g.10gb").unwrap();
    assert!(
        traps(&fresh).contains("BLOCKED The change to all-disabled is under way"),
        "{}",
        traps(&fresh)
    );
    node["metadata"]["managedFields"] = written("2026-11-21T02:00:00Z");
    let stuck = relayout(&node, &[], "all-1g.10gb").unwrap();
    assert!(
        !stuck.is_blocked() && traps(&stuck).contains("it is stuck"),
        "{}",
        traps(&stuck)
    );
}

#[test]
fn an_example_of_a_relayout_is_one_that_the_node_does_not_have() {
    let map = json!({"data": {"config.yaml": FILE}});
    let seen = vec![(LAYOUTS.to_owned(), Sight::Found(Box::new(map)))];
    let beside = crate::plan::Beside::new(seen);
    let params = crate::plan::Params::default();
    let node = node();
    let given = crate::plan::Given {
        object: &node,
        params: &params,
        now: "2026-11-21T03:00:00Z".parse().unwrap(),
        cluster: &crate::plan::Cluster::default(),
        namespace: "",
        suffix: "",
        beside: &beside,
    };
    let example = action("node.mig-layout").unwrap().example(&given);
    assert_eq!(example, [("layout".to_owned(), "all-1g.10gb".to_owned())]);
}
