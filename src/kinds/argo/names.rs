//! Names that Argo derives: node ids, pod names, what a node is called in a list. Pure.
//!
//! Source: `workflow/util/pod_name.go`, `NodeID` in `workflow_types.go`, `generateNodeName` in the controller.

/// Longest pod name before the dash and the hash, in bytes.
const PREFIX: usize = 242;

/// FNV-1a, 32 bits.
#[must_use]
pub fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// FNV-1a, 64 bits: identifies a name within one workflow without keeping it.
#[must_use]
pub(super) fn mark(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// The id of a node of this workflow.
#[must_use]
pub fn node_id(workflow: &str, node: &str) -> String {
    if workflow == node {
        workflow.to_owned()
    } else {
        format!("{workflow}-{}", fnv1a(node))
    }
}

/// The name of the pod of a node, in format v2 (v1 names pods by node id). `template` may be empty.
#[must_use]
pub fn pod_name(workflow: &str, node: &str, template: &str) -> String {
    if workflow == node {
        return workflow.to_owned();
    }
    let mut prefix = if template.is_empty() {
        workflow.to_owned()
    } else {
        format!("{workflow}-{template}")
    };
    if prefix.len() > PREFIX {
        let cut = (0..=PREFIX).rev().find(|at| prefix.is_char_boundary(*at));
        prefix.truncate(cut.unwrap_or(0));
    }
    format!("{prefix}-{}", fnv1a(node))
}

/// `name(3)` → the name and 3: an attempt of a retried step.
#[must_use]
pub fn attempt(name: &str) -> Option<(&str, u32)> {
    let (base, inner) = name.strip_suffix(')')?.rsplit_once('(')?;
    if base.is_empty() || !inner.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((base, inner.parse().ok()?))
}

/// `name(3:value)` → the name and 3: an item of a fan-out. Argo takes parentheses out of the value.
#[must_use]
pub fn item(name: &str) -> Option<(&str, u32)> {
    let (base, inner) = name.strip_suffix(')')?.rsplit_once('(')?;
    let (number, _) = inner.split_once(':')?;
    Some((base, number.parse().ok()?))
}

/// The outermost fan-out that a node belongs to, by its full name: `a.b(3:x).c` → `a.b`.
#[must_use]
pub fn outer_fan(name: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(at) = name.get(from..)?.find('(') {
        let open = from + at;
        let inner = name.get(open + 1..)?;
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && inner.as_bytes().get(digits) == Some(&b':') {
            return name.get(..open);
        }
        from = open + 1;
    }
    None
}

/// The last part of a full node name: `wf.main.train` → `train`, `wf[0].a(1:x.y)` → `a(1:x.y)`.
#[must_use]
pub fn last_part(name: &str) -> &str {
    let plain = name.find('(').and_then(|at| name.get(..at)).unwrap_or(name);
    match plain.rfind('.') {
        Some(dot) => name.get(dot + 1..).unwrap_or(name),
        None => name,
    }
}

/// The part of a full name above the last one: `wf.root.train.executor` → `train`.
#[must_use]
pub fn part_above(name: &str) -> Option<&str> {
    let (above, _) = name.rsplit_once('.')?;
    Some(last_part(above))
}

/// Template of a KFP driver (`system-container-driver`, `system-dag-driver`, with any prefix).
#[must_use]
pub fn is_kfp_driver(template: &str) -> bool {
    template.contains("system-container-driver") || template.contains("system-dag-driver")
}

/// Template of the group around a KFP container task.
#[must_use]
pub fn is_kfp_task(template: &str) -> bool {
    template.contains("system-container-executor")
}

/// Template of the pod that does the work of a KFP container task.
#[must_use]
pub fn is_kfp_executor(template: &str) -> bool {
    template.contains("system-container-impl")
}

/// What a node is called in one phrase: attempts by their step, KFP's inner nodes by their task.
#[must_use]
pub fn spoken<'a>(display: &'a str, name: &'a str, template: &str) -> &'a str {
    let display = if display.is_empty() {
        last_part(name)
    } else {
        display
    };
    let display = attempt(display).map_or(display, |(base, _)| base);
    if is_kfp_executor(template) && display == "executor" {
        return part_above(attempt(name).map_or(name, |(base, _)| base)).unwrap_or(display);
    }
    if is_kfp_driver(template) {
        return display.strip_suffix("-driver").unwrap_or(display);
    }
    if display == "iteration-iterations" {
        return part_above(name).unwrap_or(display);
    }
    display
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_pod_names_are_those_of_the_controller() {
        // figures of workflow/util/pod_name_test.go and of a real run
        assert_eq!(node_id("wf", "wf"), "wf");
        assert_eq!(fnv1a("nodename"), 1_454_367_246);
        assert_eq!(
            pod_name("wfname", "nodename", "templatename"),
            "wfname-templatename-1454367246"
        );
        assert_eq!(pod_name("wfname", "wfname", "t"), "wfname");
        assert_eq!(pod_name("wf", "wf.a", ""), format!("wf-{}", fnv1a("wf.a")));
        let long = pod_name(&"w".repeat(300), "n", "t");
        assert_eq!(long.len(), 242 + 1 + fnv1a("n").to_string().len());
    }

    #[test]
    fn attempts_and_items_are_told_apart() {
        assert_eq!(attempt("wf.train(12)"), Some(("wf.train", 12)));
        assert_eq!(attempt("wf.train(1:x)"), None);
        assert_eq!(item("wf.train(1:x:y)"), Some(("wf.train", 1)));
        assert_eq!(item("wf.train(1)"), None);
        assert_eq!(outer_fan("wf[0].a(3:x).b(0:y)(1)"), Some("wf[0].a"));
        assert_eq!(outer_fan("wf.train(1)"), None);
    }

    #[test]
    fn inner_nodes_of_kfp_are_called_by_their_task() {
        let executor = spoken(
            "executor(0)",
            "wf.root.train.executor(0)",
            "retry-system-container-impl",
        );
        assert_eq!(executor, "train");
        assert_eq!(
            spoken(
                "train-driver",
                "wf.root.train-driver",
                "system-container-driver"
            ),
            "train"
        );
        assert_eq!(spoken("", "wf.main.train(2)", "t"), "train");
    }
}
