//! `cron.suspend` and `cron.resume`: each takes the other back.

use serde_json::json;

use super::{NS, Person, kubectl, name, object};

#[test]
#[ignore = "needs tests/rig/live"]
fn a_schedule_is_suspended_and_resumed() {
    let person = Person::new("sre");
    let name = name("cron");
    let cron = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": {"name": name, "namespace": NS},
        "spec": {"schedules": ["0 3 * * *"], "workflowSpec": {"entrypoint": "main", "templates": [super::container("main", &[])]}}});
    kubectl(&["create", "-f", "-"], &cron.to_string()).unwrap();
    let suspended =
        || object("cronworkflows.argoproj.io", &name).unwrap()["spec"]["suspend"].clone();
    let outcome = person.act("cron.suspend", &name, &[]);
    assert_eq!(suspended(), true);
    assert_eq!(outcome["undo"]["action"], "cron.resume");
    let again = person.midwatch(&["do", "cron.suspend", &name, "-n", NS, "--yes"]);
    assert_eq!(again.code, Some(5), "{again:?}");
    let outcome = person.act("cron.resume", &name, &[]);
    assert_ne!(suspended(), true);
    assert_eq!(outcome["undo"]["action"], "cron.suspend");
    kubectl(
        &["-n", NS, "delete", "cronworkflows.argoproj.io", &name],
        "",
    )
    .unwrap();
}
