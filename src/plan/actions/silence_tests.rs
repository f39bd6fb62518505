//! What is planned for silences, and what is refused.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::action;
use crate::plan::alertmanager::{all_alerts, path, shape};
use crate::plan::{Beside, Cluster, Given, Params, Plan, Refused, Sight};

/// Three alerts: one free, one held by `s-1`, one by `s-1` and `s-2`.
fn listed() -> Value {
    let alert = |print: &str, name: &str, by: Value| {
        let state = if by == json!([]) {
            "active"
        } else {
            "suppressed"
        };
        json!({"fingerprint": print, "labels": {"alertname": name, "namespace": "ml", "severity": "page"},
            "status": {"state": state, "silencedBy": by, "inhibitedBy": []}})
    };
    json!([
        alert("a1", "Burn", json!([])),
        alert("a2", "Slow", json!(["s-1"])),
        alert("a3", "Down", json!(["s-1", "s-2"])),
    ])
}

fn silence(id: &str) -> Value {
    let body = json!({"id": id, "status": {"state": "active"}, "createdBy": "ann", "comment": "known",
        "startsAt": "2026-11-21T02:00:00Z", "endsAt": "2026-11-21T05:00:00Z",
        "matchers": [{"name": "severity", "value": "page|ticket", "isRegex": true, "isEqual": true}]});
    shape(&path("silences", id), body)
}

fn plan_of(name: &str, object: &Value, given: &[(&str, &str)]) -> Result<Plan, Refused> {
    let action = action(name).unwrap();
    let given: Vec<(String, String)> = given
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let found = |value: Value| Sight::Found(Box::new(value));
    let beside = Beside::new([
        (all_alerts(), found(listed())),
        (path("silences", "s-1"), found(silence("s-1"))),
        (path("silences", "s-2"), found(silence("s-2"))),
    ]);
    let now: Timestamp = "2026-11-21T03:00:00Z".parse().unwrap();
    action.plan(&Given {
        object,
        params: &Params::parse(action.spec(), &given).unwrap(),
        now,
        cluster: &Cluster::default(),
        namespace: "",
        suffix: "x7k2p",
        beside: &beside,
    })
}

fn alert(name: &str) -> Value {
    shape(&path("alerts", name), listed())
}

fn create(name: &str, given: &[(&str, &str)]) -> Result<Plan, Refused> {
    plan_of("silence.create", &alert(name), given)
}

const SAID: [(&str, &str); 3] = [("for", "2h"), ("comment", "known"), ("author", "ann")];

fn traps(plan: &Plan) -> String {
    let all: Vec<&str> = plan.traps.iter().map(|t| &*t.text).collect();
    all.join("\n")
}

#[test]
fn a_silence_holds_all_labels_of_its_alert_until_its_end() {
    let plan = create("a1", &SAID).unwrap();
    let step = &plan.steps[0];
    assert_eq!(
        (step.method, step.path.as_str()),
        ("POST", "alertmanager:/api/v2/silences")
    );
    assert_eq!(step.body["endsAt"], "2026-11-21T05:00:00Z");
    assert_eq!(
        (&step.body["createdBy"], &step.body["comment"]),
        (&json!("ann"), &json!("known"))
    );
    assert_eq!(step.body["matchers"].as_array().unwrap().len(), 3);
    assert!(traps(&plan).is_empty(), "{}", traps(&plan));
    // it is seen by the alert
    assert!(!plan.verify.holds(Some(&alert("a1"))));
    let held = step.stand.as_ref().unwrap().applied(&alert("a1"));
    assert!(plan.verify.holds(Some(&held)));
    assert_eq!(plan.inverse.unwrap().action, "silence.end");
}

#[test]
fn author_comment_and_end_have_to_be_said() {
    for (left_out, words) in [
        ("for", "how long"),
        ("comment", "why"),
        ("author", "by whom"),
    ] {
        let given: Vec<(&str, &str)> = SAID.into_iter().filter(|(k, _)| *k != left_out).collect();
        let refused = create("a1", &given).unwrap_err();
        assert!(refused.why.contains(words), "{refused:?}");
        let blank: Vec<(&str, &str)> = given.into_iter().chain([(left_out, "  ")]).collect();
        assert!(create("a1", &blank).is_err(), "blanks say nothing");
    }
}

