//! How a pod goes: read from annotations of its template, the same that the rig's played kubelet reads
//! (`rig.midwatch.dev/…`), plus `jitter` and `odds` for variety, and `again` for what is different when a step gets a
//! second pod of the same name: after a retry by hand. Pure.

use serde_json::{Map, Value, json};

use super::pattern;
use crate::demo::catalog::text;
use crate::demo::chance::Chance;

const PREFIX: &str = "rig.midwatch.dev/";
/// A year: nothing takes longer.
const LONGEST: i64 = 365 * 86_400_000;

/// How a pod ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Succeed,
    Fail,
    OutOfMemory,
    ImagePull,
    Evicted,
    Unschedulable,
    Stuck,
    NodeLost,
    Deleted,
    /// The model cannot be fetched.
    NoModel,
    /// The server cannot read its model.
    BadModel,
}

impl End {
    fn read(word: &str) -> Option<Self> {
        let all = [
            ("succeed", Self::Succeed),
            ("fail", Self::Fail),
            ("oom", Self::OutOfMemory),
            ("image-pull", Self::ImagePull),
            ("evicted", Self::Evicted),
            ("unschedulable", Self::Unschedulable),
            ("stuck", Self::Stuck),
            ("node-lost", Self::NodeLost),
            ("deleted", Self::Deleted),
        ];
        all.iter()
            .find(|(name, _)| *name == word)
            .map(|(_, end)| *end)
    }
}

/// How a pod goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fate {
    pub(super) end: End,
    /// Milliseconds to pull and start.
    pub(super) pull: i64,
    /// Milliseconds at work.
    pub(super) run: i64,
    pub(super) code: i64,
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) progress: String,
}

/// The annotations that hold for this pod: those of the first matching rule over the plain ones, and by chance
/// those of one of the odds. For a pod that is not the first of its name, those of `again` come over the plain ones.
fn settings(pod: &Value, again: bool, chance: &mut Chance) -> Map<String, Value> {
    let annotations = pod["metadata"]["annotations"].as_object();
    let mut ask: Map<String, Value> = annotations
        .into_iter()
        .flatten()
        .filter_map(|(k, v)| Some((k.strip_prefix(PREFIX)?.to_owned(), v.clone())))
        .collect();
    if again && let Some(Value::String(changed)) = ask.remove("again") {
        ask.extend(serde_json::from_str::<Map<String, Value>>(&changed).unwrap_or_default());
    }
    let parsed = |ask: &Map<String, Value>, key: &str| -> Vec<Map<String, Value>> {
        let list = match ask.get(key) {
            Some(Value::String(text)) => serde_json::from_str(text),
            Some(list) => serde_json::from_value(list.clone()),
            None => return Vec::new(),
        };
        list.unwrap_or_default()
    };
    let node = text(
        pod,
        "/metadata/annotations/workflows.argoproj.io~1node-name",
    );
    let rules = parsed(&ask, "rules");
    let matching = |r: &&Map<String, Value>| {
        let wanted = r.get("node").and_then(Value::as_str).unwrap_or_default();
        pattern::matches(wanted, node)
    };
    if let Some(rule) = rules.iter().find(matching) {
        ask.extend(rule.clone());
    }
    let mut roll = chance.below(100);
    for odds in parsed(&ask, "odds") {
        let percent = odds
            .get("percent")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        if roll < percent {
            ask.extend(odds);
            break;
        }
        roll -= percent;
    }
    ask
}

