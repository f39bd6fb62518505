//! `node.mig-layout`: the GPUs of a node are cut anew by the MIG manager of the GPU operator. Pure.
//!
//! The manager moves no pods: one that holds a GPU makes the change fail, so there must be none. It watches a label, and
//! says in another how far it is; when it fails, the first one is set back.

use serde_json::{Value, json};

use super::NODES;
use crate::domain::{Clean, Span};
use crate::plan::argo::guards;
use crate::plan::beside::Read;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::nodes::layout::{self, Layouts};
use crate::plan::nodes::pods::{self, Pod};
use crate::plan::nodes::{self, CONFIG, STATE, named, within};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct MigLayout;

const SPEC: ActionSpec = ActionSpec {
    name: "node.mig-layout",
    title: "Cut the GPUs of a node anew",
    targets: NODES,
    parameters: &[
        ParameterSpec {
            name: "layout",
            kind: ParameterKind::Text,
            default: "",
            help: "One of the layouts in the MIG manager's ConfigMap, such as all-1g.10gb; without one, they are listed.",
        },
        ParameterSpec {
            name: "fits",
            kind: ParameterKind::Text,
            default: "",
            help: "Where no layout is named: the one that makes most slices of this size, such as mig-2g.20gb.",
        },
        ParameterSpec {
            name: "config",
            kind: ParameterKind::Text,
            default: "",
            help: "The ConfigMap with the layouts, as NAMESPACE/NAME, where the cluster has one of its own.",
        },
        ParameterSpec {
            name: "within",
            kind: ParameterKind::Text,
            default: "30m",
            help: "How long the MIG manager is watched.",
        },
    ],
    // while a pod holds one of its GPUs it is refused, so no work is lost
    risk: Risk::Reversible,
    rights: &[
        Right::to("patch", "", "nodes"),
        Right::to("list", "", "pods"),
        Right::to("get", "", "configmaps"),
    ],
    inverse: "node.mig-layout with the layout from before",
    verify: "The MIG manager says success for the layout",
};

/// Older than this it is stuck: the waits of the manager add up to 25 minutes.
const STUCK: i64 = 25 * 60;

const LATE: &str = "While the manager says pending, up to 10 minutes are usual; after 25 it is stuck: a pod of the operator did not end, the device plugin stays paused and the node offers no GPUs. Then set the layout from before (undo) or another one, or restart the MIG manager's pod on the node. Where it says nothing, no manager looks at the label: is its pod on the node?";

impl Action for MigLayout {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        let mut reads = layout::reads(given);
        reads.push(pods::read(given.object));
        reads
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        let (now, _) = nodes::mig(given.object);
        let names = Layouts::seen(given).map(|l| l.names()).unwrap_or_default();
        let other = names.into_iter().find(|name| name != now);
        other
            .map(|name| ("layout".to_owned(), name))
            .into_iter()
            .collect()
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let node = given.object;
        guards::stands(node)?;
        if json::label(node, "nvidia.com/mig.capable") != "true" {
            return Err(Refused::new(
                "The GPUs of the node cannot be cut: it has no label nvidia.com/mig.capable=true",
            ));
        }
        let patience = within(given.params.text("within"), given.now)?;
        let layouts = Layouts::seen(given)?;
        let to = chosen(given, &layouts)?;
        let (was, state) = nodes::mig(node);
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = format!(
            "Cuts the GPUs of node {} anew: {to} instead of {}",
            plan.target.words(),
            if was.is_empty() { "what they are" } else { was }
        )
        .into();
        plan.fact("layouts", &format!("From ConfigMap {}", layouts.place));
        shape(&mut plan, given, &layouts, &to);
        under_way(&mut plan, given, state);
        held(&mut plan, &pods::seen(given)?);
        if !nodes::is_cordoned(node) {
            plan.warn(
                "The node is not cordoned: a pod that gets a GPU before it is done makes it fail. node.cordon first, node.uncordon after",
            );
        }
        write(&mut plan, (was, &to), patience);
        Ok(plan)
    }
}

/// The layout that is asked for.
fn chosen(given: &Given<'_>, layouts: &Layouts) -> Result<String, Refused> {
    let names = layouts.names();
    let (was, state) = nodes::mig(given.object);
    let known = format!("ConfigMap {} has: {}", layouts.place, names.join(", "));
    let size = given.params.text("fits").trim();
    let mut to = given.params.text("layout").trim();
    let best;
    if to.is_empty() && !size.is_empty() {
        best = layouts.best(size, layout::board(given.object));
        to = best.as_deref().ok_or_else(|| {
            let why = format!(
                "No layout for its GPUs makes slices of the size {}",
                Clean::new(size)
            );
            Refused::new(&why).instead(&known)
        })?;
    }
    if to.is_empty() {
        return Err(Refused::new("Which layout is not said")
            .instead(&format!("Give one with --param layout=NAME. {known}")));
    }
    if !names.iter().any(|name| name == to) {
        let why = format!(
            "There is no layout {}: the MIG manager would fail",
            Clean::new(to)
        );
        return Err(Refused::new(&why).instead(&known));
    }
    if to == was {
        let why = format!(
            "The node has been asked for {to} already, and is {}",
            if state.is_empty() { "not begun" } else { state }
        );
        return Err(Refused::new(&why).instead(if state == "success" {
            ""
        } else {
            "The manager looks only when the label changes: set another layout, then this one"
        }));
    }
    Ok(to.to_owned())
}

