//! What the programs in pods print: made up from the pod alone, so the same pod always prints the same. Pure.
//!
//! | part | what it writes |
//! |---|---|
//! | `script` | when which line is printed |
//! | `work` | what a program says while it works: training, services, data, tools |
//! | `last` | what it says when it ends: artifacts, tracebacks, nothing at all |
//! | `hostile` | what nobody should print |

mod hostile;
mod last;
mod script;
mod work;

use serde_json::Value;

use crate::demo::catalog::text;
pub(in crate::demo) use script::Script;

/// The status of a container; null when there is none yet.
pub(in crate::demo) fn status_of(pod: &Value, container: &str) -> Value {
    let lists = [
        "containerStatuses",
        "initContainerStatuses",
        "ephemeralContainerStatuses",
    ];
    let all = lists
        .iter()
        .filter_map(|l| pod["status"][*l].as_array())
        .flatten();
    let mut found = all.filter(|c| text(c, "/name") == container);
    found.next().cloned().unwrap_or_default()
}

/// The manifest of a container.
fn container_of(pod: &Value, container: &str) -> Value {
    let lists = ["containers", "initContainers"];
    let all = lists.iter().filter_map(|l| pod["spec"][*l].as_array());
    let mut found = all.flatten().filter(|c| text(c, "/name") == container);
    found.next().cloned().unwrap_or_default()
}