fn word(ask: &Map<String, Value>, key: &str) -> String {
    match ask.get(key) {
        Some(Value::String(s)) => s.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// `1500ms`, `90s`, `5m`, `1h30m` in milliseconds.
fn milliseconds(word: &str) -> Option<i64> {
    if let Some(number) = word.strip_suffix("ms") {
        return number.parse().ok();
    }
    super::argo::seconds(&json!(word)).map(|s| s.saturating_mul(1_000))
}

/// The attempt under a Retry node: the number in the last brackets of its name.
fn attempt(pod: &Value) -> u64 {
    let node = text(
        pod,
        "/metadata/annotations/workflows.argoproj.io~1node-name",
    );
    let inner = node.strip_suffix(')').and_then(|n| n.rsplit_once('('));
    inner.and_then(|(_, n)| n.parse().ok()).unwrap_or_default()
}

/// How this pod goes; `again` when it is not the first of its name.
pub(super) fn read(pod: &Value, again: bool, chance: &mut Chance) -> Fate {
    if let Some(fate) = super::serving::model::fate(pod, chance) {
        return fate;
    }
    let ask = settings(pod, again, chance);
    let code: i64 = word(&ask, "exit-code").parse().unwrap_or_default();
    let times: Option<u64> = word(&ask, "fail-times").parse().ok();
    let mut end = End::read(&word(&ask, "fate")).unwrap_or(if code != 0 || times.is_some() {
        End::Fail
    } else {
        End::Succeed
    });
    if times.is_some_and(|t| attempt(pod) >= t) {
        end = End::Succeed;
    }
    let default_run = i64::try_from(chance.between(8_000, 40_000)).unwrap_or(10_000);
    let run = milliseconds(&word(&ask, "run-time"))
        .unwrap_or(default_run)
        .clamp(0, LONGEST);
    let jitter: f64 = word(&ask, "jitter").parse().unwrap_or_default();
    let pull = milliseconds(&word(&ask, "pull-time")).map(|p| p.clamp(0, LONGEST));
    let (code, reason) = match (end, code) {
        (End::OutOfMemory, _) => (137, "OOMKilled".to_owned()),
        (End::Fail, 0) => (1, word(&ask, "reason")),
        _ => (code, word(&ask, "reason")),
    };
    Fate {
        end,
        pull: pull.unwrap_or_else(|| i64::try_from(chance.between(1_500, 6_000)).unwrap_or(2_000)),
        run: stretched(run, jitter, chance),
        code,
        reason: if reason.is_empty() {
            "Error".to_owned()
        } else {
            reason
        },
        message: word(&ask, "message"),
        progress: word(&ask, "progress"),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn stretched(run: i64, jitter: f64, chance: &mut Chance) -> i64 {
    let sway = chance.below(2_001) as f64 / 1_000.0 - 1.0;
    (run as f64 * (1.0 + sway * jitter.clamp(0.0, 0.9))) as i64
}

/// What a step hands on: values from the `outputs` annotation, artifacts as the template declares them.
pub(super) fn outputs(pod: &Value, template: &Value) -> Value {
    let asked = settings(pod, false, &mut Chance::new(0)).remove("outputs");
    let asked: Value = match asked {
        Some(Value::String(s)) => serde_json::from_str(&s).unwrap_or_default(),
        Some(other) => other,
        None => Value::Null,
    };
    let mut outputs = Map::new();
    let declared = template["outputs"]["parameters"].as_array();
    let parameters: Vec<Value> = declared
        .into_iter()
        .flatten()
        .map(|p| {
            let name = text(p, "/name");
            let value = match &asked["parameters"][name] {
                Value::Null => &p["valueFrom"]["default"],
                value => value,
            };
            json!({"name": name, "valueFrom": p["valueFrom"], "value": value})
        })
        .collect();
    if !parameters.is_empty() {
        outputs.insert("parameters".to_owned(), json!(parameters));
    }
    if !asked["result"].is_null() {
        outputs.insert("result".to_owned(), asked["result"].clone());
    }
    let artifacts = artifacts(pod, template);
    if !artifacts.is_empty() {
        outputs.insert("artifacts".to_owned(), json!(artifacts));
    }
    Value::from(outputs)
}

/// What a pod leaves in the artifact repository: what its template declares, when it succeeded, and its log.
fn artifacts(pod: &Value, template: &Value) -> Vec<Value> {
    let run = text(pod, "/metadata/labels/workflows.argoproj.io~1workflow");
    let folder = format!(
        "{}/{run}/{}",
        text(pod, "/metadata/namespace"),
        text(pod, "/metadata/name")
    );
    let good = text(pod, "/status/phase") == "Succeeded";
    let declared = template["outputs"]["artifacts"].as_array();
    let declared = declared
        .into_iter()
        .flatten()
        .filter(|a| good && a.is_object());
    let mut all: Vec<Value> = declared
        .map(|a| {
            let mut artifact = a.clone();
            artifact["s3"] = json!({"key": format!("{folder}/{}.tgz", text(a, "/name"))});
            artifact
        })
        .collect();
    all.push(json!({"name": "main-logs", "s3": {"key": format!("{folder}/main.log")}}));
    all
}

/// Devices that a pod asks for: resources with a domain in their name.
pub(super) fn devices(pod: &Value) -> Vec<(String, u64)> {
    let mut all: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for container in pod["spec"]["containers"].as_array().into_iter().flatten() {
        for (name, value) in container["resources"]["limits"]
            .as_object()
            .into_iter()
            .flatten()
        {
            if name.contains('/') {
                let count = value.as_u64().or_else(|| value.as_str()?.parse().ok());
                *all.entry(name.clone()).or_default() += count.unwrap_or_default();
            }
        }
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(node: &str, annotations: &Value) -> Value {
        let mut pod = json!({"metadata": {"annotations": annotations}});
        pod["metadata"]["annotations"]["workflows.argoproj.io/node-name"] = json!(node);
        pod
    }

    #[test]
    fn annotations_say_how_a_pod_ends() {
        let chance = || Chance::new(3);
        let oom = pod(
            "w.train",
            &json!({"rig.midwatch.dev/fate": "oom", "rig.midwatch.dev/run-time": "90s"}),
        );
        let fate = read(&oom, false, &mut chance());
        assert_eq!(
            (fate.end, fate.code, fate.reason.as_str(), fate.run),
            (End::OutOfMemory, 137, "OOMKilled", 90_000)
        );
        let times = |n: u64| {
            pod(
                &format!("w.train({n})"),
                &json!({"rig.midwatch.dev/fail-times": "2"}),
            )
        };
        let ends: Vec<End> = (0..3)
            .map(|n| read(&times(n), false, &mut chance()).end)
            .collect();
        assert_eq!(ends, [End::Fail, End::Fail, End::Succeed]);
        let rules = r#"[{"node": "\\(1:", "exit-code": "3", "message": "corrupt"}]"#;
        let fanned = |node: &str| {
            read(
                &pod(node, &json!({"rig.midwatch.dev/rules": rules})),
                false,
                &mut chance(),
            )
        };
        assert_eq!(fanned("w.t(0:a)").end, End::Succeed);
        assert_eq!(
            (fanned("w.t(1:b)").end, fanned("w.t(1:b)").message.as_str()),
            (End::Fail, "corrupt")
        );
    }

    #[test]
    fn odds_fall_as_often_as_they_say() {
        let odds = pod(
            "w",
            &json!({"rig.midwatch.dev/odds": r#"[{"percent": 30, "fate": "oom"}]"#}),
        );
        let ooms = (0..1_000)
            .filter(|s| read(&odds, false, &mut Chance::new(*s)).end == End::OutOfMemory)
            .count();
        assert!((220..380).contains(&ooms), "{ooms}");
    }

    #[test]
    fn a_second_pod_of_the_same_name_may_fare_better() {
        let train = pod(
            "w.train",
            &json!({"rig.midwatch.dev/run-time": "10m",
                "rig.midwatch.dev/rules": r#"[{"node": "train", "fate": "oom", "run-time": "90s"}]"#,
                "rig.midwatch.dev/again": r#"{"rules": [], "odds": [{"percent": 100, "exit-code": "3"}]}"#}),
        );
        let first = read(&train, false, &mut Chance::new(1));
        let second = read(&train, true, &mut Chance::new(1));
        assert_eq!((first.end, first.run), (End::OutOfMemory, 90_000));
        assert_eq!((second.end, second.code), (End::Fail, 3));
        assert_eq!(second.run, 600_000);
    }
}
