//! The actions on registered models, on a real `MLflow` reached through the API server: what was there, what the preview
//! says, and that what then is there is what it said, as `MLflow`'s own client sees it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::changed::{asked, confirmed};
use super::{Person, name};
use crate::support::rig;

#[path = "models/broken.rs"]
mod broken;

/// What `MLflow`'s own client is told to do, a line each: what to run, the model, more. It answers where the aliases of the
/// model point then.
const LOOP: &str = r#"
import json, sys
from mlflow import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1], registry_uri=sys.argv[1])
for line in sys.stdin:
    work, name, args = json.loads(line)
    try:
        exec(work)
        gone = "delete_registered_model" in work
        aliases = {} if gone else client.get_registered_model(name).aliases
        print(json.dumps({a: str(v) for a, v in aliases.items()}), flush=True)
    except Exception as error:
        print(json.dumps({"error": str(error)}), flush=True)
"#;

/// One client for all tests, since it takes long to start; it ends with this process.
static CLIENT: Mutex<Option<Talk>> = Mutex::new(None);

/// The client, what it hears and what it says.
type Talk = (Child, ChildStdin, BufReader<ChildStdout>);

fn started() -> Talk {
    let mut child = Command::new(rig("MIDWATCH_RIG_MLFLOW_PYTHON"))
        .args(["-c", LOOP, &rig("MIDWATCH_RIG_MLFLOW")])
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let tell = child.stdin.take().unwrap();
    (child, tell, out)
}

/// Has `MLflow`'s own client do something to a model; where its aliases point then.
fn client(work: &str, model: &str, args: &[&str]) -> Value {
    let mut client = CLIENT.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, tell, hear) = client.get_or_insert_with(started);
    writeln!(tell, "{}", json!([work, model, args])).unwrap();
    let mut line = String::new();
    hear.read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    assert!(said["error"].is_null(), "{work}: {said}");
    said
}

/// A model of four versions: 1 archived, 2 champion, 3 challenger with a gate that fails, 4 shadow.
const MAKE: &str = r#"
client.create_registered_model(name)
for number in range(1, 5):
    bias = "failed" if number == 3 else "passed"
    client.create_model_version(name, f"s3://ml-models/{name}/{number}", tags={"gate.bias": bias, "gate.auc": "passed"})
for alias, version in {"archived": "1", "champion": "2", "challenger": "3", "shadow": "4"}.items():
    client.set_registered_model_alias(name, alias, version)
"#;

struct Model(String);

impl Model {
    fn new(word: &str) -> Self {
        let name = name(word);
        client(MAKE, &name, &[]);
        Self(name)
    }

    /// Where its aliases point.
    fn aliases(&self) -> Value {
        client("", &self.0, &[])
    }

    /// Someone else, with another client.
    fn set(&self, alias: &str, version: &str) {
        client(
            "client.set_registered_model_alias(name, *args)",
            &self.0,
            &[alias, version],
        );
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let work = "client.delete_registered_model(name)";
        let gone = std::panic::catch_unwind(|| client(work, &self.0, &[]));
        drop(gone);
    }
}

/// The aliases after these changes of a plan or an outcome.
fn changed(before: &Value, changes: &Value) -> Value {
    let mut after = before.clone();
    let map = after.as_object_mut().unwrap();
    for change in changes.as_array().unwrap() {
        let pointer = change["pointer"].as_str().unwrap();
        let alias = pointer.strip_prefix("/spec/aliases/").unwrap();
        let was = map.get(alias).cloned().unwrap_or_default();
        assert_eq!(was, change["before"], "{change}");
        match &change["after"] {
            Value::Null => map.remove(alias),
            version => map.insert(alias.to_owned(), version.clone()),
        };
    }
    after
}

fn params(given: &[(&str, &str)]) -> Vec<String> {
    let pair = |(k, v): &(&str, &str)| ["--param".to_owned(), format!("{k}={v}")];
    given.iter().flat_map(pair).collect()
}

/// Previews it, does it, and compares: what was there with the changes of the preview is what is there.
#[track_caller]
fn played(person: &Person, action: &str, model: &Model, given: &[(&str, &str)]) -> Value {
    let before = model.aliases();
    let given = params(given);
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let plan = person.preview(action, &model.0, &given);
    assert_eq!(model.aliases(), before, "a preview changes nothing");
    let outcome = person.act(action, &model.0, &given);
    let after = model.aliases();
    assert_eq!(
        changed(&before, &plan["changes"]),
        after,
        "{action}: {plan}"
    );
    assert_eq!(outcome["changes"], plan["changes"], "{action}");
    println!("{action} {given:?}: {before} -> {after}");
    outcome
}

