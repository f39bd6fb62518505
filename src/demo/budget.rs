//! Disruption budgets: whom one covers, how it stands, and what it says to an eviction. Pure.
//!
//! Source: kubernetes `pkg/controller/disruption`, `pkg/registry/core/pod/storage/eviction.go`, 1.36.

use http::StatusCode;
use serde_json::{Value, json};

use super::catalog::text;
use super::refusal::Refusal;

/// A budget covers a pod: one in its namespace that its selector names.
pub(super) fn covers(budget: &Value, pod: &Value) -> bool {
    let at = "/metadata/namespace";
    text(budget, at) == text(pod, at)
        && selects(&budget["spec"]["selector"], &pod["metadata"]["labels"])
}

fn selects(selector: &Value, labels: &Value) -> bool {
    let equal = selector["matchLabels"].as_object();
    let terms = selector["matchExpressions"].as_array();
    let named = |term: &Value| {
        let values = term["values"].as_array();
        values.is_some_and(|all| all.contains(&labels[text(term, "/key")]))
    };
    selector.is_object()
        && equal
            .into_iter()
            .flatten()
            .all(|(k, v)| labels[k.as_str()] == *v)
        && terms
            .into_iter()
            .flatten()
            .all(|term| match text(term, "/operator") {
                "In" => named(term),
                "NotIn" => !named(term),
                "Exists" => !labels[text(term, "/key")].is_null(),
                _ => labels[text(term, "/key")].is_null(),
            })
}

/// A pod that serves.
pub(super) fn is_ready(pod: &Value) -> bool {
    let all = pod["status"]["conditions"].as_array();
    let mut all = all.into_iter().flatten();
    all.any(|c| c["type"] == "Ready" && c["status"] == "True")
        && pod["metadata"].get("deletionTimestamp").is_none()
}

/// A pod that counts: it has not ended.
fn counts(pod: &Value) -> bool {
    !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
        && pod["metadata"].get("deletionTimestamp").is_none()
}

/// How a budget stands, with all pods that it covers.
pub(super) fn standing(budget: &Value, pods: &[Value]) -> Value {
    let whole = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let expected = whole(pods.iter().filter(|p| counts(p)).count());
    let healthy = whole(pods.iter().filter(|p| is_ready(p)).count());
    let wanted = match (
        &budget["spec"]["minAvailable"],
        &budget["spec"]["maxUnavailable"],
    ) {
        (Value::Null, Value::Null) => 0,
        (Value::Null, most) => (expected - amount(most, expected)).max(0),
        (least, _) => amount(least, expected),
    };
    let allowed = if expected > 0 {
        (healthy - wanted).max(0)
    } else {
        0
    };
    json!({"observedGeneration": budget["metadata"]["generation"], "expectedPods": expected,
        "currentHealthy": healthy, "desiredHealthy": wanted, "disruptionsAllowed": allowed})
}

/// A number, or a part of them in percent, rounded up.
fn amount(value: &Value, of: i64) -> i64 {
    let percent = value.as_str().and_then(|t| t.strip_suffix('%'));
    match percent.and_then(|p| p.parse::<i64>().ok()) {
        Some(percent) => (of * percent + 99) / 100,
        None => value.as_i64().unwrap_or(0),
    }
}

/// Whether a pod may be evicted, and under which of these budgets that counts.
pub(super) fn judge<'a>(budgets: &[&'a Value], pod: &Value) -> Result<Option<&'a Value>, Refusal> {
    // what has not begun, or has ended, disturbs nobody
    let phase = text(pod, "/status/phase");
    if matches!(phase, "Succeeded" | "Failed" | "Pending") || !counts(pod) {
        return Ok(None);
    }
    let budget = match budgets {
        [] => return Ok(None),
        [one] => *one,
        _ => {
            return Err(Refusal::new(
                500,
                "InternalError",
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            ));
        }
    };
    let status = &budget["status"];
    let number = |key: &str| status[key].as_i64().unwrap_or(0);
    if !is_ready(pod)
        && number("currentHealthy") >= number("desiredHealthy")
        && number("desiredHealthy") > 0
    {
        return Ok(None);
    }
    if number("disruptionsAllowed") > 0 {
        return Ok(Some(budget));
    }
    Err(not_now(budget))
}

/// As the API server words it.
fn not_now(budget: &Value) -> Refusal {
    let number = |key: &str| budget["status"][key].as_i64().unwrap_or(0);
    let message = format!(
        "The disruption budget {} needs {} healthy pods and has {} currently",
        text(budget, "/metadata/name"),
        number("desiredHealthy"),
        number("currentHealthy")
    );
    let details = json!({"causes": [{"reason": "DisruptionBudget", "message": message}]});
    let mut refusal = Refusal::new(
        StatusCode::TOO_MANY_REQUESTS.as_u16(),
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
    );
    refusal.details = details.as_object().cloned();
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, ready: bool) -> Value {
        json!({"metadata": {"name": name, "namespace": "ml", "labels": {"app": "web"}}, "status": {"phase": "Running",
            "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]}})
    }

    fn budget(spec: &Value, pods: &[Value]) -> Value {
        let mut budget = json!({"metadata": {"name": "web", "namespace": "ml"}, "spec": spec});
        budget["status"] = standing(&budget, pods);
        budget
    }

    #[test]
    fn a_budget_lets_go_what_is_healthy_beyond_what_is_wanted() {
        let pods = [pod("a", true), pod("b", true), pod("c", false)];
        let allowed = |spec: Value| budget(&spec, &pods)["status"]["disruptionsAllowed"].clone();
        assert_eq!(allowed(json!({"minAvailable": 1})), 1);
        assert_eq!(allowed(json!({"minAvailable": "50%"})), 0);
        assert_eq!(allowed(json!({"maxUnavailable": 2})), 1);
        assert_eq!(allowed(json!({"maxUnavailable": 0})), 0);
    }

    #[test]
    fn an_eviction_is_judged_as_the_api_server_judges_it() {
        let pods = [pod("a", true), pod("b", true), pod("c", false)];
        let one = budget(&json!({"minAvailable": 1}), &pods);
        let none = budget(&json!({"minAvailable": 2}), &pods);
        assert!(judge(&[&one], &pods[0]).unwrap().is_some());
        assert_eq!(judge(&[&none], &pods[0]).unwrap_err().code, 429);
        assert!(
            judge(&[&none], &pods[2]).unwrap().is_none(),
            "it serves nobody"
        );
        assert_eq!(judge(&[&one, &none], &pods[0]).unwrap_err().code, 500);
        assert!(judge(&[], &pods[0]).unwrap().is_none());
        assert!(covers(
            &json!({"metadata": {"namespace": "ml"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}),
            &pods[0]
        ));
    }
}
