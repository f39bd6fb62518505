//! Kinds of Katib (source: katib v0.18, manifests/v1beta1/components/crd), and what its webhook refuses
//! (source: `pkg/webhook/v1beta1/experiment/validator/validator.go`).

use serde_json::Value;

use super::{CUSTOM, Column, Resource, age, age_column, column, text};

const GROUP: &str = "kubeflow.org";

const COLUMNS: &[Column] = &[
    column("Type", "string"),
    column("Status", "string"),
    age_column(),
];

/// The last condition that holds: its type, and whether it does.
fn cells(object: &Value, now: jiff::Timestamp) -> Vec<Value> {
    let last = last(object);
    vec![
        Value::from(text(&last, "/type")),
        Value::from(text(&last, "/status")),
        age(object, now),
    ]
}

pub(super) static EXPERIMENTS: Resource = Resource {
    group: GROUP,
    version: "v1beta1",
    plural: "experiments",
    singular: "experiment",
    kind: "Experiment",
    categories: &["all", "kubeflow", "katib"],
    status: true,
    columns: COLUMNS,
    cells,
    defaults,
    webhook: |old, new| refused(old, new).map(|why| denied(&why)),
    ..CUSTOM
};

pub(super) static TRIALS: Resource = Resource {
    group: GROUP,
    version: "v1beta1",
    plural: "trials",
    singular: "trial",
    kind: "Trial",
    categories: &["all", "kubeflow", "katib"],
    status: true,
    columns: COLUMNS,
    cells,
    ..CUSTOM
};

const SUGGESTION_COLUMNS: &[Column] = &[
    column("Type", "string"),
    column("Status", "string"),
    column("Requested", "string"),
    column("Assigned", "string"),
    age_column(),
];

pub(super) static SUGGESTIONS: Resource = Resource {
    group: GROUP,
    version: "v1beta1",
    plural: "suggestions",
    singular: "suggestion",
    kind: "Suggestion",
    categories: &["all", "kubeflow", "katib"],
    status: true,
    columns: SUGGESTION_COLUMNS,
    cells: |object, now| {
        let last = last(object);
        vec![
            Value::from(text(&last, "/type")),
            Value::from(text(&last, "/status")),
            Value::from(object["spec"]["requests"].to_string()),
            Value::from(object["status"]["suggestionCount"].to_string()),
            age(object, now),
        ]
    },
    ..CUSTOM
};

fn last(object: &Value) -> Value {
    let all = object["status"]["conditions"].as_array();
    let mut all = all.into_iter().flatten();
    let held = all.rfind(|c| c["status"] == "True");
    held.cloned().unwrap_or_default()
}

/// What the mutating webhook fills in.
fn defaults(object: &mut Value) {
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    spec.entry("parallelTrialCount").or_insert(3.into());
    spec.entry("resumePolicy").or_insert("Never".into());
}

fn denied(why: &str) -> String {
    format!(
        "admission webhook \"validator.experiment.katib.kubeflow.org\" denied the request: {why}"
    )
}

fn refused(old: Option<&Value>, new: &Value) -> Option<String> {
    let mut all = counts(&new["spec"]);
    all.extend(old.and_then(|old| edit(old, new)));
    match all.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("[{}]", many.join(", "))),
    }
}

fn counts(spec: &Value) -> Vec<String> {
    let number = |key: &str| spec[key].as_i64();
    let max = number("maxTrialCount");
    let mut all = Vec::new();
    for (key, least) in [
        ("maxFailedTrialCount", 0),
        ("maxTrialCount", 1),
        ("parallelTrialCount", 1),
    ] {
        let Some(n) = number(key) else { continue };
        if n < least {
            let rule = if least == 0 {
                "should not be less than 0"
            } else {
                "must be greater than 0"
            };
            all.push(format!("spec.{key}: Invalid value: {n}: {rule}"));
        }
        if max.is_some_and(|max| n > max) {
            all.push(format!(
                "spec.{key}: Invalid value: {n}: should be less than or equal to spec.maxTrialCount"
            ));
        }
    }
    all
}

/// What is wrong with a change of the spec.
fn edit(old: &Value, new: &Value) -> Option<String> {
    if old["spec"] == new["spec"] {
        return None;
    }
    let last = last(old);
    let ended = matches!(text(&last, "/type"), "Succeeded" | "Failed");
    let policy = text(old, "/spec/resumePolicy");
    let restartable = text(&last, "/reason") == "ExperimentMaxTrialsReached"
        && matches!(policy, "LongRunning" | "FromVolume");
    if ended && !restartable {
        return Some(format!(
            "spec.resumePolicy: Invalid value: \"{policy}\": Experiment can be restarted if it is in succeeded state by reaching max trials and spec.resumePolicy = LongRunning or spec.resumePolicy = FromVolume, when experiment is completed"
        ));
    }
    let made = old["status"]["trials"].as_i64().unwrap_or(0);
    if let Some(max) = new["spec"]["maxTrialCount"].as_i64().filter(|m| *m <= made) {
        return Some(format!(
            "spec.maxTrialCount: Invalid value: {max}: must be greater than status.trials count"
        ));
    }
    let frozen = |object: &Value| {
        let mut spec = object["spec"].clone();
        if let Some(map) = spec.as_object_mut() {
            for key in ["parallelTrialCount", "maxTrialCount", "maxFailedTrialCount"] {
                map.remove(key);
            }
        }
        spec
    };
    (frozen(old) != frozen(new)).then(|| {
        "spec: Forbidden: only spec.parallelTrialCount, spec.maxTrialCount and spec.maxFailedTrialCount are editable".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(parallel: i64, max: i64) -> Value {
        json!({"spec": {"parallelTrialCount": parallel, "maxTrialCount": max, "resumePolicy": "Never", "algorithm": {}},
            "status": {"trials": 10, "conditions": [{"type": "Running", "status": "True"}]}})
    }

    #[test]
    fn the_webhook_refuses_what_the_real_one_refuses() {
        let old = object(4, 20);
        assert_eq!(refused(Some(&old), &object(2, 20)), None);
        let no = |new: &Value, old: &Value| refused(Some(old), new).unwrap();
        assert!(no(&object(0, 20), &old).contains("must be greater than 0"));
        assert!(no(&object(21, 20), &old).contains("less than or equal to spec.maxTrialCount"));
        assert!(no(&object(4, 10), &old).contains("greater than status.trials"));
        let mut other = object(4, 20);
        other["spec"]["algorithm"] = json!({"algorithmName": "random"});
        assert!(no(&other, &old).contains("are editable"));
        let ended = |policy: &str, reason: &str| {
            let mut ended = old.clone();
            ended["spec"]["resumePolicy"] = policy.into();
            ended["status"]["conditions"] =
                json!([{"type": "Succeeded", "status": "True", "reason": reason}]);
            ended
        };
        let more = |of: &Value| {
            let mut new = of.clone();
            new["spec"]["maxTrialCount"] = 30.into();
            refused(Some(of), &new)
        };
        assert_eq!(
            more(&ended("FromVolume", "ExperimentMaxTrialsReached")),
            None
        );
        assert!(more(&ended("Never", "ExperimentMaxTrialsReached")).is_some());
        assert!(more(&ended("LongRunning", "ExperimentGoalReached")).is_some());
    }
}