fn undo(person: &Person, model: &Model, outcome: &Value) {
    let given = outcome["undo"]["parameters"].as_object().unwrap();
    let given: Vec<(&str, &str)> = given
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str().unwrap()))
        .collect();
    let action = outcome["undo"]["action"].as_str().unwrap();
    played(person, action, model, &given);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn each_action_does_what_its_preview_says_and_is_taken_back() {
    let person = Person::new("sre");
    let model = Model::new("models");
    let start = model.aliases();
    for (action, given, after) in [
        (
            "model.set-alias",
            vec![("alias", "canary"), ("version", "v4")],
            json!({"archived": "1", "champion": "2", "challenger": "3", "shadow": "4", "canary": "4"}),
        ),
        (
            "model.promote",
            vec![("version", "4")],
            json!({"archived": "2", "champion": "4", "challenger": "3"}),
        ),
        // the challenger is the one that waits for it
        (
            "model.promote",
            vec![("override", "measured on the wrong set, see INC-7")],
            json!({"archived": "1", "champion": "2", "shadow": "3"}),
        ),
        (
            "model.archive",
            vec![("version", "3")],
            json!({"archived": "3", "champion": "2", "shadow": "4"}),
        ),
        (
            "model.revert-alias",
            vec![("alias", "shadow"), ("version", "none")],
            json!({"archived": "1", "champion": "2", "challenger": "3"}),
        ),
    ] {
        let outcome = played(&person, action, &model, &given);
        assert_eq!(model.aliases(), after, "{action}");
        undo(&person, &model, &outcome);
        assert_eq!(model.aliases(), start, "{action}");
    }
    let verified = person.midwatch(&["audit", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_promotion_is_reverted_as_the_audit_has_it_unless_someone_moved_the_alias_since() {
    let person = Person::new("sre");
    let model = Model::new("revert");
    let start = model.aliases();
    let refused = person.midwatch(&["do", "model.revert-alias", &model.0, "--yes"]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    assert!(
        refused.err.contains("The audit has no move of champion"),
        "{refused:?}"
    );
    played(&person, "model.promote", &model, &[("version", "4")]);
    played(&person, "model.revert-alias", &model, &[]);
    assert_eq!(model.aliases(), start, "the whole of it");
    played(&person, "model.promote", &model, &[("version", "4")]);
    model.set("champion", "1");
    let refused = person.midwatch(&["do", "model.revert-alias", &model.0, "--yes"]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    assert!(
        refused
            .err
            .contains("Someone else moved champion since: it points at v1")
            && refused.err.contains("champion v2 → v4 by sre"),
        "{refused:?}"
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn an_alias_that_someone_moves_while_the_question_waits_is_told_with_both_values() {
    let person = Person::new("sre");
    let model = Model::new("moved");
    let terminal = asked(
        &person,
        "model.promote",
        &model.0,
        &["--param", "version=4"],
    );
    model.set("champion", "3");
    let (code, screen) = confirmed(terminal);
    assert_eq!(code, 6, "{screen}");
    assert!(screen.contains("spec.aliases.champion: 2 -> 3"), "{screen}");
    assert_eq!(
        model.aliases(),
        json!({"archived": "1", "champion": "3", "challenger": "3", "shadow": "4"})
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_gate_that_fails_blocks_and_the_reason_that_overrides_it_stands_in_the_audit() {
    let person = Person::new("sre");
    let model = Model::new("gate");
    let before = model.aliases();
    let promote = ["do", "model.promote", &model.0, "--param", "version=3"];
    for more in [&[][..], &["--param", "override=because"]] {
        let done = person.midwatch(&[&promote[..], &["--yes"], more].concat());
        assert_eq!(done.code, Some(5), "{done:?}");
        assert!(
            done.err.contains("v3 does not pass its gate: bias failed"),
            "{done:?}"
        );
        assert_eq!(model.aliases(), before);
    }
    let reason = "measured on the wrong set, see INC-7";
    let given = [("version", "3"), ("to", "champion"), ("override", reason)];
    let outcome = played(&person, "model.promote", &model, &given);
    let shown = person.midwatch(&["audit", "show", outcome["id"].as_str().unwrap()]);
    assert!(shown.out.contains(reason), "{shown:?}");
}
