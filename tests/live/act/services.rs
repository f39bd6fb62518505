//! The actions on inference services, with the real `KServe` controller: what was there, what the preview says, that what
//! then happened is what it said; and each trap, sprung by hand first where that can be seen.

use serde_json::{Value, json};

use super::{NS, Person, kubectl, object};
use crate::serving::given::{REVISIONS, SERVICES, Service, condition, model, rollout};

/// What a plan says of one topic, or of what surprises.
fn said<'a>(plan: &'a Value, topic: &str) -> Vec<&'a str> {
    let list = if topic == "traps" { "traps" } else { "facts" };
    let all = plan[list].as_array().unwrap().iter();
    let mine = all.filter(|f| list == "traps" || f["topic"] == topic);
    mine.map(|f| f["text"].as_str().unwrap()).collect()
}

/// The preview of what a trap blocks; nothing is written though it is asked for.
#[track_caller]
fn blocked(person: &Person, action: &str, service: &Service, more: &[&str]) -> String {
    let before = service.now();
    let args = [&["do", action, &service.name, "-n", NS][..], more].concat();
    let shown = person.midwatch(&[&args[..], &["--dry-run", "-o", "json"]].concat());
    assert_eq!(shown.code, Some(5), "{shown:?}");
    let plan: Value = serde_json::from_str(&shown.out).unwrap();
    let done = person.midwatch(&[&args[..], &["--yes", "--confirm", &service.name]].concat());
    assert_eq!(done.code, Some(5), "{done:?}");
    assert_eq!(
        service.now()["metadata"]["generation"],
        before["metadata"]["generation"]
    );
    let traps = plan["traps"].as_array().unwrap().iter();
    let text = traps
        .filter(|t| t["blocks"] == true)
        .map(|t| t["text"].as_str().unwrap());
    text.collect::<Vec<_>>().join("\n")
}

/// Why it is refused.
#[track_caller]
fn refused(person: &Person, action: &str, service: &Service, more: &[&str]) -> String {
    let args = [&["do", action, &service.name, "-n", NS, "--yes"][..], more].concat();
    let done = person.midwatch(&args);
    assert_eq!(done.code, Some(5), "{done:?}");
    done.err
}

