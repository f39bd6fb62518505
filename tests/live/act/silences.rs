//! Silences on a real Alertmanager: what the preview says, that it then is so, that it is taken back, and what is told when
//! it cannot be done.

use serde_json::Value;

use super::{Done, Person};
use crate::support::{SOON, rig, wait_for};

/// An alert of the rig that always fires.
const ALERT: &str = "ServingTargetDown";

fn get(path: &str) -> Value {
    let url = format!("{}{path}", rig("MIDWATCH_RIG_ALERTMANAGER"));
    crate::support::tls();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { reqwest::get(url).await.unwrap().json().await.unwrap() })
}

/// The alert as Alertmanager has it.
fn alert() -> Value {
    wait_for("the alert", SOON, || {
        let all = get("/api/v2/alerts");
        let mut all = all.as_array().unwrap().iter();
        all.find(|a| a["labels"]["alertname"] == ALERT).cloned()
    })
}

fn holding() -> Vec<String> {
    let alert = alert();
    let all = alert["status"]["silencedBy"].as_array().unwrap().iter();
    all.map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// Silences that a test left behind end with it.
struct Ended;

impl Drop for Ended {
    fn drop(&mut self) {
        let person = Person::new("admin");
        for id in holding() {
            let target = format!("silences/{id}");
            person.midwatch(&["do", "silence.end", &target, "--yes"]);
        }
    }
}

fn run(person: &Person, action: &str, target: &str, more: &[&str]) -> Done {
    let args = [&["do", action, target][..], more].concat();
    person.midwatch(&args)
}

#[track_caller]
fn preview(person: &Person, action: &str, target: &str, more: &[&str]) -> Value {
    let done = run(
        person,
        action,
        target,
        &[more, &["--dry-run", "-o", "json"]].concat(),
    );
    assert_eq!(done.code, Some(0), "{done:?}");
    serde_json::from_str(&done.out).unwrap()
}

#[track_caller]
fn act(person: &Person, action: &str, target: &str, more: &[&str]) -> Value {
    let args = ["--yes", "-o", "json", "--reason", "a test"];
    let done = run(person, action, target, &[more, &args].concat());
    assert_eq!(done.code, Some(0), "{done:?}");
    let outcome: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(outcome["verdict"], "done", "{outcome}");
    outcome
}

fn said(plan: &Value, topic: &str) -> Vec<String> {
    let list = if topic == "traps" { "traps" } else { "facts" };
    let all = plan[list].as_array().unwrap().iter();
    let mine = all.filter(|f| list == "traps" || f["topic"] == topic);
    mine.map(|f| f["text"].as_str().unwrap().to_owned())
        .collect()
}

const ASKED: [&str; 6] = [
    "--param",
    "for=2h",
    "--param",
    "comment=known, being mended",
    "--param",
    "author=ann",
];

#[test]
#[ignore = "needs tests/rig/live"]
fn an_alert_is_silenced_and_told_again_and_each_takes_the_other_back() {
    let _ended = Ended;
    let person = Person::new("sre");
    let fingerprint = alert()["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(holding(), Vec::<String>::new());
    let plan = preview(&person, "silence.create", ALERT, &ASKED);
    assert_eq!(
        plan["target"]["name"],
        format!("{ALERT}.{fingerprint}"),
        "{plan}"
    );
    assert!(
        said(&plan, "holds")[0].starts_with("This alert and no other of the "),
        "{plan}"
    );
    assert_eq!(said(&plan, "traps"), Vec::<String>::new());
    assert_eq!(holding(), Vec::<String>::new(), "a preview writes nothing");
    let before = alert()["labels"].as_object().unwrap().len();

    let outcome = act(&person, "silence.create", ALERT, &ASKED);
    let ids = holding();
    assert_eq!(ids.len(), 1);
    let silence = get(&format!("/api/v2/silence/{}", ids[0]));
    assert_eq!(silence["createdBy"], "ann");
    assert_eq!(silence["comment"], "known, being mended");
    assert_eq!(silence["matchers"].as_array().unwrap().len(), before);
    let time = |key: &str| {
        silence[key]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    let lasts = time("startsAt").duration_until(time("endsAt")).as_secs();
    assert!((7_190..=7_200).contains(&lasts), "{lasts}");
    assert_eq!(outcome["undo"]["action"], "silence.end", "{outcome}");
    // once is enough
    let again = run(
        &person,
        "silence.create",
        ALERT,
        &[&ASKED[..], &["--yes"]].concat(),
    );
    assert_eq!(again.code, Some(5), "{again:?}");
    assert!(
        again.err.contains("A silence holds it already"),
        "{again:?}"
    );

    let plan = preview(&person, "silence.end", ALERT, &[]);
    assert_eq!(
        said(&plan, "told again"),
        [format!("1 that it alone holds: {ALERT} in ml-nlp")]
    );
    assert!(
        plan["does"]
            .as_str()
            .unwrap()
            .ends_with("by ann: known, being mended"),
        "{plan}"
    );
    let outcome = act(&person, "silence.end", ALERT, &[]);
    assert_eq!(holding(), Vec::<String>::new());
    let told = get(&format!("/api/v2/silence/{}", ids[0]));
    assert_eq!(told["status"]["state"], "expired");

    // what takes it back makes the same again
    let undo = &outcome["undo"];
    assert_eq!(undo["action"], "silence.create");
    let given: Vec<String> = undo["parameters"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(k, v)| format!("{k}={}", v.as_str().unwrap()))
        .collect();
    let given: Vec<&str> = given.iter().flat_map(|g| ["--param", g.as_str()]).collect();
    act(&person, "silence.create", ALERT, &given);
    let anew = get(&format!("/api/v2/silence/{}", holding()[0]));
    for key in ["matchers", "createdBy", "comment", "endsAt"] {
        assert_eq!(anew[key], silence[key], "{key}");
    }
    // by its id as well, when the alert is gone or not at hand
    act(
        &person,
        "silence.end",
        &format!("silences/{}", holding()[0]),
        &[],
    );
    assert_eq!(holding(), Vec::<String>::new());
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_wider_silence_says_what_else_it_would_hold() {
    let person = Person::new("sre");
    let wide = [
        "--param",
        "matchers=severity=~\"page|ticket\"",
        "--param",
        "for=3d",
    ];
    let plan = preview(
        &person,
        "silence.create",
        ALERT,
        &[&wide[..], &ASKED[2..]].concat(),
    );
    let all = get("/api/v2/alerts");
    let others = all.as_array().unwrap().len() - 1;
    assert!(others > 0);
    let traps = said(&plan, "traps");
    let more = format!("It holds {others} alert");
    assert!(
        traps
            .iter()
            .any(|t| t.starts_with(&more) && t.contains("CanaryErrorBudgetBurn")),
        "{traps:?}"
    );
    assert!(
        traps.iter().any(|t| t.contains("names no alert")),
        "{traps:?}"
    );
    assert!(
        traps.iter().any(|t| t.contains("longer than a day")),
        "{traps:?}"
    );
    assert_eq!(holding(), Vec::<String>::new());
}

#[test]
#[ignore = "needs tests/rig/live"]
fn what_is_missing_or_cannot_be_taken_is_told_and_nothing_is_made() {
    let person = Person::new("sre");
    let silences = || get("/api/v2/silences").as_array().unwrap().len();
    let before = silences();
    for (given, words) in [
        (vec!["comment=x", "author=ann"], "It is not said how long"),
        (vec!["for=2h", "author=ann"], "It is not said why"),
        (vec!["for=2h", "comment=x"], "It is not said by whom"),
        (
            vec!["for=soon", "comment=x", "author=ann"],
            "soon is no length of time",
        ),
        (
            vec![
                "for=2h",
                "comment=x",
                "author=ann",
                "matchers=severity!=\"x\"",
            ],
            "would hold every alert",
        ),
        (
            vec![
                "for=2h",
                "comment=x",
                "author=ann",
                "matchers=alertname=\"Other\"",
            ],
            "does not hold",
        ),
    ] {
        let params: Vec<&str> = given.iter().flat_map(|g| ["--param", *g]).collect();
        let done = run(
            &person,
            "silence.create",
            ALERT,
            &[&params[..], &["--yes"]].concat(),
        );
        assert_eq!(done.code, Some(5), "{given:?}: {done:?}");
        assert!(done.err.contains(words), "{given:?}: {done:?}");
    }
    let none = run(&person, "silence.end", ALERT, &["--yes"]);
    assert_eq!(none.code, Some(5), "{none:?}");
    assert!(none.err.contains("No silence holds it"), "{none:?}");
    let gone = run(
        &person,
        "silence.end",
        "silences/00000000-0000-4000-8000-000000000000",
        &["--yes"],
    );
    assert_ne!(gone.code, Some(0), "{gone:?}");
    assert_eq!(silences(), before);
}

#[test]
#[ignore = "needs tests/rig/live"]
fn who_may_only_read_is_told_which_right_is_missing() {
    let person = Person::new("viewer");
    let done = run(
        &person,
        "silence.create",
        ALERT,
        &[&ASKED[..], &["--yes"]].concat(),
    );
    assert_ne!(done.code, Some(0), "{done:?}");
    assert!(done.err.contains("services"), "{done:?}");
    assert_eq!(holding(), Vec::<String>::new());
}
