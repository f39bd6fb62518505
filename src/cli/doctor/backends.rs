//! Services beside Kubernetes: is each there, where and why there, which version, how fast. I/O.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;

use super::check::{Check, Verdict};
use crate::fault::{Fault, FaultKind};
use crate::feed::http::Backend;
use crate::feed::kube::{Options, Target};
use crate::settings::Endpoint;

/// Every sort of service, as the settings name it or as it is found.
pub async fn checks(
    target: Target,
    limit: Duration,
    sources: &BTreeMap<String, Endpoint>,
) -> Vec<Check> {
    let area = target.id.as_str().to_owned();
    let options = Options {
        connect: limit.min(Options::default().connect),
        answer: limit,
        login: limit,
        backend: limit,
        sources: sources.clone(),
        ..Options::default()
    };
    let all = Backend::all(target, options);
    let asked = all.iter().map(|(name, backend)| one(&area, name, backend));
    join_all(asked).await
}

async fn one(area: &str, name: &str, backend: &Backend) -> Check {
    let endpoint = match backend.endpoint().await {
        Ok(endpoint) => endpoint,
        Err(fault) => return missing(area, name, backend, &fault),
    };
    let check = match backend.version().await {
        Ok((version, took)) => {
            let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let time = if took == 0 {
                "under 1 ms".to_owned()
            } else {
                format!("{took} ms")
            };
            let said = format!("{version}, answers in {time}, {endpoint}");
            Check::new(area, name, Verdict::Ok, said)
                .detail("version", version)
                .detail("latencyMs", took)
        }
        Err(failed) => Check::of_fault(area, name, &failed.fault),
    };
    check.detail("endpoint", endpoint)
}

/// Most clusters do without one or the other: that one is not there, or may not be looked for, is worth knowing, and no
/// more, unless somebody has set where it is.
fn missing(area: &str, name: &str, backend: &Backend, fault: &Fault) -> Check {
    if matches!(fault.kind, FaultKind::Gone | FaultKind::Denied) && !backend.is_set() {
        return Check::new(area, name, Verdict::Note, &fault.what).advice(&fault.hint);
    }
    Check::of_fault(area, name, fault)
}