fn uri(n: u32) -> String {
    format!("uri={}", model(n))
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_canary_is_started_widened_rolled_back_and_promoted() {
    let person = Person::new("sre");
    let service = Service::knative("act-canary");
    let name = &service.name;
    let (old, new) = (service.revision(1), service.revision(2));
    let start = ["--param", "percent=10", "--param", &uri(2)];
    let plan = person.preview("service.set-canary", name, &start);
    assert_eq!(
        said(&plan, "traffic"),
        [format!(
            "now {old} 100 %; then the new revision 10 % once it is ready, {old} 90 %"
        )]
    );
    let outcome = person.act("service.set-canary", name, &start);
    assert_eq!(
        rollout(&service.rolls_out("2/2/1/- 2:10 1:90(prev)")),
        "2/2/1/- 2:10 1:90(prev)"
    );
    assert_eq!(outcome["undo"]["action"], "service.restore-spec");
    assert_eq!(outcome["undo"]["parameters"]["uri"], model(1));
    let outcome = person.act("service.set-canary", name, &["--param", "percent=50"]);
    service.rolls_out("2/2/1/- 2:50 1:50(prev)");
    assert_eq!(outcome["undo"]["parameters"]["percent"], "10");
    let plan = person.preview("service.rollback", name, &[]);
    assert_eq!(
        said(&plan, "traffic"),
        [format!("now {old} 50 %, {new} 50 %; then {old} 100 %")]
    );
    assert_eq!(
        said(&plan, "replicas"),
        [format!("{old} is ready, 1 of 1 replicas")]
    );
    let outcome = person.act("service.rollback", name, &[]);
    service.rolls_out("2/2/1/- 2:0 1:100(prev)");
    assert!(refused(&person, "service.rollback", &service, &[]).contains("already"));
    assert_eq!(
        outcome["undo"],
        json!({"action": "service.set-canary", "parameters": {"percent": "50"},
        "text": outcome["undo"]["text"]})
    );
    person.act("service.set-canary", name, &["--param", "percent=50"]);
    service.rolls_out("2/2/1/- 2:50 1:50(prev)");
    person.act("service.promote", name, &[]);
    service.rolls_out("2/2/2/1 2:100");
    // a percent alone would bring the old model back, as the controller's own test shows
    let text = blocked(
        &person,
        "service.set-canary",
        &service,
        &["--param", "percent=10"],
    );
    assert!(
        text.contains(&format!(
            "90 % of the traffic would go to the earlier revision {old}"
        )),
        "{text}"
    );
    let plan = person.preview("service.rollback", name, &[]);
    assert!(
        said(&plan, "traps")
            .iter()
            .any(|t| t.contains("goes back one step")),
        "{plan}"
    );
    person.act("service.rollback", name, &[]);
    service.rolls_out("2/2/1/1 2:0 1:100(prev)");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn the_lasting_roll_back_writes_the_model_and_is_promoted_after() {
    let person = Person::new("sre");
    let service = Service::knative("act-restore");
    let name = &service.name;
    person.act(
        "service.set-canary",
        name,
        &["--param", "percent=20", "--param", &uri(2)],
    );
    service.rolls_out("2/2/1/- 2:20 1:80(prev)");
    let plan = person.preview("service.restore-spec", name, &[]);
    assert!(
        said(&plan, "source")[0].contains(&service.revision(1)),
        "{plan}"
    );
    person.act("service.restore-spec", name, &[]);
    let now = service.rolls_out("3/3/1/- 3:0 1:100(prev)");
    assert_eq!(now["spec"]["predictor"]["model"]["storageUri"], model(1));
    person.act("service.promote", name, &[]);
    service.rolls_out("3/3/3/1 3:100");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_target_that_the_garbage_collector_took_blocks_the_roll_back() {
    let person = Person::new("sre");
    let service = Service::knative("act-gone");
    let name = &service.name;
    person.act(
        "service.set-canary",
        name,
        &["--param", "percent=100", "--param", &uri(2)],
    );
    service.rolls_out("2/2/2/1 2:100");
    kubectl(&["-n", NS, "delete", REVISIONS, &service.revision(1)], "").unwrap();
    let text = blocked(&person, "service.rollback", &service, &[]);
    assert!(
        text.contains("RevisionMissing") && text.contains("service.restore-spec"),
        "{text}"
    );
    assert!(refused(&person, "service.restore-spec", &service, &[]).contains("is gone"));
    person.act("service.restore-spec", name, &["--param", &uri(1)]);
    let now = service.now();
    assert_eq!(now["spec"]["predictor"]["model"]["storageUri"], model(1));
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_stop_deletes_the_rollback_target_and_what_was_rolled_back_is_not_resumed() {
    let person = Person::new("sre");
    let service = Service::knative("act-stop");
    let name = &service.name;
    person.act(
        "service.set-canary",
        name,
        &["--param", "percent=10", "--param", &uri(2)],
    );
    person.act("service.rollback", name, &[]);
    let plan = person.preview("service.stop", name, &[]);
    assert_eq!(plan["risk"], "loses-work");
    assert!(
        said(&plan, "traps")
            .iter()
            .any(|t| t.contains(&service.revision(1))),
        "{plan}"
    );
    let unconfirmed = person.midwatch(&["do", "service.stop", name, "-n", NS, "--yes"]);
    assert_eq!(unconfirmed.code, Some(9), "{unconfirmed:?}");
    person.act("service.stop", name, &[]);
    let now = service.now();
    assert!(now["status"]["components"].is_null(), "{now}");
    service.until("its revisions to go", |_| {
        object(REVISIONS, &service.revision(1)).is_none()
    });
    assert!(refused(&person, "service.rollback", &service, &[]).contains("is stopped"));
    // the spec still names what was rolled back
    let text = blocked(&person, "service.resume", &service, &[]);
    assert!(text.contains("gets all traffic"), "{text}");
    person.act("service.restore-spec", name, &["--param", &uri(1)]);
    person.act("service.resume", name, &[]);
    let now = service.now();
    assert_eq!(condition(&now, "Ready")["status"], "True");
    assert!(rollout(&now).ends_with(":100"), "{}", rollout(&now));
}

#[test]
#[ignore = "needs tests/rig/live"]
fn other_numbers_and_restarts_make_a_revision_which_with_a_percent_is_the_canary() {
    let person = Person::new("sre");
    let service = Service::knative("act-scale");
    let name = &service.name;
    let outcome = person.act(
        "service.scale",
        name,
        &["--param", "min=2", "--param", "max=5"],
    );
    service.rolls_out("2/2/2/1 2:100");
    assert_eq!(outcome["undo"]["action"], "service.scale");
    person.act("service.restart", name, &[]);
    service.rolls_out("3/3/3/2 3:100");
    person.act(
        "service.set-canary",
        name,
        &["--param", "percent=10", "--param", &uri(2)],
    );
    service.rolls_out("4/4/3/2 4:10 3:90(prev)");
    let plan = person.preview("service.scale", name, &["--param", "min=3"]);
    assert!(
        said(&plan, "traps")
            .iter()
            .any(|t| t.contains("becomes the canary with 10 %")),
        "{plan}"
    );
    person.act("service.scale", name, &["--param", "min=3"]);
    service.rolls_out("5/5/3/2 5:10 3:90(prev)");
    person.act("service.rollback", name, &[]);
    let text = blocked(&person, "service.scale", &service, &["--param", "min=4"]);
    assert!(text.contains("takes no traffic"), "{text}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_frozen_service_takes_no_action_until_it_is_thawed() {
    let person = Person::new("sre");
    let service = Service::knative("act-frozen");

    let freeze = |value: &Value| {
        service.patch(
            &json!({"metadata": {"annotations": {"serving.kserve.io/disable-auto-update": value}}}),
        );
    };
    freeze(&json!("true"));
    let text = blocked(
        &person,
        "service.set-canary",
        &service,
        &["--param", &uri(2)],
    );
    assert!(text.contains("would do nothing with it"), "{text}");
    // by hand it is taken, and carried out only once the annotation is off
    service.edit(&json!({"model": {"storageUri": model(2)}}));
    assert_eq!(
        service.now()["spec"]["predictor"]["model"]["storageUri"],
        model(2)
    );
    freeze(&Value::Null);
    let thawed = service.until("what was written meanwhile", |s| {
        rollout(s).ends_with(":100") && !rollout(s).starts_with("1/")
    });
    assert_eq!(condition(&thawed, "Stopped")["status"], "False");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_revision_that_does_not_get_ready_is_neither_promoted_nor_rolled_back() {
    let person = Person::new("sre");
    let service = Service::knative("act-hangs");
    service.edit(
        &json!({"canaryTrafficPercent": 10, "model": {"storageUri": "s3://ml-models/try/hangs"}}),
    );
    service.until("the new revision", |s| rollout(s).starts_with("2/1/1/-"));
    let text = blocked(&person, "service.promote", &service, &[]);
    assert!(
        text.contains(&format!("{} is not ready", service.revision(2))),
        "{text}"
    );
    let text = refused(&person, "service.rollback", &service, &[]);
    assert!(text.contains("takes no traffic"), "{text}");
}

#[test]
#[ignore = "needs tests/rig/live"]
fn standard_mode_splits_nothing_and_is_changed_by_its_spec() {
    let person = Person::new("sre");
    let service = Service::standard("act-standard");
    let name = &service.name;
    for (action, more) in [
        ("service.set-canary", &["--param", "percent=10"][..]),
        ("service.promote", &[]),
        ("service.rollback", &[]),
    ] {
        let text = refused(&person, action, &service, more);
        assert!(
            text.contains("Standard mode") && text.contains("service.restore-spec"),
            "{action}: {text}"
        );
    }
    assert!(refused(&person, "service.restore-spec", &service, &[]).contains("no revisions"));
    let deployment = || object("deployments.apps", &format!("{name}-predictor")).unwrap();
    let before = deployment()["metadata"]["generation"].clone();
    person.act("service.restore-spec", name, &["--param", &uri(7)]);
    assert_ne!(deployment()["metadata"]["generation"], before);
    person.act("service.restart", name, &[]);
    let note = "/spec/template/metadata/annotations/midwatch.dev~1restarts";
    assert_eq!(deployment().pointer(note).unwrap(), "1");
    person.act("service.scale", name, &["--param", "min=3"]);
    // the mode is refused by the webhook whoever asks
    let switched = kubectl(
        &[
            "-n",
            NS,
            "annotate",
            "--overwrite",
            SERVICES,
            name,
            "serving.kserve.io/deploymentMode=Knative",
        ],
        "",
    );
    assert!(
        switched
            .unwrap_err()
            .contains("deploymentMode cannot be changed")
    );
    person.act("service.stop", name, &[]);
    person.act("service.resume", name, &[]);
}