/// What the layout makes of the GPUs.
fn shape(plan: &mut Plan, given: &Given<'_>, layouts: &Layouts, to: &str) {
    let node = given.object;
    let Some(layout) = layouts.get(to, layout::board(node)) else {
        return;
    };
    if layout.is_empty() {
        plan.block(&format!(
            "No GPU of the node ({}) can be cut as {to} says",
            Clean::new(json::label(node, "nvidia.com/gpu.product"))
        ));
        return;
    }
    plan.fact("with", &format!("{to}: {}", layout.words()));
    let strategy = json::label(node, "nvidia.com/mig.strategy");
    if strategy != "mixed" && layout.is_mixed() {
        plan.block(
            "The device plugin has strategy single on the node, which knows only GPUs that are all cut alike: with this layout it would offer none (MIG-INVALID)",
        );
    }
    let offers = offered(node);
    if !offers.is_empty() {
        plan.fact(
            "offers",
            &format!("The node offers now: {offers}; that goes"),
        );
    }
    plan.fact(
        "operator",
        "Device plugin, discovery and DCGM of the node pause meanwhile: it offers no GPUs, and its figures have a hole",
    );
}

/// What a node offers: `8 gpu`.
fn offered(node: &Value) -> Clean {
    let all = json::at(node, &["status", "allocatable"]).and_then(Value::as_object);
    let words = |(name, n): (&String, &Value)| {
        let name = name.strip_prefix("nvidia.com/")?;
        let n = n.as_str().filter(|n| *n != "0")?;
        Some(format!("{n} {name}"))
    };
    let all: Vec<String> = all.into_iter().flatten().filter_map(words).collect();
    Clean::new(&all.join(", "))
}

/// Another change that has not ended.
fn under_way(plan: &mut Plan, given: &Given<'_>, state: &str) {
    if !matches!(state, "pending" | "rebooting") {
        return;
    }
    let since = nodes::state_since(given.object);
    let age = since.map(|at| given.now.as_second() - at.as_second());
    let (was, _) = nodes::mig(given.object);
    match age {
        Some(age) if age >= STUCK => plan.warn(&format!(
            "The change to {} is {state} for {}: it is stuck, and another layout gets the manager going again",
            Clean::new(was),
            Span(age)
        )),
        _ => plan.block(&format!(
            "The change to {} is under way ({state}): wait until it has ended, or until it is stuck, after 25 minutes",
            Clean::new(was)
        )),
    }
}

/// Pods that would lose what they hold.
fn held(plan: &mut Plan, pods: &[Pod<'_>]) {
    pods::need(plan);
    let holders = pods.iter().filter(|p| !p.gpus.is_empty() && !p.has_ended());
    let holders: Vec<String> = holders
        .map(|p| {
            format!(
                "{} ({}; {} {})",
                p.words(),
                p.gpus,
                p.holder.kind.word(),
                p.holder.key.name
            )
        })
        .collect();
    if holders.is_empty() {
        plan.fact("holders", "No pod holds a GPU or a slice of the node");
        return;
    }
    let (pods, hold) = match holders.len() {
        1 => ("1 pod".to_owned(), "holds"),
        n => (format!("{n} pods"), "hold"),
    };
    plan.block(&format!(
        "{pods} {hold} GPUs or slices of the node and would lose them; the MIG manager moves none, and fails while one is held: {}. node.drain first",
        named(&holders)
    ));
}

/// The request, what shows that it is done, and what sets it back.
fn write(plan: &mut Plan, (was, to): (&str, &str), patience: u64) {
    // what the manager said of the layout before must not be taken for what it says of this one
    plan.patch(
        json!({"metadata": {"labels": {CONFIG: to, STATE: null}}}),
        "The MIG manager watches the label; what it said of the layout before is taken off",
    );
    let config = pointer(CONFIG);
    let state = pointer(STATE);
    plan.done_when(
        SPEC.verify,
        vec![Check::is(&config, &[to]), Check::is(&state, &["success"])],
    );
    plan.verify.patience = patience;
    plan.late = LATE.into();
    if was.is_empty() {
        plan.warn("The node had no layout before, so there is none to set back if it fails");
        return;
    }
    nodes::roll_back(plan, (was, to), [&config, &state]);
    plan.fact("if it fails", &format!("The label is set back to {was}"));
    plan.undone_by(
        Inverse {
            action: "node.mig-layout",
            text: "cuts them as they were, once no pod holds one",
        },
        vec![("layout", was.to_owned())],
    );
}

/// Where a label stands.
fn pointer(label: &str) -> String {
    format!(
        "/metadata/labels/{}",
        label.replace('~', "~0").replace('/', "~1")
    )
}