#[test]
fn what_else_would_be_held_is_told_before() {
    let wide = [SAID[0], SAID[1], SAID[2], ("matchers", "severity=\"page\"")];
    let told = traps(&create("a1", &wide).unwrap());
    assert!(
        told.contains("It holds 2 alerts more: Slow in ml, Down in ml"),
        "{told}"
    );
    assert!(told.contains("names no alert"), "{told}");
    let long = [("for", "2d"), SAID[1], SAID[2]];
    assert!(traps(&create("a1", &long).unwrap()).contains("longer than a day"));
    for (matchers, words) in [
        ("severity!=\"x\"", "every alert"),
        ("alertname=\"Slow\"", "does not hold Burn in ml"),
        ("burn", "no condition"),
    ] {
        let refused = create("a1", &[SAID[0], SAID[1], SAID[2], ("matchers", matchers)]);
        let refused = refused.unwrap_err();
        assert!(refused.why.contains(words), "{refused:?}");
    }
}

#[test]
fn an_alert_that_is_held_already_is_not_held_twice() {
    let refused = create("a2", &SAID).unwrap_err();
    assert!(refused.instead.contains("silence.end"), "{refused:?}");
}

#[test]
fn the_end_of_a_silence_says_what_is_told_again_and_how_to_make_it_anew() {
    let plan = plan_of("silence.end", &alert("a2"), &[]).unwrap();
    let step = &plan.steps[0];
    assert_eq!(
        (step.method, step.path.as_str()),
        ("DELETE", "alertmanager:/api/v2/silence/s-1")
    );
    let told = plan.facts.iter().find(|f| f.topic == "told again").unwrap();
    assert_eq!(&*told.text, "1 that it alone holds: Slow in ml");
    let free = step.stand.as_ref().unwrap().applied(&alert("a2"));
    assert_eq!(free["status"]["state"], "active");
    assert!(plan.verify.holds(Some(&free)) && !plan.verify.holds(Some(&alert("a2"))));
    assert_eq!(
        plan.inverse_parameters["matchers"],
        "severity=~\"page|ticket\""
    );
    assert_eq!(plan.inverse_parameters["for"], "2026-11-21T05:00:00Z");
    // with these the same is made anew
    let given: Vec<(&str, &str)> = plan
        .inverse_parameters
        .iter()
        .map(|(k, v)| (*k, v.as_str()))
        .collect();
    let anew = plan_of("silence.create", &free, &given).unwrap();
    assert_eq!(
        anew.steps[0].body["matchers"],
        silence("s-1")["spec"]["matchers"]
    );
}

#[test]
fn of_several_silences_one_has_to_be_named() {
    let refused = plan_of("silence.end", &alert("a3"), &[]).unwrap_err();
    assert!(
        refused.why.contains("2 silences hold it") && refused.instead.contains("s-2"),
        "{refused:?}"
    );
    let plan = plan_of("silence.end", &alert("a3"), &[("id", "s-2")]).unwrap();
    let still = plan.steps[0].stand.as_ref().unwrap().applied(&alert("a3"));
    assert_eq!(
        still["status"]["silenced"], "yes",
        "the other one holds it still"
    );
    assert!(plan.verify.holds(Some(&still)));
    assert!(plan_of("silence.end", &alert("a3"), &[("id", "s-9")]).is_err());
    assert!(plan_of("silence.end", &alert("a1"), &[]).is_err());
}

#[test]
fn a_silence_is_ended_by_its_id_once() {
    let plan = plan_of("silence.end", &silence("s-1"), &[]).unwrap();
    assert_eq!(plan.target.path(), "alertmanager:/api/v2/silence/s-1");
    let mut ended = silence("s-1");
    ended["status"]["state"] = "expired".into();
    assert!(plan.verify.holds(Some(&ended)) && !plan.verify.holds(Some(&silence("s-1"))));
    let refused = plan_of("silence.end", &ended, &[]).unwrap_err();
    assert!(refused.why.contains("ended already"), "{refused:?}");
}
